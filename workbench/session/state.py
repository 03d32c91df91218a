"""What one viewer has chosen to look at."""

from __future__ import annotations

from typing import Any

import param

__all__ = ["DeskState"]

CHOICES = ("run", "held", "sample", "layer", "floor")


class DeskState(param.Parameterized):
    """The choices of the training desk; no screen is needed to set, read or test them.

    `live` follows the newest record. Choosing a step holds it; `held` is the same fact as one value (None
    while live), for the URL.

    >>> state = DeskState(run="demo")
    >>> state.reach(420)
    >>> state.step, state.live
    (420, True)
    >>> state.step = 100
    >>> state.live, state.settings()
    (False, {'run': 'demo', 'held': 100})
    """

    run = param.String("", doc="Name of the run.")
    step = param.Integer(
        0, bounds=(0, None), doc="The training step that every panel shows, or the one before."
    )
    live = param.Boolean(True, doc="Follow the newest record.")
    held = param.Integer(None, allow_None=True, bounds=(0, None), doc="The step held, None while live.")
    last = param.Integer(0, bounds=(0, None), doc="Newest recorded step: the end of the slider.")
    playing = param.Boolean(False, doc="Step through the recorded frames.")
    sample = param.Integer(1, bounds=(1, None), doc="Held-out sample, counted from 1.")
    layer = param.String("", doc="Layer under the lens; empty: the first with a theory.")
    floor = param.Number(-80, bounds=(-200, -20), doc="Lowest level drawn, dB.")

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._busy = False
        if self.held is not None:
            self._hold_from_url()
        elif not self.live:
            self.held = self.step

    @param.depends("step", watch=True)
    def _step_moved(self) -> None:
        if not getattr(self, "_busy", True):
            self._quietly(live=False, held=self.step)

    @param.depends("live", watch=True)
    def _live_switched(self) -> None:
        if not getattr(self, "_busy", True):
            self._quietly(
                **({"step": self.last, "held": None, "playing": False} if self.live else {"held": self.step})
            )

    @param.depends("held", watch=True)
    def _hold_from_url(self) -> None:
        if getattr(self, "_busy", True):
            return
        if self.held is None:
            self._quietly(live=True, step=self.last)
        else:
            self._quietly(live=False, step=self.held)

    def _quietly(self, **values: Any) -> None:
        self._busy = True
        try:
            self.param.update(**values)
        finally:
            self._busy = False

    def reach(self, last: int) -> None:
        """Move the slider's end to `last`, the newest recorded step, and a live step with it."""
        self._quietly(last=last, **({"step": last} if self.live else {}))

    def choose_run(self, name: str) -> None:
        """Turn to another run, live; what was chosen for the one before means nothing there."""
        self._quietly(run=name, held=None, live=True, playing=False, layer="", sample=1, last=0, step=0)

    def advance(self, steps: list[int]) -> bool:
        """Go to the next of the recorded `steps`; False, and playing ends, where there is none."""
        following = [step for step in steps if step > self.step]
        if following:
            self.step = following[0]
        else:
            self.playing = False
        return bool(following)

    def settings(self) -> dict[str, Any]:
        """Return the choices that differ from the defaults: what it takes to repeat the view."""
        defaults = {name: self.param[name].default for name in CHOICES}
        return {name: getattr(self, name) for name in CHOICES if getattr(self, name) != defaults[name]}

    def as_code(self, path: str) -> str:
        """Return notebook code that opens the run in directory `path` at this view.

        >>> print(DeskState(run="demo", held=100, layer="down2.conv").as_code("runs/demo"))
        import workbench as wb
        <BLANKLINE>
        run = wb.open_run('runs/demo')
        orders = run.orders().sel(step=slice(0, 100)).isel(step=-1)
        print(wb.figures_of_merit(orders).sel(layer='down2.conv'))
        wb.dashboard(run, held=100, layer='down2.conv')
        """
        choices = {name: value for name, value in self.settings().items() if name != "run"}
        arguments = "".join(f", {name}={value!r}" for name, value in choices.items())
        select = "" if self.held is None else f".sel(step=slice(0, {self.held}))"
        chosen = f".sel(layer={self.layer!r})" if self.layer else ""
        return "\n".join(
            [
                "import workbench as wb",
                "",
                f"run = wb.open_run({path!r})",
                f"orders = run.orders(){select}.isel(step=-1)",
                f"print(wb.figures_of_merit(orders){chosen})",
                f"wb.dashboard(run{arguments})",
            ]
        )
