"""How the pages look: one style sheet for cards, bars, captions in both themes."""

from __future__ import annotations

__all__ = [
    "BANNER", "CARD", "COLOUR_BAR", "DESK", "FILL", "GRID", "KEYS", "PAGE_THEME", "RUN_BAR", "STEP_BAR",
    "TILES", "TWO_COLUMNS", "TYPE",
]  # fmt: skip

_LINE = "var(--mui-palette-divider, rgba(127, 127, 127, 0.35))"
_MUTED = "var(--mui-palette-text-secondary, #6b6b6b)"
_TEXT = "var(--mui-palette-text-primary, inherit)"
_PAPER = "var(--mui-palette-background-paper, transparent)"

_FOCUS = {"&.Mui-focusVisible": {"outline": "2px solid currentColor", "outlineOffset": "2px"}}
_STILL = {"@media (prefers-reduced-motion: reduce)": {"transition": "none !important"}}

PAGE_THEME = {
    "chart_style": "standard",
    "typography": {"fontSize": 13},
    "components": {
        "MuiToolbar": {"styleOverrides": {"root": {"minHeight": "48px !important"}}},
        "MuiAppBar": {"styleOverrides": {"root": {"boxShadow": "none"}}},
        # the page's title is its first heading, the spacers in its drawers are none
        "MuiTypography": {"defaultProps": {"variantMapping": {"h3": "h1", "h5": "div"}}},
        # Panel drops a busy indicator of None, and shows this one
        "MuiLinearProgress": {"styleOverrides": {"root": {"display": "none"}}},
        "MuiButtonBase": {"styleOverrides": {"root": _FOCUS | _STILL}},
        "MuiSlider": {"styleOverrides": {"thumb": _FOCUS | _STILL, "track": _STILL}},
        "MuiSwitch": {"styleOverrides": {"switchBase": _FOCUS | _STILL, "thumb": _STILL, "track": _STILL}},
    },
}

CARD = f"""
:host(.card) {{
  border: 1px solid {_LINE}; border-radius: 8px; padding: 10px 12px 10px 12px; gap: 4px;
  background: {_PAPER}; min-width: 0; position: relative; box-sizing: border-box; height: auto;
}}
"""

# The higher of two cards in a row gives the other one room, which its figures take.
FILL = ":host { flex: 1 1 auto; height: auto !important; }"

DESK = ":host { height: max-content; max-height: none !important; overflow-x: clip; }"  # its bars stick to it

GRID = """
:host {
  display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); grid-auto-rows: max-content;
  gap: 12px; padding: 12px; height: max-content; flex: none; box-sizing: border-box;
}
:host > .wide { grid-column: 1 / -1; }
@media (max-width: 899px) { :host { grid-template-columns: minmax(0, 1fr); padding: 8px; gap: 8px; } }
@media (min-width: 2200px) {
  :host { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  :host > .wide { grid-column: span 2; }
}
"""

TWO_COLUMNS = """
:host {
  display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 4px 10px; height: max-content;
}
@media (max-width: 599px) { :host { grid-template-columns: minmax(0, 1fr); } }
"""

TILES = f"""
:host > * {{ width: 100%; }}
.tile-grid {{
  width: 100%; display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 8px 10px;
  position: relative;
}}
.tile-grid figure {{ margin: 0; display: flex; flex-direction: column; gap: 2px; min-width: 0; }}
.tile-grid figure[hidden] {{ display: none; }}
.tile-grid canvas {{ width: 100%; aspect-ratio: 1; image-rendering: pixelated; cursor: crosshair; }}
.tile-grid figcaption {{ font-size: 12px; line-height: 16px; font-weight: 500; color: {_MUTED}; }}
.tile-grid .tip {{
  display: none; position: absolute; z-index: 5; padding: 2px 8px; border-radius: 4px; pointer-events: none;
  font-size: 12px; line-height: 18px; white-space: nowrap; background: #303030; color: #F5F5F5;
}}
@media (max-width: 899px) {{ .tile-grid {{ grid-template-columns: repeat(3, minmax(0, 1fr)); }} }}
@media (max-width: 520px) {{ .tile-grid {{ grid-template-columns: repeat(2, minmax(0, 1fr)); }} }}
"""

