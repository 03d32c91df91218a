"""What has to be said to start a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["BRANCH", "Field", "changed_values", "read_values", "run_form"]

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
    from workbench.scenes import PICTURES, SCENES
    from workbench.systems import SYSTEMS

    complex_scenes = tuple(name for name in SCENES if name not in PICTURES)
    general = (
        Field("name", "Name", str, "", help="of the run; empty: from system, scene and time"),
        Field("system", "System", str, system, tuple(SYSTEMS), help="networks and objectives"),
        Field("scene", "Scene", str, "onetone", complex_scenes, help="what is learnt"),
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
    return general + tuple(_field(one) for one in SYSTEMS[system].options if one.name not in _LEFT_OUT)


def read_values(values: dict[str, Any]) -> dict[str, Any]:
    """Return the form's values with the numbers that were typed as text read as numbers.

    Raises
    ------
    ValueError
        If a text is neither a whole number nor one of the words its option takes; the field is named.

    >>> read_values({"system": "pix2pix", "depth": " 3 ", "coherence_window": "global", "size": 32})
    {'system': 'pix2pix', 'depth': 3, 'coherence_window': 'global', 'size': 32}
    >>> read_values({"system": "pix2pix", "depth": "deep"})
    Traceback (most recent call last):
    ValueError: Depth: needs a whole number of at least 2, found 'deep'
    """
    from workbench.systems import SYSTEMS

    read = dict(values)
    for option in SYSTEMS[values["system"]].options:
        text = values.get(option.name)
        if not _typed(option) or not isinstance(text, str) or text.strip() in option.choices:
            continue
        try:
            read[option.name] = int(text)
        except ValueError:
            raise ValueError(f"{_label(option.name)}: needs {_need(option)}, found {text!r}") from None
    return read


def _field(option: Any) -> Field:
    """Make the field of a system's option."""
    label = _label(option.name) + (f", {option.unit}" if option.unit else "")
    default = DEMO.get(option.name, option.default)
    group = "network and losses"
    if _typed(option):
        text = "" if default is None else str(default)
        return Field(
            option.name,
            label,
            str,
            text,
            optional=True,
            help=f"{option.description}: {_need(option)}",
            group=group,
        )
    minimum = option.minimum if option.kind in (int, float) and option.minimum > float("-inf") else None
    return Field(
        option.name,
        label,
        option.kind,
        default,
        option.choices,
        option.optional,
        minimum,
        option.description,
        group,
    )


def _typed(option: Any) -> bool:
    """Tell whether an option is a whole number or something else, which only text can hold."""
    return option.kind is int and (option.optional or bool(option.choices))


def _need(option: Any) -> str:
    """Say what can be typed for an option that `_typed` is true of."""
    return " or ".join((f"a whole number of at least {option.minimum:g}", *option.choices))


def _label(name: str) -> str:
    """Write an option's name for a reader: "gan_weight" becomes "GAN weight"."""
    known = {"gan": "GAN", "l1": "L1"}
    words = [known.get(word, word) for word in name.split("_")]
    return " ".join([words[0] if words[0] in known.values() else words[0].capitalize(), *words[1:]])
