"""Places of markers as text: read back bit for bit, kept as they are wherever the spectrum is moved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.session.explorers import ResamplingExplorer
from workbench.session.explorers.places import MARKERS, read_places, write_places

FREQUENCY = st.floats(-0.5, 0.5)


@given(st.lists(st.tuples(FREQUENCY, FREQUENCY), max_size=MARKERS))
def test_what_is_written_is_read_back(places):
    assert read_places(write_places(places), [(-0.5, 0.5)] * 2) == places


def test_a_marker_between_the_bins_of_a_shorter_signal_is_found_and_taken_away():
    explorer = ResamplingExplorer(second="↓2 decimate, no filter")
    explorer.markers = "0.3046875"  # a bin of 128 samples, between two of the 32 that are left
    (read,) = explorer.readings()
    explorer.mark(read.place)
    assert explorer.markers == ""


def test_of_three_markers_the_oldest_goes():
    explorer = ResamplingExplorer()
    for place in (0.0, 0.125, 0.25):
        explorer.mark((place,))
    assert len(explorer.places()) == 2
    assert explorer.places()[0][0] > 0.05


def test_nothing_but_places_is_a_marker():
    with pytest.raises(ValueError, match=r"'0.6' found; needed: at most 2 frequencies from −0.5 to 0.5"):
        ResamplingExplorer(markers="0.1;0.6")
