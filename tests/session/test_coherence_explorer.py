"""The coherence explorer's numbers, without a screen."""

import numpy as np
import pytest

from workbench.session.explorers.pair_chain import FILES, CoherenceExplorer
from workbench.signals import coherence_bias


def readout(explorer, label):
    return next(r.value for r in explorer.picture().readouts if r.label == label)


@pytest.mark.parametrize("name", CoherenceExplorer.PRESETS)
def test_every_preset_shows_something_and_runs_as_code(name, capsys):
    explorer = CoherenceExplorer()
    explorer.choose_preset(name)
    picture = explorer.picture()
    assert picture.trouble == ""
    assert picture.frames["maps"].data is not None
    exec(explorer.as_code(), {})
    mean = float(capsys.readouterr().out.split()[0])
    assert mean == pytest.approx(readout(explorer, "mean |γ̂|"))


@pytest.mark.parametrize("disturbance", ["none", "noise", "mirror", "misregistration", "frequency offset"])
@pytest.mark.parametrize("baseline", [0.0, 600.0])
def test_the_model_predicts_the_estimate(disturbance, baseline):
    explorer = CoherenceExplorer(
        temporal=0.95, baseline=baseline, disturbance=disturbance, amount=0.1, window=7
    )
    assert readout(explorer, "corrected") == pytest.approx(
        readout(explorer, "true γ in the window"), abs=0.05
    )


@pytest.mark.parametrize("oversampling", [1.0, 2.0])
def test_what_half_of_a_band_holds_stands_more_misregistration(oversampling):
    settings = {"temporal": 1.0, "baseline": 3400.0, "flatten": True, "oversampling": oversampling}
    explorer = CoherenceExplorer(**settings, disturbance="misregistration", amount=oversampling, window=15)
    true = readout(explorer, "true γ in the window")
    assert true == pytest.approx(0.5 * np.sinc(0.5), abs=0.01)  # of a full band nothing would be left
    assert readout(explorer, "corrected") == pytest.approx(true, abs=0.05)


def test_fringes_inside_a_window_cost_coherence_and_removing_them_gives_it_back():
    fringed = CoherenceExplorer(temporal=1.0, baseline=1200.0, window=9)
    flat = CoherenceExplorer(temporal=1.0, baseline=1200.0, window=9, flatten=True)
    assert readout(fringed, "mean |γ̂|") < 0.3
    assert readout(flat, "mean |γ̂|") > 0.75


def test_fringes_that_were_removed_are_none():
    explorer = CoherenceExplorer(baseline=6000.0)
    assert readout(explorer, "fringes") == pytest.approx(0.879, abs=0.001)
    explorer.flatten = True
    assert readout(explorer, "fringes") == 0.0
    assert (
        next(r for r in explorer.picture().readouts if r.label == "fringes").note == "removed, 0.879 before"
    )


def test_a_frequency_offset_takes_from_the_fringes():
    settings = {"temporal": 1.0, "baseline": 600.0, "window": 9, "disturbance": "frequency offset"}
    fringes = readout(CoherenceExplorer(**settings, amount=0.0), "fringes")
    undone = CoherenceExplorer(**settings, amount=round(fringes, 3))
    assert readout(undone, "true γ in the window") > 0.85
    assert readout(undone, "corrected") == pytest.approx(readout(undone, "true γ in the window"), abs=0.03)


def test_fewer_looks_lift_the_null_level():
    levels = [readout(CoherenceExplorer(temporal=0.0, oversampling=o), "null level") for o in (1.0, 2.0)]
    assert levels[1] > levels[0] + 0.1
    for oversampling in (1.0, 2.0):
        picture = CoherenceExplorer(temporal=0.0, oversampling=oversampling).picture()
        share = float(np.isfinite(picture.frames["maps"].data.significant).mean())
        assert share < 0.1


@pytest.mark.parametrize("settings", [
    {"temporal": 0.0, "window": 15}, {"temporal": 0.4}, {"temporal": 0.9, "window": 3}, {"temporal": 1.0},
    {"temporal": 0.0, "oversampling": 3.0},
])  # fmt: skip
def test_the_share_of_significant_pixels_is_of_windows_inside(settings):
    explorer = CoherenceExplorer(**settings)
    picture = explorer.picture()
    half = explorer.window // 2
    passed = np.isfinite(picture.frames["maps"].data.significant.values[half:-half, half:-half])
    words = picture.frames["maps"].caption.split(" % ")[0]
    if words == "Over 99":
        assert 0.99 < passed.mean() < 1
    else:
        assert float(words) == pytest.approx(100 * passed.mean(), abs=0.5)
        assert (words == "100") == passed.all()
    few = readout(explorer, "effective looks") < 8
    assert ("1 to 4 % would on average" in picture.frames["maps"].caption) == few


def test_the_sweep_follows_the_closed_form():
    explorer = CoherenceExplorer(temporal=0.9, baseline=0.0, disturbance="noise", amount=1.0, window=7)
    sweep = explorer.picture().frames["sensitivity"].data
    theory = np.interp(sweep.amount.values, sweep.fine.values, sweep.theory.values)
    np.testing.assert_allclose(sweep.measured, theory, atol=0.05)


