"""JupyterLab without a network: what it is told, what it is given."""

import json
from importlib.metadata import version

from panel.io.resources import JS_VERSION
from typer.testing import CliRunner

from workbench.cli import app
from workbench.cli.lab_page import figure_extension
from workbench.cli.laboratory import offline_arguments, panel_files, quiet_configuration


def test_panel_files_are_copied_once_and_are_no_links(tmp_path):
    folder = panel_files(tmp_path / "panel-files")
    assert (
        folder / "material" / f"v{version('panel-material-ui')}" / "panel-material-ui.bundle.js"
    ).is_file()
    dist = folder / JS_VERSION / "dist"
    sheet = next((dist / "css").glob("*.css"))
    assert not sheet.is_symlink()
    before = sheet.stat().st_mtime_ns
    assert panel_files(folder) == folder
    assert sheet.stat().st_mtime_ns == before
    assert not list(folder.rglob("*.part"))


def test_an_interrupted_copy_is_made_again(tmp_path):
    half = tmp_path / JS_VERSION / "dist" / "css.part"
    half.mkdir(parents=True)
    (half / "half.css").write_text("interrupted")
    panel_files(tmp_path)
    assert not (tmp_path / JS_VERSION / "dist" / "css" / "half.css").exists()


def test_everything_is_asked_of_this_machine(tmp_path):
    arguments, environment = offline_arguments(8901, tmp_path / "panel-files")
    assert environment["PANEL_INLINE"] == "true"
    assert environment["PANEL_CDN_ROOT"] == "http://localhost:8901/static/panel-files/"
    assert environment["PANEL_MATERIAL_UI_CDN_ROOT"] == "http://localhost:8901/static/panel-files/material/v"
    assert f"--ServerApp.extra_static_paths={tmp_path}" in arguments
    assert "--ServerApp.ip=localhost" in arguments


def test_the_page_of_jupyterlab_has_the_code_of_figures(tmp_path):
    home = figure_extension(tmp_path) / "workbench-figures"
    build = json.loads((home / "package.json").read_text())["jupyterlab"]["_build"]
    code = (home / build["load"]).read_text(encoding="utf-8")
    places = [code.index(f"BEGIN {name}.min.js") for name in ("bokeh", "bokeh-widgets", "panel")]
    assert places == sorted(places), "Bokeh's plugins come after Bokeh"
    assert 'window._JUPYTERLAB = {...window._JUPYTERLAB, "workbench-figures"' in code
    assert not list(tmp_path.rglob("*.part"))


def test_announcements_are_off(tmp_path):
    written = quiet_configuration(tmp_path) / "labconfig" / "page_config.json"
    assert json.loads(written.read_text())["disabledExtensions"]


def test_a_missing_folder_is_said(tmp_path):
    result = CliRunner().invoke(app, ["lab", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "no such folder" in result.output
