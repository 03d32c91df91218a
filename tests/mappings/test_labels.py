"""Labelled arrays come back labelled: dims, positions on the finer grid, attributes."""

import numpy as np
import pytest
import xarray as xr

from workbench.mappings import MAPPINGS

DOUBLED = ("nyquist", "real_imag_2x", "real_imag_repeat")


@pytest.fixture
def slc(speckle):
    return xr.DataArray(
        speckle(2, 3, 4),
        dims=("sample", "y", "x"),
        coords={
            "sample": ["a", "b"],
            "y": ("y", [10.0, 24.0, 38.0], {"units": "m"}),
            "x": ("x", [0, 2, 4, 6]),
            "latitude": (("y", "x"), np.ones((3, 4))),
            "track": 88,
        },
        attrs={"wavelength": 0.055},
        name="slc",
    )


@pytest.mark.parametrize("name", MAPPINGS)
def test_round_trip_keeps_labels(name, slc):
    mapping = MAPPINGS[name]
    y = mapping.encode(slc)
    assert y.dims == ("sample", "channel", "y", "x")
    assert y.channel.values.tolist() == list(mapping.labels)
    assert y.attrs == {"wavelength": 0.055, "mapping": name, "edge": "pack"}
    assert np.allclose(y.values, mapping.encode(slc.values))
    back = mapping.decode(y)
    assert back.dims == slc.dims
    assert back.name == "slc"
    assert back.attrs == slc.attrs
    for axis in ("sample", "y", "x", "track"):
        assert np.array_equal(back[axis], slc[axis])
    assert back.y.attrs == {"units": "m"}
    assert ("latitude" in back.coords) == (mapping.factor == 1)
    assert np.allclose(back.values, slc.values)


def test_the_finer_grid_has_the_positions_of_its_samples(slc):
    y = MAPPINGS["nyquist"].encode(slc)
    assert y.y.values.tolist() == [10, 17, 24, 31, 38, 45]
    assert y.x.values.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    repeated = MAPPINGS["real_imag_repeat"].encode(slc)
    assert repeated.x.values.tolist() == [-0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5]


@pytest.mark.parametrize("name", DOUBLED)
def test_positions_that_cannot_be_refined_are_left_out(name, speckle):
    x = xr.DataArray(speckle(1, 2), dims=("y", "x"), coords={"y": [3.0], "x": ["near", "far"]})
    y = MAPPINGS[name].encode(x)
    assert set(y.coords) == {"channel"}
    assert np.allclose(MAPPINGS[name].decode(y), x)


def test_any_order_of_dims_will_do(slc):
    turned = MAPPINGS["nyquist"].encode(slc.transpose("x", "sample", "y"))
    assert turned.equals(MAPPINGS["nyquist"].encode(slc))
    assert MAPPINGS["nyquist"].decode(turned.transpose("y", "channel", "x", "sample")).dims == (
        "sample",
        "y",
        "x",
    )


def test_a_bare_array_stays_bare(speckle):
    y = MAPPINGS["nyquist"].encode(xr.DataArray(speckle(4, 4), dims=("y", "x")), edge="drop")
    assert set(y.coords) == {"channel"}
    assert y.attrs == {"mapping": "nyquist", "edge": "drop"}


def test_wrong_labels_are_refused(slc):
    with pytest.raises(ValueError, match=r"nyquist.encode: dims y, x needed, found sample, azimuth, x"):
        MAPPINGS["nyquist"].encode(slc.drop_vars("latitude").rename(y="azimuth"))
    with pytest.raises(ValueError, match="has no dim 'channel'"):
        MAPPINGS["nyquist"].encode(slc.rename(sample="channel"))
    with pytest.raises(ValueError, match=r"mag_phase.decode: this image was made by mapping 'real_imag'"):
        MAPPINGS["mag_phase"].decode(MAPPINGS["real_imag"].encode(slc))
    with pytest.raises(ValueError, match="dims channel, y, x needed"):
        MAPPINGS["real_imag"].decode(slc.real)
