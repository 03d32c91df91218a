import builtins
import contextlib
import struct

import numpy as np
import pytest
import trimesh

from workbench.scenes.raytracing import (
    BUILDINGS,
    MATERIALS,
    Material,
    Mesh,
    box_house,
    courtyard_house,
    gable_house,
    height_field,
    join_meshes,
    l_house,
    make_mesh,
    open_mesh,
    rolling_ground,
    university,
)
from workbench.scenes.raytracing.houses import draw_house
from workbench.scenes.raytracing.solids import rotunda

TRIANGLE = ([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])


def surface(mesh, names=("wall", "roof")):
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return {name: areas[mesh.material == list(MATERIALS).index(name)].sum() for name in names}


def test_surfaces_have_the_areas_of_their_solids():
    box = surface(box_house(40.0, 15.0, 12.0))
    assert box["roof"] == pytest.approx(600)
    assert box["wall"] == pytest.approx(2 * (40 + 15) * 12)
    gable = surface(gable_house(25.0, 12.0, 7.0, 40.0))
    assert gable["roof"] == pytest.approx(25 * 12 / np.cos(np.deg2rad(40)))
    assert gable["wall"] == pytest.approx(2 * (25 + 12) * 7 + 12 * 6 * np.tan(np.deg2rad(40)))
    assert surface(l_house(40.0, 12.0, 10.0))["roof"] == pytest.approx(40 * 12 + 28 * 12)
    assert surface(courtyard_house(45.0, 10.0, 14.0))["roof"] == pytest.approx(45**2 - 25**2)
    assert surface(rotunda((3, 4), 10.0, 5.0, 4))["wall"] == pytest.approx(4 * 10 * np.sqrt(2) * 5)


@pytest.mark.parametrize("kind", [*BUILDINGS, "mixed"])
@pytest.mark.parametrize("seed", range(3))
def test_drawn_buildings_stand_on_their_base(kind, seed):
    mesh, again = (draw_house(kind, np.random.default_rng(seed), -2.0) for _ in range(2))
    np.testing.assert_array_equal(mesh.vertices, again.vertices)
    low, high = mesh.bounds
    assert low[2] == -2
    assert 3 < high[2] < 40
    assert (np.abs(mesh.bounds[:, :2]) < 75).all()


def test_moving_and_turning():
    mesh = university().moved([5.0, 0, 0])
    np.testing.assert_allclose(mesh.turned(360.0).vertices, mesh.vertices, atol=1e-10)
    np.testing.assert_allclose(mesh.turned(90.0).bounds[:, 1], mesh.bounds[:, 0], atol=1e-10)
    assert surface(mesh.turned(12.3)) == pytest.approx(surface(mesh))
    both = join_meshes([mesh, mesh.moved([0, 0, 100])])
    assert surface(both) == pytest.approx({name: 2 * area for name, area in surface(mesh).items()})


