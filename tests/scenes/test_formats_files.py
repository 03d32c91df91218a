"""Every family of files: what was written is what is opened."""

import struct

import h5py
import numpy as np
import pytest
import tifffile
import xarray as xr
import zarr
from scipy.io import netcdf_file

from workbench.scenes import open_scene

PAIRS = np.dtype([("r", np.int16), ("i", np.int16)])
LIGHT = 299_792_458.0


@pytest.fixture
def image(rng):
    return np.round(100 * (rng.normal(size=(12, 20)) + 1j * rng.normal(size=(12, 20)))).astype(np.complex64)


def pairs_of(image, dtype=PAIRS):
    pairs = np.empty(image.shape, dtype)
    pairs[dtype.names[0]], pairs[dtype.names[1]] = image.real, image.imag
    return pairs


def integer_tiff(path, image, order="<"):
    """A TIFF of complex 16-bit integers in two strips, as Sentinel-1 measurements are."""
    data = pairs_of(image, np.dtype([("r", f"{order}i2"), ("i", f"{order}i2")])).tobytes()
    height, width = image.shape
    half = height // 2 * width * 4
    start = 8 + 2 + 10 * 12 + 4
    arrays = struct.pack(f"{order}4I", start + 16, start + 16 + half, half, len(data) - half)
    tags = [
        (256, 3, 1, width),
        (257, 3, 1, height),
        (258, 3, 1, 32),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 2, start),
        (277, 3, 1, 1),
        (278, 3, 1, height // 2),
        (279, 4, 2, start + 8),
        (339, 3, 1, 5),
    ]
    out = struct.pack(f"{order}2sHIH", b"II" if order == "<" else b"MM", 42, 8, len(tags))
    for code, kind, count, value in tags:
        out += struct.pack(f"{order}HHI", code, kind, count)
        out += (
            struct.pack(f"{order}HH", value, 0)
            if kind == 3 and count == 1
            else struct.pack(f"{order}I", value)
        )
    path.write_bytes(out + struct.pack(f"{order}I", 0) + arrays + data)


def refused(path, **options):
    with pytest.raises(ValueError, match=r"\S") as caught:
        open_scene(path, **options)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("dtype", ["<c8", ">c8", "<c16"])
@pytest.mark.parametrize("extra", [{}, {"compression": "zlib", "tile": (16, 16)}, {"bigtiff": True}])
def test_complex_tiff(extra, dtype, lazy, image, tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, image.astype(dtype), byteorder=dtype[0], **extra)
    scene = open_scene(path, lazy=lazy)
    np.testing.assert_array_equal(scene.slc, image)
    np.testing.assert_array_equal(
        scene.slc.isel(y=slice(3, 9, 2), x=slice(None, None, -3)), image[3:9:2, ::-3]
    )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("lazy", [False, True])
def test_tiff_of_complex_integers(order, lazy, image, tmp_path):
    path = tmp_path / "a.tiff"
    integer_tiff(path, image, order)
    np.testing.assert_array_equal(open_scene(path, lazy=lazy).slc, image)


def test_tiffs_that_are_no_complex_image(image, tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, image.real)
    assert "holds float32 of shape 12×20" in refused(path)
    tifffile.imwrite(
        path, np.stack([image.real, image.imag], -1), photometric="minisblack", planarconfig="contig"
    )
    assert "2 bands; a complex band is needed. If its bands are the real" in refused(path)
    np.testing.assert_array_equal(open_scene(path, select="iq").slc, image)
    tifffile.imwrite(path, np.stack([image] * 3), photometric="minisblack")
    assert "several complex arrays (band_1, band_2, band_3)" in refused(path)
    np.testing.assert_array_equal(open_scene(path, select="band_2").slc, image)
    assert "select='band_7' fits none; there are: band_1" in refused(path, select="band_7")
    tifffile.imwrite(path, np.ones((12, 20, 5), np.float32), photometric="minisblack", planarconfig="contig")
    assert "5 bands" in refused(path)
    assert "needs two bands" in refused(path, select="iq")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 20)
    assert "is a PNG picture under the name of a TIFF" in refused(path)


