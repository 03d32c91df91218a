import pickle
import re
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import netcdf_file

from workbench.scenes import open_scene

REAL = Path(__file__).parents[3] / "shared" / "data" / "real_slc"
PAIRS = np.dtype([("real", np.int16), ("imag", np.int16)])


@pytest.fixture
def image(rng):
    return (rng.normal(size=(6, 9)) + 1j * rng.normal(size=(6, 9))).astype(np.complex64)


def as_pairs(image):
    pairs = np.empty(image.shape, PAIRS)
    pairs["real"], pairs["imag"] = np.round(1000 * image.real), np.round(1000 * image.imag)
    return pairs


def as_parts(image):
    dims = ("sample", "y", "x")[-image.ndim :]
    return xr.Dataset(
        {"slc_real": (dims, image.real.copy()), "slc_imag": (dims, image.imag.copy())},
        attrs={"wavelength": 0.056},
    )


WRITERS = {
    "npy": lambda path, image: np.save(path, image),
    "npz": lambda path, image: np.savez(path, slc=image, other=np.ones(3)),
    "zarr": lambda path, image: zarr.save_array(path, image),
    "nc": lambda path, image: as_parts(image).to_netcdf(path, engine="h5netcdf"),
}


@pytest.mark.parametrize("stack", [False, True])
@pytest.mark.parametrize("kind", WRITERS)
def test_what_was_saved_is_opened(kind, stack, image, tmp_path):
    image = np.stack([image, 2 * image]) if stack else image
    path = tmp_path / f"my image.{kind}"
    WRITERS[kind](path, image)
    scene = open_scene(str(path))
    assert scene.slc.dims == (("sample",) * stack + ("y", "x"))
    assert scene.slc.dtype == np.complex64
    np.testing.assert_array_equal(scene.slc, image)
    assert scene.attrs["source"] == str(path)


@pytest.mark.parametrize("order", [">c8", "<c16", ">c16"])
def test_other_precision_and_byte_order(order, image, tmp_path):
    np.save(tmp_path / "a.npy", image.astype(order))
    scene = open_scene(tmp_path / "a.npy")
    assert scene.slc.dtype == np.complex64
    np.testing.assert_array_equal(scene.slc, image)


def test_pairs_of_integers(image, tmp_path):
    pairs = as_pairs(image)
    np.save(tmp_path / "a.npy", pairs)
    np.savez(tmp_path / "a.npz", burst=pairs)
    expected = pairs["real"] + 1j * pairs["imag"]
    for path in ("a.npy", "a.npz"):
        np.testing.assert_array_equal(open_scene(tmp_path / path).slc, expected)


def test_native_complex_netcdf(image, tmp_path):
    with h5py.File(tmp_path / "a.nc", "w") as file:
        file["complex"] = image.T
        for axis, (name, size) in enumerate({"range": 9, "azimuth": 6}.items()):
            file[name] = np.arange(size)
            file[name].make_scale(name)
            file["complex"].dims[axis].attach_scale(file[name])
    np.testing.assert_array_equal(open_scene(tmp_path / "a.nc").slc, image)


def test_classic_netcdf(image, tmp_path):
    with netcdf_file(tmp_path / "a.nc", "w") as file:
        file.createDimension("y", 6)
        file.createDimension("x", 9)
        for name, part in (("slc_real", image.real), ("slc_imag", image.imag)):
            file.createVariable(name, "f4", ("y", "x"))[:] = part
    np.testing.assert_array_equal(open_scene(tmp_path / "a.nc").slc, image)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_stack_of_azimuth_range_time(zarr_format, image, tmp_path):
    stack = xr.Dataset({"complex": (("azimuth", "range", "time"), np.stack([image, 2 * image], -1))})
    stack.to_zarr(tmp_path / "a.zarr", zarr_format=zarr_format, consolidated=False)
    scene = open_scene(tmp_path / "a.zarr")
    assert scene.slc.dims == ("sample", "y", "x")
    np.testing.assert_array_equal(scene.slc, [image, 2 * image])


def test_condition_and_attributes_come_along(image, tmp_path):
    planes = np.arange(2 * 6 * 9, dtype=float).reshape(2, 6, 9) / 108
    attrs = {"wavelength": 0.0555, "sensor": "S1A"}
    data = as_parts(image).assign(condition=(("channel", "y", "x"), planes)).assign_attrs(attrs)
    data.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    np.savez(tmp_path / "a.npz", slc=image, condition=planes)
    native = xr.Dataset(
        {"slc": (("y", "x"), image), "condition": (("channel", "y", "x"), planes)}, attrs=attrs
    )
    native.to_zarr(tmp_path / "a.zarr", consolidated=False)
    for name in ("a.nc", "a.npz", "a.zarr"):
        scene = open_scene(tmp_path / name)
        assert scene.condition.dims == ("channel", "y", "x")
        np.testing.assert_allclose(scene.condition, planes, rtol=1e-6)
        if name != "a.npz":
            assert (scene.attrs["wavelength"], scene.attrs["sensor"]) == (0.0555, "S1A")


def refused(path, kind=ValueError):
    with pytest.raises(kind) as caught:
        open_scene(path)
    message = str(caught.value)
    assert str(path) in message
    return message


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.ones((4, 4)), "complex array is needed .* found the array: float64 of shape 4×4"),
        (np.ones(4, complex), "complex128 of shape 4; 2 dimensions"),
        (np.ones((1, 1, 4, 4), complex), "complex128 of shape 1×1×4×4; 2 dimensions"),
        (np.ones((0, 4), complex), "empty .0×4."),
        (np.array([[1, np.nan], [np.inf, 1j]], complex), "2 of 4 values of slc are NaN or infinite"),
        (np.full((2, 2), 1e200 + 0j), "4 of 4 values .* infinite in complex64"),
        (np.array(1j), "shape scalar"),
        (np.zeros((2, 2), [("a", "f4"), ("b", "f4")]), "complex array is needed"),
    ],
)
def test_unsuitable_arrays(array, words, tmp_path):
    np.save(tmp_path / "a.npy", array)
    message = refused(tmp_path / "a.npy")
    assert re.search(words, message), message


