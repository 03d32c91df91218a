"""Every mapping undoes itself, in both precisions and both array libraries."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.mappings import EDGES, MAPPINGS

NAMES = ("nyquist", "real_imag", "mag_phase", "real_imag_2x", "real_imag_repeat")
TOLERANCE = {np.complex64: 5e-6, np.complex128: 1e-12}
SHAPES = [(1, 1), (1, 4), (4, 1), (2, 2), (2, 3), (5, 7), (7, 6), (8, 32), (3, 2, 4, 6), (256, 256)]


def relative(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


def test_the_five_mappings_have_their_channels_and_grids():
    assert {name: (m.channels, m.factor) for name, m in MAPPINGS.items()} == {
        "nyquist": (1, 2),
        "real_imag": (2, 1),
        "mag_phase": (2, 1),
        "real_imag_2x": (2, 2),
        "real_imag_repeat": (2, 2),
    }
    assert all(mapping.name == name for name, mapping in MAPPINGS.items())


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_numpy_round_trip_is_exact_and_keeps_precision(name, shape, dtype, speckle):
    mapping, x = MAPPINGS[name], speckle(*shape, dtype=dtype)
    y = mapping.encode(x)
    assert y.shape == (*shape[:-2], mapping.channels, mapping.factor * shape[-2], mapping.factor * shape[-1])
    assert y.dtype == x.real.dtype
    back = mapping.decode(y)
    assert back.dtype == dtype
    assert back.shape == shape
    assert relative(back, x) < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("name", NAMES)
def test_torch_computes_what_numpy_does(name, edge, dtype, speckle):
    mapping, x = MAPPINGS[name], speckle(2, 3, 6, 10, dtype=dtype)
    y = mapping.encode(x, edge=edge)
    tensor = mapping.encode(torch.from_numpy(x), edge=edge)
    assert tensor.dtype == {np.complex64: torch.float32, np.complex128: torch.float64}[dtype]
    assert np.abs(tensor.numpy() - y).max() < TOLERANCE[dtype]
    back = mapping.decode(tensor, edge=edge)
    assert back.dtype == torch.from_numpy(x).dtype
    assert np.abs(back.numpy() - mapping.decode(y, edge=edge)).max() < TOLERANCE[dtype]


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    leading=st.lists(st.integers(1, 3), max_size=2),
    rows=st.integers(1, 17),
    columns=st.integers(1, 17),
    seed=st.integers(0, 2**32 - 1),
)
def test_round_trip_of_any_shape(name, leading, rows, columns, seed):
    parts = np.random.default_rng(seed).normal(size=(2, *leading, rows, columns))
    x = parts[0] + 1j * parts[1]
    mapping = MAPPINGS[name]
    assert relative(mapping.decode(mapping.encode(x)), x) < 1e-12


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 9), columns=st.integers(1, 9), seed=st.integers(0, 2**32 - 1))
def test_dropping_the_edge_bin_is_a_projection(rows, columns, seed):
    parts = np.random.default_rng(seed).normal(size=(2, rows, columns))
    nyquist, x = MAPPINGS["nyquist"], parts[0] + 1j * parts[1]
    once = nyquist.decode(nyquist.encode(x, edge="drop"), edge="drop")
    twice = nyquist.decode(nyquist.encode(once, edge="drop"), edge="drop")
    assert np.abs(twice - once).max() < 1e-12
    if rows % 2 or columns % 2:
        assert np.abs(once - x).max() < 1e-12


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_right(name, edge):
    mapping = MAPPINGS[name]
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(4, 2, dtype=torch.complex128, generator=generator, requires_grad=True)
    y = torch.randn(mapping.channels, 4, 4, dtype=torch.float64, generator=generator, requires_grad=True)
    assert torch.autograd.gradcheck(lambda t: mapping.encode(t, edge=edge), (x,))
    assert torch.autograd.gradcheck(lambda t: mapping.decode(t, edge=edge), (y,))


@pytest.mark.parametrize("name", NAMES)
def test_a_tensor_stays_on_its_device(name):
    mapping = MAPPINGS[name]
    y = mapping.encode(torch.zeros(2, 4, 4, dtype=torch.complex64, device="meta"))
    assert y.device.type == "meta"
    assert mapping.decode(y).device.type == "meta"


def test_numpy_users_do_not_pay_for_torch():
    code = (
        "import sys, numpy as np; from workbench.mappings import MAPPINGS;"
        "MAPPINGS['nyquist'].encode(np.ones((4, 4), complex)); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_nothing_is_written_into_the_input(speckle):
    for mapping in MAPPINGS.values():
        x = speckle(4, 4)
        y = mapping.encode(x)
        before = x.copy(), y.copy()
        mapping.encode(x)[:] = 7
        mapping.decode(y)[:] = 7
        assert np.array_equal(x, before[0])
        assert np.array_equal(y, before[1])
