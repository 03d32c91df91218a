"""What the labelled spectrum is given, against spectra whose every line is known."""

import numpy as np
import pytest
import torch
from torch import nn

from workbench.probes import analyse_orders, order_spectra
from workbench.session.line_frames import labelled_spectrum
from workbench.signals import find_lines

ARGUMENTS = {"tone": (5, 11), "phases": 64, "dtype": torch.float64}


@pytest.fixture(scope="module")
def relu():
    spectrum = order_spectra(nn.ReLU(), **ARGUMENTS, layers=["ReLU"])["ReLU"].to_dataset()
    return spectrum, find_lines(spectrum, floor=-60)


@pytest.fixture(scope="module")
def pooled():
    net = nn.Sequential(nn.Tanh(), nn.AvgPool2d(2))
    spectrum = order_spectra(net, **ARGUMENTS, offset=0.3, layers=["1"])["1"].to_dataset()
    return spectrum, find_lines(spectrum)


def test_lines_stand_on_the_spectrum(relu):
    """A line's level is the value of the picture at its bins, and the height of the cut there."""
    data = labelled_spectrum(*relu, floor=-60.0)
    alone = [i for i in range(data.sizes["line"]) if int((relu[1].peak == relu[1].peak[i]).sum()) == 1]
    for i in alone:
        at = {"frequency_y": float(data.y[i]), "frequency_x": float(data.x[i])}
        assert float(data.value.sel(**at)) == pytest.approx(float(data.peak_level[i]), abs=1e-9)
        cut = np.abs(data.cut_frequency.values - float(data["at"][i])).argmin()
        assert data.cut_value.values[cut] >= float(data.line_value[i]) - 1e-9
    assert float(data.value.max()) == pytest.approx(0, abs=0.01)
    assert data.label.values[0] == "order 1, direct"
    assert float(data["at"][0]) == 11 / 64
    assert data.attrs["top"] == pytest.approx(0)


@pytest.mark.parametrize(("along", "expected"), [("x", 11), ("y", 5), ("radial", np.hypot(5, 11))])
def test_axes_of_the_cut(relu, along, expected):
    data = labelled_spectrum(*relu, along=along)
    assert float(data["at"][0]) * 64 == pytest.approx(expected)
    assert data.attrs["along"] == along
    assert float(data.cut_frequency.min()) == 0, "of a real layer both signs are one"
    assert (np.diff(data.cut_frequency) > 0).all()


def test_units_scale_frequencies_and_nothing_else(pooled):
    sample = labelled_spectrum(*pooled)
    pixel = labelled_spectrum(*pooled, units="pixel")
    metre = labelled_spectrum(*pooled, units="metre", spacing=(4.0, 2.0))
    np.testing.assert_allclose(pixel.x, sample.x / 2)  # half a sample per pixel
    np.testing.assert_allclose(metre.x, pixel.x / 2)
    np.testing.assert_allclose(metre.y, pixel.y / 4)
    np.testing.assert_allclose(metre.frequency_y, sample.frequency_y / 8)
    np.testing.assert_array_equal(metre.value, sample.value)
    assert metre.attrs["frequency_unit"] == "cycles/m"


def test_one_order_alone(relu):
    data = labelled_spectrum(*relu, order=2)
    assert set(data.name.values.tolist()) == {"2"}
    power = relu[0].power.sel(order=[-2, 2]).sum("order")
    assert int((data.value > -79.9).sum()) == int((power > 1e-8 * relu[1].reference_power / 2).sum())
    assert relu[1].order.values[int(data.number[0])] == 2


def test_amplitudes_are_square_roots_of_powers(relu):
    decibels, linear = (labelled_spectrum(*relu, linear=flag) for flag in (False, True))
    np.testing.assert_allclose(20 * np.log10(linear.line_value), decibels.line_value, atol=1e-9)
    assert linear.attrs["floor"] == 0
    assert linear.attrs["threshold"] == 0


def test_theory_is_shown_where_it_is(relu):
    orders = analyse_orders(nn.ReLU(), **ARGUMENTS)
    data = labelled_spectrum(*relu, theory=orders.theory.sel(layer="ReLU"))
    known = np.isfinite(data.theory.values)
    assert known[:3].all()
    np.testing.assert_allclose(data.theory.values[known], data.line_value.values[known], atol=0.05)
    assert np.isnan(labelled_spectrum(*relu).theory).all()


def test_the_threshold_says_what_is_labelled(relu):
    data = labelled_spectrum(*relu, threshold=-20.0)
    np.testing.assert_array_equal(data.labelled, data.level >= -20)
    assert data.attrs["threshold"] == pytest.approx(-20)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": "furlong"}, "units must be one of sample, pixel, metre"),
        ({"units": "metre"}, "pixel spacing"),
        ({"along": "z"}, "along must be one of x, y, radial"),
    ],
)
def test_what_cannot_be_shown_is_said(relu, options, message):
    with pytest.raises(ValueError, match=message):
        labelled_spectrum(*relu, **options)
