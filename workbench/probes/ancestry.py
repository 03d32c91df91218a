"""Which layer on the way to another one folded an order first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from workbench.probes.lattice import Grid, Order, folded, true_frequency
from workbench.probes.taps import Layer


@dataclass
class Ancestry:
    """Observer that learns which layers feed which, in the order in which they run."""

    layers: dict[str, Layer] = field(default_factory=dict)
    frames: int = 1

    def __call__(self, layer: Layer, _output: Tensor) -> None:
        """Note one layer."""
        self.layers[layer.name] = layer

    def before(self, name: str) -> list[str]:
        """Names of a layer and of all that feed it, in the order in which they run."""
        found, waiting = set(), [name]
        while waiting:
            here = waiting.pop()
            if here in self.layers and here not in found:
                found.add(here)
                waiting += self.layers[here].inputs
        return [name for name in self.layers if name in found]

    def watched(self, names: Iterable[str]) -> set[str]:
        """Those layers and all that feed them."""
        return {before for name in names for before in self.before(name)}


@dataclass(frozen=True)
class Origins:
    """Tells where an order was folded.

    Attributes
    ----------
    ancestry : Ancestry
        Which layers feed which.
    held : mapping
        Power of the orders that each layer holds.
    grids : mapping
        Frequencies of each layer.
    """

    ancestry: Ancestry
    held: Mapping[str, Mapping[Order, float]]
    grids: Mapping[str, Grid]

    def folders(self, name: str, order: Order) -> dict[tuple[float, float], str]:
        """First layer at each rate (samples per frame) that holds an order folded, on the way to `name`.

        They come in the order in which they run: the first one folded it first.
        """
        found: dict[tuple[float, float], str] = {}
        for before in self.ancestry.before(name):
            lattice = self.grids.get(before)
            if lattice is None or order not in self.held.get(before, {}):
                continue
            true = true_frequency(lattice, order)
            if any(folded(f, q)[1] for f, q in zip(true, lattice.own, strict=True)):
                rate = lattice.own[0] / lattice.scale[0], lattice.own[1] / lattice.scale[1]
                found.setdefault((float(rate[0]), float(rate[1])), before)
        return found
