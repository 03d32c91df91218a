import numpy as np
import pytest
from scipy import stats

from workbench.scenes.raytracing import (
    Acquisition,
    Sensor,
    Tracer,
    critical_baseline,
    flat_ground,
    flatten_view,
    fringe_frequency,
    join_meshes,
    scene_view,
    simulate_sar,
    university,
)
from workbench.scenes.raytracing.focusing import bin_echoes, circular, focus, spectral_window
from workbench.scenes.raytracing.image_grid import GUARD, ImageGrid
from workbench.scenes.raytracing.simulation import ground_power
from workbench.scenes.raytracing.solids import block

GROUND = flat_ground(600.0)


def acquire(mesh=GROUND, shape=(96, 96), seed=0, sensor=None, **options):
    by_bounce = options.pop("by_bounce", False)
    return simulate_sar(mesh, sensor, shape, seed, by_bounce=by_bounce, acquisition=Acquisition(**options))


def interferogram(scene):
    return scene.slc.values * np.conj(scene.slc_2.values)


def coherence_of(scene):
    x, y = scene.slc.values, scene.slc_2.values * np.exp(1j * scene.flat_phase.values)
    return np.vdot(y, x) / np.sqrt(np.vdot(x, x).real * np.vdot(y, y).real)


@pytest.mark.parametrize("psf", ["hamming", "sinc"])
def test_speckle_is_fully_developed(psf):
    scene = acquire(shape=(192, 192), snr_db=None, psf=psf, bandwidth=1.0 if psf == "sinc" else 0.8)
    intensity = np.abs(scene.slc.values) ** 2
    apart = intensity[::2, ::2].ravel() if psf == "sinc" else intensity[::3, ::3].ravel()
    assert apart.std() / apart.mean() == pytest.approx(1, abs=4 / np.sqrt(apart.size))
    assert stats.kstest(apart / apart.mean(), "expon").pvalue > 1e-3
    phase = np.angle(scene.slc.values)[::3, ::3].ravel()
    assert stats.kstest((phase + np.pi) / (2 * np.pi), "uniform").pvalue > 1e-3
    assert intensity.mean() == pytest.approx(ground_power(Sensor()), rel=0.05)


@pytest.mark.parametrize("rays", [1, 2, 5])
def test_the_power_does_not_depend_on_the_number_of_rays(rays):
    scene = acquire(shape=(128, 128), rays=rays, snr_db=None)
    assert float((abs(scene.slc) ** 2).mean()) == pytest.approx(ground_power(Sensor()), rel=0.06)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("baseline", [120.0, -400.0])
def test_fringes_of_flat_ground(sign, baseline):
    sensor = Sensor(phase_sign=sign)
    scene = acquire(sensor=sensor, shape=(64, 256), baseline=baseline)
    row = interferogram(scene).sum(axis=0)
    fine = 64
    spectrum = np.abs(np.fft.fft(row, fine * row.size))
    found = np.fft.fftfreq(fine * row.size)[spectrum.argmax()]
    theory = sign * fringe_frequency(baseline, 0.031, 650e3, 40.0) * sensor.spacing_x
    assert found == pytest.approx(float(theory), rel=0.01)
    assert scene.attrs["fringe_frequency"] == pytest.approx(float(theory))


@pytest.mark.parametrize("sign", [1, -1])
def test_the_residual_phase_is_unbiased(sign):
    scene = acquire(sensor=Sensor(phase_sign=sign), shape=(128, 128), baseline=250.0)
    flattened = interferogram(scene) * np.exp(-1j * scene.flat_phase.values)
    halves = [np.angle(part.sum()) for part in np.array_split(flattened, 8, axis=1)]
    gamma = abs(coherence_of(scene))
    looks = flattened.size / 8 * 0.5  # neighbouring pixels are not independent
    spread = np.sqrt((1 - gamma**2) / (2 * gamma**2 * looks))
    assert np.abs(halves).max() < 4.5 * spread < 0.2
    assert abs(np.angle(flattened.sum())) < 4 * spread / np.sqrt(8)


