"""The live instruments by the group they record; None where a system has nothing for one to see."""

from __future__ import annotations

from collections.abc import Callable

from workbench.training.bench import Bench
from workbench.training.evaluation import heldout_coherence
from workbench.training.observer import Instrument
from workbench.training.probing import layers, orders, pass_layers, pass_orders
from workbench.training.samples import images

INSTRUMENTS: dict[str, Callable[[Bench], Instrument | None]] = {
    "layers": layers,
    "orders": orders,
    "coherence": heldout_coherence,
    "images": images,
    "pass_orders": pass_orders,
    "pass_layers": pass_layers,
}
