"""What JupyterLab's page loads besides itself: the code of the figures."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["figure_extension"]

_NAME = "workbench-figures"

# A notebook sends this code once per kernel. A page that is opened or reloaded while its kernel lives would
# never get it: Panel takes it for loaded, and every figure stays empty. So the page has it from the start,
# like an extension of JupyterLab that offers nothing. Modules are loaded as `pn.extension` has them loaded.
_ENTRY = """
(() => {
  const modules = document.createElement("script")
  modules.type = "esms-options"
  modules.textContent = '{"shimMode": true}'
  document.head.append(modules)
  const parts = [PARTS]
  for (const part of parts) part.call(window, window.Bokeh)
  const container = {init: () => {}, get: async () => () => ({__esModule: true, default: []})}
  window._JUPYTERLAB = {...window._JUPYTERLAB, NAME: container}
})()
"""


def figure_extension(folder: Path) -> Path:
    """Write an extension of JupyterLab that loads Bokeh and Panel below ``folder``; returns ``folder``.

    It is written anew with every start: the versions installed may have changed.
    """
    from panel.io.resources import JS_VERSION

    code = f"static/{_NAME}.{JS_VERSION}.js"  # by name, since browsers keep it
    build = {"load": code, "extension": "./extension"}
    about = {"name": _NAME, "version": JS_VERSION, "jupyterlab": {"extension": True, "_build": build}}
    home = folder / _NAME
    (home / "static").mkdir(parents=True, exist_ok=True)
    parts = ",\n".join(f"function (Bokeh) {{\n{part}\n}}" for part in figure_code())
    entry = _ENTRY.replace("NAME", json.dumps(_NAME)).replace("PARTS", parts)
    for path, text in ((home / code, entry), (home / "package.json", json.dumps(about))):
        unfinished = path.with_name(f"{path.name}.part")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    return folder


def figure_code() -> list[str]:
    """Return the scripts that figures need in a notebook, in the order in which they are run."""
    from panel.io.resources import Resources, bundle_resources, set_resource_mode
    from pyviz_comms import PYVIZ_PROXY, JupyterCommManager

    with set_resource_mode("inline"):
        resources = Resources(mode="inline", notebook=True)
        bundle = bundle_resources(None, resources, notebook=True, enable_mathjax=False)
    return [*bundle.js_raw, PYVIZ_PROXY, JupyterCommManager.js_manager]
