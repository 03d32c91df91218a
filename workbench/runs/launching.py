"""How a run begins: checked, written down whole, queued."""

from __future__ import annotations

import dataclasses
import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.runs.checkpoints import CHECKPOINTS_FOLDER, Checkpoint, list_checkpoints, tensor_shapes
from workbench.runs.handle import Run
from workbench.runs.scheduler import code_version
from workbench.runs.spec import RunSpec
from workbench.runs.status import RunStatus, write_status
from workbench.runs.submit import enqueue
from workbench.runs.workspace import check_name, data_path, fresh_name, runs_folder

if TYPE_CHECKING:
    import xarray as xr

    from workbench.systems import System

SCENE_FOLDER = "scene.zarr"
_NEEDED_BYTES = 50_000_000
_FIELDS = ("system", "mapping", "size", "width", "coherence_weight")
_PLAN_FIELDS = ("steps", "seed", "device")


def launch(
    system: str,
    scene: str | os.PathLike[str] | xr.Dataset = "onetone",
    mapping: str = "nyquist",
    steps: int = 3000,
    size: int = 32,
    width: int = 16,
    coherence_weight: float = 10.0,
    seed: int = 0,
    device: str = "auto",
    workspace: str | os.PathLike[str] | None = None,
    *,
    name: str | None = None,
    **options: Any,
) -> Run:
    """Start a training in the background and return at once.

    Everything is checked first; nothing is written unless it can run.

    Parameters
    ----------
    system : name in ``SYSTEMS``
    scene : name in ``SCENES``, path of a complex image (also one below the workspace's folder ``data``), or
        Dataset with complex ``slc``; an image without a ``condition`` gets log-amplitude, smoothed amplitude
        and zero planes as its condition
    mapping : name in ``MAPPINGS``
    steps : length of the training
    size : pixels of the complex patches
    width : channels of the first layer
    coherence_weight : weight λ of the coherence loss
    seed : of scene, weights and everything drawn
    device : ``"auto"``, ``"cpu"`` or ``"cuda"``
    workspace : folder of all runs; None takes ``WORKBENCH_WORKSPACE`` or ``~/spectral-workbench``
    name : of the run; None makes one from system, scene and time
    **options : of the system (``activation``, ``norm``, ``up`` …), of the scene (``count``, ``heldout``,
        ``bands`` …) or of the training (``batch_size``, ``observing_budget``, ``probe_tone`` …)

    Returns
    -------
    Run
        In state ``queued`` until a slot of the scheduler is free.

    Raises
    ------
    ValueError, FileNotFoundError
        If a name or value is wrong; the message says which exist.
    RuntimeError
        If ``device="cuda"`` finds no GPU.
    OSError
        If the workspace cannot be written to, or its disk is full.
    """
    data = None if isinstance(scene, str | os.PathLike) else scene
    where, kind = _locate(scene)
    from workbench.runs.assembly import sort_options

    parts = sort_options(system, where if kind == "named" else None, options)
    spec = RunSpec(
        system=system,
        scene=where,
        scene_kind=kind,
        mapping=mapping,
        size=size,
        width=width,
        coherence_weight=coherence_weight,
        system_options=parts["system_options"],
        scene_options=parts["scene_options"],
        plan={"steps": steps, "seed": seed, "device": device, **parts["plan"]},
        code_version=code_version(),
    )
    return _begin(spec, workspace, name, data)


def branch(
    parent: Run, step: int | None, name: str | None, changes: dict[str, Any], *, partial: bool = False
) -> Run:
    """Start a run from a checkpoint of `parent` with `changes` (see `Run.branch`)."""
    origin = _origin(parent, step)
    spec = _changed(parent.spec, changes)
    if spec.steps <= origin.step:
        raise ValueError(
            f"the branch begins at step {origin.step} and would end at {spec.steps}: give steps above that"
        )
    spec = RunSpec.from_dict(
        spec.to_dict()
        | {
            "parent": {"name": parent.name, "path": str(parent.path), "step": origin.step},
            "code_version": code_version(),
        }
    )

    channels = 1

    def accept(system: System) -> None:
        nonlocal channels
        channels = int(system.options["in_channels"])
        if not partial:
            _require_fit(origin, system)

    def fill(folder: Path) -> None:
        if len(spec.replacements) > len(parent.spec.replacements):
            _graft(origin, spec, len(parent.spec.replacements), channels, folder)
        else:
            (folder / CHECKPOINTS_FOLDER).mkdir()
            shutil.copyfile(origin.path, folder / CHECKPOINTS_FOLDER / origin.path.name)
        if spec.scene_kind == "stored":
            shutil.copytree(parent.path / SCENE_FOLDER, folder / SCENE_FOLDER)

    data = None
    if spec.scene_kind == "stored":
        import xarray as xr

        data = xr.open_zarr(parent.path / SCENE_FOLDER, consolidated=False, chunks=None)
    return _begin(spec, parent.path.parent.parent, name, data, fill, origin.step, accept)


