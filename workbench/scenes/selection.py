"""Which of a file's arrays is the complex image."""

from __future__ import annotations

from workbench.scenes.containers import Contents, Member, UndecidedError, UnsuitableError

AXES = {
    "sample": ("sample", "time", "epoch", "date"),
    "y": ("y", "azimuth", "line", "lines", "row", "rows"),
    "x": ("x", "range", "slant_range", "pixel", "pixels", "samples", "column", "columns"),
    "channel": ("channel",),
}
PARTS = (("real", "imag"), ("re", "im"), ("_i", "_q"))
"""How names of a real and an imaginary part end."""
LISTED = 12

Image = tuple[tuple[str, ...], tuple[Member, ...]]


def find_image(contents: Contents, select: str | None = None) -> Image:
    """Find the complex image: one array, or its two parts, with 2 or 3 dimensions.

    Returns
    -------
    names, members : tuple of str, tuple of Member
        One or two of each.

    Raises
    ------
    UnsuitableError
        If there is none, or several of which none is selected.
    """
    candidates = _candidates(contents.members)
    if not candidates:
        listing = "; ".join(f"{name}: {member}" for name, member in list(contents.members.items())[:LISTED])
        raise UnsuitableError(
            f"a complex array is needed (complex64, complex128, or real and imaginary part); "
            f"found {listing or 'nothing'}"
        )
    name = _chosen(candidates, contents.preferred, None if contents.selected else select)
    names = candidates[name]
    parts = tuple(contents.members[part] for part in names)
    if len(parts[0].shape) not in (2, 3):
        raise UnsuitableError(f"{name} is {parts[0]}; 2 dimensions (y, x) or 3 (sample, y, x) are needed")
    return names, parts


def _candidates(members: dict[str, Member]) -> dict[str, tuple[str, ...]]:
    """Name of each image -> the names of its one or two arrays."""
    found: dict[str, tuple[str, ...]] = {
        name: (name,) for name, member in members.items() if member.is_complex
    }
    for name, part in members.items():
        for other, image in _counterparts(name):
            partner = members.get(other)
            if partner is not None and partner.shape == part.shape and part.is_real and partner.is_real:
                found.setdefault(image, (name, other))
    return found


def _counterparts(name: str) -> list[tuple[str, str]]:
    """For the name of a real part: possible names of the imaginary one, of the image."""
    group, slash, plain = name.rpartition("/")
    pairs = [
        (f"{name.removesuffix(real)}{imaginary}", name.removesuffix(real).rstrip("_") or "slc")
        for real, imaginary in PARTS
        if name.endswith(real)
    ]
    if plain.startswith("i_"):  # SNAP: i_VV_19Mar2023
        pairs.append((f"{group}{slash}q_{plain[2:]}", f"{group}{slash}{plain[2:]}"))
    return pairs


def _chosen(candidates: dict[str, tuple[str, ...]], preferred: str, select: str | None) -> str:
    if select is not None:
        exact = [name for name in candidates if name.lower() == select.lower()]
        matching = exact or [name for name in candidates if select.lower() in name.lower()]
        if len(matching) == 1:
            return matching[0]
        raise UnsuitableError(
            f"select={select!r} fits {', '.join(matching[:LISTED]) or 'none'}; "
            f"there are: {', '.join(list(candidates)[:LISTED])}"
        )
    for name in ("slc", preferred):
        if name in candidates:
            return name
    if len(candidates) == 1:
        return next(iter(candidates))
    raise UndecidedError(
        f"holds several complex arrays ({', '.join(list(candidates)[:LISTED])}); name the one to use 'slc', "
        "or say select='NAME'"
    )


def scene_axes(dims: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
    """Translate the field's names of axes; the default unless they are all known."""
    known = {alias: axis for axis, aliases in AXES.items() for alias in aliases}
    axes = tuple(known.get(dim.lower(), "") for dim in dims)
    return axes if set(axes) == set(default) and len(axes) == len(default) else default