def test_height_turns_the_phase_as_its_ambiguity_says():
    mesh = join_meshes([GROUND, block((-10, 30), (-60, 60), 12.0)])
    scene = acquire(mesh, shape=(64, 128), baseline=200.0, snr_db=None)
    flattened = interferogram(scene) * np.exp(-1j * scene.flat_phase.values)
    near = scene.x.values + 12 * np.cos(np.deg2rad(40))  # the roof is laid over by h cos θ
    roof = (near > 1) & (near < 30 * np.sin(np.deg2rad(40)) - 1) & (scene.x.values > 1)
    assert roof.sum() > 5
    turns = 12.0 / scene.attrs["height_of_ambiguity"]
    # Seen at its own range, a height also changes which ground the reference phase is taken from.
    phase = np.angle(flattened[:, roof].sum()) / (2 * np.pi)
    assert (phase - turns + 0.5) % 1 - 0.5 == pytest.approx(0, abs=0.02)


def test_both_phase_signs_are_conjugates():
    mesh = join_meshes([GROUND, university()])
    plus, minus = (
        acquire(mesh, sensor=Sensor(phase_sign=sign), speckle=False, snr_db=None, baseline=80.0)
        for sign in (1, -1)
    )
    for name in ("slc", "slc_2"):
        np.testing.assert_array_equal(plus[name].values, np.conj(minus[name].values))
    np.testing.assert_allclose(plus.flat_phase, -minus.flat_phase)


@pytest.mark.parametrize("temporal", [0.0, 0.6, 1.0])
def test_temporal_decorrelation(temporal):
    scene = acquire(shape=(128, 128), baseline=0.0, temporal=temporal, snr_db=None)
    assert abs(coherence_of(scene)) == pytest.approx(temporal, abs=0.03)


def test_geometric_decorrelation():
    limit = critical_baseline(0.031, 650e3, 40.0, 0.6)
    for share in (0.2, 0.5):
        options = {"psf": "sinc", "bandwidth": 1.0, "rays": 4}
        scene = acquire(shape=(128, 128), baseline=share * limit, snr_db=None, **options)
        assert abs(coherence_of(scene)) == pytest.approx(1 - share, abs=0.04)


def test_thermal_noise():
    scene = acquire(shape=(128, 128), baseline=0.0, snr_db=3.0)
    expected = 1 / (1 + 10**-0.3)
    assert abs(coherence_of(scene)) == pytest.approx(expected, abs=0.02)
    quiet, loud = (acquire(shape=(128, 128), snr_db=level) for level in (None, 0.0))
    noise = loud.slc.values - quiet.slc.values
    assert np.mean(np.abs(noise) ** 2) == pytest.approx(ground_power(Sensor()), rel=0.05)


def test_energy_is_conserved_across_binning():
    sensor = Sensor()
    grid = ImageGrid(sensor, (48, 40))
    echoes = Tracer(join_meshes([GROUND, university().turned(10)]), sensor).echoes(*grid.rays(0.0, 38.0), 5)
    cells = grid.cells(echoes.azimuth, echoes.range_)
    inside = cells >= 0
    assert 0.1 < inside.mean() < 1
    for phase in (0.0, np.pi / 2, 0.7):  # both parts
        amount = echoes.power * np.exp(1j * phase)
        np.testing.assert_allclose(bin_echoes(cells, amount, grid).sum(), amount[inside].sum(), rtol=1e-12)
    # Echoes are in the cell that their place says.
    rows, columns = np.unravel_index(cells[inside], (48 * 2 + 4 * GUARD, 40 * 2 + 4 * GUARD))
    middle = (columns + 0.5) / 2 - (40 / 2 + GUARD)
    assert np.abs(middle * sensor.spacing_x - echoes.range_[inside]).max() <= sensor.spacing_x / 4 + 1e-9
    middle = (rows + 0.5) / 2 - (48 / 2 + GUARD)
    assert np.abs(middle * sensor.spacing_y - echoes.azimuth[inside]).max() <= sensor.spacing_y / 4 + 1e-9


