"""Damaged files of every family: a scene, or a ValueError that names the file; no half of one."""

import io
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import netcdf_file

from workbench.scenes import draw_patches, open_scene, recentre, scene_preview, scene_statistics

FAMILIES = (
    "npy",
    "cos",
    "tif",
    "tiled.tif",
    "two.tif",
    "npz",
    "nc",
    "h5",
    "vrt",
    "slc",
    "zip",
    "xml.zip",
    "raw",
)


def image_of(height=12, width=20):
    return np.exp(1j * np.arange(height * width).reshape(height, width)).astype(np.complex64)


def cosar(image):
    """A COSAR file of one burst in half precision (version 2)."""
    lines, pixels = image.shape
    size = 4 * (pixels + 2)
    head = struct.pack(">7I4sI", size * (lines + 4), 1, pixels, lines, 1, size, lines + 4, b"CSAR", 2)
    parts = np.stack([image.real, image.imag], -1).astype(">f2")
    rows = b"".join(struct.pack(">2I", 1, pixels) + line.tobytes() for line in parts)
    return head.ljust(4 * size, b"\0") + rows


def write_all(folder):
    """One valid file of each family; what is damaged of it."""
    image = image_of()
    tifffile.imwrite(folder / "a.tif", image)
    tifffile.imwrite(folder / "a.tiled.tif", image, tile=(16, 16), compression="zlib")
    tifffile.imwrite(folder / "a.two.tif", np.stack([image.real, image.imag]), photometric="minisblack")
    np.savez_compressed(folder / "a.npz", slc=image)
    with netcdf_file(folder / "a.nc", "w") as file:
        file.createDimension("y", 12)
        file.createDimension("x", 20)
        for name, part in (("slc_real", image.real), ("slc_imag", image.imag)):
            file.createVariable(name, "f4", ("y", "x"))[:] = part
    with h5py.File(folder / "a.h5", "w") as file:
        swath = file.create_group("science/LSAR/SLC/swaths/frequencyA")
        swath.create_dataset("HH", data=image, chunks=(4, 8), compression="gzip")
        swath["processedCenterFrequency"] = 1.2e9
    np.save(folder / "a.npy", image)
    (folder / "a.cos").write_bytes(cosar(image))
    (folder / "b.slc").write_bytes(image.tobytes())
    (folder / "a.vrt").write_text(
        '<VRTDataset rasterXSize="20" rasterYSize="12"><VRTRasterBand dataType="CFloat32" band="1" '
        'subClass="VRTRawRasterBand"><SourceFilename relativeToVRT="1">b.slc</SourceFilename><ImageOffset>0'
        "</ImageOffset><PixelOffset>8</PixelOffset><LineOffset>160</LineOffset></VRTRasterBand></VRTDataset>"
    )
    (folder / "a.slc").write_bytes(image.tobytes())
    (folder / "a.slc.vrt").write_text((folder / "a.vrt").read_text().replace("b.slc", "a.slc"))
    (folder / "a.raw").write_bytes(image.tobytes())
    chip = io.BytesIO()
    tifffile.imwrite(
        chip, np.stack([image.real, image.imag] * 2, -1), photometric="minisblack", planarconfig="contig"
    )
    for name, method in (("a.zip", zipfile.ZIP_DEFLATED), ("a.xml.zip", zipfile.ZIP_STORED)):
        with zipfile.ZipFile(folder / name, "w", method) as archive:
            archive.writestr("Patch/Cargo_x1_y2.tif", chip.getvalue())
            archive.writestr(
                "Ship.xml",
                "<ShipList><ship><SARShipInformation><Center_x>1</Center_x><Center_y>2</Center_y>"
                "</SARShipInformation><AISShipInformation><Length>100</Length></AISShipInformation></ship></ShipList>",
            )


class Whole:
    """The folder of the valid files, their bytes by family; what is short to print."""

    def __init__(self, folder):
        write_all(folder)
        self.parts = folder, {family: (folder / f"a.{family}").read_bytes() for family in FAMILIES}

    def __iter__(self):
        return iter(self.parts)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return Whole(tmp_path_factory.mktemp("whole"))


def options_of(family):
    return {"raw": {"shape": (12, 20)}, "two.tif": {"select": "iq"}}.get(family, {})


def opened_or_refused(path, **options):
    """Open and read it all; None if it is refused by name."""
    try:
        scene = open_scene(path, **options)
        # A damaged header may claim any size: all of a small one, the corner of a large one.
        values = scene.slc.isel({axis: slice(0, 4000) for axis in scene.slc.dims}).values
    except ValueError as error:
        if str(path) not in str(error):
            raise
        return None
    assert values.dtype == np.complex64
    assert values.ndim in (2, 3)
    return scene


@pytest.mark.parametrize("family", FAMILIES)
def test_the_whole_files_open(family, whole):
    folder, _ = whole
    scene = open_scene(folder / f"a.{family}", **options_of(family))
    found = scene.slc.values[0, 4:16] if family.endswith("zip") else scene.slc.values
    np.testing.assert_allclose(found, image_of(), atol=1e-3 if family == "cos" else 0)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(family=st.sampled_from(FAMILIES), share=st.floats(0, 1, exclude_max=True), lazy=st.booleans())
