"""Bad input gets one clear message."""

import numpy as np
import pytest
import torch
import xarray as xr

from workbench.mappings import MAPPINGS

NAMES = list(MAPPINGS)


@pytest.mark.parametrize("name", NAMES)
def test_real_images_are_not_encoded(name):
    real = np.ones((4, 4), np.float32)
    for image in (real, torch.from_numpy(real), xr.DataArray(real, dims=("y", "x"))):
        with pytest.raises(ValueError, match=rf"{name}.encode: complex needed .*found float32"):
            MAPPINGS[name].encode(image)


@pytest.mark.parametrize("name", NAMES)
def test_complex_images_are_not_decoded(name):
    image = np.ones((MAPPINGS[name].channels, 4, 4), np.complex64)
    for array in (image, torch.from_numpy(image)):
        with pytest.raises(ValueError, match=rf"{name}.decode: real needed .*found complex64"):
            MAPPINGS[name].decode(array)


def test_half_precision_is_not_decoded():
    with pytest.raises(ValueError, match="found float16"):
        MAPPINGS["nyquist"].decode(torch.ones(1, 4, 4, dtype=torch.float16))


@pytest.mark.parametrize("name", NAMES)
def test_nan_is_counted(name):
    x = np.ones((4, 4), complex)
    x[1, 1:3] = np.nan
    with pytest.raises(ValueError, match=rf"{name}.encode: 2 of 16 values are NaN or infinite"):
        MAPPINGS[name].encode(x)
    y = MAPPINGS[name].encode(np.ones((4, 4), complex))
    y[0, 0, 0] = np.inf
    with pytest.raises(ValueError, match=rf"{name}.decode: 1 of \d+ values are NaN or infinite"):
        MAPPINGS[name].decode(y)


@pytest.mark.parametrize("shape", [(4,), (0, 4), (4, 0), (), (0, 4, 4)])
def test_an_image_has_two_axes(shape):
    with pytest.raises(ValueError, match=r"an image .* is needed, found shape"):
        MAPPINGS["nyquist"].encode(np.ones(shape, complex))


@pytest.mark.parametrize("shape", [(2, 4, 4), (4, 4), (3, 2, 4, 4)])
def test_nyquist_decodes_one_channel(shape):
    with pytest.raises(ValueError, match=r"shape \(..., 1, y, x\) needed \(channels: nyquist\), found"):
        MAPPINGS["nyquist"].decode(np.ones(shape))


@pytest.mark.parametrize("name", ["nyquist", "real_imag_2x", "real_imag_repeat"])
@pytest.mark.parametrize("shape", [(5, 4), (4, 5)])
def test_doubled_grids_are_even(name, shape):
    mapping = MAPPINGS[name]
    with pytest.raises(ValueError, match=rf"an even grid is needed, found {shape[0]} x {shape[1]}"):
        mapping.decode(np.ones((mapping.channels, *shape)))


@pytest.mark.parametrize("name", NAMES)
def test_unknown_edge_modes_name_the_known_ones(name):
    with pytest.raises(ValueError, match="unknown edge mode 'keep'; there are pack, drop"):
        MAPPINGS[name].encode(np.ones((4, 4), complex), edge="keep")


def test_unknown_mappings_name_the_known_ones():
    with pytest.raises(KeyError, match=r"unknown mapping 'polar'; there are: nyquist, real_imag, mag_phase"):
        MAPPINGS["polar"]


def test_whole_numbers_are_decoded_as_float64():
    assert MAPPINGS["real_imag"].decode(np.ones((2, 2, 2), int)).dtype == np.complex128
