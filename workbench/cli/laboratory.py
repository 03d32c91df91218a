"""How JupyterLab is started so that every lesson works without a network."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.lab_page import figure_extension
from workbench.cli.messages import refuse

__all__ = ["lab", "offline_arguments", "panel_files"]

# What Panel asks a content network for inside a notebook, by folder of its own distribution.
_SERVED = ("css", "bundled/theme", "bundled/reactiveesm")
_WIDGETS = "material"  # folder of the code of the widgets, by version


def panel_files(folder: Path) -> Path:
    """Copy the Panel files that notebooks load into ``folder``; returns the folder to serve.

    Jupyter refuses links that leave a served folder, hence a copy; it is made once per version.
    """
    import panel as pn
    from panel.io.resources import JS_VERSION
    from panel_material_ui.base import CDN_BASE, DIST_PATH

    for part in _SERVED:
        _copy_once(Path(pn.__file__).parent / "dist" / part, folder / JS_VERSION / "dist" / part)
    _copy_once(Path(DIST_PATH), folder / _WIDGETS / CDN_BASE.rpartition("/")[2])
    return folder


def _copy_once(source: Path, target: Path) -> None:
    if not target.is_dir():
        unfinished = target.with_name(f"{target.name}.part")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(source, unfinished)
        unfinished.rename(target)


def quiet_configuration(folder: Path) -> Path:
    """Write the Jupyter settings of a session without announcements into ``folder``; returns the folder."""
    (folder / "labconfig").mkdir(parents=True, exist_ok=True)
    settings = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (folder / "labconfig" / "page_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def offline_arguments(port: int, static: Path) -> tuple[list[str], dict[str, str]]:
    """Return JupyterLab's arguments and environment for a session that asks nothing of the network."""
    arguments = [
        "--ServerApp.ip=localhost",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.extra_static_paths={static.parent}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]
    environment = {
        "PANEL_INLINE": "true",
        "PANEL_CDN_ROOT": f"http://localhost:{port}/static/{static.name}/",
        # Else every widget of a cell carries 1.4 MB of code (`workbench.views.kernel`).
        "PANEL_MATERIAL_UI_CDN_ROOT": f"http://localhost:{port}/static/{static.name}/{_WIDGETS}/v",
    }
    return arguments, environment


def lab(
    folder: Annotated[Path, typer.Argument(help="Folder of the notebooks.")] = Path("notebooks"),
    port: Annotated[int, typer.Option(help="Port of JupyterLab.", min=1, max=65535)] = 8888,
    show: Annotated[bool, typer.Option("--show/--no-show", help="Open a browser.")] = True,
) -> None:
    """Open JupyterLab on the lessons, set up so that nothing is fetched from the network."""
    if not folder.is_dir():
        raise refuse(f"{folder.resolve()}: no such folder; name the folder that holds your notebooks.")
    from workbench.runs import workspace_path

    cache = workspace_path() / "cache"
    arguments, environment = offline_arguments(port, panel_files(cache / "panel-files"))
    environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join(
        filter(None, (str(quiet_configuration(cache / "jupyter")), os.environ.get("JUPYTER_CONFIG_PATH")))
    )
    arguments.append(f"--LabApp.extra_labextensions_path={figure_extension(cache / 'labextensions')}")
    command = [sys.executable, "-m", "jupyterlab", str(folder.resolve()), *arguments]
    if not show:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Containers: Jupyter refuses root unless told; it stays on localhost behind its token.
        command.append("--allow-root")
    os.execve(sys.executable, command, os.environ | environment)