def test_sentinel_1_product(image, tmp_path):
    product = tmp_path / "S1A_IW_SLC__1SDV.SAFE"
    for folder in ("measurement", "annotation"):
        (product / folder).mkdir(parents=True)
    (product / "manifest.safe").write_text("<xml/>")
    for swath, polarisation in (("iw1", "vv"), ("iw1", "vh"), ("iw2", "vv")):
        name = f"s1a-{swath}-slc-{polarisation}-20230319t055004"
        integer_tiff(product / "measurement" / f"{name}.tiff", image * (1 + (swath == "iw2")))
        (product / "annotation" / f"{name}.xml").write_text(
            f"<product><adsHeader><missionId>S1A</missionId><polarisation>{polarisation.upper()}</polarisation>"
            "</adsHeader><radarFrequency>5.405e9</radarFrequency><rangePixelSpacing>2.33</rangePixelSpacing>"
            "<azimuthPixelSpacing>13.9</azimuthPixelSpacing><incidenceAngleMidSwath>39</incidenceAngleMidSwath></product>"
        )
    scene = open_scene(product, select="iw2 VV")
    np.testing.assert_array_equal(scene.slc, 2 * image)
    assert scene.attrs["wavelength"] == pytest.approx(LIGHT / 5.405e9)
    assert (scene.attrs["spacing_y"], scene.attrs["spacing_x"], scene.attrs["incidence"]) == (13.9, 2.33, 39)
    assert (scene.attrs["sensor"], scene.attrs["polarisation"]) == ("S1A", "VV")
    assert "select one, such as select='iw2 vv' (2 match 'iw1')" in refused(product, select="iw1")
    alone = open_scene(product / "measurement" / "s1a-iw1-slc-vh-20230319t055004.tiff")
    assert alone.attrs["polarisation"] == "VH"


def nisar(path, image, kind="c8", group="SLC"):
    with h5py.File(path, "w") as file:
        swath = file.create_group(f"science/LSAR/{group}/swaths/frequencyA")
        if kind == "complex32":
            kind = np.dtype([("r", np.float16), ("i", np.float16)])
            image = pairs_of(image, kind)
        swath.create_dataset("HH", data=image.astype(kind), chunks=(4, 8))
        swath["HV"] = 2 * image if image.dtype.names is None else image
        swath["processedCenterFrequency"], swath["slantRangeSpacing"] = 1.243e9, 6.25
        swath["sceneCenterAlongTrackSpacing"] = 6.006
        swath["listOfPolarizations"] = np.array([b"HH", b"HV"])
        file["science/LSAR/identification/missionId"] = b"NISAR"
        file["science/LSAR/SLC/metadata/calibration/complex_table"] = np.ones((2, 2), complex)


@pytest.mark.parametrize("kind", ["c8", "c16", "complex32"])
@pytest.mark.parametrize("group", ["SLC", "RSLC"])
def test_nisar(kind, group, image, tmp_path):
    path = tmp_path / "a.h5"
    nisar(path, image, kind, group)
    scene = open_scene(path, lazy=True)
    np.testing.assert_array_equal(scene.slc, image)
    assert scene.slc.encoding["chunksizes"] == (4, 8)
    assert scene.attrs["image"] == f"science/LSAR/{group}/swaths/frequencyA/HH"
    assert scene.attrs["wavelength"] == pytest.approx(LIGHT / 1.243e9)
    assert (scene.attrs["spacing_y"], scene.attrs["spacing_x"], scene.attrs["sensor"]) == (
        6.006,
        6.25,
        "NISAR",
    )
    if kind != "complex32":
        np.testing.assert_array_equal(open_scene(path, select="frequencyA/HV").slc, 2 * image)


def test_mintpy_stack(image, tmp_path):
    with h5py.File(tmp_path / "slcStack.h5", "w") as file:
        file["slc"] = np.stack([image, 2 * image])
        file["date"] = np.array([b"20230319", b"20230331"])
        found = {
            "WAVELENGTH": "0.0555",
            "RANGE_PIXEL_SIZE": "2.33",
            "AZIMUTH_PIXEL_SIZE": 13.9,
            "PLATFORM": "Sen",
        }
        file.attrs.update(found)
    scene = open_scene(tmp_path / "slcStack.h5")
    np.testing.assert_array_equal(scene.slc, [image, 2 * image])
    attrs = scene.attrs
    assert (attrs["wavelength"], attrs["spacing_x"], attrs["spacing_y"], attrs["sensor"]) == (
        0.0555,
        2.33,
        13.9,
        "Sen",
    )


