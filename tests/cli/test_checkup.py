"""What `workbench doctor` says of machines that miss something."""

from importlib.metadata import PackageNotFoundError

import pytest
import torch
from typer.testing import CliRunner

from workbench.cli import app, checkup


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    return tmp_path


def test_a_missing_package_is_named_with_what_to_do(monkeypatch):
    version = checkup.version

    def without_safetensors(name):
        if name == "safetensors":
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(checkup, "version", without_safetensors)
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    missing = [line for line in result.output.splitlines() if line.startswith("MISS")]
    assert [line.split()[1] for line in missing] == ["safetensors"]
    assert "pip install spectral-workbench" in missing[0]


def test_a_full_disk_says_how_much_is_needed(monkeypatch, workspace):
    monkeypatch.setattr(checkup.shutil, "disk_usage", lambda _folder: type("Usage", (), {"free": 3 * 2**20}))
    assert next(checkup.storage()) == (
        "MISS",
        "workspace",
        f"{workspace}, 0.0 GiB free, needed are 2 GiB: set WORKBENCH_WORKSPACE to a folder with room",
    )


def test_a_workspace_that_cannot_be_written_is_said(monkeypatch, workspace):
    (workspace / "file").write_text("")
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(workspace / "file"))
    mark, _, words = next(checkup.storage())
    assert mark == "MISS"
    assert "cannot be written" in words


@pytest.mark.skipif(torch.version.cuda is not None, reason="this torch is built for CUDA")
def test_a_driver_without_a_cuda_torch_is_said(monkeypatch):
    monkeypatch.setattr(checkup.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert "built for the CPU: pip install a CUDA build" in checkup.device()[2]


def test_no_browser_is_a_note_with_what_to_do(monkeypatch):
    monkeypatch.delenv("WORKBENCH_CHROMIUM", raising=False)
    monkeypatch.setattr(checkup.shutil, "which", lambda _name: None)
    found = {subject: (mark, words) for mark, subject, words in checkup.findings()}
    assert found["browser"] == (
        "note",
        "no Chromium found: browser tests are skipped; apt-get install chromium",
    )
