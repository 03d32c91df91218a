"""What every explorer has: settings, presets, undo, a held state, its picture, its code."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import Any, ClassVar

import param
import xarray as xr

from workbench.session.data_file import DataFile, file_stamp
from workbench.session.explorers.history import History
from workbench.session.explorers.markers import Reading, marker_words, read_level
from workbench.session.explorers.places import MARKERS, Places, read_places, write_places
from workbench.session.explorers.quiz import Answer, Score, distance, score_guesses
from workbench.session.frame import Frame

__all__ = ["Explorer", "Frames", "Group", "Picture", "Readout"]

_REMEMBERED = 4  # pictures: now, A, the step back and forward; one can hold tens of megabytes


@dataclass(frozen=True)
class Group:
    """Settings that belong together on the page.

    Attributes
    ----------
    title : str
        Heading.
    names : tuple of str
        Parameters of the explorer, in order.
    equation : str
        The seed's equation that they change, in characters: "y[n] = a(b + A cos ωn)  (eq. 4)".
    terms : tuple of str
        Those of the settings that are in the equation, which is hidden while none has an effect; none: all.
    """

    title: str
    names: tuple[str, ...]
    equation: str = ""
    terms: tuple[str, ...] = ()

    def equation_now(self, relevant: set[str]) -> str:
        """Return the equation, "" while none of its settings has an effect.

        >>> group = Group("Pair", ("file", "snr"), "γ = 1 / (1 + 1/SNR)", ("snr",))
        >>> group.equation_now({"file", "snr"}), group.equation_now({"file"})
        ('γ = 1 / (1 + 1/SNR)', '')
        """
        return self.equation if relevant.intersection(self.terms or self.names) else ""


@dataclass(frozen=True)
class Readout:
    """One figure with its unit: "THD", −7.2, "dB"."""

    label: str
    value: float | str
    unit: str = ""
    note: str = ""


class Frames(Mapping[str, Frame]):
    """Frames by name, each composed when somebody first looks at it.

    >>> frames = Frames({"a": lambda: Frame(None, "seen"), "b": lambda: 1 / 0})
    >>> frames["a"].caption, list(frames)
    ('seen', ['a', 'b'])
    """

    def __init__(self, makers: Mapping[str, Callable[[], Frame]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, Frame] = {}

    def __getitem__(self, name: str) -> Frame:
        if name not in self._made:
            try:
                self._made[name] = self._makers[name]()
            except ValueError as error:
                self._made[name] = Frame(None, str(error))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


@dataclass(frozen=True, eq=False)
class Picture:
    """What one choice of settings gives: a frame per panel, a row of figures.

    What is to be predicted is found when somebody asks.
    """

    frames: Mapping[str, Frame]
    readouts: tuple[Readout, ...] = ()
    find_answers: Callable[[], tuple[Answer, ...]] = tuple
    trouble: str = ""

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """Where a learner should expect something."""
        return self.find_answers()


@dataclass
class Quiz:
    """A prediction under way: where the learner expects something."""

    guesses: list[tuple[float, ...]] = field(default_factory=list)
    score: Score | None = None


class Explorer(param.Parameterized):
    """Settings of one effect and what they give; subclasses declare parameters and `compute`.

    Subclasses set

    ``TITLE``, ``INTRO``
        What is explored, in one line each.
    ``FRAMES``
        Names of the panels.
    ``GROUPS``
        The controls, at most eight settings on one page.
    ``PRESETS``
        ``{name: settings}``; what a preset leaves out is at its default.
    ``TOLERANCE``
        How near a guess must be, in units of the figure that is predicted.
    ``REACH``
        How far a marker looks for a line, cycles/sample; None: as far as a guess may be off.
    ``GUESSED``
        (low, high) of every axis on which one predicts; empty: those on which markers are.
    ``markers``
        `Places` on the axes that :meth:`levels` has: in the address like a setting, but no setting, so that
        presets and undo leave them where they are.
    ``ASK``
        What the learner is asked to predict, and where to click.

    and implement :meth:`compute` and :meth:`as_code`. Parameters of the explorer are its settings: all of
    them are in the address of the page, in `settings()`, in the history.
    """

    TITLE: ClassVar[str] = ""
    INTRO: ClassVar[str] = ""
    FRAMES: ClassVar[tuple[str, ...]] = ()
    GROUPS: ClassVar[tuple[Group, ...]] = ()
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {}
    TOLERANCE: ClassVar[float] = 0.0
    REACH: ClassVar[float | None] = None
    GUESSED: ClassVar[tuple[tuple[float, float], ...]] = ()
    ASK: ClassVar[str] = ""

    markers = Places(precedence=-1)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.history = History(self.settings())
        self.quiz: Quiz | None = None
        self.held: dict[str, Any] | None = None
        self._cache: OrderedDict[str, Picture] = OrderedDict()
        self._kept: dict[str, tuple[Hashable, Frame]] = {}
        self.param.watch(self._noted, self.choices())

    # ------------------------------------------------------------ to be given by each explorer
    def compute(self) -> Picture:
        """Return what the present settings give, with `Frames` where a frame costs more than a moment.

        It is called on a copy that keeps its settings: frames may be composed long after.

        Raises
        ------
        ValueError
            If the settings do not go together: what was found, what is needed.
        """
        raise NotImplementedError

    def as_code(self) -> str:
        """Return notebook code, public names only, that reproduces the figures' numbers."""
        raise NotImplementedError

    def levels(self) -> xr.Dataset | None:
        """Return what markers read, as `read_level` takes it; None where there is no spectrum."""
        return None

    def relevant(self) -> set[str]:
        """Return the settings that have an effect now; the page shows no others."""
        return set(self.choices())

    # ------------------------------------------------------------ settings
    @classmethod
    def choices(cls) -> list[str]:
        """Names of all settings."""
        return [name for name in cls.param if name != "name" and (cls.param[name].precedence or 0) >= 0]

    @classmethod
    def addressed(cls) -> list[str]:
        """Names of all that the address of a page holds: the settings, the markers where there are any."""
        return [*cls.choices(), *(["markers"] if cls.param["markers"].axes else [])]

    def settings(self) -> dict[str, Any]:
        """Return the settings that differ from the defaults."""
        values = {name: getattr(self, name) for name in self.choices()}
        return {name: value for name, value in values.items() if value != self.param[name].default}

    def provenance(self) -> dict[str, str]:
        """Return what a file of numbers should say of itself: explorer, settings as JSON, version."""
        settings = {name: getattr(self, name) for name in self.choices() if name in self.relevant()}
        return {
            "explorer": self.TITLE,
            "settings": json.dumps(settings),
            "workbench_version": version("spectral-workbench"),
        }

    def apply(self, settings: dict[str, Any]) -> None:
        """Set everything: what `settings` leaves out goes to its default.

        Raises
        ------
        ValueError
            For a setting that does not exist, or a value it cannot take.
        """
        unknown = [name for name in settings if name not in self.choices()]
        if unknown:
            raise ValueError(f"no setting {unknown[0]!r}; there are: {', '.join(self.choices())}")
        defaults = {name: self.param[name].default for name in self.choices()}
        self.param.update(**(defaults | settings))

    def choose_preset(self, name: str) -> None:
        """Go to a preset.

        Raises
        ------
        ValueError
            If there is none of that name.
        """
        if name not in self.PRESETS:
            raise ValueError(f"no preset {name!r}; there are: {', '.join(self.PRESETS)}")
        self.apply(self.PRESETS[name])

    def preset(self) -> str:
        """Name of the preset that the settings are, "" if none."""
        now = self.settings()
        clean = {
            name: {key: value for key, value in preset.items() if value != self.param[key].default}
            for name, preset in self.PRESETS.items()
        }
        return next((name for name, preset in clean.items() if preset == now), "")

    # ------------------------------------------------------------ history
    def _noted(self, *_events: Any) -> None:
        self.history.note(self.settings())

    def undo(self) -> bool:
        """Go back one step; False where there is none."""
        return self._restore(self.history.back())

    def redo(self) -> bool:
        """Go forward again; False where nothing was undone."""
        return self._restore(self.history.forward())

    def _restore(self, settings: dict[str, Any] | None) -> bool:
        if settings is not None:
            self.apply(settings)
        return settings is not None

    # ------------------------------------------------------------ A/B
    def hold(self) -> None:
        """Keep the present settings as A, to compare with."""
        self.held = self.settings()

    def release(self) -> None:
        """Forget A."""
        self.held = None

    def swap(self) -> bool:
        """Go to A, and hold what was here; False without A."""
        if self.held is None:
            return False
        now = self.settings()
        self.apply(self.held)
        self.held = now
        return True

    def held_picture(self) -> Picture | None:
        """Return what the settings of A give, None without one."""
        if self.held is None:
            return None
        key = self._key(self.held)
        return self._remembered(key) or self._remember(key, self._still(self.held)._computed())

    # ------------------------------------------------------------ what is seen
    def picture(self) -> Picture:
        """Return what the present settings give; every panel says so where they do not go together."""
        settings = self.settings()
        key = self._key(settings)
        return self._remembered(key) or self._remember(key, self._still(settings)._computed())

    def kept(self, name: str, depends: Hashable, make: Callable[[], Frame]) -> Frame:
        """Return the last frame of that name if it depends on the same, else a new one.

        A panel that is given the frame it shows already neither draws nor sends anything.
        """
        if name not in self._kept or self._kept[name][0] != depends:
            self._kept[name] = (depends, make())
        return self._kept[name][1]

    def _key(self, settings: dict[str, Any]) -> str:
        """Return what a picture depends on: a file of the same name may have changed, or be gone."""
        files = [file_stamp(v) for name, v in settings.items() if isinstance(self.param[name], DataFile)]
        return json.dumps([settings, files], sort_keys=True, default=str)

    def _still(self, settings: dict[str, Any]) -> Explorer:
        """Return an explorer whose settings nobody moves, for frames that are composed later."""
        still = type(self)(**settings)
        still._kept = self._kept
        return still

    def _computed(self) -> Picture:
        try:
            return self.compute()
        except ValueError as error:
            return Picture({name: Frame(None, str(error)) for name in self.FRAMES}, trouble=str(error))

    def _remembered(self, key: str) -> Picture | None:
        if key in self._cache:
            self._cache.move_to_end(key)
        return self._cache.get(key)

    def _remember(self, key: str, picture: Picture) -> Picture:
        self._cache[key] = picture
        if len(self._cache) > _REMEMBERED:
            self._cache.popitem(last=False)
        return picture

    # ------------------------------------------------------------ markers
    def mark(self, place: Sequence[float]) -> None:
        """Put a marker on the line near `place`, or take the one there away; of three the oldest goes."""
        levels = self.levels()
        if levels is None:
            return
        at = read_level(levels, place, self.reach()).place
        places = self.places()
        others = [one for one in places if read_level(levels, one, 0.0).place != at]
        if len(others) == len(places):
            others = [*others[1 - MARKERS :], at]
        self.markers = write_places(others)

    def reach(self) -> float:
        """Return how far a marker looks for a line, cycles/sample."""
        return self.TOLERANCE if self.REACH is None else self.REACH

    def places(self) -> list[tuple[float, ...]]:
        """Return where the markers stand."""
        return read_places(self.markers, self.param["markers"].axes)

    def readings(self) -> list[Reading]:
        """Return what the markers read now: they keep their frequencies, whatever the settings."""
        levels = self.levels() if self.markers else None  # a spectrum costs more than no marker is worth
        return [] if levels is None else [read_level(levels, at, 0.0) for at in self.places()]

    def marker_words(self) -> str:
        """Say what the markers read; "" without any."""
        levels = self.levels() if self.markers else None
        return "" if levels is None else marker_words(self.readings(), float(levels.attrs["floor"]))

    # ------------------------------------------------------------ predict, then check
    def begin_quiz(self) -> None:
        """Hide the result and take guesses."""
        self.quiz = Quiz()

    def guess(self, place: Sequence[float]) -> None:
        """Expect something at `place`; a second guess close to one takes it back."""
        if self.quiz is None or self.quiz.score is not None:
            return
        near = [one for one in self.quiz.guesses if distance(one, place) <= self.TOLERANCE]
        if near:
            self.quiz.guesses.remove(near[0])
        else:
            self.quiz.guesses.append(tuple(float(x) for x in place))

    def reveal(self) -> Score:
        """Show what happens, with the score."""
        quiz = self.quiz or Quiz()
        quiz.score = score_guesses(quiz.guesses, self.picture().answers, self.TOLERANCE)
        self.quiz = quiz
        return quiz.score

    def guessed_axes(self) -> Sequence[tuple[float, float]]:
        """Return (low, high) of a guess along x, and y where there are two axes."""
        return self.GUESSED or self.param["markers"].axes

    def end_quiz(self) -> None:
        """Back to looking."""
        self.quiz = None