def test_truncated_files(family, share, lazy, whole):
    folder, contents = whole
    path = folder / f"cut.{family}"
    path.write_bytes(contents[family][: int(share * len(contents[family]))])
    (folder / "cut.slc.vrt").write_text((folder / "a.vrt").read_text().replace("b.slc", "cut.slc"))
    scene = opened_or_refused(path, lazy=lazy, **options_of(family))
    if scene is not None and not family.endswith("zip"):
        np.testing.assert_array_equal(scene.slc, image_of())  # only padding at the end was lost


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), family=st.sampled_from(FAMILIES), lazy=st.booleans())
def test_changed_bytes(data, family, lazy, whole):
    folder, contents = whole
    broken = bytearray(contents[family])
    head = min(len(broken), 400)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, head - 1) | st.integers(0, len(broken) - 1))
        broken[place] = data.draw(st.integers(0, 255))
    path = folder / f"broken.{family}"
    path.write_bytes(broken)
    (folder / "broken.slc.vrt").write_text((folder / "a.vrt").read_text().replace("b.slc", "broken.slc"))
    opened_or_refused(path, lazy=lazy, **options_of(family))


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), family=st.sampled_from(("h5", "vrt", "tif", "xml.zip")))
def test_spliced_bytes(data, family, whole):
    folder, contents = whole
    content = contents[family]
    first, last = sorted((data.draw(st.integers(0, len(content))), data.draw(st.integers(0, len(content)))))
    path = folder / f"spliced.{family}"
    path.write_bytes(content[:first] + data.draw(st.binary(max_size=20)) + content[last:])
    opened_or_refused(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200), family=st.sampled_from(FAMILIES[:-1]))
def test_noise_under_any_name(data, family, whole):
    folder, _ = whole
    path = folder / f"noise.{family}"
    path.write_bytes(data)
    (folder / "noise.slc.vrt").unlink(missing_ok=True)
    assert opened_or_refused(path) is None


@pytest.mark.parametrize(
    "suffix", [".tif", ".npz", ".nc", ".h5", ".vrt", ".zip", ".cos", ".nitf", ".slc", ".znap"]
)
def test_empty_files(suffix, tmp_path):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"")
    assert opened_or_refused(path) is None


def test_no_pixels_in_a_file(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["slc"] = np.empty((0, 5), np.complex64)
    with pytest.raises(ValueError, match=r"a.h5: slc is empty \(0×5\)"):
        open_scene(tmp_path / "a.h5")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["slc"] = np.array([[1, np.nan]], np.complex64)
    with pytest.raises(ValueError, match=r"b.h5: 1 of 2 values of slc are NaN"):
        open_scene(tmp_path / "b.h5")
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["slc"] = np.ones((4, 4))
    with pytest.raises(
        ValueError, match=r"c.h5: a complex array is needed .* found slc: float64 of shape 4×4"
    ):
        open_scene(tmp_path / "c.h5")


def test_a_file_that_shrinks_after_it_was_opened(tmp_path):
    path = tmp_path / "a.raw"
    path.write_bytes(image_of().tobytes())
    scene = open_scene(path, shape=(12, 20), lazy=True)
    path.write_bytes(image_of().tobytes()[:1000])
    for use in (lambda: scene.slc.values, lambda: scene_preview(scene), lambda: draw_patches(scene, 4, 2)):
        with pytest.raises(ValueError, match=r"a.raw: a window could not be read .*1000 bytes"):
            use()
    for use in (scene_statistics, recentre):
        with pytest.raises(ValueError, match=r"a.raw: a window could not be read"):
            use(scene)


@pytest.mark.parametrize("sizes", [(12, 10), (8, 20), (30, 40)])
def test_a_file_replaced_by_one_of_another_size(sizes, tmp_path):
    np.save(tmp_path / "a.npy", image_of())
    scene = open_scene(tmp_path / "a.npy", lazy=True)
    np.save(tmp_path / "a.npy", image_of(*sizes))
    for window in ({"y": slice(0, 4), "x": slice(0, 4)}, {"y": slice(9, 12), "x": slice(15, 20)}):
        with pytest.raises(
            ValueError, match=r"a.npy: a window could not be read .*the file has changed since"
        ):
            _ = scene.slc.isel(window).values


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_paths_that_cannot_be(name):
    with pytest.raises((ValueError, FileNotFoundError)):
        open_scene(name)


@pytest.mark.parametrize("victim", ["zarr.json", "i_VV/c/0/0", "i_VV/zarr.json"])
@pytest.mark.parametrize("change", ["cut", "noise", "gone"])
def test_damaged_stores(victim, change, tmp_path):
    path = tmp_path / "a.znap"
    group = zarr.create_group(path)
    for name, part in (("i_VV", image_of().real), ("q_VV", image_of().imag)):
        group.create_array(name, data=part.copy(), chunks=(6, 10))
    file = path / victim
    if change == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:9] if change == "cut" else bytes(range(50)))
    opened_or_refused(path)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_that_gdal_meets(data, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    file = folder / "a.vrt"
    tifffile.imwrite(folder / "s.tif", image_of())
    text = (
        b'<VRTDataset rasterXSize="20" rasterYSize="12"><VRTRasterBand dataType="CFloat32" band="1">'
        b'<SimpleSource><SourceFilename relativeToVRT="1">s.tif</SourceFilename><SourceBand>1</SourceBand>'
        b"</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    place = data.draw(st.integers(0, len(text)))
    file.write_bytes(
        text[:place] + data.draw(st.binary(max_size=3)) + text[place + data.draw(st.integers(0, 4)) :]
    )
    opened_or_refused(Path(file))
