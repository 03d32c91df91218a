"""What has to be said to start a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["BRANCH", "Field", "changed_values", "run_form"]

DEMO = {"coherence_weight": 10.0}
_LEFT_OUT = ("mapping", "scale", "in_channels", "out_channels", "size", "width")


@dataclass(frozen=True)
class Field:
    """One entry of the form.

    Parameters
    ----------
    name
        Argument of `workbench.launch`.
    label, help
        What a reader sees.
    kind
        bool, int, float or str.
    default
        Value where nothing is chosen; None is allowed where `optional`.
    choices
        Names to choose from; empty for numbers and free text.
    minimum
        Smallest number.
    group
        Heading it stands under.
    """

    name: str
    label: str
    kind: type
    default: Any
    choices: tuple[str, ...] = ()
    optional: bool = False
    minimum: float | None = None
    help: str = ""
    group: str = "run"


BRANCH = (
    Field("coherence_weight", "Coherence weight", float, None, optional=True, minimum=0),
    Field("l1_weight", "L1 weight", float, None, optional=True, minimum=0),
    Field("learning_rate", "Learning rate", float, None, optional=True, minimum=0),
    Field("steps", "Steps in all", int, None, optional=True, minimum=1),
)
"""What can be changed on the page when a run is branched; everything else by `run.branch`."""


def changed_values(fields: tuple[Field, ...], texts: dict[str, str]) -> dict[str, float]:
    """Read the numbers that were typed; what stays empty is left out.

    Raises
    ------
    ValueError
        If something is not a number; the field is named.

    >>> changed_values(BRANCH, {"coherence_weight": " 3 ", "steps": ""})
    {'coherence_weight': 3.0}
    >>> changed_values(BRANCH, {"steps": "many"})
    Traceback (most recent call last):
    ValueError: Steps in all: needs a whole number, found 'many'
    """
    values = {}
    for field in fields:
        text = texts.get(field.name, "").strip()
        if not text:
            continue
        try:
            values[field.name] = field.kind(text)
        except ValueError:
            need = "a whole number" if field.kind is int else "a number"
            raise ValueError(f"{field.label}: needs {need}, found {text!r}") from None
    return values


def run_form(system: str = "pix2pix") -> tuple[Field, ...]:
    """Return the form of a new run of `system`; its own options are those the system declares.

    Imports the systems (and with them torch): call it when the form is first opened, not with the page.
    """
    from workbench.mappings import MAPPINGS
    from workbench.scenes import SCENES
    from workbench.systems import SYSTEMS

    general = (
        Field("name", "Name", str, "", help="of the run; empty: from system, scene and time"),
        Field("system", "System", str, system, tuple(SYSTEMS), help="networks and objectives"),
        Field("scene", "Scene", str, "onetone", tuple(SCENES), help="what is learnt"),
        Field(
            "path",
            "or your own image, path",
            str,
            "",
            help="complex .npy, .npz, .zarr or .nc on this machine",
        ),
        Field("mapping", "Mapping", str, "nyquist", tuple(MAPPINGS), help="how complex images are made real"),
        Field("size", "Size, pixels", int, 32, minimum=4, help="complex patch, each axis"),
        Field("width", "Width, channels", int, 16, minimum=1, help="of the first layer"),
        Field("steps", "Steps", int, 600, minimum=1, help="to train"),
        Field("seed", "Seed", int, 0, minimum=0, help="of scene, weights and draws"),
    )
    own = tuple(
        Field(
            option.name,
            _label(option.name) + (f", {option.unit}" if option.unit else ""),
            option.kind,
            DEMO.get(option.name, option.default),
            option.choices,
            option.optional,
            option.minimum if option.kind in (int, float) and option.minimum > float("-inf") else None,
            option.description,
            "network and losses",
        )
        for option in SYSTEMS[system].options
        if option.name not in _LEFT_OUT and option.kind is not int
    )
    return general + own


def _label(name: str) -> str:
    """Write an option's name for a reader: "gan_weight" becomes "GAN weight"."""
    known = {"gan": "GAN", "l1": "L1"}
    words = [known.get(word, word) for word in name.split("_")]
    return " ".join([words[0] if words[0] in known.values() else words[0].capitalize(), *words[1:]])
