"""Complex numbers in a file without any header."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from workbench.scenes.containers import Contents, Options, UnsuitableError, mapped

INTEGER_PAIRS = {"complex_int8": "i1", "complex_int16": "i2", "complex_int32": "i4", "complex32": "f2"}
"""Names for pairs of real and imaginary part that NumPy has no complex type for."""


def raw_dtype(name: str) -> np.dtype:
    """Return the type of a pixel, with its byte order in front: ``complex64``, ``>c8``, ``>complex_int16``.

    Raises
    ------
    UnsuitableError
        If there is no such type, or it is not complex.
    """
    order = name[0] if name[:1] in "<>=" else "<"
    plain = name.lstrip("<>=")
    if plain in INTEGER_PAIRS:
        part = np.dtype(order + INTEGER_PAIRS[plain])
        return np.dtype([("real", part), ("imag", part)])
    try:
        dtype = np.dtype(order + np.dtype(plain).str[1:])
    except (TypeError, ValueError, SyntaxError):
        dtype = np.dtype(bool)
    if dtype.kind != "c":
        raise UnsuitableError(
            f"dtype={name!r} is no complex type; there are complex64, complex128, "
            f"{', '.join(INTEGER_PAIRS)}, with > in front for big-endian files"
        )
    return dtype


@contextmanager
def read_raw(path: Path, options: Options) -> Iterator[Contents]:
    """Open a file of known shape and type."""
    if options.shape is None:
        raise UnsuitableError("has no header that is known here; say shape=(lines, pixels) and dtype=")
    dtype = raw_dtype(options.dtype or "complex64")
    needed = options.offset + dtype.itemsize * int(np.prod(options.shape, dtype=object))
    found = path.stat().st_size
    if found != needed:
        lines, rest = divmod(found - options.offset, dtype.itemsize * max(options.shape[-1], 1))
        hint = f"; with {options.shape[-1]} pixels per line it has {lines} lines" if rest == 0 < lines else ""
        raise UnsuitableError(
            f"has {found} bytes; {options.dtype or 'complex64'} of {options.shape} after {options.offset} "
            f"bytes needs {needed}{hint}"
        )
    yield Contents({"the array": mapped(path, dtype, options.shape, options.offset)})
