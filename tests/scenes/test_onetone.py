import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.scenes import SCENES

onetone = SCENES["onetone"]


@settings(max_examples=30, deadline=None)
@given(size=st.integers(4, 40), bands=st.integers(1, 12), seed=st.integers(0, 2**40))
def test_every_band_is_the_tone_it_says(size, bands, seed):
    if bands > size:
        bands = size
    scene = onetone(size=size, count=2, seed=seed, bands=bands)
    n = np.arange(size)
    covered = np.zeros(size, int)
    for band in range(bands):
        rows = slice(int(scene.band_start[band]), int(scene.band_stop[band]))
        covered[rows] += 1
        frequency, amplitude = scene.frequency[:, band].values, scene.amplitude[:, band].values
        tone = amplitude[:, None] * np.exp(2j * np.pi * frequency[:, None] * n)
        np.testing.assert_allclose(
            scene.slc.values[:, rows], np.broadcast_to(tone[:, None], scene.slc[:, rows].shape), atol=1e-6
        )
        for channel, value in enumerate([2 * frequency, 4 * amplitude - 3, np.full(2, -1.0)]):
            np.testing.assert_allclose(
                scene.condition.values[:, channel, rows],
                np.broadcast_to(value[:, None, None], (2, *scene.slc[0, rows].shape)),
                atol=1e-6,
            )
    assert (covered == 1).all()
    heights = scene.band_stop - scene.band_start
    assert int(heights.max() - heights.min()) <= 1


def test_types_labels_ranges():
    scene = onetone(size=16, count=3, seed=5, bands=4)
    assert scene.slc.dims == ("sample", "y", "x")
    assert scene.slc.dtype == np.complex64
    assert scene.condition.dims == ("sample", "channel", "y", "x")
    assert scene.condition.dtype == np.float32
    assert scene.channel.values.tolist() == ["frequency", "amplitude", "background"]
    assert scene.frequency.attrs["units"] == "cycles/sample"
    assert (scene.attrs["source"], scene.attrs["seed"]) == ("onetone", 5)


def test_frequencies_and_amplitudes_are_uniform():
    scene = onetone(size=8, count=4000, seed=1, bands=2)
    frequency, amplitude = scene.frequency.values.ravel(), scene.amplitude.values.ravel()
    assert -0.5 <= frequency.min() < -0.499 < 0.499 < frequency.max() < 0.5
    assert 0.5 <= amplitude.min() < 0.501 < 0.999 < amplitude.max() <= 1
    assert np.histogram(frequency, 10, (-0.5, 0.5))[0].std() < 4 * np.sqrt(800)
    assert abs(np.corrcoef(frequency, amplitude)[0, 1]) < 0.05


def test_equal_seeds_equal_bits_and_a_prefix():
    long, again, other = onetone(32, 6, 7), onetone(32, 6, 7), onetone(32, 6, 8)
    xr.testing.assert_identical(long, again)
    np.testing.assert_array_equal(onetone(32, 2, 7).slc, long.slc[:2])
    assert not np.array_equal(long.slc, other.slc)


def test_a_known_scene_stays_what_it_is():
    scene = onetone(size=4, count=1, seed=0, bands=1)
    frequency, amplitude = 0.6369616873214543 - 0.5, 0.5 + 0.5 * 0.2697867137638703  # numpy's PCG64, seed 0
    np.testing.assert_allclose(
        scene.slc[0, 0], amplitude * np.exp(2j * np.pi * frequency * np.arange(4)), atol=1e-6
    )


@pytest.mark.parametrize(
    "arguments", [{"size": 0}, {"count": 0}, {"bands": 0}, {"size": 8.0}, {"count": True}]
)
def test_bad_numbers(arguments):
    with pytest.raises(ValueError, match=f"positive whole number as {next(iter(arguments))}"):
        onetone(**arguments)


def test_more_bands_than_rows():
    with pytest.raises(ValueError, match="9 bands in 8 rows"):
        onetone(size=8, bands=9)


def test_unknown_scene():
    with pytest.raises(KeyError, match="unknown scene 'twotone'; there are: onetone, flat_earth"):
        SCENES["twotone"]
