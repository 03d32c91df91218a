"""The coherence estimate of two complex images, with what says whether it means anything."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from workbench.interferometry.boxcar import complex_coherence
from workbench.interferometry.images import labelled_pair
from workbench.interferometry.null import null_hypothesis
from workbench.interferometry.windows import window_size
from workbench.signals import coherence_unbiased


def coherence(
    x: Any, y: Any, window: int | tuple[int, int] = 5, border: str = "reflect", null: str = "auto"
) -> xr.Dataset:
    r"""Estimate the complex coherence of two images over a sliding boxcar window.

    .. math:: \hat\gamma = \frac{\sum_w x\,\bar y}{\sqrt{\sum_w |x|^2 \sum_w |y|^2}}

    Parameters
    ----------
    x, y : numpy array, torch tensor or xarray.DataArray
        Complex images of one shape (..., y, x); every leading axis counts samples.
    window : int or (int, int)
        Odd number of pixels per side, or (rows, columns).
    border : {"reflect", "valid"}
        Mirror the images at their edges, or estimate only where the whole window fits.
    null : {"auto", "analytic", "empirical"}
        How the level of no coherence is found, see `workbench.interferometry.null_hypothesis`.

    Returns
    -------
    xarray.Dataset
        dims (..., y, x): ``magnitude`` 0..1, ``phase`` of x against y in rad, ``corrected``: magnitude
        without its bias (Touzi et al. 1999) for the effective looks, ``significant``: above the null level.
        A window in which an image has no power gives NaN, and False. ``attrs``: ``window``, ``looks`` (its
        area), ``effective_looks``, ``null_level`` (95 % quantile of the magnitude without coherence),
        ``null_method``, ``border``.

    Raises
    ------
    ValueError
        For real images, different shapes, NaN or infinite values (set masked pixels to 0), windows that are
        even, a single pixel or larger than the image, unknown border or null.

    Notes
    -----
    Source: seed paper (Sibler et al.), section 5; bias and null from Touzi et al., IEEE TGRS 37 (1), 1999.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, noise = rng.normal(size=(2, 64, 64)) + 1j * rng.normal(size=(2, 64, 64))
    >>> maps = coherence(x, (x + noise) * np.exp(-0.5j))
    >>> float(maps.magnitude.median().round(1)), float(maps.phase.median().round(1))
    (0.7, 0.5)
    >>> bool(maps.attrs["null_level"] < 0.4)
    True
    """
    first, second = labelled_pair(x, y, "coherence")
    size = window_size(window, first.shape)
    estimate = complex_coherence(first.values, second.values, size, border)
    hypothesis = null_hypothesis(first.values, second.values, size, border, null)
    magnitude = np.minimum(np.abs(estimate), 1.0)  # rounding can lift a perfect pair above 1
    variables = {
        "magnitude": (magnitude, "coherence magnitude", "1"),
        "phase": (np.angle(estimate), "interferometric phase", "rad"),
        "corrected": (
            coherence_unbiased(magnitude, hypothesis.effective_looks),
            "bias-corrected coherence",
            "1",
        ),
        "significant": (magnitude > hypothesis.null_level, "above the null level", "1"),
    }
    template = _window_centres(first, size, border)
    maps = xr.Dataset(
        {
            name: template.copy(data=values).assign_attrs(long_name=long_name, units=units)
            for name, (values, long_name, units) in variables.items()
        }
    )
    return maps.assign_attrs(
        window=list(size),
        looks=size[0] * size[1],
        effective_looks=hypothesis.effective_looks,
        null_level=hypothesis.null_level,
        null_method=hypothesis.method,
        border=border,
    )


def _window_centres(image: xr.DataArray, window: tuple[int, int], border: str) -> xr.DataArray:
    """Return an array with the labels of the estimate: those of the image, at the centres of the windows."""
    if border == "valid":
        rows, columns = window[0] // 2, window[1] // 2
        size = dict(image.sizes)
        image = image.isel(y=slice(rows, size["y"] - rows), x=slice(columns, size["x"] - columns))
    return image.drop_attrs(deep=False).rename(None)
