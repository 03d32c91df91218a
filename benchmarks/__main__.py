"""All benchmarks, one table each: ``python -m benchmarks [NAME …]``."""

from __future__ import annotations

import sys
from importlib import import_module

from benchmarks.machine import describe_machine

NAMES = ("training", "probing", "store", "interface", "audience", "readers", "explorers", "raytracing")


def main(names: list[str]) -> None:
    """Run the named benchmarks, all by default."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        sys.exit(f"unknown benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}")
    print(describe_machine())
    for name in names or NAMES:
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