def test_terrain():
    ground = rolling_ground(400.0, 3.0, np.random.default_rng(0))
    assert ground.vertices[:, 2].std() == pytest.approx(3, rel=0.5)
    assert np.ptp(ground.vertices[:, :2], axis=0) == pytest.approx([400, 400])
    assert rolling_ground(100.0, 0.0, np.random.default_rng(0)).faces.shape == (2, 3)
    for bad in (-1.0, np.nan, 100.0):
        with pytest.raises(ValueError, match="relief from 0 to 15 m"):
            rolling_ground(100.0, bad, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: make_mesh([[0, 0, np.nan], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]]), "1 of 3 NaN or infinite"),
        (lambda: make_mesh(TRIANGLE[0], np.empty((0, 3), int)), "at least one triangle, found none"),
        (lambda: make_mesh(TRIANGLE[0], [[0, 1, 3]]), "of 3 vertices has no vertex 3"),
        (lambda: make_mesh(TRIANGLE[0], [[0, 1, -1]]), "of 3 vertices has no vertex -1"),
        (lambda: make_mesh(TRIANGLE[0], [[0, 1]]), r"shape \(n, 3\), found int64 \(1, 2\)"),
        (lambda: make_mesh(TRIANGLE[0], [[0.0, 1, 2]]), "whole-numbered faces"),
        (lambda: make_mesh([[0, 0], [1, 0], [0, 1]], [[0, 1, 2]]), r"found \(3, 2\)"),
        (lambda: make_mesh([[0, 0, 0], [1, 0, 0], [2, 0, 0]], [[0, 1, 2]]), "found 1 without"),
        (lambda: make_mesh([[0, 0, 0]] * 3, [[0, 1, 2]]), "not be a point, found 0 m"),
        (lambda: make_mesh([[0, 0, 0], [1e6, 0, 0], [0, 1, 0]], [[0, 1, 2]]), "100,000 m at most"),
        (
            lambda: make_mesh(*TRIANGLE, "gold"),
            "unknown material 'gold'; there are: ground, wall, roof, metal",
        ),
        (
            lambda: make_mesh(TRIANGLE[0], np.broadcast_to(TRIANGLE[1][0], (4_000_001, 3))),
            "4,000,000 triangles, found 4,000,001",
        ),
        (lambda: box_house(height=0), "'box' needs a height above 0 and up to 2000, found 0"),
        (lambda: gable_house(pitch=85), "pitch below 80 degrees, found 85"),
        (lambda: l_house(10.0, 12.0), "longer than wide"),
        (lambda: courtyard_house(20.0, 12.0), "length above twice the width"),
        (lambda: height_field([[1.0, 2.0]], 1.0), "2×2 heights or more"),
        (lambda: height_field(np.full((3, 3), np.inf), 1.0), "9 of 9 NaN or infinite"),
        (lambda: height_field(np.zeros((3, 3)), 0), "positive spacing in metres, found 0"),
        (lambda: height_field(np.broadcast_to(0.0, (1500, 1500)), 1.0), "found 2,250,000; thin it out"),
        (lambda: Material(1.2, 0, 1, 0, 0), "0 ≤ diffuse ≤ 1, found 1.2"),
        (lambda: Material(1, 0, 0.5, 0, 0), "exponent from 1 to 1e6"),
        (
            lambda: Mesh(*map(np.array, TRIANGLE), np.array([9], np.uint8)),
            "one of the materials ground, wall",
        ),
    ],
)
def test_bad_meshes(call, words):
    with pytest.raises((ValueError, KeyError), match=words):
        call()


@pytest.mark.parametrize("kind", ["obj", "ply", "stl", "OBJ"])
def test_files_of_the_users_own(kind, tmp_path):
    source = university()
    path = tmp_path / f"campus.{kind}"
    feet = source.vertices / 0.3048 + [1e4, 2e4, 300]
    trimesh.Trimesh(feet, source.faces, process=False).export(path, file_type=kind.lower())
    mesh = open_mesh(path, scale=0.3048, material="metal")
    assert mesh.faces.shape == source.faces.shape
    np.testing.assert_allclose(
        mesh.bounds[1] - mesh.bounds[0], source.bounds[1] - source.bounds[0], atol=0.01
    )
    np.testing.assert_allclose(mesh.bounds[0, :2], -mesh.bounds[1, :2], atol=1e-9)
    assert mesh.bounds[0, 2] == 0
    assert surface(mesh, ("metal",))["metal"] == pytest.approx(sum(surface(source).values()), rel=1e-3)


def test_the_other_axis_up(tmp_path):
    path = tmp_path / "tall.obj"
    path.write_text("v 0 0 0\nv 1 0 0\nv 0 7 0\nv 0 0 1\nf 1 2 3\nf 1 3 4\n")
    assert open_mesh(path, up="y").bounds[1, 2] == 7
    assert open_mesh(path).bounds[1, 2] == 1


def test_quads_groups_and_negative_indices(tmp_path):
    path = tmp_path / "quad.obj"
    path.write_text(
        "o a\nv 0 0 0\nv 2 0 0\nv 2 2 0\nv 0 2 0\nf 1 2 3 4\no b\nv 0 0 1\nv 1 0 1\nv 0 1 1\nf -3 -2 -1\n"
    )
    assert surface(open_mesh(path), ("wall",))["wall"] == pytest.approx(4.5)


