"""The signs on the buttons, drawn here: an icon font shows as words in a notebook."""

from __future__ import annotations

__all__ = ["ICONS"]


def _svg(*shapes: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{"".join(shapes)}</svg>'


def _stroke(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="black" stroke-width="2.2" stroke-linecap="round"/>'


ICONS: dict[str, str] = {
    "play": _svg('<path d="M7 4 20 12 7 20Z"/>'),
    "pause": _svg('<path d="M6 4h4v16H6ZM14 4h4v16h-4Z"/>'),
    "stop": _svg('<path d="M5 5h14v14H5Z"/>'),
    "step": _svg('<path d="M5 4 15 12 5 20ZM17 4h3v16h-3Z"/>'),
    "checkpoint": _svg('<path d="M6 3h12v18l-6-4.5L6 21Z"/>'),
    "branch": _svg(
        _stroke("M6 4V20M6 16C6 10 17 13 17 8"),
        '<circle cx="6" cy="4" r="2.6"/><circle cx="6" cy="20" r="2.6"/><circle cx="17" cy="6" r="2.6"/>',
    ),
    "share": _svg(
        _stroke("M6 12 17 6M6 12 17 18"),
        '<circle cx="6" cy="12" r="3"/><circle cx="18" cy="5.5" r="3"/><circle cx="18" cy="18.5" r="3"/>',
    ),
    "back": _svg(_stroke("M15 5 8 12 15 19")),
    "on": _svg(_stroke("M9 5 16 12 9 19")),
}
