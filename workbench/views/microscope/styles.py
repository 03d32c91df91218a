"""How the microscope's page is laid out."""

from __future__ import annotations

from workbench.views.styles import TYPE

__all__ = ["ASIDE", "BODY", "MIDDLE", "TABLE", "TOOLS", "WORDS"]

_MUTED = "var(--mui-palette-text-secondary, #6b6b6b)"
_LINE = "var(--mui-palette-divider, rgba(127, 127, 127, 0.35))"
_PAPER = "var(--mui-palette-background-paper, transparent)"

BODY = """
:host {
  display: grid; grid-template-columns: 236px minmax(0, 1fr) 392px; grid-auto-rows: max-content;
  gap: 12px; padding: 12px; height: max-content; align-items: start; box-sizing: border-box;
  --list-height: calc(100vh - 252px); --table-height: 268px;
}
:host > * { min-width: 0; }
@media (max-width: 1199px) {
  :host { grid-template-columns: 220px minmax(0, 1fr); }
  :host > .aside { grid-column: 1 / -1; }
}
@media (max-width: 899px) {
  :host { grid-template-columns: minmax(0, 1fr); padding: 8px; gap: 8px; --list-height: 264px; }
}
"""

MIDDLE = ":host { display: flex; flex-direction: column; gap: 12px; height: max-content; min-width: 0; }"

ASIDE = MIDDLE

NETWORK = f"""
:host {{
  border: 1px solid {_LINE}; border-radius: 8px; padding: 10px 8px; background: {_PAPER}; gap: 6px;
  box-sizing: border-box; height: max-content; position: sticky; top: 60px; min-width: 0;
}}
@media (max-width: 899px) {{ :host {{ position: static; }} }}
"""

TOOLS = """
:host { display: flex; flex-flow: row wrap; gap: 6px 10px; align-items: center; height: max-content; }
:host > * { flex: 0 0 auto; }
:host > .grows { flex: 1 1 150px; min-width: 130px; }
"""

WORDS = (
    TYPE
    + f"""
.plain, li {{ font-size: 14px; line-height: 20px; }}
.small {{ font-size: 12px; line-height: 16px; color: {_MUTED}; min-height: 16px; }}
.two {{ min-height: 32px; }}
.deed {{ font-size: 13px; line-height: 18px; min-height: 54px; }}
.merits {{
  display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 2px 8px; font-size: 12px;
  line-height: 16px; min-height: 52px; font-variant-numeric: tabular-nums;
}}
.merits em {{ font-style: normal; color: {_MUTED}; }}
.merits b {{ font-weight: 600; }}
.trouble {{ border-left: 4px solid #D6604D; padding: 4px 8px; font-size: 13px; line-height: 18px; }}
.warning {{ border-left: 4px solid #C79A10; padding: 4px 8px; font-size: 13px; line-height: 18px; }}
pre {{
  white-space: pre-wrap; overflow-wrap: anywhere; font: 12px/18px ui-monospace, monospace; margin: 8px 0;
  user-select: all;
}}
.keys-help {{ border-spacing: 0 4px; margin-top: 8px; }}
.keys-help th {{ text-align: left; padding-right: 16px; font-weight: 400; white-space: nowrap; }}
kbd {{
  border: 1px solid currentColor; border-radius: 4px; padding: 0 6px; font: 12px/18px ui-monospace, monospace;
}}
"""
)

TABLE = (
    WORDS
    + f"""
table {{ border-collapse: collapse; width: 100%; font-size: 12px; line-height: 16px;
  font-variant-numeric: tabular-nums; }}
th {{ text-align: right; font-weight: 500; color: {_MUTED}; padding: 2px 6px; white-space: nowrap; }}
th:first-child, td:first-child {{ text-align: left; }}
td {{ text-align: right; padding: 2px 6px; border-top: 1px solid {_LINE}; white-space: nowrap; }}
td i {{ display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 5px; }}
.better {{ color: #1B9E77; font-weight: 600; }}
.worse {{ color: #D6604D; font-weight: 600; }}
"""
)
