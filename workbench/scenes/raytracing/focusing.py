"""Echoes summed into pixels: the bins, the complex point-spread function, thermal noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

from workbench.scenes.raytracing.image_grid import GUARD, ImageGrid
from workbench.signals import Registry

Complex = npt.NDArray[np.complex128]
Array = npt.NDArray[np.float64]

WINDOWS: Registry[float] = Registry("point-spread function", {"sinc": 1.0, "hamming": 0.54})
"""Name -> constant part a of the spectral window ``a + (1 − a) cos(2πf/b)`` over the processed band b."""


def bin_echoes(cells: npt.NDArray[np.int64], contributions: Complex, grid: ImageGrid) -> Complex:
    """Sum the contributions of each cell of the fine grid, shape (fine rows, fine columns).

    Parameters
    ----------
    cells : ndarray of int
        From ``ImageGrid.cells``; −1 is left out.
    contributions : ndarray, complex
        One per echo.
    """
    rows, columns = (grid.fine * n for n in grid.padded)
    inside = cells >= 0
    kept, values = cells[inside], contributions[inside]
    real = np.bincount(kept, values.real, rows * columns)
    imaginary = np.bincount(kept, values.imag, rows * columns)
    return (real + 1j * imaginary).reshape(rows, columns)


def spectral_window(size: int, psf: str, bandwidth: float) -> Array:
    """Window of `size` DFT bins with a mean square of 1, so that it leaves the power of speckle as it is.

    Parameters
    ----------
    size : int
        Pixels along the axis.
    psf : str
        Name in ``WINDOWS``.
    bandwidth : float
        Processed share of the spectrum, above 0 and up to 1: the resolution cell is 1/bandwidth pixels.

    Raises
    ------
    ValueError
        For an unknown window, a bandwidth out of its range.

    Examples
    --------
    >>> spectral_window(8, "sinc", 0.5).round(3).tolist()
    [1.265, 1.265, 1.265, 0.0, 0.0, 0.0, 1.265, 1.265]
    """
    constant = WINDOWS[psf]
    if not 0 < bandwidth <= 1:
        raise ValueError(f"a bandwidth above 0 and up to 1 is needed, found {bandwidth!r}")
    f = fft.fftfreq(size)
    window = np.where(
        np.abs(f) <= bandwidth / 2, constant + (1 - constant) * np.cos(2 * np.pi * f / bandwidth), 0.0
    )
    return window / np.sqrt(np.mean(window**2))


def focus(
    cells: Complex, grid: ImageGrid, psf: str, bandwidth: float, noise: Complex | float = 0.0
) -> Complex:
    """Turn the fine grid into the patch: convolve with the point-spread function, keep the pixels.

    Done on spectra: the fine grid's is cut to the pixels' band, windowed, and shifted by the part of a cell
    that lies between the middles of cells and pixels. A sinc with the full band has a peak of 1; every
    point-spread function here has the same energy.

    Parameters
    ----------
    cells : ndarray, shape (fine rows, fine columns)
        From `bin_echoes`.
    grid : ImageGrid
    psf, bandwidth
        As in `spectral_window`.
    noise : ndarray, shape of the padded patch
        Spectrum of white noise that is received and windowed with the signal.

    Returns
    -------
    ndarray, shape (y, x), complex128
    """
    spectrum = fft.fft2(cells)
    shift = 0.5 / grid.fine - 0.5  # middle of the first cell, in pixels from that of the first pixel
    for axis, size in enumerate(grid.padded):
        f = fft.fftfreq(size)
        taken = np.take(spectrum, np.round(f * size).astype(int) % spectrum.shape[axis], axis=axis)
        factor = np.exp(-2j * np.pi * f * shift)
        spectrum = taken * (factor[:, None] if axis == 0 else factor)
    # The sum over cells becomes the inverse DFT's mean over pixels: a single echo of 1 gives a peak of 1.
    spectrum = spectrum + noise
    windows = [spectral_window(size, psf, bandwidth) for size in grid.padded]
    image = fft.ifft2(spectrum * windows[0][:, None] * windows[1])
    return image[GUARD : GUARD + grid.shape[0], GUARD : GUARD + grid.shape[1]]


def noise_spectrum(grid: ImageGrid, power: float, rng: np.random.Generator) -> Complex:
    """Spectrum of white circular Gaussian noise of `power` per pixel over the padded patch."""
    size = grid.padded[0] * grid.padded[1]
    return np.sqrt(power * size) * circular(grid.padded, rng)


def circular(shape: tuple[int, ...], rng: np.random.Generator) -> Complex:
    """Circular complex Gaussian numbers of mean power 1."""
    parts = rng.standard_normal((2, *shape))
    return (parts[0] + 1j * parts[1]) / np.sqrt(2)
