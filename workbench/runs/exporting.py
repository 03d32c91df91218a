"""What a run recorded, as one file that other programs read."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from workbench.runs.handle import Run

__all__ = ["export_records", "split_complex"]

_TREES = ("layers", "pass_orders", "pass_layers")
_PROVENANCE = ("system", "scene", "mapping", "size", "seed", "device", "code_version")
_GROUPS = ("scalars", "orders", "coherence", "images", "events")


def split_complex(dataset: xr.Dataset) -> xr.Dataset:
    """Replace every complex variable by its real and imaginary parts, which NetCDF-4 can hold.

    ``slc`` becomes ``slc_real`` and ``slc_imag``; :func:`workbench.scenes.open_scene` reads them back.

    Examples
    --------
    >>> parts = split_complex(xr.Dataset({"slc": ("x", [1 + 2j])}))
    >>> float(parts["slc_real"][0]), float(parts["slc_imag"][0])
    (1.0, 2.0)
    """
    found = [name for name, variable in dataset.data_vars.items() if np.iscomplexobj(variable)]
    parts = {}
    for name in found:
        parts[f"{name}_real"], parts[f"{name}_imag"] = dataset[name].real, dataset[name].imag
        parts[f"{name}_real"].attrs = parts[f"{name}_imag"].attrs = dict(dataset[name].attrs)
    return dataset.drop_vars(found).assign(parts)


def export_records(run: Run, target: Path, *, force: bool = False) -> Path:
    """Write what `run` recorded so far to one file.

    Parameters
    ----------
    run : any run, also one that trains
    target : ``FILE.csv`` for the scalars, one row per step; ``FILE.nc`` (NetCDF-4) for every group
    force : whether a file that is there may be replaced

    Returns
    -------
    Path
        The file, complete: it is written under another name and renamed.

    Raises
    ------
    ValueError
        If the suffix is neither, or nothing has been recorded.
    FileExistsError
        If the file is there.
    """
    target = Path(target)
    if target.suffix not in (".csv", ".nc"):
        raise ValueError(f"{target}: the suffix says the format; needed .csv or .nc, found {target.suffix!r}")
    if target.exists() and not force:
        raise FileExistsError(f"{target} is there already; choose another name, or force=True (--force)")
    if not run.scalars().sizes["step"]:
        raise ValueError(f"run {run.name} is {run.state} and has recorded nothing yet")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as folder:
            unfinished = Path(folder) / target.name
            if target.suffix == ".csv":
                run.scalars().to_dataframe().to_csv(unfinished)
            else:
                # Made in memory: HDF5 cannot give a file up whose disk is full.
                unfinished.write_bytes(_tree(run).to_netcdf(engine="h5netcdf"))
            unfinished.replace(target)
    except OSError as error:
        raise OSError(f"{target} could not be written: {error.strerror or error}") from None
    return target


def _tree(run: Run) -> xr.DataTree:
    nodes = {f"/{group}": split_complex(getattr(run, group)().load()) for group in _GROUPS}
    for group in _TREES:
        tree = getattr(run, group)()
        for path, node in tree.subtree_with_keys:
            nodes[f"/{group}/{path}".rstrip("/.")] = split_complex(node.to_dataset(inherit=False).load())
    tree = xr.DataTree.from_dict({name: _plain(node) for name, node in nodes.items()}, name=run.name)
    about = run.scalars().attrs  # where the runner wrote what decides the records
    tree.attrs = {name: about[name] for name in _PROVENANCE if name in about}
    tree.attrs["source"] = f"spectral workbench run {run.name}"
    return tree


def _plain(node: xr.Dataset) -> xr.Dataset:
    """Keep attributes that NetCDF can hold; others are written as text."""
    for attrs in (node.attrs, *(variable.attrs for variable in node.variables.values())):
        for key, value in attrs.items():
            if isinstance(value, bool):
                attrs[key] = int(value)
            elif value is None or isinstance(value, list | tuple | dict):
                attrs[key] = str(value)
    return node
