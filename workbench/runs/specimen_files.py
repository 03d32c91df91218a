"""How labelled arrays travel between two processes: one npz file, nothing pickled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

__all__ = ["read_result", "write_result"]

_STRUCTURE = "structure"


def write_result(path: Path, result: Any) -> None:
    """Write a Dataset, a DataTree, or anything JSON can hold.

    Examples
    --------
    >>> import tempfile
    >>> data = xr.Dataset({"a": ("x", [1 + 2j])}, coords={"x": ["one"]}, attrs={"tone": [5, 11]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_result(Path(folder) / "result.npz", data)
    ...     read_result(Path(folder) / "result.npz").identical(data)
    True
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    structure: dict[str, Any] = {"kind": "json"}
    if isinstance(result, xr.Dataset):
        structure = {"kind": "dataset", "nodes": {"/": _described(result, arrays)}}
    elif isinstance(result, xr.DataTree):
        nodes = {node.path: _described(node.to_dataset(inherit=False), arrays) for node in result.subtree}
        structure = {"kind": "tree", "nodes": nodes}
    else:
        structure["value"] = result
    text = json.dumps(structure, default=_plain)
    named: dict[str, Any] = {_STRUCTURE: np.frombuffer(text.encode(), np.uint8), **arrays}
    np.savez(path, **named)


def read_result(path: Path) -> Any:
    """Read what `write_result` wrote."""
    with np.load(path, allow_pickle=False) as file:
        structure = json.loads(file[_STRUCTURE].tobytes().decode())
        if structure["kind"] == "json":
            return structure["value"]
        nodes = {name: _dataset(node, file) for name, node in structure["nodes"].items()}
    return nodes["/"] if structure["kind"] == "dataset" else xr.DataTree.from_dict(nodes)


def _described(dataset: xr.Dataset, arrays: dict[str, npt.NDArray[Any]]) -> dict[str, Any]:
    variables = []
    for name, variable in dataset.variables.items():
        values = np.asarray(variable.values)
        key = f"a{len(arrays)}"
        arrays[key] = values.astype(str) if values.dtype.kind in "OT" else values
        variables.append([str(name), key, list(variable.dims), dict(variable.attrs)])
    return {"variables": variables, "coords": [str(name) for name in dataset.coords], "attrs": dataset.attrs}


def _dataset(node: dict[str, Any], file: Any) -> xr.Dataset:
    variables = {name: (dims, file[key], attrs) for name, key, dims, attrs in node["variables"]}
    coords = {name: variables.pop(name) for name in node["coords"]}
    return xr.Dataset(variables, coords=coords, attrs=node["attrs"])


def _plain(value: Any) -> Any:
    """Turn numpy's scalars and arrays into what JSON holds."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)
