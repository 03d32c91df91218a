"""A user's own file as notebook code."""

from __future__ import annotations

__all__ = ["file_code"]


def file_code(variable: str, name: str, size: int) -> list[str]:
    r"""Return lines that open what an explorer shows of a file in the workspace's data folder.

    >>> print(*file_code("x", "mine.npy", 64), sep="\n")
    from workbench.session import user_scene
    x = user_scene('mine.npy', 64)  # its middle, mean power 1
    """
    return [
        "from workbench.session import user_scene",
        f"{variable} = user_scene({name!r}, {size})  # its middle, mean power 1",
    ]
