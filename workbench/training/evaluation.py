"""How coherent a generator's images are with held-out ones."""

from __future__ import annotations

import numpy as np
import torch
import xarray as xr

from workbench.interferometry import coherence, magnitude_histogram, mean_coherence, quality_figures
from workbench.mappings import out_of_band_ratio
from workbench.training.bench import Bench
from workbench.training.observer import Instrument
from workbench.training.patches import Samples

WINDOW = 5
BINS = 50
MAPS = ("magnitude", "phase", "corrected", "significant")


def heldout_coherence(bench: Bench) -> Instrument:
    """Judge the generator on patches it was not trained on.

    Parameters
    ----------
    bench : Bench
        The plan's ``evaluated`` held-out patches are judged, the maps of the first ``shown`` kept.

    Returns
    -------
    callable
        Makes a Dataset: the maps ``magnitude``, ``phase``, ``corrected``, ``significant`` (sample, y, x);
        over all judged patches the figures of :func:`~workbench.interferometry.quality_figures`, the share
        of energy out of band (Nyquist mapping only, else NaN), the histogram of the magnitude;
        ``training_mean``, the mean magnitude on as many training patches.
    """
    heldout = _first(bench.patches.heldout, bench.plan.evaluated)
    seen = _first(bench.patches.training, bench.plan.evaluated)
    window = _window(heldout.reference)

    def measure() -> xr.Dataset:
        mapped, fake = bench.generate(heldout.condition)
        maps = coherence(heldout.reference, fake, window)
        figures = quality_figures(heldout.reference, fake, window, maps)
        _, fake_seen = bench.generate(seen.condition)
        measured = figures.assign(_shown_maps(maps, bench.plan.shown)).assign(
            training_mean=_scalar(
                mean_coherence(seen.reference, fake_seen, window), "mean coherence on training patches"
            ),
            out_of_band_ratio=_scalar(_out_of_band(mapped, bench), "out-of-band share of the energy"),
            histogram=magnitude_histogram(maps.magnitude, BINS),
        )
        return measured.assign_attrs(
            recorded=list(measured.data_vars),
            window=window,
            evaluated=len(heldout),
            evaluated_training=len(seen),
            null_method=maps.attrs["null_method"],
        )

    return measure


def _first(samples: Samples, count: int) -> Samples:
    return Samples(*samples.batch(slice(count)).values())


def _window(reference: torch.Tensor) -> int:
    """Return the usual window, or the largest odd one that a small patch has room for."""
    side = min(WINDOW, *reference.shape[-2:])
    return side if side % 2 else side - 1


def _scalar(value: float, long_name: str) -> tuple[tuple[()], float, dict[str, str]]:
    return (), value, {"long_name": long_name, "units": "1"}


def _out_of_band(mapped: torch.Tensor, bench: Bench) -> float:
    if bench.patches.mapping != "nyquist":
        return np.nan
    ratios = out_of_band_ratio(mapped.numpy()[:, 0], edge="drop")
    return float(ratios.mean())


def _shown_maps(maps: xr.Dataset, count: int) -> dict[str, xr.DataArray]:
    shown = {name: maps[name][:count] for name in MAPS}
    single = {name: array.astype(np.float32) for name, array in shown.items() if array.dtype.kind == "f"}
    dims = ("sample", "y", "x")
    return {n: xr.DataArray(a.values, dims=dims, attrs=maps[n].attrs) for n, a in (shown | single).items()}
