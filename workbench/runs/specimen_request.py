"""What is asked about a network, as JSON can hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

__all__ = ["KINDS", "Request"]

KINDS = ("about", "layers", "orders", "spectra", "lines", "replacements", "sweep", "latent")


@dataclass(frozen=True)
class Request:
    """One question about one network. What is None is chosen to suit the network.

    Attributes
    ----------
    kind : str
        ``"about"``: dict of title, type, channels, size, parameters, step, steps, network, networks.
        ``"layers"``: list of dicts name, module_type, shape (channels, y, x), rate.
        ``"orders"``: Dataset, `workbench.probes.analyse_orders`.
        ``"spectra"``: DataTree, dense spectra of `layers`, line by line.
        ``"lines"``: DataTree of ``lines`` (`workbench.signals.find_lines`) and ``spectrum``, the power of
        all orders together, of the one layer in `layers`: a hundredth of what ``"spectra"`` hands over.
        ``"replacements"``: dict of what could replace each layer.
        ``"sweep"``: Dataset, order power against `amplitudes`.
    size : pair of int
        Pixels (y, x) of the input.
    channels : int
        Channels of the input.
    tone, tone2 : pair of int
        Cycles per frame (y, x); with `tone2` intermodulation is analysed.
    phases : int
        Phases per cycle.
    amplitude : float or pair
        Of the tone, or of each of two.
    offset : float
        Constant that is added.
    weights : tuple of float
        Factor of each input channel.
    inputs : tuple of (name, value)
        Further inputs: a shape without the batch axis with a fill (``"10:zeros"``), or a number.
    tone_input : str
        Name of the input that carries the tone, by default the first.
    scene, mapping : str
        A complex image in a file (or the name of a scene) through a mapping, instead of a tone.
    layers : tuple of str
        Only these.
    replacements : tuple of (layer, kind)
        What replaces layers before the analysis.
    amplitudes : tuple of float
        Drive levels of a sweep.
    floor, count : float, int
        Lowest line listed, at most so many.
    dtype, device : str
        Precision of the network ("float32", "float64", "bfloat16"), where it is evaluated.
    memory : float
        Bytes that the frames may take.

    Raises
    ------
    ValueError
        For an unknown kind.

    Examples
    --------
    >>> request = Request("orders", size=(64, 64), tone=(5, 11), replacements=(("down1.conv", "blurpool"),))
    >>> Request.from_dict(request.to_dict()) == request
    True
    """

    kind: str = "orders"
    size: tuple[int, int] | None = None
    channels: int | None = None
    tone: tuple[int, int] | None = None
    tone2: tuple[int, int] | None = None
    phases: int | None = None
    amplitude: float | tuple[float, float] = 1.0
    offset: float = 0.0
    weights: tuple[float, ...] | None = None
    inputs: tuple[tuple[str, str], ...] = ()
    tone_input: str | None = None
    scene: str | None = None
    mapping: str = "nyquist"
    layers: tuple[str, ...] | None = None
    replacements: tuple[tuple[str, str], ...] = ()
    amplitudes: tuple[float, ...] = ()
    floor: float = -80.0
    count: int = 40
    dtype: str | None = None
    device: str = "cpu"
    memory: float = 2.0**31
    latent: int | None = None  # numbers that a generator makes an image of (kind "latent")

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of request {self.kind!r}; there are: {', '.join(KINDS)}")
        # Lists, as JSON has them, become tuples: equal requests are equal wherever they come from.
        for item in fields(self):
            value = getattr(self, item.name)
            object.__setattr__(self, item.name, _frozen(value))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Request:
        """Make it of what `to_dict` returned, through JSON or not."""
        return cls(**content)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list | tuple) else value
