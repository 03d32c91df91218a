"""Sliders whose every move is answered at once."""

from __future__ import annotations

from typing import Any, ClassVar

import panel_material_ui as pmui

__all__ = ["QuickFloatSlider", "QuickIntSlider"]


class _Quick:
    """A move costs one message: nobody listens to where the slider came to rest.

    Panel waits 50 ms with each move and turns its busy state on and off, twice: for `value` and for
    `value_throttled`. The pump skips what comes too fast.
    """

    _debounce: ClassVar[int] = 0
    _busy__ignore: ClassVar[list[str]] = ["value"]

    @property
    def _linked_properties(self) -> tuple[str, ...]:
        names: Any = super()._linked_properties  # type: ignore[misc]
        return tuple(dict.fromkeys(name for name in names if name != "value_throttled"))


class QuickIntSlider(_Quick, pmui.IntSlider):  # type: ignore[misc]
    """A slider of whole numbers."""


class QuickFloatSlider(_Quick, pmui.FloatSlider):  # type: ignore[misc]
    """A slider of numbers."""
