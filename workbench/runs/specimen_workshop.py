"""How a network is analysed in a process of its own, from one that needs no torch."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.runs.specimen import Specimen, SpecimenError
from workbench.runs.specimen_files import read_result
from workbench.runs.specimen_request import Request

__all__ = ["Answer", "Progress", "Workshop"]

_OUTPUT = "output.txt"  # as the worker names it
_LAST_LINES = 12
_PATIENCE = 5.0  # s for a process that was killed to be gone


@dataclass(frozen=True)
class Progress:
    """How far an answer is.

    Attributes
    ----------
    doing : str
        In words: "waiting", "loading torch", "analysing" …
    share : float
        0 to 1 of the frames of this round.
    round : int
        Which round, 0 before the first.
    """

    doing: str = "waiting"
    share: float = 0.0
    round: int = 0


class Answer:
    """What a request will come back with.

    Attributes
    ----------
    request : Request
    progress : Progress
    """

    def __init__(self, number: int, request: Request, cancel: Callable[[Answer], None]) -> None:
        self.number = number
        self.request = request
        self.progress = Progress()
        self._future: Future[Any] = Future()
        self._cancel = cancel

    def done(self) -> bool:
        """Whether it is there: a result or an error."""
        return self._future.done()

    def result(self, timeout: float | None = None) -> Any:
        """Return the Dataset, DataTree, list or dict; waits for it.

        Raises
        ------
        SpecimenError
            If there is none; ``fault`` says why, the message how to mend it.
        TimeoutError
            After `timeout` seconds.
        """
        return self._future.result(timeout)

    def error(self) -> SpecimenError | None:
        """Return why a finished answer has no result, None if it has one."""
        error = self._future.exception(0)
        assert error is None or isinstance(error, SpecimenError)
        return error

    def cancel(self) -> None:
        """Give up: a waiting request is dropped, a running one ends the process (the next starts another)."""
        self._cancel(self)

    def add_done_callback(self, callback: Callable[[Answer], None]) -> None:
        """Call `callback(answer)` once it is there, in a thread of the workshop."""
        self._future.add_done_callback(lambda _: callback(self))

    def settle(self, result: Any = None, error: SpecimenError | None = None) -> None:
        """Set what it comes back with, unless something is set already."""
        with contextlib.suppress(InvalidStateError):  # settled meanwhile by a cancellation
            if error is not None:
                self._future.set_exception(error)
            else:
                self._future.set_result(result)


class Workshop:
    """A process that holds one network and answers requests about it, one at a time.

    The process starts with the first request, ends with `close`, with the workshop, or with its parent.
    Whatever happens in there (an endless loop, a crash, an exit) is an error of one answer here.

    Parameters
    ----------
    specimen : Specimen

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "net.py"
    ...     _ = file.write_text("import torch; net = torch.nn.ReLU()", encoding="utf-8")
    ...     with Workshop(Specimen(file=f"{file}:net")) as workshop:
    ...         orders = workshop.ask(Request("orders", size=(32, 32), tone=(3, 5))).result(timeout=60)
    >>> orders.layer.values.tolist()
    ['ReLU']
    """

    def __init__(self, specimen: Specimen) -> None:
        self.specimen = specimen.located()
        self._lock = threading.RLock()
        self._count = 0
        self._waiting: list[Answer] = []
        self._running: Answer | None = None
        self._child: _Child | None = None
        self._finalizer: Any = None

    def ask(self, request: Request, *, newest: bool = False) -> Answer:
        """Queue a request.

        Parameters
        ----------
        request : Request
        newest : bool
            Drop older requests of the same kind that still wait (their answers say superseded).
        """
        with self._lock:
            self._count += 1
            answer = Answer(self._count, request, self._give_up)
            older = [a for a in self._waiting if newest and a.request.kind == request.kind]
            self._waiting = [a for a in self._waiting if a not in older] + [answer]
        for dropped in older:
            dropped.settle(error=SpecimenError("superseded by a newer request", "superseded"))
        self._advance()
        return answer

    def close(self) -> None:
        """End the process; unfinished answers are cancelled."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            child, self._child = self._child, None
            running, self._running = self._running, None
        for answer in (*waiting, *([running] if running else [])):
            answer.settle(error=SpecimenError("cancelled: the workshop was closed", "cancelled"))
        if child is not None:
            child.end()

    def __enter__(self) -> Workshop:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The process, None while there is none."""
        child = self._child
        return None if child is None else child.process.pid

    # ------------------------------------------------------------------ turn by turn
    def _advance(self) -> None:
        """Send the next request if nothing runs."""
        with self._lock:
            if self._running is not None or not self._waiting:
                return
            answer = self._running = self._waiting.pop(0)
            try:
                if self._child is None or self._child.process.poll() is not None:
                    self._child = _Child(
                        self.specimen, weakref.WeakMethod(self._heard), weakref.WeakMethod(self._ended)
                    )
                    self._finalizer = weakref.finalize(self, self._child.end)
                self._child.send({"id": answer.number, "request": answer.request.to_dict()})
                return
            except OSError as error:
                failure = SpecimenError(f"the analysis could not be started: {error}", "crash")
                self._running = None
        answer.settle(error=failure)
        self._advance()

    def _heard(self, message: dict[str, Any]) -> None:
        """Take one line of the process."""
        answer = self._running
        if answer is None or message.get("id") != answer.number:
            return
        if "file" in message:
            path = Path(message["file"])
            try:
                result = read_result(path)
            except (OSError, ValueError) as error:
                self._finish(answer, error=SpecimenError(f"the result could not be read: {error}", "crash"))
            else:
                self._finish(answer, result)
            path.unlink(missing_ok=True)
        elif "error" in message:
            with self._lock:
                child = self._child
                if message.get("last"):
                    self._child = None
            output = "" if child is None else child.output()
            self._finish(answer, error=SpecimenError(message["error"], message["fault"], output))
        else:
            answer.progress = Progress(
                message.get("doing", ""), message.get("progress", 0.0), message.get("round", 0)
            )

    def _finish(self, answer: Answer, result: Any = None, error: SpecimenError | None = None) -> None:
        with self._lock:
            if self._running is answer:
                self._running = None
        answer.settle(result, error)
        self._advance()

    def _ended(self, child: _Child) -> None:
        """Learn that the process is gone."""
        with self._lock:
            if self._child is not child:
                return
            self._child = None
            answer, self._running = self._running, None
        if answer is not None:
            answer.settle(error=child.obituary(self.specimen))
        self._advance()

    def _give_up(self, answer: Answer) -> None:
        child = None
        with self._lock:
            if answer in self._waiting:
                self._waiting.remove(answer)
            elif answer is self._running:
                self._running = None
                child, self._child = self._child, None
        answer.settle(error=SpecimenError("cancelled", "cancelled"))
        if child is not None:
            child.end()
        self._advance()


class _Child:
    """The process of a workshop, with the threads that listen to it."""

    def __init__(self, specimen: Specimen, heard: Any, ended: Any) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="workbench-specimen-"))
        self._last_output = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workbench.runs.specimen_worker", str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "PYTHONUNBUFFERED": "1"},
            cwd=Path(__file__).parents[2],  # where this package is found, installed or not
            start_new_session=True,  # with what it starts itself it is one group, to be ended together
        )
        self._sending = threading.Lock()
        self.send(specimen.to_dict())
        self._heard, self._ended = heard, ended
        self._listener = threading.Thread(target=self._listen, name="specimen-listener", daemon=True)
        self._listener.start()
        threading.Thread(target=self._await, name="specimen-end", daemon=True).start()

    def send(self, message: dict[str, Any]) -> None:
        """Write one line; a process that is gone is noticed by the listener."""
        assert self.process.stdin is not None
        with self._sending, contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                take = self._heard()
                if take is not None:
                    take(json.loads(line))
                del take  # a workshop that nobody holds any more is to end

    def _await(self) -> None:
        """Reap the process, end what it left behind, tell the workshop."""
        self.process.wait()
        self._kill()
        self._listener.join(_PATIENCE)
        self._last_output = self.output()
        shutil.rmtree(self.folder, ignore_errors=True)
        tell = self._ended()
        if tell is not None:
            tell(self)

    def output(self) -> str:
        """Return the last lines that the user's code printed."""
        try:
            text = (self.folder / _OUTPUT).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return self._last_output
        return "\n".join(text.strip().splitlines()[-_LAST_LINES:])

    def obituary(self, specimen: Specimen) -> SpecimenError:
        """Say how the process ended."""
        code = self.process.returncode
        if code == -signal.SIGKILL:
            how = "was killed, probably for want of memory: take a smaller size or fewer phases"
        elif code is not None and code < 0:
            how = f"crashed ({signal.Signals(-code).name})"
        else:
            how = f"ended by itself (exit {code})"
        last = self._last_output.strip().splitlines()
        said = f"; its last line: {last[-1]}" if last else ""
        return SpecimenError(
            f"{specimen.title}: the process that analyses it {how}{said}", "crash", self._last_output
        )

    def end(self) -> None:
        """Kill the process with all that it has started, then remove its folder."""
        if self.process.poll() is None:
            self._kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_PATIENCE)
        with contextlib.suppress(OSError):
            assert self.process.stdin is not None
            self.process.stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
