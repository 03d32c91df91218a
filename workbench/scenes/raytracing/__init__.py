"""SAR images of triangle scenes by ray tracing, with the geometry they follow."""

from workbench.scenes.raytracing.acquisition import Acquisition
from workbench.scenes.raytracing.building_patches import KINDS, OVER_GROUND, Site, buildings
from workbench.scenes.raytracing.geometry import (
    critical_baseline,
    fringe_frequency,
    height_of_ambiguity,
    layover_length,
    shadow_length,
)
from workbench.scenes.raytracing.houses import (
    BUILDINGS,
    box_house,
    courtyard_house,
    gable_house,
    l_house,
    university,
)
from workbench.scenes.raytracing.image_grid import ImageGrid
from workbench.scenes.raytracing.isometric import flatten_view
from workbench.scenes.raytracing.materials import MATERIALS, Material
from workbench.scenes.raytracing.mesh_files import is_mesh_file, open_mesh
from workbench.scenes.raytracing.meshes import Mesh, join_meshes, make_mesh
from workbench.scenes.raytracing.optical import nadir_picture, optical_and_sar
from workbench.scenes.raytracing.scene_cache import cache_folder, cached, content_hash
from workbench.scenes.raytracing.scene_view import scene_view
from workbench.scenes.raytracing.sensor import Sensor
from workbench.scenes.raytracing.simulation import ground_power, simulate_sar
from workbench.scenes.raytracing.terrain import flat_ground, height_field, rolling_ground
from workbench.scenes.raytracing.tracing import Echoes, Tracer

__all__ = [
    "BUILDINGS",
    "KINDS",
    "MATERIALS",
    "OVER_GROUND",
    "Acquisition",
    "Echoes",
    "ImageGrid",
    "Material",
    "Mesh",
    "Sensor",
    "Site",
    "Tracer",
    "box_house",
    "buildings",
    "cache_folder",
    "cached",
    "content_hash",
    "courtyard_house",
    "critical_baseline",
    "flat_ground",
    "flatten_view",
    "fringe_frequency",
    "gable_house",
    "ground_power",
    "height_field",
    "height_of_ambiguity",
    "is_mesh_file",
    "join_meshes",
    "l_house",
    "layover_length",
    "make_mesh",
    "nadir_picture",
    "open_mesh",
    "optical_and_sar",
    "rolling_ground",
    "scene_view",
    "shadow_length",
    "simulate_sar",
    "university",
]
