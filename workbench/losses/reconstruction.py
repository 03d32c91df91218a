"""Distances of a generated image from the true one."""

from __future__ import annotations

from torch import Tensor


def l1_loss(image: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference, ``mean |image − target|``.

    Parameters
    ----------
    image, target : Tensor
        Of one shape: nothing is broadcast silently.

    Returns
    -------
    Tensor
        Scalar.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import torch
    >>> float(l1_loss(torch.zeros(2, 2), torch.full((2, 2), 0.5)))
    0.5
    """
    if image.shape != target.shape:
        raise ValueError(
            f"images of one shape are needed, found {tuple(image.shape)} and {tuple(target.shape)}"
        )
    return (image - target).abs().mean()
