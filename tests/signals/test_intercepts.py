"""Drive figures of polynomials, whose orders are known in closed form."""

import numpy as np
import pytest
import xarray as xr

from workbench.signals import drive_figures

AMPLITUDES = np.geomspace(1e-3, 2, 34)


def cubic(a2=0.0, a3=0.0, amplitudes=AMPLITUDES):
    """Orders 0 … 4 of z + a2·z² + a3·z³ for z = A cos t."""
    A = amplitudes
    lines = [a2 * A**2 / 2 * np.sqrt(2), A + 0.75 * a3 * A**3, a2 * A**2 / 2, a3 * A**3 / 4, 0 * A]
    power = np.stack(lines, -1)[:, None] ** 2 / 2
    return xr.DataArray(
        power,
        dims=("amplitude", "layer", "order"),
        coords={"amplitude": A, "layer": ["cubic"], "order": np.arange(5)},
    )


def two_tone(a2, a3, amplitudes=AMPLITUDES):
    A = amplitudes
    lines = {
        (1, 0): A + 9 / 4 * a3 * A**3,
        (0, 1): A + 9 / 4 * a3 * A**3,
        (1, 1): a2 * A**2,
        (2, -1): 0.75 * a3 * A**3,
    }
    power = np.stack(list(lines.values()), -1)[:, None] ** 2 / 2
    names = [f"{k},{m}" for k, m in lines]
    order = [abs(k) + abs(m) for k, m in lines]
    return xr.DataArray(
        power,
        dims=("amplitude", "layer", "product"),
        coords={"amplitude": A, "layer": ["cubic"], "product": names, "order": ("product", order)},
    )


def figures(power, along="order", **options):
    return drive_figures(power, power.sum(along), along=along, **options).isel(layer=0)


@pytest.mark.parametrize(("a2", "a3"), [(0.3, 0.1), (2.0, -0.01), (0.01, 4.0)])
def test_intercepts_of_a_cubic(a2, a3):
    found = figures(cubic(a2, a3))
    assert found.slope_db_per_db.sel(order=[2, 3]).values == pytest.approx([2, 3], abs=1e-9)
    assert found.slope_db_per_db.sel(order=1) == pytest.approx(1, abs=0.01)
    # order 2: a2 A²/2 = A at A = 2/a2; order 3: a3 A³/4 = A at A = 2/sqrt(a3)
    expected = 20 * np.log10([2 / a2, 2 / np.sqrt(abs(a3))])
    assert found.input_intercept.sel(order=[2, 3]).values == pytest.approx(expected, abs=1e-4)
    output = found.output_intercept - found.input_intercept
    assert output.sel(order=[2, 3]).values == pytest.approx(-10 * np.log10(2), abs=1e-4)  # A²/2 at gain 1
    assert found.local_slope.sel(order=3).values == pytest.approx(3, abs=1e-9)
    assert (found.intercept_note.sel(order=[2, 3]) == "").all()


def test_two_tones_meet_at_the_books_intercept():
    found = figures(two_tone(0.5, 0.2), "product")
    third = found.input_intercept.sel(product="2,-1")
    assert 10 ** (float(third) / 20) == pytest.approx(np.sqrt(4 / (3 * 0.2)), rel=1e-5)
    assert 10 ** (float(found.input_intercept.sel(product="1,1")) / 20) == pytest.approx(1 / 0.5, rel=1e-5)


def test_compression_of_a_saturating_cubic():
    found = figures(cubic(a3=-0.2, amplitudes=np.geomspace(1e-3, 1.2, 400)))
    exact = np.sqrt(4 / (3 * 0.2) * (1 - 10 ** (-1 / 20)))  # 1 − ¾·0.2·A² = −1 dB
    assert 10 ** (float(found.compression) / 20) == pytest.approx(exact, rel=1e-4)
    assert float(found.gain) == pytest.approx(-10 * np.log10(2), abs=1e-5)
    edge = np.sqrt(4 / (3 * 0.2) * (1 - 10 ** (-0.1 / 20)))
    assert 10 ** (float(found.small_signal_until) / 20) == pytest.approx(edge, rel=0.02)
    assert np.isnan(figures(cubic(a3=0.2)).compression)  # it expands


def test_without_a_small_signal_region_there_is_no_intercept():
    power = cubic(0.3, 0.1)
    scale = (power.amplitude / power.amplitude[0]) ** 2
    homogeneous = power.isel(amplitude=0, drop=True) * scale
    found = figures(homogeneous)
    assert found.slope_db_per_db.sel(order=[1, 2, 3]).values == pytest.approx(1)
    assert found.input_intercept.isnull().all()
    assert (
        "order 2 rises 1.00 dB per dB like order 1: homogeneous" in found.intercept_note.sel(order=2).item()
    )
    assert "2 or above" in found.intercept_note.sel(order=1).item()
    assert np.isnan(found.compression)


def test_rounding_is_no_signal():
    power = cubic(0.0, 0.1)
    noisy = power + 1e-30 * power.sum("order")
    found = figures(noisy, floor=1e-28)
    assert (
        "0 points of the small-signal region lie above rounding" in found.intercept_note.sel(order=2).item()
    )
    assert found.local_slope.sel(order=4).isnull().all()
    assert float(found.input_intercept.sel(order=3)) == pytest.approx(
        20 * np.log10(2 / np.sqrt(0.1)), abs=1e-3
    )


def test_a_square_alone_has_no_order_1_to_meet():
    power = cubic(1.0)
    found = figures(power.where(power.order != 1, 0.0))
    assert found.local_slope.sel(order=2).values == pytest.approx(2)
    assert found.input_intercept.isnull().all()


@pytest.mark.parametrize(
    "amplitudes", [[1.0, 2.0], [0.0, 1.0, 2.0], [1.0, 3.0, 2.0], [1.0, np.nan, 2.0], [1, 1, 2]]
)
def test_amplitudes_are_checked(amplitudes):
    with pytest.raises(ValueError, match="at least 3 amplitudes, positive, finite and ascending"):
        drive_figures(power := cubic(1.0, amplitudes=np.array(amplitudes, float)), power.sum("order"))
