"""How a network is analysed from a terminal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from workbench.cli.messages import clear_errors, refuse

if TYPE_CHECKING:
    import xarray as xr

    from workbench.runs import Request, Specimen, Workshop

__all__ = ["ProbeCommand", "probe"]

_GIB = 2**30
_NOT_JSON = (".txt", ".html", ".htm", ".jsonl", ".csv", ".dat", ".log")


class ProbeCommand(TyperCommand):
    """Lets ``--json`` stand alone: it then writes to the standard output."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the ``-`` in that a bare ``--json`` means."""
        given = list(args)
        for i in range(len(given) - 1, -1, -1):
            following = given[i + 1] if i + 1 < len(given) else ""
            if given[i] == "--json" and Path(following).suffix in _NOT_JSON:
                raise typer.BadParameter(f"--json {following}: the file's name must end in .json")
            if given[i] == "--json" and following != "-" and not following.endswith(".json"):
                given.insert(i + 1, "-")
        return super().parse_args(ctx, given)


def probe(
    target: Annotated[
        str, typer.Argument(help="FILE.py:MODEL (executes FILE.py), or RUN, RUN@STEP, RUN@STEP:NETWORK.")
    ],
    weights: Annotated[Path | None, typer.Option(help=".safetensors, .pt or .pth of the model.")] = None,
    size: Annotated[str | None, typer.Option(help="Input pixels: 256 or 256x192 (rows x columns).")] = None,
    channels: Annotated[
        int | None, typer.Option(help="Input channels (default: as the first convolution has).", min=1)
    ] = None,
    factors: Annotated[
        str | None, typer.Option(help="Factor of the tone in each channel, for example 1,0,0.")
    ] = None,
    tone: Annotated[str | None, typer.Option(help="Cycles per frame along y,x (default: 5,11).")] = None,
    tone2: Annotated[str | None, typer.Option(help="A second tone: intermodulation.")] = None,
    phases: Annotated[
        int | None,
        typer.Option(help="Phases per cycle (default: 32; 8 of each of two tones, 16 of a scene)."),
    ] = None,
    amplitude: Annotated[str, typer.Option(help="Of the tone, or A,B of two.")] = "1",
    offset: Annotated[float, typer.Option(help="Constant added to the tone.")] = 0.0,
    scene: Annotated[
        str | None, typer.Option(help="Complex image (a file, or a scene's name) instead of a tone.")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(help="How that image is made real (default: nyquist).")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Layer whose lines are named (default: last).")] = None,
    swap: Annotated[
        list[str] | None,
        typer.Option("--replace", help="LAYER=KIND: what-if, shown before and after (repeatable)."),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--input", help="NAME=VALUE of a further input: 0.5, zeros, 10:ones … (repeatable)."),
    ] = None,
    tone_input: Annotated[str | None, typer.Option(help="Name of the input that carries the tone.")] = None,
    sweep: Annotated[
        str | None, typer.Option(help="FROM:TO:COUNT amplitudes: slopes, intercept points.")
    ] = None,
    dtype: Annotated[str | None, typer.Option(help="float32, float64, bfloat16 or float16.")] = None,
    latent: Annotated[
        int | None,
        typer.Option(help="Numbers a generator makes images of: spectra of its layers, no tone.", min=1),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or auto.")] = "cpu",
    memory: Annotated[float, typer.Option(help="GiB that all frames together may take.")] = 2.0,
    floor: Annotated[float, typer.Option(help="Lowest line named, dB re order 1.")] = -80.0,
    count: Annotated[int, typer.Option("--lines", help="Lines named at most.", min=1)] = 12,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="[FILE.json|-]", help="Write everything as JSON.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a self-contained report.")] = None,
    in_app: Annotated[bool, typer.Option("--open", help="Open the microscope on it in a browser.")] = False,
    port: Annotated[int, typer.Option(help="Port of --open.", min=1, max=65535)] = 5006,
) -> None:
    """Name the cause of every spectral line that a tone makes in every layer of a network.

    What the fields of --json mean: python -m pydoc workbench.cli.probe_document
    """
    from workbench.cli.probe_options import parse_pairs, parse_size, parse_sweep, parse_tone, parse_values

    with clear_errors():
        from workbench.runs import Request, Specimen

        if not memory > 0:
            raise ValueError(f"--memory {memory:g}: needed are GiB above 0")
        if mapping is not None and scene is None:
            raise ValueError(f"--mapping {mapping} belongs to a complex image: give --scene too")
        levels = parse_values(amplitude, "--amplitude")
        specimen = Specimen.parse(target, str(weights) if weights else None)
        request = Request(
            "orders",
            size=parse_size(size) if size else None,
            channels=channels,
            tone=parse_tone(tone) if tone else None,
            tone2=parse_tone(tone2, "--tone2") if tone2 else None,
            phases=phases,
            amplitude=levels[0] if len(levels) == 1 else (levels[0], levels[1]),
            offset=offset,
            weights=parse_values(factors, "--factors") if factors else None,
            inputs=parse_pairs(given or [], "--input", "z=10:zeros"),
            tone_input=tone_input,
            scene=scene if scene is None or not Path(scene).exists() else str(Path(scene).resolve()),
            mapping=mapping or "nyquist",
            replacements=parse_pairs(swap or [], "--replace", "down2.conv=blurpool"),
            amplitudes=parse_sweep(sweep) if sweep else (),
            dtype=dtype,
            device=device,
            memory=memory * _GIB,
            latent=latent,
            floor=floor,
            count=count,
        )
        check_targets(html, json_file)
    if specimen.executes and Path(specimen.executes).is_file():
        typer.secho(
            f"Note: this executes {specimen.executes}, with your rights, in a process of its own.",
            fg="yellow",
            err=True,
        )
    if latent is not None:
        from workbench.cli.probe_latent import show_latent

        show_latent(specimen, request, json_file)
        return
    content, spectrum = analysed(specimen, request, layer)
    deliver(content, spectrum, json_file, html)
    if content["lines"].get("failed"):
        raise refuse(content["lines"]["problem"], 1)
    if in_app:
        from workbench.cli.probe_app import open_app

        open_app(specimen, request, str(content["lines"]["layer"] if content["lines"] else ""), port)


