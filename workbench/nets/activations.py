"""The pointwise nonlinearities by name."""

from __future__ import annotations

import re
from collections.abc import Callable

import torch
from torch import Tensor, nn

from workbench.nets.filters import FilteredDownsample, FilteredUpsample, windowed_sinc


class Snake(nn.Module):
    """Periodic activation ``z + sin²(a z)/a``.

    Parameters
    ----------
    frequency : float
        ``a`` in radians per unit of the signal.

    Raises
    ------
    ValueError
        If the frequency is not above 0.

    Examples
    --------
    >>> import torch
    >>> Snake()(torch.tensor([0.0, torch.pi]))
    tensor([0.0000, 3.1416])
    """

    def __init__(self, frequency: float = 1.0) -> None:
        super().__init__()
        if not frequency > 0:
            raise ValueError(f"snake needs a frequency above 0, found {frequency}")
        self.frequency = frequency

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return x + torch.sin(self.frequency * x).square() / self.frequency

    def extra_repr(self) -> str:  # noqa: D102
        return f"frequency={self.frequency}"


class FilteredActivation(nn.Module):
    """An activation computed at twice the sampling rate, between two low-pass filters.

    The harmonics between the old and the doubled Nyquist frequency are removed instead of folding back
    (seed paper (Sibler et al.), eq. 5); those above the doubled one still fold.

    Parameters
    ----------
    activation : Module
        The pointwise nonlinearity.
    padding : str
        Border rule of both filters.

    Examples
    --------
    >>> import torch
    >>> FilteredActivation(torch.nn.ReLU(), "circular")(torch.ones(1, 2, 4, 4)).shape
    torch.Size([1, 2, 4, 4])
    """

    def __init__(self, activation: nn.Module, padding: str = "zeros") -> None:
        super().__init__()
        self.up = FilteredUpsample(windowed_sinc(), padding)
        self.activation = activation
        self.down = FilteredDownsample(windowed_sinc(), padding)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.down(self.activation(self.up(x)))


def _without_number(kind: Callable[[], nn.Module]) -> Callable[[float | None], nn.Module]:
    def make(number: float | None) -> nn.Module:
        if number is not None:
            raise ValueError(f"{kind.__name__} takes no number, found {number}")
        return kind()

    return make


def _with_number(kind: Callable[[float], nn.Module], default: float) -> Callable[[float | None], nn.Module]:
    return lambda number: kind(default if number is None else number)


POINTWISE: dict[str, Callable[[float | None], nn.Module]] = {
    "relu": _without_number(nn.ReLU),
    "leaky_relu": _with_number(nn.LeakyReLU, 0.2),
    "sigmoid": _without_number(nn.Sigmoid),
    "tanh": _without_number(nn.Tanh),
    "elu": _with_number(nn.ELU, 1.0),
    "silu": _without_number(nn.SiLU),
    "gelu": _without_number(nn.GELU),
    "softplus": _with_number(nn.Softplus, 1.0),
    "snake": _with_number(Snake, 1.0),
}
ACTIVATIONS: tuple[str, ...] = (*POINTWISE, *(f"filtered_{name}" for name in POINTWISE))
_SPELLING = re.compile(r"(?P<name>[a-z_]+)(?:\((?P<number>[-+.0-9e]+)\))?")


def make_activation(name: str, padding: str = "zeros") -> nn.Module:
    """Make the activation of that name.

    Parameters
    ----------
    name : str
        One of ``ACTIVATIONS``; slope, alpha, beta or frequency of leaky_relu, elu, softplus or snake may
        follow in brackets: ``"leaky_relu(0.1)"``. ``"filtered_relu"`` is up-sampled, rectified, down-sampled.
    padding : str
        Border rule of the filtered ones.

    Returns
    -------
    Module
        Never in place: every layer's output stays what it was when it was recorded.

    Raises
    ------
    ValueError
        For an unknown name, or a number where none belongs.

    Examples
    --------
    >>> make_activation("leaky_relu(0.1)")
    LeakyReLU(negative_slope=0.1)
    """
    match = _SPELLING.fullmatch(name) if isinstance(name, str) else None
    bare = match["name"] if match else name
    if bare not in ACTIVATIONS or match is None:
        raise ValueError(f"unknown activation {name!r}; there are: {', '.join(ACTIVATIONS)}")
    number = None if match["number"] is None else _number(match["number"], name)
    pointwise = POINTWISE[bare.removeprefix("filtered_")](number)
    return FilteredActivation(pointwise, padding) if bare.startswith("filtered_") else pointwise


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"activation {name!r}: {text!r} is not a number") from None
