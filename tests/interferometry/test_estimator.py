"""The coherence estimate against brute force, a second implementation, identities."""

import subprocess
import sys

import numpy as np
import pytest
import torch
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from workbench.interferometry import coherence, interferogram
from workbench.interferometry.windows import box_sum


def brute_force(x, y, rows, columns):
    out = np.empty((x.shape[0] - rows + 1, x.shape[1] - columns + 1), complex)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            a, b = x[i : i + rows, j : j + columns], y[i : i + rows, j : j + columns]
            out[i, j] = np.vdot(b, a) / np.sqrt(np.vdot(a, a).real * np.vdot(b, b).real)
    return out


def by_uniform_filter(x, y, size):
    def mean(values):
        return uniform_filter(values, size, mode="reflect")

    product = x * y.conj()
    cross = mean(product.real) + 1j * mean(product.imag)
    return cross / np.sqrt(mean(np.abs(x) ** 2) * mean(np.abs(y) ** 2))


@settings(max_examples=30, deadline=None)
@given(
    half=st.tuples(st.integers(0, 3), st.integers(1, 3)),
    extra=st.integers(0, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_valid_windows_equal_brute_force(half, extra, seed):
    rows, columns = 2 * half[0] + 1, 2 * half[1] + 1
    parts = np.random.default_rng(seed).normal(size=(4, rows + extra, columns + 2))
    x, y = parts[0] + 1j * parts[1], parts[2] + 1j * parts[3]
    maps = coherence(x, y, (rows, columns), border="valid")
    expected = brute_force(x, y, rows, columns)
    assert np.allclose(maps.magnitude, np.abs(expected), atol=1e-13)
    assert np.allclose(maps.magnitude * np.exp(1j * maps.phase), expected, atol=1e-13)


@pytest.mark.parametrize("size", [3, 5, 7, (3, 11)])
def test_reflected_borders_equal_uniform_filter(size, speckle):
    x, y = speckle(24, 31), speckle(24, 31)
    y = 0.6 * x + y
    maps = coherence(x, y, size)
    expected = by_uniform_filter(x, y, size)
    assert np.allclose(maps.magnitude, np.abs(expected), atol=1e-13)
    assert np.allclose(maps.phase, np.angle(expected), atol=1e-12)


def test_valid_is_the_inside_of_reflect(speckle):
    x, y = speckle(2, 12, 14), speckle(2, 12, 14)
    inside = coherence(x, y, (3, 5)).magnitude[:, 1:-1, 2:-2]
    assert np.allclose(coherence(x, y, (3, 5), border="valid").magnitude, inside)


def test_box_sum_leaves_nothing_behind_a_bright_pixel():
    """A running difference would carry 1e16's rounding along the row."""
    values = np.zeros((5, 64))
    values[2, 3] = 1e16
    values[2, 40] = 1.0
    sums = box_sum(values, (3, 5), "valid")
    assert sums[1, 36:41].tolist() == [1] * 5
    assert np.count_nonzero(sums) == 3 * (4 + 5)


@pytest.mark.parametrize("amplitude", [1e-200, 1e-6, 1.0, 1e6, 1e150])
def test_an_image_is_coherent_with_itself_at_any_scale(amplitude, speckle):
    x = speckle(8, 8)
    maps = coherence(amplitude * x, 3e-4j * x)
    assert np.allclose(maps.magnitude, 1, atol=1e-14)
    assert maps.magnitude.max() <= 1
    assert np.allclose(maps.corrected, 1)
    assert np.allclose(maps.phase, -np.pi / 2)
    assert maps.significant.all()


def test_phase_is_that_of_x_against_y():
    n = np.arange(16)
    x, y = np.exp(0.3j * n) * np.ones((8, 1)), np.exp(0.1j * n) * np.ones((8, 1))
    assert np.allclose(coherence(x, y).phase[:, 2:-2], (0.2 * n[2:-2] + np.pi) % (2 * np.pi) - np.pi)
    assert np.allclose(np.angle(interferogram(x, y)), np.angle(np.exp(0.2j * n)))


def test_known_coherence_is_found(speckle):
    x, noise = speckle(200, 200), speckle(200, 200)
    for true in (0.3, 0.6, 0.9):
        maps = coherence(x, true * x + np.sqrt(1 - true**2) * noise, 7, border="valid")
        assert float(maps.corrected.mean()) == pytest.approx(true, abs=0.02)


def test_labels_survive(speckle):
    x = xr.DataArray(
        speckle(8, 3, 9),
        dims=("y", "pass", "x"),
        coords={"pass": ["a", "b", "c"], "x": np.arange(9) * 2.5, "track": 88},
        attrs={"wavelength": 0.055},
    )
    maps = coherence(x, x.transpose("pass", "y", "x").copy(data=speckle(3, 8, 9)), window=3, border="valid")
    assert dict(maps.sizes) == {"pass": 3, "y": 6, "x": 7}
    assert maps.x.values.tolist() == (np.arange(1, 8) * 2.5).tolist()
    assert maps["pass"].values.tolist() == ["a", "b", "c"]
    assert maps.track == 88
    assert {name: maps[name].attrs["units"] for name in maps} == {
        "magnitude": "1",
        "phase": "rad",
        "corrected": "1",
        "significant": "1",
    }
    assert maps.significant.dtype == bool


def test_attrs_say_what_was_done(speckle):
    attrs = coherence(speckle(64, 64), speckle(64, 64), window=(3, 5)).attrs
    assert attrs["window"] == [3, 5]
    assert attrs["looks"] == 15
    assert attrs["border"] == "reflect"
    assert attrs["null_method"] == "analytic"
    assert 13 < attrs["effective_looks"] <= 15
    assert 0.43 < attrs["null_level"] < 0.49


def test_numpy_torch_and_xarray_agree(speckle):
    x, y = speckle(2, 9, 9).astype(np.complex64), speckle(2, 9, 9).astype(np.complex64)
    maps = coherence(x, y)
    assert maps.magnitude.dims == ("sample", "y", "x")
    dims = ("sample", "y", "x")
    assert maps.identical(coherence(xr.DataArray(x, dims=dims), xr.DataArray(y, dims=dims)))
    assert maps.identical(coherence(torch.from_numpy(x).requires_grad_(), torch.from_numpy(y)))
    assert maps.identical(coherence(x, torch.from_numpy(y.conj()).conj()))


def test_leading_axes_are_named(speckle):
    x = speckle(2, 3, 5, 5)
    assert coherence(x, x, 3).magnitude.dims == ("axis_0", "axis_1", "y", "x")


def test_windows_without_power_are_masked(speckle):
    x, y = speckle(12, 12), speckle(12, 12)
    x[:, 6:] = 0
    maps = coherence(x, y, 3)
    empty = np.zeros((12, 12), bool)
    empty[:, 7:] = True
    assert np.array_equal(np.isnan(maps.magnitude), empty)
    assert np.array_equal(np.isnan(maps.phase), empty)
    assert np.array_equal(np.isnan(maps.corrected), empty)
    assert not maps.significant.values[empty].any()


def test_an_image_without_any_power_is_masked_everywhere():
    maps = coherence(np.zeros((2, 8, 8), complex), np.zeros((2, 8, 8), complex))
    assert np.isnan(maps.magnitude).all()
    assert not maps.significant.any()


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (1, "odd sides, 3 or more"),
        (0, "odd sides"),
        (4, "odd sides"),
        (-3, "odd sides"),
        ((3, 4), "odd sides"),
        ((1, 1), "odd sides"),
        (11, "11 x 11 is larger than the image, 8 x 10"),
        ((9, 3), "9 x 3 is larger than the image, 8 x 10"),
        (5.0, "odd whole number"),
        ((3, 3, 3), "odd whole number"),
        ("global", "odd whole number"),
        (True, "odd whole number"),
    ],
)
def test_bad_windows_are_refused(window, message, speckle):
    with pytest.raises(ValueError, match=message):
        coherence(speckle(8, 10), speckle(8, 10), window)


