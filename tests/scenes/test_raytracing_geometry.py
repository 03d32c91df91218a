import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from workbench.scenes.raytracing import (
    Sensor,
    Tracer,
    critical_baseline,
    flat_ground,
    fringe_frequency,
    height_of_ambiguity,
    join_meshes,
    layover_length,
    make_mesh,
    shadow_length,
)
from workbench.scenes.raytracing.solids import block

angles = st.floats(20, 65)


def wall_scene(height=20.0, incidence=40.0):
    """A slab whose front wall stands at x = 0, 10 m deep, on flat ground."""
    sensor = Sensor(incidence=incidence)
    return Tracer(join_meshes([flat_ground(1500.0), block((0, 10), (-30, 30), height)]), sensor), sensor


def rays(rng, count=4000, low=-60.0, high=80.0):
    return rng.uniform(-20, 20, count), rng.uniform(low, high, count)


@settings(max_examples=25)
@given(incidence=angles, height=st.floats(2, 40))
def test_the_double_bounce_lies_on_the_foot_of_the_wall(incidence, height):
    tracer, _ = wall_scene(height, incidence)
    azimuth, elevation = rays(np.random.default_rng(0))
    echoes = tracer.echoes(azimuth, elevation, 2)
    double = echoes.where(echoes.bounce == 2)
    assert len(double) > 20
    np.testing.assert_allclose(double.range_, 0, atol=1e-3)  # the foot is at x = z = 0
    np.testing.assert_allclose(double.elevation, 0, atol=1e-3)
    np.testing.assert_allclose(double.azimuth, azimuth[double.ray], atol=1e-3)
    first = echoes.where(echoes.bounce == 1)
    assert np.ptp(first.range_) > 1


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), incidence=angles)
def test_a_corner_reflector_shines_from_its_corner_whichever_way_it_is_turned(seed, incidence):
    rng = np.random.default_rng(seed)
    sensor = Sensor(incidence=incidence)
    # Three square plates of 8 m, their corner at a known place, opened towards the sensor within 20 degrees.
    quad = np.array([[0, 0, 0], [8, 0, 0], [8, 8, 0], [0, 8, 0.0]])
    plates = [make_mesh(np.roll(quad, k, axis=1), [[0, 1, 2], [0, 2, 3]], "metal") for k in range(3)]
    mesh = join_meshes(plates)
    towards = -sensor.from_frame([0.0, 0.0, 1.0])
    face_it, _ = Rotation.align_vectors([towards], [np.ones(3) / np.sqrt(3)])
    turn = Rotation.from_rotvec(rng.uniform(-0.2, 0.2, 3)) * face_it
    corner = rng.uniform(-30, 30, 3)
    placed = make_mesh(turn.apply(mesh.vertices) + corner, mesh.faces, "metal")
    a, s, r = sensor.to_frame(corner)
    azimuth, elevation = a + rng.uniform(-8, 8, 3000), s + rng.uniform(-8, 8, 3000)
    echoes = Tracer(placed, sensor).echoes(azimuth, elevation, 3)
    triple = echoes.where(echoes.bounce == 3)
    assert len(triple) > 100
    np.testing.assert_allclose(triple.range_, r, atol=1e-3)
    np.testing.assert_allclose(triple.azimuth, a, atol=1e-3)
    np.testing.assert_allclose(triple.elevation, s, atol=1e-3)
    # It sends back all that its three mirrors leave, on the axis of the lobe.
    np.testing.assert_allclose(triple.power.max(), 0.9**2 * (0.9 + 0.05), rtol=0.1)


@settings(max_examples=25)
@given(incidence=angles, height=st.floats(5, 30))
def test_layover_and_shadow_are_where_geometry_says(incidence, height):
    tracer, sensor = wall_scene(height, incidence)
    azimuth, elevation = rays(np.random.default_rng(1), 6000, -100, 160)
    echoes = tracer.echoes(azimuth, elevation, 1)
    face, _ = tracer.first_range(azimuth, elevation)
    x, _, z = sensor.from_frame(np.stack([echoes.azimuth, echoes.elevation, echoes.range_], axis=1)).T
    wall = (np.abs(x) < 1e-6) & (z > 1e-6)
    assert wall.sum() > 5
    assert echoes.range_[wall].min() >= -layover_length(height, incidence) - 1e-6
    assert echoes.range_[wall].min() < -0.7 * layover_length(height, incidence)
    assert echoes.range_[wall].max() <= 1e-6
    np.testing.assert_allclose(echoes.range_[wall], -layover_length(z[wall], incidence), atol=1e-6)
    roof = (z > height - 1e-6) & (x > 1e-6)
    np.testing.assert_allclose(
        echoes.range_[roof], x[roof] * np.sin(sensor.angle) - layover_length(height, incidence), atol=1e-6
    )
    ground = np.abs(z) < 1e-6
    lit_again = 10 + height * np.tan(sensor.angle)
    assert not (ground & (x > 1e-6) & (x < lit_again - 1e-6)).any()
    behind = 10 * np.sin(sensor.angle) - layover_length(height, incidence) + shadow_length(height, incidence)
    later = echoes.range_[ground & (x > 0)]
    assert later.min() >= behind - 1e-6
    assert later.min() < behind + 1.0
    assert (face >= 0).all()


