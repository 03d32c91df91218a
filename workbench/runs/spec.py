"""What a run is: the frozen specification that made it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.runs.files import read_json, write_json
from workbench.runs.workspace import SPEC_FILE

SPEC_VERSION = 1
SCENE_KINDS = ("named", "path", "stored")


@dataclass(frozen=True)
class RunSpec:
    """Everything that determines a run's records, as JSON in its directory.

    Attributes
    ----------
    system : name in ``SYSTEMS``
    scene : name in ``SCENES``, path of a file, or the folder inside the run directory that holds a Dataset
    scene_kind : which of the three: ``"named"``, ``"path"``, ``"stored"``
    mapping : name in ``MAPPINGS``
    size : pixels of the complex patch along each side
    width : channels of the network's first layer
    coherence_weight : weight of the coherence loss
    system_options, scene_options : by name
    plan : fields of `workbench.training.Plan` by name
    replacements : pairs (layer, kind) that the networks got after they were built, in turn
    parent : run and step it was branched from, or None
    code_version : version of the workbench that made it
    version : version of this layout

    Examples
    --------
    >>> spec = RunSpec("pix2pix", "onetone", plan={"steps": 100})
    >>> RunSpec.from_dict(spec.to_dict()) == spec
    True
    """

    system: str
    scene: str
    scene_kind: str = "named"
    mapping: str = "nyquist"
    size: int = 32
    width: int = 16
    coherence_weight: float = 10.0
    system_options: dict[str, Any] = field(default_factory=dict)
    scene_options: dict[str, Any] = field(default_factory=dict)
    plan: dict[str, Any] = field(default_factory=dict)
    replacements: list[list[str]] = field(default_factory=list)
    parent: dict[str, Any] | None = None
    code_version: str = ""
    version: int = SPEC_VERSION

    @property
    def steps(self) -> int:
        """Steps to train."""
        return int(self.plan["steps"])

    @property
    def seed(self) -> int:
        """Seed of the scene, the weights and everything drawn while training."""
        return int(self.plan.get("seed", 0))

    def to_dict(self) -> dict[str, Any]:
        """Return the specification as a dict that JSON can hold."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> RunSpec:
        """Make the specification of what `to_dict` returned.

        Raises
        ------
        ValueError
            If it is of another version, has missing or unknown fields, or an unknown kind of scene.
        """
        version = content.get("version")
        if version != SPEC_VERSION:
            raise ValueError(
                f"the run's specification has version {version!r}, this workbench reads {SPEC_VERSION}"
            )
        known = {item.name for item in dataclasses.fields(cls)}
        unknown, missing = sorted(set(content) - known), sorted({"system", "scene", "plan"} - set(content))
        if unknown or missing:
            raise ValueError(f"a run's specification with unknown fields {unknown}, missing fields {missing}")
        kind = content.get("scene_kind", SCENE_KINDS[0])
        if kind not in SCENE_KINDS:
            raise ValueError(f"a run's scene_kind is one of {', '.join(SCENE_KINDS)}, found {kind!r}")
        return cls(**content)

    def write(self, run: Path) -> None:
        """Store it in a run directory, waiting for the disk."""
        write_json(run / SPEC_FILE, self.to_dict(), durable=True)

    @classmethod
    def read(cls, run: Path) -> RunSpec:
        """Read the specification of the run directory `run`.

        Raises
        ------
        ValueError
            If the directory has no readable one.
        """
        content = read_json(run / SPEC_FILE)
        if not isinstance(content, dict):
            raise ValueError(f"{run} is not a run directory: it has no readable {SPEC_FILE}")
        return cls.from_dict(content)
