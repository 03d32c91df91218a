"""The live instruments: what is measured on a generator while it trains."""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr

from workbench.mappings import MAPPINGS
from workbench.training.bench import Bench
from workbench.training.observer import Instrument


def images(bench: Bench) -> Instrument:
    """Show held-out samples: condition and truth once, the generator's images at every observation."""
    shown = bench.patches.heldout.batch(slice(bench.plan.shown))
    factor = MAPPINGS[bench.patches.mapping].factor
    real = {
        "condition": (("sample", "channel", "y", "x"), shown["condition"][..., ::factor, ::factor].numpy()),
        "real": (("sample", "y", "x"), shown["reference"].numpy()),
        "real_mapped": (("sample", "mapped_channel", "mapped_y", "mapped_x"), shown["target"].numpy()),
    }

    def measure() -> xr.Dataset:
        mapped, decoded = bench.generate(shown["condition"])
        fake = {
            "fake": (("sample", "y", "x"), decoded.numpy()),
            "fake_mapped": (("sample", "mapped_channel", "mapped_y", "mapped_x"), mapped.numpy()),
        }
        return xr.Dataset(real | fake, attrs={"recorded": list(fake)})

    return measure


INSTRUMENTS: dict[str, Callable[[Bench], Instrument]] = {"images": images}
