"""Probing from a terminal: the figures are those of the analysis, every mistake is one sentence."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from typer.testing import CliRunner

import workbench.runs
from workbench.cli import app
from workbench.cli.probe_app import address
from workbench.cli.probe_table import Paper, draw_table
from workbench.probes import analyse_orders
from workbench.runs import Request, Specimen, SpecimenError
from workbench.runs.specimen_files import read_result
from workbench.signals import figures_of_merit

FILE = """
import torch
from torch import nn
relu = nn.ReLU()
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.conv = nn.Conv2d(2, 4, 3, 2, padding=1, padding_mode="circular")
        self.act = nn.ReLU()
        self.up = nn.Upsample(scale_factor=2)
        self.add_module("<i>odd", nn.Tanh())
        self.head = nn.AdaptiveAvgPool2d(1)
    def forward(self, x):
        y = self.up(self.act(self.conv(x)))
        return self.get_submodule("<i>odd")(y), self.head(y)
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.py"
    path.write_text(FILE)
    yield path
    sys.modules.pop("specimen_net", None)


class Here:
    """A workshop without a process: loading and analysis are the same, nobody waits for torch."""

    def __init__(self, specimen):
        from workbench.runs.specimen_analysis import Bench

        self.specimen = specimen.located()
        self.bench = Bench(self.specimen)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def ask(self, request):
        target = Path("answer.npz").resolve()
        self.bench.answer(request, target, lambda **_: None)
        return Done(read_result(target))


class Done:
    def __init__(self, result):
        self.value = result

    def done(self):
        return True

    def result(self, timeout=None):
        return self.value


@pytest.fixture
def here(monkeypatch):
    monkeypatch.setattr(workbench.runs, "Workshop", Here, raising=False)


def probe(*arguments, code=0):
    result = CliRunner().invoke(app, ["probe", *map(str, arguments)])
    assert "Traceback" not in result.output
    assert result.exit_code == code, result.output
    return result


def strict(text):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_the_relu_has_the_figures_of_theory(file):
    """In a process of its own, as users have it."""
    result = probe(f"{file}:relu", "--size", 256, "--tone", "5,11", "--phases", 16, "--json")
    content = strict(result.stdout)
    (layer,) = content["layers"]
    assert layer["figures"]["thd_ratio"] == pytest.approx(0.4353, abs=5e-5)
    assert layer["figures"]["sfdr"] == pytest.approx(7.44, abs=5e-3)
    expected = analyse_orders(nn.ReLU(), shape=(1, 256, 256), tone=(5, 11), phases=16)
    assert layer["figures"]["thd"] == pytest.approx(float(figures_of_merit(expected).thd[0]))
    assert layer["theory_residual"] < -80
    assert content["lines"]["lines"][0] | {"frequency": 0} == {
        "order": 1, "cause": "direct", "level": pytest.approx(0), "cycles": [5, 11], "frequency": 0,
        "folded_by": "", "zone": [1, 1], "label": "order 1, direct",
    }  # fmt: skip
    assert "Note: this executes" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_the_table_holds_the_figures(file, here):
    result = probe(f"{file}:Net", "--size", "32x48", "--tone", "3,7", "--phases", 48)
    module = {"__name__": "net"}
    exec(FILE, module)
    orders = analyse_orders(module["Net"](), shape=(2, 32, 48), tone=(3, 7), phases=48)
    figures = figures_of_merit(orders)
    assert "2 x 32 x 48" in result.stdout
    for name in ("conv", "act", "up"):
        row = next(line for line in result.stdout.splitlines() if line.startswith(f"{name} "))
        one = figures.sel(layer=name)
        levels = [one.gain, one.hd.sel(order=2), one.hd.sel(order=3), one.thd, one.sfdr, one.alias]
        found = row.split()[3:9]
        for level, text in zip(map(float, levels), found, strict=True):
            shown = level if np.isfinite(level) and level > -200 else None
            assert text == "." if shown is None else float(text) == pytest.approx(shown, abs=0.6)
    assert "Not analysed\n  head: " in result.stdout
    assert "\x1b" not in result.stdout