@pytest.mark.parametrize("fine", [1, 2, 3])
@pytest.mark.parametrize(("psf", "bandwidth"), [("sinc", 1.0), ("sinc", 0.7), ("hamming", 0.8)])
def test_a_single_echo_becomes_the_point_spread_function(psf, bandwidth, fine):
    grid = ImageGrid(Sensor(), (32, 24), fine)
    cells = np.zeros(tuple(fine * n for n in grid.padded), complex)
    row, column = fine * (GUARD + 15) + fine - 1, fine * (GUARD + 9)
    cells[row, column] = 2j
    image = focus(cells, grid, psf, bandwidth)
    at = [(place + 0.5) / fine - 0.5 - GUARD for place in (row, column)]  # in pixels
    shapes = []
    for n, place in zip((32, 24), at, strict=True):
        size = n + 2 * GUARD
        f, window = np.fft.fftfreq(size), spectral_window(size, psf, bandwidth)
        shapes.append((window * np.exp(2j * np.pi * np.outer(np.arange(n) - place, f))).mean(axis=1))
    np.testing.assert_allclose(image, 2j * np.outer(*shapes), atol=1e-12)
    assert np.mean(spectral_window(40, psf, bandwidth) ** 2) == pytest.approx(1)
    if fine == 1 and bandwidth == 1:
        assert image[15, 9] == pytest.approx(2j)
        assert np.abs(image).sum() == pytest.approx(2)


def test_shadow_is_empty_but_for_noise():
    mesh = join_meshes([GROUND, block((-4, 4), (-200, 200), 30.0)])
    scene = acquire(mesh, shape=(48, 96), by_bounce=True, snr_db=None)
    sine, cosine = np.sin(np.deg2rad(40)), np.cos(np.deg2rad(40))
    begin, end = -4 * sine + 0.0, 4 * sine - 30 * cosine + 30 / cosine
    dark = (scene.x.values > begin + 4) & (scene.x.values < end - 4)
    assert dark.sum() > 8
    grid = ImageGrid(Sensor(), (48, 96))
    echoes = Tracer(mesh, Sensor()).echoes(*grid.rays(0.0, 30.0), 5)
    assert not ((echoes.range_ > begin + 1e-3) & (echoes.range_ < end - 1e-3)).any()
    power = np.abs(scene.slc.values) ** 2
    assert power[:, dark].max() < 1e-4 * power.max()  # side lobes of what is beside it
    noisy = acquire(mesh, shape=(48, 96), snr_db=15.0)
    floor = ground_power(Sensor()) * 10**-1.5
    assert np.mean(np.abs(noisy.slc.values[:, dark]) ** 2) == pytest.approx(floor, rel=0.2)
    # All of the double bounce is on the line of the foot.
    line = np.abs(scene.slc_bounce.sel(bounce=2).values) ** 2
    foot = np.abs(scene.x.values - -4 * sine) < 2.5
    assert line[:, foot].sum() > 0.99 * line.sum() > 0


def test_bounce_levels_add_up_and_fewer_bounces_leave_the_rest_alone():
    mesh = join_meshes([GROUND, university().turned(33)])
    scene = acquire(mesh, by_bounce=True, bounces=4, snr_db=None)
    assert scene.bounce.values.tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(scene.slc_bounce.sum("bounce"), scene.slc, atol=1e-5)
    power = (np.abs(scene.slc_bounce) ** 2).sum(("y", "x")).values
    assert power[0] > power[1] > power[2] > power[3] > 0
    one = acquire(mesh, by_bounce=True, bounces=1, snr_db=None)
    np.testing.assert_array_equal(one.slc_bounce.values[0] != 0, scene.slc_bounce.values[0] != 0)


def test_asking_for_more_does_not_change_what_was_asked_before():
    mesh = join_meshes([GROUND, university()])
    plain = acquire(mesh)
    rich = acquire(mesh, by_bounce=True, baseline=100.0, temporal=0.5)
    np.testing.assert_array_equal(plain.slc, rich.slc)
    np.testing.assert_array_equal(plain.condition, rich.condition)
    assert not np.array_equal(plain.slc, acquire(mesh, seed=1).slc)
    assert not np.array_equal(acquire(mesh, seed=(1, 0)).slc, acquire(mesh, seed=(1, 1)).slc)


