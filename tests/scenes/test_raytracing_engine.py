import numpy as np
import pytest

from workbench.scenes.raytracing import Mesh, Sensor, Tracer, flat_ground, join_meshes, make_mesh, university
from workbench.scenes.raytracing.engine import Engine
from workbench.scenes.raytracing.houses import draw_house
from workbench.scenes.raytracing.terrain import rolling_ground


def exact_hits(origins, directions, vertices, faces):
    """Möller and Trumbore's intersection (1997) of every ray with every triangle, in float64.

    Returns face (−1: none), distance, and how far inside its triangle the hit is (least barycentric weight).
    """
    first, second, third = (vertices[faces[:, k]] for k in range(3))
    edge_1, edge_2 = second - first, third - first
    p = np.cross(directions[:, None], edge_2[None])
    determinant = (p * edge_1).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        s = origins[:, None] - first
        u = (s * p).sum(-1) / determinant
        q = np.cross(s, np.broadcast_to(edge_1, s.shape))
        v = (q * directions[:, None]).sum(-1) / determinant
        t = (q * edge_2).sum(-1) / determinant
        inside = np.minimum(np.minimum(u, v), 1 - u - v)
        t = np.where((inside >= 0) & (t > 0) & np.isfinite(t), t, np.inf)
    face = t.argmin(axis=1)
    rows = np.arange(len(face))
    distance = t[rows, face]
    return np.where(np.isfinite(distance), face, -1), distance, inside[rows, face]


def soup(rng, faces=60, extent=100.0):
    vertices = rng.uniform(-extent, extent, (3 * faces, 3))
    return vertices, np.arange(3 * faces).reshape(-1, 3)


