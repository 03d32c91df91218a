"""The desk over a run that really trains, is really killed, and goes on."""

import os
import signal

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def real_run(tmp_path, monkeypatch):
    from workbench import runs

    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    run = runs.launch(
        "pix2pix", steps=100_000, size=16, width=4, depth=2, name="killed", count=8, heldout=4, bands=2
    )
    yield run
    runs.down(tmp_path, runs=True)


def test_a_killed_runner_is_told_within_seconds_and_resumed(visit, serve, real_run):
    from workbench.views import desk_page

    one = visit(serve(desk_page))
    one.page.get_by_text("dBc.").first.wait_for(timeout=60_000)
    pid = real_run.pid
    os.kill(pid, signal.SIGKILL)
    one.page.get_by_text(f"The training process is gone (pid {pid}).").wait_for(timeout=30_000)
    kept = real_run.scalars().sizes["step"]
    one.page.get_by_role("button", name="Resume").last.click()
    one.page.get_by_text("The training process is gone").wait_for(state="hidden", timeout=60_000)
    real_run.wait(timeout=60, until=("running",))
    assert real_run.pid != pid
    assert real_run.scalars().sizes["step"] >= kept
