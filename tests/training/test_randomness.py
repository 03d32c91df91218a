import pytest
import torch

from workbench.training.randomness import Randomness


def draw():
    return torch.rand(3).tolist(), torch.randn(3).tolist()


def test_what_is_drawn_outside_changes_nothing_inside():
    quiet, noisy = Randomness(5, "cpu"), Randomness(5, "cpu")
    with quiet.active():
        expected = [draw(), draw()]
    with noisy.active():
        first = draw()
    draw()
    with noisy.active():
        second = draw()
    assert [first, second] == expected


def test_what_is_drawn_inside_changes_nothing_outside():
    torch.manual_seed(1)
    expected = draw()
    torch.manual_seed(1)
    with Randomness(5, "cpu").active():
        draw()
    assert draw() == expected


def test_a_failure_inside_gives_the_outside_back():
    before = torch.get_rng_state()
    streams = Randomness(0, "cpu")

    def fail():
        with streams.active():
            draw()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert torch.equal(torch.get_rng_state(), before)


def test_a_saved_state_goes_on_with_the_next_number():
    streams, twin = Randomness(5, "cpu"), Randomness(6, "cpu")
    with streams.active():
        draw()
    twin.load_state(streams.state())
    with streams.active():
        expected = draw()
    with twin.active():
        assert draw() == expected
