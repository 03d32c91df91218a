"""What layers added, on analyses whose shares are known by hand."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.signals import (
    compare_orders,
    describe_increments,
    describe_origins,
    figures_of_merit,
    grouped_power,
    order_increments,
)

CAUSES = ["direct", "folded", "image_1", "image_2", "leakage"]
ORDERS = np.arange(-4, 5)


def analysis(layers, **attrs):
    """Order analysis from ``{name: (inputs, module type, rate, {(order, cause): power})}``; ± alike."""
    power = np.zeros((len(layers), ORDERS.size, len(CAUSES)))
    for i, (_, _, _, lines) in enumerate(layers.values()):
        for (order, cause), value in lines.items():
            for sign in {1, -1} if order else {1}:
                power[i, sign * order == ORDERS, CAUSES.index(cause)] = value / (2 if order else 1)
    columns = list(zip(*layers.values(), strict=True))
    return xr.Dataset(
        {"power": (("layer", "order", "cause"), power)},
        coords={
            "layer": list(layers),
            "order": ORDERS,
            "cause": CAUSES,
            "inputs": ("layer", list(columns[0])),
            "module_type": ("layer", list(columns[1])),
            "rate_y": ("layer", list(columns[2])),
            "rate_x": ("layer", list(columns[2])),
        },
        attrs={"input_power": 1.25, "input_order_1_power": 1.0, "real": True, "tone": [1, 2]} | attrs,
    )


ONE, DC = (1, "direct"), (0, "direct")
NETWORK = {
    "conv": ("input", "Conv2d", 0.5, {ONE: 3.0, (1, "folded"): 1.0, DC: 7.0}),
    "act": ("conv", "ReLU", 0.5, {ONE: 2.0, (1, "folded"): 1.0, (2, "direct"): 0.6, (3, "folded"): 0.4}),
    "mix": ("act", "Conv2d", 0.5, {ONE: 0.5, (2, "direct"): 0.5}),
    "up": ("mix", "Upsample", 1.0, {ONE: 1.0, (1, "image_1"): 0.5, (2, "image_2"): 0.5}),
    "cat": ("up + input", "cat", 1.0, {ONE: 2.0, (1, "image_1"): 0.5, (2, "image_2"): 0.5}),
    "side": ("conv", "Tanh", 0.5, {ONE: 1.0, (3, "direct"): 9.0}),
    "lost": ("", "Custom", 1.0, {ONE: 1.0}),
    "far": ("elsewhere", "Custom", 1.0, {ONE: 1.0}),
    "still": ("conv", "Conv2d", 0.5, {DC: 1.0}),
}


@pytest.fixture
def increments():
    return order_increments(analysis(NETWORK), at="cat")


def value(dataset, name, layer, group):
    return float(dataset[name].sel(layer=layer, group=group))


def test_groups_sum_what_they_name():
    orders = analysis(NETWORK)
    power = grouped_power(orders).sel(layer="act")
    expected = {
        "all": 4.0,
        "fundamental": 2.0,
        "harmonic": 1.0,
        "order_2": 0.6,
        "order_3": 0.4,
        "folded": 1.4,
    }
    assert {g: round(float(power.sel(group=g)), 12) for g in expected} == expected
    assert float(grouped_power(orders).sel(layer="conv", group="dc")) == 7.0
    assert float(grouped_power(orders).sel(layer="up", group="image")) == 1.0
    # the same as what the figures of merit are made of
    figures, groups = figures_of_merit(orders), grouped_power(orders)
    with np.errstate(divide="ignore", invalid="ignore"):
        alias = 10 * np.log10(groups.sel(group="folded") / groups.sel(group="all"))
    np.testing.assert_allclose(figures.alias, alias.where(np.isfinite(alias), figures.alias), rtol=1e-12)


@pytest.mark.parametrize(
    ("layer", "group", "share_in", "share"),
    [
        ("conv", "folded", 0.0, 25.0),
        ("act", "harmonic", 0.0, 25.0),
        ("act", "order_3", 0.0, 10.0),
        ("act", "folded", 25.0, 35.0),
        ("mix", "harmonic", 25.0, 50.0),
        ("up", "image", 0.0, 50.0),
        ("up", "image_1", 0.0, 25.0),
        ("cat", "image", 100 / 3, 100 / 3),  # concatenation adds nothing: (0 + 1) of (1 + 2)
        ("cat", "harmonic", 50 / 3, 50 / 3),
        ("conv", "dc", 25.0, 175.0),
    ],
)
def test_shares_by_hand(increments, layer, group, share_in, share):
    if layer == "cat" and group == "harmonic":
        share_in = 100 * 0.5 / 3
    assert value(increments, "share", layer, group) == pytest.approx(share)
    assert value(increments, "share_in", layer, group) == pytest.approx(share_in)
    assert value(increments, "added", layer, group) == pytest.approx(share - share_in)


def test_levels_and_gain(increments):
    assert value(increments, "level", "act", "folded") == pytest.approx(10 * np.log10(1.4 / 2))
    assert value(increments, "level_in", "act", "folded") == pytest.approx(10 * np.log10(1 / 3))
    assert value(increments, "change", "act", "folded") == pytest.approx(10 * np.log10(0.7 * 3))
    assert value(increments, "change", "act", "harmonic") == np.inf
    assert float(increments.gain.sel(layer="act")) == pytest.approx(10 * np.log10(2 / 3))
    assert float(increments.gain.sel(layer="cat")) == pytest.approx(0, abs=1e-12)


def test_who_created_what(increments):
    """A linear layer creates no order, however much it raises its share; other branches do not count."""
    assert value(increments, "added", "mix", "harmonic") == pytest.approx(25)
    assert value(increments, "added", "side", "harmonic") == pytest.approx(90)
    creators = {str(g): str(increments.created_by.sel(group=g).item()) for g in increments.group.values}
    assert creators["harmonic"] == creators["order_2"] == creators["order_3"] == "act"
    assert creators["image_1"] == creators["image_2"] == "up"
    assert creators["folded"] == "conv"
    assert creators["leakage"] == creators["order_4"] == ""
    assert float(increments.created.sel(group="folded")) == pytest.approx(25 / 35)
    assert float(increments.rise.sel(layer="act", group="folded")) == pytest.approx(10 / 35)
    assert np.isnan(increments.created.sel(group="leakage"))
    elsewhere = order_increments(analysis(NETWORK), at="side")
    assert elsewhere.created_by.sel(group="order_3").item() == "side"
    assert elsewhere.created_by.sel(group="image_1").item() == ""


@pytest.mark.parametrize("layer", ["lost", "far"])
def test_unknown_inputs_are_not_guessed(increments, layer):
    assert increments.added.sel(layer=layer).isnull().all()
    assert value(increments, "share", layer, "all") == 100
    assert describe_increments(increments)[layer] == f"{layer} (Custom): its inputs are not known."


def test_sentences(increments):
    said = describe_increments(increments)
    assert said["act"] == (
        "act (ReLU): creates harmonics, orders ≥ 2 rise by 25 points to 25 % of the power, mostly order 2; "
        "folds, folded lines rise by 10 points to 35 % of the power; fundamental −1.8 dB."
    )
    assert said["mix"].startswith("mix (Conv2d): filters the harmonics, orders ≥ 2 rise by 25 points to 50 %")
    assert "makes images, images rise by 50 points to 50 % of the power" in said["up"]
    assert said["cat"] == "cat (cat): changes no share by more than 0.50 points; fundamental +0.0 dB."
    assert said["still"] == "still (Conv2d): nothing but DC."
    assert "folded lines: conv made 71 % of its rises on the way to cat" in describe_origins(increments)


def test_an_expansion_after_what_was_too_small_to_see_makes_its_images():
    hidden = (*NETWORK["up"][:2], 0.5, NETWORK["up"][3])  # the rate of its listed input
    increments = order_increments(analysis(NETWORK | {"up": hidden}), at="cat")
    assert increments.created_by.sel(group="image").item() == "up"
    filtered = ("mix", "Conv2d", *hidden[2:])
    increments = order_increments(analysis(NETWORK | {"up": filtered}), at="cat")
    assert increments.created_by.sel(group="image").item() == ""


def test_what_is_not_told_apart_is_said():
    orders = analysis(NETWORK).assign(ambiguous=("layer", [name == "up" for name in NETWORK]))
    said = describe_increments(order_increments(orders, at="cat"))
    assert "causes are not all told apart here" in said["up"]
    assert "told apart" not in said["act"]


def test_steps_are_kept_and_sentences_ask_for_one():
    orders = analysis(NETWORK)
    louder = orders.assign(power=orders.power.where(orders.cause != "folded", 0.0))
    both = xr.concat([orders, louder], xr.Variable("step", [0, 10]), data_vars=["power"])
    increments = order_increments(both, at="cat")
    assert increments.added.dims == ("step", "layer", "group")
    assert increments.created_by.sel(group="folded").values.tolist() == ["conv", ""]
    xr.testing.assert_allclose(
        increments.isel(step=0, drop=True).added, order_increments(orders, at="cat").added
    )
    with pytest.raises(ValueError, match="select one along step"):
        describe_increments(increments)
    with pytest.raises(ValueError, match="select one along step"):
        describe_origins(increments)


def test_two_tones():
    """Orders (k, l): the harmonic family is |k| + |l| >= 2, intermodulation included."""
    k = np.arange(-2, 3)
    power = np.zeros((1, 5, 5, 2))
    for a, b, cause, p in [(1, 0, 0, 1.0), (0, 1, 0, 1.0), (1, 1, 0, 0.5), (2, -1, 1, 0.25), (0, 0, 0, 9.0)]:
        power[0, k == a, k == b, cause] = p
    orders = xr.Dataset(
        {"power": (("layer", "order_1", "order_2", "cause"), power)},
        coords={
            "layer": ["act"],
            "order_1": k,
            "order_2": k,
            "cause": ["direct", "folded"],
            "inputs": ("layer", ["input"]),
        },
        attrs={"input_power": 2.0, "input_order_1_power": 2.0},
    )
    found = grouped_power(orders).sel(layer="act")
    groups = ["all", "fundamental", "harmonic", "order_2", "order_3", "folded", "dc"]
    assert found.sel(group=groups).values.tolist() == [2.75, 2.0, 0.75, 0.5, 0.25, 0.25, 9.0]
    assert order_increments(orders).created_by.sel(group="order_3").item() == "act"


def test_a_complex_scene_has_orders_only():
    power = xr.DataArray(
        np.array([[[1.0], [2.0], [5.0], [2.0]]]),
        dims=("layer", "order", "cause"),
        coords={"layer": ["decoded"], "order": [-1, 0, 1, 2], "cause": ["all"]},
    )
    found = grouped_power(power.to_dataset(name="power").assign_attrs(real=False))
    assert set(found.group.values) == {"all", "fundamental", "harmonic", "mirror"} | {
        f"order_{k}" for k in range(2, 6)
    }
    assert found.sel(group=["all", "fundamental", "harmonic", "mirror"]).values.tolist() == [[10, 5, 2, 1]]


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(st.floats(0.01, 10), min_size=10, max_size=10), st.floats(0.1, 100))
def test_a_mere_gain_adds_nothing(powers, gain):
    lines = dict(zip([(k, c) for k in (1, 3) for c in CAUSES], powers, strict=True))
    scaled = {line: gain * p for line, p in lines.items()}
    orders = analysis({"a": ("input", "Custom", 1.0, lines), "b": ("a", "BatchNorm2d", 1.0, scaled)})
    increments = order_increments(orders).sel(layer="b")
    assert abs(increments.added).max() < 1e-9
    np.testing.assert_allclose(increments.gain, 10 * np.log10(gain), atol=1e-9)


@pytest.mark.parametrize(
    ("orders", "options", "message"),
    [
        (xr.Dataset(), {}, "needs an order analysis.*found Dataset"),
        (3, {}, "needs an order analysis.*found int"),
        (
            xr.Dataset({"power": ("layer", [1.0])}),
            {},
            r"needs power over layer, order, cause .*found \('layer',\)",
        ),
        (analysis(NETWORK).drop_vars("inputs"), {}, "does not know the inputs of its layers"),
        (analysis(NETWORK), {"at": "nowhere"}, "no layer 'nowhere'; layers: conv, act"),
    ],
)
def test_what_cannot_be_counted_is_said(orders, options, message):
    with pytest.raises(ValueError, match=message):
        order_increments(orders, **options)


# ---------------------------------------------------------------- comparison
def replaced():
    parts = {name: row for name, row in NETWORK.items() if name not in ("conv", "lost")}
    inner = ("input", "Conv2d", 1.0, {ONE: 9.0})
    pool = ("conv.conv", "LowPass", 0.5, {ONE: 3.0, (1, "folded"): 0.1})
    return analysis({"conv.conv": inner, "conv.pool": pool, **parts})


def test_levels_before_and_after():
    compared = compare_orders(analysis(NETWORK), replaced())
    folded = compared.sel(layer="conv", group="folded")
    assert folded.level.sel(state="before") == pytest.approx(
        0, abs=1e-12
    )  # as strong as the tone at the input
    assert float(folded.change) == pytest.approx(-10)
    assert float(folded.share.sel(state="after")) == pytest.approx(100 * 0.1 / 3.1)
    assert float(folded.share_change) == pytest.approx(100 * 0.1 / 3.1 - 25)
    assert compared.sel(layer="act").change.sel(group="folded") == 0
    names = dict(zip(compared.layer.values, compared.counterpart.values, strict=True))
    assert (names["conv"], names["act"], names["lost"], names["conv.conv"]) == (
        "conv.pool",
        "act",
        "",
        "conv.conv",
    )
    assert compared.layer.values.tolist() == [*NETWORK, "conv.conv"]
    assert compared.change.sel(layer=["lost", "conv.conv"]).isnull().all()


def test_comparison_the_other_way_mirrors_it():
    there, back = (
        compare_orders(*pair) for pair in ((analysis(NETWORK), replaced()), (replaced(), analysis(NETWORK)))
    )
    assert float(back.change.sel(layer="conv.pool", group="folded")) == pytest.approx(10)
    xr.testing.assert_allclose(there.change.sel(layer="act"), -back.change.sel(layer="act"))


def test_nothing_changes_against_itself():
    compared = compare_orders(analysis(NETWORK), analysis(NETWORK))
    assert (compared.share_change.fillna(0) == 0).all()
    assert (compared.change.fillna(0) == 0).all()


def test_an_image_level_that_only_one_has_counts_as_none():
    fewer = analysis(NETWORK).sel(cause=["direct", "folded", "image_1", "leakage"])
    compared = compare_orders(fewer, analysis(NETWORK)).sel(layer="up", group="image_2")
    assert compared.level.sel(state="before") == -np.inf
    assert compared.share.values.tolist() == [0.0, 25.0]


def test_different_tones_are_refused():
    with pytest.raises(
        ValueError, match=r"different tones cannot be compared: \[1, 2\] before, \[3, 2\] after"
    ):
        compare_orders(analysis(NETWORK), analysis(NETWORK, tone=[3, 2]))
