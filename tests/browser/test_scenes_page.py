"""The scene browser in a real browser: choose, add a file, pick a patch."""

import io
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

pytestmark = pytest.mark.browser
PATIENCE = 30_000  # ms: other processes may have the machine

# Where a pixel of the whole image is on the screen.
PLACE = """([y, x]) => {
  const titled = (v) => v.model.type == "Figure" && v.model.title?.text == "amplitude"
  const views = [...Bokeh.index.all_views()].filter(titled)
  const top = (v) => v.el.getBoundingClientRect().top
  const view = views.sort((a, b) => top(a) - top(b))[0]
  view.el.scrollIntoView({block: "center"})
  const box = view.el.getBoundingClientRect(), frame = view.frame
  return [box.left + frame.x_scale.compute(x), box.top + frame.y_scale.compute(y),
          frame.bbox.width / frame.bbox.height]
}"""


@pytest.fixture
def address(serve, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    from workbench.views.scenes.browser import scene_page

    return serve(lambda: scene_page())


def test_choose_add_pick_share(visit, address):
    one = visit(address)
    page = one.page
    page.get_by_text("64 × 64 pixels, image 0 of 4").first.wait_for(timeout=PATIENCE)
    gallery = page.get_by_role("group", name="Scenes").get_by_role("button")
    gallery.filter(has_text=re.compile("^tones")).click(timeout=PATIENCE)
    page.get_by_text("Options of tones").wait_for(timeout=PATIENCE)
    page.get_by_alt_text("phase").nth(5).wait_for(timeout=PATIENCE)  # all thumbnails are there

    rng = np.random.default_rng(0)
    image = (rng.normal(size=(192, 256, 2)) @ np.array([1, 1j])).astype(np.complex64)
    file = io.BytesIO()
    np.save(file, image)
    piece = {"name": "speckle.npy", "mimeType": "application/octet-stream", "buffer": file.getvalue()}
    page.locator("input[type=file]").set_input_files(piece)
    page.get_by_text("192 × 256 pixels; drawn as squares").first.wait_for(timeout=PATIENCE)
    assert gallery.filter(has_text="speckle.npy").get_attribute("aria-pressed") == "true"

    x, y, shape = page.evaluate(PLACE, [100, 200])
    assert abs(shape - 1) < 0.02, "square frames: pixels keep their shape"
    page.mouse.click(x, y)
    page.wait_for_function("() => location.search.includes('column=3')", timeout=PATIENCE)
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => location.search.includes('row=2')", timeout=PATIENCE)
    shared = page.url
    assert parse_qs(urlsplit(shared).query)["scene"] == ["speckle.npy"]

    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        scroll, client = page.locator(".main-content").evaluate("(e) => [e.scrollWidth, e.clientWidth]")
        assert scroll <= client, f"no horizontal overflow at {width}"

    other = visit(shared)
    other.page.get_by_text("192 × 256 pixels").first.wait_for(timeout=PATIENCE)
    other.page.locator(".slot-patch").scroll_into_view_if_needed(timeout=PATIENCE)  # built when seen
    other.page.get_by_text("from row 128, column 192").first.wait_for(timeout=PATIENCE)
