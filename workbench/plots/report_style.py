"""How a report looks: one style sheet for every screen in both colour schemes."""

__all__ = ["STYLE"]

STYLE = """
:root {
  --page: #f4f5f7; --paper: #ffffff; --text: #1c2024; --muted: #5c6570; --line: #d9dde2;
  --accent: #1f5f99; --good: #11693f; --bad: #a3262f; --chosen: #e8f0f8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --paper: #1d2125; --text: #e7eaed; --muted: #a3acb6; --line: #363c43;
    --accent: #8cc0ee; --good: #6cc79a; --bad: #f0959c; --chosen: #26323e;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
header { max-width: 1200px; margin: 0 auto; padding: 28px 20px 8px; }
header p { margin: 0; color: var(--muted); }
h1 { margin: 0 0 4px; font-size: 28px; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0 0 10px; font-size: 18px; }
h3 { margin: 14px 0 4px; font-size: 15px; }
main { max-width: 1200px; margin: 0 auto; padding: 8px 20px 40px; display: grid; gap: 16px; }
section {
  background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px;
  min-width: 0;
}
.caption { margin: 12px 0 0; color: var(--muted); font-size: 14px; overflow-wrap: anywhere; }
.key {
  margin: 0 0 10px; display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 14px; color: var(--muted);
}
.key i { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-right: 6px; }
.lineup { list-style: none; margin: 0; padding: 0; }
.lineup li {
  display: grid; grid-template-columns: minmax(120px, 220px) minmax(120px, 230px) 1fr 84px; gap: 0 12px;
  align-items: center; padding: 3px 8px; margin: 0 -8px; border-radius: 6px;
}
.lineup li.chosen { background: var(--chosen); }
.lineup b { font-weight: 600; overflow-wrap: anywhere; }
.lineup small { color: var(--muted); font-size: 13px; overflow-wrap: anywhere; }
.lineup em { font-style: normal; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar {
  display: flex; height: 16px; border-radius: 3px; overflow: hidden; position: relative;
  background: var(--line);
}
.bar i { display: block; height: 100%; flex: none; }
.bar.unsure::after {
  content: ""; position: absolute; inset: 0; opacity: 0.35;
  background: repeating-linear-gradient(135deg, transparent 0 5px, #202020 5px 6px);
}
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; align-items: start; }
figure { margin: 0 auto; width: 100%; max-width: 540px; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--text); font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
svg .axis { fill: var(--muted); }
svg .grid { stroke: var(--line); }
svg .frame { stroke: var(--muted); fill: none; }
svg .halo { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
svg .on { fill: #ffffff; paint-order: stroke; stroke: #000000; stroke-width: 3px; stroke-linejoin: round; }
.scroll { overflow-x: auto; margin-top: 12px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
.lines { width: auto; }
th, td { text-align: left; padding: 4px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
thead th { color: var(--muted); font-weight: 600; vertical-align: bottom; }
thead small { display: block; font-weight: 400; }
tbody th { font-weight: 600; position: sticky; left: 0; background: var(--paper); }
.n { text-align: right; }
.better { color: var(--good); }
.worse { color: var(--bad); }
.dot { display: inline-block; width: 10px; height: 10px; border-radius: 5px; margin-right: 8px; }
ul { margin: 0; padding-left: 20px; }
li { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 20px; margin: 0; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 760px) {
  header { padding: 20px 14px 4px; }
  h1 { font-size: 23px; }
  main { padding: 8px 10px 28px; gap: 10px; }
  section { padding: 14px; }
  .pair { grid-template-columns: minmax(0, 1fr); }
  .lineup li { grid-template-columns: minmax(0, 1fr) 84px; padding: 5px 8px; }
  .lineup b { grid-column: 1; } .lineup em { grid-column: 2; grid-row: 1; }
  .lineup small { grid-column: 1 / -1; } .lineup .bar { grid-column: 1 / -1; }
  tbody th { max-width: 40vw; overflow: hidden; text-overflow: ellipsis; }
  td, thead th { white-space: normal; } td.n { white-space: nowrap; }
  .lines { width: 100%; } .lines td { padding: 4px 6px; }
}
@media print { :root { --page: #ffffff; } section { break-inside: avoid; } }
"""