def check_targets(html: Path | None, json_file: str | None) -> None:
    """Refuse files that cannot be written before minutes are spent."""
    for path in (html, Path(json_file) if json_file not in (None, "-") else None):
        if path is not None and not path.resolve().parent.is_dir():
            raise FileNotFoundError(f"{path}: there is no folder {path.resolve().parent}")
        if path is not None and path.is_dir():
            raise ValueError(f"{path} is a folder; needed is the name of a file")


def analysed(
    specimen: Specimen, request: Request, layer: str | None
) -> tuple[dict[str, Any], xr.Dataset | None]:
    """Return the document of an analysis, with the spectrum of the layer that was looked at."""
    from workbench.runs import SpecimenError, Workshop

    try:
        with Workshop(specimen) as workshop:
            return examined(workshop, request, layer)
    except SpecimenError as error:
        if error.output and error.fault != "input":
            typer.echo(f"The last that it printed:\n{error.output}", err=True)
        raise refuse(str(error), 2 if error.fault == "input" else 1) from None
    except (ValueError, OSError) as error:
        raise refuse(str(error)) from None


def examined(
    workshop: Workshop, request: Request, layer: str | None
) -> tuple[dict[str, Any], xr.Dataset | None]:
    """Ask everything that the document holds."""
    from workbench.cli.probe_document import comparison_rows, document, layer_rows, sweep_rows
    from workbench.cli.probe_waiting import wait_for

    def asked(**changes: Any) -> Any:
        return wait_for(workshop.ask(replace(request, **changes)))

    about = asked(kind="about", replacements=())
    orders = asked()
    names = [str(name) for name in orders["layer"].values]
    if layer is not None and layer not in names:
        raise ValueError(f"no layer {layer!r} was analysed; there are: {', '.join(names)}")
    content = document(workshop.specimen, request, about, orders)
    if request.replacements:
        before = asked(replacements=())
        content["before"] = layer_rows(before)
        content["comparison"] = comparison_rows(before, orders)
    if request.amplitudes:
        content["sweep"] = sweep_rows(asked(kind="sweep", layers=(layer,) if layer else None))
    content["lines"], spectrum = named_lines(asked, layer or names[-1], content, request.floor)
    return content, spectrum


def named_lines(
    asked: Any, layer: str, content: dict[str, Any], floor: float
) -> tuple[dict[str, Any], xr.Dataset | None]:
    """Return the lines of one layer, or why there are none."""
    from workbench.cli.probe_document import line_rows
    from workbench.runs import SpecimenError

    failed = False
    problem = "a scene fills the whole spectrum: it has no lines" if content["settings"]["scene"] else ""
    if not problem:
        try:
            tree = asked(kind="lines", layers=(layer,))
            lines = line_rows(tree["lines"].to_dataset(), layer, content["settings"]["shape"], floor)
            return lines, tree["spectrum"].to_dataset()
        except SpecimenError as error:
            problem, failed = str(error), error.fault != "input"
    nothing = {"layer": layer, "floor": floor, "lines": [], "not_listed": 0, "problem": problem}
    return nothing | ({"failed": True} if failed else {}), None


def deliver(
    content: dict[str, Any], spectrum: xr.Dataset | None, json_file: str | None, html: Path | None
) -> None:
    """Write what was found where it was asked for."""
    from workbench.cli.probe_table import Paper, draw_table

    with clear_errors():
        if json_file is not None:
            text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)
            if json_file == "-":
                typer.echo(text)
            else:
                Path(json_file).write_text(text + "\n", encoding="utf-8")
        if json_file != "-":
            typer.echo(draw_table(content, Paper()))
        if html is not None:
            from workbench.plots import draw_report

            html.write_text(draw_report(content, spectrum), encoding="utf-8")
            typer.echo(f"Report: {html.resolve()}", err=True)