@pytest.mark.parametrize("seed", range(4))
def test_hits_are_those_of_an_exact_reference(seed):
    rng = np.random.default_rng(seed)
    vertices, faces = soup(rng)
    origins = rng.uniform(-100, 100, (600, 3))
    directions = rng.normal(size=(600, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    expected, distance, inside = exact_hits(origins, directions, vertices, faces)
    face, found = Engine(vertices, faces).first_hit(origins, directions)
    clear = (inside > 1e-5) | (expected < 0)
    assert clear.mean() > 0.95
    assert (expected >= 0).mean() > 0.3
    np.testing.assert_array_equal(face[clear], expected[clear])
    hit = clear & (expected >= 0)
    np.testing.assert_allclose(found[hit], distance[hit], rtol=1e-9, atol=1e-9)
    assert np.isinf(found[face < 0]).all()


def test_distances_keep_double_precision_far_from_the_origin():
    rng = np.random.default_rng(5)
    vertices, faces = soup(rng)
    away = np.array([4e5, 5.2e6, 300.0])  # as map coordinates are
    origins = rng.uniform(-100, 100, (300, 3))
    directions = rng.normal(size=(300, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    near = Engine(vertices, faces).first_hit(origins, directions)
    far = Engine(vertices + away, faces).first_hit(origins + away, directions)
    same = near[0] == far[0]
    assert same.mean() > 0.99
    hit = same & (near[0] >= 0)
    np.testing.assert_allclose(far[1][hit], near[1][hit], rtol=1e-6)


def reference_echoes(mesh, sensor, azimuth, elevation, bounces):
    """Follow every ray with the exact intersection: echoes by (level, ray), rays that pass near an edge."""
    vertices = sensor.to_frame(mesh.vertices)
    corners = vertices[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    start = np.stack([azimuth, elevation, np.full_like(azimuth, -1000.0)], axis=1)
    along = np.tile([0.0, 0.0, 1.0], (len(azimuth), 1))
    ray, length, entry = np.arange(len(azimuth)), np.full(len(azimuth), -1000.0), None
    found, doubt = {}, np.zeros(len(azimuth), bool)
    for level in range(1, bounces + 1):
        face, distance, inside = exact_hits(start, along, vertices, mesh.faces)
        doubt[ray] |= (inside < 1e-4) & (face >= 0)
        hit = face >= 0
        ray, face, distance, along, start = (v[hit] for v in (ray, face, distance, along, start))
        length, point = length[hit] + distance, start + distance[:, None] * along
        entry = point if entry is None else entry[hit]
        n = normals[face]
        n = np.where(((n * along).sum(1) > 0)[:, None], -n, n)
        back = np.tile([0.0, 0.0, -1.0], (len(ray), 1))
        free = exact_hits(point + 1e-6 * n, back, vertices, mesh.faces)[0] < 0
        for k in np.flatnonzero(free & (n[:, 2] < 0)):
            mean = (entry[k] + point[k]) / 2
            found[level, ray[k]] = (mean[0], mean[1], (length[k] + point[k, 2]) / 2, mean[2])
        along = along - 2 * (along * n).sum(1)[:, None] * n
        start = point + 1e-6 * n
    return found, doubt


@pytest.mark.parametrize("scene", ["university", "houses", "hills"])
def test_every_bounce_is_that_of_an_exact_reference(scene):
    rng = np.random.default_rng(3)
    sensor = Sensor(incidence=38.0)
    if scene == "university":
        mesh = join_meshes([flat_ground(400.0), university().turned(20.0)])
    elif scene == "houses":
        mesh = join_meshes([flat_ground(300.0), *(draw_house("mixed", rng).turned(25.0) for _ in range(2))])
    else:
        mesh = join_meshes([rolling_ground(60.0, 4.0, rng), draw_house("gable", rng, -16.0)])
    count, span = (600, 25) if scene == "hills" else (1500, 60)
    azimuth, elevation = rng.uniform(-span, span, (2, count))
    expected, doubt = reference_echoes(mesh, sensor, azimuth, elevation, 4)
    echoes = Tracer(mesh, sensor).echoes(azimuth, elevation, 4)
    values = np.stack([echoes.azimuth, echoes.elevation, echoes.range_, echoes.depth], axis=1)
    found = dict(zip(zip(echoes.bounce.tolist(), echoes.ray.tolist(), strict=True), values, strict=True))
    # Rays that graze an edge may fall on either side of it in 32 bits, and echoes may be shadowed there.
    differ = {key[1] for key in found.keys() ^ expected.keys() if not doubt[key[1]]}
    assert len(differ) <= 0.003 * len(azimuth)
    common = [key for key in found.keys() & expected.keys() if not doubt[key[1]] and key[1] not in differ]
    assert sum(key[0] == 2 for key in common) > 15
    np.testing.assert_allclose(
        np.array([found[key] for key in common]), np.array([expected[key] for key in common]), atol=2e-5
    )


def test_the_result_does_not_depend_on_chunks():
    mesh = join_meshes([flat_ground(400.0), university()])
    rng = np.random.default_rng(0)
    azimuth, elevation = rng.uniform(-60, 60, (2, 5003))
    tracer = Tracer(mesh, Sensor())
    whole, pieces = (tracer.echoes(azimuth, elevation, 5, chunk) for chunk in (10_000, 333))
    for name in ("bounce", "ray", "azimuth", "elevation", "range_", "depth", "power"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(pieces, name))
    assert (np.diff(whole.bounce.astype(int)) >= 0).all()


def test_either_orientation_of_a_triangle_is_the_same_surface():
    mesh = join_meshes([flat_ground(200.0), university()])
    flipped = Mesh(mesh.vertices, np.ascontiguousarray(mesh.faces[:, ::-1]), mesh.material)
    azimuth, elevation = np.random.default_rng(1).uniform(-60, 60, (2, 2000))
    one, other = (Tracer(m, Sensor()).echoes(azimuth, elevation, 3) for m in (mesh, flipped))
    np.testing.assert_array_equal(one.ray, other.ray)
    np.testing.assert_allclose(one.power, other.power, rtol=1e-9)
    np.testing.assert_allclose(one.range_, other.range_, atol=1e-9)


def test_a_ray_beside_everything_has_no_echo():
    tracer = Tracer(make_mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]]), Sensor())
    assert len(tracer.echoes(np.array([50.0]), np.array([0.0]), 5)) == 0
    face, range_ = tracer.first_range(np.array([50.0]), np.array([0.0]))
    assert face[0] == -1
    assert np.isnan(range_[0])
    assert [len(echoes) for echoes, _ in tracer.paths(np.array([50.0]), np.array([0.0]), 3)] == [0, 0, 0]


@pytest.mark.parametrize("bounces", [0, 6, 2.0, True, None, float("nan")])
def test_bad_bounces(bounces):
    with pytest.raises(ValueError, match="bounces from 1 to 5 is needed, found"):
        Tracer(flat_ground(10.0), Sensor()).echoes(np.zeros(1), np.zeros(1), bounces)
