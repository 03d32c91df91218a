"""The microscope in a real browser, on a run that has really trained."""

import pytest

pytestmark = pytest.mark.browser
PATIENCE = 90_000  # ms: other processes may have the machine


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of a few steps, finished, with its records and checkpoints."""
    from workbench import runs

    workspace = tmp_path_factory.mktemp("microscope")
    options = {"size": 16, "width": 4, "count": 8, "heldout": 4, "bands": 2}
    run = runs.launch("pix2pix", steps=4, name="tiny", workspace=workspace, **options)
    run.wait(timeout=120)
    yield run
    runs.down(workspace, runs=True)


@pytest.fixture
def microscope(trained, serve, monkeypatch):
    from workbench.views.microscope.page import microscope_page

    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(trained.path.parent.parent))
    return serve(microscope_page)


def fits(page) -> bool:
    """Whether nothing is wider than the window."""
    return page.evaluate(
        "() => [document.scrollingElement, document.querySelector('main.main')]"
        ".every((e) => e == null || e.scrollWidth <= e.clientWidth)"
    )


# With its click, a button of a dialog comes back whole: a warning of Bokeh's, to nobody's harm.
@pytest.mark.filterwarnings("ignore:reference already known")
def test_a_layer_is_chosen_its_lines_are_named_and_it_is_replaced(visit, microscope):
    one = visit(microscope)
    page = one.page
    page.get_by_text("recorded at step 4").wait_for(timeout=PATIENCE)
    page.get_by_text("folded at").first.wait_for(timeout=PATIENCE)
    layers = page.get_by_role("listbox", name="Layers, from input to output")
    layers.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        layers.press(key)
    one.until("() => new URLSearchParams(location.search).get('layer') === 'down2.conv'")
    page.get_by_role("option", name="down2.conv", selected=True).wait_for(timeout=PATIENCE)
    page.get_by_text("folded at down2").first.wait_for(timeout=PATIENCE)
    page.get_by_role("button", name="Checkpoint", exact=True).click()
    page.get_by_text("tiny, step 4, generator").wait_for(timeout=PATIENCE)
    replace = page.get_by_role("button", name="Replace", exact=True)
    one.until("(e) => !e.disabled", replace.element_handle(), timeout=PATIENCE)
    replace.click()
    page.get_by_text("Before and after").wait_for(timeout=PATIENCE)
    page.get_by_text("share of down2.conv").first.wait_for(timeout=PATIENCE)
    one.until("() => new URLSearchParams(location.search).get('replace') === 'down2.conv=blurpool'")
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Nothing is replaced.").wait_for(timeout=PATIENCE)
    assert fits(page)
    page.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download(timeout=PATIENCE) as waiting:
        page.get_by_role("button", name="Figures, PNG", exact=True).click()
    assert waiting.value.path().read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "narrow"])
def test_the_page_fits_and_every_control_has_a_name(visit, microscope, size):
    one = visit(f"{microscope}?layer=down3.conv&units=pixel&lens=added", *size)
    page = one.page
    page.get_by_text("down3.conv").first.wait_for(timeout=PATIENCE)
    page.get_by_text("What each layer added").wait_for(timeout=PATIENCE)
    page.get_by_text("cycles/input pixel").first.wait_for(timeout=PATIENCE)
    assert fits(page)
    page.get_by_label("Toggle theme").click()
    page.locator(".mui-dark").first.wait_for()
    assert fits(page)
    bar = page.locator(".step-bar").bounding_box()
    assert bar["y"] + bar["height"] <= size[1] + 1, "the step bar is in view"
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "slider", "combobox", "switch", "textbox", "searchbox", "listbox", "spinbutton"}
    found = [node for node in nodes if node.get("role", {}).get("value") in roles and not node.get("ignored")]
    nameless = [n["role"]["value"] for n in found if not n.get("name", {}).get("value", "").strip()]
    assert len(found) > 15
    assert nameless == []
