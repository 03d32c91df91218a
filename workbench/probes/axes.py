"""Where an image's rows, columns are while it is reshaped, permuted.

Every axis of a tensor is a product of atoms: frames ("b"), rows ("y"), columns ("x"), anything else (""). A
reshape splits and merges atoms, a permutation moves them: windows, patches, tokens and heads are followed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import torch


class Atom(NamedTuple):
    """A factor of an axis.

    Attributes
    ----------
    kind : str
        "b" frames, "y" rows, "x" columns, "" anything else.
    size : int
        How many.
    step : int
        Samples of the image from one to the next.
    """

    kind: str
    size: int
    step: int = 1


Layout = tuple[tuple[Atom, ...], ...]
_PROBE = (2, 3, 5, 7, 11, 13, 17, 19)  # sizes that tell the axes of a permuted tensor apart

RESHAPES = frozenset(
    ("reshape", "view", "flatten", "unflatten", "view_as", "reshape_as", "squeeze", "unsqueeze", "ravel")
)
PERMUTATIONS = frozenset(
    ("permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "t", "T", "mT", "H", "mH")
)


def image_layout(
    shape: Sequence[int], axes: tuple[int, int], items: tuple[Atom, ...] | None = None
) -> Layout:
    """Describe images whose rows and columns are the given axes.

    Parameters
    ----------
    shape : sequence of int
        Of the tensor.
    axes : pair of int
        Which hold rows and columns.
    items : tuple of Atom, optional
        What the first axis holds (if it has as many), else frames.

    Examples
    --------
    >>> image_layout((1, 3, 4, 6), (2, 3))[2:]
    ((Atom(kind='y', size=4, step=1),), (Atom(kind='x', size=6, step=1),))
    """
    kinds = {0: "b", axes[0]: "y", axes[1]: "x"}
    layout = tuple(
        (Atom(kinds.get(axis, ""), size),) if size > 1 or axis in axes else ()
        for axis, size in enumerate(map(int, shape))
    )
    same = items is not None and 0 not in axes and math.prod(atom.size for atom in items) == shape[0]
    return (items, *layout[1:]) if items is not None and same else layout


def moved(
    layout: Layout, name: str, arguments: Sequence[Any], keywords: Mapping[str, Any], shape: Sequence[int]
) -> Layout | None:
    """Follow the axes through any function of one tensor; None where they cannot be.

    Parameters
    ----------
    layout : tuple of tuple of Atom
        Of the tensor.
    name, arguments, keywords
        The function, what it was given besides the tensor.
    shape : sequence of int
        Of its result.

    Examples
    --------
    >>> tokens = moved(image_layout((1, 3, 4, 6), (2, 3)), "flatten", (2,), {}, (1, 3, 24))
    >>> tokens[2]
    (Atom(kind='y', size=4, step=1), Atom(kind='x', size=6, step=1))
    >>> moved(tokens, "transpose", (1, 2), {}, (1, 24, 3))[1] == tokens[2]
    True
    """
    shape = [int(size) for size in shape]
    if name in PERMUTATIONS and len(layout) <= len(_PROBE):
        return tuple(layout[axis] for axis in _order(len(layout), name, arguments, keywords))
    if name in RESHAPES:
        return _regrouped(layout, shape)
    if name == "stack":
        axis = int(keywords.get("dim", arguments[0] if arguments else 0)) % len(shape)
        return (*layout[:axis], (Atom("", shape[axis]),), *layout[axis:])
    return _carried(layout, shape)


def _order(axes: int, name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> list[int]:
    """Source axis of every axis of a permuted tensor: its sizes tell."""
    with torch._C.DisableTorchFunction():
        call = getattr(torch.empty(_PROBE[:axes], device="meta"), name)
        sizes = (call(*arguments, **keywords) if callable(call) else call).shape
    return [_PROBE.index(size) for size in sizes]


def _regrouped(layout: Layout, shape: Sequence[int]) -> Layout | None:
    atoms = [atom for axis in layout for atom in axis if atom.size > 1]
    result = []
    for size in shape:
        axis: list[Atom] = []
        while size > 1:
            if not atoms:
                return None
            atom = atoms.pop(0)
            if size % atom.size == 0:
                size //= atom.size
            elif atom.size % size == 0:
                inner = atom.size // size
                atoms.insert(0, atom._replace(size=inner))
                atom, size = atom._replace(size=size, step=atom.step * inner), 1
            else:
                return None
            axis.append(atom)
        result.append(_merged(axis))
    return tuple(result) if not atoms else None


def _merged(axis: list[Atom]) -> tuple[Atom, ...]:
    merged: list[Atom] = []
    for atom in axis:
        last = merged[-1] if merged else None
        if last and last.kind == atom.kind and last.step == atom.size * atom.step:
            merged[-1] = Atom(atom.kind, last.size * atom.size, atom.step)
        else:
            merged.append(atom)
    return tuple(merged)


def _carried(layout: Layout, shape: list[int]) -> Layout | None:
    """Axes that kept their size kept their meaning; one that holds no image may have been taken away."""
    sizes = [math.prod(atom.size for atom in axis) for axis in layout]
    if len(shape) == len(sizes):
        return tuple(
            axis if size == after else ((Atom("", after),) if after > 1 else ())
            for axis, size, after in zip(layout, sizes, shape, strict=True)
        )
    if math.prod(shape) == math.prod(sizes):
        return _regrouped(layout, shape)
    for taken in range(len(sizes)):
        if [*sizes[:taken], *sizes[taken + 1 :]] == shape and all(a.kind == "" for a in layout[taken]):
            return (*layout[:taken], *layout[taken + 1 :])
    if len(shape) <= 2 and sizes[:1] == shape[:1]:  # reduced to a vector per frame
        return (layout[0], *(((Atom("", size),) if size > 1 else ()) for size in shape[1:]))
    return None


def find_image(layout: Layout) -> tuple[tuple[int, int], tuple[Fraction, Fraction]] | None:
    """Return the axes of rows and columns of a 4-D tensor and the factors of their rate, or None.

    Rows with a step (their rest is among the channels) are decimated; rows with further samples between them
    (taken from the channels) are interpolated.

    Examples
    --------
    >>> split = moved(image_layout((1, 3, 4, 6), (2, 3)), "reshape", (), {}, (1, 3, 2, 2, 3, 2))
    >>> patches = moved(split, "permute", (0, 1, 3, 5, 2, 4), {}, (1, 3, 2, 2, 2, 3))
    >>> find_image(moved(patches, "reshape", (), {}, (1, 12, 2, 3)))
    ((2, 3), (Fraction(1, 2), Fraction(1, 2)))
    """
    if len(layout) != 4 or any(atom.kind in ("y", "x") for atom in layout[0]):
        return None
    found = []
    for kind in "yx":
        axes = [
            (axis[0].step, number, Fraction(math.prod(atom.size for atom in axis[1:]), axis[0].step))
            for number, axis in enumerate(layout)
            if axis and axis[0].kind == kind and not any(atom.kind for atom in axis[1:])
        ]
        if not axes:
            return None
        found.append(max(axes))
    return (found[0][1], found[1][1]), (found[0][2], found[1][2])


def spacing(layout: Layout) -> tuple[int, int]:
    """Find the widest step of rows and of columns.

    Windows and patches treat only positions so far apart alike.

    Examples
    --------
    >>> spacing(((Atom("y", 4, 8), Atom("x", 2, 4)), (Atom("y", 8), Atom("x", 4))))
    (8, 4)
    """
    steps = {"y": 1, "x": 1}
    for atom in (atom for axis in layout for atom in axis if atom.kind in steps):
        steps[atom.kind] = max(steps[atom.kind], atom.step)
    return steps["y"], steps["x"]


def is_vector(layout: Layout) -> bool:
    """Whether it holds no rows and columns any more."""
    return not any(atom.kind in ("y", "x") for axis in layout for atom in axis)
