"""Out-of-band ratio, fixed scale."""

import numpy as np
import pytest
import torch
import xarray as xr

from workbench.mappings import MAPPINGS, SCALE, from_network, out_of_band_ratio, to_network


def test_white_noise_is_half_out_of_band(rng):
    noise = rng.normal(size=(500, 16, 16))
    assert out_of_band_ratio(noise).mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("edge", "expected"), [("pack", 0.0), ("drop", 1.0)])
def test_a_checkerboard_is_in_band_for_pack_only(edge, expected):
    y = (-1.0) ** np.indices((8, 8)).sum(axis=0)
    assert out_of_band_ratio(y, edge=edge) == pytest.approx(expected, abs=1e-15)


def test_ratio_measures_added_energy_exactly(speckle):
    y = MAPPINGS["nyquist"].encode(speckle(16, 16))[0]
    m, n = np.indices(y.shape)
    y = y / np.sqrt(np.mean(y**2)) + np.sqrt(2 * 0.25) * np.cos(2 * np.pi * (3 * m - 5 * n) / 32)
    assert out_of_band_ratio(y) == pytest.approx(0.25 / 1.25)


def test_ratio_is_per_image_for_every_kind_of_array(speckle, rng):
    y = rng.normal(size=(3, 1, 8, 12))
    ratio = out_of_band_ratio(y)
    assert ratio.shape == (3, 1)
    assert np.allclose(out_of_band_ratio(torch.from_numpy(y)).numpy(), ratio)
    labelled = xr.DataArray(y, dims=("sample", "channel", "y", "x"), coords={"sample": [4, 5, 6]})
    found = out_of_band_ratio(labelled)
    assert found.dims == ("sample", "channel")
    assert found.sample.values.tolist() == [4, 5, 6]
    assert found.attrs["units"] == "1"
    assert np.allclose(found, ratio)


def test_ratio_of_nothing_is_nan():
    assert np.isnan(out_of_band_ratio(np.zeros((4, 4))))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.ones((4, 5)), "even grid is needed, found 4 x 5"),
        (np.ones((4, 4), complex), "real needed .* found complex128"),
        (np.full((4, 4), np.nan), "16 of 16 values are NaN"),
    ],
)
def test_ratio_refuses_bad_images(y, message):
    with pytest.raises(ValueError, match=message):
        out_of_band_ratio(y)


def test_scale_clips_to_one_with_the_share_told():
    y = np.array([[0.0, 1.0, -1.25, 1.3, -5.0]])
    scaled, share = to_network(y)
    assert np.allclose(scaled, [[0, 0.8, -1, 1, -1]])
    assert share == pytest.approx(0.4)
    assert np.allclose(from_network(scaled), [[0, 1, -1.25, 1.25, -1.25]])


def test_scale_is_the_same_in_torch_with_gradients():
    y = torch.tensor([[0.5, 3.0]], requires_grad=True)
    scaled, share = to_network(y)
    scaled.sum().backward()
    assert scaled.dtype == torch.float32
    assert share.item() == 0.5
    assert y.grad.numpy() == pytest.approx(np.array([[1 / SCALE, 0]]))


def test_scale_is_recorded_in_attrs():
    image = xr.DataArray(np.array([[0.5, 3.0]], np.float32), dims=("y", "x"), attrs={"mapping": "nyquist"})
    scaled, share = to_network(image, scale=2.0)
    assert scaled.attrs == {"mapping": "nyquist", "scale": 2.0, "clipped_share": share}
    assert scaled.dtype == np.float32
    assert from_network(scaled, scale=2.0).attrs == {"mapping": "nyquist"}


@pytest.mark.parametrize("scale", [0, -1, np.nan, np.inf])
def test_scale_must_be_positive(scale):
    for function in (to_network, from_network):
        with pytest.raises(ValueError, match="positive number is needed"):
            function(np.ones((2, 2)), scale)


def test_clipping_onetone_costs_little(rng):
    """The design's -36 dB on stripes of amplitude 0.5..1 (4 bands of 32 x 32)."""
    frequency, amplitude = rng.uniform(-np.pi, np.pi, (200, 4, 1)), rng.uniform(0.5, 1, (200, 4, 1))
    x = (amplitude * np.exp(1j * frequency * np.arange(32))).repeat(8, axis=1)
    nyquist = MAPPINGS["nyquist"]
    scaled, share = to_network(nyquist.encode(x, edge="drop"))
    error = nyquist.decode(from_network(scaled), edge="drop") - x
    assert 10 * np.log10(np.sum(np.abs(error) ** 2) / np.sum(np.abs(x) ** 2)) < -34
    assert 0 < share < 0.002
