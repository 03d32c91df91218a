"""Copied code reads what the markers read."""

import pytest

from workbench.session.explorers import (
    ActivationExplorer,
    CoherenceExplorer,
    NyquistExplorer,
    ResamplingExplorer,
)


@pytest.mark.parametrize(
    "explorer",
    [
        ActivationExplorer(drive=2.0, activation="tanh", tone=20, markers="0.46875;0.15625"),
        ResamplingExplorer(second="↑2 nearest", markers="-0.15625;0.34375"),
        NyquistExplorer(interpolation="bilinear", error="white noise", markers="0.3671875,0.25;-0.25,0.125"),
        NyquistExplorer(mapping="real_imag", edge="drop", markers="0.3671875,0.25"),
        CoherenceExplorer(baseline=1200.0, disturbance="noise", flatten=True, markers="0.0;-0.125"),
    ],
)
def test_the_code_prints_the_levels_of_the_markers_last(explorer, capsys):
    exec(explorer.as_code(), {})
    floor = explorer.levels().attrs["floor"]  # no picture goes below it
    levels = [max(level, floor) for level in eval(capsys.readouterr().out.splitlines()[-1])]
    assert levels == pytest.approx([one.level for one in explorer.readings()], abs=1e-6)
    explorer.markers = ""
    assert "markers" not in explorer.as_code()
