"""Texts of a crowded spectrum, placed by a real browser."""

import numpy as np
import pytest
import xarray as xr
from bokeh.embed import file_html
from bokeh.layouts import column
from bokeh.resources import INLINE

from workbench import plots
from workbench.session.line_frames import labelled_spectrum
from workbench.signals import find_lines

pytestmark = pytest.mark.browser

# Boxes of the texts that are shown, in pixels of the frame: of the picture, of the cut.
BOXES = """() => {
  const [doc] = Bokeh.documents
  const found = {}
  const places = [["picture", "x", "y", "picture_text"], ["cut", "at", "value", "cut_text"]]
  for (const [name, x, y, text] of places) {
    const figure = doc.get_model_by_name(name)
    const {data} = doc.get_model_by_name("lines")
    const [w, h] = [figure.inner_width, figure.inner_height]
    const {start: x0, end: x1} = figure.x_range, {start: y0, end: y1} = figure.y_range
    found[name] = {width: w, all: data.text.filter((t) => t != "").length, boxes: []}
    for (let i = 0; i < data[x].length; i++) {
      if (data[text][i] == "") continue
      const px = (data[x][i] - x0) / (x1 - x0) * w, py = h - (data[y][i] - y0) / (y1 - y0) * h - 15
      const half = 3.5 * data[text][i].length
      found[name].boxes.push([px - half, py - 6, px + half, py + 6, i])
    }
  }
  return found
}"""


@pytest.fixture(scope="module")
def page_source():
    """Forty lines of which many lie side by side."""
    rng = np.random.default_rng(3)
    size = 64
    orders = np.arange(-20, 21)
    power = np.zeros((orders.size, size, size))
    for k in range(1, 21):
        for _ in range(2):
            v, u = rng.integers(-6, 7, 2)
            value = 10.0 ** rng.uniform(-5, -1)
            for sign in (1, -1):
                power[20 + sign * k, 32 + sign * v, 32 + sign * u] = value
    power[[19, 21], [32, 32], [22, 42]] = 1.0
    axis = np.fft.fftshift(np.fft.fftfreq(size))
    dims = ("order", "frequency_y", "frequency_x")
    spectrum = xr.Dataset(
        {
            "power": (dims, power),
            "cause": (dims, np.zeros(power.shape, np.int8), {"flag_meanings": "direct"}),
        },
        {"order": orders, "frequency_y": axis, "frequency_x": axis},
        {"real": True, "rate": [1.0, 1.0]},
    )
    instrument = plots.LabelledSpectrum()
    instrument.update(labelled_spectrum(spectrum, find_lines(spectrum)))
    for name, figure in instrument.figures.items():
        figure.name = name
    instrument.source.name = "lines"
    body = column(*instrument.figures.values(), sizing_mode="stretch_width")
    return file_html(body, INLINE, "labelled spectrum", theme=None)


@pytest.mark.parametrize("width", [390, 1440])
def test_texts_do_not_overlap_and_the_strongest_stays(browser, page_source, width):
    page = browser.new_page()
    try:
        page.set_viewport_size({"width": width, "height": 900})
        page.set_content(page_source)
        page.wait_for_function(
            "() => window.Bokeh?.documents[0]?.get_model_by_name('cut')?.inner_width > 100", timeout=60_000
        )
        page.wait_for_function(f"() => ({BOXES})().cut.boxes.length < 30", timeout=60_000)
        found = page.evaluate(BOXES)
        for name in ("picture", "cut"):
            boxes = found[name]["boxes"]
            assert len(boxes) > 5
            assert len(boxes) < found[name]["all"], "there is no room for all of them"
            assert 0 in [box[4] for box in boxes], "the strongest line"
            for i, (left, top, right, bottom, _) in enumerate(boxes):
                assert left >= 0
                assert right <= found[name]["width"]
                for x0, y0, x1, y1, _ in boxes[:i]:
                    apart = right <= x0 or x1 <= left or bottom <= y0 or y1 <= top
                    assert apart, (name, boxes[i], [x0, y0, x1, y1])
    finally:
        page.close()


def test_a_cursor_in_the_picture_is_drawn_in_the_cut(browser, page_source):
    page = browser.new_page()
    try:
        page.set_viewport_size({"width": 800, "height": 900})
        page.set_content(page_source)
        page.wait_for_function(
            "() => window.Bokeh?.documents[0]?.get_model_by_name('cut')?.inner_width > 100", timeout=60_000
        )
        cursor = """() => Bokeh.documents[0].get_model_by_name("cut").center
          .filter((m) => m.type == "Span" && m.dimension == "height" && m.visible).map((m) => m.location)"""
        assert page.evaluate(cursor) == []
        page.mouse.move(500, 150)
        page.mouse.move(600, 150)
        page.wait_for_function(f"() => ({cursor})().length == 1", timeout=20_000)
        first = page.evaluate(cursor)[0]
        assert 0 < first < 0.5
        page.mouse.move(700, 150)
        page.wait_for_function(f"() => ({cursor})()[0] > {first}", timeout=20_000)
    finally:
        page.close()
