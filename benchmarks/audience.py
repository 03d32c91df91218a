"""Twenty-five viewers of one run: what the server pays, how late the pictures are."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import psutil
import xarray as xr

import workbench as wb
from benchmarks.clients import Viewer
from benchmarks.interface import cpu, served, until
from benchmarks.machine import median, print_table, quantile

PORT, STEPS = 5095, 3
RATE, SECONDS = 2.0, 20.0
CROWDS = (1, 25)
LABEL = "Training step"
#: slots of the desk in view at 1440 × 900, and those near it
SEEN = {"lineup": True, "orders": True, "sheet": False}

TELLER = """
import sys
from pathlib import Path
from benchmarks.audience import tell_again
tell_again(Path(sys.argv[1]), float(sys.argv[2]))
"""


def tell_again(run: Path, rate: float) -> None:
    """Record the last records of a run again and again; print each step with the time it became readable."""
    from workbench.runs import Follower
    from workbench.runs.writer import StoreWriter

    last = {name: _rows(found) for name, found in Follower(run).poll().items() if name != "events"}
    writer = StoreWriter(run)
    step, began = max(writer.last.values()), time.monotonic()
    for k in range(10**6):
        time.sleep(max(0.0, began + k / rate - time.monotonic()))
        step += 1
        for name, rows in last.items():
            writer.append(name, step, rows)
        writer.flush()
        print(step, time.time(), flush=True)


def _rows(found: xr.Dataset | xr.DataTree) -> dict[str, Any]:
    """Return the last record of a group by the paths that its writer knows."""
    if isinstance(found, xr.Dataset):
        parts = {"": found}
    else:
        parts = {leaf.path.removeprefix(found.path): leaf.to_dataset() for leaf in found.leaves}
    return {
        f"{node}/{name}".lstrip("/"): values.isel(step=-1).values
        for node, part in parts.items()
        for name, values in part.data_vars.items()
        if "step" in values.dims
    }


@contextmanager
def told_again(run: Path) -> Iterator[dict[int, float]]:
    """Let another process tell the run again; yields when each step became readable."""
    readable: dict[int, float] = {}
    process = Popen([sys.executable, "-c", TELLER, str(run), str(RATE)], stdout=PIPE, text=True)

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            step, when = line.split()
            readable[int(step)] = float(when)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(listen)
        try:
            until(lambda: len(readable) > 1 or process.poll() is not None, "the first records")
            if process.poll() is not None:
                sys.exit("benchmark: the run could not be told again: see above")
            yield readable
        finally:
            process.kill()
            process.wait()


async def _watch(server: psutil.Process, count: int) -> tuple[list[tuple[int, float]], float]:
    viewers = [Viewer(f"http://localhost:{PORT}/desk?run=run", LABEL, SEEN) for _ in range(count)]
    for viewer in viewers:
        await viewer.open()
    await asyncio.sleep(2)
    began, clock = cpu(server), time.monotonic()
    seen = await asyncio.gather(*(viewer.follow(SECONDS) for viewer in viewers))
    share = (cpu(server) - began) / (time.monotonic() - clock)
    for viewer in viewers:
        viewer.close()
    return [frame for frames in seen for frame in frames], share


def main() -> None:
    """Print the table."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        settings: dict[str, Any] = {"bands": 4, "coherence_weight": 10.0, "workspace": workspace}
        run = wb.launch("pix2pix", steps=STEPS, probe_every=1, name="run", **settings)
        until(lambda: run.status().state in ("finished", "failed"), "the end of the run", run.status)
        with told_again(run.path) as readable, served(workspace, PORT) as server:
            for count in CROWDS:
                frames, share = asyncio.run(_watch(server, count))
                late = [1e3 * (when - readable[step]) for step, when in frames if step in readable]
                spread = f"{median(late):.0f} / {quantile(late, 0.95):.0f} ms" if late else "no frame"
                rows.append(
                    [
                        f"{count}",
                        f"{share:.0%} of a core",
                        spread,
                        f"{len(frames) / count / SECONDS:.1f}",
                        f"{os.getloadavg()[0]:.1f}",
                    ]
                )
    columns = (
        "viewers",
        "server CPU (goal for 25: 40 %)",
        "readable to arrived, p50 / p95 (goal p95: 300 ms + poll of 400 ms)",
        f"frames per second and viewer, of {RATE:.0f}",
        "load",
    )
    print_table("Viewers of the training desk (light websocket clients, one run)", columns, rows)


if __name__ == "__main__":
    main()