@given(incidence=st.floats(5, 85), seed=st.integers(0, 1000))
def test_the_frame_is_a_rotation(incidence, seed):
    points = np.random.default_rng(seed).normal(size=(20, 3))
    sensor = Sensor(incidence=incidence)
    there = sensor.to_frame(points)
    np.testing.assert_allclose(sensor.from_frame(there), points, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(there, axis=1), np.linalg.norm(points, axis=1))
    ground = sensor.to_frame(np.stack([points[:, 0], points[:, 1], np.zeros(20)], axis=1))
    np.testing.assert_allclose(ground[:, 1], sensor.flat_elevation(ground[:, 2]), atol=1e-12)


@pytest.mark.parametrize("baseline", [-300.0, 5.0, 150.0])
def test_the_second_antenna_sees_ranges_as_a_point_in_space_does(baseline):
    """Against both antennas at their places, 650 km away: what differs is the curvature of the wave."""
    sensor = Sensor()
    rng = np.random.default_rng(2)
    first, last = rng.uniform(-30, 30, (2, 50, 3))
    antennas = np.array([[0, 0, -sensor.slant_range], [0, baseline, -sensor.slant_range]])

    def seen(antenna):
        ways = [np.linalg.norm(point - antenna, axis=1) for point in (first, last)]
        return (ways[0] + np.linalg.norm(last - first, axis=1) + ways[1]) / 2 - np.linalg.norm(antenna)

    between = np.linalg.norm(last - first, axis=1)
    mean = (first + last) / 2
    range_ = mean[:, 2] + between / 2
    second = sensor.second_range(range_, mean[:, 1], mean[:, 2], baseline)
    np.testing.assert_allclose(range_ - second, seen(antennas[0]) - seen(antennas[1]), atol=2e-5)


@given(baseline=st.floats(10, 400), incidence=st.floats(20, 60))
def test_closed_forms_agree_with_each_other(baseline, incidence):
    wavelength, distance = 0.031, 650e3
    f = fringe_frequency(baseline, wavelength, distance, incidence)
    sensor = Sensor(wavelength=wavelength, incidence=incidence, slant_range=distance)
    phase = sensor.flat_phase(np.array([0.0, 1.0]), baseline)
    np.testing.assert_allclose((phase[1] - phase[0]) / (2 * np.pi), f, rtol=2e-3)
    # At the critical baseline a resolution cell holds one fringe.
    limit = critical_baseline(wavelength, distance, incidence, 1 / f)
    np.testing.assert_allclose(limit, baseline)
    # A column of that height has one fringe more at its top: the elevation grows, the range shrinks.
    height = height_of_ambiguity(baseline, wavelength, distance, incidence)
    a, b = sensor.to_frame([[0, 0, 0], [height / np.tan(np.deg2rad(incidence)), 0, height]])
    assert abs(a[2] - b[2]) < 1e-9
    turns = (
        2
        / wavelength
        * (sensor.second_range(*a[[2, 1, 2]], baseline) - sensor.second_range(*b[[2, 1, 2]], baseline))
    )
    np.testing.assert_allclose(turns, 1, rtol=2e-3)


@pytest.mark.parametrize("function", [layover_length, shadow_length])
@pytest.mark.parametrize("incidence", [0, 90, -5, np.nan])
def test_bad_incidence(function, incidence):
    with pytest.raises(ValueError, match="between 0 and 90 degrees"):
        function(10.0, incidence)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"wavelength": 0}, "positive wavelength in metres, found 0"),
        ({"spacing_x": float("nan")}, "positive spacing_x"),
        ({"spacing_y": True}, "positive spacing_y"),
        ({"slant_range": -1}, "positive slant_range"),
        ({"incidence": 3}, "from 5 to 85 degrees, found 3"),
        ({"incidence": float("nan")}, "from 5 to 85 degrees"),
        ({"phase_sign": 2}, "sign 1 or -1, found 2"),
    ],
)
def test_bad_sensor(arguments, words):
    with pytest.raises(ValueError, match=words):
        Sensor(**arguments)
