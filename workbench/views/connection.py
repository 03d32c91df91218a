"""What a page does when its server goes away."""

from __future__ import annotations

from typing import Any

from bokeh.models import CustomJS

__all__ = ["reload_when_back"]

# The address holds run, step, sample and layer, so a reload brings back the same view.
_CODE = """
    notice.text = '<p role="alert" style="border-left:4px solid #C79A10;padding:8px 12px;font-size:14px">'
        + 'The connection to the server is lost. Training goes on without it; '
        + 'this page comes back when the server does.</p>'
    notice.visible = true
    const ask = () => fetch(window.location.href, {cache: "no-store"})
        .then((answer) => answer.ok ? window.location.reload() : setTimeout(ask, 1000))
        .catch(() => setTimeout(ask, 1000))
    setTimeout(ask, 1000)
"""


def reload_when_back(document: Any, notice: Any) -> None:
    """Say on the page that the server is gone, and reload it when the server answers again.

    Parameters
    ----------
    document
        Bokeh document of the session.
    notice
        Div that takes the words; all of this happens in the browser.
    """
    document.js_on_event("connection_lost", CustomJS(args={"notice": notice}, code=_CODE))
