"""What happens to a signal in the layers of a system's networks."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import xarray as xr
from torch import Tensor, nn

from workbench.probes import analyse_orders, layer_spectra
from workbench.training.bench import Bench
from workbench.training.observer import Instrument
from workbench.training.passes import Pass, network_passes
from workbench.training.plan import Plan

RECORDED_ORDERS = ("power", "theory", "order_tail", "largest_spur", "folded_at")
RECORDED_PASS_ORDERS = ("power", "order_tail", "largest_spur", "folded_at")
SMALL_SIGNAL = 0.1
"""Share of the plan's amplitude that is laid on a judged image: so little that the pass stays what it is."""


def layers(bench: Bench) -> Instrument:
    """Watch every layer's spectrum on a fixed batch: the conditions of the samples that are shown."""
    batch = bench.patches.heldout.condition[: bench.plan.shown]

    def measure() -> xr.DataTree:
        return _recorded_spectra(bench.generator, batch)

    return measure


def _recorded_spectra(network: nn.Module, batch: Tensor) -> xr.DataTree:
    tree = layer_spectra(network, batch)
    nodes = {
        # single precision is plenty for what is drawn, half of what is stored
        layer: node.to_dataset().astype(np.float32).assign_attrs(node.attrs, recorded=["power"])
        for layer, node in tree.children.items()
    }
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=tree.attrs), **nodes})


def orders(bench: Bench) -> Instrument:
    """Watch the orders that a tone in all condition channels makes in every layer."""
    channels, height, width = bench.patches.heldout.condition.shape[1:]
    tone = fitting_tone(bench.plan.probe_tone, (height, width))

    def measure() -> xr.Dataset:
        analysis = analyse_orders(
            bench.generator,
            shape=(channels, height, width),
            tone=tone,
            phases=bench.plan.probe_phases,
            amplitude=bench.plan.probe_amplitude,
        )
        return analysis.assign_attrs(recorded=list(RECORDED_ORDERS))

    return measure


def pass_layers(bench: Bench) -> Instrument | None:
    """Watch the layers' spectra of every network that a term calls: D(real) and D(fake) kept apart.

    A tree of ``<pass>/<layer>``, each as in :func:`layers`; None for a system whose terms call no network of
    their player's own.
    """
    terms = {taken.term for taken in _passes(bench)}
    if not terms:
        return None

    def measure() -> xr.DataTree:
        taken = _passes(bench, terms)
        return xr.DataTree(
            children={each.name: _recorded_spectra(each.network, each.given) for each in taken}
        )

    return measure


def pass_orders(bench: Bench) -> Instrument | None:
    """Watch the orders that a small tone on the judged image makes in every layer, pass by pass.

    The input is that of the first held-out sample in this pass, plus a tone in the channels of the image (not
    in those of its condition). Order 0 is what the image itself makes. Where the image has structure the
    answer to the tone depends on the position: such lines count as leakage, as those of a border do.

    The tone is the plan's, or one of which more layers hold whole periods (a PatchGAN crops its last ones).
    A tree of one Dataset per pass; None where there is no pass that can be analysed.
    """
    tones: dict[str, tuple[int, int]] = {}
    found = _passes(bench)
    terms = {taken.term for taken in found}
    for taken in found:
        listed = {tone: _listed(bench, taken, tone) for tone in _tones(bench, taken)}
        best = max(listed, key=lambda tone: listed[tone])
        if listed[best]:
            tones[taken.name] = best
    if not tones:
        return None

    def measure() -> xr.DataTree:
        return xr.DataTree.from_dict(
            {
                taken.name: _analysis(bench, taken, tones[taken.name])
                for taken in _passes(bench, terms)
                if taken.name in tones
            }
        )

    return measure


def _passes(bench: Bench, terms: Collection[str] | None = None) -> list[Pass]:
    shown = bench.patches.heldout.batch(slice(bench.plan.shown))
    batch = {name: tensor.to(bench.device) for name, tensor in shown.items()}
    return network_passes(bench.system, batch, terms)


def _tones(bench: Bench, taken: Pass) -> list[tuple[int, int]]:
    """List the plan's tone, then others of which also cropped layers hold whole periods."""
    y, x = (int(size) for size in taken.given.shape[2:])
    return [fitting_tone(bench.plan.probe_tone, (y, x)), (y // 8, x // 8), (y // 4, x // 4)]


def _listed(bench: Bench, taken: Pass, tone: tuple[int, int]) -> int:
    """Count the layers that can be analysed with a tone."""
    try:
        return _analysis(bench, taken, tone).layer.size
    except ValueError:
        return 0


class _Laid(nn.Module):
    """A network whose input is laid on a fixed image."""

    def __init__(self, network: nn.Module, image: Tensor) -> None:
        super().__init__()
        self.network = network
        self.image = image

    def forward(self, signal: Tensor) -> Tensor:
        return self.network(self.image + signal)


def _analysis(bench: Bench, taken: Pass, tone: tuple[int, int]) -> xr.Dataset:
    analysis = analyse_orders(
        _Laid(taken.network, taken.given[:1]),
        shape=tuple(taken.given.shape[1:]),
        tone=tone,
        phases=bench.plan.probe_phases,
        amplitude=SMALL_SIGNAL * bench.plan.probe_amplitude,
        channels=taken.channels,
    )
    inside = [str(name) for name in analysis.layer.values if str(name).startswith(_INSIDE)]
    named = analysis.sel(layer=inside).assign_coords(
        layer=[name.removeprefix(_INSIDE) for name in inside],
        inputs=("layer", [_input_names(str(text)) for text in analysis.inputs.sel(layer=inside).values]),
    )
    listed = [entry.removeprefix(_INSIDE) for entry in analysis.attrs["not_analysed"]]
    single = named.drop_vars(["theory", "theory_note"]).assign(power=named.power.astype(np.float32))
    return single.assign_attrs(not_analysed=listed, recorded=list(RECORDED_PASS_ORDERS))


_INSIDE = "network."


def _input_names(text: str) -> str:
    """Say "input" for the sum of signal and image, and layers by their names in the network."""
    return " + ".join(
        name.removeprefix(_INSIDE) if name.startswith(_INSIDE) else "input" for name in text.split(" + ")
    )


def fitting_tone(tone: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Return the test tone that an image of this size can hold.

    The plan's default tone is meant for 64 pixels, where it passes the first decimation unfolded; along a
    smaller axis it is scaled down, so that it does so there too. Any other tone is taken at its word.

    Parameters
    ----------
    tone, size : (int, int)
        Cycles per frame, pixels, along (y, x).

    Returns
    -------
    (int, int)
        Cycles per frame.

    Examples
    --------
    >>> fitting_tone((5, 11), (64, 64)), fitting_tone((5, 11), (16, 16)), fitting_tone((3, 9), (16, 16))
    ((5, 11), (1, 2), (3, 9))
    """
    if tone != Plan.probe_tone:
        return tone
    y, x = (min(m, max(1, m * n // 64)) for m, n in zip(tone, size, strict=True))
    return y, x
