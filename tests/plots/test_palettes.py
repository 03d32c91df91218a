"""Colours must tell causes apart for everyone: CIELAB distances under simulated colour blindness."""

import itertools

import numpy as np
import pytest

from workbench import plots

# Machado, Oliveira & Fernandes 2009, severity 1, linear RGB
VISIONS = {
    "normal": np.eye(3),
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
SRGB_TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def lab(colour, vision):
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = SRGB_TO_XYZ @ np.clip(VISIONS[vision] @ linear, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISIONS)
def test_causes_can_be_told_apart(vision):
    causes = ["direct", "folded", "image_1", "image_2", "image_3", "image_4", "leakage"]
    colours = [lab(plots.cause_colour(cause, levels=4), vision) for cause in causes]
    for (first, a), (second, b) in itertools.combinations(zip(causes, colours, strict=True), 2):
        assert np.linalg.norm(a - b) > 15, (first, second)


@pytest.mark.parametrize("levels", [1, 2, 6, 9])
def test_deeper_images_are_darker(levels):
    lightness = [lab(plots.cause_colour(f"image_{d}", levels), "normal")[0] for d in range(1, levels + 1)]
    assert (np.diff(lightness) < 0).all()


@pytest.mark.parametrize("name", ["MAGNITUDE", "SPECTRUM"])
def test_sequential_palettes_get_lighter_all_the_way(name):
    lightness = [lab(colour, "normal")[0] for colour in getattr(plots, name)]
    assert (np.diff(lightness) > -0.3).all()
    assert lightness[-1] - lightness[0] > 60


def test_the_phase_palette_closes():
    steps = [lab(colour, "normal") for colour in plots.CYCLIC]
    jump = np.linalg.norm(steps[0] - steps[-1])
    assert jump < 3 * np.median(np.linalg.norm(np.diff(steps, axis=0), axis=1))


def test_the_diverging_palette_is_lightest_in_the_middle():
    lightness = [lab(colour, "normal")[0] for colour in plots.DIVERGING]
    assert abs(int(np.argmax(lightness)) - 128) < 4


def test_keys_are_escaped():
    assert "&lt;b&gt;" in plots.legend([("<b>", "#000000")])
    assert "&lt;i&gt;" in plots.colour_bar(["#000000", "#FFFFFF"], "<i>", [])
