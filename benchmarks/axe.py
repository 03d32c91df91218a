"""What axe-core finds wrong with the pages, in light and dark."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

__all__ = ["axe_source", "counted", "findings"]

GRAVE = ("critical", "serious")
_RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]})
  return found.violations.map((one) => ({
    rule: one.id, impact: one.impact, help: one.help, count: one.nodes.length,
    where: one.nodes.slice(0, 3).map((node) =>
      `${node.target.flat().slice(-1)[0]}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`),
  }))
}"""


def axe_source(folder: Path) -> str:
    """Return axe-core's script, fetched by npm into `folder`; "" where npm or the network is missing."""
    npm = shutil.which("npm")
    if npm is None:
        return ""
    try:
        subprocess.run(
            [npm, "pack", "axe-core", "--silent"], cwd=folder, check=True, capture_output=True, timeout=60
        )
    except (subprocess.SubprocessError, OSError):
        return ""
    archive = next(folder.glob("axe-core-*.tgz"))
    with tarfile.open(archive) as packed:
        member = packed.extractfile("package/axe.min.js")
        return "" if member is None else member.read().decode()


def findings(page: Any, source: str) -> list[dict[str, Any]]:
    """Return axe's violations on an open page: rule, impact, help, count, where."""
    page.evaluate(source)
    found: list[dict[str, Any]] = page.evaluate(_RUN)
    return found


def counted(found: list[dict[str, Any]]) -> str:
    """Write findings in a few words: how many elements per impact, the rules of the grave ones.

    >>> counted([{"rule": "list", "impact": "serious", "count": 2}])
    '2 serious (list)'
    """
    counts: Counter[str] = Counter()
    rules: dict[str, list[str]] = {}
    for one in found:
        counts[one["impact"]] += one["count"]
        rules.setdefault(one["impact"], []).append(one["rule"])
    words = [
        f"{counts[impact]} {impact} ({', '.join(rules[impact])})"
        for impact in (*GRAVE, "moderate", "minor")
        if counts[impact]
    ]
    return "; ".join(words) or "none"
