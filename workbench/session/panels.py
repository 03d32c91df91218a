"""Panels of the training desk: what each of them shows for a choice."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace

import xarray as xr

from workbench.session import captions, history_frames, image_frames, order_frames
from workbench.session.frame import Choice, Frame, record_at, waiting
from workbench.session.hub import Hub
from workbench.session.records import Records

__all__ = ["PANELS", "compose", "frame_steps", "layer_names", "sample_count", "shown_layer"]

Compute = Callable[[Hub, int, Choice], Frame]


@dataclass(frozen=True)
class Panel:
    """How one panel is computed.

    Parameters
    ----------
    group
        Group of records it shows.
    what
        The records in words, for "Waiting for the first ...".
    compute
        ``(hub, index in the group, choice) -> Frame``.
    choices
        Fields of `Choice`, beyond the step, that change it.
    history
        Whether it shows all records: then new ones change it, and the step only moves its cursor.
    sentence
        ``(records, data, choice) -> str``: the caption of a history at the step of its cursor.
    """

    group: str
    what: str
    compute: Compute
    choices: tuple[str, ...] = ()
    history: bool = False
    sentence: Callable[[Records, xr.Dataset, Choice], str] | None = None


def _orders(hub: Hub, index: int) -> xr.Dataset:
    """Orders of one record, picked once for the panels that draw them."""
    return hub.remember(("orders", index), lambda: hub.records.dataset("orders").isel(step=index))


def shown_layer(hub: Hub, wanted: str = "") -> str:
    """Return the layer under the lens, "" before the first analysis; the same at every step."""
    if "orders" not in hub.records:
        return ""
    return hub.remember(("layer", wanted), lambda: order_frames.default_layer(_orders(hub, 0), wanted))


def _lineup(hub: Hub, index: int, choice: Choice) -> Frame:
    data = order_frames.lineup(_orders(hub, index))
    data.attrs["layer"] = shown_layer(hub, choice.layer)
    return Frame(data, captions.lineup_caption(data))


def _order_lines(hub: Hub, index: int, choice: Choice) -> Frame:
    data = order_frames.order_lines(_orders(hub, index), shown_layer(hub, choice.layer), choice.floor)
    return Frame(data, captions.order_caption(data))


def _order_map(hub: Hub, index: int, choice: Choice) -> Frame:
    data = order_frames.order_map(_orders(hub, index), choice.floor)
    data.attrs["layer"] = shown_layer(hub, choice.layer)
    return Frame(data, "")


def _layer_spectrum(hub: Hub, index: int, choice: Choice) -> Frame:
    tree = hub.records.tree("layers")
    layer = shown_layer(hub, choice.layer) or choice.layer
    if layer not in tree:
        if layer:
            return Frame(None, f"No spectrum of {layer} is recorded.")
        layer = next(iter(tree))
    data = order_frames.layer_spectrum(tree[layer].isel(step=index), choice.floor)
    data.attrs["layer"] = layer
    return Frame(data, captions.spectrum_caption(data, layer))


def _spectra(hub: Hub, index: int, choice: Choice) -> xr.Dataset:
    """Spectra of one sample, computed once for the two panels that draw them."""
    images = hub.records.dataset("images")
    mapping, sample = str(images.attrs.get("mapping", "")), _sample(images, choice)
    real = hub.remember(("real", sample), lambda: image_frames.real_spectrum(images, sample, mapping))
    key = ("spectra", index, sample)
    return hub.remember(key, lambda: image_frames.band_spectra(images, index, sample, mapping, real))


def _band(hub: Hub, index: int, choice: Choice) -> Frame:
    data = _spectra(hub, index, choice)
    return Frame(data, captions.band_caption(data))


def _coherence_map(hub: Hub, index: int, choice: Choice) -> Frame:
    coherence = hub.records.dataset("coherence")
    return Frame(image_frames.coherence_map(coherence, index, _sample(coherence, choice)), "")


def _histogram(hub: Hub, index: int, _choice: Choice) -> Frame:
    data = image_frames.coherence_histogram(hub.records.dataset("coherence"), index)
    return Frame(data, captions.coherence_caption(data))


def _sheet(hub: Hub, index: int, choice: Choice) -> Frame:
    images = hub.records.dataset("images")
    coherence = hub.records.dataset("coherence") if "coherence" in hub.records else None
    data = image_frames.sample_sheet(
        images, coherence, index, _sample(images, choice), _spectra(hub, index, choice)
    )
    return Frame(data, captions.sheet_caption(data))


def _losses(hub: Hub, _index: int, _choice: Choice) -> Frame:
    return Frame(history_frames.loss_history(hub.records.dataset("scalars")), "")


def _loss_sentence(records: Records, data: xr.Dataset, choice: Choice) -> str:
    coherence = (
        history_frames.coherence_history(records.dataset("coherence")) if "coherence" in records else None
    )
    return captions.history_caption(data, coherence, choice.step)


def _coherence_history(hub: Hub, _index: int, _choice: Choice) -> Frame:
    return Frame(history_frames.coherence_history(hub.records.dataset("coherence")), "")


def _sample(dataset: xr.Dataset, choice: Choice) -> int:
    return min(choice.sample, dataset.sizes["sample"] - 1)


PANELS: dict[str, Panel] = {
    "lineup": Panel("orders", "order analysis", _lineup, ("layer",)),
    "order_lines": Panel("orders", "order analysis", _order_lines, ("layer", "floor")),
    "order_map": Panel("orders", "order analysis", _order_map, ("layer", "floor")),
    "layer_spectrum": Panel("layers", "layer spectra", _layer_spectrum, ("layer", "floor")),
    "band": Panel("images", "images", _band, ("sample",)),
    "coherence_map": Panel("coherence", "coherence map", _coherence_map, ("sample",)),
    "histogram": Panel("coherence", "coherence map", _histogram),
    "sheet": Panel("images", "images", _sheet, ("sample",)),
    "losses": Panel("scalars", "losses", _losses, history=True, sentence=_loss_sentence),
    "coherence_history": Panel("coherence", "coherence", _coherence_history, history=True),
}


def compose(hub: Hub, choice: Choice, names: Iterable[str] = tuple(PANELS)) -> dict[str, Frame]:
    """Return the frames of the panels `names` for `choice`.

    Frames are computed once for all viewers: asking again gives the same objects, so that a viewer sends
    only the panels whose frame is another one than before.
    """
    return {name: _compose_one(hub, name, PANELS[name], choice) for name in names}


def _compose_one(hub: Hub, name: str, panel: Panel, choice: Choice) -> Frame:
    steps = hub.records.steps(panel.group)
    index = record_at(steps, choice.step)
    if index is None:
        key: tuple[Hashable, ...] = (name, "waiting", choice.step if steps.size else -1)
        return hub.remember(key, lambda: waiting(panel.what, steps, choice.step))
    moment = len(steps) if panel.history else index
    key = (name, moment, *(getattr(choice, field) for field in panel.choices))

    def compute() -> Frame:
        frame = panel.compute(hub, index, choice)
        return replace(frame, step=int(steps[index]))

    frame = hub.remember(key, compute)
    if panel.sentence is None or frame.data is None:
        return frame
    sentence, data = panel.sentence, frame.data
    caption = hub.remember((*key, "sentence", choice.step), lambda: sentence(hub.records, data, choice))
    return replace(frame, caption=caption, step=int(steps[index]))


def frame_steps(hub: Hub) -> list[int]:
    """Return the steps at which pictures were recorded: what "play" walks through."""
    merged: set[int] = set()
    for group in ("images", "orders", "coherence"):
        merged.update(int(step) for step in hub.records.steps(group))
    return sorted(merged)


def layer_names(hub: Hub) -> list[str]:
    """Return the analysed layers, in the network's order; empty before the first analysis."""
    if "orders" not in hub.records:
        return []
    return [str(name) for name in hub.records.dataset("orders")["layer"].values]


def sample_count(hub: Hub) -> int:
    """Return how many held-out patches are recorded with pictures, 0 before the first."""
    return int(hub.records.dataset("images").sizes["sample"]) if "images" in hub.records else 0
