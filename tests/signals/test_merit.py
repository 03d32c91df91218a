import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.signals import figures_of_merit, harmonic_amplitudes, predict_spectrum

CAUSES = ["direct", "folded", "image_1", "image_2", "leakage"]
NAMES = {
    *("gain", "hd", "thd", "thd_ratio", "sfdr", "sinad", "alias", "image", "leakage"),
    *("checkerboard", "linear_order_share", "phase_fidelity"),
}


def analysis(power, orders, causes=("direct",), **attrs):
    """Order analysis of one layer from power(order, cause)."""
    data = xr.DataArray(
        np.asarray(power, dtype=float)[None],
        dims=("layer", "order", "cause"),
        coords={"layer": ["act"], "order": orders, "cause": list(causes)},
    )
    return xr.Dataset({"power": data}, attrs={"real": True} | attrs)


def single_layer(name, amplitude=1.0, bias=0.0, orders=4000, **parameters):
    """What a long frame would show: every harmonic on a bin of its own."""
    c = harmonic_amplitudes(name, amplitude, bias, orders, **parameters)
    k = np.arange(-orders, orders + 1)
    lines = np.where(k == 0, c[0], c[np.abs(k)] / 2)
    result = analysis(lines[:, None] ** 2, k, input_order_1_power=amplitude**2 / 2)
    spurs = c[2:] ** 2 / 2
    result["largest_spur"] = ("layer", [spurs.max()])
    return result


def value(figures, name, **labels):
    return float(figures[name].isel(layer=0).sel(**labels))


@pytest.mark.parametrize(
    ("name", "options", "thd_ratio", "sfdr"),
    [
        ("relu", {}, 0.4352, 7.44),
        ("relu", {"amplitude": 7.0}, 0.4352, 7.44),
        ("leaky_relu", {"slope": 0.2}, 0.2902, 10.97),
        ("tanh", {"amplitude": 1.0}, 0.0671, None),
        ("tanh", {"amplitude": 3.0}, 0.2507, None),
        ("sigmoid", {"amplitude": 1.0}, 0.0196, None),
        ("sigmoid", {"amplitude": 3.0}, 0.1224, None),
    ],
)
def test_single_layer_references(name, options, thd_ratio, sfdr):
    figures = figures_of_merit(single_layer(name, **options))
    assert value(figures, "thd_ratio") == pytest.approx(thd_ratio, abs=5e-5)
    assert value(figures, "thd") == pytest.approx(20 * np.log10(thd_ratio), abs=0.03)
    if sfdr is not None:
        assert value(figures, "sfdr") == pytest.approx(sfdr, abs=5e-3)


def test_relu_gain_harmonics_and_sinad():
    figures = figures_of_merit(single_layer("relu"))
    c = harmonic_amplitudes("relu", orders=4)
    assert value(figures, "gain") == pytest.approx(20 * np.log10(0.5))
    assert value(figures, "hd", order=2) == pytest.approx(20 * np.log10(c[2] / c[1]))
    assert value(figures, "hd", order=3) < -250
    # mean square of a half-wave rectified cosine is 1/4, of its mean 1/pi^2, of its fundamental 1/8
    rest = 1 / 4 - 1 / np.pi**2 - 1 / 8
    assert value(figures, "sinad") == pytest.approx(10 * np.log10(1 / 8 / rest), abs=1e-6)
    assert value(figures, "linear_order_share") == pytest.approx(0.5, abs=1e-9)
    assert np.isnan(value(figures, "phase_fidelity"))


def test_a_frame_with_aliases_agrees_with_its_predicted_lines():
    size, tone = 64, 11
    lines = abs(predict_spectrum("relu", tone, size).values) ** 2
    k = np.arange(-31, 32)  # 11 is coprime to 64: residues are orders, except 32
    power = np.zeros((k.size, 2))
    for i, order in enumerate(k):
        folded = abs(order * tone) > size // 2
        power[i, int(folded)] = lines[(order * tone) % size]
    figures = figures_of_merit(analysis(power, k, ("direct", "folded")))
    everything = lines.sum() - lines[0] - lines[32 * tone % size]
    assert value(figures, "alias") == pytest.approx(10 * np.log10(power[:, 1].sum() / everything))


def table():
    """Powers 1, 2, 3, ... over orders -2 ... 2 and all causes, symmetric in the sign of the order."""
    power = np.arange(1.0, 16.0).reshape(3, 5)
    return np.concatenate((power[:0:-1], power)), np.arange(-2, 3)


