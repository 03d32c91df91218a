"""Several images of equal size as one stack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from workbench.scenes.lazy import is_lazy, read_indexed


class _LazyStack(BackendArray):
    """Images on disk, one after the other along the first axis."""

    def __init__(self, images: Sequence[xr.DataArray]) -> None:
        self.images = list(images)
        self.shape = (len(images), *images[0].shape)
        self.dtype = images[0].dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return read_indexed(key, self.shape, self._read)

    def _read(self, key: tuple[Any, ...]) -> np.ndarray:
        chosen = np.arange(self.shape[0])[key[0]]
        window = dict(zip(("y", "x"), key[1:], strict=True))
        if chosen.ndim == 0:
            return np.asarray(self.images[int(chosen)].isel(window).values)
        if chosen.size == 0:
            return np.asarray(self.images[0].isel(window).values[None][:0])
        return np.stack([self.images[index].isel(window).values for index in chosen])


def stack_scenes(scenes: Sequence[xr.Dataset], sources: Sequence[str]) -> xr.Dataset:
    """Put single images (y, x) of equal size into one scene (sample, y, x), in the order given.

    Attributes in which all agree are kept. Images on disk stay there. Conditions are left out.

    Raises
    ------
    ValueError
        If one is a stack already, or the sizes differ.
    """
    for scene, source in zip(scenes, sources, strict=True):
        if scene["slc"].dims != ("y", "x"):
            raise ValueError(f"{source}: holds a stack; single images (y, x) are needed to make one")
        if scene["slc"].shape != scenes[0]["slc"].shape:
            raise ValueError(
                f"{source}: has {'×'.join(map(str, scene['slc'].shape))} pixels, {sources[0]} "
                f"{'×'.join(map(str, scenes[0]['slc'].shape))}; images of equal size are needed"
            )
    if any(is_lazy(scene) for scene in scenes):
        stacked = xr.Variable(
            ("sample", "y", "x"), indexing.LazilyIndexedArray(_LazyStack([scene["slc"] for scene in scenes]))
        )
    else:
        stacked = xr.Variable(("sample", "y", "x"), np.stack([scene["slc"].values for scene in scenes]))
    first = scenes[0].attrs
    attrs = {name: value for name, value in first.items() if all(s.attrs.get(name) == value for s in scenes)}
    return xr.Dataset(
        {"slc": stacked},
        coords={"file": ("sample", list(sources))},
        attrs={**attrs, "source": ", ".join(sources)},
    )
