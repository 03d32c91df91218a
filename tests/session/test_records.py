import itertools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.session.records import GrowingDataset, Records


def piece(start: int, stop: int) -> xr.Dataset:
    steps = np.arange(start, stop)
    return xr.Dataset(
        {"value": (("step", "x"), np.outer(steps, [1.0, 10.0])), "static": ("x", [5.0, 6.0])},
        coords={"step": steps, "x": ["a", "b"]},
    )


@settings(max_examples=25)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=12))
def test_pieces_add_up_to_the_whole(sizes):
    edges = np.concatenate([[0], np.cumsum(sizes)])
    growing = GrowingDataset(piece(0, edges[1]))
    for start, stop in itertools.pairwise(edges[1:]):
        growing.append(piece(start, stop))
    xr.testing.assert_identical(growing.dataset, piece(0, int(edges[-1])))


def test_earlier_views_do_not_change():
    growing = GrowingDataset(piece(0, 3))
    before = growing.dataset
    growing.append(piece(3, 100))
    xr.testing.assert_identical(before, piece(0, 3))


def test_replayed_steps_are_not_added_twice():
    growing = GrowingDataset(piece(0, 5))
    growing.append(piece(2, 7))
    xr.testing.assert_identical(growing.dataset, piece(0, 7))


def test_a_tree_is_kept_by_child(synthetic):
    records = Records()
    tree = synthetic.layers(np.array([0, 20]))
    assert records.append({"layers": tree}) == frozenset({"layers"})
    assert sorted(records.tree("layers")) == sorted(tree.children)
    np.testing.assert_array_equal(records.steps("layers"), [0, 20])
    assert records.last_step() == 20


def test_an_unknown_group_names_the_known_ones():
    records = Records()
    records.append({"scalars": piece(0, 2)})
    with pytest.raises(KeyError, match="there are: scalars"):
        records.dataset("orders")
    assert records.steps("orders").size == 0
