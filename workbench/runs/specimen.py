"""Which network is to be analysed: a user's file, or a run at a checkpoint."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from workbench.runs.workspace import check_name, find_run

__all__ = ["Specimen", "SpecimenError", "register", "registered"]

_REGISTERED: dict[str, Specimen] = {}


class SpecimenError(RuntimeError):
    """A network could not be loaded or analysed.

    Attributes
    ----------
    fault : str
        Who has to change something: ``"input"`` (a name, a file, a value that was given), ``"model"`` (the
        user's code failed), ``"crash"`` (the process died), ``"cancelled"``, ``"superseded"``.
    output : str
        What the user's code printed last.
    """

    def __init__(self, message: str, fault: str = "input", output: str = "") -> None:
        super().__init__(message)
        self.fault = fault
        self.output = output


@dataclass(frozen=True)
class Specimen:
    """A network by where it comes from; exactly one of `file` and `run` is given.

    Attributes
    ----------
    file : str
        ``"FILE.py:MODEL"``. Loading it executes that file, in a process of its own.
    weights : str
        ``.safetensors``, ``.pt`` or ``.pth`` file of the model's state dict.
    run : str
        Name of a run in the workspace, or path of a run directory.
    step : int
        Checkpoint of the run; None takes the newest.
    network : str
        Which of the run's networks.

    Raises
    ------
    ValueError
        If both or none are given, or something belongs to the other.

    Examples
    --------
    >>> Specimen.from_dict(Specimen(run="demo", step=300).to_dict())
    Specimen(file=None, weights=None, run='demo', step=300, network='generator')
    """

    file: str | None = None
    weights: str | None = None
    run: str | None = None
    step: int | None = None
    network: str = "generator"

    def __post_init__(self) -> None:
        if (self.file is None) == (self.run is None):
            raise ValueError("a specimen is either file='FILE.py:MODEL' or run='NAME', found both or none")
        if self.file is not None:
            split_target(self.file)
            if self.step is not None:
                raise ValueError(f"{self.file} has no steps: a step belongs to a run")
        elif self.weights is not None:
            raise ValueError(
                f"weights {self.weights} belong to a FILE.py:MODEL; the run {self.run} has its checkpoints"
            )

    @classmethod
    def parse(cls, text: str, weights: str | None = None) -> Specimen:
        """Read ``FILE.py:MODEL``, or ``RUN``, ``RUN@STEP``, ``RUN@STEP:NETWORK``.

        Examples
        --------
        >>> Specimen.parse("unet.py:net").file, Specimen.parse("demo@300:discriminator").step
        ('unet.py:net', 300)
        """
        if ".py:" in text or text.endswith(".py"):
            return cls(file=text, weights=weights)
        if Path(text.partition(":")[0]).suffix in (".pt", ".pth", ".safetensors", ".ckpt"):
            name = text.partition(":")[0]
            raise ValueError(
                f"{name} holds weights, no network; needed is the file that defines it: "
                f"FILE.py:MODEL --weights {name}"
            )
        where, colon, network = text.rpartition(":") if ":" in text else (text, "", "")
        name, at, step = where.rpartition("@") if "@" in where else (where, "", "")
        if (at and not step.isdecimal()) or (colon and not network) or not name:
            raise ValueError(
                f"{text!r} is neither FILE.py:MODEL nor RUN, RUN@STEP, RUN@STEP:NETWORK "
                "(STEP is a whole number, NETWORK for example generator)"
            )
        return cls(run=name, step=int(step) if at else None, network=network or "generator", weights=weights)

    @property
    def executes(self) -> str:
        """The file whose code loading executes, "" for a run."""
        return "" if self.file is None else str(split_target(self.file)[0])

    @property
    def title(self) -> str:
        """Short name for headings.

        Examples
        --------
        >>> Specimen(file="/home/ada/nets/unet.py:net").title, Specimen(run="demo", step=300).title
        ('unet.py:net', 'demo, step 300, generator')
        """
        if self.file is not None:
            path, model = split_target(self.file)
            return f"{path.name}:{model}"
        step = "newest checkpoint" if self.step is None else f"step {self.step}"
        return f"{Path(str(self.run)).name}, {step}, {self.network}"

    def located(self) -> Specimen:
        """Return it with absolute paths, so that it means the same in another folder.

        Raises
        ------
        ValueError
            If there is no such run.
        """
        if self.file is None:
            return replace(self, run=str(find_run(str(self.run))))
        path, model = split_target(self.file)
        whole = path.expanduser().resolve()
        file = f"{whole}:{model}" if model else str(whole)
        weights = None if self.weights is None else str(Path(self.weights).expanduser().resolve())
        return replace(self, file=file, weights=weights)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Specimen:
        """Make it of what `to_dict` returned."""
        return cls(**content)

    def to_query(self) -> dict[str, str]:
        """Return the arguments of an address that opens it in this server process.

        A run is named; a file is registered, and only its token appears: no address can make a server
        execute a file.

        Examples
        --------
        >>> Specimen(run="demo", step=300).to_query()
        {'run': 'demo', 'step': '300', 'network': 'generator'}
        """
        if self.file is not None:
            return {"specimen": register(self)}
        step = {} if self.step is None else {"step": str(self.step)}
        return {"run": Path(str(self.run)).name, **step, "network": self.network}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Specimen | None:
        """Return the specimen that an address names, None if it names none.

        Raises
        ------
        ValueError
            If the token is not of this process, or the run's name or step are not valid.

        Examples
        --------
        >>> Specimen.from_query({"file": "unet.py:net"}) is None
        True
        """
        if query.get("specimen"):
            return registered(query["specimen"])
        if not query.get("run"):
            return None
        step = query.get("step")
        if step and not step.isdecimal():
            raise ValueError(f"a step is a whole number, found {step!r}")
        return cls(
            run=check_name(query["run"]),
            step=int(step) if step else None,
            network=query.get("network") or "generator",
        )


def split_target(target: str) -> tuple[Path, str]:
    """Split ``FILE.py:MODEL``; MODEL may be missing or dotted, but is not evaluated.

    Raises
    ------
    ValueError
        If it is not of this form.

    Examples
    --------
    >>> split_target("nets/unet.py:small.net")[1]
    'small.net'
    """
    path, colon, model = target.rpartition(":") if ".py:" in target else (target, "", "")
    if not path.endswith(".py"):
        raise ValueError(f"{target!r}: needed is FILE.py:MODEL, the file and the name of the model in it")
    if "(" in model:
        stem = model.partition("(")[0]
        raise ValueError(
            f"{target!r}: arguments are not evaluated. Write a function without arguments in "
            f"{Path(path).name}, for example def model(): return {model}, and name {Path(path).name}:model "
            f"instead of {stem}"
        )
    if colon and not all(part.isidentifier() for part in model.split(".")):
        raise ValueError(f"{target!r}: {model!r} is not a name in {Path(path).name}")
    return Path(path), model


def register(specimen: Specimen) -> str:
    """Keep a specimen in this process; returns the token by which an address may name it."""
    token = next((token for token, known in _REGISTERED.items() if known == specimen), None)
    if token is None:
        token = secrets.token_urlsafe(16)
        _REGISTERED[token] = specimen
    return token


def registered(token: str) -> Specimen:
    """Return the specimen of a token.

    Raises
    ------
    ValueError
        If this process handed out no such token.
    """
    if token not in _REGISTERED:
        raise ValueError(
            "this address names a model file that this server was not started with; "
            "start it with: workbench probe FILE.py:MODEL --open"
        )
    return _REGISTERED[token]
