"""Complex scenes with their conditions: synthetic ones by name, the user's own by path."""

from workbench.scenes.onetone import onetone
from workbench.scenes.registry import SCENES

__all__ = ["SCENES", "onetone"]