RUN_BAR = f"""
:host {{
  position: sticky; top: 0; z-index: 20; display: flex; flex-flow: row wrap; align-items: center;
  gap: 4px 16px; padding: 4px 16px; background: {_PAPER}; border-bottom: 1px solid {_LINE};
}}
@media (max-width: 899px) {{ :host {{ position: static; }} }}
"""

STEP_BAR = f"""
:host {{
  position: sticky; bottom: 0; z-index: 20; display: flex; flex-flow: row nowrap; align-items: center;
  gap: 0 16px; padding: 4px 16px; background: {_PAPER}; border-top: 1px solid {_LINE};
}}
@media (max-width: 599px) {{
  :host {{ flex-wrap: wrap; justify-content: space-between; }}
  :host > .step-slider {{ order: -1; flex: 1 0 100%; }}
}}
"""

BANNER = f"""
:host {{ position: sticky; top: 48px; z-index: 19; padding: 0 12px; background: {_PAPER}; }}
"""

TYPE = f"""
:host {{ color: {_TEXT}; font-family: var(--mui-font-family, inherit); }}
h2 {{ font-size: var(--title-size, 15px); line-height: 1.33; font-weight: 600; margin: 0; }}
h3 {{ font-size: 12px; line-height: 16px; font-weight: 500; margin: 0; color: {_MUTED}; }}
p {{ margin: 0; }}
.caption {{ font-size: var(--caption-size, 13px); line-height: 1.4; min-height: 36px; padding-top: 2px; }}
.count {{ font-size: 13px; line-height: 32px; text-align: center; white-space: nowrap; }}
@media (max-width: 899px) {{ .caption {{ min-height: 72px; }} }}
.at {{ color: {_MUTED}; white-space: nowrap; }}
.empty {{
  position: absolute; inset: 0; display: flex; align-items: center; justify-content: center; padding: 16px;
  text-align: center; font-size: 14px; color: {_MUTED}; background: {_PAPER};
}}
"""

KEYS = f"""
:host {{ color: {_TEXT}; font-family: var(--mui-font-family, inherit); }}
.keys {{
  display: flex; flex-wrap: wrap; gap: 2px 12px; font-size: var(--key-size, 12px); line-height: 1.33;
  min-height: 16px;
}}
.key {{ display: inline-flex; align-items: center; gap: 5px; white-space: nowrap; }}
.key i {{ width: 11px; height: 11px; border-radius: 2px; display: inline-block; }}
.key .hatched {{ background: repeating-linear-gradient(135deg, {_MUTED} 0 1px, transparent 1px 4px); }}
.status {{
  display: flex; flex-wrap: wrap; align-items: center; gap: 2px 10px; font-size: 13px; line-height: 18px;
  font-variant-numeric: tabular-nums;
}}
.status .dot {{ width: 10px; height: 10px; border-radius: 50%; display: inline-block; margin-right: 6px; }}
.status b {{ font-weight: 600; }}
"""

COLOUR_BAR = f"""
:host {{ color: {_TEXT}; font-family: var(--mui-font-family, inherit); }}
.bk-clearfix {{ display: block; width: 100%; }}
.colour-bar {{ padding: 16px 18px 0 18px; font-size: var(--bar-size, 11px); line-height: 14px; }}
.colour-bar .bar {{ position: relative; height: 10px; margin-bottom: 15px; border-radius: 2px; }}
.colour-bar b {{ position: absolute; width: 0; border-left: 1px solid {_TEXT}; font-weight: 400; }}
.colour-bar em {{
  position: absolute; left: 0; transform: translateX(var(--shift)); font-style: normal; white-space: nowrap;
}}
.colour-bar .tick {{ top: 10px; height: 3px; }}
.colour-bar .tick em {{ top: 3px; }}
.colour-bar .mark {{ top: -3px; height: 13px; border-left-width: 2px; }}
.colour-bar .mark em {{ top: -14px; font-weight: 600; }}
.colour-bar .bar-label {{ text-align: center; color: {_MUTED}; }}
"""
