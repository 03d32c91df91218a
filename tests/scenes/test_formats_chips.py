"""OpenSARShip products with all their oddities, in folders or archives."""

import io
import struct
import zipfile

import numpy as np
import pytest
import tifffile

from workbench.scenes import doppler_centroid, open_scene, recentre, training_patches
from workbench.scenes.formats.ship_labels import label_planes

PRODUCT = "S1A_IW_SLC__1SDV_20160319T055004"
SHIPS = (
    ("Cargo", 410, 77, 31, 180.0, 28.0),
    ("Other Type", 93, 5120, 17, 90.0, None),
    ("Tug", 12, 40, 157, None, None),
)


def tiff_bytes(values, **options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, values, photometric="minisblack", planarconfig="contig", **options)
    return stream.getvalue()


def chip_values(size, bands=4, centroid=0.4, seed=0):
    """VH, VV as real and imaginary parts; a bright ship from the lower left to the upper right in VV."""
    rng = np.random.default_rng([seed, size])
    noise = rng.normal(size=(2, size, size, 2)) @ [1, 1j]
    y, x = np.mgrid[:size, :size] - size // 2
    noise[1] += 60 * (np.hypot(y * 13.9, x * 2.33) < 40) * np.exp(2j * np.pi * rng.random((size, size)))
    noise += np.roll(noise, 1, axis=1)  # speckle of a narrower band than the sampling rate has a centroid
    noise[1] *= np.exp(2j * np.pi * centroid * y)
    parts = [noise[0].real, noise[0].imag, noise[1].real, noise[1].imag]
    return np.stack(parts[4 - bands :], -1).astype(np.float32)


def ship_list(ships=SHIPS, end="</ShipList>"):
    records = "".join(
        f"<ship><SARShipInformation><Center_x>{x}</Center_x><Center_y>{y}</Center_y></SARShipInformation>"
        f"<AISShipInformation><MMSI>1</MMSI><Ship_Type>{kind}</Ship_Type>"
        + (f"<Length>{length}</Length>" if length else "")
        + (f"<Width>{width}</Width>" if width else "")
        + "</AISShipInformation></ship>"
        for kind, x, y, _, length, width in ships
    )
    return f"<?xml version='1.0'?><ShipList>{records}{end}".encode()


def product(bands=4, top="", **changes):
    """Files of one product by name."""
    files = {f"{top}Ship.xml": ship_list(), f"{top}Metadata.xml": b"<metadata/>"}
    for kind, x, y, size, _, _ in SHIPS:
        files[f"{top}Patch/{kind}_x{x}_y{y}.tif"] = tiff_bytes(chip_values(size, bands))
        files[f"{top}Patch_Cal/{kind}_x{x}_y{y}.tif"] = tiff_bytes(np.ones((size, size, 2), np.float32))
        files[f"{top}Patch_RGB/{kind}_x{x}_y{y}.tif"] = b"\x89PNG\r\n\x1a\n"
    return {**files, **changes}


def stored(files, path):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return path
    for name, data in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return path


def refused(path, **options):
    with pytest.raises(ValueError, match=r"\S") as caught:
        open_scene(path, **options)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("top", ["", f"{PRODUCT}/"])
@pytest.mark.parametrize("where", [f"{PRODUCT}.zip", PRODUCT])
def test_products_flat_or_nested_in_folders_or_archives(where, top, tmp_path):
    scene = open_scene(stored(product(top=top), tmp_path / where))
    assert dict(scene.sizes) == {"sample": 3, "y": 157, "x": 157, "channel": 3}
    order = {name: k for k, name in enumerate(scene.ship_type.values)}
    for kind, x, y, size, length, width in SHIPS:
        sample = scene.isel(sample=order[kind])
        assert (int(sample.centre_x), int(sample.centre_y), int(sample.chip_y)) == (x, y, size)
        np.testing.assert_equal(
            (float(sample.length), float(sample.width)), (length or np.nan, width or np.nan)
        )
        first = 157 // 2 - size // 2
        values = chip_values(size)
        inner = sample.slc.values[first : first + size, first : first + size]
        np.testing.assert_array_equal(inner, values[..., 2] + 1j * values[..., 3])
        assert np.count_nonzero(sample.slc) == size**2
    assert (scene.attrs["product"], scene.attrs["sensor"], scene.attrs["polarisation"]) == (
        PRODUCT,
        "S1A",
        "VV",
    )
    assert (scene.attrs["spacing_y"], scene.attrs["spacing_x"]) == (13.9, 2.33)


def test_polarisations_in_the_order_vh_vv(tmp_path):
    path = stored(product(), tmp_path / f"{PRODUCT}.zip")
    scene = open_scene(path, select="VH", chip=17)
    values = chip_values(17)
    sample = scene.ship_type.values.tolist().index("Other Type")
    np.testing.assert_array_equal(scene.slc[sample], values[..., 0] + 1j * values[..., 1])
    assert "there are VV, VH" in refused(path, select="HH")


