"""The training desk in a real browser, over made-up records."""

import time

import pytest

pytestmark = pytest.mark.browser
PATIENCE = 60_000  # ms: other processes may have the machine

# Only the cards in view are built and fed; the first two always are.
ALL_FED = """() => {
  const all = [...Bokeh.documents[0]._all_models.values()].filter((m) => m.type == "ColumnDataSource")
  const columns = (m) => m.data instanceof Map ? [...m.data.values()] : Object.values(m.data)
  return all.length >= 4 && all.every((m) => columns(m).every((column) => column.length > 0))
}"""
CARDS = 7


def wait_until(condition, words=lambda: ""):
    end = time.monotonic() + PATIENCE / 1000
    while not condition():
        assert time.monotonic() < end, words()
        time.sleep(0.05)


def look_everywhere(one):
    """Scroll through the page, so that every card is built."""
    main = one.page.locator(".main-content")

    def all_built():
        main.evaluate("(e) => { e.scrollTop = e.scrollTop + 500 < e.scrollHeight - e.clientHeight"
                      " ? e.scrollTop + 500 : e.scrollHeight }")  # fmt: skip
        one.page.wait_for_timeout(200)
        return len(one.steps_shown()) == CARDS

    wait_until(all_built, one.steps_shown)


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


def test_cards_are_built_when_they_come_into_view(visit, url):
    one = visit(url)
    one.until(ALL_FED)
    wait_until(lambda: 2 <= len(one.steps_shown()) < CARDS, one.steps_shown)
    look_everywhere(one)
    assert one.page.locator(".tile-grid canvas").count() == 11
    assert one.page.locator(".tile-grid canvas").first.bounding_box()["width"] > 150


def test_the_slider_moves_every_panel_in_view(visit, url):
    one = visit(url)
    one.until(ALL_FED)
    slider = one.page.get_by_role("slider", name="Training step")
    slider.focus()
    for _ in range(3):
        slider.press("PageDown")
    one.until("(expected) => new URLSearchParams(location.search).get('step') !== null", 0)
    step = int(slider.get_attribute("aria-valuenow"))
    assert step < 200
    at = step - step % 20  # the newest record at or before it
    wait_until(lambda: set(one.steps_shown()) == {at}, one.steps_shown)
    look_everywhere(one)
    # the histories are at the step itself, all else at the record before
    wait_until(lambda: set(one.steps_shown()) == {step, at}, one.steps_shown)
    again = visit(one.page.url)
    again.until(ALL_FED)
    again.until("(step) => location.search.includes('step=' + step)", step)
    assert int(again.page.get_by_role("slider", name="Training step").get_attribute("aria-valuenow")) == step


def test_every_viewer_sees_new_records_and_the_loss_of_the_run(visit, url, run):
    viewers = [visit(url), visit(url, 390, 844)]
    for one in viewers:
        one.until(ALL_FED)
    run.train(20)
    for one in viewers:
        wait_until(lambda one=one: 220 in one.steps_shown(), one.steps_shown)
        slider = one.page.get_by_role("slider", name="Training step")
        wait_until(lambda slider=slider: slider.get_attribute("aria-valuenow") == "220")
    run.state = "lost"
    for one in viewers:
        gone = "The training process is gone (pid 4242). Everything recorded until step 220 is kept."
        one.page.get_by_text(gone).wait_for(timeout=PATIENCE)
        assert one.page.get_by_role("button", name="Resume").first.is_visible()


def test_a_first_visit_is_in_the_scheme_the_browser_prefers(browser, url):
    context = browser.browser.new_context(color_scheme="dark")
    try:
        page = context.new_page()
        for prefers in ("dark", "light"):  # the second time, what is remembered counts
            page.emulate_media(color_scheme=prefers)
            page.goto(url)
            page.wait_for_selector(".run-bar", timeout=PATIENCE)
            background = page.locator("main.main").evaluate("(e) => getComputedStyle(e).backgroundColor")
            assert sum(int(v) for v in background.strip("rgba()").split(",")[:3]) < 192
    finally:
        context.close()


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
    one.page.locator(".main-content").evaluate("(e) => e.scrollTo(0, 1e6)")
    one.page.get_by_text("Waiting for the first losses.").wait_for()
