"""What the generator makes of held-out samples."""

from __future__ import annotations

import xarray as xr

from workbench.mappings import MAPPINGS
from workbench.training.bench import Bench
from workbench.training.observer import Instrument


def images(bench: Bench) -> Instrument:
    """Show held-out samples: condition and truth once, the generator's images at every observation."""
    shown = bench.patches.heldout.batch(slice(bench.plan.shown))
    factor = MAPPINGS[bench.patches.mapping].factor
    image, mapped_image = ("sample", "y", "x"), ("sample", "mapped_channel", "mapped_y", "mapped_x")
    condition = shown["condition"][..., ::factor, ::factor].numpy()
    real = {
        "condition": (("sample", "channel", "y", "x"), condition, _label("condition")),
        "real": (image, shown["reference"].numpy(), _label("real complex image")),
        "real_mapped": (mapped_image, shown["target"].numpy(), _label("real mapped image")),
    }
    attrs = {
        "recorded": ["fake", "fake_mapped"],
        "mapping": bench.patches.mapping,
        "scale": bench.patches.scale,
    }

    def measure() -> xr.Dataset:
        mapped, decoded = bench.generate(shown["condition"])
        fake = {
            "fake": (image, decoded.numpy(), _label("generated complex image")),
            "fake_mapped": (mapped_image, mapped.numpy(), _label("generated mapped image")),
        }
        return xr.Dataset(real | fake, attrs=attrs)

    return measure


def _label(long_name: str) -> dict[str, str]:
    return {"long_name": long_name, "units": "1"}
