"""The command line: serve, down, lab, train, runs, probe, doctor."""

from __future__ import annotations

import typer

from workbench.cli.checkup import doctor
from workbench.cli.jobs import down, runs, train
from workbench.cli.laboratory import lab
from workbench.cli.probe import ProbeCommand, probe
from workbench.cli.server import serve

__all__ = ["app"]

app = typer.Typer(
    name="workbench",
    help="See what a convolutional network does to a signal, live while it trains.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    add_completion=False,
)
app.command()(serve)
app.command()(down)
app.command()(lab)
app.command()(train)
app.add_typer(runs, name="runs")
app.command(cls=ProbeCommand)(probe)
app.command()(doctor)