def _graft(origin: Checkpoint, spec: RunSpec, done: int, channels: int, folder: Path) -> None:
    """Write the checkpoint a branch begins from whose last replacements its parent does not have."""
    from workbench.runs.assembly import build_system
    from workbench.runs.grafting import carry_over

    before = build_system(dataclasses.replace(spec, replacements=spec.replacements[:done]), channels)
    carry_over(origin, before, spec.replacements[done:], folder)


def _origin(parent: Run, step: int | None) -> Checkpoint:
    """Find the checkpoint to branch from."""
    known = {checkpoint.step: checkpoint for checkpoint in list_checkpoints(parent.path)}
    if not known:
        raise ValueError(f"run {parent.name} has no checkpoint yet")
    origin = known.get(max(known) if step is None else step)
    if origin is None:
        listed = ", ".join(map(str, known))
        raise ValueError(f"run {parent.name} has no checkpoint of step {step}; there are: {listed}")
    return origin


def _require_fit(origin: Checkpoint, system: System) -> None:
    """Refuse a system of which most tensors bear the names of the checkpoint's, but other shapes."""
    saved = tensor_shapes(origin)
    wanted = {
        f"networks/{network}/{name}": tuple(tensor.shape)
        for network, module in system.networks.items()
        for name, tensor in module.state_dict().items()
    }
    other = [name for name, shape in wanted.items() if name in saved and saved[name] != shape]
    if len(other) > len(wanted) / 2:
        first = other[0]
        raise ValueError(
            f"{len(other)} of {len(wanted)} tensors of step {origin.step}'s checkpoint have another shape in "
            f"the branch, first {first.removeprefix('networks/')}: {saved[first]}, here {wanted[first]}. "
            "They would begin anew: keep what gives them their shapes (width, depth, ...), or accept it with "
            "partial=True"
        )


def _changed(spec: RunSpec, changes: dict[str, Any]) -> RunSpec:
    from workbench.runs.assembly import sort_options

    for name in ("scene", "workspace"):
        if name in changes:
            raise ValueError(f"a branch keeps its parent's {name}")
    content = spec.to_dict()
    if "replacements" in changes:
        from workbench.probes import listed_replacements

        content["replacements"] += [list(pair) for pair in listed_replacements(changes.pop("replacements"))]
    content |= {name: changes.pop(name) for name in _FIELDS if name in changes}
    content["plan"] |= {name: changes.pop(name) for name in _PLAN_FIELDS if name in changes}
    parts = sort_options(content["system"], spec.scene if spec.scene_kind == "named" else None, changes)
    for part, values in parts.items():
        content[part] |= values
    return RunSpec.from_dict(content)


def _locate(scene: Any) -> tuple[str, str]:
    """Return where the scene is, with its kind."""
    if not isinstance(scene, str | os.PathLike):
        import xarray as xr

        if not isinstance(scene, xr.Dataset):
            raise ValueError(f"scene is a name, a path or a Dataset, found {type(scene).__name__}")
        return SCENE_FOLDER, "stored"
    text = os.fspath(scene)
    path = data_path(scene)
    if isinstance(scene, os.PathLike) or path.suffix or os.sep in text or path.exists():
        from workbench.scenes import SCENES

        if text not in SCENES:
            return str(path), "path"
    return text, "named"


def _begin(
    spec: RunSpec,
    workspace: str | os.PathLike[str] | None,
    name: str | None,
    data: xr.Dataset | None,
    fill: Callable[[Path], None] | None = None,
    step: int = 0,
    accept: Callable[[System], None] | None = None,
) -> Run:
    from workbench.runs.assembly import check

    folder = runs_folder(workspace)
    name = fresh_name(spec.system, spec.scene) if name is None else check_name(name)
    if (folder / name).exists():
        raise ValueError(f"a run called {name!r} is already in {folder}: choose another name")
    system = check(spec, data)
    if accept is not None:
        accept(system)

    def write(path: Path) -> None:
        if fill is not None:
            fill(path)
        elif data is not None:
            _store_scene(data, path / SCENE_FOLDER)
        write_status(path, RunStatus("queued", step, spec.steps, message="waits for the scheduler"))
        spec.write(path)

    path = _create(folder, name, write)
    enqueue(path)
    return Run(path)


def _create(folder: Path, name: str, write: Callable[[Path], None]) -> Path:
    """Make a run directory that is there whole or not at all."""
    temporary = folder / f".{name}.{uuid.uuid4().hex[:8]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        if free < _NEEDED_BYTES:
            raise OSError(f"the disk is full: {free / 1e6:.0f} MB left, at least 50 MB are needed")
        temporary.mkdir()
        write(temporary)
        temporary.rename(folder / name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(f"no run could be created in {folder}: {reason}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder / name


def _store_scene(data: xr.Dataset, path: Path) -> None:
    kept = [name for name in ("slc", "condition") if name in data]
    data[kept].reset_coords(drop=True).drop_encoding().to_zarr(path, mode="w", consolidated=False)
