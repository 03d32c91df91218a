"""Which order of the input tone, by which cause, every spectral line of every layer is."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn

from workbench.probes.collecting import Collector, Record
from workbench.probes.drives import Tone
from workbench.probes.forward import further_inputs
from workbench.probes.guard import original, placement, undisturbed
from workbench.probes.lattice import IMAGE, folding_rates
from workbench.probes.sweep import Sweep
from workbench.probes.taps import listed_inputs


def analyse_orders(
    module: nn.Module,
    shape: Sequence[int] = (1, 64, 64),
    tone: Sequence[int] = (5, 11),
    phases: int = 32,
    amplitude: float = 1.0,
    offset: float = 0.0,
    channels: Sequence[float] | None = None,
    *,
    inputs: Sequence[Any] | Mapping[str, Any] = (),
    tone_input: int | str = 0,
    layers: Sequence[str] | None = None,
    dtype: torch.dtype | None = None,
    memory: float = 2**31,
) -> xr.Dataset:
    """Name the cause of every spectral line that a tone makes in every layer of a network.

    J copies of a tone whose phase is advanced by ``2πj/J`` pass the module. What is of order k in the tone
    rotates as ``e^{jkφ}`` wherever it was folded to: a DFT over the phase separates the orders, the bin then
    tells the cause:

    ``direct``   at k·tone, as long as the layer's rate represents it
    ``folded``   at an alias of k·tone at a rate passed on the way (eq. 5 of the seed paper)
    ``image_d``  elsewhere on the lattice of the lowest rate passed: left by decimation and expansion at level
    d ``leakage``  off that lattice: a border made the layer position-dependent

    Parameters
    ----------
    module : Module
        Any module that takes images (batch, channel, y, x). It is evaluated in eval mode and left as it was.
    shape : triple of int
        Channels, height H, width W of its input.
    tone : pair of int
        Cycles per frame (m_y, m_x), each below Nyquist, so that the tone is periodic in the frame.
    phases : int
        J >= 3. Orders that differ by J are told apart by their bins where these differ, else counted under
        the smaller; J = N (pixels per frame) keeps leakage exact to rounding.
    amplitude, offset : float
        The input is ``offset + amplitude · cos(2π(m_y y/H + m_x x/W) + φ_j)``.
    channels : sequence of float, optional
        Factor of each input channel (default 1 each).
    inputs : sequence or mapping
        Further inputs by position (or by keyword), held fixed; tensors with one item along their first axis
        are repeated for every frame.
    tone_input : int or str
        Position of the input that carries the tone among all positional ones, or its keyword.
    layers : sequence of str, optional
        Analyse only these.
    dtype : torch.dtype, optional
        Type of the input (default: that of the module's parameters, else float32). Layers are evaluated in
        the module's own precision; energies are summed up in float64.
    memory : float
        Bytes that outputs which live at the same time may take. Where all frames at once take more, half of
        it is for fewer frames at a time, half to put together the frames of some layers, and every further
        group of layers costs another pass of all frames: about (frames x bytes of all layers) / (memory / 2)
        passes instead of one.

    Returns
    -------
    Dataset
        ``power(layer, order, cause)``: its sum per layer is the layer's mean square summed over channels;
        orders are signed. ``theory(layer, order)``: power predicted for pointwise activations fed by one
        tone per pixel, NaN elsewhere (``theory_note`` says why). ``order_tail``, ``largest_spur``,
        ``folded_at`` (samples per frame), ``ambiguous`` and ``ambiguity`` (what cannot be told apart, never
        called leakage), ``leakage_visible`` (share of evenly spread leakage that would show as such).
        Coordinates ``module_type``, ``inputs`` (names of the layers that feed it, joined by " + "; "input" is
        the network's input), ``rate_y``, ``rate_x`` (samples per input pixel), ``size``. What was not
        analysed is listed in ``attrs["not_analysed"]``.

    Raises
    ------
    ValueError
        For a shape, tone or number of phases that makes no sense; if the module fails on such an input,
        returns NaN, or has no layer with a spatial output; for scripted modules.

    Notes
    -----
    Source: phase cycling as in NMR; folding: seed paper (Sibler et al.), eq. 5. Levels, figures:
    `workbench.signals.figures_of_merit`.

    Examples
    --------
    >>> analysis = analyse_orders(nn.ReLU(), shape=(1, 64, 64), tone=(5, 11), phases=64)
    >>> power = analysis.power.sel(layer="ReLU").sum("cause")
    >>> power.sel(order=[0, 1, 2]).values.round(4)
    array([0.1012, 0.0625, 0.0113])
    """
    module = original(module)
    wave = _checked_tone(shape, tone, phases, amplitude, offset, channels)
    collector = Collector(wave)
    device, own_type = placement(module)
    with undisturbed(module):
        Sweep(module, wave, further_inputs(inputs, tone_input), device, dtype or own_type).run(
            collector, layers, memory
        )
        collector.finish()
    if not collector.records:
        reasons = "; ".join(f"{name}: {why}" for name, why in collector.refused.items())
        raise ValueError(
            f"{type(module).__name__} has no layer with a spatial output that can be analysed"
            + (f" ({reasons})" if reasons else ": no operation on its input was seen")
        )
    return _dataset(collector, wave)


def _checked_tone(
    shape: Sequence[int],
    tone: Sequence[int],
    phases: int,
    amplitude: float,
    offset: float,
    channels: Sequence[float] | None,
) -> Tone:
    sizes = _whole(shape, 3, "shape must be (channels, height, width)")
    cycles = _whole(tone, 2, "tone must be two whole numbers of cycles per frame (m_y, m_x)")
    if min(sizes) < 1 or sizes[1] * sizes[2] == 1:
        raise ValueError(
            f"shape must be (channels, height, width) of an image, found {tuple(sizes)}; a network that "
            "makes images of a latent has no input tone: layer_spectra(module, latents) shows its layers"
        )
    if not any(cycles):
        raise ValueError("tone (0, 0) is a constant: at least one of (m_y, m_x) must differ from 0")
    for name, m, n in zip("yx", cycles, sizes[1:], strict=True):
        if 2 * abs(m) >= n:
            raise ValueError(
                f"tone {tuple(cycles)} is not below Nyquist along {name}: |m_{name}| must be below {n / 2:g} "
                f"cycles per frame of {n} pixels"
            )
    if isinstance(phases, bool) or not isinstance(phases, int | np.integer) or phases < 3:
        raise ValueError(f"phases must be a whole number of at least 3, found {phases!r}")
    weights = np.ones(sizes[0]) if channels is None else np.asarray(channels, dtype=float)
    if weights.shape != (sizes[0],) or not np.isfinite(weights).all() or not weights.any():
        raise ValueError(
            f"channels must be {sizes[0]} finite factors, one per input channel and not all 0, "
            f"found {channels!r}"
        )
    if not (math.isfinite(amplitude) and math.isfinite(offset) and amplitude > 0):
        raise ValueError(
            f"amplitude must be positive and offset finite, found amplitude={amplitude}, offset={offset}"
        )
    return Tone(
        (sizes[0], sizes[1], sizes[2]),
        (cycles[0], cycles[1]),
        int(phases),
        float(amplitude),
        float(offset),
        tuple(float(w) for w in weights),
    )


def _whole(values: Sequence[int], count: int, needed: str) -> list[int]:
    try:
        numbers = [operator.index(value) for value in values]
    except TypeError:
        numbers = []
    if len(numbers) != count:
        raise ValueError(f"{needed}, found {values!r}")
    return numbers


def _dataset(collector: Collector, tone: Tone) -> xr.Dataset:
    records = list(collector.records.values())
    shares = [record.share for record in records if record.share is not None]
    highest = max(share.highest for share in shares)
    levels = max(share.table.shape[1] for share in shares) - IMAGE - 1
    causes = ["direct", "folded", *(f"image_{level}" for level in range(1, levels + 1)), "leakage"]
    orders = np.arange(-highest, highest + 1)
    power = np.zeros((len(records), orders.size, len(causes)))
    theory = np.full(power.shape[:2], np.nan)
    folds = np.full(power.shape[:2], np.nan)
    for i, (record, share) in enumerate(zip(records, shares, strict=True)):
        rows = slice(highest - share.highest, highest + share.highest + 1)
        power[i, rows, : share.table.shape[1] - 1] = share.table[:, :-1]
        power[i, rows, -1] = share.table[:, -1]
        if record.theory is not None:
            theory[i, rows] = record.theory
        folds[i, rows] = folding_rates(record.spectrum, share.highest)
    square, text = {"units": "squared units of the layer"}, {"units": "1"}
    by_layer = {
        "theory_note": ([record.note for record in records], {"long_name": "why theory does not apply"}),
        "order_tail": (
            [share.tail for share in shares],
            text | {"long_name": "share of the top quarter of orders"},
        ),
        "largest_spur": (
            [share.spur for share in shares],
            square | {"long_name": "strongest other pair of bins"},
        ),
        "ambiguous": (
            [bool(share.ambiguity) for share in shares],
            {"long_name": "something was not told apart"},
        ),
        "ambiguity": ([share.ambiguity for share in shares], {"long_name": "what was not told apart"}),
        "leakage_visible": (
            [1 - share.filled for share in shares],
            text | {"long_name": "share of bins off lattice"},
        ),
    }
    result = xr.Dataset(
        {
            "power": (("layer", "order", "cause"), power, square | {"long_name": "power"}),
            "theory": (("layer", "order"), theory, square | {"long_name": "predicted power"}),
            "folded_at": (
                ("layer", "order"),
                folds,
                {"units": "samples per frame", "long_name": "rate that folds"},
            ),
            **{name: ("layer", values, attrs) for name, (values, attrs) in by_layer.items()},
        },
        coords=_coordinates(records, collector.passed_by)
        | {"order": ("order", orders, text), "cause": causes},
    )
    squares = float(np.square(tone.weights).sum())
    return result.assign_attrs(
        tone=list(tone.cycles),
        shape=list(tone.shape),
        phases=tone.phases,
        amplitude=tone.amplitude,
        offset=tone.offset,
        channels=list(tone.weights),
        input_power=squares * (tone.offset**2 + tone.amplitude**2 / 2),
        input_order_1_power=squares * tone.amplitude**2 / 2,
        real=all(share.real for share in shares),
        units="squared units of the layer, summed over channels",
        not_analysed=[f"{name}: {why}" for name, why in collector.refused.items()],
    )


def _coordinates(records: list[Record], passed_by: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    rates = [record.layer.lineage.rate for record in records]
    per_pixel = {"units": "samples per input pixel"}
    return {
        "layer": [record.layer.name for record in records],
        "module_type": ("layer", [record.layer.kind for record in records]),
        "inputs": (
            "layer",
            [" + ".join(listed_inputs(record.layer.inputs, passed_by)) for record in records],
            {"long_name": "layers that feed it"},
        ),
        "rate_y": ("layer", [float(rate[0]) for rate in rates], per_pixel),
        "rate_x": ("layer", [float(rate[1]) for rate in rates], per_pixel),
        "axis": ["y", "x"],
        "size": (("layer", "axis"), [record.size for record in records], {"units": "samples"}),
    }
