"""The scenes that can be made by name."""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr

from workbench.scenes.domains import domains
from workbench.scenes.flat_earth import flat_earth
from workbench.scenes.onetone import onetone
from workbench.scenes.optical_sar import optical_sar
from workbench.scenes.raytracing import buildings
from workbench.scenes.ships import ships
from workbench.scenes.tones import tones
from workbench.signals import Registry

SceneMaker = Callable[..., xr.Dataset]


SCENES: Registry[SceneMaker] = Registry(
    "scene",
    {
        "onetone": onetone,
        "flat_earth": flat_earth,
        "ships": ships,
        "buildings": buildings,
        "optical_sar": optical_sar,
        "tones": tones,
        "domains": domains,
    },
)
"""Name -> function(size, count, seed, ...) returning a Dataset with ``slc`` and ``condition``."""

PICTURES = ("domains",)
"""Scenes of ordinary pictures, without a complex image: systems for complex data cannot learn from them."""
