import numpy as np
import pytest
import torch
import xarray as xr
from torch.nn import functional

from workbench.signals import resample_response
from workbench.signals.rate_change import (
    change_rate,
    convolution_size,
    follow_line,
    overlap_counts,
    transposed_size,
)

IMAGE = np.random.default_rng(2).normal(size=(12, 24))


def torched(function, *args, **kwargs):
    return function(torch.from_numpy(IMAGE)[None, None], *args, **kwargs)[0, 0].numpy()


@pytest.mark.parametrize("factor", [2, 3])
def test_pixels_lie_where_torch_puts_them(factor):
    np.testing.assert_allclose(
        change_rate(IMAGE, "nearest", factor),
        torched(functional.interpolate, scale_factor=factor),
        atol=1e-14,
    )
    np.testing.assert_allclose(
        change_rate(IMAGE, "average_pool", factor), torched(functional.avg_pool2d, factor), atol=1e-14
    )
    np.testing.assert_array_equal(
        change_rate(IMAGE, "max_pool", factor), torched(functional.max_pool2d, factor)
    )
    np.testing.assert_array_equal(change_rate(IMAGE, "decimate", factor), IMAGE[::factor, ::factor])
    inside = (slice(factor, -factor), slice(factor, -factor))  # torch repeats the border, we wrap it
    bilinear = torched(functional.interpolate, scale_factor=factor, mode="bilinear", align_corners=False)
    np.testing.assert_allclose(change_rate(IMAGE, "bilinear", factor)[inside], bilinear[inside], atol=1e-14)


def test_a_transposed_convolution_is_zero_stuffing_with_its_kernel():
    taps = np.array([0.3, -1.0, 0.7, 0.2])
    kernel = torch.from_numpy(np.outer(taps, taps))[None, None]
    expected = torched(functional.conv_transpose2d, kernel, stride=2, padding=1)
    inside = (slice(4, -4), slice(4, -4))
    np.testing.assert_allclose(
        change_rate(IMAGE, "transposed", 2, kernel=taps)[inside], expected[inside], atol=1e-13
    )


def test_a_strided_convolution_is_its_kernel_then_every_second_pixel():
    taps = np.array([0.3, -1.0, 0.7, 0.2])
    kernel = torch.from_numpy(np.outer(taps, taps))[None, None]
    expected = torched(functional.conv2d, kernel, stride=2, padding=1)
    found = change_rate(IMAGE, "strided_conv", 2, kernel=taps)
    np.testing.assert_allclose(found[1:-1, 1:-1], expected[1:-1, 1:-1], atol=1e-13)


@pytest.mark.parametrize(
    "chain",
    [
        [("decimate", 2, {})],
        [("nearest", 2, {})],
        [("blurpool", 2, {}), ("bilinear", 2, {})],
        [("average_pool", 3, {}), ("zero_stuff", 3, {})],
        [("decimate", 4, {}), ("kaiser", 4, {"direction": "up"})],
        [("nearest", 2, {}), ("decimate", 4, {}), ("transposed", 2, {"kernel": [1, 2, 1]})],
    ],
)
@pytest.mark.parametrize("cycles", [0, 5, 17])
def test_lines_are_followed_exactly(chain, cycles):
    size = 48
    wave = np.cos(2 * np.pi * cycles * np.arange(size) / size)
    image = np.tile(wave, (size, 1))
    lines = xr.Dataset(
        {
            "bin": ("line", [cycles, -cycles] if cycles else [0]),
            "gain": ("line", np.array([0.5, 0.5] if cycles else [1.0], complex)),
            "cause": ("line", ["direct"] * (2 if cycles else 1)),
        },
        attrs={"size": size},
    )
    gain_y = 1.0
    for kind, factor, options in chain:
        image = change_rate(image, kind, factor, **options)
        lines = follow_line(lines, kind, factor, **options)
    # along y the image is constant; rows carry the line of frequency 0 of that axis
    rows = np.fft.fft2(image, norm="forward")[0]
    start = xr.Dataset(
        {"bin": ("line", [0]), "gain": ("line", [1 + 0j]), "cause": ("line", ["direct"])},
        attrs={"size": size},
    )
    for kind, factor, options in chain:
        start = follow_line(start, kind, factor, **options)
    gain_y = start.gain.values[start.bin.values == 0][0]
    predicted = np.zeros(image.shape[1], complex)
    predicted[lines.bin.values % image.shape[1]] = lines.gain.values * gain_y
    np.testing.assert_allclose(rows, predicted, atol=1e-13)


