"""How a run's records lie in its Icechunk repository.

One Zarr group per record group. Every node has its static arrays as xarray writes them, plus one array
per recorded variable with ``step`` first. The recorded float64 numbers of a group's root share one array
``numbers`` (step, quantity): a commit costs about 2 ms per array touched, so a dozen losses must not be a
dozen arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import icechunk
import numpy as np
import xarray as xr
import zarr
from zarr.codecs import ZstdCodec

STORE_FOLDER = "records.icechunk"
BRANCH = "main"
NUMBERS = "numbers"
LIVE_CHUNK_BYTES = 4096  # what a commit rewrites at most of an array's unfinished chunk
LIVE_CHUNK_ROWS = 64
SEALED_CHUNK_BYTES = 4_000_000
_REFS_PER_MANIFEST = 256

icechunk.set_logs_filter(
    "icechunk=error"
)  # it warns at every opening that local commits need one writer: the lease


@dataclass(frozen=True)
class Column:
    """One recorded variable: where its rows lie, what one row looks like.

    Attributes
    ----------
    path : its name in a record, ``"variable"`` or ``"node/variable"``
    array : path of its array inside the group
    quantity : its column in ``numbers``, None for an array of its own
    dims, shape, dtype : of one row, without ``step``
    attrs : labels
    """

    path: str
    array: str
    quantity: int | None
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    attrs: dict[str, Any]

    @property
    def node(self) -> str:
        """Path of the node that holds it, empty for the group's root."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """Name of the variable in its node."""
        return self.path.rpartition("/")[2]


def store_config() -> icechunk.RepositoryConfig:
    """Make settings that keep thousands of commits cheap: split manifests, bounded caches, no preloading."""
    config = icechunk.RepositoryConfig.default()
    every_axis: Any = {icechunk.ManifestSplitDimCondition.Any(): _REFS_PER_MANIFEST}
    config.manifest = icechunk.ManifestConfig(
        splitting=icechunk.ManifestSplittingConfig.from_dict(
            {icechunk.ManifestSplitCondition.AnyArray(): every_axis}
        ),
        preload=icechunk.ManifestPreloadConfig(max_total_refs=0),
    )
    config.caching = icechunk.CachingConfig(
        num_snapshot_nodes=2_000,
        num_chunk_refs=20_000,
        num_transaction_changes=1_000,
        num_bytes_attributes=1_000_000,
        num_bytes_chunks=4_000_000,
    )
    return config


def open_repository(run: Path, *, create: bool = False) -> icechunk.Repository:
    """Open the repository of the run directory `run`; `create` makes it where there is none.

    Raises
    ------
    FileNotFoundError
        If nothing has been recorded yet.
    """
    folder = run / STORE_FOLDER
    storage = icechunk.local_filesystem_storage(str(folder))
    if create and not (folder / "refs").is_dir():
        repository = icechunk.Repository.create(storage, config=store_config())
        session = repository.writable_session(BRANCH)
        zarr.open_group(session.store, mode="w")
        session.commit("begin")
        return repository
    if not (folder / "refs").is_dir():
        raise FileNotFoundError(f"run {run.name} has recorded nothing yet")
    return icechunk.Repository.open(storage, config=store_config())


def remove_history(repository: icechunk.Repository, age: float) -> None:
    """Remove the commits older than `age` seconds, except the newest, with whatever only they refer to.

    Rows never change, so nothing that was recorded is lost: the newest commit has it all.
    """
    before = datetime.now(UTC) - timedelta(seconds=age)
    repository.expire_snapshots(older_than=before)
    repository.garbage_collect(delete_object_older_than=before)


def columns_of(template: xr.Dataset | xr.DataTree) -> list[Column]:
    """List the recorded variables of a group's template (see `workbench.training.Trainer.templates`).

    Raises
    ------
    ValueError
        If a recorded variable is called ``step`` or ``numbers``, or is not in the template.
    """
    columns: list[Column] = []
    for node, dataset in nodes_of(template).items():
        for name in _recorded_here(dataset):
            if name in ("step", NUMBERS):
                raise ValueError(f"a recorded variable cannot be called {name!r}")
            if name not in dataset:
                raise ValueError(f"the template's node {node or '/'!r} has no recorded variable {name!r}")
            variable = dataset[name].variable
            shared = not node and variable.ndim == 0 and variable.dtype == np.float64
            quantity = sum(column.quantity is not None for column in columns) if shared else None
            path = f"{node}/{name}" if node else str(name)
            columns.append(
                Column(
                    path,
                    NUMBERS if shared else path,
                    quantity,
                    tuple(str(dim) for dim in variable.dims),
                    variable.shape,
                    variable.dtype,
                    {str(key): plain(value) for key, value in variable.attrs.items()},
                )
            )
    return columns


