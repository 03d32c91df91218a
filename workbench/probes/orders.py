"""Which order of the input tone, by which cause, every spectral line of every layer is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import xarray as xr
from torch import nn

from workbench.probes.collecting import Collector
from workbench.probes.drive_checks import checked_drive, checked_dtype
from workbench.probes.forward import further_inputs
from workbench.probes.guard import original, placement, undisturbed
from workbench.probes.order_tables import order_table
from workbench.probes.scene_drive import checked_scene, refuse_tones
from workbench.probes.scene_orders import SceneCollector, scene_table
from workbench.probes.sweep import Sweep

SHAPE, TONE = (1, 64, 64), (5, 11)


def analyse_orders(
    module: nn.Module,
    shape: Sequence[int] = SHAPE,
    tone: Sequence[Any] = TONE,
    phases: int | None = None,
    amplitude: float | Sequence[float] = 1.0,
    offset: float = 0.0,
    channels: Sequence[float] | None = None,
    *,
    scene: Any = None,
    mapping: str = "nyquist",
    inputs: Sequence[Any] | Mapping[str, Any] = (),
    tone_input: int | str = 0,
    layers: Sequence[str] | None = None,
    dtype: torch.dtype | str | None = None,
    memory: float = 2**31,
) -> xr.Dataset:
    """Name the cause of every spectral line that a tone makes in every layer of a network.

    J copies of a tone whose phase is advanced by ``2πj/J`` pass the module. What is of order k in the tone
    rotates as ``e^{jkφ}`` wherever it was folded to: a DFT over the phase separates the orders, the bin then
    tells the cause:

    ===========  ================================================================================
    ``direct``   at k·tone, as long as the layer's rate represents it
    ``folded``   at an alias of k·tone at a rate passed on the way (eq. 5 of the seed paper)
    ``image_d``  elsewhere on the lattice of the lowest rate passed: left by decimation and
                 expansion at level d
    ``leakage``  off that lattice: a border made the layer position-dependent
    ===========  ================================================================================

    Two tones, each turned through J phases of its own, give orders (k, l) at ``k·tone_1 + l·tone_2``: the
    intermodulation products. A complex scene, mapped to a real image, gives the orders of its phase; there
    the network's output is decoded too, and order +1 of that is the part of use to interferometry.

    Parameters
    ----------
    module : Module
        Any module that takes images (batch, channel, y, x). It is evaluated in eval mode and left as it was.
    shape : triple of int
        Channels, height H, width W of its input.
    tone : pair of int, or two of them
        Cycles per frame (m_y, m_x), each below Nyquist, so that the tone is periodic in the frame.
    phases : int, optional
        J >= 3 (default 32; 8 for each of two tones, which takes J x J frames; 16 for a scene). Orders that
        differ by J are told apart by their bins where these differ, else counted under the smaller; J = N
        (pixels per frame) keeps leakage exact to rounding.
    amplitude : float, or one for each tone
        The input is ``offset + amplitude · cos(2π(m_y y/H + m_x x/W) + φ_j)``.
    offset : float
        In units of the input.
    channels : sequence of float, optional
        Factor of each input channel (default 1 each).
    scene : complex array, Tensor or DataArray, shape (y, x), optional
        Instead of a tone: frame j is ``to_network(encode(scene · e^{2πi j/J}))``. `shape`, `tone`,
        `amplitude`, `offset` and `channels` do not apply.
    mapping : str
        Name in `MAPPINGS` of what maps the scene, and decodes the network's output.
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
        ``power(layer, order, cause)``, of two tones ``power(layer, order_1, order_2, cause)``: its sum per
        layer is the layer's mean square summed over channels; orders are signed. ``theory(layer, order)``:
        power predicted for pointwise activations fed by one tone per pixel, NaN elsewhere (``theory_note``
        says why). ``order_tail``, ``largest_spur``,
        ``folded_at`` (samples per frame), ``ambiguous`` and ``ambiguity`` (what cannot be told apart, never
        called leakage), ``leakage_visible`` (share of evenly spread leakage that would show as such).
        Coordinates ``module_type``, ``inputs`` (names of the layers that feed it, joined by " + "; "input" is
        the network's input), ``rate_y``, ``rate_x`` (samples per input pixel), ``size``. What was not
        analysed is listed in ``attrs["not_analysed"]``. Two tones have no theory here. A scene has one cause,
        "all" (it fills all bins, so these tell no cause); its last layer ``decoded`` is the decoded output,
        if that has the mapping's channels: complex, where order −1 is the mirror image.

    Raises
    ------
    ValueError
        For a shape, tone, scene or number of phases that makes no sense; if the module fails on such an
        input, returns NaN, or has no layer with a spatial output; for scripted modules.

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

    Two tones through x³, of which each alone makes a third harmonic, together also (2, −1), 9.54 dB above:

    >>> class Cube(nn.Module):
    ...     def forward(self, x):
    ...         return x**3
    >>> pair = analyse_orders(Cube(), shape=(1, 64, 64), tone=((5, 11), (7, 9)), amplitude=0.5)
    >>> power = pair.power.isel(layer=0).sum("cause")
    >>> float((power.sel(order_1=2, order_2=-1) / power.sel(order_1=3, order_2=0)).round(3))
    9.0

    A scene through a network that keeps its real part only: half of the power is the mirror image.

    >>> class RealPart(nn.Module):
    ...     def forward(self, x):
    ...         return x * torch.tensor([1.0, 0.0]).view(2, 1, 1)
    >>> scene = torch.randn(16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.complex64)
    >>> kept = analyse_orders(RealPart(), scene=scene / 4, mapping="real_imag").power.sel(layer="decoded")
    >>> (kept / kept.sum()).sel(order=[-1, 0, 1], cause="all").values.round(6)
    array([0.5, 0. , 0.5])
    """
    module = original(module)
    device, own_type = placement(module)
    arguments, precision = further_inputs(inputs, tone_input), checked_dtype(dtype) or own_type
    if scene is not None:
        refuse_tones(
            shape=(shape, SHAPE),
            tone=(tone, TONE),
            amplitude=(amplitude, 1.0),
            offset=(offset, 0.0),
            channels=(channels, None),
        )
        view = checked_scene(scene, mapping, phases)
        watcher = SceneCollector(view)
        with undisturbed(module), watcher.decoding(module):
            Sweep(module, view, arguments, device, precision).run(watcher, layers, memory)
        _require_layers(module, watcher.records, watcher.refused)
        return scene_table(watcher)
    drive = checked_drive(shape, tone, phases, amplitude, offset, channels)
    collector = Collector(drive)
    with undisturbed(module):
        Sweep(module, drive, arguments, device, precision).run(collector, layers, memory)
        collector.finish()
    _require_layers(module, collector.records, collector.refused)
    return order_table(collector, drive)


def _require_layers(module: nn.Module, records: Mapping[str, Any], refused: Mapping[str, str]) -> None:
    if not records:
        reasons = "; ".join(f"{name}: {why}" for name, why in refused.items())
        raise ValueError(
            f"{type(module).__name__} has no layer with a spatial output that can be analysed"
            + (f" ({reasons})" if reasons else ": no operation on its input was seen")
        )