def test_chips_are_cut_to_a_size(tmp_path):
    scene = open_scene(stored(product(), tmp_path / "a.zip"), chip=31)
    sample = scene.ship_type.values.tolist().index("Tug")
    values = chip_values(157)[63:94, 63:94]
    np.testing.assert_array_equal(scene.slc[sample], values[..., 2] + 1j * values[..., 3])


def test_single_polarisation(tmp_path):
    path = stored(product(bands=2), tmp_path / PRODUCT)
    values = chip_values(31, 2)
    scene = open_scene(path, chip=31)
    sample = scene.ship_type.values.tolist().index("Cargo")
    np.testing.assert_array_equal(scene.slc[sample], values[..., 0] + 1j * values[..., 1])
    assert "one polarisation only" in refused(path, select="VH")


def test_a_malformed_end_of_the_list(tmp_path):
    files = product()
    files["Ship.xml"] = ship_list(end="<\\ShipList>")
    scene = open_scene(stored(files, tmp_path / "a.zip"))
    assert np.nanmax(scene.length) == 180


def test_labels_follow_length_width_and_axis(tmp_path):
    scene = open_scene(stored(product(), tmp_path / "a.zip"))
    cargo = scene.isel(sample=scene.ship_type.values.tolist().index("Cargo"))
    assert set(np.unique(cargo.condition)) == {-1, 1}
    assert (cargo.condition.sum("channel") <= -1).all()  # one class per pixel at most
    assert (cargo.condition.sel(channel="hull") == 1).any()
    tug = scene.isel(sample=scene.ship_type.values.tolist().index("Tug"))
    assert (tug.condition == -1).all()  # no length, no labels
    assert "ambiguous by 180 degrees" in scene.attrs["condition_source"]


@pytest.mark.parametrize("angle", [0.0, 0.6, 1.2, -0.9])
def test_the_labelled_area_is_that_of_the_ship(angle, rng):
    y, x = (np.mgrid[:201, :201] - 100) * 2.0
    along, across = y * np.sin(angle) + x * np.cos(angle), y * np.cos(angle) - x * np.sin(angle)
    ship = (abs(along) < 90) & (abs(across) < 15)
    image = ship * np.exp(2j * np.pi * rng.random(ship.shape))
    planes = label_planes(image, 180, 30, (2.0, 2.0)) > 0
    assert planes.sum() * 4 == pytest.approx(180 * 30 * 0.9, rel=0.03)  # the bow is a triangle
    assert (planes.any(0) & ~ship).sum() <= 0.05 * ship.sum()
    hull, stern, bow = ((x * plane).sum() / plane.sum() for plane in planes)
    assert stern < hull < bow


def test_centroids_differ_between_chips(tmp_path):
    files = {"Ship.xml": ship_list()}
    for (kind, x, y, _, _, _), centroid in zip(SHIPS, (-0.45, 0.1, 0.4), strict=True):
        files[f"Patch/{kind}_x{x}_y{y}.tif"] = tiff_bytes(chip_values(63, centroid=centroid))
    scene = open_scene(stored(files, tmp_path / "a.zip"))
    before = doppler_centroid(scene, each=True).sel(axis="y")
    assert float(before.max() - before.min()) > 0.5
    moved = recentre(scene, each=True)
    assert float(abs(doppler_centroid(moved, each=True)).max()) < 1e-3
    np.testing.assert_allclose(moved.recentred.sel(axis="y"), before)
    np.testing.assert_allclose(recentre(moved, undo=True).slc, scene.slc, rtol=1e-5, atol=1e-4)


def test_training_on_chips(tmp_path):
    training, heldout = training_patches(
        stored(product(), tmp_path / f"{PRODUCT}.zip"), 16, 6, heldout=2, chip=31, select="VH"
    )
    assert training.slc.shape == (6, 16, 16)
    assert training.condition.shape[1] == heldout.condition.shape[1] == 3
    assert training.attrs["polarisation"] == "VH"


def test_what_has_no_phase_is_refused_with_the_reason(tmp_path):
    folder = stored(product(), tmp_path / PRODUCT)
    assert "calibrated intensity" in refused(folder / "Patch_Cal")
    assert "8-bit" not in refused(folder / "Patch_RGB")
    assert "is a PNG picture" in refused(folder / "Patch_RGB" / "Cargo_x410_y77.tif")
    assert "For OpenSARShip open the folder of the product" in refused(
        folder / "Patch" / "Cargo_x410_y77.tif"
    )
    only = {name: data for name, data in product().items() if "Patch/" not in name}
    assert "Patch_Cal holds the calibrated intensity" in refused(stored(only, tmp_path / "b.zip"))
    grd = {"Patch/Cargo_x1_y2.tif": tiff_bytes(np.abs(chip_values(31, 2)))}
    assert "amplitudes VH, VV of a GRD product" in refused(stored(grd, tmp_path / "c.zip"))
    signed = {"S1A_IW_GRDH_1SDV/Patch/Cargo_x1_y2.tif": tiff_bytes(chip_values(31, 2))}
    assert "amplitudes VH, VV of a GRD product" in refused(stored(signed, tmp_path / "d.zip"))
    inner = {"one.zip": b"PK", "two.zip": b"PK"}
    assert "holds 2 archives, one a product, such as 'one.zip'" in refused(stored(inner, tmp_path / "e.zip"))
    assert "holds no Patch/TYPE_xX_yY.tif; found readme.txt" in refused(
        stored({"readme.txt": b""}, tmp_path / "f.zip")
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.ones((31, 31, 3), np.float32), "2 or 4 bands"),
        (np.ones((31, 31, 4), np.uint16), "is uint16 of"),
        (np.full((31, 31, 4), np.nan, np.float32), "NaN or infinite"),
        (np.ones((31, 31), np.float32), r"is float32 of \(31, 31\)"),
    ],
)
def test_chips_of_other_kinds(values, words, tmp_path):
    path = stored(product(**{"Patch/Bad_x1_y1.tif": tiff_bytes(values)}), tmp_path / "a.zip")
    with pytest.raises(ValueError, match=rf"a.zip: Patch/Bad_x1_y1.tif .*{words}|a.zip.*{words}"):
        open_scene(path)


