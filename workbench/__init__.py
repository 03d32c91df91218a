"""The facade: every public name of the workbench, loaded when first used.

``import workbench as wb`` costs no torch and no panel; ``wb.NAME`` imports the layer that owns NAME.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.interferometry import coherence, coherence_loss, interferogram
    from workbench.mappings import MAPPINGS
    from workbench.plots import FIGURE_THEME
    from workbench.probes import (
        amplitude_sweep,
        analyse_orders,
        layer_spectra,
        order_spectra,
        possible_replacements,
        replace_layer,
        replace_layers,
    )
    from workbench.runs import launch, list_runs, open_run
    from workbench.scenes import (
        SCENES,
        doppler_centroid,
        draw_patches,
        open_scene,
        recentre,
        scene_preview,
        scene_statistics,
        training_patches,
        with_condition,
    )
    from workbench.signals import (
        coherence_bias,
        compare_orders,
        figures_of_merit,
        find_lines,
        fold,
        harmonic_amplitudes,
        order_increments,
        predict_spectrum,
        resample_response,
        spectrum,
        taylor_coefficients,
    )
    from workbench.systems import SYSTEMS, build
    from workbench.views import dashboard
    from workbench.views.explorers import explore

__version__ = "0.1.0"

_HOME = {
    "signals": (
        "coherence_bias",
        "compare_orders",
        "figures_of_merit",
        "find_lines",
        "fold",
        "harmonic_amplitudes",
        "order_increments",
        "predict_spectrum",
        "resample_response",
        "spectrum",
        "taylor_coefficients",
    ),
    "mappings": ("MAPPINGS",),
    "interferometry": ("coherence", "coherence_loss", "interferogram"),
    "scenes": (
        "SCENES",
        "doppler_centroid",
        "draw_patches",
        "open_scene",
        "recentre",
        "scene_preview",
        "scene_statistics",
        "training_patches",
        "with_condition",
    ),
    "systems": ("SYSTEMS", "build"),
    "probes": (
        "amplitude_sweep",
        "analyse_orders",
        "layer_spectra",
        "order_spectra",
        "possible_replacements",
        "replace_layer",
        "replace_layers",
    ),
    "runs": ("launch", "list_runs", "open_run"),
    "plots": ("FIGURE_THEME",),
    "views": ("dashboard",),
    "views.explorers": ("explore",),
}
_OWNER = {name: f"workbench.{layer}" for layer, names in _HOME.items() for name in names}

__all__ = [
    "FIGURE_THEME",
    "MAPPINGS",
    "SCENES",
    "SYSTEMS",
    "amplitude_sweep",
    "analyse_orders",
    "build",
    "coherence",
    "coherence_bias",
    "coherence_loss",
    "compare_orders",
    "dashboard",
    "doppler_centroid",
    "draw_patches",
    "explore",
    "figures_of_merit",
    "find_lines",
    "fold",
    "harmonic_amplitudes",
    "interferogram",
    "launch",
    "layer_spectra",
    "list_runs",
    "open_run",
    "open_scene",
    "order_increments",
    "order_spectra",
    "possible_replacements",
    "predict_spectrum",
    "recentre",
    "replace_layer",
    "replace_layers",
    "resample_response",
    "scene_preview",
    "scene_statistics",
    "spectrum",
    "taylor_coefficients",
    "training_patches",
    "with_condition",
]


def __getattr__(name: str) -> Any:
    if name in _OWNER:
        value = getattr(import_module(_OWNER[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'workbench' has no attribute {name!r}; public names: {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
