"""Complex scenes with their conditions: synthetic ones by name, the user's own by path."""

from workbench.scenes.conditions import with_condition
from workbench.scenes.domains import domains
from workbench.scenes.flat_earth import flat_earth
from workbench.scenes.onetone import onetone
from workbench.scenes.opening import open_scene
from workbench.scenes.patches import training_patches
from workbench.scenes.registry import PICTURES, SCENES
from workbench.scenes.ships import ships
from workbench.scenes.validity import require_scene

__all__ = [
    "PICTURES",
    "SCENES",
    "domains",
    "flat_earth",
    "onetone",
    "open_scene",
    "require_scene",
    "ships",
    "training_patches",
    "with_condition",
]
