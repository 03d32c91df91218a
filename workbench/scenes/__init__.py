"""Complex scenes with their conditions: synthetic ones by name, the user's own by path."""

from workbench.scenes.conditions import with_condition
from workbench.scenes.containers import SelectionError
from workbench.scenes.domains import domains
from workbench.scenes.drawing import draw_patches
from workbench.scenes.flat_earth import flat_earth
from workbench.scenes.formats import FILES, FORMATS, LISTED
from workbench.scenes.lazy import is_lazy
from workbench.scenes.measures import doppler_centroid, scene_statistics
from workbench.scenes.onetone import onetone
from workbench.scenes.opening import open_scene
from workbench.scenes.optical_sar import optical_sar
from workbench.scenes.patches import FILE_OPTIONS, PATCH_OPTIONS, training_patches
from workbench.scenes.preview import scene_preview
from workbench.scenes.raytracing import buildings, is_mesh_file
from workbench.scenes.recentring import recentre, recentring_words
from workbench.scenes.registry import PICTURES, SCENES
from workbench.scenes.ships import ships
from workbench.scenes.tones import tones
from workbench.scenes.validity import require_scene

__all__ = [
    "FILES",
    "FILE_OPTIONS",
    "FORMATS",
    "LISTED",
    "PATCH_OPTIONS",
    "PICTURES",
    "SCENES",
    "SelectionError",
    "buildings",
    "domains",
    "doppler_centroid",
    "draw_patches",
    "flat_earth",
    "is_lazy",
    "is_mesh_file",
    "onetone",
    "open_scene",
    "optical_sar",
    "recentre",
    "recentring_words",
    "require_scene",
    "scene_preview",
    "scene_statistics",
    "ships",
    "tones",
    "training_patches",
    "with_condition",
]
