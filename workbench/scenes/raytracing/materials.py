"""How surfaces send the radar's wave back: a Phong-like model with a few named materials."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.signals import Registry


@dataclass(frozen=True)
class Material:
    """Shares of power that a surface scatters and reflects.

    Towards the sensor it sends ``diffuse · cos(n, l) + specular · cos(n, h)^exponent`` of the power that a
    ray brings, with l the direction to the sensor and h half-way between l and where the ray comes from;
    along the mirror direction goes ``reflection``. A model of light as RaySAR uses it (Auer, Bamler and
    Reinartz, IGARSS 2016), not an electromagnetic solution.

    Attributes
    ----------
    diffuse, specular, reflection : float
        Shares of power, 0 … 1.
    exponent : float
        Sharpness of the specular lobe, 1 or more.
    albedo : float
        Share of daylight that comes back, for the optical picture, 0 … 1.
    """

    diffuse: float
    specular: float
    exponent: float
    reflection: float
    albedo: float

    def __post_init__(self) -> None:
        for name in ("diffuse", "specular", "reflection", "albedo"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"a material needs 0 ≤ {name} ≤ 1, found {getattr(self, name)!r}")
        if not 1 <= self.exponent < 1e6:
            raise ValueError(f"a material needs an exponent from 1 to 1e6, found {self.exponent!r}")


MATERIALS: Registry[Material] = Registry(
    "material",
    {
        "ground": Material(diffuse=0.25, specular=0.30, exponent=60.0, reflection=0.45, albedo=0.35),
        "wall": Material(diffuse=0.15, specular=0.60, exponent=400.0, reflection=0.60, albedo=0.60),
        "roof": Material(diffuse=0.40, specular=0.40, exponent=60.0, reflection=0.30, albedo=0.75),
        "metal": Material(diffuse=0.05, specular=0.90, exponent=800.0, reflection=0.90, albedo=0.90),
    },
)
"""Name -> surface; a mesh numbers its materials in this order."""

NAMES = tuple(MATERIALS)
