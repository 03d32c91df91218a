"""Dense spectra of chosen layers, order by order, with the cause of every bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor, nn

from workbench.probes.ancestry import Ancestry, Origins
from workbench.probes.collecting import NotFiniteError
from workbench.probes.dense import Dense, divide, divide_pairs, pair_powers
from workbench.probes.drive_checks import checked_drive
from workbench.probes.drives import Drive, Tone, TonePair
from workbench.probes.forward import evaluate, further_inputs
from workbench.probes.guard import original, placement, undisturbed
from workbench.probes.images import as_image
from workbench.probes.lattice import Grid, Order, folding_rates, grid
from workbench.probes.partition import partition
from workbench.probes.reduction import Frames, cropped, energies
from workbench.probes.sweep import Sweep
from workbench.probes.taps import Layer

MOST = 256  # pairs of orders of two tones that are listed
LISTED = 1e-14  # an order that holds less of its layer's power is not listed


def order_spectra(
    module: nn.Module,
    shape: Sequence[int] = (1, 64, 64),
    tone: Sequence[Any] = (5, 11),
    phases: int = 32,
    amplitude: float | Sequence[float] = 1.0,
    offset: float = 0.0,
    channels: Sequence[float] | None = None,
    *,
    layers: Sequence[str],
    inputs: Sequence[Any] | Mapping[str, Any] = (),
    tone_input: int | str = 0,
    dtype: torch.dtype | None = None,
    memory: float = 2**31,
) -> xr.DataTree:
    """Two-dimensional spectra of chosen layers, one for every order of the input tone.

    ``power[k](v, u) = sum_c |DFT2 of C_k(c)|²`` (norm "forward"), C_k the part that rotates as ``e^{jkφ}``
    when the tone's phase is advanced by φ. Its sum over the bins of one cause is what `analyse_orders` calls
    ``power(layer, order, cause)``.

    Parameters
    ----------
    module, shape, tone, phases, amplitude, offset, channels, inputs, tone_input, dtype, memory
        As in `analyse_orders`; two tones as ``((m_y, m_x), (m_y, m_x))``, of one amplitude or of two.
    layers : sequence of str
        The layers to look at.

    Returns
    -------
    DataTree
        One child per layer:

        ``power(order, frequency_y, frequency_x)``, frequencies ascending in cycles per sample of the layer,
        with coordinates ``input_frequency_y``, ``input_frequency_x`` in cycles per input pixel;
        ``cause`` of every bin of every order, int8, named by its attrs ``flag_meanings``;
        ``folded_at(order)``, samples per frame: the highest rate passed that cannot represent the order;
        ``folded_by(order)``: the first layer on the way, in running order, that holds the order and cannot
        represent its frequency, "" if there is none, and its rate ``folding_rate_y``, ``folding_rate_x``
        (samples per frame; below `folded_at` where the order arose behind a decimation);
        ``folding_layer(order, passed)``: that layer for every rate passed, ``passed_rate_y``,
        ``passed_rate_x``.

        Listed are the orders ``|k| <= max(64, J)`` with more than 1e-14 of the layer's power. Two tones have
        pairs of orders (k, l), the coordinates ``order_1``, ``order_2`` along `order`: the strongest 256.

    Raises
    ------
    ValueError
        As `analyse_orders`; for no layer, an unknown one, or one that cannot be analysed.

    Notes
    -----
    One pass over the phases, as `analyse_orders` makes it: the layers on the way are looked at too, to tell
    which of them held an order first. Source: folding, seed paper (Sibler et al.), eq. 5.

    Examples
    --------
    >>> net = nn.Sequential(nn.ReLU(), nn.AvgPool2d(2))
    >>> lines = order_spectra(net, shape=(1, 64, 64), tone=(0, 11), layers=["1"], phases=64)["1"]
    >>> second = lines.sel(order=2, frequency_y=0)  # 22 of 64 is above the 16 that 32 samples represent
    >>> peak = int(second.power.argmax("frequency_x"))
    >>> 64 * float(second.input_frequency_x[peak]), str(second.folded_by.values)
    (-10.0, '1')
    """
    module = original(module)
    wave = checked_drive(shape, tone, phases, amplitude, offset, channels)
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    device, own_type = placement(module)
    sweep = Sweep(module, wave, further_inputs(inputs, tone_input), device, dtype or own_type)
    with undisturbed(module):
        ancestry = _ancestry(sweep, names)
        collector = DenseCollector(wave, frozenset(names))
        sweep.run(collector, sorted(ancestry.watched(names)), memory)
    refused = [f"layer {name!r} {collector.refused[name]}" for name in names if name in collector.refused]
    if refused:
        raise ValueError(f"{'; '.join(refused)}: choose another layer")
    origins = Origins(ancestry, collector.held, collector.grids)
    children = {name: _dataset(collector.kept[name], wave, origins) for name in names}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=_attributes(wave)), **children})


def _ancestry(sweep: Sweep, names: Sequence[str]) -> Ancestry:
    """Follow one frame, to learn which layers there are and what feeds them."""
    ancestry = Ancestry()
    evaluate(sweep.module, sweep.drive.frames(0, 1).to(sweep.device, sweep.dtype), sweep.inputs, ancestry)
    if not names:
        raise ValueError(f"layers must name at least one of: {', '.join(ancestry.layers)}")
    unknown = [name for name in names if name not in ancestry.layers]
    if unknown:
        raise ValueError(f"no layer {unknown[0]!r}; layers: {', '.join(ancestry.layers)}")
    return ancestry


@dataclass(frozen=True)
class Kept:
    """One layer on display."""

    layer: Layer
    size: tuple[int, int]
    grid: Grid
    dense: Dense


@dataclass
class DenseCollector:
    """Observer that keeps the dense spectra of some layers, and of the others only what orders they hold."""

    drive: Drive
    dense: frozenset[str]
    only: frozenset[str] | None = None
    kept: dict[str, Kept] = field(default_factory=dict)
    held: dict[str, Mapping[Order, float]] = field(default_factory=dict)
    grids: dict[str, Grid] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    gathered: dict[str, Frames] = field(default_factory=dict)
    frames: int = 0

    def __call__(self, layer: Layer, output: Tensor) -> None:
        """Take the next frames of one layer."""
        name = layer.name
        if name in self.refused or (self.only is not None and name not in self.only):
            return
        image, reason = as_image(output, layer.lineage, self.frames)
        if image is not None and name not in self.gathered:
            reason = self._begin(layer, image)
        if reason or image is None:
            self.refused[name] = f"cannot be analysed: {reason}"
            return
        whole = self.gathered[name].add(cropped(image, self.grids[name].window))
        if whole is not None:
            self._finish(layer, (int(image.shape[2]), int(image.shape[3])), whole)

    def _begin(self, layer: Layer, image: Tensor) -> str:
        size = (int(image.shape[2]), int(image.shape[3]))
        _, height, width = self.drive.shape
        lattice, reason = grid(
            layer.lineage.rate, layer.lineage.passed, size, (height, width), *self.drive.tones
        )
        if lattice is not None:
            self.grids[layer.name] = lattice
            self.gathered[layer.name] = Frames(self.drive.count)
        return reason

    def _finish(self, layer: Layer, size: tuple[int, int], frames: Tensor) -> None:
        phases, axes = self.drive.phases, len(self.drive.tones)
        energy = energies(frames, phases, axes)
        if not bool(torch.isfinite(energy).all()):
            raise NotFiniteError(
                f"layer {layer.name!r} ({layer.kind}) returned NaN or infinite values for a finite input"
            )
        lattice, real = self.grids[layer.name], not frames.is_complex()
        noise = max(LISTED, 100 * torch.finfo(frames.dtype).eps ** 2)  # rounding is no harmonic
        values = energy.cpu().numpy()
        shown = layer.name in self.dense
        if axes == 1:
            dense = divide(values, lattice, phases, real)
            powers, total = dense.by_order(), dense.total or 1.0
        else:
            found = partition(lattice, phases, real, frames.device)
            powers = pair_powers(values, found)
            total = sum(powers.values()) or 1.0
            held = [k for k, power in powers.items() if power > noise * total][: MOST if shown else 0]
            signs = {k for k in held if not real or (-k[0], -k[1]) in held}  # type: ignore[index]
            dense = divide_pairs(values, found, signs, total)
        self.held[layer.name] = {k: p for k, p in powers.items() if p > noise * total}
        if shown:
            self.kept[layer.name] = Kept(layer, size, lattice, dense)


def _dataset(kept: Kept, drive: Tone | TonePair, origins: Origins) -> xr.Dataset:
    layer, lattice, dense = kept.layer, kept.grid, kept.dense
    least = LISTED * (dense.total or 1.0)
    zero: Order = 0 if isinstance(drive, Tone) else (0, 0)
    orders = [k for k, power in dense.by_order().items() if power > least]
    if not orders:
        orders = [zero]
        dense.at(zero, lattice.window)
    dims = ("order", "frequency_y", "frequency_x")
    square = {"units": "squared units of the layer", "long_name": "power of each order, summed over channels"}
    flags = {
        "flag_values": list(range(len(dense.causes))),
        "flag_meanings": " ".join(dense.causes),
        "long_name": "cause",
    }
    data: dict[str, Any] = {
        "power": (dims, _ascending([dense.power[k] for k in orders]), square),
        "cause": (dims, np.fft.fftshift([dense.cause[k] for k in orders], axes=(1, 2)), flags),
    }
    coords = _numbers(orders) | _frequencies(layer, lattice)
    result = xr.Dataset(data, coords, _attributes(drive)).merge(
        _folding(layer.name, lattice, orders, origins)
    )
    return result.assign_attrs(
        module_type=layer.kind,
        rate=[float(rate) for rate in layer.lineage.rate],
        size=list(kept.size),
        window=list(lattice.window),
        layer_power=dense.total,
        real=dense.real,
        norm="forward",
    )


def _ascending(values: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Stack unshifted bins (y, x) as ``fftshift`` puts them; most are 0, so their memory is never touched."""
    height, width = values[0].shape
    result = np.zeros((len(values), height, width), values[0].dtype)
    for shown, found in zip(result, values, strict=True):
        y, x = np.nonzero(found)
        shown[(y + height // 2) % height, (x + width // 2) % width] = found[y, x]
    return result


def _numbers(orders: Sequence[Order]) -> dict[str, Any]:
    """Coordinates that name the orders: of one tone, or of each of two."""
    if isinstance(orders[0], int):
        return {"order": ("order", list(orders), {"units": "1", "long_name": "order of the input tone"})}
    return {
        f"order_{i}": (
            "order",
            [k[i - 1] for k in orders if isinstance(k, tuple)],
            {"units": "1", "long_name": f"order of input tone {i}"},
        )
        for i in (1, 2)
    }


def _folding(name: str, lattice: Grid, orders: Sequence[Order], origins: Origins) -> xr.Dataset:
    """Rates that fold each order, and the layers that did."""
    highest = max(1, int(np.abs(np.array(orders)).max()))
    index = np.array(orders) + highest
    rates = folding_rates(lattice, highest)
    passed = [(float(q[0] / lattice.scale[0]), float(q[1] / lattice.scale[1])) for q in lattice.rates]
    folders = [origins.folders(name, k) for k in orders]
    first = [next(iter(found.items()), ((np.nan, np.nan), "")) for found in folders]
    per_frame = {"units": "samples per frame"}
    data: dict[str, Any] = {
        "folded_at": (
            "order",
            rates[tuple(np.atleast_2d(index.T))],
            per_frame | {"long_name": "highest rate that folds the order"},
        ),
        "folded_by": (
            "order",
            [by for _, by in first],
            {"long_name": "layer at which the order folded first"},
        ),
        **{
            f"folding_rate_{axis}": ("order", [rate[i] for rate, _ in first], per_frame)
            for i, axis in enumerate("yx")
        },
        "folding_layer": (
            ("order", "passed"),
            np.array([[found.get(q, "") for q in passed] for found in folders], dtype=str),
            {"long_name": "first layer at each rate passed that held the order, folded"},
        ),
    }
    coords: dict[str, Any] = {
        f"passed_rate_{axis}": ("passed", [q[i] for q in passed], per_frame) for i, axis in enumerate("yx")
    }
    return xr.Dataset(data, coords)


def _frequencies(layer: Layer, lattice: Grid) -> dict[str, Any]:
    coords: dict[str, Any] = {}
    for axis, count, rate in zip("yx", lattice.window, layer.lineage.rate, strict=True):
        frequency = np.fft.fftshift(np.fft.fftfreq(count))
        name = f"frequency_{axis}"
        own = {"units": "cycles per sample", "long_name": f"frequency along {axis}"}
        pixel = {"units": "cycles per input pixel", "long_name": f"frequency along {axis} at the input"}
        coords[name] = (name, frequency, own)
        coords[f"input_{name}"] = (name, frequency * float(rate), pixel)
    return coords


def _attributes(drive: Tone | TonePair) -> dict[str, Any]:
    squares = float(np.square(drive.weights).sum())
    one = isinstance(drive, Tone)
    amplitudes = [drive.amplitude] if isinstance(drive, Tone) else list(drive.amplitudes)
    powers = [squares * amplitude**2 / 2 for amplitude in amplitudes]
    tones = [list(tone) for tone in drive.tones]
    return {
        "tone": tones[0] if one else tones,
        "shape": list(drive.shape),
        "phases": drive.phases,
        "amplitude": amplitudes[0] if one else amplitudes,
        "offset": drive.offset,
        "channels": list(drive.weights),
        "input_order_1_power": powers[0] if one else powers,
    }
