"""What one observation is: named arrays of one group at one step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr


@dataclass(frozen=True)
class Record:
    """The values of one group at one step, ready to be stored.

    Parameters
    ----------
    group : str
        ``"scalars"``, or the name of one of the :data:`~workbench.training.instruments.INSTRUMENTS`.
    step : int
        Steps finished when it was made.
    values : Mapping of str to ndarray
        One array per recorded variable, shaped as in the group's template. In the tree ``"layers"`` names are
        ``"<layer>/power"``.

    Examples
    --------
    >>> Record("scalars", 3, {"loss_generator": np.array(0.5)}).step
    3
    """

    group: str
    step: int
    values: Mapping[str, np.ndarray]


Recorder = Callable[[Record], None]


def values_of(measured: xr.Dataset | xr.DataTree) -> dict[str, np.ndarray]:
    """Collect what a measurement records: the variables named in its ``attrs["recorded"]``.

    Parameters
    ----------
    measured : Dataset or DataTree
        One measurement without a step dimension; in a tree every node that records something has
        ``attrs["recorded"]``.

    Returns
    -------
    dict of str to ndarray
        Values by variable; in a tree by ``"<node>/<variable>"``.

    Examples
    --------
    >>> values_of(xr.Dataset({"a": 1.0, "b": 2.0}, attrs={"recorded": ["b"]}))
    {'b': array(2.)}
    """
    if isinstance(measured, xr.Dataset):
        return {name: measured[name].values for name in measured.attrs["recorded"]}
    return {
        f"{node.path}/{name}".strip("/"): node.to_dataset(inherit=False)[name].values
        for node in measured.subtree
        for name in node.attrs.get("recorded", ())
    }


def template_of(measured: xr.Dataset | xr.DataTree) -> xr.Dataset | xr.DataTree:
    """Make a group's template of one measurement: recorded variables keep shape, dtype, attrs but no value.

    Parameters
    ----------
    measured : Dataset or DataTree
        One measurement without a step dimension, as for :func:`values_of`.

    Returns
    -------
    Dataset or DataTree
        A copy with zeros in the recorded variables; the root of a tree lists their full names in
        ``attrs["recorded"]``.

    Examples
    --------
    >>> measured = xr.Dataset({"a": ("x", [1.0, 2.0]), "b": 3}, attrs={"recorded": ["a"]})
    >>> template = template_of(measured)
    >>> template.a.values.tolist(), int(template.b)
    ([0.0, 0.0], 3)
    """
    if isinstance(measured, xr.Dataset):
        return measured.assign({name: xr.zeros_like(measured[name]) for name in measured.attrs["recorded"]})
    nodes = {node.path: node.to_dataset(inherit=False) for node in measured.subtree}
    templates = {
        path: template_of(node) if "recorded" in node.attrs else node for path, node in nodes.items()
    }
    root = templates["/"].assign_attrs(recorded=list(values_of(measured)))
    return xr.DataTree.from_dict(templates | {"/": root})
