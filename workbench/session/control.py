"""What a viewer may ask of a run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

__all__ = ["Control", "may_control"]

OWNERS = "WORKBENCH_OWNERS"  # set by `workbench serve` when there are accounts: a JSON list of users


def may_control(user: str | None) -> bool:
    """Tell whether `user` may start and stop runs: anyone on a server without accounts, else the owners.

    >>> os.environ["WORKBENCH_OWNERS"] = '["ada"]'
    >>> may_control("ada"), may_control("bob"), may_control(None)
    (True, False, False)
    >>> del os.environ["WORKBENCH_OWNERS"]
    >>> may_control(None)
    True
    """
    text = os.environ.get(OWNERS)
    if text is None:
        return True
    owners = json.loads(text)
    if not isinstance(owners, list):
        raise ValueError(f"{OWNERS} needs a JSON list of users, found {text}")
    return user in owners


class Control:
    """The actions on one run; every one is refused for a viewer who only looks.

    Parameters
    ----------
    run
        The run, or None while none is chosen.
    can_control
        Whether this viewer may.
    """

    def __init__(self, run: Any, can_control: bool = True) -> None:
        self.run = run
        self.can_control = can_control

    def pause(self) -> None:
        """Ask the run to pause after its current step."""
        self._allowed().pause()

    def resume(self) -> None:
        """Go on, after a pause or from the last checkpoint."""
        self._allowed().resume()

    def stop(self) -> None:
        """Write a checkpoint and end."""
        self._allowed().stop()

    def advance(self, steps: int) -> None:
        """Train `steps` more, then pause."""
        self._allowed().advance(steps)

    def checkpoint(self) -> None:
        """Keep a checkpoint of this moment: a place to branch from."""
        self._allowed().checkpoint()

    def checkpoints(self) -> list[tuple[int, str]]:
        """Return what can be branched from, oldest first: its step, and the step in words."""
        from workbench.runs import list_checkpoints

        found = list_checkpoints(self._allowed().path)
        return [(one.step, _checkpoint_words(one.step, one.score, one.pinned)) for one in found]

    def branch(self, step: int | None = None, **changes: Any) -> Any:
        """Start a new run from a checkpoint of this one, changed; return it."""
        return self._allowed().branch(step, **changes)

    def launch(self, values: dict[str, Any]) -> Any:
        """Start a new run from the values of the form; return it."""
        self._allow()
        from workbench.runs import launch
        from workbench.session.form import read_values

        chosen = read_values(values)
        path = str(chosen.pop("path", "")).strip()
        if path:
            chosen["scene"] = Path(path).expanduser()
        return launch(chosen.pop("system"), **chosen)

    def _allow(self) -> None:
        if not self.can_control:
            raise PermissionError("This account may look but not start, stop or change runs.")

    def _allowed(self) -> Any:
        self._allow()
        if self.run is None:
            raise RuntimeError("No run is chosen.")
        return self.run


def _checkpoint_words(step: int, score: float, pinned: bool) -> str:
    """Write a checkpoint for a menu.

    >>> _checkpoint_words(300, 0.614, True), _checkpoint_words(0, float("nan"), False)
    ('step 300, coherence 0.61, kept', 'step 0')
    """
    return f"step {step}{f', coherence {score:.2f}' if score == score else ''}{', kept' if pinned else ''}"
