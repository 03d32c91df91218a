"""The training loop: it runs any system's schedule of players, step by step."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
import xarray as xr
from lightning_fabric import Fabric

from workbench.training.bench import Bench
from workbench.training.draws import Draws
from workbench.training.instruments import INSTRUMENTS
from workbench.training.observer import Instrument, Observer
from workbench.training.plan import Plan, resolve_device
from workbench.training.randomness import Randomness
from workbench.training.records import Record, Recorder
from workbench.training.scalars import Scalars
from workbench.training.snapshot import load_weights, weights
from workbench.training.turns import Turn

if TYPE_CHECKING:
    from workbench.systems import System
    from workbench.training.patches import Patches


class TrainingError(RuntimeError):
    """The training cannot go on: its numbers are no longer finite."""


class Trainer:
    """Trains a system by a plan and hands out records; it knows no file, no screen and no model.

    Parameters
    ----------
    system : System
        Networks, players, schedule, hooks. Its networks are moved to the plan's device and trained in place.
    patches : Patches
        Training and held-out data.
    plan : Plan
        How to train and to observe.
    record : callable
        Takes every :class:`~workbench.training.records.Record`; called only in the process of rank 0.
    fabric : Fabric, optional
        A launched Lightning Fabric, for several processes; by default one process on the plan's device.
    instruments : Mapping of str to callable, optional
        Live instruments by group; by default those of
        :data:`~workbench.training.instruments.INSTRUMENTS`.

    Raises
    ------
    RuntimeError
        If the plan's device is not there.
    ValueError
        If the system is not consistent (see :class:`~workbench.training.turns.Turn`).
    """

    def __init__(
        self,
        system: System,
        patches: Patches,
        plan: Plan,
        record: Recorder,
        *,
        fabric: Fabric | None = None,
        instruments: Mapping[str, Instrument] | None = None,
    ) -> None:
        if fabric is None:
            precision: Any = plan.precision
            fabric = Fabric(accelerator=resolve_device(plan.device), devices=1, precision=precision)
        if plan.batch_size % fabric.world_size:
            raise ValueError(
                f"batch_size {plan.batch_size} cannot be shared by {fabric.world_size} processes; "
                "choose a multiple of them"
            )
        self.plan = plan
        self.step = 0
        self.networks = dict(system.networks)
        self._fabric = fabric
        self._data = patches.training
        # the networks stay usable as they are (probes, checkpoints); training calls them through Fabric
        served: dict[str, torch.nn.Module] = {
            name: fabric.setup_module(network) for name, network in self.networks.items()
        }
        self._system = dataclasses.replace(system, networks=served)
        self._turns = {
            name: Turn(name, player, self.networks, fabric) for name, player in system.players.items()
        }
        self._others = {name: self._parameters_beside(turn) for name, turn in self._turns.items()}
        self._draws = Draws(len(patches.training), plan.batch_size, plan.seed)
        self._random = Randomness(plan.seed, fabric.device)
        self._scalars = Scalars(system)
        if instruments is None:
            bench = Bench(system, patches, plan, fabric.device)
            made = {name: make(bench) for name, make in INSTRUMENTS.items()}
            instruments = {name: instrument for name, instrument in made.items() if instrument}
        rank_zero = fabric.is_global_zero
        self._observer = Observer(
            instruments if rank_zero else {},
            record if rank_zero else _ignore,
            budget=plan.observing_budget,
            every=plan.probe_every,
        )
        self._pace = 0.0

    def _parameters_beside(self, turn: Turn) -> list[torch.nn.Parameter]:
        own = {id(parameter) for parameter in turn.parameters.values()}
        every = {id(p): p for other in self._turns.values() for p in other.parameters.values()}
        return [parameter for key, parameter in every.items() if key not in own]

    @property
    def steps(self) -> int:
        """Steps that the plan asks for."""
        return self.plan.steps

    @property
    def done(self) -> bool:
        """Whether all steps have been taken."""
        return self.step >= self.steps

    @property
    def rate(self) -> float:
        """Steps per second, observation included, smoothed over about 20 steps; 0 before the first."""
        return 1.0 / self._pace if self._pace > 0 else 0.0

    @property
    def observing_share(self) -> float:
        """Share of the time spent on live observation, 0 to 1."""
        return self._observer.share

    @property
    def observing_budget(self) -> float:
        """Largest share of the time that live observation may take; may be changed while training."""
        return self._observer.budget

    @observing_budget.setter
    def observing_budget(self, share: float) -> None:
        self._observer.budget = dataclasses.replace(self.plan, observing_budget=share).observing_budget

    def templates(self) -> dict[str, xr.Dataset | xr.DataTree]:
        """Return the schema of each group without its step dimension.

        Runs every instrument once. ``attrs["recorded"]`` names the variables that get a step dimension; all
        others are static.
        """
        return {"scalars": self._scalars.template(), **self._observer.templates(self.step)}

    def advance(self) -> None:
        """Take one training step, record its scalars and run what live observation is due.

        Raises
        ------
        TrainingError
            If a loss is not finite; the message names the term. The weights are then spoilt: go back to a
            checkpoint.
        RuntimeError
            If all steps have been taken.
        """
        if self.done:
            raise RuntimeError(f"the training has taken all its {self.steps} steps")
        began = time.perf_counter()
        factor = self.plan.decay_factor(self.step)
        with self._random.active():
            losses = self._train(factor)
        numbers = torch.stack(losses).tolist()  # the step's only wait for the device
        self.step += 1
        broken = self._scalars.first_broken(numbers)
        if broken is not None:
            raise TrainingError(
                f"{broken} is not finite at step {self.step}: the weights of this step are spoilt. Go on "
                "from the last checkpoint with a smaller learning rate, a smaller weight of this term, or in "
                "32-true precision"
            )
        seconds = time.perf_counter() - began
        self._observer.trained(seconds)
        values = self._scalars.values(numbers, factor, seconds, self.observing_share)
        self._observer.write(Record("scalars", self.step, values))
        self._observer.live(self.step)
        elapsed = time.perf_counter() - began
        self._pace = elapsed if self._pace == 0 else 0.95 * self._pace + 0.05 * elapsed

    def _train(self, factor: float) -> list[torch.Tensor]:
        mine = self._draws.take()[self._fabric.global_rank :: self._fabric.world_size]
        batch = self._fabric.to_device(self._data.batch(mine))
        context = self._system.forward(batch)
        losses: dict[str, list[torch.Tensor]] = {}
        for name in self._system.schedule:
            losses[name] = self._turns[name].step(self._system, context, factor, self._others[name])
            for hook in self._system.hooks:
                hook(self._system, name)
        return [value.float() for name in self._scalars.players for value in losses[name]]

    def observe(self) -> None:
        """Run all instruments now and record what they measure (once per step, however often it is asked)."""
        self._observer.observe(self.step)

    def state(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """Return everything that the next steps depend on.

        Returns
        -------
        tensors : dict of str to Tensor
            Networks, optimisers, random streams, data order; copies on the CPU, none shares memory.
        meta : dict
            The step; JSON-able.
        """
        tensors = weights(self.networks, self._turns)
        tensors |= {f"draws/{name}": tensor for name, tensor in self._draws.state().items()}
        tensors |= {f"random/{name}": tensor for name, tensor in self._random.state().items()}
        return tensors, {"step": self.step}

    def load_state(
        self, tensors: Mapping[str, torch.Tensor], meta: Mapping[str, Any], *, strict: bool = True
    ) -> list[str]:
        """Go on from where :meth:`state` was taken.

        Parameters
        ----------
        tensors, meta
            What :meth:`state` returned.
        strict : bool
            Whether every tensor must have its place. ``False`` serves branches with changed layers or data:
            what does not fit (by name or shape) keeps its present value.

        Returns
        -------
        list of str
            Names that were left out, empty if strict.

        Raises
        ------
        ValueError
            If it is not a saved training, or, if strict, something is missing, left over or of another shape;
            nothing has been loaded then.
        """
        order, streams = _part("draws/", tensors), _part("random/", tensors)
        missing = [name for name in ("draws/order", "random/torch") if name not in tensors]
        if missing:
            raise ValueError(f"this is not a saved training: it has no {', '.join(missing)}")
        same_data = len(order["order"]) == self._draws.count
        if strict and not same_data:
            self._draws.load_state(order)  # says what is wrong
        left = load_weights(tensors, self.networks, self._turns, strict=strict)
        if same_data:
            self._draws.load_state(order)
        else:
            left += [f"draws/{name}" for name in order]
        self._random.load_state(streams)
        self.step = int(meta["step"])
        self._observer.restart()
        return left


def _part(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}


def _ignore(record: Record) -> None:
    """Drop a record: only rank 0 keeps them."""
