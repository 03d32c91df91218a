"""The coherence explorer: http://localhost:5006/coherence."""

from workbench.views.explorers import explorer_page

explorer_page("coherence").servable(title="Coherence")
