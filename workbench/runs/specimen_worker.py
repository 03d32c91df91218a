"""The process that loads one specimen, then answers requests about it until its parent is gone.

``python -m workbench.runs.specimen_worker FOLDER``: JSON lines come on standard input (the specimen, then
requests) and go out on the standard output; results are files in FOLDER.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import IO, Any

from workbench.runs.specimen import Specimen, SpecimenError
from workbench.runs.specimen_request import Request

OUTPUT = "output.txt"
_NICENESS = 5  # whoever looks goes first
_KEPT_OUTPUT = 1 << 20  # bytes of what the user's code prints


def main() -> None:
    """Serve the requests of one parent."""
    folder = Path(sys.argv[1])
    incoming, outgoing = _private_pipes(folder / OUTPUT)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, lines, folder), daemon=True).start()
    specimen = Specimen.from_dict(json.loads(lines.get()))
    _go_first_when_memory_ends()
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    bench: Any = None
    while True:
        message = json.loads(lines.get())
        number = message["id"]

        def tell(about: int = number, **content: Any) -> None:
            outgoing.write(json.dumps({"id": about, **content}) + "\n")
            outgoing.flush()

        _limit(folder / OUTPUT)
        loaded = bench is not None
        try:
            if bench is None:
                tell(doing="loading torch")
                from workbench.runs.specimen_analysis import Bench

                tell(doing=f"loading {specimen.title}")
                bench = Bench(specimen)
                loaded = True
            target = folder / f"result-{number}.npz"
            bench.answer(Request.from_dict(message["request"]), target, tell)
            tell(file=str(target))
        except BaseException as error:
            # A file that half ran has left traces: the next attempt gets a fresh process.
            tell(**_failure(error, specimen), last=not loaded)
            if not loaded:
                _leave()


def _private_pipes(output: Path) -> tuple[IO[str], IO[str]]:
    """Keep the pipes for the protocol; what the user's code prints goes to a file, what it reads is empty."""
    incoming, outgoing = os.dup(0), os.dup(1)
    printed = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    os.close(empty)
    os.close(printed)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="replace")  # type: ignore[union-attr]
    return os.fdopen(incoming, encoding="utf-8"), os.fdopen(outgoing, "w", encoding="utf-8")


def _listen(incoming: IO[str], lines: queue.SimpleQueue[str], folder: Path) -> None:
    """Hand the parent's lines on; its end is ours, whatever is being computed."""
    for line in incoming:
        lines.put(line)
    shutil.rmtree(folder, ignore_errors=True)
    _leave()


def _leave() -> None:
    """End this process with all that the user's code has started."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _go_first_when_memory_ends() -> None:
    # Should the machine run out of memory, the kernel is to end this process, not a training or the page.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800", encoding="ascii")


def _limit(output: Path) -> None:
    with contextlib.suppress(OSError):
        if output.stat().st_size > _KEPT_OUTPUT:
            os.truncate(output, 0)


def _failure(error: BaseException, specimen: Specimen) -> dict[str, Any]:
    """Say in one line what went wrong, with who has to change something."""
    if isinstance(error, SpecimenError):
        return {"error": str(error), "fault": error.fault}
    from workbench.runs.specimen_modules import described, where

    cause = error.__cause__ or error
    path = Path(specimen.executes or "none")  # only lines of the user's own file are worth a mention
    if _no_memory(cause):
        return {
            "error": "not enough memory: take a smaller size, fewer phases or fewer layers "
            f"({' '.join(str(cause).split())[:200] or 'MemoryError'})",
            "fault": "memory",
        }
    if isinstance(error, ValueError | KeyError | FileNotFoundError | OSError | RuntimeError) and _ours(error):
        text = error.args[0] if isinstance(error, KeyError) and error.args else error
        inside = error.__cause__ is not None or type(error).__name__ == "NotFiniteError"
        line = " ".join(f"{text}{where(cause, path) if inside else ''}".split())
        if "must be tensor, not" in line.lower():
            line += "; an input that must be a tensor is given as --input NAME=:3 (one number per image)"
        return {"error": line, "fault": "model" if inside else "input"}
    hint = ""
    if "must be tensor, not" in str(cause).lower():
        hint = "; an input that must be a tensor is given as --input NAME=:3 (one number per image)"
    said = f"{specimen.title} failed: {described(cause)}{where(cause, path)}{hint}"
    return {"error": said, "fault": "model"}


def _ours(error: BaseException) -> bool:
    """Whether the workbench itself raised it: then its message says what was found and what is needed."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    package = str(Path(__file__).parents[1])
    return trace is not None and trace.tb_frame.f_code.co_filename.startswith(package)


def _no_memory(error: BaseException) -> bool:
    text = str(error).lower()
    words = ("out of memory", "can't allocate memory", "not enough memory", "cannot allocate memory")
    return isinstance(error, MemoryError) or any(word in text for word in words)


if __name__ == "__main__":
    main()
