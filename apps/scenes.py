"""The scene browser: http://localhost:5006/scenes."""

from workbench.views.scenes.browser import scene_page

scene_page().servable(title="Scenes")
