import numpy as np
import pytest
import torch
from torch.nn import functional

from workbench.nets import Convolution, TransposedConvolution

NUMPY = {"zeros": "constant", "reflect": "reflect", "circular": "wrap", "replicate": "edge"}


def padded(image, side, padding):
    return torch.from_numpy(
        np.pad(image.numpy(), ((0, 0), (0, 0), (side, side), (side, side)), mode=NUMPY[padding])
    )


def zero_stuffed(image):
    batch, channels, height, width = image.shape
    stuffed = image.new_zeros(batch, channels, 2 * height, 2 * width)
    stuffed[..., ::2, ::2] = image
    return stuffed


@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_circular_deconvolution_is_the_periodic_filter_of_the_stuffed_image(size):
    torch.manual_seed(0)
    layer = TransposedConvolution(2, 3, padding="circular").double()
    image = torch.randn(2, 2, size, size, dtype=torch.float64)
    stuffed = torch.fft.fft2(zero_stuffed(image))
    kernel = torch.zeros(2, 3, 2 * size, 2 * size, dtype=torch.float64)
    for row in range(4):
        for column in range(4):  # tap t of an axis moves a sample by t − 1
            kernel[..., (row - 1) % (2 * size), (column - 1) % (2 * size)] += layer.weight.detach()[
                ..., row, column
            ]
    expected = torch.fft.ifft2(torch.einsum("bihw,iohw->bohw", stuffed, torch.fft.fft2(kernel))).real
    torch.testing.assert_close(layer(image), expected + layer.bias[:, None, None], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kernel", [2, 4, 6, 8])
def test_circular_deconvolution_moves_by_its_stride(kernel):
    torch.manual_seed(0)
    layer = TransposedConvolution(1, 1, kernel, crop=kernel // 2 - 1, padding="circular").double()
    image = torch.randn(1, 1, 5, 5, dtype=torch.float64)
    assert layer(image).shape == (1, 1, 10, 10)
    torch.testing.assert_close(layer(image.roll((1, 2), (2, 3))), layer(image).roll((2, 4), (2, 3)))


@pytest.mark.parametrize("padding", sorted(NUMPY))
def test_deconvolution_reads_what_lies_beyond_the_border(padding):
    torch.manual_seed(0)
    layer = TransposedConvolution(2, 1, padding=padding).double()
    image = torch.randn(1, 2, 6, 6, dtype=torch.float64)
    wide = functional.conv_transpose2d(
        padded(image, 3, padding), layer.weight, layer.bias, stride=2, padding=1
    )
    torch.testing.assert_close(layer(image), wide[..., 6:-6, 6:-6])


@pytest.mark.parametrize("padding", sorted(NUMPY))
@pytest.mark.parametrize(("kernel", "stride", "before", "after"), [(3, 1, 1, 1), (4, 2, 1, 1), (4, 1, 1, 2)])
def test_convolution_reads_what_lies_beyond_the_border(padding, kernel, stride, before, after):
    torch.manual_seed(0)
    layer = Convolution(2, 3, kernel, stride, before=before, after=after, padding=padding).double()
    image = torch.randn(1, 2, 6, 6, dtype=torch.float64)
    wide = padded(image, 2, padding)[..., 2 - before : 8 + after, 2 - before : 8 + after]
    torch.testing.assert_close(layer(image), functional.conv2d(wide, layer.weight, layer.bias, stride))


@pytest.mark.parametrize("padding", sorted(NUMPY))
def test_one_pixel_is_enough(padding):
    assert Convolution(1, 1, padding=padding)(torch.ones(1, 1, 1, 1)).shape == (1, 1, 1, 1)
    assert TransposedConvolution(1, 1, padding=padding)(torch.ones(1, 1, 1, 1)).shape == (1, 1, 2, 2)


def test_stride_one_deconvolution_counts_its_overlaps():
    layer = TransposedConvolution(1, 1, 2, 1, crop=0, bias=False)
    torch.nn.init.ones_(layer.weight)
    expected = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]])
    torch.testing.assert_close(layer(torch.ones(1, 1, 2, 2))[0, 0].detach(), expected)


def test_unknown_padding_is_refused():
    for kind in (Convolution, TransposedConvolution):
        with pytest.raises(ValueError, match="unknown padding 'same'; there are: zeros"):
            kind(1, 1, padding="same")
