"""The explorers' pages, in a browser or in a notebook cell."""

from workbench.views.explorers.catalogue import EXPLORERS, explorer_page
from workbench.views.explorers.desk import ExplorerDesk
from workbench.views.explorers.notebooks import explore
from workbench.views.explorers.styles import CODE, tiles

__all__ = ["CODE", "EXPLORERS", "ExplorerDesk", "explore", "explorer_page", "tiles"]
