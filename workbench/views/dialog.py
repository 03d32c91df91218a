"""The dialog that all pages open."""

from __future__ import annotations

import panel_material_ui as pmui

__all__ = ["make_dialog"]


def make_dialog(width: str) -> pmui.Dialog:
    """Return a closed dialog with a button to close it, "sm" or "md" wide."""
    return pmui.Dialog(
        open=False, show_close_button=True, close_on_click=True, width_option=width, title_variant="h6",
        sx={"& .MuiIconButton-root": {"color": "inherit"}},  # else dark on dark
    )  # fmt: skip
