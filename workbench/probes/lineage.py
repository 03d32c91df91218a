"""Which sampling rates a tensor has passed on its way from the input.

A rate is a pair (y, x) of exact fractions, in samples per input pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

from torch import Tensor

from workbench.probes.axes import Layout, image_layout

Rate = tuple[Fraction, Fraction]
ONE = (Fraction(1), Fraction(1))


@dataclass(frozen=True)
class Lineage:
    """What a tensor that depends on the input has been through.

    Attributes
    ----------
    rate : pair of Fraction
        Its samples per input pixel along y and x.
    passed : frozenset of pairs of Fraction
        Every rate on any path from the input to it, its own included.
    size : pair of int
        Its samples along y and x (where it has lost these axes: when it last had them).
    axes : pair of int, optional
        Which of its axes are y and x; None while it is not an image.
    problem : str
        Why no rate can be stated, empty if one can.
    spectral : pair of int, optional
        Sizes before a Fourier transform, while the tensor is a spectrum.
    layout : tuple, optional
        What each of its axes holds (see `workbench.probes.axes`); None if that could not be followed.
    frame : triple of int
        Frames, height and width of the input; of a latent, height and width of the first image made of it
        (1, 1 before).
    """

    rate: Rate
    passed: frozenset[Rate]
    size: tuple[int, int]
    axes: tuple[int, int] | None = (2, 3)
    problem: str = ""
    spectral: tuple[int, int] | None = None
    layout: Layout | None = None
    frame: tuple[int, int, int] = (1, 1, 1)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Fractions are slow to hash, and lineages are looked up often."""
        return hash((self.rate, self.passed, self.size, self.axes, self.problem, self.layout, self.frame))

    @property
    def latent(self) -> bool:
        """Whether it is not an image yet: one value per frame."""
        return self.frame[1:] == (1, 1)

    @property
    def holds_frames(self) -> bool:
        """Whether the first axis holds the frames, as far as is known."""
        return not self.layout or all(atom.kind == "b" for atom in self.layout[0])


def origin(image: Tensor) -> Lineage:
    """Lineage of the input itself: images (frame, channel, y, x), or latents (frame, number).

    Examples
    --------
    >>> import torch
    >>> origin(torch.zeros(1, 3, 8, 8)).size
    (8, 8)
    """
    return _origin(tuple(map(int, image.shape)))


@lru_cache(maxsize=256)
def _origin(shape: tuple[int, ...]) -> Lineage:
    if len(shape) == 2:
        layout = image_layout((*shape, 1, 1), (2, 3))[:2]
        return Lineage(ONE, frozenset([ONE]), (1, 1), axes=None, layout=layout, frame=(shape[0], 1, 1))
    frames, _, height, width = shape
    return Lineage(
        ONE,
        frozenset([ONE]),
        (height, width),
        layout=image_layout(shape, (2, 3)),
        frame=(frames, height, width),
    )
