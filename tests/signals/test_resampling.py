import numpy as np
import pytest
import torch
from torch.nn.functional import conv1d, conv_transpose1d, interpolate

from workbench.signals import RESAMPLERS, power_db, resample_response

KERNELS = {"transposed": {"kernel": [0.3, 1.0, 0.8, 0.1]}, "strided_conv": {"kernel": [0.3, 1.0, 0.8]}}


def test_reference_levels():
    # the measured references (a random convolution follows them) lie within 0.4 dB of these closed forms
    for bins, nearest, bilinear in [(4, -13.7, -41.8), (8, -7.4, -22.8), (14, -1.7, -5.1)]:
        at = bins / 32
        for kind, expected, power in (("nearest", nearest, 1), ("bilinear", bilinear, 3)):
            level = float(resample_response(kind, at=at).image_level_db[0])
            assert level == pytest.approx(power * 20 * np.log10(np.tan(np.pi * at / 2)))
            assert level == pytest.approx(expected, abs=0.4)
    assert float(resample_response("nearest", at=0.0).image_level_db[0]) < -300


@pytest.mark.parametrize("kind", ["nearest", "bilinear", "transposed", "zero_stuff"])
@pytest.mark.parametrize("factor", [2, 3])
def test_up_samplers_against_torch(kind, factor):
    size, bins = 30, 7
    tone = torch.cos(2 * torch.pi * bins * torch.arange(size, dtype=torch.float64) / size)[None, None]
    tiled = tone.repeat(1, 1, 3)  # two more periods of the frame keep the borders away
    if kind in ("transposed", "zero_stuff"):
        taps = KERNELS.get(kind, {"kernel": [1.0]})["kernel"]
        out = conv_transpose1d(tiled, torch.tensor(taps, dtype=torch.float64)[None, None], stride=factor)
    else:
        mode = {"nearest": "nearest", "bilinear": "linear"}[kind]
        out = interpolate(tiled, scale_factor=factor, mode=mode)
    middle = out[0, 0, factor * size : 2 * factor * size].numpy()
    lines = np.abs(np.fft.fft(middle, norm="forward")) ** 2
    expected = resample_response(kind, factor, at=bins / size, **KERNELS.get(kind, {}))
    images = [lines[(bins + r * size) % (factor * size)] for r in range(factor)]
    np.testing.assert_allclose(power_db(np.array(images[1:]) / images[0]), expected.image_level_db, atol=1e-9)
    # a cosine of amplitude 1 shows 1/4 of power at each sign
    assert power_db(4 * images[0]) == pytest.approx(expected.attrs["baseband_gain_db"], abs=1e-9)


