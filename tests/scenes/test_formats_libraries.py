"""Formats that rasterio, sarxarray, sarpy decode: what was written is opened, or refused by name."""

import builtins
import json
import struct
import warnings

import numpy as np
import pytest
import rasterio
import tifffile
import zarr

from workbench.scenes import open_scene, training_patches

LIBRARIES = ("rasterio", "sarxarray", "sarpy")


@pytest.fixture
def image(rng):
    return np.round(100 * (rng.normal(size=(12, 20)) + 1j * rng.normal(size=(12, 20)))).astype(np.complex64)


def refused(path, **options):
    with pytest.raises(ValueError, match=r"\S") as caught:
        open_scene(path, **options)
    assert str(path[0] if isinstance(path, list) else path) in str(caught.value)
    return str(caught.value)


def cosar(path, image, version=1, valid=None):
    """The bytes of a COSAR file of one burst; `valid`: first and last pixel of a line that count, from 1."""
    lines, pixels = image.shape
    first, last = valid or (1, pixels)
    size = 4 * (pixels + 2)
    head = (size * (lines + 4), 1, pixels, lines, 1, size, lines + 4, b"CSAR", version)
    out = struct.pack(">7I4sI", *head).ljust(size, b"\0")
    for words in (range(1, pixels + 1), [1] * pixels, [lines] * pixels):
        out += struct.pack(f">{2 + pixels}I", 0, 0, *words)
    for line in image:
        parts = np.stack([line.real, line.imag], -1).astype(">i2" if version == 1 else ">f2")
        out += struct.pack(">2I", first, last) + parts.tobytes()
    path.write_bytes(out)
    return out


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("version", [1, 2])
def test_cosar(version, lazy, image, tmp_path):
    path = tmp_path / "IMAGE_HH_SRA_strip_011.cos"
    whole = cosar(path, image, version)
    scene = open_scene(path, lazy=lazy)
    np.testing.assert_array_equal(scene.slc, image)
    np.testing.assert_array_equal(scene.slc.isel(y=slice(9, 2, -3), x=5), image[9:2:-3, 5])
    assert "burst" not in scene.attrs
    path.write_bytes(whole + whole)
    assert open_scene(path, lazy=lazy).attrs["burst"] == "the first of several"
    cosar(path, image, version, valid=(4, 18))
    np.testing.assert_array_equal(open_scene(path, lazy=lazy).slc[:, 3:18], image[:, 3:18])
    assert not open_scene(path, lazy=lazy).slc[:, :3].values.any()


@pytest.mark.parametrize("lazy", [False, True])
def test_damaged_cosar(lazy, image, tmp_path):
    path = tmp_path / "a.cos"
    whole = cosar(path, image)
    for length in (0, 20, 40, 400, 1400, len(whole) - 1):  # GDAL itself opens the last three
        path.write_bytes(whole[:length])
        words = "is truncated" if length >= 32 else "no COSAR header"
        assert words in refused(path, lazy=lazy)
    for place, value in ((8, 0), (8, 2**16), (8, 2**31 - 1), (12, 0), (12, 2**31 - 1), (20, 0), (20, 88000)):
        path.write_bytes(whole[:place] + struct.pack(">I", value) + whole[place + 4 :])
        assert "needed" in refused(path, lazy=lazy)
    path.write_bytes(whole[:28] + b"XXXX" + whole[32:])
    assert "no COSAR header ('CSAR' at byte 28)" in refused(path, lazy=lazy)


