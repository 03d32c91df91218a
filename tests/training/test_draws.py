import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workbench.training.draws import Draws


@given(st.integers(1, 20), st.integers(1, 7), st.integers(0, 5))
def test_every_epoch_shows_every_patch_once(count, batch_size, seed):
    draws = Draws(count, batch_size, seed)
    batches = [draws.take() for _ in range(count)]
    assert {len(batch) for batch in batches} == {batch_size}
    stream = torch.cat(batches)
    for epoch in range(batch_size):
        assert sorted(stream[epoch * count : (epoch + 1) * count].tolist()) == list(range(count))


@given(st.integers(0, 9), st.integers(0, 9))
def test_a_saved_order_goes_on_with_the_very_next_batch(before, after):
    draws, twin = Draws(5, 3, seed=1), Draws(5, 3, seed=2)
    for _ in range(before):
        draws.take()
    twin.load_state(draws.state())
    for _ in range(after):
        assert torch.equal(draws.take(), twin.take())


def test_seeds_give_different_orders():
    orders = {tuple(Draws(30, 30, seed).take().tolist()) for seed in range(4)}
    assert len(orders) == 4


def test_the_order_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    Draws(30, 4, 0).take()
    assert torch.equal(torch.get_rng_state(), before)


def test_an_order_of_other_data_is_refused():
    with pytest.raises(ValueError, match="saved data order has 5 patches, the training data 6"):
        Draws(6, 3, 0).load_state(Draws(5, 3, 0).state())


def test_no_patches_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        Draws(0, 1, 0)
