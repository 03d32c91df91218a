"""The Nyquist mapping step by step, with the interpolations that do not work beside the one that does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.mappings.arrays import require_complex
from workbench.mappings.interpolation import upsample
from workbench.mappings.nyquist import carrier, pack_edge

__all__ = ["INTERPOLATIONS", "nyquist_stages"]

Array = npt.NDArray[Any]


def _zero_stuffed(x: Array) -> Array:
    """Zeros between the pixels, these four times as large: the wanted band has gain 1, its images too."""
    u = np.zeros((2 * x.shape[0], 2 * x.shape[1]), dtype=x.dtype)
    u[::2, ::2] = 4 * x
    return u


def _nearest(x: Array) -> Array:
    return np.repeat(np.repeat(x, 2, axis=0), 2, axis=1)


def _bilinear(x: Array) -> Array:
    """Between two pixels their mean; the border wraps, as the DFT has it."""
    rows = np.stack([x, (x + np.roll(x, -1, axis=0)) / 2], axis=1).reshape(2 * x.shape[0], x.shape[1])
    return np.stack([rows, (rows + np.roll(rows, -1, axis=1)) / 2], axis=2).reshape(rows.shape[0], -1)


#: name -> function from (P, Q) to (2P, 2Q); "ideal" is the one that can be undone.
INTERPOLATIONS: dict[str, Callable[[Array], Array]] = {
    "ideal": upsample,
    "zero-stuffing": _zero_stuffed,
    "nearest": _nearest,
    "bilinear": _bilinear,
}


def nyquist_stages(x: npt.ArrayLike, interpolation: str = "ideal", edge: str = "pack") -> dict[str, Array]:
    r"""Return what every step of the Nyquist mapping makes of one complex image.

    .. math:: x \to u \to u\,j^{m+n} \to y = \mathrm{Re}(u\,j^{m+n})

    Parameters
    ----------
    x : array, shape (P, Q)
        Complex.
    interpolation : str
        How u is made of x, a name in `INTERPOLATIONS`; all but "ideal" cannot be undone.
    edge : {"pack", "drop"}
        As in `Mapping.encode`.

    Returns
    -------
    dict
        ``image`` (P, Q) complex; ``interpolated``, ``modulated`` (2P, 2Q) complex; ``mapped`` (2P, 2Q) real.

    Raises
    ------
    ValueError
        For an unknown interpolation, or an image that is not complex, finite and two-dimensional.

    Notes
    -----
    Source: seed paper (Sibler et al.), section 4, figure 3.

    Examples
    --------
    >>> from workbench.mappings import MAPPINGS
    >>> x = np.exp(2j * np.pi * 0.2 * np.arange(8)) * np.ones((4, 1))
    >>> bool(np.array_equal(nyquist_stages(x)["mapped"], MAPPINGS["nyquist"].encode(x)[0]))
    True
    """
    if interpolation not in INTERPOLATIONS:
        raise ValueError(f"unknown interpolation {interpolation!r}; there are: {', '.join(INTERPOLATIONS)}")
    image = require_complex(np.asarray(x), "nyquist_stages")
    if image.ndim != 2:
        raise ValueError(f"nyquist_stages needs one image (y, x), found shape {image.shape}")
    u = INTERPOLATIONS[interpolation](image)
    modulated = u * carrier(u, u.shape)
    mapped = modulated.real
    if edge == "pack" and interpolation == "ideal":
        mapped = pack_edge(mapped, image)
    return {"image": image, "interpolated": u, "modulated": modulated, "mapped": mapped}