def test_chips_that_are_pictures_or_truncated(tmp_path):
    files = product(**{"Patch/Bad_x1_y1.tif": b"\x89PNG\r\n\x1a\n" + b"\0" * 9})
    assert "Patch/Bad_x1_y1.tif is a PNG picture" in refused(stored(files, tmp_path / "a.zip"))
    whole = tiff_bytes(chip_values(31))
    for length in (0, 4, 100, len(whole) // 2, len(whole) - 1):
        files = product(**{"Patch/Bad_x1_y1.tif": whole[:length]})
        assert "Bad_x1_y1.tif" in refused(stored(files, tmp_path / f"{length}.zip"))


def named(path, *names, **attributes):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            for key, value in attributes.items():
                setattr(info, key, value)
            archive.writestr(info, b"x")
    return path


@pytest.mark.parametrize(
    "name", ["../Patch/a_x1_y1.tif", "/Patch/a_x1_y1.tif", "C:/Patch/a.tif", "a/../../b"]
)
def test_members_that_lead_out_of_the_archive(name, tmp_path):
    assert "leads out of the archive" in refused(named(tmp_path / "a.zip", name))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.zip"]


def test_links_in_archives_and_folders(tmp_path):
    path = named(tmp_path / "a.zip", "Patch/a_x1_y1.tif", external_attr=0o120777 << 16, create_system=3)
    assert "is a link" in refused(path)
    outside = stored(product(), tmp_path / "outside")
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "Ship.xml").write_bytes(ship_list())
    (tmp_path / "inside" / "Patch").symlink_to(outside / "Patch")
    assert "holds no Patch/TYPE_xX_yY.tif; found Ship.xml" in refused(tmp_path / "inside")


def test_encrypted_archives(tmp_path):
    data = bytearray(named(tmp_path / "a.zip", "Patch/a_x1_y1.tif").read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(signature) + offset
        data[place : place + 2] = struct.pack("<H", 1)
    (tmp_path / "a.zip").write_bytes(data)
    assert "is encrypted" in refused(tmp_path / "a.zip")


def test_archives_that_unpack_to_too_much(tmp_path, monkeypatch):
    path = stored({"Patch/a_x1_y1.tif": bytes(3_000_000)}, tmp_path / "a.zip")
    monkeypatch.setattr("workbench.scenes.archives.HARMLESS", 2**20)
    assert "would unpack 3000000 bytes" in refused(path)
    np.savez_compressed(tmp_path / "b.npz", slc=np.zeros((600, 600), np.complex64))
    assert "would unpack" in refused(tmp_path / "b.npz")
    monkeypatch.setattr("workbench.scenes.archives.RATIO", 10**9)
    monkeypatch.setattr("workbench.scenes.archives.LARGEST", 10**6)
    assert "would unpack 3000000 bytes" in refused(path)


def test_members_that_hold_more_than_they_declare(tmp_path):
    path = stored({"Patch/a_x1_y1.tif": tiff_bytes(chip_values(31))}, tmp_path / "a.zip")
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(signature) + offset
        data[place : place + 4] = struct.pack("<I", 100)
    path.write_bytes(data)
    assert "a_x1_y1.tif" in refused(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "Ship.xml is no readable XML"),
        (b"not markup at all", "Ship.xml is no readable XML"),
        (
            (
                b'<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
                b"<ShipList><ship>&b;</ship></ShipList>"
            ),
            "declares entities",
        ),
        (
            b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><ShipList>&x;</ShipList>',
            "declares entities",
        ),
    ],
)
def test_lists_that_are_no_lists(text, words, tmp_path):
    path = stored(product(**{"Ship.xml": text}), tmp_path / "a.zip")
    assert words in refused(path)


def test_lists_without_the_ship(tmp_path):
    path = stored(
        product(**{"Ship.xml": b"<ShipList><ship><Center_x>a</Center_x></ship></ShipList>"}),
        tmp_path / "a.zip",
    )
    scene = open_scene(path)
    assert np.isnan(scene.length).all()
    assert scene.attrs["ships_not_in_list"] == 3
