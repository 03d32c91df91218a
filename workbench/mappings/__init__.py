"""Complex patches as real images: the five mappings, exact both ways.

`MAPPINGS` holds them by name; `to_network` and `from_network` are the fixed scale between a mapped image
and a network; `nyquist_band`, `nyquist_guard` and `out_of_band_ratio` say where the Nyquist mapping puts a
spectrum.
"""

from workbench.mappings.band import Rectangle, nyquist_band, out_of_band_ratio
from workbench.mappings.controls import (
    decode_real_imag_2x,
    decode_real_imag_repeat,
    encode_real_imag_2x,
    encode_real_imag_repeat,
)
from workbench.mappings.direct import decode_mag_phase, decode_real_imag, encode_mag_phase, encode_real_imag
from workbench.mappings.errors import ERRORS, disturb
from workbench.mappings.guard import GUARD_LEVEL, Guard, nyquist_guard
from workbench.mappings.mapping import EDGES, Mapping
from workbench.mappings.nyquist import decode_nyquist, encode_nyquist
from workbench.mappings.scaling import SCALE, from_network, to_network
from workbench.mappings.stages import INTERPOLATIONS, nyquist_stages
from workbench.signals import Registry

SAME, BETWEEN, REPEATED = (0.0,), (0.0, 0.5), (-0.25, 0.25)

MAPPINGS: Registry[Mapping] = Registry(
    "mapping",
    {
        mapping.name: mapping
        for mapping in (
            Mapping("nyquist", ("nyquist",), BETWEEN, encode_nyquist, decode_nyquist),
            Mapping("real_imag", ("real", "imag"), SAME, encode_real_imag, decode_real_imag),
            Mapping("mag_phase", ("magnitude", "phase"), SAME, encode_mag_phase, decode_mag_phase),
            Mapping("real_imag_2x", ("real", "imag"), BETWEEN, encode_real_imag_2x, decode_real_imag_2x),
            Mapping(
                "real_imag_repeat",
                ("real", "imag"),
                REPEATED,
                encode_real_imag_repeat,
                decode_real_imag_repeat,
            ),
        )
    },
)

__all__ = [
    "EDGES",
    "ERRORS",
    "GUARD_LEVEL",
    "INTERPOLATIONS",
    "MAPPINGS",
    "SCALE",
    "Guard",
    "Mapping",
    "Rectangle",
    "disturb",
    "from_network",
    "nyquist_band",
    "nyquist_guard",
    "nyquist_stages",
    "out_of_band_ratio",
    "to_network",
]