def test_what_if_sweep_report_and_json(file, here, tmp_path):
    state = {"conv.weight": torch.ones(4, 2, 3, 3), "conv.bias": torch.zeros(4)}
    save_file(state, tmp_path / "w.safetensors")
    probe(
        f"{file}:Net", "--weights", tmp_path / "w.safetensors", "--replace", "act=tanh",
        "--sweep", "0.001:0.01:3",
        "--layer", "up", "--lines", 5, "--size", 16, "--tone", "1,3", "--phases", 16, "--dtype", "float64",
        "--json", "out.json", "--html", "out.html",
    )  # fmt: skip
    content = strict((tmp_path / "out.json").read_text())
    assert list(content) == [
        "schema", "schema_version", "made", "versions", "specimen", "settings", "units", "layers", "lines",
        "arises", "before", "comparison", "sweep", "not_analysed",
    ]  # fmt: skip
    assert (content["schema"], content["schema_version"]) == ("spectral-workbench/probe", 1)
    for row in content["layers"]:
        assert list(row) == [
            "name", "module_type", "inputs", "size", "rate", "level", "shares", "figures", "order_tail",
            "ambiguity", "theory_note", "theory_residual",
        ]  # fmt: skip
        assert sum(row["shares"].values()) == pytest.approx(1)
    assert content["settings"]["replacements"] == [["act", "tanh"]]
    assert [row["module_type"] for row in content["before"]][1] == "ReLU"
    assert [row["module_type"] for row in content["layers"]][1] == "Tanh"
    changed = content["comparison"][1]["families"]["order_2"]
    assert changed["before"] > -100
    assert changed["after"] is None or changed["after"] < changed["before"] - 100  # tanh is odd
    slopes = content["sweep"]["layers"][0]["slopes"]
    assert slopes[0] == pytest.approx(1, abs=0.01)
    assert slopes[2] == pytest.approx(3, abs=0.05)
    assert len(content["lines"]["lines"]) <= 5

    page = (tmp_path / "out.html").read_text()
    assert "<i>odd" not in page
    assert "&lt;i&gt;odd" in page
    assert not re.search(r"https?:|<script|@import|url\(", page)
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page
    assert page.count("<svg") == 2
    assert "data:image/png;base64," in page
    assert "order 1, direct" in page
    assert "0.1.0" in page


def test_two_tones_show_their_products(file, here, tmp_path):
    arguments = ("--size", 16, "--tone", "1,3", "--tone2", "2,5", "--phases", 8, "--lines", 3)
    result = probe(f"{file}:relu", *arguments, "--html", "two.html")
    assert "IMD2  IMD3" in result.stdout
    assert "orders (1, 0), direct" in result.stdout
    assert "1,0" in (tmp_path / "two.html").read_text()
    content = strict(probe(f"{file}:relu", *arguments, "--json").stdout)
    assert content["settings"]["tones"] == [[1, 3], [2, 5]]
    orders = analyse_orders(nn.ReLU(), shape=(1, 16, 16), tone=((1, 3), (2, 5)), phases=8)
    imd = figures_of_merit(orders).imd.sel(order=2).item()
    assert content["layers"][0]["figures"]["imd"]["2"] == pytest.approx(imd)


def test_a_scene_shows_the_phase_fidelity(file, here, tmp_path):
    slc = np.exp(2j * np.pi * np.arange(8) / 8) * np.ones((8, 1)) * 0.5
    np.save(tmp_path / "slc.npy", slc)
    result = probe(f"{file}:relu", "--scene", "slc.npy", "--size", 16, "--html", "scene.html")
    row = next(line for line in result.stdout.splitlines() if line.startswith("decoded"))
    assert 0 < float(row.split()[-1].rstrip("%")) < 100
    assert "a scene fills the whole spectrum" in result.stdout
    assert "Power of the layers" in (tmp_path / "scene.html").read_text()
    assert "8×8 complex pixels" in probe(f"{file}:relu", "--scene", "slc.npy", "--size", 64, code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["net.txt"], "no run at 'net.txt'"),
        (["net.py:Net(3)"], "arguments are not evaluated"),
        (["nowhere"], "runs there: none"),
        (["nowhere@x"], "RUN@STEP"),
        (["net.py:Net", "--size", "0"], "--size '0'"),
        (["net.py:Net", "--size", "3x4x5"], "256x192"),
        (["net.py:Net", "--tone", "5"], "--tone '5'"),
        (["net.py:Net", "--tone2", "5,x"], "--tone2 '5,x'"),
        (["net.py:Net", "--amplitude", "one"], "--amplitude 'one'"),
        (["net.py:Net", "--replace", "conv"], "NAME=VALUE"),
        (["net.py:Net", "--input", "=3"], "NAME=VALUE"),
        (["net.py:Net", "--sweep", "1:0.1:5"], "FROM:TO:COUNT"),
        (["net.py:Net", "--html", "nowhere/a.html"], "there is no folder"),
        (["nowhere", "--weights", "w.safetensors"], "belong to a FILE"),
    ],
)
def test_mistakes_are_told_before_anything_is_executed(file, arguments, sentence, monkeypatch):
    def never(*_):
        raise AssertionError("nothing is to be started")

    monkeypatch.setattr("subprocess.Popen", never)
    result = probe(*arguments, code=2)
    assert sentence in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["net.py:Nothing"], "has no 'Nothing'; models found in it: relu, Net"),
        (["net.py"], "needs the name of the model"),
        (["other.py:net"], "other.py: no such file"),
        (["net.py:Net", "--tone", "5,40"], "below Nyquist"),
        (["net.py:Net", "--phases", "2"], "phases"),
        (["net.py:Net", "--layer", "act2"], "no layer 'act2' was analysed; there are: conv, act, up"),
        (["net.py:Net", "--dtype", "float8"], "float32, float64"),
        (["net.py:Net", "--replace", "conv=magic"], "magic"),
        (["net.py:Net", "--replace", "conf=blurpool"], "conf"),
        (["net.py:Net", "--input", "z=3"], "no input 'z'; it has: x"),
        (["net.py:Net", "--device", "tpu"], "tpu"),
        (["net.py:Net", "--factors", "1,2,3"], "channels must be 2"),
        (["net.py:Net", "--weights", "w.pt"], "no such file of weights"),
    ],
)
def test_mistakes_that_loading_finds(file, here, arguments, sentence):
    result = probe(*arguments, code=2)
    assert sentence in result.stderr
    last = result.stderr.strip().splitlines()
    assert len(last) == 1 + (
        "no such file" not in sentence or "weights" in sentence
    )  # the note, the sentence
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("fault", "code"), [("input", 2), ("model", 1), ("memory", 1), ("crash", 1), ("cancelled", 1)]
)
def test_whose_fault_it_is_decides_the_exit_status(file, monkeypatch, fault, code):
    class Fails(Here):
        def __init__(self, specimen):
            pass

        def ask(self, request):
            raise SpecimenError("a clear sentence", fault, "what it printed")

    monkeypatch.setattr(workbench.runs, "Workshop", Fails, raising=False)
    result = probe("net.py:Net", code=code)
    assert "a clear sentence" in result.stderr
    assert ("what it printed" in result.stderr) == (fault != "input")


