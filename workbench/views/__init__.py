"""Panel viewers over a state object: they compose, they compute nothing."""

from workbench.views.dashboards import dashboard, desk_page, make_ready
from workbench.views.desk import TrainingDesk
from workbench.views.sockets import send_at_once

__all__ = ["TrainingDesk", "dashboard", "desk_page", "make_ready", "send_at_once"]
