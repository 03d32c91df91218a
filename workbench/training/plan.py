"""What a training run is asked to do."""

from __future__ import annotations

import dataclasses
import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("32-true", "bf16-mixed")
DECAYS = ("linear_second_half", "none")
SEEDS = 2**63


@dataclass(frozen=True)
class Plan:
    """How one system is trained; every value is checked when the plan is made.

    Parameters
    ----------
    steps : int
        Length of the training, in steps (one step runs every player of the system's schedule once).
    batch_size : int
        Patches per step, over all processes together.
    seed : int
        Seed of the data order, of dropout and of every other draw made while training, below 2**63.
    device : {"auto", "cpu", "cuda"}
        ``"auto"`` takes the GPU where there is one.
    precision : {"32-true", "bf16-mixed"}
        Lightning Fabric's name of the arithmetic.
    decay : {"linear_second_half", "none"}
        Learning-rate schedule, see :meth:`decay_factor`.
    observing_budget : float
        Largest share of the time that live observation may take, 0 (never) to below 1.
    probe_tone : (int, int)
        Test tone of the order analysis, cycles per frame along (y, x).
    probe_phases : int
        Phases of the order analysis.
    probe_amplitude : float
        Amplitude of the test tone in network units.
    evaluated, shown : int
        Held-out patches per live evaluation; how many of them are kept as images.
    probe_every : int, optional
        Observe everything each so many steps, whatever it costs, instead of keeping to the budget.

    Raises
    ------
    ValueError
        If a value is out of its range; the message says what was found and what is needed.

    Examples
    --------
    >>> plan = Plan(steps=600, seed=7)
    >>> plan.batch_size, plan.decay_factor(0)
    (3, 1.0)
    >>> Plan.from_dict(plan.to_dict()) == plan
    True
    """

    steps: int = 3000
    batch_size: int = 3
    seed: int = 0
    device: str = "auto"
    precision: str = "32-true"
    decay: str = "linear_second_half"
    observing_budget: float = 0.05
    probe_tone: tuple[int, int] = (5, 11)
    probe_phases: int = 16
    probe_amplitude: float = 1.0
    evaluated: int = 16
    shown: int = 4
    probe_every: int | None = None

    def __post_init__(self) -> None:
        least = {"steps": 1, "batch_size": 1, "seed": 0, "probe_phases": 3, "shown": 1}
        if self.probe_every is not None:
            least["probe_every"] = 1
        plain: dict[str, Any] = {name: _integer(name, getattr(self, name), n) for name, n in least.items()}
        if plain["seed"] >= SEEDS:
            raise ValueError(f"seed must be below 2**63, the largest that torch takes; found {self.seed}")
        plain["evaluated"] = _integer("evaluated", self.evaluated, self.shown, f" (shown is {self.shown})")
        for name, known in (("device", DEVICES), ("precision", PRECISIONS), ("decay", DECAYS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}; found {getattr(self, name)!r}")
        if not (_is_number(self.observing_budget) and 0 <= self.observing_budget < 1):
            raise ValueError(
                f"observing_budget is a share of the time, 0 <= share < 1; found {self.observing_budget!r}"
            )
        if not (_is_number(self.probe_amplitude) and 0 < self.probe_amplitude < math.inf):
            raise ValueError(f"probe_amplitude must be a positive number; found {self.probe_amplitude!r}")
        try:
            my, mx = self.probe_tone
        except (TypeError, ValueError):
            raise ValueError(
                f"probe_tone needs two integers, cycles per frame along (y, x); found {self.probe_tone!r}"
            ) from None
        plain["probe_tone"] = (_integer("probe_tone[0]", my), _integer("probe_tone[1]", mx))
        plain |= {name: float(getattr(self, name)) for name in ("observing_budget", "probe_amplitude")}
        for name, value in plain.items():  # Python's own numbers: numpy's cannot be written as JSON
            object.__setattr__(self, name, value)

    def decay_factor(self, step: int) -> float:
        """Learning-rate factor of the step that follows ``step`` finished ones.

        Parameters
        ----------
        step : int
            Steps already taken.

        Returns
        -------
        float
            1 in the first half, then :func:`linear_decay` over the second; always 1 for ``decay="none"``.

        Examples
        --------
        >>> plan = Plan(steps=200)
        >>> [round(plan.decay_factor(step), 5) for step in (0, 99, 100, 150)]
        [1.0, 1.0, 0.9901, 0.49505]
        """
        if self.decay == "none":
            return 1.0
        decaying = self.steps // 2
        return linear_decay(step, self.steps - decaying, decaying)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as a dict that JSON can hold.

        Returns
        -------
        dict
            All fields by name; the tone is a list.

        Examples
        --------
        >>> Plan().to_dict()["probe_tone"]
        [5, 11]
        """
        return dataclasses.asdict(self) | {"probe_tone": list(self.probe_tone)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Plan:
        """Make a plan of the dict that :meth:`to_dict` returns (missing fields take their defaults).

        Parameters
        ----------
        values : Mapping
            Field values by name.

        Returns
        -------
        Plan
            The plan, checked.

        Raises
        ------
        ValueError
            If a name is not one of the plan's fields, or a value is out of range.

        Examples
        --------
        >>> Plan.from_dict({"steps": 10, "probe_tone": [3, 4]}).probe_tone
        (3, 4)
        """
        known = [field.name for field in dataclasses.fields(cls)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise ValueError(f"a plan has no {', '.join(unknown)}; its fields are {', '.join(known)}")
        return cls(**values)


def linear_decay(step: int, steady: int, decaying: int) -> float:
    """Return the factor ``1 - max(0, step + 1 - steady) / (decaying + 1)`` of a constant, then falling rate.

    Parameters
    ----------
    step : int
        Steps (or epochs) already taken.
    steady, decaying : int
        Lengths of the constant and of the falling part.

    Returns
    -------
    float
        1 while steady, then falling evenly; it would reach 0 one step after the end.

    Examples
    --------
    >>> [round(linear_decay(step, 100, 100), 5) for step in (99, 100, 150, 199)]
    [1.0, 0.9901, 0.49505, 0.0099]
    """
    return 1.0 - max(0, step + 1 - steady) / (decaying + 1)


def resolve_device(device: str) -> str:
    """Say which device a plan's ``device`` means on this machine.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}
        The wish.

    Returns
    -------
    {"cpu", "cuda"}
        The device to train on.

    Raises
    ------
    ValueError
        If the name is unknown.
    RuntimeError
        If ``"cuda"`` is asked for where torch finds no GPU.

    Examples
    --------
    >>> resolve_device("cpu")
    'cpu'
    """
    if device not in DEVICES:
        raise ValueError(f"device must be one of {', '.join(DEVICES)}; found {device!r}")
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise RuntimeError(
            "device='cuda' was asked for, but torch finds no GPU here "
            f"(torch {torch.__version__}, built for {_build()}): use device='cpu' or 'auto', "
            "or install a driver with a CUDA build of torch ('workbench doctor' says what is missing)"
        )
    return "cuda" if device == "cuda" or (device == "auto" and available) else "cpu"


def _build() -> str:
    return f"CUDA {torch.version.cuda}" if torch.version.cuda else "the CPU only"


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _integer(name: str, value: object, least: int | None = None, note: str = "") -> int:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise ValueError(f"{name} must be an integer; found {value!r}")
    if least is not None and value < least:
        raise ValueError(f"{name} must be at least {least}{note}; found {value}")
    return int(value)
