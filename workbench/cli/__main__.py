"""The command line as ``python -m workbench.cli``."""

from workbench.cli import app

app(prog_name="workbench")
