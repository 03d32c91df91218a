"""The scene browser: one complex image, what is measured on it, what a network would see of it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import param
import xarray as xr

from workbench.mappings import MAPPINGS
from workbench.session.explorers import (
    Explorer,
    Frames,
    Group,
    Picture,
    level_picture,
    plane,
    signed_picture,
)
from workbench.session.frame import Frame
from workbench.session.scenes.layers import condition_frame, pair_frame
from workbench.session.scenes.measured import histogram_frame, readouts, spectrum_frame
from workbench.session.scenes.options import placed, read_options, scene_names, scene_options
from workbench.session.scenes.scales import decibel_scale, pixel_aspect
from workbench.session.scenes.shelf import SHELF, Request, View
from workbench.signals import power_db

__all__ = ["SceneBrowser"]

SIZES = (32, 64, 128, 256)


class SceneBrowser(Explorer):
    """Which image is looked at, and how; `load` opens it, `picture` shows it."""

    TITLE = "Scenes"
    INTRO = (
        "Complex images to train on: simulated ones, and your own from the workspace's data folder. What a "
        "network can learn depends on where their spectrum lies and on what their speckle is like."
    )
    FRAMES = ("overview", "spectrum", "histogram", "patch", "mapping", "condition", "pair")
    GROUPS = (
        Group("Scene", ("scene", "options", "seed", "sample"), ""),
        Group("Patch", ("size", "recentred"), "x · exp(−j2π (f_y m + f_x n))"),
        Group("Mapping preview", ("mapping",), ""),
    )
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "flat earth": {"scene": "flat_earth"},
        "speckled ground": {
            "scene": "flat_earth",
            "options": "baseline=400.0, coherence=0.8, snr_db=10.0",
        },
        "two tones": {"scene": "tones", "options": "rows=1, columns=2"},
        "buildings": {"scene": "buildings", "size": 128},
        "optical and SAR": {"scene": "optical_sar", "size": 128},
        "ships": {"scene": "ships"},
    }

    scene = param.String("onetone", label="Scene, or a file of the data folder")
    options = param.String("", label="Its options")
    seed = param.Integer(0, bounds=(0, 99), label="Seed")
    sample = param.Integer(0, bounds=(0, 15), label="Image")
    size: Any = param.Selector(default=64, objects=list(SIZES), label="Patch, pixels")
    recentred = param.Boolean(False, label="Move the spectrum to the middle")
    mapping: Any = param.Selector(default="nyquist", objects=list(MAPPINGS), label="Mapping")
    row = param.Integer(0, bounds=(0, None), label="Row of the grid of patches")
    column = param.Integer(0, bounds=(0, None), label="Column of the grid of patches")

    def relevant(self) -> set[str]:
        """Return the settings that have an effect now."""
        view = self.view()
        idle = set() if self.scene in scene_names() else {"seed"}
        several = self.scene in scene_names() or (view is not None and view.count > 1)
        if not several and not self.sample:
            idle.add("sample")
        return set(self.choices()) - idle

    # ------------------------------------------------------------ the image
    def request(self) -> Request:
        """Say which image is wanted.

        Raises
        ------
        ValueError
            If the options cannot be read, or do not exist.
        """
        made = self.scene in scene_names()
        return Request(
            self.scene,
            read_options(self.scene, self.options),
            self.size if made else 0,
            self.seed if made else 0,
            self.sample,
            self.recentred,
        )

    def wanting(self) -> Request | None:
        """Return what has to be loaded before there is a picture, None if nothing."""
        try:
            request = self.request()
        except ValueError:
            return None
        return request if SHELF.peek(request) is None else None

    def load(self) -> None:
        """Open and measure the image now; a page does so in a thread."""
        wanted = self.wanting()
        if wanted is not None:
            SHELF.load(wanted)

    def view(self) -> View | None:
        """Return the image with its measures, None before it is loaded or where it cannot be."""
        try:
            found = SHELF.peek(self.request())
        except ValueError:
            return None
        return found if isinstance(found, View) else None

    # ------------------------------------------------------------ the patch
    def choose(self, scene: str) -> None:
        """Go to another scene, to its first image and patch."""
        self.param.update(scene=scene, options="", sample=0, row=0, column=0)

    def place(self) -> tuple[int, int]:
        """Row and column of the patch in the grid, inside the image."""
        view = self.view()
        if view is None:
            return self.row, self.column
        rows, columns = view.cells(self.size)
        return min(self.row, rows - 1), min(self.column, columns - 1)

    def pick(self, y: float, x: float) -> None:
        """Take the patch that has a pixel (y, x) of the whole image."""
        view = self.view()
        if view is not None and np.isfinite([y, x]).all():
            self._take(int(y // self.size), int(x // self.size), view)

    def step(self, down: int, right: int) -> None:
        """Take the patch so many cells further down and right."""
        view = self.view()
        if view is not None:
            row, column = self.place()
            self._take(row + down, column + right, view)

    def _take(self, row: int, column: int, view: View) -> None:
        rows, columns = view.cells(self.size)
        self.param.update(row=int(np.clip(row, 0, rows - 1)), column=int(np.clip(column, 0, columns - 1)))

    # ------------------------------------------------------------ what is seen
    def picture(self) -> Picture:
        """Return what the settings give; before the image is loaded, every panel says so."""
        try:
            found = SHELF.peek(self.request())
        except ValueError as error:
            found = str(error)
        if isinstance(found, View):
            return super().picture()
        words = f"Opening {self.scene} …" if found is None else found
        trouble = "" if found is None else found
        return Picture({name: Frame(None, words) for name in self.FRAMES}, trouble=trouble)

    def compute(self) -> Picture:
        """Return whole image, spectrum, distribution, patch, mapping."""
        view = self.view()
        if view is None:
            raise ValueError(f"{self.scene} has not been loaded")
        row, column = self.place()
        where, aspect = (self.request(), self.size, row, column), pixel_aspect(view.image.attrs)
        frames = Frames(
            {
                "overview": lambda: self.kept("overview", where, lambda: self._overview(view, row, column)),
                "spectrum": lambda: self.kept("spectrum", where[0], lambda: spectrum_frame(view)),
                "histogram": lambda: self.kept("histogram", where[0], lambda: histogram_frame(view)),
                "patch": lambda: self.kept("patch", where, lambda: self._patch_frame(view, row, column)),
                "mapping": lambda: self._mapping_frame(view.patch(row, column, self.size), view),
                "condition": lambda: self.kept("condition", where[0], lambda: condition_frame(view, aspect)),
                "pair": lambda: self.kept("pair", where[0], lambda: pair_frame(view, aspect)),
            }
        )
        return Picture(frames, readouts(view))

    def _overview(self, view: View, row: int, column: int) -> Frame:
        data = view.preview[["amplitude", "phase"]].copy()
        data["amplitude"].attrs["scale"] = decibel_scale(data["amplitude"].values)
        data = data.where(np.isfinite(data["amplitude"]))  # a border of zeros has no level, no phase either
        rows, columns = view.image["slc"].shape
        whole = min(rows, columns) >= self.size
        data.attrs |= {
            "aspect": pixel_aspect(view.image.attrs),
            "height": rows,
            "width": columns,
            "patch": (row * self.size, column * self.size, self.size) if whole else None,
        }
        return Frame(data, _described(view, self.sample))

    def _patch_frame(self, view: View, row: int, column: int) -> Frame:
        patch = view.patch(row, column, self.size)
        level = power_db(np.abs(patch) ** 2)
        data = xr.Dataset(
            {
                "amplitude": plane(np.where(np.isfinite(level), level, np.nan), "amplitude"),
                "phase": plane(np.where(patch != 0, np.angle(patch), np.nan), "phase"),
            },
            attrs={"aspect": pixel_aspect(view.image.attrs)},
        )
        data["amplitude"].attrs["scale"] = decibel_scale(level)
        first = f"row {row * self.size}, column {column * self.size}"
        rows, columns = view.cells(self.size)
        return Frame(
            data, f"{self.size} × {self.size} pixels from {first}: one of {rows} × {columns} patches."
        )

    def _mapping_frame(self, patch: npt.NDArray[Any], view: View) -> Frame:
        mapping = MAPPINGS[self.mapping]
        mapped = np.asarray(mapping.encode(patch))
        data = xr.Dataset(
            {
                "mapped": signed_picture(mapped[0], "mapped"),
                "mapped_level": level_picture(mapped[0], "mapped_level"),
            },
            attrs={"has_band": self.mapping == "nyquist", "aspect": pixel_aspect(view.image.attrs)},
        )
        error = np.asarray(mapping.decode(mapped)) - patch
        power = float(np.mean(np.abs(patch) ** 2))
        level = max(float(power_db(np.mean(np.abs(error) ** 2) / power)), -320.0) if power else np.nan
        channel = "its only channel" if mapping.channels == 1 else f"channel 1 of {mapping.channels}"
        rows, columns = mapped.shape[-2:]
        words = f"decoding differs by {level:.0f} dB" if power else "there is no power"
        return Frame(data, f"{rows} × {columns} real pixels, {channel}; {words}.".replace("-", "−"))

    def layers(self) -> dict[str, bool]:
        """Say which of the panels "condition", "pair" have something to show."""
        view = self.view()
        parts = {"condition": "condition", "pair": "slc_2"}
        return {name: view is not None and part in view.image for name, part in parts.items()}

    # ------------------------------------------------------------ elsewhere
    def option_words(self) -> str:
        """Say which options the scene has."""
        known = scene_options(self.scene)
        return ", ".join(name if value is None else f"{name}={value!r}" for name, value in known.items())

    def training(self) -> dict[str, Any]:
        """Return what `Control.launch` needs to train on this scene.

        Raises
        ------
        ValueError
            If there is no such scene, or the options cannot be read.
        """
        from workbench.session.user_scenes import user_file

        values = placed(self.request().options)
        values |= {"system": "pix2pix", "size": self.size, "mapping": self.mapping}
        if self.recentred:
            values["recentred"] = self._recentring()
        if self.scene in scene_names():
            return values | {"scene": self.scene, "seed": self.seed}
        return values | {"path": str(user_file(self.scene))}

    def _recentring(self) -> bool | str:
        """Say how training moves the spectra as it is seen here: of several images, each by its own."""
        view = self.view()
        return "each" if view is None or view.count > 1 else True

    def as_code(self) -> str:
        """Return notebook code that opens, measures, maps and trains on the same image."""
        try:
            options = self.request().options
        except ValueError as error:
            return f"# {error}"
        words = "".join(f", {name}={_written(name, value)}" for name, value in options)
        lines = ["import workbench as wb"]
        if self.scene not in scene_names() or "workspace_path()" in words:
            lines += ["from workbench.runs import workspace_path"]
        recentred = f", recentred={self._recentring()!r}" if self.recentred else ""
        if self.scene in scene_names():
            numbers = f"size={self.size}, count={self.sample + 1}, seed={self.seed}"
            made = f'wb.SCENES["{self.scene}"]({numbers}{words})'
            source, extra = f'"{self.scene}"', f", seed={self.seed}{recentred}"
        else:
            source, extra = "path", recentred
            made = f"wb.open_scene(path{words})"
        lines += [""]
        if source == "path":
            lines += [f'path = workspace_path() / "data" / {self.scene!r}']
        view = self.view()
        lines += [f"scene = {made}"]
        if view is None or view.count > 1 or self.scene in scene_names():
            lines += [f'scene = scene[["slc"]].isel(sample={self.sample})']
        if self.recentred:
            lines += ["scene = wb.recentre(scene)"]
        row, column = self.place()
        chosen = f'mapping="{self.mapping}", size={self.size}{extra}{words}'
        window = f"{row * self.size}:{(row + 1) * self.size}, {column * self.size}:{(column + 1) * self.size}"
        lines += [
            "print(wb.scene_statistics(scene))",
            "preview = wb.scene_preview(scene)  # amplitude in dB, phase in rad",
            f"patch = scene.slc.values[{window}]",
            f'mapped = wb.MAPPINGS["{self.mapping}"].encode(patch)',
            "spectrum = wb.spectrum(mapped[0])",
            f'# run = wb.launch("pix2pix", scene={source}, {chosen})',
        ]
        return "\n".join(lines)


def _written(name: str, value: Any) -> str:
    """Write an option's value; a mesh lies in the data folder."""
    if name == "building" and "." in str(value):
        return f'str(workspace_path() / "data" / {value!r})'
    return repr(value)


def _described(view: View, sample: int) -> str:
    attrs, (rows, columns) = view.image.attrs, view.image["slc"].shape
    words = [f"{rows} × {columns} pixels" + (f", image {sample} of {view.count}" if view.count > 1 else "")]
    if "spacing_y" in attrs and "spacing_x" in attrs:
        words.append(f"{attrs['spacing_y']:.3g} m × {attrs['spacing_x']:.3g} m each (y, x)")
    else:
        words.append("drawn as squares: the scene does not say how large they are")
    if "wavelength" in attrs:
        words.append(f"λ = {100 * float(attrs['wavelength']):.3g} cm")
    if view.preview.attrs["looks"] > 1:
        words.append(f"{view.preview.attrs['looks']} pixels averaged per point, the phase that of one")
    return "; ".join(words) + "."
