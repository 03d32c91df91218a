"""The systems that can be built by name."""

from __future__ import annotations

from typing import Any

import torch

from workbench.signals import Registry
from workbench.systems.options import SystemSpec
from workbench.systems.pix2pix import PIX2PIX
from workbench.systems.system import System

SYSTEMS: Registry[SystemSpec] = Registry("system", {"pix2pix": PIX2PIX})
"""Name -> description, options, maker."""


def build(name: str, *, size: int, seed: int | None = None, **options: Any) -> System:
    """Build a system with freshly drawn weights.

    Parameters
    ----------
    name : str
        Key of ``SYSTEMS``.
    size : int
        Pixels per axis of the network's images (twice the complex patch for the Nyquist mapping).
    seed : int, optional
        Makes the weights reproducible and leaves torch's global generator alone; by default the weights
        come from that generator.
    **options
        ``width=64``, ``in_channels=3``, ``out_channels=3`` and those of ``SYSTEMS[name].options``.

    Returns
    -------
    System
        ``build(name, **system.options)`` makes an equal one.

    Raises
    ------
    ValueError
        For an unknown name, an unknown option or a bad value; the message names the valid ones.

    Examples
    --------
    >>> system = build("pix2pix", size=64, width=4, out_channels=1)
    >>> list(system.networks), system.schedule
    (['generator', 'discriminator'], ('discriminator', 'generator'))
    """
    spec = SYSTEMS[name]
    checked = spec.check({"size": size, **options})
    if seed is None:
        return spec.make(checked)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return spec.make(checked)