def nodes_of(template: xr.Dataset | xr.DataTree) -> dict[str, xr.Dataset]:
    """Return the datasets of a template by node path, the root's is empty."""
    if isinstance(template, xr.Dataset):
        return {"": template}
    return {node.path.strip("/"): node.to_dataset(inherit=False) for node in template.subtree}


def _recorded_here(dataset: xr.Dataset) -> list[str]:
    # A tree's root lists its children's variables by path; each child lists its own.
    return [name for name in dataset.attrs.get("recorded", ()) if "/" not in name]


def add_group(store: Any, group: str, template: xr.Dataset | xr.DataTree, attrs: Mapping[str, Any]) -> None:
    """Lay out one group in a writable store: static arrays, empty recorded ones, ``step``."""
    columns = columns_of(template)
    for node, dataset in nodes_of(template).items():
        static = dataset.drop_vars(_recorded_here(dataset)).drop_encoding()
        for name, variable in static.variables.items():
            if variable.dtype.kind in "UO":
                static[name] = static[name].astype(np.dtypes.StringDType())
        own = {str(key): plain(value) for key, value in static.attrs.items() if key != "recorded"}
        static.attrs = own if node else {**own, **{key: plain(value) for key, value in attrs.items()}}
        static.to_zarr(store, group=f"{group}/{node}".rstrip("/"), mode="w", consolidated=False)
    root = zarr.open_group(store, path=group, mode="r+")
    root.attrs["recorded"] = [column.path for column in columns]
    add_array(root, "step", (), (), np.dtype("int64"), {"long_name": "training step", "units": "1"})
    quantities = [column for column in columns if column.quantity is not None]
    if quantities:
        labels = {column.name: column.attrs for column in quantities}
        add_array(
            root,
            NUMBERS,
            ("quantity",),
            (len(quantities),),
            np.dtype("float64"),
            {"quantities": list(labels), "labels": labels},
        )
    for column in columns:
        if column.quantity is None:
            add_array(root, column.array, column.dims, column.shape, column.dtype, column.attrs)


def add_array(
    group: zarr.Group,
    path: str,
    dims: tuple[str, ...],
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    attrs: Mapping[str, Any],
    *,
    rows: int = 0,
    sealed: bool = False,
) -> zarr.Array[Any]:
    """Create a recorded array of `rows` rows, chunked for appending or, `sealed`, for reading."""
    text = dtype.kind in "UOT"
    row_bytes = max(1, int(np.prod(shape, dtype=int)) * (64 if text else dtype.itemsize))
    if sealed:
        chunk = max(1, min(max(rows, 1), SEALED_CHUNK_BYTES // row_bytes))
    else:
        chunk = max(1, min(LIVE_CHUNK_ROWS, LIVE_CHUNK_BYTES // row_bytes))
    return group.create_array(
        path,
        shape=(rows, *shape),
        chunks=(chunk, *(max(1, size) for size in shape)),
        dtype=np.dtypes.StringDType() if text else dtype,
        dimension_names=("step", *dims),
        # Compressing costs more than writing while a run trains; sealing does it once.
        compressors=(ZstdCodec(level=3),) if sealed else None,
        attributes=dict(attrs) | {"recorded": True},
        overwrite=True,
    )


def stored_columns(group: zarr.Group) -> list[Column]:
    """List the recorded variables of a stored group, as `columns_of` gave them."""
    columns: list[Column] = []
    for path, array in group.members(max_depth=None):
        if not isinstance(array, zarr.Array):
            continue
        attrs: Any = dict(array.attrs)
        if not attrs.pop("recorded", False) or path == "step":
            continue
        dims = tuple(str(name) for name in _dimension_names(array))[1:]
        if path == NUMBERS:
            labels = attrs["labels"]
            columns += [
                Column(name, NUMBERS, index, (), (), np.dtype("float64"), dict(labels[name]))
                for index, name in enumerate(attrs["quantities"])
            ]
        else:
            columns.append(Column(path, path, None, dims, array.shape[1:], array.dtype, attrs))
    order: Any = group.attrs["recorded"]
    return sorted(columns, key=lambda column: order.index(column.path))


def _dimension_names(array: Any) -> tuple[str, ...]:
    return array.metadata.dimension_names or ()


def plain(value: Any) -> Any:
    """Return `value` as JSON can hold it: numpy scalars and arrays become numbers and lists."""
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