def test_nothing_beside_the_file_is_opened(tmp_path, monkeypatch):
    (tmp_path / "secret.mtl").write_text("newmtl a\nKd 1 0 0\nmap_Kd secret.png\n")
    path = tmp_path / "a.obj"
    path.write_text(
        "mtllib secret.mtl\nmtllib ../../../../etc/passwd\nusemtl a\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
    )
    opened, original = [], builtins.open
    monkeypatch.setattr(
        builtins, "open", lambda file, *a, **k: opened.append(str(file)) or original(file, *a, **k)
    )
    assert len(open_mesh(path).faces) == 1
    assert not [name for name in opened if "secret" in name or "passwd" in name]


PLY = b"ply\nformat %s 1.0\nelement vertex %d\nproperty float x\nproperty float y\nproperty float z\n"
FACE = b"element face %d\nproperty list uchar int vertex_indices\nend_header\n"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.obj", b"", "file is empty"),
        ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", "a.obj: .*no triangles"),
        ("a.obj", b"v 0 0 0\nv nan 0 0\nv 0 1 0\nf 1 2 3\n", "a.obj: .*NaN or infinite"),
        ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "a.obj: "),
        ("a.obj", b"\x00\xff\xfe not a mesh", "a.obj: damaged"),
        ("a.stl", b"\x00" * 50, "a.stl: damaged"),
        ("a.stl", b"\x00" * 80 + struct.pack("<I", 2**31) + b"\x00" * 50, "a.stl: damaged"),
        ("a.ply", b"PK\x03\x04", "does not begin with 'ply'"),
        ("a.ply", b"ply\nformat ascii 1.0\n", "header of this PLY file has no end"),
        ("a.ply", PLY % (b"binary_little_endian", 10**12) + FACE % 1, "announces 1,000,000,000,000 elements"),
        ("a.ply", PLY % (b"ascii", 3) + FACE % 1 + b"0 0 0\n1 0 0\n", "a.ply: damaged"),
        ("a.ply", PLY % (b"binary_little_endian", 30) + FACE % 20 + b"\x00" * 40, "a.ply: damaged"),
        ("a.gltf", b"{}", ".gltf is no mesh format; .obj, .ply, .stl are needed"),
        ("a", b"x", "no suffix is no mesh format"),
    ],
)
def test_broken_files(name, content, words, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=words) as caught:
        open_mesh(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


@pytest.mark.parametrize("kind", ["obj", "ply", "stl"])
def test_damaged_bytes_are_an_error_or_a_mesh(kind, tmp_path, rng):
    path = tmp_path / f"a.{kind}"
    trimesh.Trimesh(*TRIANGLE, process=False).export(path)
    content = path.read_bytes()
    for trial in range(60):
        damaged = bytearray(content[: len(content) - trial % 7])
        for place in rng.integers(0, len(damaged), 3):
            damaged[place] = int(rng.integers(256))
        path.write_bytes(bytes(damaged))
        with contextlib.suppress(ValueError):  # anything else fails
            assert np.isfinite(open_mesh(path).vertices).all()


def test_files_too_large_and_wrong_arguments(tmp_path, monkeypatch):
    path = tmp_path / "a.obj"
    path.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    with pytest.raises(ValueError, match=r"a.obj: a positive scale .* found 0"):
        open_mesh(path, scale=0)
    with pytest.raises(ValueError, match=r"a.obj: the axis that points up is 'z' or 'y', found 'x'"):
        open_mesh(path, up="x")
    with pytest.raises(FileNotFoundError, match=r"b.obj: there is no such file"):
        open_mesh(tmp_path / "b.obj")
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        open_mesh(tmp_path)
    monkeypatch.setattr("workbench.scenes.raytracing.mesh_files.MAX_BYTES", 10)
    with pytest.raises(ValueError, match=r"a.obj: .* MB are read"):
        open_mesh(path)
