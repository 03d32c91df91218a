"""The direct mappings with their controls say what their names say."""

import numpy as np

from workbench.mappings import MAPPINGS


def test_real_imag_is_real_then_imaginary(speckle):
    x = speckle(3, 4)
    y = MAPPINGS["real_imag"].encode(x)
    assert np.array_equal(y[0], x.real)
    assert np.array_equal(y[1], x.imag)


def test_mag_phase_is_centred_magnitude_then_phase_over_pi():
    y = MAPPINGS["mag_phase"].encode(np.array([[1.0 + 0j, 0.5j, -1 + 0j, 0]]))
    assert np.allclose(y[0], [[1, 0, 1, -1]])
    assert np.allclose(y[1], [[0, 0.5, 1, 0]])


def test_mag_phase_decodes_a_negative_magnitude_to_the_opposite_phase():
    y = np.array([[[-2.0]], [[0.25]]])
    assert np.allclose(MAPPINGS["mag_phase"].decode(y), 0.5 * np.exp(1j * (np.pi / 4 + np.pi)))


def test_repeat_repeats(speckle):
    x = speckle(2, 3)
    y = MAPPINGS["real_imag_repeat"].encode(x)
    for rows in (0, 1):
        for columns in (0, 1):
            assert np.array_equal(y[1, rows::2, columns::2], x.imag)


def test_2x_is_the_nyquist_mapping_before_its_carrier(speckle):
    x = speckle(5, 7)
    real, imag = MAPPINGS["real_imag_2x"].encode(x)
    m, n = np.indices(real.shape)
    assert np.allclose((real + 1j * imag)[::2, ::2], x)
    assert np.allclose(MAPPINGS["nyquist"].encode(x)[0], ((real + 1j * imag) * 1j ** ((m + n) % 4)).real)


def test_2x_ignores_what_is_outside_the_low_band(speckle):
    x = speckle(8, 8)
    y = MAPPINGS["real_imag_2x"].encode(x)
    m, n = np.indices(y.shape[-2:])
    assert np.allclose(MAPPINGS["real_imag_2x"].decode(y + np.cos(np.pi * m)), x)
    assert np.allclose(MAPPINGS["real_imag_2x"].decode(y + np.cos(2 * np.pi * 7 / 16 * n)), x)