def test_depth_of_flat_ground_is_a_ramp_and_of_a_wall_its_foot():
    scene = acquire(shape=(8, 64))
    near, far = scene.condition.attrs["depth_limits"]
    assert far == pytest.approx(32 * 0.6)
    assert near == pytest.approx(-far - 25 / np.cos(np.deg2rad(40)))
    depth = near + (far - near) * (scene.condition + 1) / 2
    np.testing.assert_allclose(depth[0], np.tile(scene.x, (8, 1)), atol=1e-5)
    assert (scene.condition.values[1:] == -1).all()
    wall = acquire(join_meshes([GROUND, block((5, 9), (-100, 100), 10.0)]), shape=(8, 64))
    double = wall.condition.sel(channel="depth_2").values
    assert (double > -1).sum() > 8
    seen = near + (far - near) * (double[double > -1] + 1) / 2
    np.testing.assert_allclose(seen, 5 * np.sin(np.deg2rad(40)), atol=1e-3)
    # A roof of 10 m hides ground that is further away by h / cos θ.
    roof = near + (far - near) * (wall.condition[0].values + 1) / 2
    assert (roof - wall.x.values).min() == pytest.approx(-10 / np.cos(np.deg2rad(40)), abs=1e-4)


def test_the_view_draws_paths_that_are_those_of_the_image():
    mesh = join_meshes([GROUND, university().turned(15)])
    sensor = Sensor()
    view = scene_view(mesh, sensor, bounces=3, rays=9, seed=4)
    assert view.bounce.values.tolist() == [1] * 9 + [2] * 9 + [3] * 9
    assert set(view.material.values) == {"ground", "wall", "roof"}
    np.testing.assert_array_equal(view.vertices, mesh.vertices)
    for path, level, range_, azimuth in zip(view.path, view.bounce, view.range, view.azimuth, strict=True):
        points = path.values[: int(level) + 2]
        assert np.isfinite(points).all()
        assert np.isnan(path.values[int(level) + 2 :]).all()
        frame = sensor.to_frame(points)
        ways = np.linalg.norm(np.diff(points, axis=0), axis=1)
        # The plane through the scene's middle is where ranges begin.
        assert (frame[0, 2] + ways.sum() + frame[-1, 2]) / 2 == pytest.approx(float(range_), abs=1e-6)
        assert (frame[1, 0] + frame[-2, 0]) / 2 == pytest.approx(float(azimuth), abs=1e-6)
        for a, b in (points[:2], points[-1:-3:-1]):
            np.testing.assert_allclose((b - a) / np.linalg.norm(b - a), view.attrs["view"], atol=1e-6)


def test_the_flattened_view_is_an_orthographic_projection():
    view = scene_view(join_meshes([flat_ground(100.0), university()]), bounces=2, rays=4)
    flat = flatten_view(view, turn=30.0, tilt=40.0)
    # From any three directions the length of an edge is seen so that the squares add up to twice its own.
    seen = [flatten_view(view, *angles).line for angles in ((30.0, 0.0), (120.0, 0.0), (30.0, 90.0))]
    steps = [(line.diff("point") ** 2).sum("screen") for line in seen]
    true = (view.path.diff("point") ** 2).sum("axis")
    np.testing.assert_allclose(sum(steps), 2 * true, rtol=1e-9)
    # The ground is painted first.
    assert (flat.material.values[:2] == "ground").all()
    assert (flat.material.values[2:] != "ground").all()
    assert flat.outline.shape == (*view.faces.shape, 2)
    assert ((flat.shade >= 0) & (flat.shade <= 1)).all()
    with pytest.raises(ValueError, match="within ±90 degrees"):
        flatten_view(view, tilt=91)


def test_circular_numbers_are_circular():
    q = circular((20_000,), np.random.default_rng(0))
    assert np.mean(np.abs(q) ** 2) == pytest.approx(1, abs=0.03)
    assert abs(np.mean(q**2)) < 0.03


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bounces": 0}, "from 1 to 5 is needed, found 0"),
        ({"rays": 0}, "positive whole number as rays"),
        ({"rays": 17}, "at most 16 rays"),
        ({"psf": "box"}, "unknown point-spread function 'box'; there are: sinc, hamming"),
        ({"bandwidth": 0}, "bandwidth above 0 and up to 1"),
        ({"bandwidth": float("nan")}, "bandwidth above 0 and up to 1"),
        ({"snr_db": float("nan")}, "finite signal-to-noise ratio"),
        ({"baseline": float("inf")}, "finite baseline"),
        ({"temporal": 1.1}, "between 0 and 1"),
        ({"temporal": float("nan")}, "between 0 and 1"),
        ({"shape": (0, 8)}, "positive whole number as rows, found 0"),
        ({"shape": (100_000, 100_000)}, "at most 64,000,000 are traced"),
    ],
)
def test_bad_arguments(options, words):
    with pytest.raises((ValueError, KeyError), match=words):
        acquire(**options)
