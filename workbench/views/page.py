"""What every page of the workbench is framed in."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui
from bokeh.themes import Theme
from panel.util import edit_readonly
from panel_material_ui.base import BASE_TEMPLATE

from workbench.views.styles import PAGE_THEME

__all__ = ["framed_page"]

COOKIE = "workbench-theme"
# Plots take their colours from the page's style sheet (plots/canvas.py). What a document's theme names, the
# page leaves alone; all else it sets one by one in the browser, and each setting comes back as a message.
THEMED_BY_STYLE = Theme(json={"attrs": {name: {} for name in ("Axis", "Title", "Grid", "Plot", "Figure")}})

# A first visit takes the scheme the browser prefers; from then on the last switch counts. The server colours
# the page by the cookie, so a first visit in the dark asks once more, before anything has been loaded.
_FOLLOW = """{% extends "base.html" %}{% block inner_head %}
<script>
  (() => {
    const remember = (theme) => {
      document.cookie = `COOKIE=${theme}; path=/; max-age=31536000; SameSite=Lax`
      return document.cookie.includes(`COOKIE=${theme}`)
    }
    if (!document.cookie.includes("COOKIE=")) {
      const dark = matchMedia("(prefers-color-scheme: dark)").matches
      if (remember(dark ? "dark" : "light") && dark) return location.reload()
    }
    if (document.cookie.includes("COOKIE=dark")) document.documentElement.style.backgroundColor = "#121212"
    const paint = () => { for (const view of Bokeh.index.all_views()) view.request_repaint?.() }
    const watch = setInterval(() => {
      const roots = window.Bokeh?.documents?.[0]?.roots() ?? []
      const page = roots.find((root) => root.data?.properties?.dark_theme != null)?.data
      if (page == null) return
      clearInterval(watch)
      page.properties.dark_theme.change.connect(() => {
        remember(page.dark_theme ? "dark" : "light")
        document.documentElement.style.backgroundColor = ""
        requestAnimationFrame(() => requestAnimationFrame(paint))
        setTimeout(paint, 400)
      })
    }, 250)
  })()
</script>
{{ super() }}{% endblock %}""".replace("COOKIE", COOKIE)


def framed_page(title: str, main: list[Any], sidebar: list[Any] | None = None, **options: Any) -> pmui.Page:
    """Return a page that costs little while it changes and starts in the viewer's colours.

    Parameters
    ----------
    title
        In the bar at the top.
    main, sidebar
        Content; the drawer is closed at first, so that a narrow screen shows the content.
    **options
        Further settings of ``pmui.Page``.
    """
    settings: dict[str, Any] = {
        "template": BASE_TEMPLATE.environment.from_string(_FOLLOW),
        "busy_indicator": None,
        "theme_config": PAGE_THEME, "dark_theme": pn.state.cookies.get(COOKIE) == "dark", **options,
    }  # fmt: skip
    if sidebar:  # without one, a page with a closed drawer starts left of the screen
        settings |= {"sidebar": sidebar, "sidebar_open": False, "sidebar_width": 340}
    page = pmui.Page(title=title, main=main, **settings)
    if pn.state.curdoc is not None:
        pn.state.curdoc.theme = THEMED_BY_STYLE
    _forget_busy(page)
    return page


def _forget_busy(page: pmui.Page) -> None:
    """Cut the page loose from the server's busy state.

    It would walk through its whole model tree each time that changes: 90 % of the cost of a slider move, for
    an indicator that is not shown. The state, which all sessions share, would hold every page ever opened.
    """
    with edit_readonly(page):
        page.busy = False
    for watcher in [*pn.state.param.watchers.get("busy", {}).get("value", ())]:
        if getattr(getattr(watcher.fn, "__self__", None), "self", None) is page:
            pn.state.param.unwatch(watcher)