def test_definitions_on_a_table():
    power, k = table()
    data = analysis(power, k, CAUSES, input_order_1_power=10.0)
    data["largest_spur"] = ("layer", [4.0])
    figures = figures_of_merit(data)
    total, dc = power.sum(), 1.0
    first, second = 2 * power[3].sum(), 2 * power[4].sum()
    direct = 2 * power[3, 0]

    def db(ratio):
        return pytest.approx(10 * np.log10(ratio))

    assert set(figures.data_vars) == NAMES
    assert value(figures, "gain") == db(first / 10)
    assert value(figures, "hd", order=2) == db(second / first)
    assert value(figures, "thd") == db(second / first)
    assert value(figures, "thd_ratio") == pytest.approx(np.sqrt(second / first))
    assert value(figures, "sfdr") == db(direct / 4)
    assert value(figures, "sinad") == db(direct / (total - dc - direct))
    assert value(figures, "alias") == db(power[:, 1].sum() / (total - dc))
    assert value(figures, "image", level=1) == db(power[:, 2].sum() / (total - dc))
    assert value(figures, "image", level=2) == db(power[:, 3].sum() / (total - dc))
    assert value(figures, "image", level=0) == db(power[:, 2:4].sum() / (total - dc))
    assert value(figures, "leakage") == db(power[:, 4].sum() / (total - dc))
    assert value(figures, "checkerboard") == pytest.approx(power[:, 2].sum() / (total - dc))
    assert value(figures, "linear_order_share") == pytest.approx(first / total)
    assert figures.hd.dims == ("layer", "order")
    assert figures.image.dims == ("layer", "level")
    assert figures.order.values.tolist() == [2]
    assert figures.attrs["highest_order"] == 2
    for name in figures.data_vars:
        assert figures[name].attrs["units"] in ("dB", "dBc", "1")


def test_complex_outputs_count_the_mirror_as_distortion():
    power, k = table()
    data = analysis(power, k, CAUSES, real=False)
    figures = figures_of_merit(data)
    plus = power[3].sum()
    assert value(figures, "phase_fidelity") == pytest.approx(plus / power.sum())
    assert value(figures, "linear_order_share") == pytest.approx(plus / power.sum())
    assert value(figures, "sinad") == pytest.approx(
        10 * np.log10(power[3, 0] / (power.sum() - 1 - power[3, 0]))
    )


def test_steps_and_layer_coordinates_are_kept():
    power, k = table()
    one = analysis(power, k, CAUSES).assign_coords(
        module_type=("layer", ["ReLU"]), size=(("layer", "axis"), [[4, 4]])
    )
    many = xr.concat([one, one], xr.Variable("step", [0, 20]))
    figures = figures_of_merit(many)
    assert figures.thd.dims[0] == "step"
    assert figures.module_type.values.tolist() == ["ReLU"]
    np.testing.assert_allclose(figures.thd.isel(step=1), figures_of_merit(one).thd)


def test_what_is_missing_is_nan_not_a_crash():
    power, k = table()
    figures = figures_of_merit(analysis(power, k, CAUSES).drop_attrs())
    assert np.isnan(value(figures, "gain"))
    assert np.isnan(value(figures, "sfdr"))
    assert np.isfinite(value(figures, "sinad"))


def test_silent_layers_and_pure_tones_do_not_warn():
    silent = figures_of_merit(analysis(np.zeros((5, 5)), np.arange(-2, 3), CAUSES))
    assert np.isnan(value(silent, "thd"))
    pure = figures_of_merit(analysis([[0.5], [0.0], [0.5]], [-1, 0, 1], input_order_1_power=0.0))
    assert value(pure, "gain") == np.inf
    assert value(pure, "sinad") == np.inf
    assert value(pure, "leakage") == value(pure, "image", level=0) == value(pure, "thd") == -np.inf
    assert value(pure, "linear_order_share") == 1.0
    assert pure.hd.dims == ("layer", "order")


def test_layers_without_any_power_value_are_nan_and_gaps_are_zero():
    power, k = table()
    power[:, 3] = np.nan
    figures = figures_of_merit(analysis(power, k, CAUSES))
    assert value(figures, "image", level=2) == -np.inf
    assert np.isfinite(value(figures, "sinad"))
    diverged = figures_of_merit(analysis(np.full_like(power, np.nan), k, CAUSES))
    assert all(np.isnan(diverged[name]).all() for name in NAMES)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(0, 1e3), min_size=15, max_size=15), st.floats(1e-6, 1e6))
