"""Any module can be analysed, or is refused with the reason."""

import contextlib
import copy
import types
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations

from workbench.probes import analyse_orders, layer_spectra
from workbench.probes.guard import unchanged

F64 = torch.float64


def circular(inputs, outputs, kernel=3, **options):
    padding = options.pop("padding", options.get("dilation", 1) * (kernel - 1) // 2)
    return nn.Conv2d(inputs, outputs, kernel, padding=padding, padding_mode="circular", **options)


class Function(nn.Module):
    """A container whose forward pass is a function of itself and its inputs."""

    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)
        self.marker = nn.Identity()  # a child: functions count as layers

    def forward(self, *args, **kwargs):
        return self.function(self, *args, **kwargs)


def leaking(analysis):
    total = analysis.power.sum(["order", "cause"])
    return float((analysis.power.sel(cause="leakage").sum("order") / total.clip(1e-300)).max())


def total(analysis, layer):
    return float(analysis.power.sel(layer=layer).sum())


def traces(module):
    """Everything about a module that a look at it must not change."""
    return (
        {name: value.clone() for name, value in module.state_dict(keep_vars=False).items()},
        [
            (part.training, len(part._forward_hooks), len(part._forward_pre_hooks))
            for part in module.modules()
        ],
        [(p.requires_grad, None if p.grad is None else p.grad.clone()) for p in module.parameters()],
        torch.get_rng_state(),
    )


@contextlib.contextmanager
def untouched(module):
    before = traces(module)
    yield
    after = traces(module)
    assert before[1] == after[1]
    assert torch.equal(before[3], after[3])
    assert all(torch.equal(before[0][name], value) for name, value in after[0].items())
    for (needed, grad), (needs, now) in zip(before[2], after[2], strict=True):
        assert needed == needs
        assert (grad is None and now is None) or torch.equal(grad, now)
    assert torch.overrides._get_current_function_mode() is None
    assert torch.is_grad_enabled()


