"""The numbers recorded at every step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from workbench.systems import System


class Scalars:
    """Names, labels and values of a system's per-step numbers.

    ``loss_<player>`` is the weighted sum that the player minimises, ``<player>_<term>`` each unweighted term.

    Parameters
    ----------
    system : System
        Whose players and terms are recorded.
    """

    def __init__(self, system: System) -> None:
        #: players in the order of their turns, each once
        self.players = list(dict.fromkeys(system.schedule))
        #: names of the weighted sums
        self.totals = {f"loss_{name}" for name in self.players}
        #: names in the order in which the engine collects the values
        self.losses: list[str] = []
        self._weights: dict[str, float] = {}
        for name in self.players:
            self.losses.append(f"loss_{name}")
            for term in system.players[name].terms:
                self.losses.append(f"{name}_{term.name}")
                self._weights[self.losses[-1]] = float(term.weight)
        leader = next(
            (name for name in self.players if "generator" in system.players[name].networks), self.players[0]
        )
        self._leader = leader
        self._rate = float(system.players[leader].optimiser.learning_rate)

    def template(self) -> xr.Dataset:
        """Return the schema of the group ``scalars``, without the step dimension."""
        labels = {
            name: {"long_name": f"weighted loss of the {name.removeprefix('loss_')}", "units": "1"}
            if name in self.totals
            else {"long_name": name.replace("_", " "), "units": "1", "weight": self._weights[name]}
            for name in self.losses
        }
        labels["step_seconds"] = {"long_name": "duration of the training step", "units": "s"}
        labels["observing_share"] = {
            "long_name": "share of the time spent on live observation",
            "units": "1",
            "comment": "since the process started; observations at the start, on pauses, at the end left out",
        }
        labels["learning_rate"] = {"long_name": f"learning rate of the {self._leader}", "units": "1"}
        variables = {name: ((), np.float64(0), attrs) for name, attrs in labels.items()}
        return xr.Dataset(variables, attrs={"recorded": list(labels)})

    def first_broken(self, numbers: list[float]) -> str | None:
        """Name the first value that is not finite, a term rather than the sum it spoils; None if all are."""
        broken = [
            name for name, number in zip(self.losses, numbers, strict=True) if not math.isfinite(number)
        ]
        return next((name for name in broken if name not in self.totals), broken[0] if broken else None)

    def values(
        self, numbers: list[float], factor: float, seconds: float, share: float
    ) -> dict[str, np.ndarray]:
        """Return one step's values by variable.

        Parameters
        ----------
        numbers : list of float
            In the order of :attr:`losses`.
        factor : float
            Learning-rate factor of the step.
        seconds : float
            Duration of the step.
        share : float
            Share of the time spent on observation.
        """
        values = dict(zip(self.losses, numbers, strict=True))
        values |= {"step_seconds": seconds, "observing_share": share, "learning_rate": self._rate * factor}
        return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}
