"""Loading a specimen: what comes out, one clear sentence for everything that cannot."""

import sys

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from workbench.runs.assembly import build_system
from workbench.runs.checkpoints import save_checkpoint
from workbench.runs.spec import RunSpec
from workbench.runs.specimen import Specimen, SpecimenError
from workbench.runs.specimen_inputs import fixed_inputs, open_complex, parse_input
from workbench.runs.specimen_loading import load_specimen
from workbench.runs.specimen_progress import watched
from workbench.systems import build
from workbench.training.snapshot import weights

FILE = """
import torch
from torch import nn
import neighbour

class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.conv = nn.Conv2d(neighbour.CHANNELS, width, 3, padding=1)
    def forward(self, x):
        return self.conv(x).relu()

class Wide(nn.Module):
    def __init__(self, width, depth):
        super().__init__()

class Holder:
    inner = Net()

net = Net()
number = 3
def make(): return Net(2)
def nothing(): return None
def fails(): return Net("wide")
def sized(width): return Net(width)
def script():
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scripting is deprecated
        return torch.jit.script(nn.Sequential(nn.ReLU()))
def poisoned():
    module = Net()
    module.conv.weight.data[0, 0, 0, :2] = float("nan")
    return module
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # loading changes into the file's folder
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "net.py").write_text(FILE)
    (tmp_path / "neighbour.py").write_text("CHANNELS = 3")
    yield tmp_path
    sys.modules.pop("neighbour", None)
    sys.modules.pop("specimen_net", None)


def load(folder, name, weights=None):
    return load_specimen(Specimen(file=f"{folder / 'net.py'}:{name}", weights=weights and str(weights)))


@pytest.mark.parametrize(("name", "width"), [("net", 4), ("Net", 4), ("make", 2), ("Holder.inner", 4)])
def test_modules_classes_functions(folder, name, width):
    loaded = load(folder, name)
    assert loaded.module.conv.out_channels == width
    assert loaded.channels == 3
    assert loaded.about()["parameters"] == 3 * 9 * width + width


@pytest.mark.parametrize(
    ("name", "sentence", "fault"),
    [
        ("unet", r"has no 'unet'; models found in it: Net, Wide \(needs width, depth\), net, make", "input"),
        ("Wide", r"Wide needs arguments \(width, depth\)", "input"),
        ("sized", r"sized needs arguments \(width\)", "input"),
        ("number", "number is neither a torch module nor makes one: it is of type int", "input"),
        ("nothing", r"nothing\(\) returned what is None", "input"),
        ("fails", r"fails\(\) failed: TypeError: .* \(net.py, line \d+\)", "model"),
        ("script", "scripted or traced", "model"),
        ("poisoned", "conv.weight holds 2 NaN or infinite values of 108", "model"),
    ],
)
def test_names_that_give_no_model(folder, name, sentence, fault):
    with pytest.raises(SpecimenError, match=sentence) as caught:
        load(folder, name)
    assert caught.value.fault == fault
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def net(:", "net.py, line 1: not valid Python"),
        ("import nowhere_to_be_found", r"ModuleNotFoundError: .*nowhere_to_be_found.* \(net.py, line 1\)"),
        ("\n\n1 / 0", r"ZeroDivisionError: division by zero \(net.py, line 3\)"),
        ("import sys\nsys.exit(3)", r"exit 3\) \(net.py, line 2\).*__main__"),
        ("\0", "net.py"),
    ],
)
def test_files_that_cannot_be_executed(folder, text, sentence):
    (folder / "net.py").write_text(text)
    with pytest.raises(SpecimenError, match=sentence):
        load(folder, "net")


def test_a_missing_file(tmp_path):
    with pytest.raises(SpecimenError, match=r"none.py: no such file"):
        load_specimen(Specimen(file=f"{tmp_path / 'none.py'}:net"))


def test_weights_of_every_kind(folder):
    state = load(folder, "net").module.state_dict()
    state = {name: torch.full_like(value, 0.25) for name, value in state.items()}
    save_file(state, folder / "w.safetensors")
    torch.save(state, folder / "w.pt")
    torch.save({"epoch": 3, "state_dict": {f"module.{n}": v for n, v in state.items()}}, folder / "w.pth")
    for name in ("w.safetensors", "w.pt", "w.pth"):
        module = load(folder, "net", folder / name).module
        assert all(bool((value == 0.25).all()) for value in module.state_dict().values())


class Trap:
    def __reduce__(self):
        return (exec, ("raise AssertionError('unpickling executed code')",))


def test_weights_that_do_not_fit(folder):
    def refused(name, sentence):
        with pytest.raises(SpecimenError, match=sentence):
            load(folder, "net", folder / name)

    refused("none.pt", "no such file of weights")
    save_file({"conv.weight": torch.zeros(2, 3, 3, 3), "up.bias": torch.zeros(1)}, folder / "a.safetensors")
    refused("a.safetensors", r"1 missing \(conv.bias\); 1 unexpected \(up.bias\); 1 of another shape "
                             r"\(conv.weight: file 2×3×3×3, model 4×3×3×3\)")  # fmt: skip
    torch.save(Trap(), folder / "trap.pt")
    refused("trap.pt", "would execute code")
    torch.save([1, 2], folder / "list.pt")
    refused("list.pt", "no state dict of tensors, found list")
    (folder / "bad.pt").write_bytes(b"not a file of torch")
    refused("bad.pt", "bad.pt")
    (folder / "bad.safetensors").write_bytes(b"12345678901234567890")
    refused("bad.safetensors", "not a sound safetensors file")
    (folder / "w.h5").write_bytes(b"")
    refused("w.h5", r"\.safetensors, \.pt or \.pth, found '\.h5'")
    save_file({"networks/generator/a": torch.zeros(1)}, folder / "run.safetensors")
    refused("run.safetensors", "RUN@STEP")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run directory with checkpoints at steps 0 and 20, of a system with two condition channels."""
    path = tmp_path_factory.mktemp("runs") / "small"
    path.mkdir()
    options = {"depth": 3, "padding": "circular"}
    spec = RunSpec("pix2pix", "onetone", size=16, width=2, system_options=options, plan={"steps": 20})
    spec.write(path)
    for step in (0, 20):
        system = build("pix2pix", size=32, seed=step, width=2, in_channels=2, out_channels=1, **options)
        save_checkpoint(path, weights(system.networks, {}), {"step": step})
    return path


