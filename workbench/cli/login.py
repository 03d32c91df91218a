"""How accounts sign in: compared in constant time, more rarely after failures."""

from __future__ import annotations

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["Attempts", "login_provider"]

_FREE = 5  # failures in a row that cost nothing
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 900.0  # s
_ADDRESSES = 10_000  # remembered at most


class Attempts:
    """Failures to sign in by address: after five in a row the address waits 5 s, doubled by each further one.

    Parameters
    ----------
    clock
        Returns the time in s.

    Examples
    --------
    >>> attempts = Attempts(clock=lambda: 0.0)
    >>> for _ in range(6):
    ...     attempts.failed("10.0.0.7")
    >>> attempts.wait("10.0.0.7"), attempts.wait("10.0.0.8")
    (5.0, 0.0)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Return the seconds until `address` may try again, at most 15 minutes."""
        count, last = self._failures.get(address, (0, 0.0))
        if count <= _FREE:
            return 0.0
        pause = min(_FIRST_WAIT * 2.0 ** min(count - _FREE - 1, 10), _LONGEST_WAIT)
        return max(0.0, last + pause - self._clock())

    def failed(self, address: str) -> None:
        """Note a wrong user or password."""
        count, _ = self._failures.pop(address, (0, 0.0))
        self._failures[address] = (count + 1, self._clock())
        if len(self._failures) > _ADDRESSES:
            self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget the failures of an address."""
        self._failures.pop(address, None)


def login_provider(accounts: dict[str, str], login_page: Path, logout_page: Path) -> Any:
    """Make the Panel authentication provider of `accounts`, ``{user: password}``."""
    from panel.auth import BasicAuthProvider, BasicLoginHandler
    from tornado.escape import url_escape

    attempts = Attempts()

    class Login(BasicLoginHandler):
        def post(self) -> None:
            seconds = attempts.wait(str(self.request.remote_ip))
            if seconds:
                words = f"Too many failures from this address: try again in {seconds:.0f} s."
                self.redirect(f"{self._login_endpoint}?error={url_escape(words)}")
            else:
                super().post()

        def _validate(self, username: str, password: str) -> bool:
            known = accounts.get(username, "")
            right = hmac.compare_digest(known.encode(), password.encode()) and username in accounts
            (attempts.succeeded if right else attempts.failed)(str(self.request.remote_ip))
            return right

    class Provider(BasicAuthProvider):
        @property
        def login_handler(self) -> type:
            Login._login_endpoint = self._login_endpoint
            Login._login_template = self._login_template
            return Login

    return Provider(login_template=str(login_page), logout_template=str(logout_page))