def test_levels_of_images_are_those_of_the_response():
    start = xr.Dataset(
        {"bin": ("line", [8]), "gain": ("line", [1 + 0j]), "cause": ("line", ["direct"])}, attrs={"size": 32}
    )
    lines = follow_line(start, "nearest", 2)
    ratio = 20 * np.log10(
        abs(lines.gain.values[lines.cause == "image"] / lines.gain.values[lines.cause == "direct"])
    )
    np.testing.assert_allclose(ratio, resample_response("nearest", at=8 / 32).image_level_db.values)


@pytest.mark.parametrize("size", [2, 5])
@pytest.mark.parametrize("kernel", [2, 3, 4])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1])
def test_counts_are_a_transposed_convolution_of_ones(size, kernel, stride, padding):
    try:
        expected = functional.conv_transpose2d(
            torch.ones(1, 1, size, size), torch.ones(1, 1, kernel, kernel), stride=stride, padding=padding
        )[0, 0]
    except RuntimeError:
        with pytest.raises(ValueError, match="leaves nothing"):
            overlap_counts(size, kernel, stride, padding)
        return
    np.testing.assert_array_equal(overlap_counts(size, kernel, stride, padding), expected)
    assert expected.shape[0] == transposed_size(size, kernel, stride, padding)


@pytest.mark.parametrize("size", [7, 32])
@pytest.mark.parametrize("kernel", [1, 3, 4])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("dilation", [1, 2])
def test_sizes_are_torchs(size, kernel, stride, padding, dilation):
    made = functional.conv2d(
        torch.ones(1, 1, size, size), torch.ones(1, 1, kernel, kernel),
        stride=stride, padding=padding, dilation=dilation,
    )  # fmt: skip
    assert made.shape[-1] == convolution_size(size, kernel, stride, padding, dilation)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: change_rate(np.ones((4, 4), complex), "nearest"), "finite real image"),
        (lambda: change_rate(np.ones(4), "nearest"), "finite real image"),
        (lambda: change_rate(np.ones((5, 4)), "decimate"), "cannot be divided by the factor 2"),
        (lambda: change_rate(np.ones((5, 4)), "max_pool"), "cannot be divided by the factor 2"),
        (lambda: change_rate(np.ones((4, 4)), "nearest", 1), "factor"),
        (lambda: change_rate(np.ones((4, 4)), "cubic"), "cubic"),
        (lambda: follow_line(xr.Dataset(attrs={"size": 4}), "max_pool"), "not linear"),
        (lambda: convolution_size(3, 5), "does not fit"),
        (lambda: transposed_size(1, 1, 1, 1), "leaves nothing"),
        (lambda: overlap_counts(2, 0, 1), "kernel"),
    ],
)
def test_what_makes_no_sense_is_said(call, message):
    with pytest.raises((ValueError, KeyError), match=message):
        call()


@pytest.mark.parametrize(("place", "cause"), [(3, "direct"), (4, "direct"), (-4, "direct"), (5, "alias")])
def test_a_line_at_the_new_nyquist_is_no_alias(place, cause):
    start = xr.Dataset(
        {"bin": ("line", [place]), "gain": ("line", [1.0 + 0j]), "cause": ("line", ["direct"])},
        attrs={"size": 16},
    )
    behind = follow_line(start, "decimate", 2)
    assert behind.cause.values.tolist() == [cause]
    assert int(behind.bin[0]) == (place + 4) % 8 - 4
