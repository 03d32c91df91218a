import numpy as np
import pytest
import xarray as xr

from workbench.session import (
    PANELS,
    Choice,
    Hub,
    captions,
    compose,
    frame_steps,
    history_frames,
    image_frames,
    layer_names,
    order_frames,
    sample_count,
)
from workbench.session.decibels import decibel


def spectra_of(images, index, sample):
    return image_frames.band_spectra(images, index, sample, "nyquist")


def test_shares_are_of_the_power_without_dc(hub):
    orders = hub.records.dataset("orders").isel(step=-1)
    data = order_frames.lineup(orders)
    np.testing.assert_allclose(data["share"].sum("cause"), 1)
    dc = orders["power"].sel(order=0, cause="direct")
    total = orders["power"].sum(["order", "cause"]) - dc
    np.testing.assert_allclose(data["level"], 10 * np.log10(total / 1.5))
    folded = orders["power"].sel(cause="folded").sum("order") / total
    np.testing.assert_allclose(data["share"].sel(cause="folded"), folded)


def test_a_dead_layer_has_no_shares_and_no_warning(hub):
    orders = hub.records.dataset("orders").isel(step=-1).copy(deep=True)
    orders["power"][3] = 0
    data = order_frames.lineup(orders)
    assert np.isnan(data["share"][3]).all()
    assert data["level"][3] == -np.inf
    lines = order_frames.order_lines(orders, str(orders["layer"][3].values), -80)
    assert np.isnan(lines["measured"]).all()


def test_relu_orders_meet_their_closed_form(synthetic):
    orders = synthetic.orders(np.array([0]), count=12).isel(step=0)
    orders["power"] = orders["power"] * 0
    exact = orders["theory"].sel(layer="up3.activation").values
    orders["power"].loc[{"layer": "up3.activation", "cause": "direct"}] = exact
    lines = order_frames.order_lines(orders, "up3.activation", -120)
    assert lines.attrs["has_theory"]
    assert lines.attrs["residual_db"] == -np.inf
    # c_2 / c_1 of a ReLU at bias 0 is (2 / 3 pi) / (1 / 2)
    assert float(lines["measured"].sel(order=2)) == pytest.approx(20 * np.log10(4 / (3 * np.pi)))
    assert float(lines["measured"].sel(order=3)) == -120


def test_residual_counts_every_order_the_theory_names(hub):
    orders = hub.records.dataset("orders").isel(step=-1)
    lines = order_frames.order_lines(orders, "down2.activation", -80)
    at = orders.sel(layer="down2.activation")
    signed = at["power"].sum("cause")
    expected = (
        abs(
            order_frames.fold_orders(signed.values, at["order"].values)
            - order_frames.fold_orders(at["theory"].values, at["order"].values)
        ).sum()
        / signed.sum()
    )
    assert lines.attrs["residual_db"] == pytest.approx(decibel(float(expected)))


def test_the_default_layer_has_a_theory(hub):
    orders = hub.records.dataset("orders").isel(step=-1)
    assert order_frames.default_layer(orders) == "down2.activation"
    assert order_frames.default_layer(orders, "up1.norm") == "down2.activation"
    assert order_frames.default_layer(orders, "out") == "out"


def test_layer_spectrum_of_a_tone_is_one_line():
    f = np.fft.fftshift(np.fft.fftfreq(8))
    power = np.zeros((8, 8))
    power[4, 6] = 3.0
    data = order_frames.layer_spectrum(
        xr.Dataset(
            {"power": (("frequency_y", "frequency_x"), power)},
            coords={"frequency_y": f, "frequency_x": f, "input_frequency_x": ("frequency_x", f / 4)},
        ),
        -80,
    )
    assert data.attrs["peak_share"] == 1
    assert (data.attrs["peak_y"], data.attrs["peak_x"]) == (0, 0.25)
    assert data.attrs["samples_per_pixel"] == pytest.approx(0.25)
    assert float(data["level"].max()) == 0
    assert float(data["along_x"].sel(frequency_x=0.25)) == 0
    assert float(data["along_y"].sel(frequency_y=0.25)) == -80


def test_the_band_of_a_nyquist_image_is_kept(hub):
    images = hub.records.dataset("images")
    data = image_frames.band_spectra(images, 0, 1, "nyquist")
    assert data.attrs["out_of_band_real"] < 1e-3
    assert float(data["real"].max()) == 0
    noise = images.copy(deep=True)
    noise["fake_mapped"][:] = np.random.default_rng(0).normal(size=noise["fake_mapped"].shape)
    assert image_frames.band_spectra(noise, 0, 1, "nyquist").attrs["out_of_band_fake"] == pytest.approx(
        0.5, abs=0.03
    )
    assert not image_frames.band_spectra(images, 0, 1, "real_imag").attrs["has_band"]


def test_interferogram_of_an_image_with_itself_is_zero(hub):
    images = hub.records.dataset("images").copy(deep=True)
    images["fake"][:] = images["real"] * np.exp(-0.7j)
    sheet = image_frames.sample_sheet(images, None, 2, 1, spectra_of(images, 2, 1))
    np.testing.assert_allclose(sheet["interferogram"], 0.7, atol=1e-5)
    assert sheet.attrs["phase_spread"] == pytest.approx(0, abs=1e-5)
    assert "coherence" not in sheet


def test_the_sheet_takes_the_newest_coherence_there_was(hub):
    images, coherence = hub.records.dataset("images"), hub.records.dataset("coherence")
    sheet = image_frames.sample_sheet(images, coherence.isel(step=[0, 2]), 5, 0, spectra_of(images, 5, 0))
    assert (sheet.attrs["step"], sheet.attrs["coherence_step"]) == (100, 40)
    np.testing.assert_array_equal(sheet["coherence"], coherence["magnitude"].sel(step=40).isel(sample=0))


