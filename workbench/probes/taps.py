"""What every layer of a torch module hands out during one forward pass."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from workbench.probes.axes import image_layout
from workbench.probes.deriving import derive, resized
from workbench.probes.lineage import Lineage, origin
from workbench.probes.operations import CONSTANT, EXITS, SILENT, name_of, storage, tensors
from workbench.probes.rates import index_steps


@dataclass(frozen=True)
class Layer:
    """One call of an operation on data that depends on the input.

    Attributes
    ----------
    name : str
        ``named_modules`` name of a leaf module, or containing module and function ("up1.cat"); "#2" … per
        further call.
    kind : str
        Class of the module or name of the function.
    operation : Module or callable
        What was called.
    arguments : tuple
        Further arguments of a function (position 1 and on) followed by its keywords; empty for a module.
    source : str
        Name of the layer that made its first input, "input" for the network's input, "" if that is no layer.
    inputs : tuple of str
        Names of all layers that feed it, in the order of its arguments and each once: "input" for the
        network's input; views, reshapes and other operations that are no layers are looked through.
    lineage : Lineage
        Rates its output has passed.
    """

    name: str
    kind: str
    operation: Any
    arguments: tuple[tuple[Any, ...], dict[str, Any]]
    source: str
    inputs: tuple[str, ...]
    lineage: Lineage


class Track(NamedTuple):
    """What is known of a tensor: its lineage, the layer that made it ("" if none did), those it holds."""

    lineage: Lineage
    layer: str
    feeds: tuple[str, ...]


Observer = Callable[[Layer, Tensor], None]


class Taps(TorchFunctionMode):
    """Follow the input through a module and show every layer's output to an observer.

    Parameters
    ----------
    module : Module
        Any module. Its leaf modules are layers; functions called outside of them are layers too.
    observer : callable
        ``observer(layer, output)`` while the output is as the layer made it; it must not keep the tensor if a
        later operation may work in place.
    """

    def __init__(self, module: nn.Module, observer: Observer) -> None:
        super().__init__()
        self.module = module
        self.observer = observer
        self.names = {
            part: _clean(name) for name, part in module.named_modules() if "parametrizations" not in name
        }
        self.leaves = {part for part in self.names if _is_leaf(part)}
        self.tracks: dict[int, tuple[weakref.ref[Tensor], Track]] = {}
        self.calls: Counter[str] = Counter()
        self.stack: list[str] = []
        self.leaf_depth = 0
        self.given: list[list[Track]] = []
        self.handles: list[Any] = []
        self.trouble: Exception | None = None
        self.start: Lineage | None = None
        self.alone = False
        self.escaped = ""

    # ------------------------------------------------------------ installation
    def install(self) -> None:
        """Register hooks on every part of the module."""
        for part in self.names:
            self.handles.append(part.register_forward_pre_hook(self._enter_module, with_kwargs=True))
            self.handles.append(
                part.register_forward_hook(self._leave_module, with_kwargs=True, always_call=True)
            )

    def remove(self) -> None:
        """Leave the module as it was."""
        for handle in self.handles:
            handle.remove()
        self.handles.clear()
        self.tracks.clear()

    # ------------------------------------------------------------ what is known of a tensor
    def begin(self, image: Tensor, *, alone: bool = False) -> None:
        """Declare the tensor whose way is followed.

        Where it `alone` differs from frame to frame, what does so later comes from it, seen or not.
        """
        self.start, self.alone = origin(image), alone
        self._mark(image, Track(self.start, "input", ("input",)))

    def follow(self, tensor: Tensor) -> None:
        """Declare a further input whose layers are to be shown too; its rate is relative to the image's."""
        if self.start is None or self.known(tensor) or tensor.ndim not in (2, 4):
            return
        lineage = origin(tensor)
        if tensor.ndim == 4 and not (self.start.latent or lineage.latent):
            (y, x), (height, width) = lineage.size, self.start.size
            rate = (Fraction(y, height), Fraction(x, width))
            lineage = replace(lineage, rate=rate, passed=frozenset([rate]), frame=self.start.frame)
        self._mark(tensor, Track(lineage, "input", ("input",)))

    def known(self, tensor: Tensor) -> Track | None:
        """Tell what is known of a tensor, None if it does not depend on the input."""
        entry = self.tracks.get(id(tensor))
        return entry[1] if entry and entry[0]() is tensor else None

    def _mark(self, tensor: Tensor, track: Track) -> None:
        key = id(tensor)
        self.tracks[key] = (weakref.ref(tensor, lambda _: self._forget(key)), track)

    def _forget(self, key: int) -> None:
        entry = self.tracks.get(key)
        if entry and entry[0]() is None:
            del self.tracks[key]

    # ------------------------------------------------------------ functions
    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if self.escaped and not self.leaf_depth:
            self._find_strays((args, kwargs))
        parents = [(tensor, found) for tensor in tensors((args, kwargs)) if (found := self.known(tensor))]
        if not parents:
            return func(*args, **kwargs)
        name = name_of(func)
        out = func(*args, **kwargs)
        try:
            if name == "__setitem__":
                self._assigned(args, [track for _, track in parents])
            elif name in EXITS and parents[0][0].numel() > 1:
                self.escaped = name.strip("_")
            elif name not in CONSTANT:
                for result in tensors(out):
                    if result.is_floating_point() or result.is_complex():
                        self._derived(name, func, args, kwargs, parents, result)
        except Exception as error:
            self.trouble = error
            raise
        return out

    def _find_strays(self, value: Any) -> None:
        """Mark tensors that came back from outside torch: how they depend on the input was not seen."""
        frames = self.start.frame[0] if self.start else 0
        for tensor in tensors(value):
            own = isinstance(tensor, nn.Parameter) or not tensor.is_floating_point()
            if own or not tensor.ndim or len(tensor) != frames or self.known(tensor):
                continue
            if not self.alone or frames == 1 or bool((tensor[1:] != tensor[:1]).any()):
                lineage = replace(
                    self.start or origin(tensor),
                    axes=(2, 3) if tensor.ndim == 4 else None,
                    problem=f"its input left torch on the way ({self.escaped}): no rate can be told",
                )
                self._mark(tensor, Track(lineage, "", ()))

    def _derived(
        self,
        name: str,
        func: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        parents: list[tuple[Tensor, Track]],
        result: Tensor,
    ) -> None:
        lineage = derive(name, args, kwargs, [track.lineage for _, track in parents], result)
        first, (_, source, _) = parents[0]
        feeds = _union(track.feeds for _, track in parents)
        same_values = name in SILENT and result.shape == first.shape
        self._mark(result, Track(lineage, source if same_values else "", feeds))
        if self.leaf_depth or name in SILENT or lineage.spectral:
            return
        in_place = any(result is tensor for tensor, _ in parents)
        if in_place or all(storage(result) != storage(tensor) for tensor, _ in parents):
            self._show(self._function_name(name), name, func, (args[1:], kwargs), source, feeds, result)

    def _assigned(self, args: tuple[Any, ...], parents: list[Track]) -> None:
        """``canvas[..., ::2, ::2] = x`` puts x on a grid twice as dense."""
        target = args[0]
        known = self.known(args[2]) if isinstance(args[2], Tensor) else None
        if target.ndim != 4 or known is None:
            return
        lineage = known.lineage
        y, x = index_steps(args[1], lineage)
        rate = (lineage.rate[0] * y, lineage.rate[1] * x)
        passed = frozenset({rate}).union(*(track.lineage.passed for track in parents))
        size = (int(target.shape[2]), int(target.shape[3]))
        feeds = _union(track.feeds for track in parents)
        layout = image_layout(target.shape, (2, 3))
        lineage = replace(lineage, rate=rate, passed=passed, size=size, axes=(2, 3), layout=layout)
        self._mark(target, Track(lineage, "", feeds))

    def _function_name(self, name: str) -> str:
        bare = name.strip("_")
        bare = {"iadd": "add", "radd": "add", "isub": "sub", "rsub": "sub", "imul": "mul"}.get(bare, bare)
        return ".".join(part for part in (self.stack[-1] if self.stack else "", bare) if part)

    # ------------------------------------------------------------ modules
    def _enter_module(self, part: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.stack.append(self.names[part])
        if self.escaped and not self.leaf_depth:
            with torch._C.DisableTorchFunction():
                self._find_strays((args, kwargs))
        self.given.append(self._tracks_of((args, kwargs)))
        self.leaf_depth += part in self.leaves

    def _leave_module(self, part: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
        if len(self.given) != len(self.stack) or not self.stack or self.stack[-1] != self.names[part]:
            return  # it was never entered: a hook of the user's failed before
        self.leaf_depth -= part in self.leaves
        self.stack.pop()
        given = self.given.pop()
        try:
            with torch._C.DisableTorchFunction():  # what the observer computes is no layer
                self._hand_out(part, out, (args, kwargs), given)
        except Exception as error:
            self.trouble = error
            raise

    def _tracks_of(self, value: Any) -> list[Track]:
        return [track for tensor in tensors(value) if (track := self.known(tensor))]

    def _hand_out(self, part: nn.Module, out: Any, arguments: Any, given: list[Track]) -> None:
        kind, leaf = type(part).__name__, part in self.leaves
        source = given[0].layer if given else ""
        results = {
            id(result): result for result in tensors(out) if result.is_floating_point() or result.is_complex()
        }
        for result in results.values():
            known = self.known(result)
            if known is None and (parents := self._tracks_of(arguments)):
                # made where no torch function was seen
                lineage = resized([track.lineage for track in parents], result)
                known = Track(lineage, "", _union(track.feeds for track in given))
                self._mark(result, known)
            if self.leaf_depth or not (leaf or known):
                continue
            if known is None:
                self._show_independent(self.names[part] or kind, kind, part, result)
            elif leaf:
                inputs = _union((*(track.feeds for track in given), known.feeds))
                self._show(self.names[part] or kind, kind, part, ((), {}), source, inputs, result)
            elif part is self.module and known.lineage.axes and not known.layer:
                self._show("output", kind, part, ((), {}), source, known.feeds, result)

    def _show_independent(self, name: str, kind: str, part: nn.Module, result: Tensor) -> None:
        """Let the observer know of a layer that the input does not reach, as far as torch could see."""
        if self.start is not None:
            lineage = replace(self.start, axes=None, problem="does not depend on the input")
            self.observer(Layer(self._numbered(name), kind, part, ((), {}), "", (), lineage), result)

    def _numbered(self, name: str) -> str:
        name = name.replace("/", "_")
        self.calls[name] += 1
        return f"{name}#{self.calls[name]}" if self.calls[name] > 1 else name

    def _show(
        self,
        name: str,
        kind: str,
        operation: Any,
        arguments: tuple[Any, Any],
        source: str,
        inputs: tuple[str, ...],
        result: Tensor,
    ) -> None:
        known = self.known(result)
        if known is None:
            return
        name = self._numbered(name)
        self._mark(result, Track(known.lineage, name, (name,)))
        self.observer(Layer(name, kind, operation, arguments, source, inputs, known.lineage), result)


@contextmanager
def tapped(module: nn.Module, observer: Observer) -> Iterator[Taps]:
    """Observe a module while the block runs; every hook is gone afterwards, also after an error.

    Examples
    --------
    >>> network = nn.Sequential(nn.Conv2d(1, 2, 3, stride=2, padding=1), nn.ReLU())
    >>> image = torch.zeros(1, 1, 8, 8)
    >>> with tapped(network, lambda layer, output: print(layer.name, layer.kind, *output.shape[2:])) as taps:
    ...     taps.begin(image)
    ...     _ = network(image)
    0 Conv2d 4 4
    1 ReLU 4 4
    """
    taps = Taps(module, observer)
    try:
        taps.install()
        with taps:
            yield taps
    finally:
        taps.remove()


def listed_inputs(inputs: Iterable[str], passed_by: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Look through layers that are not listed themselves (refused, or not asked for) to those that feed them.

    Parameters
    ----------
    inputs : iterable of str
        `Layer.inputs`.
    passed_by : Mapping of str to tuple of str
        `Layer.inputs` of every layer that is not listed, by its name.

    Examples
    --------
    >>> listed_inputs(("conv", "pool"), {"pool": ("relu", "conv"), "relu": ("input",)})
    ('conv', 'input')
    """
    found: dict[str, None] = {}
    waiting = list(inputs)
    while waiting:
        name = waiting.pop(0)
        if name in passed_by:
            waiting[:0] = passed_by[name]
        else:
            found[name] = None
    return tuple(found)


def _union(names: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """All names in order, each once."""
    return tuple(dict.fromkeys(name for several in names for name in several))


def _is_leaf(part: nn.Module) -> bool:
    return all(name == "parametrizations" for name, _ in part.named_children())


def _clean(name: str) -> str:
    return ".".join(piece for piece in name.split(".") if piece != "_orig_mod")
