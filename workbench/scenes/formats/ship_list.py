"""The list of ships beside the chips of OpenSARShip."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.scenes.containers import number
from workbench.scenes.markup import parse_markup, text_of

LENGTHS = ("Length", "Ship_Length", "AIS_Length")
WIDTHS = ("Width", "Ship_Width", "AIS_Width", "Breadth")
KINDS = ("Elaborated_type", "Ship_Type", "AIS_Ship_Type")


@dataclass(frozen=True)
class ShipRecord:
    """What the automatic identification system told about a ship: metres, words; None where it is silent."""

    length: float | None
    width: float | None
    kind: str


def read_ship_list(data: bytes) -> dict[tuple[int, int], ShipRecord]:
    r"""Return the ships by Center_x, Center_y, which their chips bear in their names.

    Some lists end in the malformed ``<\ShipList>``: what stands before it is read.

    Raises
    ------
    UnsuitableError
        If there is no XML to recover.

    Examples
    --------
    >>> text = rb"<ShipList><ship><SARShipInformation><Center_x>7</Center_x><Center_y>9</Center_y>"
    >>> text += rb"</SARShipInformation><AISShipInformation><Length>120</Length></AISShipInformation>"
    >>> text += rb"</ship><\ShipList>"
    >>> read_ship_list(text)
    {(7, 9): ShipRecord(length=120.0, width=None, kind='')}
    """
    root = parse_markup(data, "its Ship.xml", recover=True)
    ships = {}
    for centre in root.iter("Center_x"):
        information = centre.getparent()
        if information is None:
            continue
        ship = (
            information.getparent()
            if information.tag != "ship" and information.getparent() is not None
            else information
        )
        x, y = number(text_of(information, "Center_x")), number(text_of(information, "Center_y"))
        if x is None or y is None:
            continue
        ships[round(x), round(y)] = ShipRecord(
            _metres(text_of(ship, *LENGTHS)), _metres(text_of(ship, *WIDTHS)), text_of(ship, *KINDS) or ""
        )
    return ships


def _metres(text: str | None) -> float | None:
    """Return a length that can be one of a ship, else None."""
    value = number(text)
    return value if value is not None and 1 <= value <= 1000 else None
