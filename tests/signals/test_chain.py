import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.signals.chain import (
    chain_lines,
    chain_spectrum,
    filter_gain,
    layer_chain,
    oversampled,
)

N = 64
SAMPLES = np.arange(N)


def tone(cycles, amplitude=1.0):
    return amplitude * np.cos(2 * np.pi * cycles * SAMPLES / N)


@given(
    st.sampled_from(["relu", "tanh", "sigmoid", "elu", "snake", "silu"]),
    st.integers(1, 31),
    st.floats(0.1, 3.0),
    st.floats(-2.0, 2.0),
    st.sampled_from([1, 2, 4]),
)
def test_one_tone_is_predicted_to_rounding(activation, cycles, amplitude, bias, factor):
    chain = layer_chain(tone(cycles, amplitude), activation, bias=bias, oversampling=factor)
    measured = np.fft.rfft(chain.y.values, norm="forward")
    predicted = chain_spectrum(activation, [(cycles, amplitude)], N, bias, factor)
    np.testing.assert_allclose(measured, predicted, atol=1e-12 * (1 + abs(bias) + amplitude))


@pytest.mark.parametrize(("activation", "close"), [("tanh", 1e-12), ("sigmoid", 1e-12), ("relu", 2e-5)])
@pytest.mark.parametrize("factor", [1, 2])
def test_two_tones_are_predicted(activation, close, factor):
    chain = layer_chain(tone(5, 0.8) + tone(12, 0.6), activation, bias=0.3, oversampling=factor)
    measured = np.fft.rfft(chain.y.values, norm="forward")
    predicted = chain_spectrum(activation, [(5, 0.8), (12, 0.6)], N, 0.3, factor)
    np.testing.assert_allclose(measured, predicted, atol=close)


def test_a_filter_changes_amplitude_by_its_gain():
    chain = layer_chain(tone(9), "identity", kernel=(0.25, 0.5, 0.25), bias=0.1)
    gain = filter_gain((0.25, 0.5, 0.25), 9 / N).real
    np.testing.assert_allclose(chain.z, 0.1 + gain * tone(9), atol=1e-14)
    np.testing.assert_allclose(gain, np.cos(np.pi * 9 / N) ** 2)


def test_a_convolution_is_one():
    rng = np.random.default_rng(3)
    signal, kernel = rng.normal(size=N), rng.normal(size=5)
    plain = [sum(kernel[i] * signal[(n - (i - 2)) % N] for i in range(5)) for n in range(N)]
    np.testing.assert_allclose(layer_chain(signal, "identity", kernel=kernel).z, plain, atol=1e-12)


def test_squares_of_two_tones_mix():
    lines = chain_lines(np.square, [(0.1, 1.0), (0.23, 0.5)], orders=2).to_dataframe()
    found = {(row.order_1, row.order_2): row.amplitude for row in lines.itertuples()}
    expected = {(0, 0): 0.5 + 0.125, (2, 0): 0.5, (0, 2): 0.125, (1, 1): 0.5, (1, -1): 0.5}
    for order, amplitude in found.items():
        assert amplitude == pytest.approx(expected.get(order, 0.0), abs=1e-12), order


def test_zones_say_where_a_line_was_folded_from():
    lines = chain_lines("relu", [(0.3, 1.0)], orders=5)
    np.testing.assert_allclose(lines.true_frequency, [0, 0.3, 0.6, 0.9, 1.2, 1.5])
    np.testing.assert_allclose(lines.frequency, [0, 0.3, 0.4, 0.1, 0.2, 0.5], atol=1e-12)
    assert lines.zone.values.tolist() == [1, 1, 2, 2, 3, 4]


def test_an_oversampled_square_does_not_fold():
    plain = np.fft.rfft(np.square(tone(20)), norm="forward")
    clean = np.fft.rfft(oversampled(tone(20), np.square, 2), norm="forward")
    assert abs(plain[24]) == pytest.approx(0.25)
    assert np.abs(clean[1:]).max() < 1e-15
    assert not bool(chain_lines(np.square, [(20 / N, 1.0)], orders=2, oversampling=2).kept[2])


@pytest.mark.parametrize("signal", [[], [[1.0, 2.0]], [1.0, np.nan], [3.0]])
def test_what_is_no_line_of_samples_is_refused(signal):
    with pytest.raises(ValueError, match="line of at least two finite samples"):
        layer_chain(signal, "relu")


@pytest.mark.parametrize("tones", [[], [(0.1, 1.0)] * 3])
def test_one_or_two_tones(tones):
    with pytest.raises(ValueError, match="one or two tones are needed"):
        chain_lines("relu", tones)
    with pytest.raises(ValueError, match="one or two tones are needed"):
        chain_spectrum("relu", tones, 64)
