"""What an explorer's page takes from its address: all that fits, each setting by itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import param

from workbench.session.explorers import Explorer

__all__ = ["follow_address"]


def follow_address(explorer: Explorer, location: Any) -> list[str]:
    """Set what `location` says, keep the two alike from now on; returns the settings that did not fit.

    Panel alone applies all of an address or, if one value cannot be taken, a part of it without telling
    anybody.
    """
    given = {name: value for name, value in location.query_params.items() if name in explorer.choices()}
    fits: dict[str, Any] = {}
    for name, value in given.items():
        value = str(value) if isinstance(explorer.param[name], param.String) else value
        try:
            type(explorer)(**{name: value})
        except ValueError:
            continue
        fits[name] = value
    refused = [name for name in given if name not in fits]
    if refused:
        kept = {name: value for name, value in location.query_params.items() if name not in refused}
        location.search = "?" + urlencode(kept)
    explorer.param.update(**fits)
    location.sync(explorer, {name: name for name in explorer.choices()})
    return refused
