"""The scenes that can be made by name."""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr

from workbench.scenes.flat_earth import flat_earth
from workbench.scenes.onetone import onetone
from workbench.scenes.ships import ships
from workbench.signals import Registry

SceneMaker = Callable[..., xr.Dataset]


SCENES: Registry[SceneMaker] = Registry(
    "scene", {"onetone": onetone, "flat_earth": flat_earth, "ships": ships}
)
"""Name -> function(size, count, seed, ...) returning a Dataset with ``slc`` and ``condition``."""
