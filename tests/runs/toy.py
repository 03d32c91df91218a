"""A training of a few numbers in a real process: ``python toy.py RUN_DIR [DELAY [FAIL_AT]]``."""

import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import xarray as xr

from workbench.runs.loop import Prepared
from workbench.runs.runner import run_directory

SIZE = 8


class Record(NamedTuple):
    group: str
    step: int
    values: dict


class ToyTrainer:
    """Weights that drift by random amounts: every step depends on all steps before."""

    def __init__(self, steps, record, delay=0.0, fail_at=None):
        self.steps = steps
        self.step = 0
        self.rate = 10.0
        self.observing_share = 0.0
        self.observing_budget = 0.05
        self._record = record
        self._delay = delay
        self._fail_at = fail_at
        self._weights = torch.zeros(SIZE, dtype=torch.float64)
        self._random = torch.Generator().manual_seed(3)

    @property
    def done(self):
        return self.step >= self.steps

    def templates(self):
        zero = np.float64(0)
        scalars = xr.Dataset({"loss": ((), zero, {"units": "1"}), "twice": ((), zero)})
        coherence = xr.Dataset(
            {"mean": ((), zero), "magnitude": (("y", "x"), np.zeros((4, 4), np.float32))},
            coords={"y": np.arange(4), "kind": ("y", list("abcé"))},
        )
        power = (("fy",), np.zeros(SIZE))
        tree = {
            "/": xr.Dataset(attrs={"recorded": ["inner/power"]}),
            "/inner": xr.Dataset({"power": power}, attrs={"recorded": ["power"]}),
        }
        return {
            "scalars": scalars.assign_attrs(recorded=["loss", "twice"]),
            "coherence": coherence.assign_attrs(recorded=["mean", "magnitude"]),
            "layers": xr.DataTree.from_dict(tree),
        }

    def advance(self):
        if self.step + 1 == self._fail_at:
            raise FloatingPointError("the loss is not finite")
        time.sleep(self._delay)
        self._weights = 0.99 * self._weights + torch.randn(SIZE, generator=self._random, dtype=torch.float64)
        self.step += 1
        loss = float(self._weights.sum())
        self._record(Record("scalars", self.step, {"loss": loss, "twice": 2 * loss}))
        if self.step % 7 == 0:
            self.observe()

    def observe(self):
        mean = float(self._weights.mean())
        values = {"mean": mean, "magnitude": np.full((4, 4), self.step)}
        self._record(Record("coherence", self.step, values))
        self._record(Record("layers", self.step, {"inner/power": self._weights.numpy()}))

    def state(self):
        tensors = {"weights": self._weights.clone(), "random": self._random.get_state()}
        return tensors, {"step": self.step}

    def load_state(self, tensors, meta, *, strict=True):
        self._weights = tensors["weights"].clone()
        self._random.set_state(tensors["random"])
        self.step = int(meta["step"])
        return []


def preparing(delay=0.0, fail_at=None):
    def prepare(spec, run, record):
        return Prepared(ToyTrainer(spec.steps, record, delay, fail_at), "cpu", {"seed": 3})

    return prepare


if __name__ == "__main__":
    delay = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    fail_at = int(sys.argv[3]) if len(sys.argv) > 3 else None
    sys.exit(run_directory(Path(sys.argv[1]), preparing(delay, fail_at)))
