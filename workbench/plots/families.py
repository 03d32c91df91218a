"""How the families of lines that analyses are summed up to are called, with their colours."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.plots.palettes import SERIES, cause_colour, cause_label

__all__ = ["family_colour", "family_label", "is_cause"]

_LABELS = {
    "all": "all but DC",
    "fundamental": "order 1, direct",
    "harmonic": "orders from 2 on",
    "image": "images, all levels",
    "mirror": "mirror (order −1)",
    "dc": "DC",
}


def is_cause(family: str) -> bool:
    """Tell whether a family is one cause; these do not overlap.

    >>> is_cause("image_2"), is_cause("image"), is_cause("order_2")
    (True, False, False)
    """
    return family in ("folded", "leakage") or family.startswith("image_")


def family_label(family: str) -> str:
    """Return a family in words.

    >>> family_label("order_3"), family_label("image_1"), family_label("fundamental")
    ('order 3', 'image 1', 'order 1, direct')
    """
    if family.startswith("order_"):
        return f"order {family.removeprefix('order_')}"
    return cause_label(family) if is_cause(family) else _LABELS.get(family, family)


def family_colour(family: str, families: Sequence[str]) -> str:
    """Return the colour of a cause, or of an order by its place among the others.

    >>> family_colour("folded", []), family_colour("order_2", ["order_2", "order_3"])
    ('#C8385A', '#4393C3')
    """
    if is_cause(family):
        return cause_colour(family, sum(name.startswith("image_") for name in families))
    orders = [name for name in families if not is_cause(name)]
    return SERIES[orders.index(family) % len(SERIES)]
