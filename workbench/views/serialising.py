"""How Bokeh's models are written for the browser: what is at its default is not worked out first."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from bokeh.core.has_props import HasProps
from bokeh.core.property.singletons import Undefined
from bokeh.core.property.wrappers import PropertyValueContainer

__all__ = ["write_what_is_set"]

_query_all = HasProps.query_properties_with_values
_overridden_defaults = HasProps._overridden_defaults.__func__  # type: ignore[attr-defined]


def write_what_is_set() -> None:
    """Make Bokeh skip, in this process, the defaults that it does not send anyway.

    Bokeh works out the value of all of a model's properties (a figure has some 120), then leaves out those
    at their defaults: that was two fifths of the time it took to open a page. The three methods put in here
    return what those of Bokeh 3.9 return; a test compares whole pages. It changes nothing the second time.
    """
    HasProps.query_properties_with_values = _query_set  # type: ignore[method-assign]
    HasProps.themed_values = _themed_values  # type: ignore[method-assign]
    HasProps._overridden_defaults = classmethod(lru_cache(None)(_overridden_defaults))  # type: ignore


def _themed_values(self: Any) -> dict[str, Any] | None:
    """Return what a theme says; Bokeh's own raises and catches an error where none says anything."""
    themed: dict[str, Any] | None = self.__dict__.get("__themed_values__")
    return themed


def _query_set(
    self: Any,
    query: Callable[[Any], bool],
    *,
    include_defaults: bool = True,
    include_undefined: bool = False,
) -> dict[str, Any]:
    if include_defaults or include_undefined:
        return _query_all(self, query, include_defaults=include_defaults, include_undefined=include_undefined)
    themed = self.themed_values() or {}
    unstable = self._unstable_default_values
    wanted = self._property_values.keys() | unstable.keys() | themed.keys() | _required(self.__class__)
    result = {}
    for name in self.properties(_with_props=True):
        if name not in wanted:
            continue
        descriptor = self.lookup(name)
        if not query(descriptor):
            continue
        value = descriptor.get_value(self)  # raises where what is required was never set
        container = isinstance(value, PropertyValueContainer) and name in unstable
        if name in themed or not container:
            result[name] = value
    return result


@lru_cache(None)
def _required(kind: type[HasProps]) -> frozenset[str]:
    """Names of what has no default: left unset, it is an error that must not go unsaid."""
    overridden = _overridden_defaults(kind)
    return frozenset(
        name
        for name in kind.properties()
        if overridden.get(name, kind.lookup(name).property._default) is Undefined
    )
