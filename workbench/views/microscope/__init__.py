"""The microscope's page."""

from workbench.views.microscope.page import microscope_page

__all__ = [
    "microscope_page",
]