@pytest.mark.parametrize("oversampling", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("disturbance", ["noise", "mirror", "misregistration"])
def test_the_closed_form_has_the_bias_of_the_looks_that_there_are(oversampling, disturbance):
    explorer = CoherenceExplorer(temporal=0.0, disturbance=disturbance, oversampling=oversampling)
    sweep = explorer.picture().frames["sensitivity"].data
    theory = np.interp(sweep.amount.values, sweep.fine.values, sweep.theory.values)
    assert float(np.mean(sweep.measured - theory)) == pytest.approx(0.0, abs=0.025)
    looks = readout(CoherenceExplorer(temporal=0.0, oversampling=oversampling), "effective looks")
    assert theory[0] == pytest.approx(coherence_bias(0.0, looks), abs=1e-6)


def test_without_a_disturbance_the_sweep_shows_what_noise_would_do():
    frame = CoherenceExplorer().picture().frames["sensitivity"]
    assert (frame.data.attrs["kind"], frame.data.attrs["now"]) == ("noise", 0.0)
    np.testing.assert_allclose(frame.data.measured, np.interp(
        frame.data.amount, frame.data.fine, frame.data.theory), atol=0.04)  # fmt: skip
    assert "Noise of 2 of the image's rms would take" in frame.caption


def test_the_toy_fit_says_where_it_ends():
    assert "finds the frequency" in CoherenceExplorer().picture().frames["loss"].caption
    trapped = CoherenceExplorer(loss_window=64).picture().frames["loss"].caption
    assert "a side lobe holds it" in trapped


def test_files_of_the_workspace_make_a_pair(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    (tmp_path / "data").mkdir()
    rng = np.random.default_rng(1)
    image = rng.normal(size=(70, 70, 2)) @ [1, 1j]
    np.save(tmp_path / "data" / "a.npy", image)
    np.save(tmp_path / "data" / "b.npy", 2 * image * np.exp(0.5j))
    explorer = CoherenceExplorer(source=FILES, file_1="a.npy", file_2="b.npy")
    assert readout(explorer, "mean |γ̂|") == pytest.approx(1.0)
    assert "temporal" not in explorer.relevant()
    assert "no file" in CoherenceExplorer(source=FILES, file_1="a.npy").picture().trouble


def test_two_files_are_compared_by_their_middles_and_the_code_does_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    (tmp_path / "data").mkdir()
    rng = np.random.default_rng(0)
    common, *own = rng.normal(size=(3, 96, 80, 2)) @ [1, 1j]
    for name, noise in zip(("one", "two"), own, strict=True):
        np.save(tmp_path / "data" / f"{name}.npy", common + 0.5 * noise)
    explorer = CoherenceExplorer(source=FILES, file_1="one.npy", file_2="two.npy", disturbance="mirror")
    assert readout(explorer, "mean |γ̂|") > 0.6
    np.save(tmp_path / "data" / "other.npy", np.ones((70, 80), complex))
    assert "other.npy: 70 x 80" in explorer.__class__(
        source=FILES, file_1="one.npy", file_2="other.npy").picture().trouble  # fmt: skip
    sweep = explorer.picture().frames["sensitivity"]
    assert np.isnan(sweep.data.theory).all(), "of files nobody knows the true coherence"
    assert "closed form" not in sweep.caption
    space = {}
    exec(explorer.as_code(), space)
    assert float(space["maps"].magnitude.mean()) == pytest.approx(readout(explorer, "mean |γ̂|"))


@pytest.mark.parametrize("scale", [1e30, 1e-30])
def test_a_files_unit_does_not_matter_but_what_is_no_number_is_said(tmp_path, monkeypatch, scale):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    monkeypatch.setattr("workbench.scenes.opening.LAZY_FROM", 1)
    (tmp_path / "data").mkdir()
    pair = np.random.default_rng(2).normal(size=(2, 64, 64, 2)) @ [1, 1j]
    for name, image in zip(("a", "b"), pair, strict=True):
        np.save(tmp_path / "data" / f"{name}.npy", image)
        np.save(tmp_path / "data" / f"{name}_scaled.npy", (image * scale).astype(np.complex64))
    plain, scaled = (
        CoherenceExplorer(source=FILES, file_1=f"a{end}.npy", file_2=f"b{end}.npy") for end in ("", "_scaled")
    )
    assert readout(scaled, "mean |γ̂|") == pytest.approx(readout(plain, "mean |γ̂|"), rel=1e-5)
    for name, value, words in (("nan", np.nan, "NaN or numbers beyond"), ("zero", 0.0, "no power")):
        np.save(tmp_path / "data" / f"{name}.npy", np.full((64, 64), value, np.complex64))
        assert (
            words in CoherenceExplorer(source=FILES, file_1="a.npy", file_2=f"{name}.npy").picture().trouble
        )
