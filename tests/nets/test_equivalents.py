"""Every form of a transposed convolution is checked against torch's own."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from workbench.nets import TransposedConvolution
from workbench.nets.equivalents import as_resize, as_subpixel, strip_border, widen_output
from workbench.nets.lowpass import Border, LowPass, kaiser, triangle


@st.composite
def expansions(draw):
    """A transposed convolution of any geometry torch allows, with an image it takes."""
    stride = draw(st.integers(2, 3))
    kernel = draw(st.integers(stride, 6))
    dilation = draw(st.integers(1, 2))
    groups = draw(st.sampled_from([1, 2]))
    crop = draw(st.integers(0, kernel // 2))
    extra = draw(st.integers(0, stride - 1))
    torch.manual_seed(draw(st.integers(0, 999)))
    conv = nn.ConvTranspose2d(4, 6, kernel, stride, crop, extra, groups=groups, dilation=dilation).double()
    return conv, torch.randn(2, 4, 6, 5, dtype=torch.float64)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(expansions())
def test_a_subpixel_convolution_is_the_same_operator(case):
    conv, image = case
    expected = conv(image)
    if expected.shape[2] != conv.stride[0] * image.shape[2]:
        with pytest.raises(ValueError, match="one whole factor"):
            as_subpixel(conv)
        return
    assert torch.allclose(nn.Sequential(*as_subpixel(conv))(image), expected, atol=1e-12)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(expansions())
def test_a_resize_is_exact_for_a_kernel_without_checkerboard(case):
    conv, image = case
    *parts, _ = as_resize(conv)
    small, stride = parts[-1], conv.stride[0]
    assert nn.Sequential(*parts)(image).shape == conv(image).shape
    if conv.dilation != (1, 1):
        return
    box = torch.ones(1, 1, stride, stride, dtype=torch.float64)
    kernel = torch.randn(*conv.weight.shape[:2], *small.kernel_size, dtype=torch.float64)
    made = functional.conv_transpose2d(kernel.flatten(0, 1)[:, None], box)
    conv.weight.data = made.reshape(conv.weight.shape)
    *parts, residual = as_resize(conv)
    assert residual < 1e-12
    assert torch.allclose(nn.Sequential(*parts)(image), conv(image), atol=1e-10)


def test_a_resize_keeps_the_gain_of_a_constant():
    conv = nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1, bias=False).double()
    *parts, residual = as_resize(conv)
    assert residual > 0.1  # random kernels do have a checkerboard
    image = torch.ones(1, 2, 8, 8, dtype=torch.float64)
    inner = (slice(None), slice(None), slice(4, -4), slice(4, -4))
    expected, found = conv(image)[inner], nn.Sequential(*parts)(image)[inner]
    assert torch.allclose(found, expected.mean((2, 3), keepdim=True).expand_as(found), atol=1e-12)


def test_what_has_no_such_form_is_refused():
    with pytest.raises(ValueError, match="kernel is shorter than the stride"):
        as_resize(nn.ConvTranspose2d(1, 1, 2, stride=3))
    with pytest.raises(ValueError, match="one whole factor"):
        as_subpixel(nn.ConvTranspose2d(1, 1, 3, stride=(1, 2)))


@pytest.mark.parametrize("padding", ["zeros", "circular", "reflect", "replicate"])
@pytest.mark.parametrize("reach", [0, 3])
def test_a_widened_output_holds_the_old_one(padding, reach):
    conv = TransposedConvolution(2, 3, padding=padding).double()
    image = torch.randn(1, 2, 6, 7, dtype=torch.float64)
    expected = conv(image)
    border = widen_output(conv, reach, 0, padding)
    wide = conv(border(image))
    assert wide.shape == (1, 3, 12 + 2 * reach, 14)
    assert torch.allclose(wide[:, :, reach : 12 + reach], expected, atol=1e-12)
    if padding == "circular" and reach:
        assert torch.allclose(wide[:, :, :reach], expected[:, :, -reach:], atol=1e-12)


@pytest.mark.parametrize("mode", ["zeros", "reflect", "circular", "replicate"])
@pytest.mark.parametrize("border", [(1, 2), "same"])
def test_a_stripped_border_can_be_put_back(mode, border):
    conv = nn.Conv2d(1, 2, (3, 5), padding=border, padding_mode=mode).double()
    image = torch.randn(1, 1, 8, 8, dtype=torch.float64)
    expected = conv(image)
    found = strip_border(conv).widened(0, 0)
    assert torch.allclose(conv(found(image)), expected, atol=1e-12)


def test_filters_keep_constants_at_their_place():
    assert kaiser(3).sum() == pytest.approx(1)
    assert np.abs(np.fft.fft(triangle(3), 12)[[4, 8]]).max() < 1e-15  # images of a constant at 1/3
    ramp = torch.arange(20.0, dtype=torch.float64).expand(1, 1, 20, 20)
    kept = LowPass(kaiser(2), kaiser(2), (1, 2))(Border((6, 6), (6, 6), "replicate")(ramp))
    assert torch.allclose(kept[0, 0, :, 3:7], ramp[0, 0, :, 6:14:2], atol=1e-9)
    with pytest.raises(ValueError, match="odd taps"):
        kaiser(2, 12)
    with pytest.raises(ValueError, match="symmetric filter of odd length"):
        LowPass(np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="unknown padding 'mirror'"):
        Border((1, 1), (1, 1), "mirror")