@pytest.mark.parametrize("kind", ["average_pool", "strided_conv", "decimate", "blurpool"])
def test_down_samplers_against_torch(kind):
    factor, size, bins = 2, 64, 5
    response = resample_response(kind, factor, at=bins / 32, **KERNELS.get(kind, {}))
    taps = response.kernel.values
    powers = []
    for component in (bins, bins + 32):  # both arrive at the same output bin
        tone = torch.from_numpy(np.exp(2j * np.pi * component * np.arange(size) / size))
        signal = torch.cat([tone, tone])[None, None]
        weight = torch.tensor(taps[::-1].copy(), dtype=torch.complex128)[None, None]
        out = conv1d(signal, weight, stride=factor)[0, 0, : size // factor]
        powers.append(np.abs(np.fft.fft(out.numpy(), norm="forward")[bins]) ** 2)
    assert power_db(powers[1] / powers[0]) == pytest.approx(float(response.image_level_db[0]), abs=1e-9)
    assert power_db(powers[0]) == pytest.approx(response.attrs["baseband_gain_db"], abs=1e-9)
    assert response.frequency.attrs["units"] == "cycles per input sample"


@pytest.mark.parametrize("kind", RESAMPLERS)
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_response_is_the_transform_of_the_kernel(kind, factor):
    result = resample_response(kind, factor, size=64, **KERNELS.get(kind, {}))
    turns = np.exp(-2j * np.pi * np.outer(result.frequency, result.tap))
    np.testing.assert_allclose(result.response, turns @ result.kernel.values, atol=1e-13)
    assert result.image.values.tolist() == list(range(1, factor))
    assert result.image_level_db.attrs["units"] == "dB"
    known = {"zero_stuff": 1.0, "decimate": 1.0, "average_pool": 1.0, "blurpool": 1.0}
    if kind not in KERNELS:
        assert float(result.kernel.sum()) == pytest.approx(known.get(kind, factor))


def test_zero_stuffing_and_decimation_keep_everything():
    for kind in ("zero_stuff", "decimate"):
        np.testing.assert_allclose(resample_response(kind, 4).image_level_db, 0.0, atol=1e-12)


def test_kaiser_design_keeps_its_promise():
    for direction in ("up", "down"):
        for attenuation in (40.0, 80.0):
            options = {"direction": direction, "cutoff": 0.4, "half_width": 0.1, "attenuation": attenuation}
            result = resample_response("kaiser", 2, size=4096, **options)
            gain = abs(result.response) / (2 if direction == "up" else 1)
            # frequencies of the response are cycles per high-rate sample: half of the low-rate ones
            stop = gain.where(abs(result.frequency) >= 0.25, drop=True)
            through = gain.where(abs(result.frequency) <= 0.15, drop=True)
            assert 20 * np.log10(float(stop.max())) < -attenuation + 3
            assert float(abs(through - 1).max()) < 10 ** (-attenuation / 20) * 2
            assert float(result.image_level_db[0]) < -attenuation + 3


def test_longer_sinc_leaves_less_of_the_image():
    levels = [float(resample_response("sinc", at=0.4, taps=taps).image_level_db[0]) for taps in (9, 33, 129)]
    assert levels == sorted(levels, reverse=True)


def test_more_binomial_taps_leave_less_of_the_alias():
    levels = [float(resample_response("blurpool", taps=taps).image_level_db[0]) for taps in (1, 2, 3, 5)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] == pytest.approx(0.0)
    assert resample_response("blurpool").kernel.values.tolist() == [0.25, 0.5, 0.25]


def test_where_the_images_land():
    result = resample_response("nearest", 4, at=0.25)
    np.testing.assert_allclose(result.image_frequency, [0.3125, -0.4375, -0.1875])
    assert result.attrs["at_units"] == "cycles per input sample"
    assert result.attrs["direction"] == "up"


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("lanczos", {}, "unknown resampler 'lanczos'; there are: zero_stuff, nearest"),
        ("nearest", {"factor": 1}, "factor must be an integer >= 2"),
        ("nearest", {"factor": 2.5}, "factor must be an integer >= 2"),
        ("nearest", {"size": 0}, "size must be an integer >= 1"),
        ("nearest", {"at": 0.7}, "at must be a frequency in"),
        ("nearest", {"kernel": [1]}, "'nearest' has no option 'kernel'; its options: none"),
        ("blurpool", {"tap": 3}, "its options: taps"),
        ("blurpool", {"taps": 0}, "taps must be an integer >= 1"),
        ("transposed", {}, "'transposed' needs kernel="),
        ("transposed", {"kernel": [[1.0]]}, "list of finite real taps, found shape"),
        ("transposed", {"kernel": [1.0, np.nan]}, "list of finite real taps"),
        ("kaiser", {"cutoff": 1.5}, "cutoff must lie in"),
        ("kaiser", {"half_width": 0.0}, "half_width must lie in"),
        ("kaiser", {"attenuation": 3.0}, "attenuation must lie in"),
        ("kaiser", {"direction": "sideways"}, 'direction must be "up" or "down"'),
    ],
)
def test_bad_input_is_named(kind, options, message):
    with pytest.raises(ValueError, match=message):
        resample_response(kind, **options)
