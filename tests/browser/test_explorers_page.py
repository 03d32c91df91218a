"""The four explorers in a real browser."""

import io
import json
from urllib.parse import parse_qs, urlsplit

import pytest
import xarray as xr

pytestmark = pytest.mark.browser
PATIENCE = 60_000  # ms: other processes may have the machine
NAMES = ("activations", "resampling", "nyquist", "coherence")

# The sources of the first card, which is always built; the number that their data make.
SOURCES = """() => {
  const all = [...Bokeh.documents[0]._all_models.values()].filter((m) => m.type == "ColumnDataSource")
  const columns = (m) => m.data instanceof Map ? [...m.data.values()] : Object.values(m.data)
  const fed = all.filter((m) => columns(m).every((column) => column.length > 0))
  return fed.map((m) => m.id).sort((a, b) => a.slice(1) - b.slice(1)).slice(0, 2)
}"""
TABLES = "(ids) => ids.map((id) => Bokeh.documents[0].get_model_by_id(id).data)"

DRAWN = """(field) => [...Bokeh.index.all_views()]
  .some((v) => v.model.type == "Scatter" && v.model.y?.field == field)"""

# Height of each card, or of the room that is kept for it.
HEIGHTS = """() => {
  const all = (root) =>
    [...root.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])])
  const found = {}
  for (const e of all(document)) for (const name of e.classList)
    if (name.startsWith("slot-")) found[name.slice(5)] = e.getBoundingClientRect().height
  return found
}"""

# Where a place of the predicted figure's axes is on the screen.
PLACE = """([field, x, y]) => {
  const drawn = (v) => (v.model.renderers ?? []).some((r) => r.glyph?.y?.field == field)
  const view = [...Bokeh.index.all_views()].find((v) => v.model.type == "Figure" && drawn(v))
  view.el.scrollIntoView({block: "center"})
  const box = view.el.getBoundingClientRect()
  return [box.left + view.frame.x_scale.compute(x), box.top + view.frame.y_scale.compute(y)]
}"""


@pytest.fixture(scope="session")
def explorer_urls(serve):
    from workbench.views.explorers import explorer_page

    def page_of(name):
        return lambda: explorer_page(name)  # a partial would not be called

    return {name: serve(page_of(name)) for name in NAMES}


def digest(one):
    return one.page.evaluate(f"(ids) => ({one.digest})(({TABLES})(ids))", one.sources)


def filled(one):
    """Wait until the figures show something; returns the first card's sources with their digest."""
    one.page.wait_for_function(f"() => ({SOURCES})().length == 2", timeout=PATIENCE)
    one.page.wait_for_timeout(500)
    one.sources = one.page.evaluate(SOURCES)
    return digest(one)


def becomes(one, number):
    now = f"([ids, number]) => ({one.digest})(({TABLES})(ids)) == number"
    one.page.wait_for_function(now, arg=[one.sources, number], timeout=PATIENCE)


def changed(one, before):
    now = f"([ids, before]) => ({one.digest})(({TABLES})(ids)) != before"
    one.page.wait_for_function(now, arg=[one.sources, before], timeout=PATIENCE)
    one.page.wait_for_timeout(400)  # the rest of the frame
    return digest(one)


def steady(page):
    """Scroll to the end: cards are built on the way, and the page stays as long as it is."""
    page.wait_for_timeout(600)
    before = page.evaluate(HEIGHTS)
    for name in before:
        page.locator(f".slot-{name}").scroll_into_view_if_needed()
        page.wait_for_timeout(400)
    after = page.evaluate(HEIGHTS)
    assert sum(after.values()) == pytest.approx(sum(before.values()), rel=0.02), (before, after)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_answers_keys_and_fits_every_screen(visit, explorer_urls, name):
    one = visit(explorer_urls[name])
    first = filled(one)
    one.page.keyboard.press("2")
    second = changed(one, first)
    one.page.keyboard.press("z")
    becomes(one, first)
    one.page.keyboard.press("2")
    becomes(one, second)
    if name == "resampling":  # to a preset with a tone to move
        one.page.keyboard.press("3")
        second = changed(one, second)
    one.page.locator("input[type=range]:visible").first.focus()
    one.page.keyboard.press("ArrowRight")
    changed(one, second)
    assert parse_qs(urlsplit(one.page.url).query), "the address says where the page is"
    for dark in (False, True):
        if dark:
            one.page.get_by_label("Toggle theme").click()
            one.page.locator(".mui-dark").first.wait_for()
        for width, height in ((1440, 900), (390, 844)):
            one.page.set_viewport_size({"width": width, "height": height})
            one.page.wait_for_timeout(300)
            main = one.page.locator(".main-content")
            scroll, client = main.evaluate("(e) => [e.scrollWidth, e.clientWidth]")
            assert scroll <= client, f"no horizontal overflow at {width}"
    steady(one.page)


