"""What looking costs: each probe against the bare forward pass of the same frames."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

import workbench as wb
from benchmarks.machine import median, print_table

PHASES, REPEATS = 16, 9


def cpu_seconds(action: Callable[[], object]) -> float:
    """Return the CPU seconds of one call in this thread."""
    began = time.thread_time()
    action()
    return time.thread_time() - began


def main() -> None:
    """Print the table: order analysis, layer spectra and forward pass in turn."""
    torch.set_num_threads(1)
    rows = []
    for size, width, depth in ((64, 16, None), (64, 32, None), (128, 16, 4)):
        network = wb.build("pix2pix", size=size, width=width, out_channels=1, depth=depth, seed=0)
        generator = network.networks["generator"].eval()
        frames = torch.randn(PHASES, 3, size, size)

        def bare(module: torch.nn.Module = generator, batch: torch.Tensor = frames) -> None:
            with torch.no_grad():
                module(batch)

        def orders(module: torch.nn.Module = generator, side: int = size) -> None:
            wb.analyse_orders(module, shape=(3, side, side), tone=(5, 11), phases=PHASES)

        def spectra(module: torch.nn.Module = generator, batch: torch.Tensor = frames) -> None:
            wb.layer_spectra(module, batch)

        for action in (bare, orders, spectra):
            action()
        times: dict[str, list[float]] = {"bare": [], "orders": [], "spectra": []}
        for _ in range(REPEATS):
            for name, action in (("bare", bare), ("orders", orders), ("spectra", spectra)):
                times[name].append(cpu_seconds(action))
        forward = median(times["bare"])
        rows.append(
            (
                f"U-Net {size} px, width {width}, depth {depth or 'full'}",
                f"{1e3 * forward:.0f}",
                f"{median(times['orders']) / forward:.2f}",
                f"{median(times['spectra']) / forward:.2f}",
            )
        )
    print_table(
        f"Probes against the forward pass of {PHASES} frames (CPU time, one thread)",
        ("network", "forward, ms", "analyse_orders, ratio", "layer_spectra, ratio"),
        rows,
    )


if __name__ == "__main__":
    main()
