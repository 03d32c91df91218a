"""The resampling explorer's chain has the figures that it needs."""

from __future__ import annotations

import numpy as np

from workbench.session.explorers import ResamplingExplorer
from workbench.views.explorers.resampling_cards import Chain, resampling_desk


def chain_of(desk) -> Chain:
    return desk.cards["stages"].instruments["stages"]


def test_a_stage_is_built_when_a_chain_first_has_it_and_left_alone_when_it_has_not():
    explorer = ResamplingExplorer()
    desk = resampling_desk(explorer, lazy=True)
    desk.draw()
    chain = chain_of(desk)
    steps = len(explorer.chain())
    assert [pane.visible for pane in chain.panes] == [i <= steps for i in range(5)]
    assert set(chain.pictures) == {f"{kind}_{i}" for kind in ("image", "level") for i in range(steps + 1)}

    explorer.second = next(name for name in explorer.param["second"].objects if "↑2" in name)
    assert chain.panes[2].visible
    last = chain.pictures["image_2"].source.data["image"][0]
    assert last.shape == (128, 128)

    explorer.second = explorer.param["second"].objects[0]
    explorer.tone_x = 0.125
    assert not chain.panes[2].visible
    assert chain.pictures["image_2"].source.data["image"][0] is last, "what is not shown is not drawn"


def test_a_picture_that_stays_the_same_is_not_sent():
    explorer = ResamplingExplorer()
    desk = resampling_desk(explorer, lazy=True)
    desk.draw()
    source = chain_of(desk).pictures["image_0"].source
    before = source.data["image"][0]
    explorer.first = next(name for name in explorer.param["first"].objects if name != explorer.first)
    assert source.data["image"][0] is before
    explorer.tone_x = 0.125
    assert source.data["image"][0] is not before
    assert np.ptp(source.data["image"][0]) > 0
