"""What tracing costs: rays per second against bare embreex on the same rays, time for the paper's set."""

from __future__ import annotations

import os
import tempfile
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

import workbench as wb
from benchmarks.machine import median, print_table
from workbench.scenes.raytracing import (
    ImageGrid,
    Sensor,
    Tracer,
    flat_ground,
    join_meshes,
    rolling_ground,
    university,
)

REPEATS, CHUNK, SIZE = 7, 32768, 128


def main() -> None:
    """Print both tables."""
    print_table(
        "Rays per second, CPU time of one thread: all tracing against bare embreex on the same rays",
        ("scene", "triangles", "bounces", "rays", "traced, M/s", "bare, M/s", "share (goal ≥ 0.70)"),
        [_against_embree(*case) for case in _scenes()],
    )
    print_table(
        f"Sets of patches of {SIZE}×{SIZE} with 3 bounces (goal: 500 in less than 300 s on two cores)",
        ("set", "patches", "threads", "load before", "s", "CPU s", "from the cache, s"),
        [
            _patches(500, {}),
            _patches(100, {"baseline": 150.0}),
            _patches(100, {"building": "mixed", "relief": 2.0}),
        ],
    )


def _scenes() -> list[tuple[str, Any, int]]:
    campus = join_meshes([flat_ground(500.0), university().turned(20.0)])
    hills = join_meshes(
        [rolling_ground(500.0, 3.0, np.random.default_rng(0)), university(-12.0).turned(20.0)]
    )
    return [
        ("university, flat ground", campus, 1),
        ("university, flat ground", campus, 3),
        ("university, flat ground", campus, 5),
        ("university, hills", hills, 3),
    ]


def _against_embree(name: str, mesh: Any, bounces: int) -> tuple[object, ...]:
    """Trace; then give embreex alone the very rays that were traced, in the same turn."""
    sensor = Sensor()
    tracer = Tracer(mesh, sensor)
    azimuth, elevation = ImageGrid(sensor, (SIZE, SIZE)).rays(*mesh.bounds[:, 2])
    asked = _recorded(tracer, lambda: tracer.echoes(azimuth, elevation, bounces, CHUNK))

    def traced() -> None:
        deque(tracer.stream(azimuth, elevation, bounces, CHUNK), 0)

    def bare() -> None:
        for origins, directions, query in asked:
            tracer.engine._scene.run(origins, directions, query=query)

    times: dict[str, list[float]] = {"traced": [], "bare": []}
    for _ in range(REPEATS):
        times["traced"].append(_cpu_seconds(traced))
        times["bare"].append(_cpu_seconds(bare))
    rays = sum(len(origins) for origins, _, _ in asked)
    ours, peer = (rays / median(times[name]) / 1e6 for name in ("traced", "bare"))
    return name, len(mesh.faces), bounces, f"{rays:,}", f"{ours:.1f}", f"{peer:.1f}", f"{ours / peer:.2f}"


def _recorded(tracer: Tracer, action: Callable[[], object]) -> list[tuple[Any, Any, str]]:
    """Return every batch of rays that embreex is given while `action` runs."""
    engine, asked = tracer.engine, []
    nearest, blocked = engine.nearest, engine.blocked

    def near(origins: Any, directions: Any) -> Any:
        asked.append((origins, directions, "INTERSECT"))
        return nearest(origins, directions)

    def block(origins: Any, directions: Any) -> Any:
        asked.append((origins, directions, "OCCLUDED"))
        return blocked(origins, directions)

    engine.nearest, engine.blocked = near, block  # type: ignore[method-assign]
    try:
        action()
    finally:
        del engine.nearest, engine.blocked
    return asked


def _patches(count: int, options: dict[str, Any]) -> tuple[object, ...]:
    threads = min(2, os.cpu_count() or 1)
    load = f"{os.getloadavg()[0]:.1f}"
    with tempfile.TemporaryDirectory() as folder:

        def make() -> None:
            wb.SCENES["buildings"](SIZE, count, workers=threads, cache=folder, **options)

        began, cpu = time.perf_counter(), time.process_time()
        make()
        taken, used = time.perf_counter() - began, time.process_time() - cpu
        began = time.perf_counter()
        make()
        again = time.perf_counter() - began
    name = ", ".join(f"{key}={value}" for key, value in options.items()) or "as in the paper"
    return name, count, threads, load, f"{taken:.1f}", f"{used:.1f}", f"{again:.2f}"


def _cpu_seconds(action: Callable[[], object]) -> float:
    began = time.thread_time()
    action()
    return time.thread_time() - began


if __name__ == "__main__":
    main()
