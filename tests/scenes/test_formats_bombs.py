"""Files made to do harm: what would fill the memory, what would run code, is refused before it is read."""

import contextlib
import io
import json
import pickle
import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest
import tifffile
import zarr

from workbench.scenes import open_scene

SIDE = 600  # pixels: 2.88 MB of complex64
LIMIT = 2**20


@pytest.fixture(autouse=True)
def small_limit(monkeypatch):
    monkeypatch.setattr("workbench.scenes.archives.HARMLESS", LIMIT)
    monkeypatch.setattr("workbench.scenes.formats.zarr_stores.HARMLESS", LIMIT)


def _npz(path):
    np.savez_compressed(
        path, slc=np.ones((SIDE, SIDE), np.complex64), noise=np.random.default_rng(0).bytes(10**5)
    )


def _one_chunk(path):
    with h5py.File(path, "w") as file:
        ones = np.ones((SIDE, SIDE), np.complex64)
        file.create_dataset("slc", data=ones, chunks=ones.shape, compression="gzip")


def _never_written(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("slc", (10**6, 10**6), np.complex64, chunks=(100, 100))


def _store(path):
    group = zarr.open_group(path, mode="w")
    group.create_array("slc", shape=(10**6, 10**6), chunks=(100, 100), dtype="complex64")


def _tiff(path):
    tifffile.imwrite(path, np.ones((SIDE, SIDE), np.complex64), compression="zlib", tile=(592, 592))


BOMBS = {
    "a.npz": _npz,
    "one chunk.h5": _one_chunk,
    "never written.h5": _never_written,
    "a.zarr": _store,
    "a.tif": _tiff,
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_unpacks_to_much_more_than_it_is(name, tmp_path):
    BOMBS[name](tmp_path / name)
    with pytest.raises(
        ValueError, match=rf"{name}: its .* would unpack \d+ bytes from \d+; at most 50 times"
    ):
        open_scene(tmp_path / name)


def test_arrays_beside_the_image_stay_packed(tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.scenes.archives.HARMLESS", 2**40)
    beside = {f"mask_{k}": np.zeros(10**6) for k in range(8)}
    np.savez_compressed(tmp_path / "a.npz", slc=np.ones((20, 30), np.complex64), **beside)
    open_scene(tmp_path / "a.npz")  # what is imported stays
    tracemalloc.start()
    assert open_scene(tmp_path / "a.npz").slc.shape == (20, 30)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8e6, "one of the arrays beside was unpacked"


def test_an_array_larger_than_its_member_is_not_allocated(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_2_0(
        header, {"descr": "<c8", "fortran_order": False, "shape": (10**6, 10**6)}
    )
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("slc.npy", header.getvalue() + bytes(80))
    with pytest.raises(ValueError, match=r"a.npz: its array 'slc' has \d+ bytes; 8000000000\d+ are needed"):
        open_scene(tmp_path / "a.npz")


class Harm:
    """Touches a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize(
    ("name", "described"),
    [
        ("condition", {"dtype": "|O", "compressor": {"id": "pickle"}, "filters": [{"id": "vlen-bytes"}]}),
        ("condition", {"dtype": "<f4", "compressor": {"id": "pickle"}, "filters": None}),
        ("slc", {"dtype": "<c8", "compressor": None, "filters": [{"id": "pickle"}]}),
    ],
)
def test_no_codec_of_a_store_unpickles(name, described, tmp_path, monkeypatch):
    monkeypatch.setattr("numcodecs.pickles.ALLOW_UNSAFE_PICKLE_DECODE", True, raising=False)
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2)
    if name != "slc":
        group.create_array("slc", data=np.ones((8, 8), np.complex64))
    folder = tmp_path / "a.zarr" / name
    folder.mkdir()
    shape = [3, 8, 8] if name == "condition" else [8, 8]
    layout = {"zarr_format": 2, "shape": shape, "chunks": shape, "order": "C"}
    layout["fill_value"] = "" if described["dtype"] == "|O" else 0
    (folder / ".zarray").write_text(json.dumps(layout | described))
    (folder / ".".join("0" * len(shape))).write_bytes(pickle.dumps(Harm(tmp_path / "harmed")))
    with contextlib.suppress(ValueError):  # refused, or opened without what cannot be read
        open_scene(tmp_path / "a.zarr")
    assert not (tmp_path / "harmed").exists()


def test_chips_of_many_bands_or_too_many_of_them(tmp_path, monkeypatch):
    values = np.random.default_rng(0).normal(size=(31, 31, 4)).astype(np.float32)
    chip = io.BytesIO()
    tifffile.imwrite(chip, values, photometric="minisblack", planarconfig="contig")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(6):
            archive.writestr(f"Patch/Cargo_x{number}_y1.tif", chip.getvalue())
    assert open_scene(tmp_path / "a.zip").sizes["sample"] == 6
    monkeypatch.setattr("workbench.scenes.formats.opensarship.LARGEST_STACK", 3 * 31 * 31 * 8)
    with pytest.raises(ValueError, match=r"its first 4 of 6 chips are 30752 bytes; at most 23064"):
        open_scene(tmp_path / "a.zip")
    monkeypatch.setattr("workbench.scenes.formats.opensarship.LARGEST_CHIP", 31)
    wide = io.BytesIO()
    bands = np.ones((31, 31, 30), np.float32)
    tifffile.imwrite(wide, bands, photometric="minisblack", planarconfig="contig", compression="zlib")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("Patch/Cargo_x1_y1.tif", wide.getvalue())
    with pytest.raises(
        ValueError, match=r"is float32 of \(31, 31, 30\); float32 of \(lines, pixels, 2 or 4\)"
    ):
        open_scene(tmp_path / "b.zip")
