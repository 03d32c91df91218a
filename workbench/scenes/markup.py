"""XML that came with data, parsed without trusting it."""

from __future__ import annotations

from typing import Any

from workbench.scenes.containers import UnsuitableError

LARGEST = 64 * 2**20


def parse_markup(data: bytes, what: str, recover: bool = False) -> Any:
    """Return the root of an XML document; entities are not expanded, nothing is fetched.

    Parameters
    ----------
    data : bytes
        The document.
    what : str
        What the message calls it.
    recover : bool
        Read on after mistakes, such as a wrong closing tag.

    Raises
    ------
    UnsuitableError
        If it is larger than 64 MiB, declares entities, or cannot be read.
    """
    from lxml import etree

    if len(data) > LARGEST:
        raise UnsuitableError(f"{what} has {len(data)} bytes; at most {LARGEST} are read")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=recover,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnsuitableError(f"{what} is no readable XML: {error}") from None
    if root is None:
        raise UnsuitableError(f"{what} is no readable XML: no element found")
    document = root.getroottree().docinfo.internalDTD
    if document is not None and any(True for _ in document.iterentities()):
        raise UnsuitableError(f"{what} declares entities, which are not expanded; plain XML is needed")
    return root


def text_of(element: Any, *names: str) -> str | None:
    """Return the stripped text of the first descendant that has one of the names, in the order of names."""
    for name in names:
        for found in element.iter(name):
            if found.text and found.text.strip():
                return str(found.text.strip())
    return None
