"""The coherence loss of torch tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import avg_pool2d

from workbench.interferometry.windows import window_size

EPSILON = 1e-6
"""Added to the windows' powers, relative to the image's mean power: an absolute one punishes faint images."""


def coherence_loss(
    x: torch.Tensor, y: torch.Tensor, window: int | tuple[int, int] | str = "global"
) -> torch.Tensor:
    r"""Mean incoherence of two complex images; blind to a common phase, to amplitude.

    .. math:: L = 1 - |\hat\gamma|, \qquad
              \hat\gamma = \frac{\langle x\bar y\rangle}
              {\sqrt{(\langle|x|^2\rangle + \epsilon\,p_x)(\langle|y|^2\rangle + \epsilon\,p_y)}}

    with means over the window, p the mean power of the whole image, epsilon = 1e-6.

    Parameters
    ----------
    x, y : torch.Tensor
        Complex, one shape (..., y, x); every leading axis counts samples.
    window : "global", int or (int, int)
        The whole image, or an odd boxcar (all windows that fit in the image).

    Returns
    -------
    torch.Tensor
        0-d, 0..1, mean over samples and windows. Where a window has no power the images count as incoherent,
        with gradient 0.

    Raises
    ------
    ValueError
        For anything but complex tensors of one shape; for windows as `coherence`. Values are not looked at:
        NaN in, NaN out.

    Notes
    -----
    Source: seed paper (Sibler et al.), eq. 8. Neither the scale of x or y nor a common phase changes it, so
    it says nothing about either.

    Examples
    --------
    >>> x = torch.polar(torch.ones(2, 8, 8), torch.linspace(0, 6, 128).reshape(2, 8, 8))
    >>> bool(coherence_loss(x, 1e-3j * x) < 1e-5)
    True
    """
    _check(x, y)
    x, y = _unit_power(x), _unit_power(y)
    cross, power_x, power_y = x * y.conj(), x.abs() ** 2, y.abs() ** 2
    mean_x, mean_y = power_x.mean((-2, -1), keepdim=True), power_y.mean((-2, -1), keepdim=True)
    if window != "global":
        size = _size(window, x)
        cross = torch.complex(_box_mean(cross.real, size), _box_mean(cross.imag, size))
        power_x, power_y = _box_mean(power_x, size), _box_mean(power_y, size)
    else:
        cross, power_x, power_y = cross.mean((-2, -1), keepdim=True), mean_x, mean_y
    norm = (power_x + EPSILON * mean_x) * (power_y + EPSILON * mean_y)
    norm = torch.where(norm > 0, norm, torch.ones_like(norm))  # an image of zeros: 0/1, and a gradient of 0
    return (1 - cross.abs() / norm.sqrt()).mean()


def _check(x: Any, y: Any) -> None:
    for name, image in (("x", x), ("y", y)):
        if not isinstance(image, torch.Tensor):
            raise ValueError(f"coherence_loss: {name} must be a torch tensor, found {type(image).__name__}")
        if not image.is_complex():
            found = str(image.dtype).removeprefix("torch.")
            raise ValueError(
                f"coherence_loss: {name} must be complex (complex64 or complex128), found {found}"
            )
    if x.shape != y.shape or x.ndim < 2 or x.numel() == 0:
        raise ValueError(
            "coherence_loss: two images of one shape (..., y, x) are needed, "
            f"found {tuple(x.shape)} with {tuple(y.shape)}"
        )


def _size(window: int | tuple[int, int] | str, x: torch.Tensor) -> tuple[int, int]:
    if isinstance(window, str):
        raise ValueError(f'coherence_loss: window must be "global" or odd, found {window!r}')
    return window_size(window, tuple(x.shape))


def _unit_power(image: torch.Tensor) -> torch.Tensor:
    """Scale every image to a mean power near 1, so that squares fit float32 at any amplitude.

    The loss is exactly scale-invariant, so the scale needs no gradient.
    """
    peak = image.detach().abs().amax((-2, -1), keepdim=True)
    return image / torch.where(peak > 0, peak, torch.ones_like(peak))


def _box_mean(values: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    flat = values.reshape(-1, 1, *values.shape[-2:])
    return avg_pool2d(flat, size, stride=1).reshape(*values.shape[:-2], *_valid(values, size))


def _valid(values: torch.Tensor, size: tuple[int, int]) -> tuple[int, int]:
    return values.shape[-2] - size[0] + 1, values.shape[-1] - size[1] + 1