def test_several_candidates(image, tmp_path):
    np.savez(tmp_path / "a.npz", master=image, slave=image)
    assert "several complex arrays (master, slave); name the one to use 'slc'" in refused(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", master=image, slc=2 * image)
    np.testing.assert_array_equal(open_scene(tmp_path / "b.npz").slc, 2 * image)


def test_a_condition_that_does_not_fit(image, tmp_path):
    np.savez(tmp_path / "a.npz", slc=image, condition=np.ones((3, 6, 8)))
    assert "condition is float64 of shape 3×6×8" in refused(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", slc=image, condition=np.full((3, 6, 9), np.nan))
    assert "162 of 162 values of condition" in refused(tmp_path / "b.npz")


def test_nothing_is_unpickled(image, tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    np.save(tmp_path / "a.npy", np.array([Trap()], dtype=object))
    assert "holds Python objects, and nothing is ever unpickled here" in refused(tmp_path / "a.npy")
    (tmp_path / "b.npy").write_bytes(pickle.dumps(Trap()))
    assert "is no .npy or .npz file" in refused(tmp_path / "b.npy")
    np.savez(tmp_path / "c.npz", slc=image, meta=np.array([Trap()], dtype=object))
    np.testing.assert_array_equal(open_scene(tmp_path / "c.npz").slc, image)
    np.savez(tmp_path / "d.npz", slc=np.array([[Trap()]], dtype=object))
    assert "found slc: Python objects" in refused(tmp_path / "d.npz")
    assert not (tmp_path / "sprung").exists()


def test_paths_that_are_no_scene(image, tmp_path):
    assert "there is no such file" in refused(tmp_path / "a.npy", FileNotFoundError)
    (tmp_path / "folder").mkdir()
    assert "is a directory but no zarr store" in refused(tmp_path / "folder")
    (tmp_path / "a.tif").write_bytes(b"II*\0")
    assert "could not be read as .tif" in refused(tmp_path / "a.tif")
    (tmp_path / "a.xyz").write_bytes(b"II*\0")
    assert "'.xyz' cannot be read; supported are .npy, .npz, .nc, .h5" in refused(tmp_path / "a.xyz")
    (tmp_path / "plain").write_bytes(b"")
    assert "files without a suffix" in refused(tmp_path / "plain")
    (tmp_path / "a.zarr").write_bytes(b"")
    assert "a zarr store is a directory" in refused(tmp_path / "a.zarr")
    zarr.create_group(tmp_path / "b.zarr")
    assert "found nothing" in refused(tmp_path / "b.zarr")
    np.save(tmp_path / "c.npy", image)
    shutil.move(tmp_path / "c.npy", tmp_path / "c.nc")
    assert "could not be read as .nc" in refused(tmp_path / "c.nc")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    image = np.exp(1j * np.arange(54.0).reshape(6, 9)).astype(np.complex64)
    for kind in ("npy", "npz", "nc"):
        WRITERS[kind](folder / f"a.{kind}", image)
    return {kind: (folder / f"a.{kind}").read_bytes() for kind in ("npy", "npz", "nc")}, image, folder


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(["npy", "npz", "nc"]), data=st.data())
def test_truncated_files_are_refused_by_name(kind, data, files):
    contents, image, folder = files
    length = data.draw(st.integers(0, len(contents[kind]) - 1))
    path = folder / f"cut.{kind}"
    path.write_bytes(contents[kind][:length])
    scene = opened_or_refused(path)
    if scene is not None:
        np.testing.assert_array_equal(scene.slc, image)  # only padding at the end was lost


def opened_or_refused(path):
    try:
        return open_scene(path)
    except ValueError as error:
        if str(path) not in str(error):
            raise
        return None


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(["npy", "npz", "nc"]), data=st.data())
def test_damaged_files_raise_nothing_else(kind, data, files):
    contents, _, folder = files
    broken = bytearray(contents[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, min(len(broken), 1500) - 1))] = data.draw(st.integers(0, 255))
    path = folder / f"broken.{kind}"
    path.write_bytes(broken)
    scene = opened_or_refused(path)
    assert scene is None or scene.slc.dtype == np.complex64


@pytest.mark.parametrize("victim", ["zarr.json", "c/0/0"])
@pytest.mark.parametrize("length", [0, 7, 40])
def test_truncated_zarr(victim, length, image, tmp_path):
    zarr.save_array(tmp_path / "a.zarr", image)
    file = tmp_path / "a.zarr" / victim
    file.write_bytes(file.read_bytes()[:length])
    assert "could not be read" in refused(tmp_path / "a.zarr")


@pytest.mark.skipif(not REAL.is_dir(), reason="the real samples are not beside this checkout")
@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("s1_amsterdam_20230319_VV", (84, 338)),
        ("uavsar_winnipeg_HH", (250, 250)),
        ("envisat_warped_VV", (500, 500)),
    ],
)
def test_real_images(name, shape):
    scene = open_scene(REAL / f"{name}.npy")
    assert scene.slc.shape == shape
    with pytest.raises(
        ValueError,
        match=r"s1_amsterdam_elevation_m.npy: a complex array is needed .* float32 of shape 84×338",
    ):
        open_scene(REAL / "s1_amsterdam_elevation_m.npy")
