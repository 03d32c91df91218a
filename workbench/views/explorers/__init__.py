"""The pages of the explorers."""

from workbench.views.explorers.desk import ExplorerDesk

__all__ = ["ExplorerDesk"]
