"""The house itself: light import, public names, files kept in step."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import workbench as wb

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "panel", "bokeh", "holoviews", "xarray", "zarr", "icechunk", "distributed", "scipy")


def test_import_loads_nothing_heavy():
    code = f"import sys, workbench; print([m for m in {HEAVY!r} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"


@pytest.mark.parametrize("name", wb.__all__)
def test_every_public_name_resolves(name):
    assert getattr(wb, name) is not None
    assert name in dir(wb)


def test_an_unknown_name_says_which_exist():
    with pytest.raises(AttributeError, match=r"no attribute 'spectra'.*spectrum"):
        _ = wb.spectra


def test_no_module_bears_the_name_of_a_public_name():
    modules = {path.stem for path in (ROOT / "workbench").rglob("*.py")}
    packages = {path.parent.name for path in (ROOT / "workbench").rglob("__init__.py")}
    assert not (modules | packages) & {name.lower() for name in wb.__all__} - {
        "mappings",
        "scenes",
        "systems",
    }


def test_every_module_opens_with_one_sentence():
    for path in (ROOT / "workbench").rglob("*.py"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith('"""'), f"{path}: the first line must say what the module knows"
        assert first.rstrip('"').endswith("."), f"{path}: the first line must be a sentence"
        assert " and " not in first, f"{path}: the first line needs an 'and': two modules"


def reaches_in():
    """Imports of a module that lies in a package neither the importing one's nor above it."""
    house = ROOT / "workbench"
    packages = {".".join(path.parent.relative_to(ROOT).parts) for path in house.rglob("__init__.py")}
    for path in house.rglob("*.py"):
        here = ".".join(path.parent.relative_to(ROOT).parts) + "."
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workbench."):
                package = node.module.rpartition(".")[0]
                if node.module not in packages and not here.startswith(package + "."):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}: {node.module}"


def test_packages_are_entered_by_their_door():
    assert not list(reaches_in()), "take the name from the package, which exports it"


def test_conda_environment_installs_what_pip_does():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()
    items = [line.strip().removeprefix("- ") for line in lines if line.strip().startswith("- ")]
    assert f"python{project['requires-python']}" in items
    assert {"-e .", "-c constraints.txt"} <= set(items)


def test_every_dependency_has_an_exact_version():
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        name, _, version = line.partition("==")
        pinned[name.lower().replace("_", "-")] = version
    assert pinned["torch"] == "2.13.0"
    for text in project["dependencies"] + project["optional-dependencies"]["test"]:
        requirement = Requirement(text)
        version = pinned[requirement.name.lower().replace("_", "-")]
        assert version in requirement.specifier, f"{text} does not admit the pinned {version}"
