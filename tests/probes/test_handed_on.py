"""Layers that hand on what others made are the sum of these, but only if nothing changed on the way."""

import pytest
import torch
from torch import nn

from workbench.probes import analyse_orders, reduction
from workbench.probes.collecting import energies


class Joined(nn.Module):
    def __init__(self, change=None):
        super().__init__()
        self.first = nn.Conv2d(1, 3, 3, padding=1)
        self.second = nn.Conv2d(1, 2, 3, padding=1)
        self.drop = nn.Dropout()
        self.change = change

    def forward(self, x):
        a, b = self.first(x), self.second(x)
        if self.change == "in place":
            a.detach().mul_(2)
        if self.change == "part":
            a = a[:, :2]
        return self.drop(torch.cat([b, a, a] if self.change == "twice" else [b, a], 1))


def looked_at(monkeypatch, net):
    seen = []

    def counting(frames, *further):
        seen.append(tuple(frames.shape[1:]))
        return energies(frames, *further)

    monkeypatch.setattr("workbench.probes.collecting.energies", counting)
    return analyse_orders(net, (1, 16, 16), (1, 3), phases=8), seen


def test_joined_channels_are_not_transformed_again(monkeypatch):
    assert energies is reduction.energies
    analysis, seen = looked_at(monkeypatch, Joined())
    assert seen == [(3, 16, 16), (2, 16, 16)]
    power = analysis.power.sum(["order", "cause"])
    assert float(power.sel(layer="cat")) == pytest.approx(float(power.sel(layer=["first", "second"]).sum()))
    assert float(power.sel(layer="drop")) == pytest.approx(float(power.sel(layer="cat")))


@pytest.mark.parametrize("change", ["in place", "part", "twice"])
def test_what_was_changed_is_looked_at(monkeypatch, change):
    net = Joined(change).double()
    analysis, seen = looked_at(monkeypatch, net)
    assert (5 + {"in place": 0, "part": -1, "twice": 3}[change], 16, 16) in seen
    j = torch.arange(8)[:, None, None, None] / 8
    y, x = torch.arange(16)[:, None], torch.arange(16)
    frames = torch.cos(2 * torch.pi * ((y + 3 * x) / 16 + j)).double()
    with torch.no_grad():
        expected = float(net.eval()(frames).square().mean((0, 2, 3)).sum())
    assert float(analysis.power.sel(layer="drop").sum()) == pytest.approx(expected, rel=1e-6)
