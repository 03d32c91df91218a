import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from workbench.losses import ADVERSARIAL, discriminator_loss, generator_loss, l1_loss

ZERO = torch.zeros(3, 1, 6, 6)
logits = st.lists(st.floats(-30, 30), min_size=1, max_size=9).map(
    lambda v: torch.tensor(v, dtype=torch.float64)
)


def test_a_discriminator_without_opinion():
    halved = {
        kind: 0.5 * sum(discriminator_loss(ZERO, real, kind) for real in (True, False))
        for kind in ADVERSARIAL
    }
    assert float(halved["vanilla"]) == pytest.approx(math.log(2), rel=1e-6)
    assert float(halved["lsgan"]) == 0.5
    assert float(generator_loss(ZERO, "lsgan")) == 1
    assert float(generator_loss(ZERO)) == pytest.approx(math.log(2), rel=1e-6)
    assert float(generator_loss(ZERO, saturating=True)) == pytest.approx(-math.log(2), rel=1e-6)


@settings(deadline=None)
@given(values=logits, real=st.booleans())
def test_vanilla_is_binary_cross_entropy(values, real):
    expected = functional.binary_cross_entropy_with_logits(values, torch.full_like(values, float(real)))
    torch.testing.assert_close(discriminator_loss(values, real), expected)


@settings(deadline=None)
@given(values=logits)
def test_generator_and_discriminator_play_one_game(values):
    torch.testing.assert_close(generator_loss(values), discriminator_loss(values, True))
    torch.testing.assert_close(generator_loss(values, "lsgan"), discriminator_loss(values, True, "lsgan"))
    torch.testing.assert_close(generator_loss(values, saturating=True), -discriminator_loss(values, False))


@settings(deadline=None)
@given(values=logits)
def test_lsgan_is_the_squared_distance_from_the_label(values):
    torch.testing.assert_close(discriminator_loss(values, True, "lsgan"), ((values - 1) ** 2).mean())
    torch.testing.assert_close(discriminator_loss(values, False, "lsgan"), (values**2).mean())


def test_sure_logits_stay_finite():
    sure = torch.tensor([-200.0, 200.0], requires_grad=True)
    total = generator_loss(sure) + discriminator_loss(sure, True) + discriminator_loss(sure, False)
    total.backward()
    assert torch.isfinite(total.detach())
    assert torch.isfinite(sure.grad).all()


def test_the_saturating_gradient_vanishes_where_the_discriminator_wins():
    gradients = []
    for saturating in (False, True):
        lost = torch.tensor([-10.0], requires_grad=True)
        generator_loss(lost, saturating=saturating).backward()
        gradients.append(float(lost.grad))
    assert gradients[0] == pytest.approx(-1, abs=1e-4)
    assert -1e-4 < gradients[1] < 0


def test_l1_is_a_mean():
    assert float(l1_loss(torch.tensor([1.0, -2.0]), torch.tensor([0.0, 1.0]))) == 2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: discriminator_loss(ZERO, True, "wgan"),
            "unknown adversarial loss 'wgan'; there are: vanilla, lsgan",
        ),
        (lambda: generator_loss(ZERO, "hinge"), "unknown adversarial loss 'hinge'"),
        (lambda: generator_loss(ZERO, "lsgan", saturating=True), "vanilla' only"),
        (lambda: l1_loss(ZERO, ZERO[:1]), r"found \(3, 1, 6, 6\) and \(1, 1, 6, 6\)"),
    ],
)
def test_bad_calls(call, words):
    with pytest.raises(ValueError, match=words):
        call()
