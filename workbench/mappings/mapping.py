"""What a mapping is: a pair of functions with a name, labels for its channels, a grid.

One implementation serves numpy, torch and xarray: the pair works on any array of the first two, labels are
added around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import xarray as xr

from workbench.mappings.arrays import require_complex, require_real
from workbench.mappings.labelled import decode_labelled, encode_labelled

EDGES = ("pack", "drop")


@dataclass(frozen=True)
class Mapping:
    """A complex-to-real mapping, exact both ways.

    Attributes
    ----------
    name : str
        Its key in `MAPPINGS`.
    labels : tuple of str
        What the real channels hold.
    offsets : tuple of float
        Where the real samples of one complex pixel lie, per axis, in complex pixels.
    """

    name: str
    labels: tuple[str, ...]
    offsets: tuple[float, ...]
    forward: Callable[[Any, str], Any]
    backward: Callable[[Any, str], Any]

    @property
    def channels(self) -> int:
        """Number of real channels, 1 or 2."""
        return len(self.labels)

    @property
    def factor(self) -> int:
        """Real samples per complex pixel and axis, 1 or 2."""
        return len(self.offsets)

    def encode(self, x: Any, edge: str = "pack") -> Any:
        """Map complex to real.

        Parameters
        ----------
        x : numpy array, torch tensor or xarray.DataArray
            Complex, shape (..., y, x); a DataArray needs dims ``y`` and ``x``.
        edge : {"pack", "drop"}
            What the Nyquist mapping does with the imaginary part of the one bin that has no room (even
            sizes): exact round trip, or left out as generator training needs it. The others ignore it.

        Returns
        -------
        same kind as x
            Real, shape (..., channel, factor*y, factor*x); complex64 gives float32, complex128 float64.

        Raises
        ------
        ValueError
            If x is real, empty or has fewer than two axes; if it holds NaN or infinite values (not looked for
            in tensors: that would stall the device).

        Examples
        --------
        >>> import numpy as np
        >>> from workbench.mappings import MAPPINGS
        >>> x = np.exp(2j * np.pi * 0.1 * np.arange(8)) * np.ones((4, 1))
        >>> y = MAPPINGS["nyquist"].encode(x)
        >>> y.shape, y.dtype
        ((1, 8, 16), dtype('float64'))
        >>> bool(np.allclose(MAPPINGS["nyquist"].decode(y), x, atol=1e-14))
        True
        """
        self._check_edge(edge)
        if isinstance(x, xr.DataArray):
            return encode_labelled(self, x, edge)
        return self.forward(require_complex(x, f"{self.name}.encode"), edge)

    def decode(self, y: Any, edge: str = "pack") -> Any:
        """Map real to complex, the inverse of `encode`.

        Parameters
        ----------
        y : numpy array, torch tensor or xarray.DataArray
            Real, shape (..., channel, factor*y, factor*x).
        edge : {"pack", "drop"}
            As `encode`.

        Returns
        -------
        same kind as y
            Complex, shape (..., y, x).

        Raises
        ------
        ValueError
            If y is complex, has another number of channels than the mapping, a size that `factor` does not
            divide, or NaN (not looked for in tensors); if a DataArray says that another mapping made it.
        """
        self._check_edge(edge)
        if isinstance(y, xr.DataArray):
            return decode_labelled(self, y, edge)
        task = f"{self.name}.decode"
        y = require_real(y, task)
        shape = tuple(y.shape)
        if len(shape) < 3 or shape[-3] != self.channels:
            raise ValueError(
                f"{task}: shape (..., {self.channels}, y, x) needed (channels: {', '.join(self.labels)}), "
                f"found {shape}"
            )
        if shape[-2] % self.factor or shape[-1] % self.factor:
            raise ValueError(f"{task}: an even grid is needed, found {shape[-2]} x {shape[-1]}")
        return self.backward(y, edge)

    def _check_edge(self, edge: str) -> None:
        if edge not in EDGES:
            raise ValueError(f"unknown edge mode {edge!r}; there are {', '.join(EDGES)}")
