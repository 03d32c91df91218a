"""What looking into a network costs, against a bare forward pass of the same frames."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil
import torch

import workbench as wb
from benchmarks.machine import median, print_table

PHASES = 16
MIB, GIB = 2**20, 2**30


@dataclass(frozen=True)
class Case:
    """One pix2pix generator with weights as drawn; `repeats` of every measurement."""

    size: int
    width: int
    depth: int | None
    repeats: int

    def network(self, device: str) -> torch.nn.Module:
        """Build it, in eval mode."""
        system = wb.build(
            "pix2pix", size=self.size, width=self.width, out_channels=1, depth=self.depth, seed=0
        )
        return system.networks["generator"].eval().to(device)

    def frames(self, device: str) -> torch.Tensor:
        """As many frames as an analysis takes."""
        return torch.randn(PHASES, 3, self.size, self.size, device=device)

    def __str__(self) -> str:
        depth = f", depth {self.depth}" if self.depth else ""
        return f"U-Net {self.size} px, width {self.width}{depth}"


CASES = (Case(64, 16, None, 15), Case(64, 32, None, 15), Case(128, 16, 4, 9), Case(128, 32, None, 7))
LARGE = Case(256, 64, None, 3)


def forward(network: torch.nn.Module, frames: torch.Tensor) -> None:
    """Evaluate all frames in one batch."""
    with torch.no_grad():
        network(frames)


def orders(network: torch.nn.Module, size: int, memory: float = 2**31) -> None:
    """Analyse all layers."""
    wb.analyse_orders(network, shape=(3, size, size), tone=(5, 11), phases=PHASES, memory=memory)


def seconds(action: Callable[[], object], device: str) -> float:
    """Return what one call takes: of this thread's processor time, or of a GPU's time."""
    if device == "cpu":
        began = time.thread_time()
        action()
        return time.thread_time() - began
    torch.cuda.synchronize()
    began = time.perf_counter()
    action()
    torch.cuda.synchronize()
    return time.perf_counter() - began


def timed(case: Case, device: str) -> tuple[str, ...]:
    """Measure in turn, so that what else the machine does strikes all alike."""
    network, frames = case.network(device), case.frames(device)
    actions: dict[str, Callable[[], object]] = {
        "forward": lambda: forward(network, frames),
        "orders": lambda: orders(network, case.size),
        "spectra": lambda: wb.layer_spectra(network, frames),
    }
    for action in actions.values():
        action()
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(case.repeats):
        for name, action in actions.items():
            times[name].append(seconds(action, device))
    bare = median(times["forward"])
    ratios = [
        f"{median([t / b for t, b in zip(times[n], times['forward'], strict=True)]):.2f}"
        for n in ("orders", "spectra")
    ]
    return (str(case), f"{1e3 * bare:.0f}", f"{1e3 * median(times['orders']):.0f}", *ratios)


def peak_memory(action: Callable[[], object]) -> float:
    """Return by how many bytes this process grew at most while the action ran, beyond what it held before."""
    process = psutil.Process()
    held = process.memory_info().rss
    peak, done = held, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.005):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        action()
    finally:
        done.set()
        watcher.join()
    return peak - held


def one_peak(memory: float) -> None:
    """Print seconds and peak memory of one analysis of the large network, of a forward pass for 0."""
    torch.set_num_threads(1)
    network, frames = LARGE.network("cpu"), LARGE.frames("cpu")

    def action() -> None:
        if memory:
            orders(network, LARGE.size, memory)
        else:
            forward(network, frames)

    began = time.thread_time()
    peak = peak_memory(action)
    print(f"{time.thread_time() - began:.1f} {peak / MIB:.0f}")


def memory_rows() -> list[tuple[str, ...]]:
    """Measure each budget in a process of its own: what was freed before does not count."""
    rows = []
    for label, memory in (
        ("forward pass", 0),
        ("2 GiB", 2 * GIB),
        ("1 GiB", GIB),
        ("512 MiB", GIB // 2),
        ("256 MiB", GIB // 4),
    ):
        call = f"from benchmarks.probing import one_peak; one_peak({memory})"
        printed = subprocess.run(
            [sys.executable, "-c", call], capture_output=True, text=True, check=True
        ).stdout
        rows.append((label, *printed.split()))
    return rows


def main() -> None:
    """Print the tables."""
    torch.set_num_threads(1)
    columns = (
        "network",
        "forward, ms",
        "analyse_orders, ms",
        "analyse_orders, ratio",
        "layer_spectra, ratio",
    )
    for device in ("cpu", *(["cuda"] if torch.cuda.is_available() else [])):
        what = "CPU time, one thread" if device == "cpu" else torch.cuda.get_device_name()
        print_table(
            f"Probes against the forward pass of {PHASES} frames, weights as drawn ({what})",
            columns,
            [timed(case, device) for case in (*CASES, LARGE)],
        )
    print_table(
        f"{LARGE}, {PHASES} frames, all layers, first call: memory beyond the network's own (resident set)",
        ("budget `memory=`", "CPU s", "peak, MiB"),
        memory_rows(),
    )


if __name__ == "__main__":
    main()
