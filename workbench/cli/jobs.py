"""How runs are started, listed, steered from a terminal."""

from __future__ import annotations

import ast
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.messages import clear_errors, refuse

if TYPE_CHECKING:
    from workbench.runs import Run, RunStatus

__all__ = ["down", "parse_options", "runs", "train"]

runs = typer.Typer(help="List, show, pause, resume, stop, export runs.", invoke_without_command=True)


def parse_options(pairs: list[str]) -> dict[str, Any]:
    """Read ``name=value`` pairs; values are Python literals where they parse as one, else text.

    >>> parse_options(["norm=instance", "l1_weight=10", "probe_tone=(3, 7)", "dropout=False"])
    {'norm': 'instance', 'l1_weight': 10, 'probe_tone': (3, 7), 'dropout': False}
    """
    options: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.isidentifier():
            raise ValueError(f"--set {pair!r}: needed is name=value, for example --set norm=instance.")
        try:
            options[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            options[name] = text
    return options


def train(
    system: Annotated[str, typer.Argument(help="System, for example pix2pix.")],
    scene: Annotated[str, typer.Option(help="Scene by name, or the path of your complex data.")] = "onetone",
    mapping: Annotated[str, typer.Option(help="Complex-to-real mapping.")] = "nyquist",
    steps: Annotated[int, typer.Option(help="Training steps.")] = 3000,
    size: Annotated[int, typer.Option(help="Pixels per side of the complex patch.")] = 32,
    width: Annotated[int, typer.Option(help="Channels of the first layer.")] = 16,
    coherence_weight: Annotated[float, typer.Option(help="Weight of the coherence loss, eq. 8.")] = 10.0,
    seed: Annotated[int, typer.Option(help="Seed of weights, data order, scene.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    name: Annotated[str | None, typer.Option(help="Name of the run (default: system, scene, time).")] = None,
    workspace: Annotated[Path | None, typer.Option(help="Folder of the runs.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--set", help="Further option name=value (repeatable).")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow/--background", help="Show progress until it ends.")
    ] = True,
) -> None:
    """Start a run in the background; --follow shows its progress, Ctrl+C leaves it running."""
    own = {key: value for key, value in locals().items() if key not in ("system", "option", "follow")}
    with clear_errors():
        from workbench.runs import launch

        further = parse_options(option or [])
        taken = sorted(set(further) & set(own))
        if taken:
            written = ", ".join(f"--{name.replace('_', '-')} {further[name]}" for name in taken)
            raise ValueError(f"--set {taken[0]}: that has an option of its own; write {written}")
        run = launch(system, **own, **further)
    typer.echo(f"{run.name}: {run.path}")
    if follow:
        show_progress(run)


def show_progress(run: Run) -> None:
    """Follow a run until it ends: a bar on a terminal, else a line per tenth; leaving it stops nothing."""
    with _bar(run) if sys.stderr.isatty() else _lines() as tell:
        try:
            while True:
                status = run.status()
                tell(status)
                if status.state not in {"queued", "running", "stopping"}:
                    break
                time.sleep(0.3)
        except KeyboardInterrupt:
            typer.echo(f"\n{run.name} goes on in the background; see it with: workbench runs show {run.name}")
            return
    if status.state in {"failed", "lost"}:
        raise refuse(f"{run.name} {status.state}: {status.message}", 1)


@contextmanager
def _bar(run: Run) -> Iterator[Callable[[RunStatus], None]]:
    from tqdm import tqdm

    with tqdm(total=run.steps, unit="step", dynamic_ncols=True) as bar:

        def tell(status: RunStatus) -> None:
            bar.update(status.step - bar.n)
            bar.set_description(status.state)

        yield tell


@contextmanager
def _lines() -> Iterator[Callable[[RunStatus], None]]:
    said: list[tuple[str, int]] = []

    def tell(status: RunStatus) -> None:
        now = (status.state, 10 * status.step // max(status.steps, 1))
        if now not in said:
            said.append(now)
            typer.echo(f"{status.state}, step {status.step} of {status.steps}", err=True)

    yield tell


@runs.callback()
def list_all(context: typer.Context) -> None:
    """List the runs of the workspace, newest first."""
    if context.invoked_subcommand is not None:
        return
    from workbench.runs import list_runs, workspace_path

    found = list_runs()
    if not found:
        typer.echo(f"No runs in {workspace_path()}. Start one: workbench train pix2pix")
    for run in found:
        status = run.status()
        left = "" if math.isnan(status.seconds_left) else f"  {clock(status.seconds_left)} left"
        typer.echo(f"{status.state:<9} {status.step:>7}/{status.steps:<7} {run.name}{left}")


def clock(seconds: float) -> str:
    """Write a duration as minutes and seconds.

    >>> clock(64.6), clock(3671)
    ('1:05', '1:01:11')
    """
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@runs.command()
def show(name: str) -> None:
    """Show one run: state, progress, newest figures."""
    with clear_errors():
        from workbench.runs import open_run

        run = open_run(name)
        status = run.status()
    typer.echo(f"{run.name}\n  folder    {run.path}\n  state     {status.state} {status.message}")
    typer.echo(f"  step      {status.step} of {status.steps}")
    if status.rate > 0:
        typer.echo(f"  speed     {status.rate:.1f} steps/s, observing {status.observing_share:.1%}")
    coherence = run.coherence()
    if coherence.sizes.get("step"):
        last = coherence.isel(step=-1)
        typer.echo(
            f"  coherence {float(last['mean']):.3f} held-out mean |γ̂| at step {int(last['step'])}, "
            f"null level {float(last['null_level']):.3f}"
        )


@runs.command()
def pause(name: str) -> None:
    """Pause a run after its current step; its memory is kept, its last checkpoint is written."""
    with clear_errors():
        opened(name).pause()


@runs.command()
def resume(name: str) -> None:
    """Resume a paused, stopped or lost run from its last checkpoint."""
    with clear_errors():
        opened(name).resume()


@runs.command()
def stop(name: str) -> None:
    """Stop a run after its current step, with a checkpoint."""
    with clear_errors():
        opened(name).stop()


@runs.command()
def export(
    name: str,
    target: Annotated[
        Path, typer.Argument(help="FILE.csv for the scalars, FILE.nc for everything recorded.")
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Export what a run recorded: .csv holds the scalars, .nc (NetCDF-4) every group."""
    with clear_errors():
        from workbench.runs import export_records

        export_records(opened(name), target, force=force)
    typer.echo(f"{target.resolve()}")


def opened(name: str) -> Run:
    """Open a run by name or path."""
    from workbench.runs import open_run

    return open_run(name)


def down(
    with_runs: Annotated[
        bool, typer.Option("--runs", help="Stop the runs too (each writes a checkpoint).")
    ] = False,
    workspace: Annotated[Path | None, typer.Option(help="Folder of the runs.")] = None,
) -> None:
    """End the local scheduler; --runs stops the runs as well."""
    with clear_errors():
        from workbench.runs import down as end

        ended = end(workspace, runs=with_runs)
    typer.echo("\n".join(ended) or "Nothing was running.")
