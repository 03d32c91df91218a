"""Energies of orders and bins, against the transform over all axes at once."""

import numpy as np
import pytest
import torch

from workbench.probes import reduction
from workbench.probes.reduction import Frames, cropped, energies, first_orders, row_energies


def plain(frames, phases, axes):
    """Sum over channels of |DFT over phases and space|², all phase orders."""
    cycle = frames.numpy().reshape(*(phases,) * axes, *frames.shape[1:])
    spectra = np.fft.fftn(cycle, axes=(*range(axes), axes + 1, axes + 2), norm="forward")
    return (abs(spectra) ** 2).sum(axes).reshape(phases**axes, *frames.shape[2:])


@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize(("phases", "axes"), [(8, 1), (15, 1), (40, 1), (4, 2), (5, 2)])
@pytest.mark.parametrize("block", [1, 1 << 10, 1 << 18])
def test_energies(monkeypatch, real, phases, axes, block):
    monkeypatch.setattr(reduction, "_CACHED", block)
    frames = torch.randn(phases**axes, 5, 6, 7, dtype=torch.float64 if real else torch.complex128)
    energy = energies(frames, phases, axes)
    assert energy.dtype == torch.float64
    np.testing.assert_allclose(energy, plain(frames, phases, axes)[: len(energy)], rtol=1e-12)
    if axes == 1:
        np.testing.assert_allclose(row_energies(frames, phases), energy.sum((1, 2)), rtol=1e-12)


def test_small_orders_beside_large_ones_keep_their_digits():
    """No difference of large energies: single precision reaches down to its rounding of amplitudes."""
    j = torch.arange(16) * 2 * torch.pi / 16
    frames = (1 + torch.cos(j) + 1e-6 * torch.cos(3 * j))[:, None, None, None].expand(-1, 1, 8, 8)
    energy = energies(frames.float(), 16)[:, 0, 0]
    assert 10 * np.log10(float(energy[5])) < -130
    assert float(energy[3]) == pytest.approx(0.25e-12, rel=0.2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_halves_are_reduced_in_single_precision(dtype):
    frames = torch.randn(8, 3, 6, 6).to(dtype)
    np.testing.assert_allclose(energies(frames, 8), energies(frames.double(), 8), rtol=1e-4, atol=1e-9)
    assert first_orders(frames, 8)[0].dtype == torch.float32


def test_first_orders():
    frames = torch.randn(12, 2, 3, 4, dtype=torch.float64)
    zero, one = first_orders(frames, 12)
    transform = np.fft.fft(frames.numpy(), axis=0, norm="forward")
    np.testing.assert_allclose(zero, transform[0].real, atol=1e-15)
    np.testing.assert_allclose(one, transform[1], atol=1e-15)


def test_frames_are_put_together():
    whole = torch.randn(7, 2, 6, 6)
    frames = Frames(7)
    assert frames.add(whole[:3]) is None
    assert frames.add(whole[3:5]) is None
    assert torch.equal(frames.add(whole[5:]), whole)
    assert frames.store is None
    assert Frames(7).add(whole) is whole
    assert torch.equal(cropped(whole, (4, 2)), whole[..., 1:5, 2:4])
