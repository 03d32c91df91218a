"""When to look at a training without slowing it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import xarray as xr

from workbench.training.records import Record, Recorder, template_of, values_of

Instrument = Callable[[], xr.Dataset | xr.DataTree]


COLD = 2.0
"""An instrument whose first use took fewer seconds is used again to learn its cost."""


class Observer:
    """Runs the instruments in turn, so rarely that observing keeps to its share of the time.

    The account holds the seconds spent on training and on live observation (probing and recording).
    An instrument whose last use cost ``c`` seconds is due once
    ``spent + c <= budget * (spent + c + trained)``: after training long enough to pay for it.
    What is asked for explicitly (:meth:`observe`: at the start, on a pause, at the end) is not on it.

    Parameters
    ----------
    instruments : Mapping of str to callable
        By group name; each returns one measurement (see :func:`~workbench.training.records.values_of`).
    record : callable
        Takes each :class:`~workbench.training.records.Record`.
    budget : float
        Share of the time, 0 (no live observation) to below 1.
    every : int, optional
        Run all instruments each so many steps instead, whatever they cost.
    clock : callable
        Seconds, rising.

    Examples
    --------
    >>> seen = []
    >>> look = lambda: xr.Dataset({"a": 1.0}, attrs={"recorded": ["a"]})
    >>> observer = Observer({"group": look}, seen.append, budget=0.05)
    >>> observer.observe(step=0)
    >>> seen[0].group, seen[0].step
    ('group', 0)
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        record: Recorder,
        *,
        budget: float,
        every: int | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._instruments = dict(instruments)
        self._record = record
        #: largest share of the time for live observation; may be changed at any time
        self.budget = budget
        self._every = every
        self._clock = clock
        self._turn = 0
        self._spent = 0.0
        self._trained = 0.0
        self._cost = dict.fromkeys(self._instruments, 0.0)
        self._recorded: dict[str, int] = {}
        self._unused: dict[str, tuple[int, xr.Dataset | xr.DataTree]] = {}

    @property
    def share(self) -> float:
        """Share of the time since the start that went into live observation, 0 to 1."""
        elapsed = self._spent + self._trained
        return self._spent / elapsed if elapsed > 0 else 0.0

    def templates(self, step: int) -> dict[str, xr.Dataset | xr.DataTree]:
        """Measure with every instrument once; :meth:`observe` at the same step records these very values."""
        for name, measure in self._instruments.items():
            began = self._clock()
            self._unused[name] = (step, measure())
            self._cost[name] = self._clock() - began
            if self._cost[name] < COLD:
                # the first use pays for imports and caches too: a second one tells what the next will cost
                began = self._clock()
                measure()
                self._cost[name] = self._clock() - began
        return {name: template_of(measured) for name, (_, measured) in self._unused.items()}

    def trained(self, seconds: float) -> None:
        """Put the time of one training step on the account."""
        self._trained += seconds

    def write(self, record: Record) -> None:
        """Record something measured elsewhere, on the account."""
        began = self._clock()
        self._record(record)
        self._spent += self._clock() - began

    def observe(self, step: int) -> None:
        """Run every instrument that has not recorded this step yet, whatever it costs."""
        for name in self._instruments:
            self._run(name, step)

    def live(self, step: int) -> None:
        """Run what is due after this step: everything at a fixed cadence, else at most one instrument."""
        if self._every is not None:
            if step % self._every == 0:
                for name in self._instruments:
                    self._spent += self._run(name, step)
            return
        if not self._instruments:
            return
        name = list(self._instruments)[self._turn % len(self._instruments)]
        after = self._spent + self._cost[name]
        if self.budget > 0 and after <= self.budget * (after + self._trained):
            self._turn += 1
            self._spent += self._run(name, step)

    def restart(self) -> None:
        """Forget which steps were recorded: the training has jumped to another one."""
        self._recorded.clear()
        self._unused.clear()

    def _run(self, name: str, step: int) -> float:
        if self._recorded.get(name) == step:
            return 0.0
        began = self._clock()
        ready_at, measured = self._unused.pop(name, (None, None))
        if measured is None or ready_at != step:
            measured = self._instruments[name]()
        fresh = ready_at != step
        self._record(Record(name, step, values_of(measured)))
        self._recorded[name] = step
        seconds = self._clock() - began
        if fresh:
            self._cost[name] = seconds
        return seconds