def test_networks_of_a_run(run):
    loaded = load_specimen(Specimen(run=str(run)))
    expected = build(
        "pix2pix", size=32, seed=20, width=2, in_channels=2, out_channels=1, depth=3, padding="circular"
    )
    state = expected.networks["generator"].state_dict()
    assert all(torch.equal(value, state[name]) for name, value in loaded.module.state_dict().items())
    assert (loaded.channels, loaded.size, loaded.step, loaded.steps) == (2, (32, 32), 20, (0, 20))
    state = torch.get_rng_state()
    judge = load_specimen(Specimen(run=str(run), step=0, network="discriminator"))
    assert judge.channels == 3  # condition and image together
    assert judge.step == 0
    assert torch.equal(torch.get_rng_state(), state)


def test_a_run_with_replaced_layers(tmp_path):
    spec = RunSpec(
        "pix2pix",
        "onetone",
        size=16,
        width=2,
        system_options={"depth": 3},
        plan={"steps": 20},
        replacements=[["down2.conv", "blurpool"], ["up1.activation", "tanh"]],
    )
    spec.write(tmp_path)
    system = build_system(spec, 2)
    save_checkpoint(tmp_path, weights(system.networks, {}), {"step": 3})
    loaded = load_specimen(Specimen(run=str(tmp_path)))
    assert isinstance(loaded.module.get_submodule("up1.activation"), nn.Tanh)
    state = system.networks["generator"].state_dict()
    assert all(torch.equal(value, state[name]) for name, value in loaded.module.state_dict().items())
    assert loaded.channels == 2


