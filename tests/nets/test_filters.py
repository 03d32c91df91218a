import numpy as np
import pytest
import torch
from torch import nn

from workbench.nets import BINOMIAL, FilteredDownsample, FilteredUpsample, windowed_sinc


def tone(cycles, size=64):
    angle = 2 * torch.pi * cycles * torch.arange(size, dtype=torch.float64) / size
    return torch.cos(angle).expand(1, 1, size, size).contiguous()


def row_amplitudes(image):
    return torch.fft.rfft(image[0, 0, 0], norm="forward").abs()


def test_binomial_upsampling_is_bilinear():
    torch.manual_seed(0)
    image = torch.randn(2, 3, 5, 7)
    torch.testing.assert_close(
        FilteredUpsample(BINOMIAL, "replicate")(image), nn.Upsample(scale_factor=2, mode="bilinear")(image)
    )


@pytest.mark.parametrize("taps", [BINOMIAL, windowed_sinc(), windowed_sinc(16), windowed_sinc(8)])
def test_upsampling_is_stuffing_and_filtering(taps):
    torch.manual_seed(0)
    image = torch.randn(1, 1, 6, 10, dtype=torch.float64)
    stuffed = np.zeros((12, 20))
    stuffed[::2, ::2] = image[0, 0]
    position = np.arange(len(taps)) - (len(taps) // 2 - 1)
    for axis in (0, 1):
        stuffed = sum(
            2 * tap * np.roll(stuffed, shift, axis) for tap, shift in zip(taps, position, strict=True)
        )
    up = FilteredUpsample(taps, "circular").double()
    np.testing.assert_allclose(up(image)[0, 0].numpy(), stuffed, atol=1e-6)


@pytest.mark.parametrize("taps", [BINOMIAL, (0.5, 0.5), windowed_sinc(), windowed_sinc(6)])
def test_downsampling_is_filtering_and_decimation(taps):
    torch.manual_seed(0)
    image = torch.randn(1, 1, 8, 6, dtype=torch.float64)
    filtered = image[0, 0].numpy()
    position = np.arange(len(taps)) - (len(taps) // 2 - 1)
    for axis in (0, 1):
        filtered = sum(
            tap * np.roll(filtered, -shift, axis) for tap, shift in zip(taps, position, strict=True)
        )
    down = FilteredDownsample(taps, "circular").double()
    np.testing.assert_allclose(down(image)[0, 0].numpy(), filtered[::2, ::2], atol=1e-6)


def test_two_taps_down_are_average_pooling():
    image = torch.randn(1, 2, 8, 8)
    torch.testing.assert_close(FilteredDownsample((0.5, 0.5))(image), nn.AvgPool2d(2)(image))


@pytest.mark.parametrize("cycles", [4, 12, 20])
def test_binomial_leaves_the_image_its_cosine_cubed_says(cycles):
    amplitude = row_amplitudes(FilteredUpsample(BINOMIAL, "circular").double()(tone(cycles)))
    for line in (cycles, 64 - cycles):
        assert float(amplitude[line]) == pytest.approx(0.5 * np.cos(np.pi * line / 128) ** 3, rel=1e-6)


@pytest.mark.parametrize("cycles", [1, 4, 12, 20])
def test_sinc_leaves_next_to_no_image(cycles):
    amplitude = row_amplitudes(FilteredUpsample(windowed_sinc(), "circular").double()(tone(cycles)))
    assert float(amplitude[cycles]) == pytest.approx(0.5, rel=0.03)  # 0.25 dB of ripple
    assert float(amplitude[64 - cycles]) < 0.005


def test_sinc_suppresses_what_would_fold():
    kept = row_amplitudes(FilteredDownsample(windowed_sinc(), "circular").double()(tone(24)))
    plain = row_amplitudes(tone(24)[..., ::2, ::2])
    assert plain[8] == pytest.approx(0.5)
    assert kept[8] < 0.01


def test_the_sinc_has_its_half_amplitude_at_the_cutoff():
    for taps, cutoff in ((12, 0.25), (32, 0.125), (33, 0.2)):
        response = windowed_sinc(taps, cutoff)
        gain = abs(np.sum(response * np.exp(-2j * np.pi * cutoff * np.arange(taps))))
        assert gain == pytest.approx(0.5, abs=0.02)
        np.testing.assert_allclose(response, response[::-1])


@pytest.mark.parametrize("arguments", [(1, 0.25), (12, 0.5), (12, 0.0), (12, 0.25, 0.0)])
def test_bad_designs_are_refused(arguments):
    with pytest.raises(ValueError, match="a low-pass filter needs taps ≥ 2"):
        windowed_sinc(*arguments)


def test_filters_of_another_length_are_refused():
    with pytest.raises(ValueError, match="multiple of 4"):
        FilteredUpsample((0.5, 0.5))
    with pytest.raises(ValueError, match="symmetric"):
        FilteredDownsample((0.25, 0.75))


def test_filters_are_no_parameters_and_no_state():
    up = FilteredUpsample(BINOMIAL)
    assert not list(up.parameters())
    assert not up.state_dict()


def test_the_low_pass_is_half_at_its_cutoff_everywhere_symmetric():
    for taps, cutoff in ((12, 0.25), (31, 0.2), (64, 0.3)):
        response = windowed_sinc(taps, cutoff)
        np.testing.assert_allclose(response, response[::-1], atol=1e-15)
        position = np.arange(taps) - (taps - 1) / 2
        gain = response @ np.cos(2 * np.pi * np.outer(position, [0.0, cutoff]))
        np.testing.assert_allclose(gain, [1.0, 0.5], atol=0.02)
