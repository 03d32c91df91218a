"""A made-up run: the records of a training that never took place, plausible and evolving with the step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr

LEVELS, N = 5, 64  # a U-Net of five levels on a 64-pixel mapped image
CADENCE = 20
CAUSES = ["direct", "folded", *(f"image_{d}" for d in range(1, LEVELS + 1)), "leakage"]


@dataclass(frozen=True)
class Status:
    state: str = "running"
    step: int = 0
    steps: int = 600
    rate: float = 18.0
    seconds_left: float = 30.0
    observing_share: float = 0.03
    pid: int = 4242
    message: str = ""
    device: str = "cpu"


def layer_table() -> list[tuple[str, str, int]]:
    """Name, type and size of every layer of the made-up generator."""
    table = []
    for level in range(1, LEVELS + 1):
        size = N >> level
        if level > 1:
            table.append((f"down{level}.activation", "LeakyReLU", 2 * size))
        table.append((f"down{level}.convolution", "Conv2d", size))
        if 1 < level < LEVELS:
            table.append((f"down{level}.norm", "BatchNorm2d", size))
    for level in range(LEVELS, 0, -1):
        size = N >> level
        table.append((f"up{level}.activation", "ReLU", size))
        table.append((f"up{level}.convolution", "ConvTranspose2d", 2 * size))
        if level > 1:
            table.append((f"up{level}.norm", "BatchNorm2d", 2 * size))
    table.append(("out", "Tanh", N))
    return table


def tones(rng: np.random.Generator, count: int, size: int = 32) -> np.ndarray:
    """Complex stripes: bands of one fringe frequency each."""
    n = np.arange(size)
    bands = [rng.uniform(0.5, 1) * np.exp(1j * rng.uniform(-np.pi, np.pi) * n) for _ in range(4 * count)]
    return np.repeat(np.array(bands), size // 4, axis=0).reshape(count, size, size).astype(np.complex64)


def nyquist(x: np.ndarray) -> np.ndarray:
    """Interpolate by two and move the spectrum into the positive quadrant."""
    size = x.shape[-1]
    spectrum = np.fft.fftshift(np.fft.fft2(x), axes=(-2, -1))
    padded = np.pad(spectrum, [(0, 0)] * (x.ndim - 2) + [(size // 2, size // 2)] * 2)
    u = 4 * np.fft.ifft2(np.fft.ifftshift(padded, axes=(-2, -1)))
    m, k = np.mgrid[: 2 * size, : 2 * size]
    return (np.real(u * 1j ** ((m + k) % 4)) / 1.25).clip(-1, 1).astype(np.float32)


@dataclass
class SyntheticRun:
    """Looks like a Run and like a Follower; `upto` is how far it has trained."""

    name: str = "synthetic"
    path: str = "/nowhere/synthetic"
    upto: int = 200
    seed: int = 0
    state: str = "running"
    cadence: int = CADENCE
    polled: int = field(default=-1)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self.real = tones(rng, 4)
        self.noise = (rng.normal(size=self.real.shape) + 1j * rng.normal(size=self.real.shape)) * 0.5
        self.spec = {"system": "pix2pix", "scene": "onetone", "mapping": "nyquist"}

    # ------------------------------------------------------------ as a Run
    @property
    def step(self) -> int:
        return self.upto

    @property
    def steps(self) -> int:
        return 600

    @property
    def pid(self) -> int:
        return 4242

    def scalars(self) -> xr.Dataset:
        return self.records(-1)["scalars"]

    def orders(self) -> xr.Dataset:
        return self.records(-1)["orders"]

    # ------------------------------------------------------------ as a Follower
    def poll(self) -> dict[str, xr.Dataset | xr.DataTree]:
        if self.upto <= self.polled:
            return {}
        new = self.records(self.polled)
        self.polled = self.upto
        return new

    def status(self) -> Status:
        state = Status(state=self.state, step=self.upto, seconds_left=(600 - self.upto) / 18)
        return replace(state, message="") if self.state == "running" else state

    def train(self, steps: int) -> None:
        """Go on for `steps` steps."""
        self.upto += steps

    # ------------------------------------------------------------ the records
    def records(self, after: int) -> dict[str, xr.Dataset | xr.DataTree]:
        """All groups with the steps in (after, upto]."""
        every = np.arange(max(after + 1, 0), self.upto + 1)
        probed = every[every % self.cadence == 0]
        groups: dict[str, xr.Dataset | xr.DataTree] = {"scalars": scalars(every)}
        if probed.size:
            groups["orders"] = orders(probed)
            groups["layers"] = layers(probed)
            images = self.images(probed)
            groups["images"] = images
            groups["coherence"] = coherence(probed, images)
        return groups

    def images(self, steps: np.ndarray) -> xr.Dataset:
        quality = learnt(steps)[:, None, None, None]
        fake = (quality * self.real + (1 - quality) * self.noise).astype(np.complex64)
        condition = np.stack(
            [np.angle(self.real[:, :, 1:] * self.real[:, :, :-1].conj()) / np.pi] * 3, axis=1
        )
        condition = np.pad(condition, [(0, 0), (0, 0), (0, 0), (0, 1)], mode="edge")
        condition[:, 1], condition[:, 2] = 4 * np.abs(self.real) - 3, -1
        return xr.Dataset(
            {
                "condition": (("sample", "channel", "y", "x"), condition.astype(np.float32)),
                "real": (("sample", "y", "x"), self.real),
                "real_mapped": (
                    ("sample", "mapped_channel", "mapped_y", "mapped_x"),
                    nyquist(self.real)[:, None],
                ),
                "fake": (("step", "sample", "y", "x"), fake),
                "fake_mapped": (
                    ("step", "sample", "mapped_channel", "mapped_y", "mapped_x"),
                    nyquist(fake)[:, :, None],
                ),
            },
            coords={"step": steps},
            attrs={"mapping": "nyquist"},
        )


def learnt(steps: np.ndarray) -> np.ndarray:
    """How much has been learnt by each step, 0..1."""
    return 1 - np.exp(-(np.asarray(steps) + 5) / 150)


def scalars(steps: np.ndarray) -> xr.Dataset:
    q = learnt(steps)
    jitter = np.random.default_rng(1).normal(size=100_000)[steps] * 0.1
    values = {
        "loss_generator": 8 + 40 * (1 - q) + 3 * jitter,
        "loss_discriminator": 0.6 + 0.1 * jitter,
        "generator_gan": 1.2 + 0.3 * q + jitter,
        "generator_l1": 0.05 + 0.35 * (1 - q) + 0.02 * jitter,
        "generator_coherence": 1 - 0.75 * q + 0.05 * jitter,
        "discriminator_real": 0.6 + 0.1 * jitter,
        "discriminator_fake": 0.62 + 0.1 * jitter,
        "step_seconds": 0.055 + 0 * q,
        "observing_share": 0.03 + 0 * q,
        "learning_rate": 2e-4 + 0 * q,
    }
    return xr.Dataset({name: ("step", value) for name, value in values.items()}, coords={"step": steps})


def relu_powers(leak: float, count: int) -> np.ndarray:
    """Powers of the orders 0..count-1 of a (leaky) ReLU fed by a unit tone."""
    k = np.arange(count)
    c = np.zeros(count)
    even = k[(k % 2 == 0) & (k > 0)]
    c[0], c[1] = 1 / np.pi, 0.5
    c[even] = 2 / np.pi * np.cos(np.pi * even / 2) / (1 - even**2)
    c *= 1 - leak
    c[1] += leak
    return np.where(k == 0, c**2, c**2 / 2)


def orders(steps: np.ndarray, count: int = 8) -> xr.Dataset:
    table = layer_table()
    order = np.arange(-count, count)
    q = learnt(steps)[:, None]
    power = np.zeros((steps.size, len(table), order.size, len(CAUSES)))
    theory = np.full((steps.size, len(table), order.size), np.nan)
    notes = []
    for i, (name, kind, size) in enumerate(table):
        depth = int(np.log2(N / size))
        gain = 10 ** (np.sin(i) * 0.6 - 0.1 * depth)
        half = relu_powers({"LeakyReLU": 0.2}.get(kind, 0.0), count + 1)
        if "ReLU" not in kind:
            half = half * np.where(np.arange(count + 1) == 1, 1, 0.02 + 0.3 * depth / LEVELS)
        both = np.where(order == 0, half[np.abs(order)], half[np.abs(order)] / 2) * gain
        if "ReLU" in kind:
            theory[:, i] = both
            both = both * (1 + 0.01 * np.cos(order))
        notes.append("" if "ReLU" in kind else f"{kind} mixes pixels: no closed form for it")
        up = name.startswith(("up", "out"))
        shares = np.full(len(CAUSES), 1e-9)
        shares[0] = 1.0
        shares[1] = 0.05 * depth
        if up:
            shares[2 : 2 + LEVELS] = 0.5 / 2.0 ** np.abs(np.arange(LEVELS) - depth)
        shares[-1] = 0.04 * depth
        mixed = shares * np.where(np.arange(len(CAUSES)) == 0, 1 + 2 * q, 1.5 - q)
        mixed /= mixed.sum(axis=-1, keepdims=True)
        taming = np.where(np.abs(order) >= 2, 1 - 0.4 * q, 1.0)  # harmonics fade a little while it learns
        per_order = (both * taming)[:, :, None] * mixed[:, None, :]
        dc = np.flatnonzero(order == 0)[0]
        per_order[:, dc] = 0
        per_order[:, dc, 0] = both[dc]
        power[:, i] = per_order
    names = [name for name, _, _ in table]
    sizes = np.array([[size, size] for _, _, size in table])
    total = power.sum(axis=(2, 3))
    return xr.Dataset(
        {
            "power": (("step", "layer", "order", "cause"), power),
            "theory": (("step", "layer", "order"), theory),
            "order_tail": (("step", "layer"), np.full(total.shape, 0.01)),
            "largest_spur": (("step", "layer"), 0.1 * total),
            "folded_at": (("step", "layer", "order"), np.full(theory.shape, np.nan)),
            "theory_note": ("layer", notes),
            "ambiguous": ("layer", [size <= 2 for _, _, size in table]),
            "ambiguity": (
                "layer",
                ["the lattice is as dense as the bins" if s <= 2 else "" for _, _, s in table],
            ),
        },
        coords={
            "step": steps,
            "layer": names,
            "order": order,
            "cause": CAUSES,
            "module_type": ("layer", [kind for _, kind, _ in table]),
            "rate_y": ("layer", sizes[:, 0] / N),
            "rate_x": ("layer", sizes[:, 1] / N),
            "size": (("layer", "axis"), sizes),
            "axis": ["y", "x"],
        },
        attrs={
            "tone": [5, 11],
            "shape": [3, N, N],
            "phases": 16,
            "amplitude": 1.0,
            "offset": 0.0,
            "input_power": 1.5,
            "input_order_1_power": 1.5,
            "real": True,
            "units": "power",
            "not_analysed": [],
        },
    )


def layers(steps: np.ndarray) -> xr.DataTree:
    children = {}
    for name, _, size in layer_table():
        f = np.fft.fftshift(np.fft.fftfreq(size))
        fy, fx = np.meshgrid(f, f, indexing="ij")
        place = 0.2 + 0.1 * learnt(steps)[:, None, None]
        power = np.exp(-((fy / 0.15) ** 2) - ((np.abs(fx) - place) / 0.1) ** 2) + 1e-4
        if name.startswith("up"):
            power = power + 0.2 * np.exp(-(((np.abs(fx) - 0.5) / 0.03) ** 2))
        ratio = size / N
        children[name] = xr.Dataset(
            {"power": (("step", "frequency_y", "frequency_x"), power.astype(np.float32))},
            coords={
                "frequency_y": f,
                "frequency_x": f,
                "input_frequency_y": ("frequency_y", f * ratio),
                "input_frequency_x": ("frequency_x", f * ratio),
            },
        )
    root = xr.Dataset(coords={"step": steps})
    return xr.DataTree.from_dict({"/": root, **{f"/{name}": child for name, child in children.items()}})


def coherence(steps: np.ndarray, images: xr.Dataset, window: int = 5) -> xr.Dataset:
    from scipy.ndimage import uniform_filter

    def smooth(a: np.ndarray) -> np.ndarray:
        axes = (a.ndim - 2, a.ndim - 1)
        if np.iscomplexobj(a):
            return uniform_filter(a.real, window, axes=axes) + 1j * uniform_filter(a.imag, window, axes=axes)
        return uniform_filter(a, window, axes=axes)

    real, fake = images["real"].values[None], images["fake"].values
    value = smooth(real * fake.conj()) / np.sqrt(
        smooth(np.abs(real) ** 2) * smooth(np.abs(fake) ** 2) + 1e-12
    )
    magnitude = np.abs(value).clip(0, 1).astype(np.float32)
    null = 0.3
    corrected = np.sqrt(((magnitude**2 - 0.09) / 0.91).clip(0, 1)).astype(np.float32)
    counts = np.stack([np.histogram(m, bins=50, range=(0, 1))[0] for m in magnitude])
    q = learnt(steps)
    return xr.Dataset(
        {
            "magnitude": (("step", "sample", "y", "x"), magnitude),
            "phase": (("step", "sample", "y", "x"), np.angle(value).astype(np.float32)),
            "corrected": (("step", "sample", "y", "x"), corrected),
            "significant": (("step", "sample", "y", "x"), magnitude > null),
            "null_level": ("step", np.full(steps.size, null)),
            "mean": ("step", magnitude.mean(axis=(1, 2, 3))),
            "corrected_mean": ("step", corrected.mean(axis=(1, 2, 3))),
            "area_above_0_8": ("step", (magnitude > 0.8).mean(axis=(1, 2, 3))),
            "mirror_ratio_db": ("step", -20 * q),
            "frequency_error_bins": ("step", 6 - 5 * q),
            "power_ratio_db": ("step", -3 + 3 * q),
            "phase_std": ("step", 1.6 - q),
            "out_of_band_ratio": ("step", 0.5 * (1 - q)),
            "training_mean": ("step", (magnitude.mean(axis=(1, 2, 3)) + 0.1).clip(0, 1)),
            "histogram": (("step", "bin"), counts.astype(np.float32)),
        },
        coords={"step": steps, "bin": (np.arange(50) + 0.5) / 50},
    )