def test_bad_images_are_refused(speckle):
    x = speckle(8, 8)
    hole = x.copy()
    hole[0, :3] = np.nan
    cases = [
        ((x.real, x), "coherence: x: complex needed .* found float64"),
        ((x, torch.ones(8, 8)), "coherence: y: complex needed .* found float32"),
        ((x, hole), "coherence: y: 3 of 64 values are NaN or infinite; set masked pixels to 0"),
        ((x, x[:, :7]), r"two images of one shape are needed, found \(8, 8\) with \(8, 7\)"),
        ((x[0], x[0]), r"an image \(..., y, x\) is needed, found shape \(8,\)"),
        ((x[None][:0], x[None][:0]), "is needed, found shape"),
        ((xr.DataArray(x, dims=("m", "n")), x), "dims y, x needed, found m, n"),
    ]
    for pair, message in cases:
        with pytest.raises(ValueError, match=message):
            coherence(*pair)


def test_unknown_options_name_the_known_ones(speckle):
    x = speckle(8, 8)
    with pytest.raises(ValueError, match="unknown border 'wrap'; there are reflect, valid"):
        coherence(x, x, border="wrap")
    with pytest.raises(ValueError, match="unknown null 'touzi'; there are auto, analytic, empirical"):
        coherence(x, x, null="touzi")


def test_numpy_users_do_not_pay_for_torch():
    code = (
        "import sys, numpy as np; from workbench.interferometry import coherence;"
        "coherence(np.ones((8, 8), complex), np.ones((8, 8), complex)); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_perfect_pair_does_not_exceed_one_by_rounding():
    y, x = np.mgrid[:64, :64]
    image = np.exp(1j * (2 * np.pi * (-0.5 * y - 0.5 * x) + 0.8))
    maps = coherence(image, np.sin(0.8) * image)
    assert float(maps.magnitude.max()) <= 1.0
    assert bool(np.isfinite(maps.corrected).all())
