"""How the values that `workbench probe` is given are read."""

from __future__ import annotations

import math

__all__ = ["parse_pairs", "parse_size", "parse_sweep", "parse_tone", "parse_values"]


def parse_size(text: str) -> tuple[int, int]:
    """Read ``256`` or ``256x192`` (rows x columns).

    >>> parse_size("256"), parse_size("256x192")
    ((256, 256), (256, 192))
    """
    parts = text.lower().replace("×", "x").split("x")
    if not 1 <= len(parts) <= 2 or not all(part.isdecimal() and int(part) for part in parts):
        raise ValueError(f"--size {text!r}: needed are pixels, 256 or 256x192 (rows x columns)")
    return int(parts[0]), int(parts[-1])


def parse_tone(text: str, option: str = "--tone") -> tuple[int, int]:
    """Read ``5,11``: whole cycles per frame along y, x.

    >>> parse_tone("5,-11")
    (5, -11)
    """
    try:
        y, x = (int(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"{option} {text!r}: needed are whole cycles per frame along y and x, for example {option} 5,11"
        ) from None
    return y, x


def parse_values(text: str, option: str) -> tuple[float, ...]:
    """Read finite numbers with commas between them.

    >>> parse_values("1,0.5", "--amplitude")
    (1.0, 0.5)
    """
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = (math.nan,)
    if not all(map(math.isfinite, values)):
        raise ValueError(f"{option} {text!r}: needed are numbers with commas between them, for example 1,0.5")
    return values


def parse_pairs(texts: list[str], option: str, example: str) -> tuple[tuple[str, str], ...]:
    """Read ``NAME=VALUE`` as often as it is given.

    >>> parse_pairs(["down2.conv=blurpool"], "--replace", "")
    (('down2.conv', 'blurpool'),)
    """
    pairs = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise ValueError(f"{option} {text!r}: needed is NAME=VALUE, for example {option} {example}")
        pairs.append((name, value))
    return tuple(pairs)


def parse_sweep(text: str) -> tuple[float, ...]:
    """Read ``FROM:TO:COUNT``: so many amplitudes in equal ratios.

    >>> [round(value, 3) for value in parse_sweep("0.1:1.6:5")]
    [0.1, 0.2, 0.4, 0.8, 1.6]
    """
    try:
        first, last, count = text.split(":")
        low, high, steps = float(first), float(last), int(count)
        sound = 0 < low < high < math.inf and 3 <= steps <= 1000
    except ValueError:
        sound = False
    if not sound:
        raise ValueError(
            f"--sweep {text!r}: needed is FROM:TO:COUNT, 0 < FROM < TO, COUNT >= 3, for example 0.1:2:10"
        )
    return tuple(low * (high / low) ** (i / (steps - 1)) for i in range(steps))
