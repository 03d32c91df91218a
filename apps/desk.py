"""The training desk: http://localhost:5006/desk?run=NAME (default: the newest run)."""

from workbench.views import desk_page

desk_page().servable(title="Training desk")
