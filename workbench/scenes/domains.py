"""Two domains of pictures, for translation from one to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from workbench.scenes.validity import require_whole

SUFFIXES = (".png", ".jpg", ".jpeg")
LARGEST = 64_000_000
"""Pixels a picture of the user's may have: a decompression bomb has more."""
LAYOUTS = ("auto", "named", "side_by_side", "unpaired")
FOLDERS = (("A", "B"), ("trainA", "trainB"), ("x", "y"), ("input", "target"))

Array = npt.NDArray[Any]


def domains(
    size: int = 64,
    count: int = 8,
    seed: int = 0,
    *,
    toy: str = "edges",
    folder: str | PathLike[str] | None = None,
    layout: str = "auto",
) -> xr.Dataset:
    """Pictures of two domains, from a folder or from what scikit-image ships.

    Parameters
    ----------
    size : int
        Pixels per axis: pictures are cut to their central square and resized.
    count : int
        Pictures per domain.
    seed : int
        Of the crops (toy domains) or the choice of pictures (a folder).
    toy : str
        Built in, paired: ``edges`` → photograph, ``grey`` → colour, ``blurred`` → sharp; unpaired:
        ``textures`` (brick, grass).
    folder : path, optional
        The user's own PNG or JPEG pictures instead.
    layout : str
        ``named``: two subfolders (A, B or trainA, trainB or x, y or input, target) whose files pair by name;
        ``side_by_side``: pictures twice as wide as high, x left and y right; ``unpaired``: two subfolders
        whose files do not pair; ``auto`` finds out.

    Returns
    -------
    xarray.Dataset
        ``domain_x``, ``domain_y`` (sample, channel, y, x) float32 in [−1, 1], three channels. attrs
        ``paired`` (1 or 0), ``source``, ``seed``, ``layout``.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        For unknown names, a folder that holds no such pictures, a file that is no picture or too large.

    Notes
    -----
    Source: seed thesis on image translation, data sets of paired and unpaired pictures.

    Examples
    --------
    >>> pair = domains(size=32, count=2, toy="edges")
    >>> pair.domain_x.shape, pair.attrs["paired"]
    ((2, 3, 32, 32), 1)
    """
    require_whole("domains", size=size, count=count)
    if folder is not None:
        return _from_folder(Path(folder).expanduser(), size, count, seed, layout)
    if toy not in TOYS:
        raise ValueError(f"unknown toy domains {toy!r}; there are: {', '.join(TOYS)}")
    paired, make = TOYS[toy]
    pictures = [make(size, np.random.default_rng([seed, sample])) for sample in range(count)]
    first, second = (np.stack(side) for side in zip(*pictures, strict=True))
    return _dataset(
        first, second, paired, {"source": f"scikit-image, {toy}", "seed": int(seed), "layout": "toy"}
    )


def _dataset(first: Array, second: Array, paired: bool, attrs: dict[str, Any]) -> xr.Dataset:
    """Label two stacks (sample, y, x, channel) of pictures in [0, 1]."""
    dims = ("sample", "channel", "y", "x")
    about = {"units": "1", "valid_range": [-1.0, 1.0]}
    variables = {
        name: (
            dims,
            (2 * np.moveaxis(stack, -1, 1) - 1).astype(np.float32),
            about | {"long_name": f"domain {name[-1]}"},
        )
        for name, stack in (("domain_x", first), ("domain_y", second))
    }
    channel = ("channel", ["red", "green", "blue"])
    return xr.Dataset(variables, coords={"channel": channel}, attrs={"paired": int(paired), **attrs})


# ---------------------------------------------------------------- toy domains
@lru_cache(maxsize=8)
def _photograph(name: str) -> Array:
    """Return a picture that scikit-image ships, (y, x, 3) in [0, 1]."""
    from skimage import data

    picture = np.asarray(getattr(data, name)(), np.float64) / 255
    return picture[..., :3] if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)