def test_what_a_run_does_not_have(run, tmp_path):
    with pytest.raises(SpecimenError, match="no checkpoint of step 7; there are: 0, 20"):
        load_specimen(Specimen(run=str(run), step=7))
    with pytest.raises(SpecimenError, match="no network 'critic'; there are: generator, discriminator"):
        load_specimen(Specimen(run=str(run), network="critic"))
    with pytest.raises(ValueError, match="no run at 'nowhere'"):
        Specimen(run="nowhere").located()
    RunSpec.read(run).write(tmp_path)
    with pytest.raises(SpecimenError, match="no checkpoint yet"):
        load_specimen(Specimen(run=str(tmp_path)))


class Several(nn.Module):
    def forward(self, x, z, t=None, *, flag=False):
        return x


def test_fixed_inputs_by_name():
    given = fixed_inputs(Several(), [("t", ":7"), ("z", "5:ones"), ("flag", "1")], (1, 8, 8))
    assert {name: getattr(value, "shape", value) for name, value in given.items()} == {
        "t": (1,), "z": (1, 5), "flag": 1
    }  # fmt: skip
    assert fixed_inputs(Several(), [("z", "zeros")], (1, 8, 8))["z"].shape == (1, 1, 8, 8)
    assert list(fixed_inputs(Several(), [("x", "zeros")], (1, 8, 8), "z")) == ["x"]
    assert fixed_inputs(nn.Sequential(), [], (1, 8, 8)) == {}
    with pytest.raises(SpecimenError, match="needs further inputs: z"):
        fixed_inputs(Several(), [], (1, 8, 8))
    with pytest.raises(SpecimenError, match="no input 'w'; it has: x, z, t, flag"):
        fixed_inputs(Several(), [("w", "1")], (1, 8, 8))
    with pytest.raises(SpecimenError, match="'z' takes the tone"):
        fixed_inputs(Several(), [("z", "zeros")], (1, 8, 8), "z")


def test_progress_counts_the_frames_that_passed(monkeypatch):
    monkeypatch.setattr("workbench.runs.specimen_progress._EVERY", -1.0)
    told = []
    module = nn.Sequential(nn.ReLU(), nn.ReLU())
    with watched(module, 8, lambda **content: told.append((content["round"], content["progress"]))):
        for _ in range(4):
            module(torch.zeros(4, 1, 2, 2))
    assert told == [
        (1, 0), (1, 0.25), (1, 0.5), (1, 0.75), (2, 0), (2, 0.25), (2, 0.5), (2, 0.75), (3, 0)
    ]  # fmt: skip
    assert not module._forward_pre_hooks
    assert not module[0]._forward_pre_hooks


def test_random_inputs_are_the_same_every_time():
    assert torch.equal(parse_input("3x4:random", ()), parse_input("3x4:random", ()))
    assert float(parse_input("3x4:-2.5", ()).max()) == -2.5


@pytest.mark.parametrize("text", ["", "10", "x", "3x0", "3x4:red", "3x4:True", "__import__('os')"])
def test_texts_that_are_no_input(text):
    if text == "10":
        assert parse_input(text, ()) == 10
        return
    with pytest.raises(SpecimenError, match="needed is a number"):
        parse_input(text, ())


def test_scenes_are_cut_to_the_network(tmp_path):
    assert open_complex("onetone", (32, 32), "nyquist").sizes == {"y": 16, "x": 16}
    with pytest.raises(SpecimenError, match="unknown mapping 'polar'"):
        open_complex("onetone", (32, 32), "polar")
    with pytest.raises(FileNotFoundError):
        open_complex(str(tmp_path / "none.npy"), (32, 32), "nyquist")