# --------------------------------------------------------- operations of circular networks: nothing leaks
def attention(self, x):
    batch, channels, height, width = x.shape
    tokens = self.norm(x.flatten(2).transpose(1, 2))
    q, k, v = self.qkv(tokens).reshape(batch, height * width, 3, 2, channels // 2).permute(2, 0, 3, 1, 4)
    weights = torch.softmax(q @ k.transpose(-2, -1) * 0.5, dim=-1)
    mixed = (weights @ v).transpose(1, 2).reshape(batch, height * width, channels)
    return x + mixed.transpose(1, 2).reshape(batch, channels, height, width)


def windows(self, x):
    """Attention in windows of 4, as Swin does it, channels last."""
    batch, channels, height, width = x.shape
    rows, columns = height // 4, width // 4
    tokens = x.permute(0, 2, 3, 1).view(batch, rows, 4, columns, 4, channels).permute(0, 1, 3, 2, 4, 5)
    tokens = tokens.reshape(-1, 16, channels)
    tokens = functional.scaled_dot_product_attention(tokens, tokens, self.mix(tokens))
    tokens = tokens.view(batch, rows, columns, 4, 4, channels).permute(0, 1, 3, 2, 4, 5)
    return tokens.reshape(batch, height, width, channels).permute(0, 3, 1, 2) + x


def patches(self, x):
    batch, channels, height, width = x.shape
    x = x.reshape(batch, channels, height // 2, 2, width // 2, 2).permute(0, 1, 3, 5, 2, 4)
    x = functional.gelu(self.mix(x.reshape(batch, 4 * channels, height // 2, width // 2)))
    x = x.reshape(batch, channels, 2, 2, height // 2, width // 2).permute(0, 1, 4, 2, 5, 3)
    return x.reshape(batch, channels, height, width) * 1.0


def filtered(self, x):
    spectrum = torch.fft.rfft2(x)
    return torch.fft.irfft2(spectrum * 0.5, s=x.shape[-2:]) + x


OPERATIONS = {
    "strides of 3": lambda: nn.Sequential(circular(2, 3, stride=3), nn.ReLU(), nn.Upsample(scale_factor=3)),
    "dilation": lambda: nn.Sequential(circular(2, 3, dilation=2), nn.Tanh()),
    "depthwise": lambda: nn.Sequential(
        circular(2, 4, groups=2), nn.ELU(), circular(4, 2, 4, stride=2, groups=2)
    ),
    "pixel shuffles": lambda: nn.Sequential(
        nn.PixelUnshuffle(2), nn.Conv2d(8, 8, 1), nn.ReLU(), nn.PixelShuffle(2), nn.Conv2d(2, 2, 1)
    ),
    "shuffles of 3": lambda: nn.Sequential(nn.PixelUnshuffle(3), nn.Tanh(), nn.PixelShuffle(3)),
    "pools": lambda: nn.Sequential(
        nn.MaxPool2d(2),
        nn.Upsample(scale_factor=2),
        nn.AvgPool2d(3),
        nn.Upsample(scale_factor=3),
        nn.LPPool2d(2, 2),
    ),
    "adaptive pool": lambda: nn.Sequential(
        Function(lambda self, x: functional.adaptive_avg_pool2d(x, (x.shape[2] // 2, x.shape[3] // 3))),
        nn.ReLU(),
    ),
    "batch norm": lambda: nn.Sequential(circular(2, 3), nn.BatchNorm2d(3), nn.SiLU()),
    "instance norm": lambda: nn.Sequential(circular(2, 3), nn.InstanceNorm2d(3, affine=True), nn.SiLU()),
    "group norm": lambda: nn.Sequential(circular(2, 4), nn.GroupNorm(2, 4), nn.Hardtanh()),
    "layer norm": lambda: nn.Sequential(
        Function(lambda self, x: self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), norm=nn.LayerNorm(2)),
        nn.ReLU(),
    ),
    "softmax": lambda: nn.Sequential(circular(2, 3), nn.Softmax(dim=1)),
    "attention": lambda: nn.Sequential(
        Function(attention, norm=nn.LayerNorm(2), qkv=nn.Linear(2, 6)), circular(2, 2), nn.ReLU()
    ),
    "heads": lambda: nn.Sequential(
        Function(
            lambda self, x: (
                x
                + self.heads(*[x.flatten(2).transpose(1, 2)] * 3)[0].transpose(1, 2).unflatten(2, x.shape[2:])
            ),
            heads=nn.MultiheadAttention(2, 1, batch_first=True),
        ),
        nn.Tanh(),
    ),
    "window attention": lambda: nn.Sequential(Function(windows, mix=nn.Linear(2, 2)), nn.Tanh()),
    "patches": lambda: nn.Sequential(Function(patches, mix=nn.Conv2d(8, 8, 1)), nn.ReLU()),
    "einsum": lambda: nn.Sequential(
        Function(
            lambda self, x: (
                torch.einsum("bchw,dc->bhwd", x, torch.eye(2).to(x) + 1).permute(0, 3, 1, 2).relu()
            )
        )
    ),
    "roll and flip": lambda: nn.Sequential(
        Function(lambda self, x: torch.roll(x, (3, 1), (2, 3)) * x), nn.ReLU()
    ),
    "fourier": lambda: nn.Sequential(Function(filtered), nn.ReLU()),
    "gates": lambda: nn.Sequential(
        Function(
            lambda self, x: x * torch.sigmoid(self.mix(x.mean((2, 3))))[:, :, None, None], mix=nn.Linear(2, 2)
        ),
        nn.Tanh(),
    ),
    "strip pool": lambda: nn.Sequential(
        Function(lambda self, x: x * x.mean(2, keepdim=True).relu()), nn.Tanh()
    ),
    "pyramid pool": lambda: nn.Sequential(
        Function(
            lambda self, x: torch.cat(
                [x, functional.interpolate(functional.adaptive_avg_pool2d(x, 1), size=x.shape[2:])], 1
            )
        ),
        nn.Tanh(),
    ),
    "repeat": lambda: nn.Sequential(
        nn.AvgPool2d(2),
        Function(lambda self, x: x.repeat_interleave(2, 2).repeat_interleave(2, 3) * 1.5),
        nn.Tanh(),
    ),
    "expand": lambda: nn.Sequential(
        nn.AvgPool2d(2),
        Function(
            lambda self, x: (
                x[:, :, :, None, :, None]
                .expand(-1, -1, -1, 2, -1, 2)
                .reshape(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
                * 1.0
            )
        ),
        nn.Tanh(),
    ),
    "slices": lambda: nn.Sequential(
        Function(lambda self, x: torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2]], 1) ** 2)
    ),
    "in place": lambda: nn.Sequential(
        circular(2, 2),
        nn.ReLU(inplace=True),
        Function(lambda self, x: x.add_(0.1).mul_(2).relu_()),
        nn.Tanh(),
    ),
    "padding": lambda: nn.Sequential(
        Function(
            lambda self, x: functional.conv2d(functional.pad(x, (1, 1, 1, 1), mode="circular"), self.kernel)
        )
    ),
    "spectral norm": lambda: nn.Sequential(parametrizations.spectral_norm(circular(2, 3)), nn.ReLU()),
    "weight norm": lambda: nn.Sequential(parametrizations.weight_norm(circular(2, 3)), nn.ReLU()),
}


@pytest.mark.parametrize("frame", [(12, 12), (12, 24)])
@pytest.mark.parametrize("name", OPERATIONS)
def test_circular_operations_do_not_leak(name, frame):
    net = OPERATIONS[name]()
    for part in net.modules():
        if isinstance(part, Function):
            part.kernel = torch.randn(2, 2, 3, 3, dtype=F64)
    net = net.double()
    with untouched(net):
        analysis = analyse_orders(
            net, (2, *frame), (5, 4), phases=24, offset=0.1, channels=(1, -0.5), dtype=F64
        )
    assert leaking(analysis) <= 1e-10
    with torch.no_grad():
        output = net.eval()(_frames(analysis))
    last = str(analysis.layer.values[-1])
    assert total(analysis, last) == pytest.approx(float(output.square().mean((0, 2, 3)).sum()), rel=1e-9)
    size = np.array(output.shape[2:])
    np.testing.assert_allclose([analysis.rate_y[-1], analysis.rate_x[-1]], size / frame)
    known = {"input", *analysis.layer.values}
    assert all(set(layer.split(" + ")) <= known for layer in analysis.inputs.values)


def _frames(analysis):
    _, height, width = analysis.attrs["shape"]
    my, mx = analysis.attrs["tone"]
    y, x = np.mgrid[:height, :width]
    phase = 2 * np.pi * np.arange(analysis.attrs["phases"])[:, None, None] / analysis.attrs["phases"]
    wave = analysis.attrs["offset"] + np.cos(2 * np.pi * (my * y / height + mx * x / width) + phase)
    return torch.from_numpy(wave[:, None] * np.asarray(analysis.attrs["channels"])[:, None, None])


def test_windows_show_as_images_of_their_lattice():
    net = nn.Sequential(Function(windows, mix=nn.Linear(2, 2))).double()
    analysis = analyse_orders(net, (2, 32, 32), (5, 7), phases=32)
    images = [str(cause) for cause in analysis.cause.values if str(cause).startswith("image")]
    assert float(analysis.power.sel(layer="0.add", cause=images).sum()) > 1e-6
    assert leaking(analysis) <= 1e-10


@pytest.mark.parametrize("frame", [(48, 80), (45, 63), (20, 50)])
def test_any_frame(frame):
    net = nn.Sequential(
        circular(1, 3),
        nn.ReLU(),
        circular(3, 3, 4, stride=2, padding=1),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(3, 1, 1),
    )
    analysis = analyse_orders(net.double(), (1, *frame), (5, 10) if frame != (45, 63) else (5, 9), phases=12)
    assert leaking(analysis) < 1e-10
    assert len(analysis.layer) == 5


def test_irregular_interpolation():
    def up(**options):
        return nn.Sequential(nn.ReLU(), nn.Upsample(**options), nn.Tanh()).double()

    nearest = analyse_orders(up(scale_factor=1.5), (1, 16, 32), (2, 6), phases=16)
    assert nearest.rate_y.values.tolist() == [1, 1.5, 1.5]
    assert leaking(nearest) < 1e-10
    sized = analyse_orders(up(size=(24, 40)), (1, 16, 32), (2, 6), phases=16)
    assert (float(sized.rate_y[1]), float(sized.rate_x[1])) == (1.5, 1.25)
    corners = analyse_orders(
        up(size=(31, 63), mode="bilinear", align_corners=True), (1, 16, 32), (2, 6), phases=16
    )
    assert corners.rate_y[1] == 2


@pytest.mark.parametrize(("stride", "extra"), [(2, 1), (3, 2), (3, 0)])
def test_transposed_convolutions(stride, extra):
    up = nn.ConvTranspose2d(1, 2, 4, stride=stride, padding=1, output_padding=extra)
    analysis = analyse_orders(nn.Sequential(up, nn.ReLU()).double(), (1, 24, 24), (4, 6), phases=12)
    assert analysis.rate_y.values.tolist() == [stride, stride]


# ------------------------------------------------------------------ what is given, what comes back
def test_labels_latents_and_second_images():
    def forward(self, image, label, z, other):
        style = self.style(torch.cat([self.embed(label), z], 1))[:, :, None, None]
        return self.conv(torch.cat([image, other], 1)) * style

    net = Function(forward, embed=nn.Embedding(10, 4), style=nn.Linear(6, 3), conv=circular(2, 3)).double()
    label, z, other = torch.tensor([7]), torch.randn(1, 2, dtype=F64), torch.ones(1, 1, 16, 16, dtype=F64)
    with untouched(net):
        analysis = analyse_orders(net, (1, 16, 16), (3, 5), phases=16, inputs=(label, z, other))
    assert leaking(analysis) < 1e-12
    assert analysis.layer.values.tolist() == ["cat", "conv", "mul"]
    assert [entry for entry in analysis.attrs["not_analysed"] if "does not depend" in entry]
    named = analyse_orders(
        net, (1, 16, 16), (3, 5), phases=16, inputs={"z": z, "other": other, "label": label}
    )
    np.testing.assert_array_equal(named.power, analysis.power)
    keyword = analyse_orders(
        net,
        (1, 16, 16),
        (3, 5),
        phases=16,
        inputs={"z": z, "other": other, "label": label},
        tone_input="image",
    )
    np.testing.assert_array_equal(keyword.power, analysis.power)


def test_the_tone_may_be_any_argument():
    class Second(nn.Module):
        def forward(self, gain, image, *, shift=0.0):
            return gain * image + shift

    two = torch.full((1, 1, 1, 1), 2.0)
    for options in (
        {"inputs": (two,), "tone_input": 1},
        {"inputs": {"gain": two}, "tone_input": "image"},
        {"inputs": {"gain": two, "shift": 0.0}, "tone_input": "image"},
    ):
        analysis = analyse_orders(Second(), (1, 8, 8), (1, 2), phases=8, **options)
        assert total(analysis, "Second") == pytest.approx(2)
    for options, message in (
        ({"inputs": two}, "a sequence of further inputs.*found a Tensor"),
        ({"inputs": (two,), "tone_input": 2}, r"position 0 … 1.*found 2"),
        ({"inputs": {"image": two}, "tone_input": "image"}, "cannot hold 'image' too"),
        ({"inputs": {3: two}}, "need names"),
    ):
        with pytest.raises(ValueError, match=message):
            analyse_orders(Second(), (1, 8, 8), (1, 2), phases=8, **options)


def test_fixed_inputs_are_not_changed():
    fixed = torch.ones(8, 1, 8, 8)
    net = Function(lambda self, x, y: y.mul_(2) + x)
    analyse_orders(net, (1, 8, 8), (1, 2), phases=8, inputs=(fixed,))
    layer_spectra(net, torch.ones(8, 1, 8, 8), fixed)
    assert torch.equal(fixed, torch.ones(8, 1, 8, 8))


@dataclass
class Result:
    image: torch.Tensor
    extra: object = None


@pytest.mark.parametrize(
    "wrap",
    [
        lambda y: (y, None),
        lambda y: [y.mean((2, 3)), {"image": y}],
        lambda y: Result(y),
        lambda y: types.MappingProxyType({"image": y}),
        lambda y: None,
    ],
)
def test_outputs_of_any_form(wrap):
    def forward(self, x):
        self.kept = self.conv(x)
        return wrap(torch.relu(self.kept)[..., 2:])

    net = Function(forward, conv=nn.Conv2d(1, 2, 1)).double()
    analysis = analyse_orders(nn.Sequential(net), (1, 8, 16), (1, 4), phases=8)
    assert analysis.layer.values.tolist()[:2] == ["0.conv", "0.relu"]
    assert not hasattr(net, "kept")


def test_leaf_results_in_any_form_are_layers():
    class Leaf(nn.Module):
        def forward(self, x):
            return Result(x * 2, {"again": x * 3})

    class Pick(nn.Module):
        def forward(self, result):
            return result.image + result.extra["again"]

    analysis = analyse_orders(nn.Sequential(Leaf(), Pick()), (1, 8, 8), (1, 2), phases=8)
    assert [total(analysis, layer) for layer in ("0", "0#2", "1")] == pytest.approx([2, 4.5, 12.5])
    assert analysis.inputs.sel(layer="1") == "0 + 0#2"


def test_nothing_but_the_input():
    for net in (nn.Sequential(), nn.Sequential(nn.Sequential()), nn.Sequential(nn.Identity())):
        analysis = analyse_orders(net, (1, 8, 8), (1, 2), phases=8)
        assert total(analysis, analysis.layer[0]) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="no operation on its input was seen"):
        analyse_orders(Function(lambda self, x: x), (1, 8, 8), (1, 2), phases=8)


def test_repeated_modules_are_numbered():
    conv = circular(2, 2)
    net = nn.Sequential(conv, nn.ReLU(), conv, nn.ReLU(), conv).double()
    analysis = analyse_orders(net, (2, 16, 16), (3, 5), phases=16)
    assert analysis.layer.values.tolist() == ["0", "1", "0#2", "3", "0#3"]
    assert analysis.inputs.values.tolist() == ["input", "0", "1", "0#2", "3"]


# ------------------------------------------------------------------ ways out of plain modules
@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")
def test_checkpointed_segments_are_seen():
    from torch.utils.checkpoint import checkpoint

    body = nn.Sequential(circular(1, 2), nn.ReLU())
    plain = nn.Sequential(body, nn.Conv2d(2, 1, 1)).double()
    expected = analyse_orders(plain, (1, 16, 16), (3, 5), phases=16)
    for reentrant in (True, False):
        net = Function(
            lambda self, x, how: self.last(checkpoint(self.body, x, use_reentrant=how)),
            body=body,
            last=plain[1],
        )
        found = analyse_orders(net, (1, 16, 16), (3, 5), phases=16, inputs=(reentrant,))
        assert found.layer.values.tolist() == ["body.0", "body.1", "last"]
        np.testing.assert_array_equal(found.power, expected.power)


def test_parallel_wrappers_are_looked_through():
    net = nn.Sequential(circular(1, 2), nn.ReLU())
    for wrapped in (nn.DataParallel(net), torch.compile(nn.DataParallel(net), backend="eager")):
        assert analyse_orders(wrapped, (1, 8, 8), (1, 2), phases=8).layer.values.tolist() == ["0", "1"]


def test_a_compiled_function_runs_eagerly():
    activation = torch.compile(lambda x: torch.relu(x) * 2, backend="eager")
    net = Function(lambda self, x: activation(self.conv(x)), conv=circular(1, 2))
    assert analyse_orders(net, (1, 8, 8), (1, 2), phases=8).layer.values.tolist() == ["conv", "relu", "mul"]


def test_symbolic_traces_are_analysed():
    net = nn.Sequential(circular(1, 2), nn.ReLU()).double()
    graph = torch.fx.symbolic_trace(net)
    a, b = (analyse_orders(module, (1, 16, 16), (3, 5), phases=16) for module in (net, graph))
    np.testing.assert_array_equal(a.power, b.power)


@pytest.mark.parametrize(
    ("leave", "way"),
    [
        (lambda x: torch.from_numpy(x.numpy() ** 2), "numpy"),
        (lambda x: torch.tensor((x * 2).tolist(), dtype=x.dtype), "tolist"),
        (lambda x: torch.as_tensor(np.asarray(x).copy()), "array"),
    ],
)
def test_what_left_torch_is_listed_with_all_that_follows(leave, way):
    net = Function(
        lambda self, x: self.last(functional.relu(leave(self.first(x))) + x),
        first=circular(1, 2),
        last=nn.Conv2d(2, 1, 1),
    ).double()
    analysis = analyse_orders(net, (1, 16, 16), (3, 5), phases=8)
    assert "first" in analysis.layer.values
    listed = {entry.split(":")[0]: entry for entry in analysis.attrs["not_analysed"]}
    assert {"relu", "add", "last"} <= set(listed)
    assert all("left torch" in listed[name] and way in listed[name] for name in ("relu", "add", "last"))


def test_detached_values_are_followed():
    net = Function(
        lambda self, x: self.conv(x.detach().data.clone()).detach() * 2, conv=circular(1, 2)
    ).double()
    analysis = analyse_orders(net, (1, 16, 16), (3, 5), phases=16)
    assert analysis.layer.values.tolist() == ["conv", "mul"]
    assert leaking(analysis) < 1e-12


def test_control_flow_on_the_input():
    net = Function(lambda self, x: self.conv(x) if x.mean() > 0 else x * 0.0, conv=circular(1, 1)).double()
    assert "conv" in analyse_orders(net, (1, 8, 8), (1, 2), phases=8, offset=0.5).layer.values
    assert "conv" not in analyse_orders(net, (1, 8, 8), (1, 2), phases=8, offset=-0.5).layer.values


def test_state_between_calls_is_put_back():
    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.state, self.calls, self.seen = None, 0, []
            self.table = {"last": 1}
            self.memory = torch.zeros(1)

        def forward(self, x):
            self.state = x if self.state is None else 0.5 * (self.state + x)
            self.calls += 1
            self.seen.append(len(x))
            self.table["last"] = x
            self.memory += 1
            self.fresh = x
            return self.state * 1.0

    net = Recurrent()
    seen, memory = net.seen, net.memory
    parts = analyse_orders(net, (1, 64, 64), (3, 5), phases=64, memory=2e6)
    assert vars(net)["calls"] == 0
    assert net.state is None
    assert net.seen is seen
    assert seen == []
    assert net.memory is memory
    assert float(memory) == 0
    assert net.table == {"last": 1}
    assert not hasattr(net, "fresh")
    np.testing.assert_allclose(
        parts.power, analyse_orders(net, (1, 64, 64), (3, 5), phases=64).power, atol=1e-6
    )
    with unchanged(net):
        net(torch.zeros(1, 1, 2, 2))
    assert net.calls == 0


# ------------------------------------------------------------------ nothing is left behind
def probes(net):
    analyse_orders(net, (1, 16, 16), (4, 4), phases=8)
    layer_spectra(net, torch.ones(2, 1, 16, 16))


@pytest.mark.parametrize("error", [RuntimeError, KeyError, AttributeError, AssertionError, ZeroDivisionError])
def test_failures_leave_nothing_behind(error):
    def fail(self, x):
        raise error("on purpose")

    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(), Function(fail)).train()
    with untouched(net), pytest.raises(ValueError, match=r"Sequential failed on an input .*on purpose"):
        probes(net)


def test_an_interrupt_leaves_nothing_behind():
    def interrupt(self, x):
        raise KeyboardInterrupt

    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), Function(interrupt)).train()
    for probe in (
        lambda: analyse_orders(net, (1, 16, 16), (4, 4), phases=8),
        lambda: layer_spectra(net, torch.ones(2, 1, 16, 16)),
    ):
        with untouched(net), pytest.raises(KeyboardInterrupt):
            probe()


def test_an_instruments_own_error_is_not_the_modules():
    with pytest.raises(ValueError, match=r"^layer '0' \(Conv2d\) returned NaN or infinite values"):
        analyse_orders(_with_nan(), (1, 16, 16), (4, 4), phases=8)
    with pytest.raises(ValueError, match=r"^layer '0' \(Conv2d\) returned NaN or infinite values"):
        layer_spectra(_with_nan(), torch.ones(2, 1, 16, 16))


def _with_nan():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    with torch.no_grad():
        net[0].weight[0] = float("nan")
    return net


def test_a_users_hooks_are_kept_and_called():
    calls = []
    net = nn.Sequential(circular(1, 2), nn.ReLU()).double()
    handles = [
        net[0].register_forward_hook(lambda part, args, out: out * 2),
        net[1].register_forward_pre_hook(lambda part, args: calls.append("before")),
        net[1].register_full_backward_hook(lambda *args: None),
    ]
    hooks = [dict(part._forward_hooks) for part in net.modules()]
    doubled = analyse_orders(net, (1, 16, 16), (3, 5), phases=16)
    assert calls
    assert [dict(part._forward_hooks) for part in net.modules()] == hooks
    for handle in handles:
        handle.remove()
    plain = analyse_orders(net, (1, 16, 16), (3, 5), phases=16)
    assert total(doubled, "0") == pytest.approx(4 * total(plain, "0"))


def test_a_users_failing_hook_is_the_modules_failure():
    net = nn.Sequential(circular(1, 2), nn.ReLU())

    def fail(part, args):
        raise RuntimeError("hook of mine")

    net[1].register_forward_pre_hook(fail)
    with untouched(net), pytest.raises(ValueError, match="hook of mine"):
        probes(net)


def test_gradients_and_graphs_stay():
    net = nn.Sequential(parametrizations.spectral_norm(nn.Conv2d(1, 2, 3, padding=1)), nn.BatchNorm2d(2))
    net[1].weight.requires_grad_(False)
    loss = net(torch.randn(2, 1, 16, 16)).square().mean()
    loss.backward(retain_graph=True)
    with untouched(net):
        probes(net)
    loss.backward()  # the graph made before is still good


# ------------------------------------------------------------------ precisions and layouts
def test_half_precision():
    net = nn.Sequential(circular(1, 4), nn.Tanh())
    exact = analyse_orders(copy.deepcopy(net).double(), (1, 16, 16), (1, 3), phases=16)
    half = analyse_orders(net.half(), (1, 16, 16), (1, 3), phases=16)
    np.testing.assert_allclose(half.power, exact.power, atol=2e-3)


def test_a_type_the_module_cannot_take_is_its_failure():
    with pytest.raises(ValueError, match=r"Conv2d failed on an input .* of float64"):
        analyse_orders(circular(1, 2), (1, 16, 16), (1, 3), phases=16, dtype=F64)
    with pytest.raises(ValueError, match=r"floating-point or complex.*int64"):
        analyse_orders(circular(1, 2), (1, 16, 16), (1, 3), phases=16, dtype=torch.int64)


def test_complex_modules():
    net = nn.Sequential(circular(1, 2, dtype=torch.complex128), Function(lambda self, z: z * z.abs()))
    analysis = analyse_orders(net, (1, 16, 16), (1, 3), phases=16)
    assert analysis.attrs["real"] is False
    assert leaking(analysis) < 1e-12
    assert list(layer_spectra(net, torch.ones(2, 1, 16, 16)).children) == ["0", "1.abs", "1.mul"]


def test_real_and_imaginary_parts_are_followed():
    def forward(self, x):
        z = torch.view_as_complex(x.permute(0, 2, 3, 1).contiguous())
        return torch.stack([(z * z).real, z.abs()], 1)

    analysis = analyse_orders(Function(forward), (2, 16, 16), (1, 3), phases=16, dtype=F64)
    assert analysis.layer.values.tolist() == ["stack"]
    assert leaking(analysis) < 1e-12


# ------------------------------------------------------------------ refusals
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("module", "message"),
    [
        (lambda: torch.jit.trace(nn.ReLU(), torch.ones(1, 1, 4, 4)), "scripted or traced"),
        (
            lambda: torch.export.export(nn.ReLU(), (torch.ones(1, 1, 4, 4),)),
            "ExportedProgram; pass the module it was",
        ),
        (
            lambda: torch.export.export(nn.ReLU(), (torch.ones(1, 1, 4, 4),)).module(),
            "exported: .*pass the module",
        ),
        (
            lambda: nn.Sequential(torch.ao.nn.quantized.Quantize(0.1, 0, torch.quint8)),
            "quantised: .*floating-point",
        ),
        (
            lambda: nn.Sequential(nn.LazyConv2d(4, 3)),
            r"its part '0' is not initialised yet \(weight has no shape\)",
        ),
        (
            lambda: nn.Conv2d(1, 1, 3, device="meta"),
            r"it is on the meta device \(weight has no values\): load",
        ),
        (lambda: nn.Conv2d(3, 4, 3), r"Conv2d failed on an input .* \(8, 1, 16, 16\).*channels"),
        (lambda: nn.Conv2d(1, 4, 33), r"Conv2d failed on an input .*(?i:kernel size)"),
        (lambda: nn.Conv1d(1, 4, 3), r"Conv1d failed on an input .*input"),
        (lambda: nn.Conv3d(1, 4, 3), r"Conv3d failed on an input"),
        (lambda: lambda x: x, "Module is needed, found function"),
    ],
)
def test_refusals(module, message):
    module = module()
    with pytest.raises(ValueError, match=message):
        analyse_orders(module, (1, 16, 16), (4, 4), phases=8)
    with pytest.raises(
        ValueError, match=message.replace("(8, 1, 16, 16)", "(2, 1, 16, 16)").replace(r"\(8", r"\(2")
    ):
        layer_spectra(module, torch.ones(2, 1, 16, 16))


def test_layers_of_other_dimensions_are_listed():
    net = Function(
        lambda self, x: self.conv(x) * self.line(x.mean(2)).mean((1, 2))[:, None, None, None],
        conv=circular(1, 2),
        line=nn.Conv1d(1, 2, 3),
    ).double()
    analysis = analyse_orders(net, (1, 16, 16), (3, 5), phases=16)
    assert analysis.layer.values.tolist() == ["conv", "mul"]
    assert analysis.attrs["not_analysed"] == [
        "mean: no spatial axes: shape (16, 1, 16)",
        "line: no spatial axes: shape (16, 2, 14)",
        "mean#2: no spatial axes: shape (16,)",
    ]


def test_steps_of_an_attention_are_accounted_for():
    analysis = analyse_orders(OPERATIONS["heads"](), (2, 12, 12), (5, 4), phases=24)
    assert analysis.layer.values.tolist() == ["0.add", "1"]
    assert analysis.inputs.values.tolist() == ["input", "0.add"]
    mixed, _ = analysis.attrs["not_analysed"]  # what it returns, and its weights
    assert mixed == "0.heads.multi_head_attention_forward: no spatial axes: shape (144, 24, 2)"


def test_a_mean_over_one_axis_is_no_image():
    analysis = analyse_orders(OPERATIONS["strip pool"](), (1, 12, 24), (5, 4), phases=24)
    assert analysis.layer.values.tolist() == ["0.mul", "1"]
    assert all("one value along y" in entry for entry in analysis.attrs["not_analysed"])


def test_a_vector_between_images_makes_everything_ambiguous():
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1),
        nn.Flatten(),
        nn.Linear(128, 16),
        nn.ReLU(),
        nn.Unflatten(1, (4, 2, 2)),
        nn.ConvTranspose2d(4, 1, 4, stride=4),
    ).double()
    analysis = analyse_orders(net, (1, 8, 8), (1, 3), phases=8)
    assert analysis.layer.values.tolist() == ["0", "4", "5"]
    assert analysis.rate_y.values.tolist() == [1, 0.25, 1]
    assert analysis.ambiguous.values.tolist()[1:] == [True, True]
    assert leaking(analysis.isel(layer=[1, 2])) < 1e-12
