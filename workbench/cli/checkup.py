"""What a user's machine has for the workbench, what it misses."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import typer

__all__ = ["doctor", "findings"]

_CORE = (
    "torch",
    "panel",
    "panel-material-ui",
    "bokeh",
    "holoviews",
    "xarray",
    "zarr",
    "icechunk",
    "distributed",
)
_EXTRAS = {
    "rasterio": "GeoTIFF, VRT, COSAR: pip install 'spectral-workbench[geo]'",
    "sarxarray": "SNAP ZNAP, raw complex stacks: pip install 'spectral-workbench[insar]'",
    "playwright": "browser tests: pip install 'spectral-workbench[test]', then apt-get install chromium",
}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LEAST_FREE = 2 * 1024**3


def findings() -> Iterator[tuple[str, str, str]]:
    """Yield (mark, subject, sentence); the mark is ``ok``, ``note`` or ``MISS``."""
    yield "ok", "python", f"{platform.python_version()} at {sys.prefix}"
    yield from packages()
    yield device()
    yield from storage()
    for package, reason in _EXTRAS.items():
        try:
            yield "ok", package, version(package)
        except PackageNotFoundError:
            yield "note", package, f"not installed; only needed for {reason}"
    browser = os.environ.get("WORKBENCH_CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    words = browser or "no Chromium found: browser tests are skipped; apt-get install chromium"
    yield "ok" if browser else "note", "browser", words


def packages() -> Iterator[tuple[str, str, str]]:
    """Tell the versions of the packages that matter most, and every package that is missing."""
    needed = [re.split(r"[^A-Za-z0-9._-]", text)[0] for text in _requirements() if "extra ==" not in text]
    for package in (*_CORE, *(name for name in needed if name not in _CORE)):
        try:
            found = version(package)
        except PackageNotFoundError:
            yield "MISS", package, "not installed: pip install spectral-workbench"
        else:
            if package in _CORE:
                yield "ok", package, found


def _requirements() -> list[str]:
    try:
        return requires("spectral-workbench") or []
    except PackageNotFoundError:
        return []


def device() -> tuple[str, str, str]:
    """Tell where training would run."""
    try:
        import torch
    except ImportError as error:
        return "MISS", "device", f"torch cannot be imported: {error}"
    if torch.cuda.is_available():
        return "ok", "device", f"{torch.cuda.get_device_name()} (CUDA {torch.version.cuda})"
    if torch.version.cuda is None and shutil.which("nvidia-smi"):
        advice = (
            "an NVIDIA driver is here, but this torch is built for the CPU: pip install a CUDA build of torch"
        )
        return "note", "device", advice
    return "note", "device", "no GPU that torch can use: training runs on the CPU, one thread per run"


def storage() -> Iterator[tuple[str, str, str]]:
    """Tell where runs live, how much room is left, whether a scheduler is up."""
    from workbench.runs import workspace_path

    folder = workspace_path()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.write_text("written by workbench doctor", encoding="utf-8")
        probe.unlink()
    except OSError as error:
        yield "MISS", "workspace", f"{folder} cannot be written ({error.strerror}); set WORKBENCH_WORKSPACE"
        return
    free = shutil.disk_usage(folder).free
    words = f"{folder}, {free / 1024**3:.1f} GiB free"
    if free > _LEAST_FREE:
        yield "ok", "workspace", words
    else:
        least = f"{_LEAST_FREE / 1024**3:.0f} GiB"
        yield (
            "MISS",
            "workspace",
            f"{words}, needed are {least}: set WORKBENCH_WORKSPACE to a folder with room",
        )
    yield scheduler(folder)


def scheduler(folder: Path) -> tuple[str, str, str]:
    """Tell what would run the workspace's runs."""
    from workbench.runs import find_scheduler

    remote = os.environ.get("WORKBENCH_SCHEDULER")
    if remote:
        return "ok", "scheduler", f"{remote} (WORKBENCH_SCHEDULER)"
    record = find_scheduler(folder)
    if record is None:
        return "note", "scheduler", "not running; the first run starts it"
    return "ok", "scheduler", f"{record['address']}, process {record['pid']}"


def doctor() -> None:
    """Check device, versions, scheduler, store, free disk; say what is missing and how to get it."""
    missing = 0
    for mark, subject, sentence in findings():
        colour = {"ok": "green", "note": "yellow"}.get(mark, "red")
        typer.echo(f"{typer.style(f'{mark:<5}', fg=colour)} {subject:<18} {sentence}")
        missing += mark == "MISS"
    if missing:
        raise typer.Exit(1)
