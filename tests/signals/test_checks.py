import numpy as np
import pytest
import torch

from workbench.signals import host_array, spectrum
from workbench.signals.checks import finite_number, finite_real, whole_number


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(6.0, requires_grad=True).reshape(2, 3),
        torch.arange(6.0).reshape(3, 2).T,
        torch.complex(torch.arange(6.0), torch.ones(6)).reshape(2, 3).conj(),
        torch.complex(torch.arange(6.0), torch.ones(6)).reshape(2, 3).conj().imag,
    ],
)
def test_every_tensor_is_taken(tensor):
    np.testing.assert_array_equal(host_array(tensor), np.asarray(tensor.detach().tolist()))
    expected = spectrum(np.asarray(tensor.detach().tolist()))
    np.testing.assert_allclose(spectrum(tensor).values, expected.values, atol=1e-6)


@pytest.mark.parametrize(
    ("value", "least"), [(1.5, None), ("3", None), (2, 3), (None, 0), ([1], None), (np.nan, None)]
)
def test_what_is_no_integer_is_refused(value, least):
    with pytest.raises(ValueError, match=r"^size must be an integer( >= \d)?, found "):
        whole_number(value, "size", least)


@pytest.mark.parametrize("value", [3, np.int8(3), 3.0, np.float32(3), torch.tensor(3)])
def test_every_integer_is_taken(value):
    assert whole_number(value, "size", least=3) == 3
    assert type(whole_number(value, "size")) is int


@pytest.mark.parametrize("value", [1j, "1", np.nan, [1.0], None])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="at must be one finite real number, found "):
        finite_number(value, "at")


def test_integers_become_float64():
    assert finite_real(np.int8([1, 2]), "amplitude").dtype == np.float64
