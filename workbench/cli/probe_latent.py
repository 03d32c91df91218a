"""What a terminal shows of a generator that makes images of numbers."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from workbench.cli.messages import clear_errors, refuse
from workbench.cli.probe_waiting import wait_for
from workbench.runs import Request, Specimen, SpecimenError, Workshop

__all__ = ["show_latent"]

REASON = "A generator of images has no input tone: orders and folding do not exist for it."


def show_latent(specimen: Specimen, request: Request, json_file: str | None) -> None:
    """Write power and image levels of every layer for 16 random latents."""
    try:
        with Workshop(specimen) as workshop:
            rows = wait_for(workshop.ask(replace(request, kind="latent")))
    except SpecimenError as error:
        raise refuse(str(error), 2 if error.fault == "input" else 1) from None
    content = {
        "schema": "spectral-workbench/probe-latent",
        "schema_version": 1,
        "specimen": specimen.title,
        "latent": request.latent,
        "reason": REASON,
        "layers": rows,
    }
    text = json.dumps(content, ensure_ascii=False, indent=1)
    with clear_errors():
        if json_file == "-":
            return typer.echo(text)
        if json_file is not None:
            Path(json_file).write_text(text + "\n", encoding="utf-8")
    return typer.echo(drawn(specimen.title, rows))


def drawn(title: str, rows: list[dict[str, Any]]) -> str:
    """Return the table.

    >>> row = {"name": "up", "module_type": "Upsample", "size": [8, 8], "power": 1.0, "image": [0.1]}
    >>> print(drawn("gan.py:net", [row]).splitlines()[-2])
    up Upsample 8x8   0.0 dB  images (dB of the layer's power): -10.0
    """
    lines = [title, REASON]
    for row in rows:
        levels = ", ".join(f"{_level(value):.1f}" for value in row["image"])
        size = "x".join(map(str, row["size"]))
        line = f"{row['name']} {row['module_type']} {size} {_level(row['power']):5.1f} dB"
        lines.append(line + (f"  images (dB of the layer's power): {levels}" if levels else ""))
    lines.append(
        "Images are all that lies beyond a lower rate's band: left by upsampling, or detail drawn there."
    )
    return "\n".join(lines)


def _level(power: float) -> float:
    return 10 * math.log10(power) if power > 0 else -math.inf