def test_parts_of_other_names(image, tmp_path):
    with h5py.File(tmp_path / "iceye.h5", "w") as file:
        file["s_i"], file["s_q"] = image.real.astype(np.int16), image.imag.astype(np.int16)
        file["look"] = b"right"
    np.testing.assert_array_equal(open_scene(tmp_path / "iceye.h5").slc, image)
    group = zarr.create_group(tmp_path / "20230319.znap", zarr_format=2)
    for name, part in (
        ("i_VV_19Mar2023", image.real),
        ("q_VV_19Mar2023", image.imag),
        ("elevation", image.real),
    ):
        group.create_array(name, data=part.copy(), chunks=(4, 8))
    (tmp_path / "20230319.znap" / "SNAP").mkdir()
    (tmp_path / "20230319.znap" / "SNAP" / "product_metadata.json").write_text(
        '[{"name": "Abstracted_Metadata", "attributes": ['
        '{"name": "radar_frequency", "data": {"type": "float64", "elems": [5405.0]}},'
        '{"name": "range_spacing", "data": {"type": "float64", "elems": [2.33]}},'
        '{"name": "MISSION", "data": {"type": "ascii", "elems": ["SENTINEL-1A"]}},'
        '{"name": "incidence_near", "data": {"type": "float64", "elems": [40.0]}},'
        '{"name": "incidence_far", "data": {"type": "float64", "elems": [42.0]}}]}]'
    )
    scene = open_scene(tmp_path / "20230319.znap", lazy=True)
    np.testing.assert_array_equal(scene.slc, image)
    assert scene.attrs["wavelength"] == pytest.approx(LIGHT / 5.405e9)
    assert (scene.attrs["incidence"], scene.attrs["sensor"], scene.attrs["spacing_x"]) == (
        41,
        "SENTINEL-1A",
        2.33,
    )


def test_pixels_in_other_files_are_refused(image, tmp_path):
    (tmp_path / "secret.bin").write_bytes(image.tobytes())
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset(
            "slc", image.shape, np.complex64, external=[("secret.bin", 0, h5py.h5f.UNLIMITED)]
        )
    assert "'slc' lies in other files" in refused(tmp_path / "a.h5")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["own"] = image
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["slc"] = h5py.ExternalLink("b.h5", "/own")
    assert "found nothing" in refused(tmp_path / "c.h5")


def vrt(path, body, size=(12, 20)):
    path.write_text(f'<VRTDataset rasterXSize="{size[1]}" rasterYSize="{size[0]}">{body}</VRTDataset>')


def raw_band(source, kind="CFloat32", **tags):
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in tags.items())
    return (
        f'<VRTRasterBand dataType="{kind}" band="1" subClass="VRTRawRasterBand">'
        f'<SourceFilename relativeToVRT="1">{source}</SourceFilename>{inside}</VRTRasterBand>'
    )


@pytest.mark.parametrize("lazy", [False, True])
def test_isce_virtual_raster(lazy, image, tmp_path):
    (tmp_path / "a.slc").write_bytes(b"head" + image.astype(">c8").tobytes())
    vrt(
        tmp_path / "a.slc.vrt",
        raw_band("a.slc", ImageOffset=4, PixelOffset=8, LineOffset=160, ByteOrder="MSB"),
    )
    for name in ("a.slc.vrt", "a.slc"):
        np.testing.assert_array_equal(open_scene(tmp_path / name, lazy=lazy).slc, image)
    (tmp_path / "b.bin").write_bytes(pairs_of(image).tobytes())
    vrt(tmp_path / "b.vrt", raw_band("b.bin", "CInt16"))
    np.testing.assert_array_equal(open_scene(tmp_path / "b.vrt", lazy=lazy).slc, image)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (raw_band("../a.slc"), "leads out of its folder"),
        (raw_band("/etc/passwd"), "leads out of its folder"),
        (raw_band("/vsicurl/http://example.org/a.slc"), "is not a file in its folder"),
        (raw_band("http://example.org/a.slc"), "is not a file in its folder"),
        (raw_band("missing.slc"), "is not there"),
        (raw_band("a.slc", LineOffset=-160), "truncated"),
        (raw_band("a.slc", LineOffset="many"), "could not be read as .vrt"),
        (raw_band("a.slc", ImageOffset=1), "has 1920 bytes; 1921 are needed"),
    ],
)
def test_virtual_rasters_that_lead_elsewhere(body, words, image, tmp_path):
    for folder in (tmp_path, tmp_path / "inner"):
        folder.mkdir(exist_ok=True)
        (folder / "a.slc").write_bytes(image.tobytes())
    vrt(tmp_path / "inner" / "a.vrt", body)
    assert words in refused(tmp_path / "inner" / "a.vrt")


def test_virtual_rasters_of_virtual_rasters(image, tmp_path):
    body = (
        '<VRTRasterBand dataType="CFloat32" band="1"><SimpleSource><SourceFilename relativeToVRT="1">{}'
        "</SourceFilename></SimpleSource></VRTRasterBand>"
    )
    (tmp_path / "inner").mkdir()
    vrt(tmp_path / "inner" / "b.vrt", body.format("/etc/passwd"))
    vrt(tmp_path / "inner" / "a.vrt", body.format("b.vrt"))
    assert "leads out of its folder" in refused(tmp_path / "inner" / "a.vrt")
    vrt(tmp_path / "inner" / "a.vrt", body.format("a.vrt"))
    assert "too deep" in refused(tmp_path / "inner" / "a.vrt")