def test_figures_do_not_depend_on_the_scale(values, scale):
    power = np.array(values).reshape(3, 5)
    power[1, 0] += 1.0
    power = np.concatenate((power[:0:-1], power))
    k = np.arange(-2, 3)
    a, b = (figures_of_merit(analysis(factor * power, k, CAUSES)) for factor in (1.0, scale))
    for name in NAMES - {"gain", "sfdr"}:
        np.testing.assert_allclose(a[name], b[name], rtol=1e-6, atol=1e-6)
    assert 0 <= value(a, "checkerboard") <= 1
    assert 0 <= value(a, "linear_order_share") <= 1


def test_bad_input_is_named():
    power, k = table()
    good = analysis(power, k, CAUSES)
    for data, message in [
        (good.power, "need a Dataset with power.* found DataArray"),
        (good.rename(power="energy"), "found a Dataset with energy"),
        (good.rename(cause="reason"), "'cause' is missing"),
        (good.drop_vars("order"), "'order' is missing"),
        (good.sel(order=[0, 2]), r"must hold order 1, found orders \[0, 2\]"),
        (-good, "must not be negative"),
    ]:
        with pytest.raises(ValueError, match=message):
            figures_of_merit(data)


def two_tones(lines, **attrs):
    """Order analysis of one layer from {(k, l): power}."""
    orders = np.arange(-3, 4)
    power = np.zeros((1, 7, 7, 1))
    for (k, n), value in lines.items():
        power[0, k + 3, n + 3, 0] = value
    coords = {"layer": ["act"], "order_1": orders, "order_2": orders, "cause": ["direct"]}
    data = xr.DataArray(power, coords, ("layer", "order_1", "order_2", "cause"))
    return xr.Dataset({"power": data}, attrs={"real": True} | attrs)


def test_two_tones_are_compared_with_both_fundamentals():
    lines = {(1, 0): 4.0, (0, 1): 1.0, (0, 0): 7.0, (2, 0): 0.3, (0, 3): 0.2, (1, -1): 0.5, (2, 1): 0.25}
    both = {order: value for k, value in lines.items() for order in (k, (-k[0], -k[1]))}
    layer = two_tones(both, input_order_1_power=20.0)
    layer["largest_spur"] = ("layer", [0.5])
    figures = figures_of_merit(layer)
    assert value(figures, "gain") == pytest.approx(10 * np.log10(10 / 20))
    assert value(figures, "hd", order=2) == pytest.approx(10 * np.log10(0.6 / 10))
    assert value(figures, "hd", order=3) == pytest.approx(10 * np.log10(0.4 / 10))
    assert value(figures, "imd", order=2) == pytest.approx(10 * np.log10(1.0 / 10))
    assert value(figures, "imd", order=3) == pytest.approx(10 * np.log10(0.5 / 10))
    assert value(figures, "thd_ratio") == pytest.approx(np.sqrt(1 / 10))
    assert value(figures, "sfdr") == pytest.approx(10 * np.log10(2 / 0.5))
    assert value(figures, "sinad") == pytest.approx(10 * np.log10(10 / 2.5))
    assert value(figures, "linear_order_share") == pytest.approx(10 / 19.5)
    complex_layer = figures_of_merit(two_tones(both, real=False))
    assert value(complex_layer, "phase_fidelity") == pytest.approx(5 / 19.5)
    with pytest.raises(ValueError, match="'order_2' is missing"):
        figures_of_merit(layer.rename(order_2="other"))


def test_layers_may_be_real_or_complex_each():
    power = np.array([[[1.0], [0.5], [3.0]]] * 2)
    coords = {"layer": ["inside", "decoded"], "order": [-1, 0, 1], "cause": ["all"]}
    scene = xr.Dataset(
        {
            "power": xr.DataArray(power, coords, ("layer", "order", "cause")),
            "real": ("layer", [True, False]),
            "input_order_1_power": ("layer", [4.0, 3.0]),
        }
    )
    figures = figures_of_merit(scene)
    np.testing.assert_allclose(figures.phase_fidelity, [np.nan, 3 / 4.5])
    np.testing.assert_allclose(figures.linear_order_share, [4 / 4.5, 3 / 4.5])
    np.testing.assert_allclose(figures.gain, [0, 0])
    for name in ("sfdr", "sinad", "alias", "leakage", "checkerboard"):
        assert figures[name].isnull().all()