def test_predict_then_check_by_clicking(visit, explorer_urls):
    one = visit(explorer_urls["activations"] + "?activation=tanh&tone=20")
    filled(one)
    one.page.get_by_role("button", name="Predict").click()
    one.page.get_by_text("Click in the figure").wait_for(timeout=PATIENCE)
    one.page.get_by_text("Lines: measured, predicted").scroll_into_view_if_needed()
    one.page.wait_for_function(DRAWN, arg="predicted", timeout=PATIENCE)
    for cycles in (20, 60, 41):  # orders 1 and 3, and nothing
        x, y = one.page.evaluate(PLACE, ["predicted", cycles / 128, -20])
        one.page.mouse.click(x, y)
        one.page.wait_for_timeout(400)
    one.page.get_by_role("button", name="Check").click()
    one.page.get_by_text("2 of 2 found; 1 guess where nothing is.").wait_for(timeout=PATIENCE)
    one.page.get_by_role("button", name="Done").click()
    x, y = one.page.evaluate(PLACE, ["predicted", 20 / 128, -20])
    one.page.mouse.click(x, y)  # without a question it puts a marker
    one.page.get_by_text("1: 0.156 cycles/sample").wait_for(timeout=PATIENCE)
    one.until("() => location.search.includes('markers=0.15625')")


def test_an_address_restores_the_page_and_one_bad_value_is_reported(visit, explorer_urls):
    one = visit(explorer_urls["coherence"] + "?temporal=0.25&window=9&baseline=99999&markers=0.9")
    filled(one)
    refused = "Ignored from the address: baseline=99999 (needed: a number from 0 to "
    one.page.get_by_text(refused).wait_for(timeout=PATIENCE)
    one.page.get_by_text("markers=0.9 (needed: at most 2 frequencies").wait_for(timeout=PATIENCE)
    one.page.get_by_text("81", exact=True).first.wait_for(timeout=PATIENCE)
    temporal = one.page.locator("input[type=range]").first
    assert float(temporal.input_value()) == 0.25


# Bokeh says so of every click in a dialog that was filled after the page was loaded.
@pytest.mark.filterwarnings("ignore:reference already known")
def test_figures_and_numbers_are_saved(visit, explorer_urls):
    one = visit(explorer_urls["activations"])
    filled(one)
    one.page.get_by_role("button", name="Save").click()
    one.page.get_by_text("Save figures and numbers").wait_for(timeout=PATIENCE)
    content = {}
    for label in ("PNG", "SVG", "CSV", "NetCDF"):
        with one.page.expect_download(timeout=PATIENCE) as waiting:
            one.page.get_by_role("button", name=f"{label}: Lines: measured, predicted").click()
        name = waiting.value.suggested_filename
        content[name] = waiting.value.path().read_bytes()
    assert set(content) == {f"activations-lines.{kind}" for kind in ("png", "svg", "csv", "nc")}
    assert content["activations-lines.png"].startswith(b"\x89PNG")
    wide = int.from_bytes(content["activations-lines.png"][16:20], "big")
    assert wide >= 3 * 800, "sharp enough for a slide, whatever the screen"
    assert b"<svg" in content["activations-lines.svg"][:200]
    assert b"measured" in content["activations-lines.csv"].splitlines()[0]
    data = xr.load_dataset(io.BytesIO(content["activations-lines.nc"]), engine="h5netcdf")
    assert json.loads(data.attrs["settings"])["tone"] == 12
    assert data.measured.sel(frequency=12 / 128).item() == pytest.approx(-6.02, abs=0.1)
