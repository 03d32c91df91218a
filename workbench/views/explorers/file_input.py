"""A field for the name of a file: chosen from a list, or typed."""

from __future__ import annotations

from typing import Any

import panel_material_ui as pmui

__all__ = ["FileInput"]


class FileInput(pmui.AutocompleteInput):
    """Names of files to choose from while any text may be typed; Enter takes it."""

    def __init__(self, **options: Any) -> None:
        settings = {
            "restrict": False, "min_characters": 0, "search_strategy": "includes", "case_sensitive": False,
            "placeholder": "choose, or type and press Enter",
        }  # fmt: skip
        super().__init__(**{**settings, **options})

    def _process_param_change(self, msg: dict[str, Any]) -> dict[str, Any]:
        # Panel's lists forget a value that is not in them for a moment, and the field would lose its text.
        typed = msg.get("value")
        if typed is None or typed in self.options:
            return super()._process_param_change(msg)
        rest = {name: value for name, value in msg.items() if name != "value"}
        return super()._process_param_change(rest) | {"value": typed}
