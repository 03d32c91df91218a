"""The training desk in a real browser, over made-up records."""

import time

import pytest

pytestmark = pytest.mark.browser
PATIENCE = 60_000  # ms: other processes may have the machine

SOURCES = """() => {
  const sum = (v) => typeof v == "number" ? (isNaN(v) ? 1 : v) : typeof v == "string" ? v.length
    : v == null ? 0 : Array.from(v).reduce((a, b, i) => (a * 31 + (i + 1) * sum(b)) % 1e9, v.length)
  const found = {}
  for (const model of Bokeh.documents[0]._all_models.values()) {
    if (model.type != "ColumnDataSource" || model.columns().includes("html")) continue
    const data = model.data instanceof Map ? [...model.data.values()] : Object.values(model.data)
    found[model.id] = data.some((column) => column.length == 0) ? null : sum(data.map(sum))
  }
  return found
}"""
# Of the 22 sources six show what never changes: the condition, the real image and its parts and spectra.
# The two histories change with new records, not with the step.
ALL_FED = f"""() => {{
  const all = Object.values(({SOURCES})())
  return all.length >= 20 && all.every((s) => s !== null)
}}"""


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "narrow"])
def test_the_page_opens_in_both_themes(visit, url, size):
    one = visit(url, *size)
    one.until(ALL_FED)
    main, bars = one.page.locator(".main-content"), one.page.locator(".step-bar")
    for dark in (False, True):
        if dark:
            one.page.get_by_label("Toggle theme").click()
            one.page.locator(".mui-dark").first.wait_for()
        scroll, client = main.evaluate("(e) => [e.scrollWidth, e.clientWidth]")
        assert scroll <= client, "no horizontal overflow"
        background = one.page.locator("main.main").evaluate("(e) => getComputedStyle(e).backgroundColor")
        light = sum(int(v) for v in background.strip("rgba()").split(",")[:3]) / 3
        assert (light < 64) == dark
    bar = bars.bounding_box()
    assert bar["y"] + bar["height"] <= size[1] + 1, "the step bar is in view"
    main.evaluate("(e) => e.scrollTo(0, 1e6)")
    assert bars.bounding_box()["y"] == pytest.approx(bar["y"], abs=2), "and stays there"
    width = one.page.locator(".card").first.bounding_box()["width"]
    assert width > (0.9 if size[0] < 900 else 0.45) * size[0], "one column below 900 px, two above"


def test_the_slider_moves_every_panel(visit, url):
    one = visit(url)
    one.until(ALL_FED)
    before = one.page.evaluate(SOURCES)
    slider = one.page.get_by_role("slider", name="Training step")
    slider.focus()
    for _ in range(3):
        slider.press("PageDown")
    one.until("(expected) => new URLSearchParams(location.search).get('step') !== null", 0)
    one.until(
        f"(before) => Object.entries(({SOURCES})()).filter(([id, s]) => s !== before[id]).length == 14",
        before,
    )
    step = int(slider.get_attribute("aria-valuenow"))
    assert step < 200
    end = time.monotonic() + PATIENCE / 1000
    while set(one.steps_shown()) != {
        step,
        step - step % 20,
    }:  # the histories are at the step, all else before
        assert time.monotonic() < end, one.steps_shown()
    assert len(one.steps_shown()) == 7
    again = visit(one.page.url)
    again.until(ALL_FED)
    again.until("(step) => location.search.includes('step=' + step)", step)
    assert int(again.page.get_by_role("slider", name="Training step").get_attribute("aria-valuenow")) == step


def test_every_viewer_sees_new_records_and_the_loss_of_the_run(visit, url, run):
    viewers = [visit(url), visit(url, 390, 844)]
    for one in viewers:
        one.until(ALL_FED)
    before = [one.page.evaluate(SOURCES) for one in viewers]
    run.train(20)
    for one, old in zip(viewers, before, strict=True):
        one.until(
            f"(old) => Object.entries(({SOURCES})()).filter(([id, s]) => s !== old[id]).length == 16", old
        )
        slider = one.page.get_by_role("slider", name="Training step")
        assert slider.get_attribute("aria-valuenow") == "220"
    run.state = "lost"
    for one in viewers:
        gone = "The training process is gone (pid 4242). Everything recorded until step 220 is kept."
        one.page.get_by_text(gone).wait_for(timeout=PATIENCE)
        assert one.page.get_by_role("button", name="Resume").first.is_visible()


def test_every_control_has_a_name_and_is_reached_by_keyboard(visit, url):
    one = visit(url)
    one.until(ALL_FED)
    one.page.get_by_label("Open drawer").click()
    one.page.get_by_role("button", name="Start training").wait_for(timeout=PATIENCE)
    nodes = one.page.context.new_cdp_session(one.page).send("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "slider", "combobox", "checkbox", "switch", "textbox", "spinbutton", "link"}
    found = [node for node in nodes if node.get("role", {}).get("value") in roles and not node.get("ignored")]
    nameless = [n["role"]["value"] for n in found if not n.get("name", {}).get("value", "").strip()]
    assert len(found) > 25
    assert nameless == []


def test_words_before_the_first_record(visit, desk_server, synthetic):
    one = visit(desk_server(synthetic.SyntheticRun(upto=-1)))
    one.page.get_by_text("Waiting for the first order analysis.").first.wait_for()
    assert one.page.get_by_text("Waiting for the first losses.").is_visible()
