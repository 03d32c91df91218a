"""What recording costs, how soon it is readable, what survives kill -9."""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from benchmarks.machine import describe_machine, quantile

__all__ = ["latency", "main", "resident_growth", "survivors"]

QUANTITIES = [f"quantity_{index}" for index in range(10)]
RATE = 50.0  # records per second

READER = """
import sys, time
from workbench.runs import Follower
follower, seen, last = Follower(sys.argv[1]), 0, int(sys.argv[2])
print("ready", flush=True)
while seen < last:
    part = follower.poll().get("scalars")
    now = time.time()
    if part is not None:
        for handed in part["quantity_0"].values:
            print(now - handed)
        seen += part.sizes["step"]
    time.sleep(0.005)
"""

WRITER = """
import sys, time
from pathlib import Path
from benchmarks.store import open_writer, values
writer = open_writer(Path(sys.argv[1]))
step = writer.last["scalars"]
while True:
    step += 1
    writer.append("scalars", step, values(step))
    writer.flush()
    print(step, flush=True)
"""


def open_writer(run: Path):
    """Open a store with the numbers of a training step."""
    from workbench.runs.writer import StoreWriter

    variables = {name: ((), np.float64(0), {"units": "1"}) for name in QUANTITIES}
    writer = StoreWriter(run)
    writer.add_groups({"scalars": xr.Dataset(variables, attrs={"recorded": QUANTITIES})})
    return writer


def values(first: float) -> dict[str, float]:
    """Return one record: multiples of its first number, so that a torn one shows."""
    return {name: first * (index + 1) for index, name in enumerate(QUANTITIES)}


def latency(run: Path, records: int = 500) -> dict[str, list[float]]:
    """Time `append`, from there to readable in another process, the processor's time; in seconds."""
    writer = open_writer(run)
    command = [sys.executable, "-c", READER, str(run), str(records)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        handing, busy, begun = [], time.process_time(), time.perf_counter()
        for step in range(records):
            time.sleep(max(0.0, begun + step / RATE - time.perf_counter()))
            record = values(time.time())
            before = time.perf_counter()
            writer.append("scalars", step, record)
            handing.append(time.perf_counter() - before)
        writer.flush()
        busy = time.process_time() - busy
        readable = [float(line) for line in reader.stdout]
    writer.close()
    return {"append": handing, "readable": readable, "processor": [busy / records]}


def resident_growth(run: Path, commits: int = 3000) -> tuple[float, float, float]:
    """Return the growth of the process over so many commits in MB, then the seconds of opening and sealed."""
    from workbench.runs.follow import Follower
    from workbench.runs.sealing import seal

    writer = open_writer(run)
    writer.append("scalars", 0, values(0))
    writer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for step in range(1, commits):
        writer.append("scalars", step, values(step))
        writer.flush()
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    writer.close()
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        assert Follower(run).poll()["scalars"].sizes["step"] == commits
        seconds.append(time.perf_counter() - began)
        seal(run)
    return growth, seconds[0], seconds[1]


def survivors(run: Path, kills: int) -> tuple[int, int]:
    """Kill a writing process at random so often; return acknowledged records lost, records torn."""
    from workbench.runs.follow import Follower

    chance, lost, torn = random.Random(0), 0, 0
    for _ in range(kills):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(run)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            first = writer.stdout.readline()
            time.sleep(chance.uniform(0, 0.3))
            writer.kill()
            acknowledged = int(([first, *writer.stdout.read().splitlines()])[-1])
        found = Follower(run).poll()["scalars"]
        steps = found.step.values
        lost += max(0, acknowledged + 1 - len(steps)) + int((np.diff(steps) != 1).sum())
        table = np.stack([found[name].values for name in QUANTITIES])
        torn += int((table != steps * np.arange(1, len(QUANTITIES) + 1)[:, None]).any(axis=0).sum())
    return lost, torn


def table(kills: int = 20) -> list[Sequence[object]]:
    """Measure everything; return rows of quantity, found, aim."""
    folder = Path(tempfile.mkdtemp(prefix="store-benchmark-"))
    try:
        runs = [folder / name for name in ("latency", "growth", "kills")]
        for run in runs:
            run.mkdir()
        times = latency(runs[0])
        growth, opening, sealed = resident_growth(runs[1])
        lost, torn = survivors(runs[2], kills)
    finally:
        shutil.rmtree(folder)

    def in_ms(name: str, share: float) -> str:
        return f"{1000 * quantile(times[name], share):.2f} ms"

    return [
        ("record(), p50 / p99", f"{in_ms('append', 0.5)} / {in_ms('append', 0.99)}", "p99 ≤ 1 ms"),
        ("record to readable elsewhere, p50", in_ms("readable", 0.5), "≤ 100 ms"),
        ("record to readable elsewhere, p99", in_ms("readable", 0.99), "≤ 250 ms"),
        ("processor time per record", in_ms("processor", 0.5), "≤ 10 ms"),
        ("growth of memory over 3000 commits", f"{growth:.0f} MB", "≤ 150 MB"),
        ("first reading of 3000 commits, unsealed / sealed", f"{opening:.2f} s / {sealed:.3f} s", "—"),
        (f"{kills} times kill -9: records lost / torn", f"{lost} / {torn}", "0 / 0"),
    ]


def main(kills: int = 20) -> None:
    """Print the store's table."""
    from benchmarks.machine import print_table

    print(describe_machine())
    print_table(f"Run store at {RATE:.0f} records per second", ("quantity", "found", "aim"), table(kills))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="how often a writing process is killed")
    main(parser.parse_args().kills)