def test_thinning_keeps_the_mean_and_the_last_step():
    steps, values = np.arange(1003), np.random.default_rng(0).normal(size=1003)
    kept, means, width = history_frames.thin(steps, values, points=100)
    assert len(kept) <= 100
    assert kept[-1] == 1002
    weights = np.diff(np.concatenate([[-1], kept]))
    assert np.average(means, weights=weights) == pytest.approx(values.mean())
    assert width == 11


def test_every_panel_has_a_frame_and_a_step(hub):
    frames = compose(hub, Choice(step=137))
    assert set(frames) == set(PANELS)
    for name, frame in frames.items():
        assert frame.data is not None, name
        assert frame.step == (137 if name == "losses" else 120), name
    assert compose(hub, Choice(step=90))["losses"].step == 90, "the sentence is about the cursor's step"


def test_the_same_choice_gives_the_same_objects_and_a_new_step_others(hub):
    first, again = compose(hub, Choice(step=130)), compose(hub, Choice(step=139))
    assert first["lineup"] is again["lineup"], "no newer record: nothing to send"
    later = compose(hub, Choice(step=140))
    assert later["lineup"] is not first["lineup"]
    assert later["losses"].data is first["losses"].data, "the step only moves the cursor of a history"
    assert later["losses"].caption != first["losses"].caption
    other = compose(hub, Choice(step=140, sample=2))
    assert other["lineup"] is later["lineup"]
    assert other["band"] is not later["band"]


def test_words_where_there_is_nothing_to_draw(synthetic):
    run = synthetic.SyntheticRun(upto=10, cadence=20)
    hub = Hub(run)
    empty = compose(hub, Choice())
    assert all(frame.data is None for frame in empty.values())
    assert empty["lineup"].caption == "Waiting for the first order analysis."
    run.cadence = 7
    hub.refresh()
    assert compose(hub, Choice(step=8))["lineup"].step == 7
    hub.records._groups.pop("orders")
    run.polled = 13
    run.train(20)
    hub.refresh()
    assert (
        compose(hub, Choice(step=8))["lineup"].caption == "No order analysis before step 14: this is step 8."
    )


def test_captions_carry_the_numbers(hub):
    frames = compose(hub, Choice(step=200, layer="up3.activation"))
    coherence = hub.records.dataset("coherence").sel(step=200)
    assert f"{float(coherence['mean']):.2f} on average" in frames["histogram"].caption
    assert "null level 0.30" in frames["histogram"].caption
    assert "ReLU theory explains up3.activation to " in frames["order_lines"].caption
    assert frames["losses"].caption.startswith("Generator loss ")
    lineup = frames["lineup"].data
    spurious = lineup["share"].where(lineup["cause"] != "direct").max()
    assert frames["lineup"].caption.startswith(f"{100 * float(spurious):.0f} %")
    noted = compose(hub, Choice(step=200, layer="up3.norm"))["order_lines"].caption
    assert "no theory (BatchNorm2d mixes pixels" in noted


def test_steps_layers_and_samples_on_offer(hub):
    assert frame_steps(hub) == list(range(0, 201, 20))
    assert layer_names(hub)[0] == "down1.convolution"
    assert sample_count(hub) == 4


def test_a_sample_that_does_not_exist_is_the_last(hub):
    assert compose(hub, Choice(step=200, sample=99))["sheet"].data.attrs["sample"] == 3


def test_the_caption_does_not_name_one_cause_where_two_cannot_be_told_apart(hub):
    orders = hub.records.dataset("orders").isel(step=-1)
    data = order_frames.lineup(orders)
    data["share"][:] = 0.0
    data["share"].loc[{"layer": "up5.activation", "cause": "image_5"}] = 0.9
    assert "is an image of level 5;" in captions.lineup_caption(
        data.assign(ambiguous=data["ambiguous"] & False)
    )
    assert "is an image of level 5, or leakage;" in captions.lineup_caption(
        data.assign(ambiguous=data["ambiguous"] | True)
    )


def test_a_condition_made_from_the_image_is_told(hub):
    images = hub.records.dataset("images")
    made = images.assign_attrs(condition_source="made from the SLC itself")
    spectra = spectra_of(images, 2, 1)
    told = captions.sheet_caption(image_frames.sample_sheet(images, None, 2, 1, spectra))
    assert told.endswith("of its mean.")
    told = captions.sheet_caption(image_frames.sample_sheet(made, None, 2, 1, spectra))
    assert told.endswith("of its mean. Condition: made from the SLC itself.")


def test_layers_that_were_not_analysed_are_counted(hub):
    orders = hub.records.dataset("orders").isel(step=-1)
    told = captions.lineup_caption(order_frames.lineup(orders.assign_attrs(not_analysed=["a: 1", "b: 2"])))
    assert told.endswith("Not analysed: 2 layers.")


def test_the_lineup_says_where_the_tone_itself_folds(hub):
    from workbench.session import order_frames

    orders = hub.records.dataset("orders").isel(step=-1).copy(deep=True)
    data = order_frames.lineup(orders)
    folds = orders["folded_at"].copy(data=np.full(orders["folded_at"].shape, np.nan))
    folds.loc[{"order": 1, "layer": orders.layer.values[2]}] = 8.0
    later = order_frames.lineup(orders.assign(folded_at=folds))
    assert later.attrs["tone_folds_at"] == str(orders.layer.values[2])
    assert f"folds at {orders.layer.values[2]}" in captions.lineup_caption(later)
    assert order_frames.lineup(orders.drop_vars("folded_at")).attrs["tone_folds_at"] == ""
    assert data.attrs["tone_folds_at"] in ("", *map(str, orders.layer.values))
