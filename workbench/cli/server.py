"""How the pages are served: address, authentication, applications."""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
import stat
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli.departures import forget_departures
from workbench.cli.messages import clear_errors, refuse

__all__ = ["applications", "read_accounts", "serve"]

_HERE = Path(__file__).parent
# Improves visibly within three minutes on two cores (mappings.md: .55/.63/.67 at steps 50/100/150).
DEMO: dict[str, Any] = {
    "name": "demo",
    "scene": "onetone",
    "mapping": "nyquist",
    "size": 32,
    "width": 16,
    "bands": 4,
    "coherence_weight": 10.0,
    "steps": 3000,
    "observing_budget": 0.1,
}
_LOCAL_NAMES = {"localhost", "127.0.0.1", "::1"}


def applications() -> dict[str, str]:
    """Return the served pages as ``{slug: file}``, from the checkout or from the installed package.

    >>> "desk" in applications()
    True
    """
    package = _HERE.parent
    for folder in (package / "apps", package.parent / "apps"):
        if (folder / "desk.py").is_file():
            return {file.stem: str(file) for file in sorted(folder.glob("*.py"))}
    raise FileNotFoundError(
        f"No pages found: neither {package / 'apps'} nor {package.parent / 'apps'} holds desk.py. "
        "Reinstall spectral-workbench, or run from its checkout."
    )


def is_local(host: str) -> bool:
    """Tell whether only this machine can reach ``host``.

    >>> is_local("localhost"), is_local("127.0.0.1"), is_local("0.0.0.0")
    (True, True, False)
    """
    if host in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_accounts(path: Path) -> dict[str, str]:
    """Read the accounts file, a JSON object ``{user: password}``, and check that nobody else can read it.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    PermissionError
        If other users of the machine may read it.
    ValueError
        If it is not a JSON object of non-empty strings.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f'{path}: no such accounts file; needed: JSON like {{"ada": "a long password"}}.'
        )
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        raise PermissionError(f"{path} can be read by other users of this machine; run: chmod 600 {path}")
    try:
        accounts = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f'{path} is not JSON ({error}); needed: {{"user": "password", ...}}.') from None
    valid = (
        isinstance(accounts, dict) and accounts and all(isinstance(v, str) and v for v in accounts.values())
    )
    if not valid:
        raise ValueError(f'{path}: needed is a JSON object {{"user": "password", ...}} with non-empty texts.')
    return accounts


def authentication(host: str, accounts: Path | None, owners: list[str]) -> dict[str, str]:
    """Return the accounts that may sign in; serving to others without accounts is refused.

    ``owners`` may start and stop runs; every other account only looks.
    """
    if accounts is None:
        if not is_local(host):
            raise PermissionError(
                f"--host {host} can be reached from other machines: that requires --auth ACCOUNTS.json "
                '({"user": "password", ...}); add --owner USER for those who may start and stop runs.'
            )
        if owners:
            raise ValueError("--owner needs --auth: without accounts the server cannot tell who is who.")
        return {}
    known = read_accounts(accounts)
    unknown = sorted(set(owners) - set(known))
    if unknown:
        raise ValueError(
            f"--owner {', '.join(unknown)}: no such account in {accounts}; there are: {', '.join(known)}."
        )
    return known


def origins(host: str, port: int, extra: list[str]) -> list[str]:
    """Return the browser origins whose web sockets are accepted."""
    names = {host, "localhost", "127.0.0.1"} if is_local(host) else {host}
    return sorted({f"{name}:{port}" for name in names} | set(extra))


def serve(
    port: Annotated[int, typer.Option(help="Port of the pages.", min=0, max=65535)] = 5006,
    host: Annotated[
        str, typer.Option(help="Address to listen on. Anything but localhost requires --auth.")
    ] = "localhost",
    auth: Annotated[
        Path | None, typer.Option(help='Accounts: a JSON file {"user": "password"}, readable by you only.')
    ] = None,
    owner: Annotated[
        list[str] | None,
        typer.Option(help="Account that may start and stop runs (repeatable); all others look."),
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option(help="Further HOST:PORT under which browsers open the pages.")
    ] = None,
    workspace: Annotated[
        Path | None, typer.Option(help="Folder of the runs (default: $WORKBENCH_WORKSPACE).")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Start a demo run if the workspace has none.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Open the pages in a browser.")] = False,
) -> None:
    """Serve the pages at http://localhost:5006; training goes on when they are closed."""
    if workspace is not None:
        os.environ["WORKBENCH_WORKSPACE"] = str(workspace.expanduser().resolve())
    owners = owner or []
    with clear_errors():
        accounts = authentication(host, auth, owners)
        pages = applications()
        if demo:
            start_demo()
    if accounts:
        os.environ["WORKBENCH_OWNERS"] = json.dumps(owners)
    else:
        os.environ.pop("WORKBENCH_OWNERS", None)

    import panel as pn

    from workbench.views import make_ready, send_at_once

    send_at_once()
    try:
        server = pn.serve(
            pages,
            port=port,
            address=host,
            websocket_origin=origins(host, port, origin or []),
            show=show,
            start=False,
            verbose=False,
            admin=False,
            title="spectral workbench",
            **_signing_in(accounts),
        )
    except OSError as error:
        raise refuse(
            f"Cannot listen on {host}:{port} ({error}). Is another server running? Try --port.", 1
        ) from None
    address = f"http://{host}:{server.port}"
    typer.echo(f"Pages: {address}   (Ctrl+C ends the pages; runs go on: 'workbench down' ends them)")
    make_ready()
    forget_departures()
    server.start()
    server.io_loop.start()


def _signing_in(accounts: dict[str, str]) -> dict[str, Any]:
    """Return the server's arguments that make `accounts` sign in; none where there are none."""
    if not accounts:
        return {}
    from workbench.cli.login import login_provider

    return {
        "auth_provider": login_provider(accounts, _HERE / "login.html", _HERE / "logout.html"),
        "cookie_secret": os.environ.get("WORKBENCH_COOKIE_SECRET") or secrets.token_hex(32),
    }


def start_demo() -> None:
    """Start the demo run, Onetone 32 x 32 complex under the Nyquist mapping, unless one is there already."""
    from workbench.runs import launch, list_runs

    if not any(run.name == DEMO["name"] for run in list_runs()):
        run = launch("pix2pix", **DEMO)
        typer.echo(f"Demo run started in the background: {run.path}")
