"""Lines of spectra whose every line is known."""

import numpy as np
import pytest
import xarray as xr

from workbench.signals import find_lines, fold, harmonic_amplitudes

MEANINGS = "direct folded image_1 image_2 leakage"
CAUSE = {name: code for code, name in enumerate(MEANINGS.split())}


def layer(lines, size=(64, 64), tone=(5, 11), frame=None, rate=(1.0, 1.0), real=True, folders=None):
    """A spectrum with `lines` {(order, v, u): (power, cause)}, bins in cycles per frame of the layer."""
    frame = frame or size
    orders = sorted({k for k, _, _ in lines} | ({-k for k, _, _ in lines} if real else set()))
    power = np.zeros((len(orders), *size))
    cause = np.full(power.shape, CAUSE["leakage"], dtype=np.int8)
    for (k, v, u), (value, name) in lines.items():
        for sign in (1, -1) if real else (1,):
            bins = (int(sign * m + n // 2) % n for m, n in zip((v, u), size, strict=True))
            at = orders.index(sign * k), *bins
            power[at], cause[at] = value, CAUSE[name]
    axes = {f"frequency_{a}": np.fft.fftshift(np.fft.fftfreq(n)) for a, n in zip("yx", size, strict=True)}
    result = xr.Dataset(
        {
            "power": (("order", "frequency_y", "frequency_x"), power),
            "cause": (("order", "frequency_y", "frequency_x"), cause, {"flag_meanings": MEANINGS}),
        },
        coords={"order": orders, **axes},
        attrs={"tone": list(tone), "shape": [1, *frame], "rate": list(rate), "real": real},
    )
    for axis, r in zip("yx", rate, strict=True):
        result[f"input_frequency_{axis}"] = result[f"frequency_{axis}"] * r
    if folders is not None:  # {order: (layer, (rate_y, rate_x))}, and the later ones by rate
        result = result.set_coords(["input_frequency_y", "input_frequency_x"])
        passed = sorted({q for found in folders.values() for _, q in found}, reverse=True)
        first = [folders.get(abs(k), [("", (np.nan, np.nan))])[0] for k in orders]
        result["folded_by"] = ("order", [name for name, _ in first])
        for i, axis in enumerate("yx"):
            result[f"folding_rate_{axis}"] = ("order", [q[i] for _, q in first])
            result[f"passed_rate_{axis}"] = ("passed", [float(q[i]) for q in passed])
        table = [[{q: n for n, q in folders.get(abs(k), [])}.get(q, "") for q in passed] for k in orders]
        result["folding_layer"] = (("order", "passed"), np.array(table, dtype=str))
    return result


def test_a_relu_shows_its_harmonics_at_their_places():
    c = harmonic_amplitudes("relu", orders=6)
    lines = {}
    for k in (0, 1, 2, 4, 6):
        (v, a), (u, b) = fold(5 * k, 64), fold(11 * k, 64)
        lines[k, int(v), int(u)] = ((c[k] / (2 if k else 1)) ** 2, "folded" if a or b else "direct")
    folders = {k: [("act", (64.0, 64.0))] for k in (4, 6)}
    found = find_lines(layer(lines, folders=folders))
    assert found.label.values.tolist() == [
        "order 1, direct",
        "order 0 (DC)",
        "order 2, direct",
        "order 4, folded at act, zone 2 along x",
        "order 6, folded at act, zone 3 along x",
    ]
    expected = [20 * np.log10(abs(c[k] / c[1]) * (1 if k else np.sqrt(2))) for k in (1, 0, 2, 4, 6)]
    np.testing.assert_allclose(found.level, expected, atol=1e-12)
    np.testing.assert_allclose(found.frequency_y * 64, [5, 0, 10, 20, 30])
    np.testing.assert_allclose(found.frequency_x * 64, [11, 0, 22, -20, 2])
    np.testing.assert_allclose(found.power, [c[k] ** 2 / (2 if k else 1) for k in (1, 0, 2, 4, 6)])
    assert found.attrs["not_listed"] == 0
    assert found.level.attrs["units"] == "dBc"


def test_a_folded_tone_is_in_zone_2():
    """Tone 13 of 64, ideal decimation by 4: it reappears at −3 of 16."""
    spectrum = layer(
        {(1, 0, -3): (0.25, "folded")},
        size=(16, 16), tone=(0, 13), frame=(64, 64), rate=(0.25, 0.25),
        folders={1: [("down", (16.0, 16.0))]},
    )  # fmt: skip
    found = find_lines(spectrum).isel(line=0)
    assert str(found.label.values) == "order 1, folded at down, zone 2 along x"
    assert (int(found.zone_y), int(found.zone_x)) == (1, 2)
    assert float(found.frequency_x) == -3 / 16
    assert float(found.input_frequency_x) == -3 / 64
    assert float(found.level) == pytest.approx(0), "without a direct order 1: re the layer's power"
    assert found.attrs["reference"] == "dB re the layer's power"


@pytest.mark.parametrize("tone", [1, 3, 7, 9, 13, 15, 17, 23, 25, 31])
def test_zones_follow_the_alias_index(tone):
    """Odd zones keep the sense of frequency, even zones reverse it (eq. 5)."""
    line, alias = fold(tone, 16)
    spectrum = layer(
        {(1, 0, line): (1.0, "folded" if alias else "direct")},
        size=(16, 16), tone=(0, tone), frame=(64, 64), rate=(0.25, 0.25),
        folders={1: [("down", (16.0, 16.0))]} if alias else None,
    )  # fmt: skip
    found = find_lines(spectrum)
    zone = int(found.zone_x[0])
    assert zone == 2 * tone // 16 + 1
    assert zone // 2 == alias
    assert (zone % 2 == 1) == (line > 0)


def test_orders_in_one_bin_stay_apart_and_share_a_peak():
    spectrum = layer(
        {
            (1, 5, 11): (1.0, "direct"),
            (3, 5, 11): (0.1, "folded"),
            (2, 10, 22): (0.01, "direct"),
            (5, -5, -11): (0.001, "image_2"),
        }
    )
    found = find_lines(spectrum)
    assert found.order.values.tolist() == [1, 3, 2, 5]
    assert found.peak.values.tolist() == [0, 0, 1, 0]
    total = 10 * np.log10(1.101)
    np.testing.assert_allclose(found.peak_level, [total, total, -20, total], atol=1e-12)
    np.testing.assert_allclose(found.level, [0, -10, -20, -30], atol=1e-12)
    assert found.label.values.tolist()[-1] == "order 5, image of level 2"


def test_a_line_at_a_lower_alias_names_the_layer_that_folded_it_there():
    spectrum = layer(
        {(1, 0, -3): (1.0, "folded"), (3, 0, 39 - 32): (0.5, "folded"), (2, 0, 26 - 32): (0.2, "folded")},
        tone=(0, 13),
        folders={
            1: [("down2", (16.0, 16.0))],
            2: [("down1", (32.0, 32.0)), ("down2", (16.0, 16.0))],
            3: [("down1", (32.0, 32.0)), ("down2", (16.0, 16.0))],
        },
    )
    found = find_lines(spectrum)
    assert found.folded_by.values.tolist() == ["down2", "down1", "down1"]
    assert found.zone_x.values.tolist() == [2, 3, 2]
    lower = find_lines(
        layer(
            {(2, 0, 26 - 32): (1.0, "folded"), (3, 0, 39 - 48): (0.5, "folded")},
            tone=(0, 13),
            folders={2: [("down2", (24.0, 24.0))], 3: [("a", (32.0, 32.0)), ("b", (16.0, 16.0))]},
        )
    )
    assert lower.folded_by.values.tolist() == ["down2", "a"], "the first one where no rate places the line"
    again = find_lines(
        layer(
            {(3, 0, 39 - 48): (0.5, "folded"), (3, 0, 7): (0.4, "folded")},
            tone=(0, 13),
            folders={3: [("a", (32.0, 32.0)), ("b", (8.0, 8.0)), ("c", (24.0, 24.0))]},
        )
    )
    assert again.folded_by.values.tolist() == ["c", "a"]
    assert again.zone_x.values.tolist() == [4, 3]


def test_two_tones_are_labelled_by_pairs():
    one = layer(
        {(1, 3, 4): (1.0, "direct"), (2, 7, 9): (0.5, "direct"), (3, 5, -1): (0.1, "direct")}, size=(32, 32)
    )
    pairs = {1: (1, 0), 2: (0, 1), 3: (2, -1)}
    sign = np.sign(one.order.values)
    signed = [tuple(s * part for part in pairs[abs(int(k))]) for s, k in zip(sign, one.order, strict=True)]
    two = one.drop_vars("order").assign_coords(
        order_1=("order", [k for k, _ in signed]), order_2=("order", [k for _, k in signed])
    )
    found = find_lines(two)
    assert found.label.values.tolist() == [
        "orders (1, 0), direct",
        "orders (0, 1), direct",
        "orders (2, −1), direct",
    ]
    assert found.order.values.tolist() == [1, 1, 3]
    assert found.order_2.values.tolist() == [0, 1, -1]
    np.testing.assert_allclose(found.frequency_x * 32, [4, 9, -1])


def test_a_complex_layer_keeps_both_signs():
    spectrum = layer({(1, 5, 11): (1.0, "direct"), (-1, -5, -11): (0.1, "direct")}, real=False)
    found = find_lines(spectrum)
    assert found.label.values.tolist() == ["order 1, direct", "order −1, direct"]
    assert found.peak.values.tolist() == [0, 1]


def test_the_nyquist_bin_is_its_own_mirror_image():
    found = find_lines(
        layer({(1, 0, 8): (0.25, "direct"), (2, 0, -32): (0.5, "direct"), (0, 0, 0): (1.0, "direct")})
    )
    assert found.power.values.tolist() == [1.0, 1.0, 0.5]


def test_floor_and_count():
    spectrum = layer({(k, 0, k): (10.0**-k, "direct") for k in range(1, 8)})
    assert find_lines(spectrum, floor=-25).order.values.tolist() == [1, 2, 3]
    short = find_lines(spectrum, count=2)
    assert short.order.values.tolist() == [1, 2]
    assert short.attrs["not_listed"] == 5


def test_skirts_of_leakage_are_no_lines():
    lines = {(1, 0, 10): (1.0, "direct")} | {(1, 0, 10 + d): (10.0**-d, "leakage") for d in (1, 2, 3)}
    lines |= {(1, 0, 20 + d): (1e-3 / (1 + d * d), "leakage") for d in (-1, 0, 1)}
    found = find_lines(layer(lines))
    assert found.cause.values.tolist() == ["direct", "leakage"]
    assert float(found.frequency_x[1]) == 20 / 64
    assert found.label.values.tolist()[1] == "order 1, leakage"


def test_a_silent_layer_has_no_lines():
    found = find_lines(layer({(1, 5, 11): (0.0, "direct")}))
    assert found.sizes["line"] == 0
    assert set(found.data_vars) >= {"label", "level", "peak", "zone_x"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.drop_vars("cause"), "'cause' is missing"),
        (lambda s: s.power, "is missing"),
        (lambda s: s.assign(power=s.power * np.nan), "finite and not negative"),
        (lambda s: s.assign(power=-s.power), "finite and not negative"),
        (lambda s: s.assign(cause=(s.power.dims, s.cause.values)), "flag_meanings"),
    ],
)
def test_what_is_no_line_spectrum_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        find_lines(change(layer({(1, 5, 11): (1.0, "direct")})))


@pytest.mark.parametrize(("options", "message"), [({"floor": np.nan}, "floor"), ({"count": 0}, "count")])
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        find_lines(layer({(1, 5, 11): (1.0, "direct")}), **options)