def _crop(name: str, size: int, rng: np.random.Generator) -> Array:
    from skimage import transform

    picture = _photograph(name)
    side = int(rng.integers(min(picture.shape[:2]) // 3, min(picture.shape[:2]) * 2 // 3))
    top, left = (int(rng.integers(0, n - side + 1)) for n in picture.shape[:2])
    cut = picture[top : top + side, left : left + side]
    if rng.random() < 0.5:
        cut = cut[:, ::-1]
    return np.clip(transform.resize(cut, (size, size, 3), anti_aliasing=True), 0, 1)


def _colourful(size: int, rng: np.random.Generator) -> Array:
    return _crop(str(rng.choice(["astronaut", "coffee", "chelsea", "rocket"])), size, rng)


def _edges(size: int, rng: np.random.Generator) -> tuple[Array, Array]:
    from skimage import feature

    picture = _colourful(size, rng)
    outline = feature.canny(picture.mean(axis=2), sigma=1.0)
    return np.repeat(1.0 - outline[..., None], 3, axis=2), picture


def _grey(size: int, rng: np.random.Generator) -> tuple[Array, Array]:
    picture = _colourful(size, rng)
    return np.repeat(picture @ np.array([0.2125, 0.7154, 0.0721])[:, None], 3, axis=2), picture


def _blurred(size: int, rng: np.random.Generator) -> tuple[Array, Array]:
    from scipy.ndimage import gaussian_filter

    picture = _colourful(size, rng)
    return gaussian_filter(picture, (2, 2, 0)), picture


def _textures(size: int, rng: np.random.Generator) -> tuple[Array, Array]:
    return _crop("brick", size, rng), _crop("grass", size, rng)


#: name -> (whether pictures pair, function(size, generator) -> (x, y))
TOYS: dict[str, tuple[bool, Callable[[int, np.random.Generator], tuple[Array, Array]]]] = {
    "edges": (True, _edges),
    "grey": (True, _grey),
    "blurred": (True, _blurred),
    "textures": (False, _textures),
}


# ---------------------------------------------------------------- folders
def _from_folder(folder: Path, size: int, count: int, seed: int, layout: str) -> xr.Dataset:
    if layout not in LAYOUTS:
        raise ValueError(f"unknown layout {layout!r}; there are: {', '.join(LAYOUTS)}")
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: there is no such folder")
    found = _found_layout(folder) if layout == "auto" else layout
    rng = np.random.default_rng(seed)
    if found == "side_by_side":
        files = _chosen(_pictures(folder), count, rng)
        halves = [_halves(file) for file in files]
        first, second = ([_square(half[side], size) for half in halves] for side in (0, 1))
    else:
        pair = _subfolders(folder)
        if found == "named":
            names = sorted({f.name for f in _pictures(pair[0])} & {f.name for f in _pictures(pair[1])})
            if not names:
                raise ValueError(f"{folder}: no file of {pair[0].name} has its name in {pair[1].name} too")
            chosen = _chosen([Path(name) for name in names], count, rng)
            sides = [[side / name for name in chosen] for side in pair]
        else:
            sides = [_chosen(_pictures(side), count, rng) for side in pair]
        first, second = ([_square(_picture(file), size) for file in side] for side in sides)
    return _dataset(
        np.stack(first), np.stack(second), found != "unpaired",
        {"source": str(folder), "seed": int(seed), "layout": found},
    )  # fmt: skip


def _found_layout(folder: Path) -> str:
    pair = next((pair for pair in FOLDERS if all((folder / name).is_dir() for name in pair)), None)
    if pair is None:
        return "side_by_side"
    names = [{file.name for file in _pictures(folder / name)} for name in pair]
    return "named" if names[0] & names[1] else "unpaired"


def _subfolders(folder: Path) -> tuple[Path, Path]:
    for first, second in FOLDERS:
        if (folder / first).is_dir() and (folder / second).is_dir():
            return folder / first, folder / second
    listed = ", ".join(f"{first} and {second}" for first, second in FOLDERS)
    raise ValueError(f"{folder}: two subfolders are needed, named {listed}")


def _pictures(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file())
    if not files:
        there = len(list(folder.iterdir()))
        raise ValueError(
            f"{folder}: {', '.join(SUFFIXES)} pictures are needed; found none in {there} entries"
        )
    return files


def _chosen(files: list[Path], count: int, rng: np.random.Generator) -> list[Path]:
    """Return `count` files in random order; fewer files come again."""
    order = rng.permutation(len(files))
    return [files[order[i % len(files)]] for i in range(count)]


def _picture(file: Path) -> Array:
    """Return a picture (y, x, 3) in [0, 1]; greys become three channels, transparency is dropped."""
    from PIL import Image, UnidentifiedImageError

    try:
        with _strict(), Image.open(file, formats=("PNG", "JPEG")) as image:
            width, height = image.size
            if width * height > LARGEST:
                raise ValueError(f"{file}: {width} x {height} pixels found, at most {LARGEST:.0e} are read")
            return np.asarray(image.convert("RGB"), np.float64) / 255
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{file}: is no PNG or JPEG picture that can be read ({error})") from None


@contextmanager
def _strict() -> Iterator[None]:
    """Have Pillow refuse truncated pictures, which others (sarpy) let it fill up in the whole process."""
    from PIL import ImageFile

    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _halves(file: Path) -> tuple[Array, Array]:
    picture = _picture(file)
    height, width = picture.shape[:2]
    if width < 2 or width % 2 or not 1.5 <= width / height <= 2.5:
        raise ValueError(
            f"{file}: {width} x {height} pixels found; two pictures side by side, about twice as wide as "
            "high, are needed (or two subfolders: see layout)"
        )
    return picture[:, : width // 2], picture[:, width // 2 :]


def _square(picture: Array, size: int) -> Array:
    from skimage import transform

    side = min(picture.shape[:2])
    top, left = ((n - side) // 2 for n in picture.shape[:2])
    cut = picture[top : top + side, left : left + side]
    return np.clip(transform.resize(cut, (size, size, 3), anti_aliasing=side > size), 0, 1)
