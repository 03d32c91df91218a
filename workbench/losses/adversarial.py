"""The games of generator against discriminator, as losses of logits."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

ADVERSARIAL = ("vanilla", "lsgan")


def discriminator_loss(logits: Tensor, real: bool, kind: str = "vanilla") -> Tensor:
    """How badly the discriminator judges images that are all real, or all generated.

    vanilla: ``−mean log σ(l)`` for real, ``−mean log(1 − σ(l))`` for generated ones;
    lsgan: ``mean (l − 1)²`` and ``mean l²``.

    Parameters
    ----------
    logits : Tensor
        Any shape.
    real : bool
        Whether the images are real.
    kind : str
        "vanilla" (Goodfellow et al. 2014) or "lsgan" (Mao et al. 2017).

    Returns
    -------
    Tensor
        Scalar.

    Raises
    ------
    ValueError
        For an unknown kind.

    Examples
    --------
    >>> import torch
    >>> logits = torch.zeros(1, 1, 6, 6)
    >>> 0.5 * float(discriminator_loss(logits, True, "lsgan") + discriminator_loss(logits, False, "lsgan"))
    0.5
    """
    if _known(kind) == "vanilla":
        return functional.softplus(-logits if real else logits).mean()
    return (logits - float(real)).square().mean()


def generator_loss(logits: Tensor, kind: str = "vanilla", saturating: bool = False) -> Tensor:
    """How badly the generated images convince the discriminator.

    vanilla: ``−mean log σ(l)``, or ``mean log(1 − σ(l))`` where ``saturating`` (the form the seeds write; its
    gradient vanishes while the discriminator wins); lsgan: ``mean (l − 1)²``.

    Parameters
    ----------
    logits : Tensor
        Of generated images, any shape.
    kind : str
        "vanilla" or "lsgan".
    saturating : bool
        Use the minimax form, defined for "vanilla" only.

    Returns
    -------
    Tensor
        Scalar.

    Raises
    ------
    ValueError
        For an unknown kind, or a saturating lsgan (it would be unbounded below).

    Examples
    --------
    >>> import torch
    >>> logits = torch.zeros(3)
    >>> [round(float(generator_loss(logits, saturating=choice)), 4) for choice in (False, True)]
    [0.6931, -0.6931]
    """
    if _known(kind) == "vanilla":
        return -functional.softplus(logits).mean() if saturating else functional.softplus(-logits).mean()
    if saturating:
        raise ValueError("saturating=True is defined for gan='vanilla' only, found gan='lsgan'")
    return (logits - 1).square().mean()


def _known(kind: str) -> str:
    if kind not in ADVERSARIAL:
        raise ValueError(f"unknown adversarial loss {kind!r}; there are: {', '.join(ADVERSARIAL)}")
    return kind
