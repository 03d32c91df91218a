"""Predict, then check: how a learner's guesses compare with what happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Answer", "Score", "distance", "score_guesses"]


@dataclass(frozen=True)
class Answer:
    """One thing to be predicted.

    Attributes
    ----------
    place : tuple of float
        Where it is, in the units of the figure's axes (one or two of them).
    name : str
        What it is, in words ("order 3, folded").
    """

    place: tuple[float, ...]
    name: str


@dataclass(frozen=True)
class Score:
    """What was found, what was overlooked, how many guesses hit nothing."""

    found: tuple[Answer, ...]
    missed: tuple[Answer, ...]
    wrong: int

    @property
    def sentence(self) -> str:
        """The score in words."""
        total = len(self.found) + len(self.missed)
        parts = [f"{len(self.found)} of {total} found"]
        if self.missed:
            parts.append("overlooked: " + ", ".join(answer.name for answer in self.missed))
        if self.wrong:
            parts.append(f"{self.wrong} guess{'es' if self.wrong > 1 else ''} where nothing is")
        return "; ".join(parts) + "."


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """Return how far two places are apart: the largest difference along an axis.

    >>> distance((0.0, 1.0), (0.5, 3.0))
    2.0
    """
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def score_guesses(guesses: Sequence[tuple[float, ...]], answers: Sequence[Answer], tolerance: float) -> Score:
    """Match guesses with answers, nearest pairs first, each at most once.

    Parameters
    ----------
    guesses : sequence of tuples of float
        Places clicked.
    answers : sequence of Answer
        What is there.
    tolerance : float
        A guess counts up to this `distance`, inclusive.

    Examples
    --------
    >>> lines = [Answer((0.1,), "order 1"), Answer((0.2,), "order 2")]
    >>> score_guesses([(0.11,), (0.4,)], lines, tolerance=0.02).sentence
    '1 of 2 found; overlooked: order 2; 1 guess where nothing is.'
    """
    pairs = sorted(
        (apart, g, a)
        for g, guess in enumerate(guesses)
        for a, answer in enumerate(answers)
        if (apart := distance(guess, answer.place)) <= tolerance * (1 + 1e-9)
    )
    used: set[int] = set()
    hit: set[int] = set()
    for _, g, a in pairs:
        if g not in used and a not in hit:
            used.add(g)
            hit.add(a)
    return Score(
        found=tuple(answer for a, answer in enumerate(answers) if a in hit),
        missed=tuple(answer for a, answer in enumerate(answers) if a not in hit),
        wrong=len(guesses) - len(used),
    )
