"""What is behind the scene browser: images at hand, one looked at, a patch chosen of it."""

from workbench.session.scenes.browser import SceneBrowser
from workbench.session.scenes.layers import PLANES
from workbench.session.scenes.options import scene_names, scene_options
from workbench.session.scenes.scales import decibel_scale, pixel_aspect
from workbench.session.scenes.shelf import thumbnail
from workbench.session.scenes.upload import LARGEST_UPLOAD, UPLOADS, store_upload

__all__ = [
    "LARGEST_UPLOAD",
    "PLANES",
    "UPLOADS",
    "SceneBrowser",
    "decibel_scale",
    "pixel_aspect",
    "scene_names",
    "scene_options",
    "store_upload",
    "thumbnail",
]
