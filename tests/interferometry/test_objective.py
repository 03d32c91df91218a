"""The coherence loss equals the estimator, has gradients everywhere, sees no scale."""

import numpy as np
import pytest
import torch

from workbench.interferometry import coherence, coherence_loss

WINDOWS = ["global", 3, (3, 5)]


@pytest.fixture
def pair():
    generator = torch.Generator().manual_seed(3)
    return tuple(torch.randn(2, 3, 7, 9, dtype=torch.complex128, generator=generator) for _ in range(2))


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
@pytest.mark.parametrize("window", [3, 7, (3, 5)])
def test_windowed_loss_is_one_minus_the_mean_estimate(window, dtype, pair):
    x, y = (image.to(dtype) for image in pair)
    expected = 1 - coherence(x, y, window, border="valid").magnitude.mean()
    loss = coherence_loss(x, y, window)
    assert loss.shape == ()
    assert loss.dtype == dtype.to_real()
    assert loss.item() == pytest.approx(float(expected), abs=3e-6)


def test_global_loss_is_the_correlation_of_whole_images(pair):
    x, y = pair
    dims = (-2, -1)
    correlation = (x * y.conj()).sum(dims).abs() / torch.sqrt(
        (x.abs() ** 2).sum(dims) * (y.abs() ** 2).sum(dims)
    )
    assert coherence_loss(x, y).item() == pytest.approx(1 - correlation.mean().item(), abs=2e-6)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
def test_same_image_costs_nothing(window, dtype, pair):
    x = pair[0].to(dtype)
    assert 0 <= coherence_loss(x, 2.5j * x, window).item() < 5e-6


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("amplitude", [1e-15, 1e-6, 1e6, 1e15])
def test_scale_does_not_matter(window, amplitude, pair):
    x, y = (image.to(torch.complex64) for image in pair)
    faint = (amplitude * x).requires_grad_()
    reference = x.clone().requires_grad_()
    loss, expected = coherence_loss(faint, y, window), coherence_loss(reference, y, window)
    loss.backward()
    expected.backward()
    assert loss.item() == pytest.approx(expected.item(), abs=1e-6)
    assert torch.allclose(faint.grad * amplitude, reference.grad, atol=1e-6)


@pytest.mark.parametrize("window", WINDOWS)
def test_gradients_are_right(window, pair):
    x, y = (image[0, 0, :4, :6].clone().requires_grad_() for image in pair)
    assert torch.autograd.gradcheck(lambda a, b: coherence_loss(a, b, window), (x, y))


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
def test_no_power_means_no_coherence_with_finite_gradients(window, dtype, pair):
    x, y = (image.to(dtype).clone() for image in pair)
    x[0] = 0
    y[0, 0] = 0
    x[1, 0, :, :6] = 0
    x.requires_grad_()
    y.requires_grad_()
    loss = coherence_loss(x, y, window)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(x.grad).all()
    assert torch.isfinite(y.grad).all()
    assert not x.grad[0].any()
    assert x.grad[1, 1].any()
    zeros = torch.zeros(2, 8, 8, dtype=dtype, requires_grad=True)
    nothing = coherence_loss(zeros, zeros, window)
    nothing.backward()
    assert nothing.item() == 1
    assert not zeros.grad.any()


def test_descent_makes_images_coherent_but_not_equal():
    generator = torch.Generator().manual_seed(0)
    target = torch.randn(1, 8, 8, dtype=torch.complex64, generator=generator)
    image = torch.randn(1, 8, 8, dtype=torch.complex64, generator=generator).requires_grad_()
    optimiser = torch.optim.Adam([image], lr=0.05)
    for _ in range(200):
        optimiser.zero_grad()
        loss = coherence_loss(image, target)
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.01
    assert (image - target).abs().mean() > 0.1


def test_bad_input_is_refused(pair):
    x, y = pair
    cases = [
        ((x.real, y), "x must be complex .* found float64"),
        ((x, y.real.float()), "y must be complex .* found float32"),
        ((x.numpy(), y), "x must be a torch tensor, found ndarray"),
        ((x, y[:1]), r"one shape \(..., y, x\) are needed, found \(2, 3, 7, 9\) with \(1, 3, 7, 9\)"),
        ((x[0, 0, 0], y[0, 0, 0]), r"found \(9,\) with \(9,\)"),
        ((x, y, 4), "odd sides"),
        ((x, y, 1), "odd sides"),
        ((x, y, 9), "9 x 9 is larger than the image, 7 x 9"),
        ((x, y, "local"), "must be \"global\" or odd, found 'local'"),
    ]
    for arguments, message in cases:
        with pytest.raises(ValueError, match=message):
            coherence_loss(*arguments)


def test_nan_is_passed_on_not_hidden(pair):
    x, y = pair[0].clone(), pair[1]
    x[0, 0, 0, 0] = np.nan
    assert torch.isnan(coherence_loss(x, y))
