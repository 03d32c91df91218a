"""The Nyquist-band explorer: http://localhost:5006/nyquist."""

from workbench.views.explorers import explorer_page

explorer_page("nyquist").servable(title="Nyquist band")
