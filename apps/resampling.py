"""The resampling explorer: http://localhost:5006/resampling."""

from workbench.views.explorers import explorer_page

explorer_page("resampling").servable(title="Resampling")
