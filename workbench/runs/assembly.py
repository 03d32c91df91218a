"""How a specification becomes a training: scene, patches, system, trainer."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any

import torch
import xarray as xr

from workbench.mappings import MAPPINGS, SCALE
from workbench.runs.grafting import graft
from workbench.runs.loop import Prepared, Recorder
from workbench.runs.scheduler import ADDRESS_VARIABLE
from workbench.runs.spec import RunSpec
from workbench.runs.workspace import data_path
from workbench.scenes import (
    FILE_OPTIONS,
    FORMATS,
    PATCH_OPTIONS,
    SCENES,
    is_mesh_file,
    recentring_words,
    training_patches,
)
from workbench.systems import COMMON, SYSTEMS, System, build, without_weights
from workbench.training import Plan, make_patches, resolve_device

THREADS_VARIABLE = "WORKBENCH_THREADS"
_PATCHES = ("count", "heldout")  # how many patches
_FIXED_SYSTEM = {option.name for option in COMMON} | {"coherence_weight", "mapping"}
_FIXED_PLAN = {"steps", "seed", "device"}


def sort_options(system: str, scene: str | None, options: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Send each option to the part that has it: ``system_options``, ``scene_options`` or ``plan``.

    Parameters
    ----------
    system : name in ``SYSTEMS``
    scene : name in ``SCENES``, None for data of the user's own
    options : by name

    Raises
    ------
    ValueError
        If the system, the scene or an option is unknown; those that exist are listed.

    Examples
    --------
    >>> sort_options("pix2pix", "onetone", {"up": "nearest", "bands": 4, "batch_size": 1})
    {'system_options': {'up': 'nearest'}, 'scene_options': {'bands': 4}, 'plan': {'batch_size': 1}}
    """
    if system not in SYSTEMS:
        raise ValueError(f"unknown system {system!r}; there are: {', '.join(SYSTEMS)}")
    if scene is not None and scene not in SCENES:
        raise ValueError(
            f"unknown scene {scene!r}; there are: {', '.join(SCENES)}, or the path of a complex image: "
            f"{FORMATS}"
        )
    known = {
        "system_options": [o.name for o in SYSTEMS[system].options if o.name not in _FIXED_SYSTEM],
        "scene_options": [*_PATCHES, *PATCH_OPTIONS, *_scene_options(scene)],
        "plan": [name for name in Plan.__dataclass_fields__ if name not in _FIXED_PLAN],
    }
    sorted_options: dict[str, dict[str, Any]] = {part: {} for part in known}
    for name, value in options.items():
        part = next((part for part, names in known.items() if name in names), None)
        if part is None:
            listed = "; ".join(
                f"{what}: {', '.join(names) or 'none'}"
                for what, names in zip(("system", "scene", "training"), known.values(), strict=True)
            )
            raise ValueError(f"unknown option {name!r}; there are for the {listed}")
        sorted_options[part][name] = _absolute(value) if name == "building" else value
    return sorted_options


def _absolute(building: Any) -> Any:
    """Write the path of a mesh, here or in the workspace's data folder, so that the run finds it."""
    return str(data_path(building)) if is_mesh_file(building) else building


def _scene_options(scene: str | None) -> list[str]:
    if scene is None:
        return list(FILE_OPTIONS)
    return [
        name for name in inspect.signature(SCENES[scene]).parameters if name not in ("size", "count", "seed")
    ]


def check(spec: RunSpec, scene: xr.Dataset | None = None) -> System:
    """Make sure that `prepare` will succeed, without weights, without training patches, without writing.

    Parameters
    ----------
    spec : what is to be run
    scene : the user's Dataset, which is not in a run directory yet

    Returns
    -------
    System
        What would be trained; its networks have shapes, but no weights.

    Raises
    ------
    ValueError, FileNotFoundError
        If a name, a value, the scene or their combination does not work.
    RuntimeError
        If the device is not there.
    """
    if spec.mapping not in MAPPINGS:
        raise ValueError(f"unknown mapping {spec.mapping!r}; there are: {', '.join(MAPPINGS)}")
    device = Plan.from_dict(spec.plan).device
    if not os.environ.get(ADDRESS_VARIABLE):  # on a cluster the worker's machine decides
        resolve_device(device)
    counts = {name: spec.scene_options.get(name, 1) for name in _PATCHES}
    few = {name: min(value, 1) if isinstance(value, int) else value for name, value in counts.items()}
    source = spec.scene if scene is None else scene
    training, _ = training_patches(source, spec.size, seed=spec.seed, **{**spec.scene_options, **few})
    pixels = spec.size * MAPPINGS[spec.mapping].factor
    tone = spec.plan.get("probe_tone", (0, 0))
    if 2 * max(map(abs, tone)) >= pixels:
        raise ValueError(
            f"probe_tone={tuple(tone)} must stay below {pixels // 2} cycles: the network sees {pixels} pixels"
        )
    try:
        with without_weights():
            return build_system(spec, training.sizes["channel"])
    except ValueError as error:
        context = (
            "" if f"{pixels}" not in str(error) else f"size={spec.size} makes networks of {pixels} pixels: "
        )
        raise ValueError(f"{context}{error}") from None


def prepare(spec: RunSpec, run: Path, record: Recorder) -> Prepared:
    """Set up the training that `spec` describes."""
    from workbench.training import Trainer

    plan = Plan.from_dict(spec.plan)
    # More threads than the slot has would wait for each other, and their sums would depend on their number.
    torch.set_num_threads(int(os.environ.get(THREADS_VARIABLE) or 1))
    torch.manual_seed(spec.seed)
    parts = training_patches(_source(spec, run), spec.size, seed=spec.seed, **spec.scene_options)
    system = build_system(spec, parts[0].sizes["channel"])
    patches = make_patches(*parts, spec.mapping, float(system.options.get("scale", SCALE)))
    trainer = Trainer(system, patches, plan, record)
    where = resolve_device(plan.device)
    attrs = {
        "system": spec.system,
        "scene": spec.scene,
        "mapping": spec.mapping,
        "size": spec.size,
        "seed": spec.seed,
        "device": where,
        "code_version": spec.code_version,
        "condition_source": str(parts[0].attrs.get("condition_source", "")),
        "recentred": recentring_words(parts[0]),
    }
    return Prepared(trainer, where, attrs)


def _source(spec: RunSpec, run: Path) -> str | xr.Dataset:
    if spec.scene_kind != "stored":
        return spec.scene
    return xr.open_zarr(run / spec.scene, consolidated=False, chunks=None).load()


def build_system(spec: RunSpec, channels: int) -> System:
    """Build the networks of a run, freshly drawn, layers replaced, for a condition of so many channels."""
    mapping = MAPPINGS[spec.mapping]
    fixed = {"coherence_weight": spec.coherence_weight, "mapping": spec.mapping}
    offered = {option.name for option in SYSTEMS[spec.system].options}
    system = build(
        spec.system,
        size=spec.size * mapping.factor,
        seed=spec.seed,
        width=spec.width,
        in_channels=channels,
        out_channels=mapping.channels,
        **{name: value for name, value in fixed.items() if name in offered},
        **spec.system_options,
    )
    return graft(system, spec.replacements) if spec.replacements else system
