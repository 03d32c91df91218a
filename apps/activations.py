"""The activation explorer: http://localhost:5006/activations."""

from workbench.views.explorers import explorer_page

explorer_page("activations").servable(title="Activations")
