"""The widgets of an explorer's settings, in groups under the equation that they change."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from workbench.session import DataFile
from workbench.session.explorers import Explorer
from workbench.views.explorers.file_input import FileInput
from workbench.views.sliders import QuickFloatSlider, QuickIntSlider
from workbench.views.styles import TYPE
from workbench.views.text import Text

__all__ = ["Controls"]

_WIDE = {"size": "small", "sizing_mode": "stretch_width", "margin": (8, 4, 4, 4)}
_EQUATION = TYPE + ".equation { font: 13px/20px 'Cambria Math', 'STIX Two Math', serif; opacity: .85; }"


class Controls(pn.viewable.Viewer):
    """One widget per setting; widget and setting always agree."""

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        self._explorer = explorer
        self.widgets: dict[str, Any] = {}
        self._heads: list[tuple[tuple[str, ...], Text]] = []
        parts: list[Any] = []
        for group in explorer.GROUPS:
            parts.append(Text("", _EQUATION, margin=(10, 4, 2, 4)))
            self._heads.append((group.names, parts[-1]))
            parts.extend(self._widget(name) for name in group.names)
        self._column = pn.Column(*parts, sizing_mode="stretch_width", margin=0)
        explorer.param.watch(self._changed, explorer.choices())
        self.show_relevant()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._column

    def _widget(self, name: str) -> Any:
        setting, value = self._explorer.param[name], getattr(self._explorer, name)
        widget = _make(setting, value)
        self.widgets[name] = widget
        widget.param.watch(lambda event: self._moved(name, event.new), "value")
        if isinstance(setting, DataFile):  # files come while a page is open
            widget.param.watch(lambda event: self._offer(name, event.new), "value_input")
        return widget

    def _moved(self, name: str, value: Any) -> None:
        if value is None or value == getattr(self._explorer, name):
            return
        try:
            setattr(self._explorer, name, value)
        except ValueError:
            self.widgets[name].value = getattr(self._explorer, name)

    def _changed(self, *events: Any) -> None:
        for event in events:
            widget = self.widgets.get(event.name)
            if widget is not None and widget.value != event.new:
                widget.value = event.new
        self.show_relevant()

    def _offer(self, name: str, typed: str = "") -> None:
        """List the files that there are now; take the one whose whole name was typed."""
        files, widget = self._explorer.param[name].files(), self.widgets[name]
        if widget.options != files:
            widget.options = files
        if typed in files and widget.value != typed:
            widget.value = typed

    def show_relevant(self) -> None:
        """Show the settings and equations that have an effect now, hide all others with their headings."""
        relevant = self._explorer.relevant()
        for group, (names, head) in zip(self._explorer.GROUPS, self._heads, strict=True):
            head.visible = not relevant.isdisjoint(names)
            equation = group.equation_now(relevant)
            below = f'<p class="equation">{escape(equation)}</p>' if equation else ""
            head.text = f"<h2>{escape(group.title)}</h2>{below}"
        for name, widget in self.widgets.items():
            if widget.visible != (name in relevant):
                widget.visible = name in relevant
                if widget.visible and isinstance(self._explorer.param[name], DataFile):
                    self._offer(name)


def _make(setting: Any, value: Any) -> Any:
    """Return the widget that suits a parameter."""
    label = setting.label or setting.name
    if isinstance(setting, param.Boolean):
        return pmui.Switch(label=label, value=value, margin=(4, 4))
    if isinstance(setting, param.Selector):
        return pmui.Select(label=label, options=list(setting.objects), value=value, **_WIDE)
    if isinstance(setting, param.Integer):
        low, high = _bounds(setting)
        return QuickIntSlider(label=label, start=low, end=high, value=value, step=setting.step or 1, **_WIDE)
    if isinstance(setting, param.Number):
        low, high = _bounds(setting)
        step = setting.step or (high - low) / 100
        return QuickFloatSlider(label=label, start=low, end=high, value=value, step=step, **_WIDE)
    if isinstance(setting, DataFile):
        return FileInput(label=label, options=setting.files(), value=value, **_WIDE)
    return pmui.TextInput(label=label, value=value, **_WIDE)


def _bounds(setting: Any) -> tuple[Any, Any]:
    """Both ends of a slider: a number without them cannot be shown as one."""
    low, high = setting.bounds or (None, None)
    if low is None or high is None:
        raise ValueError(f"setting {setting.name!r} needs two bounds, found {setting.bounds!r}")
    return low, high
