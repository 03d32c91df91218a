"""The scenes that can be made by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import xarray as xr

from workbench.scenes.onetone import onetone

SceneMaker = Callable[..., xr.Dataset]


class _Scenes(dict[str, SceneMaker]):
    def __missing__(self, name: str) -> NoReturn:
        raise KeyError(f"unknown scene {name!r}; there are: {', '.join(self)}")


SCENES: dict[str, SceneMaker] = _Scenes(onetone=onetone)
"""Name -> function(size, count, seed, ...) returning a Dataset with ``slc`` and ``condition``."""
