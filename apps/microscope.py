"""The microscope: http://localhost:5006/microscope?run=NAME (default: the newest run)."""

from workbench.views.microscope import microscope_page

microscope_page().servable(title="Microscope")
