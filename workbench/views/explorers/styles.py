"""How the explorers' pages are laid out."""

from __future__ import annotations

from workbench.views.styles import FILL, TYPE

__all__ = ["ASIDE", "BESIDE", "BODY", "CODE", "FLOWING", "READOUTS", "STAGE", "STEPS", "TOOLBAR", "tiles"]

_LINE = "var(--mui-palette-divider, rgba(127, 127, 127, 0.35))"
_PAPER = "var(--mui-palette-background-paper, transparent)"

TOOLBAR = """
:host {
  display: flex; flex-flow: row wrap; justify-content: space-between; gap: 4px 16px; padding: 4px 12px;
}
"""

BODY = """
:host {
  display: grid; grid-template-columns: 280px minmax(0, 1fr); gap: 12px; padding: 4px 12px 12px 12px;
  height: max-content; align-items: start;
}
:host(.large) { grid-template-columns: minmax(0, 1fr); font-size: 120%; }
@media (max-width: 899px) { :host { grid-template-columns: minmax(0, 1fr); padding: 4px 8px; } }
"""

ASIDE = f"""
:host {{
  border: 1px solid {_LINE}; border-radius: 8px; padding: 0 10px 8px 10px; background: {_PAPER};
  box-sizing: border-box; height: max-content; position: sticky; top: 8px;
}}
@media (max-width: 899px) {{ :host {{ position: static; }} }}
"""

STAGE = """
:host {
  display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); grid-auto-rows: max-content; gap: 12px;
  height: max-content;
}
:host > .wide { grid-column: 1 / -1; }
/* The last row is read from the back of a lecture hall. */
:host(.large) {
  --bk-axis-label-text-font-size: 16px; --bk-major-label-text-font-size: 14px; --bk-text-font-size: 17px;
  --caption-size: 18px; --title-size: 20px; --key-size: 16px; --bar-size: 14px;
}
@media (max-width: 899px) { :host { grid-template-columns: minmax(0, 1fr); gap: 8px; } }
@media (min-width: 2200px) {
  :host(:not(.large)) { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  :host(:not(.large)) > .wide { grid-column: span 2; }
  /* as high as the two beside it */
  :host(:not(.large)) > .slot-stages:has(~ .slot-sides) { grid-row: span 2; }
}
"""


def tiles(columns: int) -> str:
    """Lay so many panes side by side, up to four in a narrow window, on a phone two, of three or fewer one.

    Four or more become fewer where they would be too small to read: a notebook cell is narrower
    than its window.
    """
    share = f"calc((100% - {10 * (columns - 1)}px) / {columns})"
    least = f"max(170px, {share})" if columns > 3 else "0px"
    count = "auto-fill" if columns > 3 else columns
    narrow = "3" if columns > 4 else f"{columns}"
    return f"""
:host {{
  display: grid; grid-template-columns: repeat({count}, minmax({least}, 1fr)); grid-auto-rows: max-content;
  gap: 4px 10px; height: max-content;
}}
:host > .scroll-button {{ display: none; }}
@media (max-width: 899px) {{ :host {{ grid-template-columns: repeat({narrow}, minmax(0, 1fr)); }} }}
@media (max-width: 599px) {{
  :host {{
    grid-template-columns: repeat({1 if columns <= 3 else 2}, minmax(0, 1fr));
    --bk-text-font-size: {13 if columns <= 3 else 11}px; /* titles are as wide as their pictures at most */
  }}
}}
"""


# A table beside its figure where the window is wide, below it elsewhere.
BESIDE = (
    FILL
    + """
@media (min-width: 2200px) {
  :host { display: grid; grid-template-columns: minmax(0, 1fr) 420px; gap: 4px 16px; }
  :host > .beside { grid-column: 2; grid-row: 1; }
  :host > .scroll-button { display: none; }
}
"""
)


# As many side by side as there is room for: a notebook cell is narrower than its window. Panel's button for
# scrolling would be one more of them.
FLOWING = """
:host {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 180px), 1fr));
  flex: 1 1 auto; gap: 4px 10px; height: max-content;
}
:host > .scroll-button { display: none; }
"""

# An arrow from each step of a chain to the next, beside its title.
STEPS = """
:host > .step { position: relative; }
:host > .step ~ .step::before {
  content: "→"; position: absolute; left: 6px; top: -3px; font: 600 20px/24px Roboto, sans-serif;
  color: var(--mui-palette-text-secondary, currentColor); z-index: 1;
}
"""

READOUTS = (
    TYPE
    + f"""
.readouts {{
  display: flex; flex-wrap: wrap; align-items: flex-start; gap: 6px 10px; min-height: 60px;
  padding: 0 0 8px 0;
}}
.readout {{
  border: 1px solid {_LINE}; border-radius: 8px; padding: 4px 10px; font-variant-numeric: tabular-nums;
  background: {_PAPER}; min-width: 92px; box-sizing: border-box;
}}
.readout span {{ display: block; font-size: 11px; line-height: 14px; opacity: .75; }}
.readout b {{ font-size: 17px; line-height: 22px; font-weight: 600; }}
.readout small {{ display: block; font-size: 12px; line-height: 16px; opacity: .75; }}
.readout em {{ font-style: normal; font-size: 12px; opacity: .75; }}
"""
)

CODE = (
    TYPE
    + """
pre { white-space: pre-wrap; font: 13px/19px ui-monospace, monospace; margin: 8px 0; user-select: all; }
.keys-help { border-spacing: 0 4px; margin-top: 8px; }
.keys-help th { text-align: left; padding-right: 16px; font-weight: 400; }
kbd {
  border: 1px solid currentColor; border-radius: 4px; padding: 0 6px; font: 12px/18px ui-monospace, monospace;
}
"""
)
