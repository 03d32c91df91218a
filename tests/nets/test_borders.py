import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.nets import PADDINGS, extend

NUMPY = {"zeros": "constant", "reflect": "reflect", "circular": "wrap", "replicate": "edge"}


@settings(deadline=None)
@given(
    padding=st.sampled_from(sorted(PADDINGS)),
    height=st.integers(1, 5),
    width=st.integers(1, 5),
    before=st.integers(0, 9),
    after=st.integers(0, 9),
)
def test_extend_is_numpys_pad_at_any_width(padding, height, width, before, after):
    image = torch.arange(1.0, 1 + height * width).reshape(1, 1, height, width)
    expected = np.pad(image[0, 0].numpy(), (before, after), mode=NUMPY[padding])
    np.testing.assert_array_equal(extend(image, before, after, padding)[0, 0].numpy(), expected)


def test_extend_is_differentiable_beyond_the_image():
    image = torch.ones(1, 1, 2, 2, requires_grad=True)
    extend(image, 3, 3, "circular").sum().backward()
    torch.testing.assert_close(image.grad, torch.full((1, 1, 2, 2), 16.0))


def test_unknown_padding_names_those_which_exist():
    with pytest.raises(ValueError, match=r"'wrap'.*zeros, reflect, circular, replicate"):
        extend(torch.ones(1, 1, 2, 2), 1, 1, "wrap")