@pytest.mark.parametrize("bare", [["--json", "net.py:relu"], ["net.py:relu", "--json", "--size", "16"]])
def test_json_may_stand_alone(file, here, bare):
    content = strict(probe(*bare, "--size", 16, "--tone", "1,3", "--phases", 8).stdout)
    assert content["specimen"]["title"] == "net.py:relu"


@pytest.fixture(scope="module")
def content():
    """A document as analyses of long names make it."""
    from workbench.cli.probe_document import document

    class Deep(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder_with_a_long_name = nn.Sequential(nn.Conv2d(1, 2, 3, 2, 1), nn.LeakyReLU())
            self.decoder_with_a_long_name = nn.Sequential(nn.ConvTranspose2d(2, 1, 4, 2, 1), nn.Tanh())

        def forward(self, x):
            return self.decoder_with_a_long_name(self.encoder_with_a_long_name(x))

    orders = analyse_orders(Deep(), shape=(1, 16, 16), tone=(1, 3), phases=8)
    about = {"title": "net.py:deep", "module_type": "Deep", "parameters": 51, "step": None}
    return document(Specimen(file="net.py:deep"), Request(), about, orders)


@pytest.mark.parametrize("width", [72, 80, 100, 120, 160])
@pytest.mark.parametrize("unicode", [True, False])
def test_tables_fit_their_paper(content, width, unicode):
    text = draw_table(content, Paper(width, False, unicode))
    assert unicode or text.isascii()
    assert all(len(line) <= width for line in text.splitlines())
    assert ("power by cause" in text) == (width >= 104)


def test_colours_only_where_they_are_wanted(content, monkeypatch):
    assert "\x1b[" in draw_table(content, Paper(160, True, True))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert not Paper(80).colour


def test_bars_are_full_and_share_their_width():
    paper = Paper(80, False, False)
    assert paper.bar({"direct": 1 / 3, "folded": 1 / 3, "image_1": 1 / 6, "image_2": 1 / 6}, 9) == "===FFFIII"
    assert paper.bar({"direct": None}, 5) == " " * 5
    assert paper.bar({"direct": 0.999, "leakage": 0.001}, 5) == "====="


def test_the_address_of_the_app_never_holds_a_file(file):
    specimen = Specimen(file=f"{file}:Net")
    url = address(specimen, Request(tone=(3, 7), tone2=(4, 9)), "act", 5006)
    assert str(file.parent) not in url
    assert "net.py" not in url
    assert "source=model" in url
    assert "tone_y=3&tone_x=7&tone2_y=4&tone2_x=9" in url


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["net.py:Net", "--memory", "0"], "above 0"),
        (["net.py:Net", "--mapping", "nyquist"], "give --scene"),
        (["net.py:Net", "--json", "a.txt"], "must end in .json"),
        (["ok.pt:net"], "FILE.py:MODEL --weights ok.pt"),
    ],
)
def test_mistakes_that_reading_finds(file, here, arguments, sentence):
    assert sentence in " ".join(probe(*arguments, code=2).stderr.replace("│", " ").split())


def test_generator_of_a_latent_has_no_tone(file, here):
    file.write_text(
        "from torch import nn\nnet = nn.Sequential(nn.ConvTranspose2d(16, 2, 4), nn.Upsample(None, 2))"
    )
    assert "--latent 16" in probe("net.py:net", code=2).stderr