@pytest.mark.parametrize("dtype", ["complex64", ">c8", "complex_int16", ">complex_int16", "complex128"])
@pytest.mark.parametrize("lazy", [False, True])
def test_raw_numbers(dtype, lazy, image, tmp_path):
    order = ">" if dtype[0] == ">" else "<"
    stored = image.astype(order + "c8")
    if "int16" in dtype:
        stored = pairs_of(image, np.dtype([("r", f"{order}i2"), ("i", f"{order}i2")]))
    elif dtype == "complex128":
        stored = image.astype("<c16")
    (tmp_path / "a.raw").write_bytes(b"123" + stored.tobytes())
    options = {"shape": (12, 20), "dtype": dtype, "offset": 3, "lazy": lazy}
    np.testing.assert_array_equal(open_scene(tmp_path / "a.raw", **options).slc, image)
    stack = open_scene([tmp_path / "a.raw"] * 3, **options)
    assert stack.slc.dims == ("sample", "y", "x")
    np.testing.assert_array_equal(stack.slc.isel(sample=1, y=slice(2, 4)), image[2:4])


def test_raw_numbers_need_the_right_description(image, tmp_path):
    path = tmp_path / "a.raw"
    path.write_bytes(image.tobytes())
    assert "say shape=(lines, pixels)" in refused(path)
    assert "bytes needs 2080; with 20 pixels per line it has 12 lines" in (refused(path, shape=(13, 20)))
    assert "dtype='float32' is no complex type" in refused(path, shape=(12, 20), dtype="float32")
    for options, words in (
        ({"shape": (0, 3)}, "is needed"),
        ({"shape": (12, 20), "offset": -1}, "whole number of bytes"),
        ({"dtype": "c8"}, "need shape="),
        ({"select": ""}, "name of an image"),
        ({"chip": 0}, "1 to 4096"),
    ):
        with pytest.raises(ValueError, match=words.replace("(", r"\(")):
            open_scene(path, **options)


def test_stacks_of_files(image, tmp_path):
    for name, factor in (("a", 1), ("b", 2)):
        np.save(tmp_path / f"{name}.npy", factor * image)
    np.save(tmp_path / "c.npy", image[:5])
    np.save(tmp_path / "d.npy", np.stack([image, image]))
    for lazy in (False, True):
        scene = open_scene([tmp_path / "a.npy", tmp_path / "b.npy"], lazy=lazy)
        np.testing.assert_array_equal(scene.slc, [image, 2 * image])
        assert scene.file.values.tolist() == [str(tmp_path / "a.npy"), str(tmp_path / "b.npy")]
    with pytest.raises(ValueError, match=r"c.npy: has 5×20 pixels, .*a.npy 12×20"):
        open_scene([tmp_path / "a.npy", tmp_path / "c.npy"])
    with pytest.raises(ValueError, match=r"d.npy: holds a stack"):
        open_scene([tmp_path / "a.npy", tmp_path / "d.npy"])
    with pytest.raises(ValueError, match="empty list"):
        open_scene([])


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("kind", ["npz", "npz compressed", "classic netCDF", "fortran", "zarr"])
def test_windows_of_every_container(kind, lazy, image, tmp_path):
    path = tmp_path / ("a.nc" if "netCDF" in kind else "a.zarr" if kind == "zarr" else "a." + kind[:3])
    if "npz" in kind:
        (np.savez_compressed if "compressed" in kind else np.savez)(path, slc=image, other=np.ones(50))
    elif kind == "fortran":
        path = tmp_path / "a.npy"
        np.save(path, np.asfortranarray(image))
    elif kind == "zarr":
        zarr.create_array(path, data=image, chunks=(5, 7))
    else:
        with netcdf_file(path, "w") as file:
            file.createDimension("y", 12)
            file.createDimension("x", 20)
            for name, part in (("slc_real", image.real), ("slc_imag", image.imag)):
                file.createVariable(name, "f4", ("y", "x"))[:] = part
    scene = open_scene(path, lazy=lazy)
    np.testing.assert_array_equal(scene.slc, image)
    np.testing.assert_array_equal(scene.slc[2:5, -3], image[2:5, -3])


def test_scene_from_netcdf_export_opens(image, tmp_path):
    scene = xr.Dataset({"slc_real": (("y", "x"), image.real), "slc_imag": (("y", "x"), image.imag)})
    scene.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    np.testing.assert_array_equal(open_scene(tmp_path / "a.nc", lazy=True).slc, image)
