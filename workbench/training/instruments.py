"""The live instruments by the group they record."""

from __future__ import annotations

from collections.abc import Callable

from workbench.training.bench import Bench
from workbench.training.evaluation import heldout_coherence
from workbench.training.observer import Instrument
from workbench.training.probing import layers, orders
from workbench.training.samples import images

INSTRUMENTS: dict[str, Callable[[Bench], Instrument]] = {
    "layers": layers,
    "orders": orders,
    "coherence": heldout_coherence,
    "images": images,
}
