"""Sentences that are the same in a report as in a terminal."""

from __future__ import annotations

from typing import Any

__all__ = ["grouped_reasons", "said_of"]


def grouped_reasons(document: dict[str, Any]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return names of layers by the reason why something in them is not told apart, or not analysed."""
    unsure: dict[str, list[str]] = {}
    for row in document["layers"]:
        if row["ambiguity"]:
            unsure.setdefault(row["ambiguity"], []).append(row["name"])
    left_out: dict[str, list[str]] = {}
    for text in document["not_analysed"]:
        name, _, reason = text.partition(": ")
        left_out.setdefault(reason, []).append(name)
    return unsure, left_out


def said_of(names: list[str], shown: int = 6) -> str:
    """Return names as a list that stays short.

    >>> said_of(["a", "b"]), said_of(["a", "b", "c", "d"], shown=2)
    ('a, b', 'a, b and 2 more')
    """
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")
