"""A toy system of the engine's contract: two small networks, two players, closed-form losses."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from workbench.training import Plan, make_patches


@dataclass
class ToySystem:
    networks: dict
    players: dict
    schedule: tuple = ("discriminator", "generator")
    hooks: tuple = ()
    name: str = "toy"
    options: dict = field(default_factory=dict)

    def forward(self, batch):
        return {**batch, "fake": self.networks["generator"](batch["condition"])}

    def generate(self, condition):
        return self.networks["generator"](condition)


def _real(system, context):
    return ((system.networks["discriminator"](context["target"]) - 1) ** 2).mean()


def _fake(system, context):
    return (system.networks["discriminator"](context["fake"].detach()) ** 2).mean()


def _fool(system, context):
    return ((system.networks["discriminator"](context["fake"]) - 1) ** 2).mean()


def _l1(system, context):
    return (context["fake"] - context["target"]).abs().mean()


def term(name, weight, function):
    return SimpleNamespace(name=name, weight=weight, function=function)


def player(networks, terms, learning_rate=2e-3):
    optimiser = SimpleNamespace(kind="adam", learning_rate=learning_rate, betas=(0.5, 0.999))
    return SimpleNamespace(networks=networks, terms=terms, optimiser=optimiser)


def build_toy(seed=0, hooks=(), dropout=0.5, extra_terms=(), learning_rate=2e-3):
    generator_ = torch.random.get_rng_state()
    torch.manual_seed(seed)
    networks = {
        "generator": nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.Dropout(dropout),
            nn.Conv2d(4, 1, 1),
            nn.Tanh(),
        ),
        "discriminator": nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 1)
        ),
    }
    torch.random.set_rng_state(generator_)
    players = {
        "discriminator": player(
            ("discriminator",), (term("real", 0.5, _real), term("fake", 0.5, _fake)), learning_rate
        ),
        "generator": player(
            ("generator",), (term("gan", 1.0, _fool), term("l1", 10.0, _l1), *extra_terms), learning_rate
        ),
    }
    return ToySystem(networks, players, hooks=hooks)


def build_scene(count, seed, size=8):
    rng = np.random.default_rng(seed)
    slc = rng.normal(size=(count, size, size)) + 1j * rng.normal(size=(count, size, size))
    condition = rng.uniform(-1, 1, size=(count, 3, size, size))
    return xr.Dataset(
        {
            "slc": (("sample", "y", "x"), slc.astype(np.complex64)),
            "condition": (("sample", "channel", "y", "x"), condition.astype(np.float32)),
        }
    )


@pytest.fixture
def toy():
    return build_toy()


@pytest.fixture
def patches():
    return make_patches(build_scene(7, 1), build_scene(6, 2), "nyquist")


@pytest.fixture
def plan():
    return Plan(steps=8, batch_size=3, device="cpu", evaluated=4, shown=2, observing_budget=0.0)


@pytest.fixture
def make_toy():
    return build_toy


@pytest.fixture
def make_scene():
    return build_scene


@pytest.fixture
def make_term():
    return term