def geotiff(path, image, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        shape = {"height": image.shape[-2], "width": image.shape[-1], "count": 1}
        with rasterio.open(path, "w", driver="GTiff", **(shape | options)) as file:
            file.write(image, 1)


@pytest.mark.parametrize("dtype", ["complex64", "complex_int16"])
def test_compressed_geotiff_through_gdal(dtype, image, tmp_path):
    path = tmp_path / "a.tif"
    geotiff(path, image, dtype=dtype, compress="lzw", tiled=True, blockxsize=16, blockysize=16)
    scene = open_scene(path, lazy=True)
    np.testing.assert_array_equal(scene.slc, image)
    np.testing.assert_array_equal(scene.slc[3:9:2, 5], image[3:9:2, 5])
    assert scene.slc.encoding["chunksizes"] == (16, 16)
    training, _ = training_patches(path, 4, 5, heldout=2)
    assert training.slc.shape == (5, 4, 4)


@pytest.mark.parametrize("interleave", ["pixel", "band"])
@pytest.mark.parametrize("lazy", [False, True])
def test_polarisations_in_one_geotiff(interleave, lazy, image, tmp_path):
    shape = {"height": 12, "width": 20, "count": 2, "dtype": "complex64", "interleave": interleave}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(tmp_path / "a.tif", "w", driver="GTiff", **shape) as file:
            file.write(np.stack([image, 2 * image]))
    assert "several complex arrays (band_1, band_2)" in refused(tmp_path / "a.tif")
    np.testing.assert_array_equal(open_scene(tmp_path / "a.tif", select="band_2", lazy=lazy).slc, 2 * image)


def test_a_compressed_geotiff_without_a_complex_band(image, tmp_path):
    geotiff(tmp_path / "a.tif", image.real, dtype="float32", compress="lzw")
    assert "holds float32 of shape 12×20" in refused(tmp_path / "a.tif")


@pytest.mark.parametrize("lazy", [False, True])
def test_virtual_raster_of_a_geotiff(lazy, image, tmp_path):
    (tmp_path / "data").mkdir()
    geotiff(tmp_path / "data" / "a.tif", image, dtype="complex64", compress="deflate")
    source = (
        '<VRTDataset rasterXSize="8" rasterYSize="6"><VRTRasterBand dataType="CFloat32" band="1">'
        '<SimpleSource><SourceFilename relativeToVRT="1">{}</SourceFilename><SourceBand>1</SourceBand>'
        '<SrcRect xOff="5" yOff="2" xSize="8" ySize="6"/><DstRect xOff="0" yOff="0" xSize="8" ySize="6"/>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    (tmp_path / "a.vrt").write_text(source.format("data/a.tif"))
    np.testing.assert_array_equal(open_scene(tmp_path / "a.vrt", lazy=lazy).slc, image[2:8, 5:13])
    geotiff(tmp_path / "data" / "real.tif", image.real, dtype="float32")
    (tmp_path / "b.vrt").write_text(source.format("data/real.tif").replace("CFloat32", "Float32"))
    assert "holds 1 bands of float32, 6×8; a complex band is needed" in refused(tmp_path / "b.vrt", lazy=lazy)


def attribute(name, kind, *values):
    """One attribute as SNAP writes it: texts by themselves, numbers in a list."""
    return {
        "name": name,
        "readOnly": False,
        "data": {"type": kind, "elems": values[0] if kind == "ascii" else list(values)},
    }


def znap(path, image, day, mother=False):
    """A store laid out like those that SNAP 9 writes, as far as it is read here or by sarxarray."""
    group = zarr.create_group(path, zarr_format=2, attributes={"znap_format": "0.1"})
    layers = {f"i_VV_{day}Mar2023": image.real, f"q_VV_{day}Mar2023": image.imag}
    for name, values in (layers | ({"elevation_VV": image.real} if mother else {})).items():
        array = group.create_array(name, data=values.astype(">f4"), chunks=image.shape, compressors=None)
        array.attrs["_ARRAY_DIMENSIONS"] = ["y", "x"]
    group.create_array("latitude", data=np.ones((2, 3), ">f4")).attrs["_ARRAY_DIMENSIONS"] = ["yt", "xt"]
    product = "S1A_IW_SLC__1SDV_202303{}T055032_20230331T055059_047884_05C0F4_3703"
    texts = {"PRODUCT": product.format(31), "MISSION": "SENTINEL-1A", "PASS": "DESCENDING", "SWATH": "IW3"}
    texts |= {"PRODUCT_TYPE": "SLC", "ACQUISITION_MODE": "IW", "Processing_system_identifier": "ESA"}
    texts |= {"mds1_tx_rx_polar": "VV"}
    numbers = {"range_spacing": 2.33, "azimuth_spacing": 13.86, "radar_frequency": 5405.0, "azimuth_looks": 1}
    numbers |= {"pulse_repetition_frequency": 1717.1, "azimuth_bandwidth": 327.0, "range_bandwidth": 56.5}
    numbers |= {"range_sampling_rate": 64.3, "slrTimeToFirstValidPixel": 0.003, "line_time_interval": 0.002}
    numbers |= {"centre_lat": 51.7, "centre_lon": 5.8, "incidence_near": 41.2, "incidence_far": 99999.0}
    whole = {"REL_ORBIT": 37, "num_output_lines": image.shape[0], "num_samples_per_line": image.shape[1]}
    whole |= {"subset_offset_x": 9178, "subset_offset_y": 912}
    orbit = [attribute("time", "utc", 8490, 20970, 228667)]
    orbit += [attribute(f"{axis}_{kind}", "float64", 1.0) for kind in ("pos", "vel") for axis in "xyz"]
    about = [attribute(name, "ascii", value) for name, value in texts.items()]
    about += [attribute(name, "float64", value) for name, value in numbers.items()]
    about += [attribute(name, "int32", value) for name, value in whole.items()]
    about += [attribute("first_line_time", "utc", 8490, 21035, 812250)]
    vectors = [{"name": "Orbit_State_Vectors", "elements": [{"name": "orbit_vector1", "attributes": orbit}]}]
    slave = {
        "name": f"S1A_Orb_{day}Mar2023",
        "attributes": [attribute("PRODUCT", "ascii", product.format(day))],
    }
    tree = [
        {"name": "Abstracted_Metadata", "attributes": about, "elements": vectors},
        {"name": "Slave_Metadata", "elements": [slave]},
    ]
    (path / "SNAP").mkdir()
    (path / "SNAP" / "product_metadata.json").write_text(json.dumps(tree))
    return path


@pytest.mark.parametrize("lazy", [False, True])
def test_znap_archives(lazy, image, tmp_path):
    mother = znap(tmp_path / "20230331.znap", image, 31, mother=True)
    other = znap(tmp_path / "20230319.znap", 2 * image, 19)
    alone = open_scene(mother, lazy=lazy)
    np.testing.assert_array_equal(alone.slc, image)
    stack = open_scene([mother, other], lazy=lazy)
    assert stack.slc.dims == ("sample", "y", "x")
    np.testing.assert_array_equal(stack.slc, [2 * image, image])  # in order of time
    assert [str(day)[:10] for day in stack.time.values] == ["2023-03-19", "2023-03-31"]
    for scene in (alone, stack):
        assert scene.attrs["wavelength"] == pytest.approx(299_792_458.0 / 5.405e9)
        assert (scene.attrs["spacing_y"], scene.attrs["spacing_x"]) == (13.86, 2.33)
        assert (scene.attrs["sensor"], scene.attrs["incidence"]) == ("SENTINEL-1A", 41.2)  # 99999: unknown


def test_znap_archives_that_make_no_stack(image, tmp_path):
    first = znap(tmp_path / "a.znap", image, 31, mother=True)
    small = znap(tmp_path / "b.znap", image[:5], 19)
    words = "equal size are needed to make a stack; found a.znap 12×20, b.znap 5×20"
    assert words in refused([first, small])
    (small / "SNAP" / "product_metadata.json").unlink()
    assert "b.znap has no SNAP/product_metadata.json" in refused([first, small])
    (small / "SNAP" / "product_metadata.json").write_text("[{")
    assert "equal size" in refused([first, small])
    plain = zarr.create_group(tmp_path / "c.znap")
    plain.create_array("elevation", data=image.real)
    (tmp_path / "c.znap" / "SNAP").mkdir()
    (tmp_path / "c.znap" / "SNAP" / "product_metadata.json").write_text("[]")
    assert "a complex array is needed" in refused([first, tmp_path / "c.znap"])


def sicd(path, image):
    """A SICD written by sarpy; its rows are slant range."""
    from sarpy.io.complex.sicd import SICDWriter
    from sarpy.io.complex.sicd_elements.SICD import SICDType

    rows, columns = image.shape
    size = {"NumRows": rows, "NumCols": columns}
    direction = {"Sgn": -1, "ImpRespWid": 1.0, "ImpRespBW": 1.0, "KCtr": 0.0, "DeltaK1": -0.5, "DeltaK2": 0.5}
    corners = [{"Lat": y, "Lon": x} for y, x in ((0.1, -0.1), (0.1, 0.1), (-0.1, 0.1), (-0.1, -0.1))]
    described = SICDType(
        CollectionInfo={
            "CollectorName": "Umbra-05", "CoreName": "x", "RadarMode": {"ModeType": "SPOTLIGHT"},
            "Classification": "UNCLASSIFIED",
        },
        ImageData={
            "PixelType": "RE32F_IM32F", **size, "FirstRow": 0, "FirstCol": 0, "FullImage": size,
            "SCPPixel": {"Row": rows // 2, "Col": columns // 2},
        },
        GeoData={
            "EarthModel": "WGS_84", "ImageCorners": corners,
            "SCP": {"ECF": {"X": 6378137.0, "Y": 0.0, "Z": 0.0}, "LLH": {"Lat": 0.0, "Lon": 0.0, "HAE": 0.0}},
        },
        Grid={
            "ImagePlane": "SLANT", "Type": "RGAZIM",
            "Row": {"SS": 0.5, "UVectECF": {"X": 1, "Y": 0, "Z": 0}, **direction},
            "Col": {"SS": 0.75, "UVectECF": {"X": 0, "Y": 1, "Z": 0}, **direction},
        },
        Timeline={"CollectStart": "2020-01-01T00:00:00", "CollectDuration": 1.0},
        RadarCollection={
            "TxFrequency": {"Min": 9.5e9, "Max": 9.7e9}, "TxPolarization": "V",
            "RcvChannels": [{"TxRcvPolarization": "V:V", "index": 1}],
        },
        SCPCOA={"IncidenceAng": 35.0},
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with SICDWriter(str(path), described) as writer:
            writer(image, start_indices=(0, 0))


@pytest.mark.parametrize("lazy", [False, True])
def test_sicd(lazy, image, tmp_path):
    path = tmp_path / "a.nitf"
    sicd(path, np.ascontiguousarray(image.T))
    scene = open_scene(path, lazy=lazy)
    np.testing.assert_array_equal(scene.slc, image)
    np.testing.assert_array_equal(scene.slc.isel(y=slice(1, 9, 2), x=slice(3, None, -1)), image[1:9:2, 3::-1])
    assert scene.attrs["wavelength"] == pytest.approx(299_792_458.0 / 9.6e9)
    assert (scene.attrs["spacing_y"], scene.attrs["spacing_x"]) == (0.75, 0.5)
    assert (scene.attrs["incidence"], scene.attrs["sensor"]) == (35.0, "Umbra-05")
    whole = path.read_bytes()
    for length in (10, 500, len(whole) // 2):
        path.write_bytes(whole[:length])
        assert "could not be read as .nitf, it may be truncated" in refused(path, lazy=lazy)


@pytest.fixture
def nothing_installed(monkeypatch):
    genuine = builtins.__import__

    def absent(name, package=None):
        if name.partition(".")[0] in LIBRARIES:
            raise ImportError(f"No module named {name!r}", name=name)
        return genuine(name)

    monkeypatch.setattr("workbench.scenes.extras.import_module", absent)


def test_what_a_missing_library_costs(nothing_installed, image, tmp_path):
    cosar(tmp_path / "a.cos", image)
    (tmp_path / "a.nitf").write_bytes(b"something")
    for name, library, extra in (("a.cos", "rasterio", "geo"), ("a.nitf", "sarpy", "sicd")):
        message = refused(tmp_path / name)
        command = f'pip install "spectral-workbench[{extra}]"'
        assert f"needs {library}; {library} is not installed. Install it with: {command}" in message
        assert "Everything else works without it" in message
    for name in ("a.znap", "b.znap"):
        zarr.create_group(tmp_path / name)
    with pytest.raises(ValueError, match=r"a.znap, .*a stack of ZNAP archives needs sarxarray.*\[insar\]"):
        open_scene([tmp_path / "a.znap", tmp_path / "b.znap"])
    with pytest.raises(FileNotFoundError, match=r"c.znap: there is no such ZNAP archive"):
        open_scene([tmp_path / "a.znap", tmp_path / "c.znap"])


def test_compression_that_only_gdal_knows(nothing_installed, image, tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, image)
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        place = file.pages[0].tags["Compression"].valueoffset
    data[place : place + 2] = struct.pack("<H", 5)
    path.write_bytes(data)
    assert "is packed in a way that needs rasterio" in refused(path)
