"""Viewers without a browser: they open an explorer's page by its websocket, move a slider, acknowledge."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

__all__ = ["Viewer", "crowd", "open_and_close"]

MAX_BYTES = 64 * 1024**2
PATIENCE = 30.0  # s
STEP = re.compile(r'class=\\"at\\">step (\d+)')
READY = {
    "kind": "MessageSent",
    "msg_type": "bokeh_event",
    "msg_data": {"type": "event", "name": "document_ready", "values": {"type": "map"}},
}


class Viewer:
    """One session of a page; it sends what a browser would, and paints at once.

    Parameters
    ----------
    address
        ``http://localhost:PORT/NAME?…``.
    label
        Start of the label of the slider that it moves.
    seen
        Slot → whether it is in view, as a browser of 1440 × 900 reports them; None: it does not tell.
    """

    def __init__(self, address: str, label: str, seen: dict[str, bool] | None) -> None:
        self._address, self._label, self._seen = address, label, seen
        self._socket: WebSocketClientConnection | None = None
        self._slider: dict[str, Any] = {}
        self._beat = ""
        self._frame = 0
        self.models = 0

    async def open(self) -> None:
        """Open the page as far as its first picture."""
        page = await AsyncHTTPClient().fetch(self._address, request_timeout=PATIENCE)
        found = re.search(r'"token":"([^"]+)"', page.body.decode())
        if found is None:
            raise RuntimeError(f"{self._address} holds no session token")
        where = self._address.partition("?")[0].replace("http:", "ws:") + "/ws"
        request = HTTPRequest(where, headers={"Origin": "http://" + where.split("/")[2]})
        self._socket = await websocket_connect(
            request, subprotocols=["bokeh", found[1]], max_message_size=MAX_BYTES
        )
        self._socket.protocol.stream.set_nodelay(True)  # as browsers do
        await self._read()  # the server says that it listens
        await self._send("PULL-DOC-REQ", {})
        while True:
            kind, content, _answered = await self._read()
            if kind == "PULL-DOC-REPLY":
                break
        self._learn(json.loads(content))
        await self._change(self._beat, "painted", self._frame)
        await self._patch(READY)
        if self._seen is not None:
            await self._change(self._beat, "seen", self._seen)
        await self._painted()

    async def move(self) -> float:
        """Move the slider; return the seconds until the picture is there."""
        slider = self._slider
        step = slider["step"]
        value = slider["value"] + step
        if value > slider["end"] - step / 2:
            value = slider["start"] + step
        slider["value"] = value
        began = time.perf_counter()
        asked = await self._change(slider["id"], "value", value)
        await self._change(slider["id"], "value_throttled", value)
        await self._painted(asked)
        return time.perf_counter() - began

    async def follow(self, seconds: float) -> list[tuple[int, float]]:
        """Take frames as they come; return the step that each shows, and when it was there."""
        frames: list[tuple[int, float]] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            steps = [int(found) for found in STEP.findall(await self._painted())]
            if steps:
                frames.append((max(steps), time.time()))
        return frames

    def close(self) -> None:
        """Leave."""
        if self._socket is not None:
            self._socket.close()

    def _learn(self, reply: dict[str, Any]) -> None:
        for model in _models(reply["doc"]["roots"]):
            self.models += 1
            name, values = str(model.get("name", "")), model.get("attributes", {})
            if name.startswith("Heartbeat"):
                self._beat, self._frame = model["id"], values.get("sent", 0)
            if str(values.get("label", "")).startswith(self._label) and "Slider" in name:
                self._slider = {"start": 0, "end": 1, "step": 1, "value": 0, **values, "id": model["id"]}
        if not self._beat or not self._slider:
            raise RuntimeError(f"{self._address} has no heartbeat, or no slider {self._label!r}")

    async def _painted(self, asked: str = "") -> str:
        """Say of frames that they are painted; return the message of the first that answers `asked`.

        A frame that was under way before the server had the question is no answer to it.
        """
        frame = re.compile(rf'"id":"{self._beat}"\}},"attr":"sent","new":(\d+)')
        while True:
            _kind, content, answered = await self._read()
            if answered == asked:
                asked = ""
            found = frame.findall(content)
            if found:
                self._frame = int(found[-1])
                await self._change(self._beat, "painted", self._frame)
                if not asked:
                    return content

    async def _change(self, model: str, name: str, value: Any) -> str:
        return await self._patch({"kind": "ModelChanged", "model": {"id": model}, "attr": name, "new": value})

    async def _patch(self, event: dict[str, Any]) -> str:
        return await self._send("PATCH-DOC", {"events": [event]})

    async def _send(self, kind: str, content: dict[str, Any]) -> str:
        """Send a message; return its number."""
        assert self._socket is not None
        number = uuid.uuid4().hex
        for part in ({"msgid": number, "msgtype": kind}, {}, content):
            await self._socket.write_message(json.dumps(part))
        return number

    async def _read(self) -> tuple[str, str, str]:
        """Return kind and content of one message, what it answers; its buffers are taken, not looked at."""
        header = json.loads(await self._part())
        await self._part()
        content = await self._part()
        for _ in range(2 * header.get("num_buffers", 0)):
            await self._part()
        return header["msgtype"], str(content), header.get("reqid", "")

    async def _part(self) -> str | bytes:
        assert self._socket is not None
        part = await asyncio.wait_for(self._socket.read_message(), PATIENCE)
        if part is None:
            raise RuntimeError(f"{self._address}: the server closed the session")
        return part


def _models(part: Any) -> Any:
    """Every model of a document's JSON."""
    if isinstance(part, list):
        for one in part:
            yield from _models(one)
    elif isinstance(part, dict):
        if part.get("type") == "object" and "id" in part:
            yield part
        for one in part.values():
            yield from _models(one)


async def crowd(viewers: list[Viewer], rate: float, seconds: float) -> list[float]:
    """Let all viewers, opened before, move their sliders so often; return how long each picture took."""
    waits: list[float] = []

    async def live(viewer: Viewer, late: float) -> None:
        await asyncio.sleep(late)
        end = time.perf_counter() + seconds
        while (now := time.perf_counter()) < end:
            waits.append(await viewer.move())
            await asyncio.sleep(max(0.0, now + 1 / rate - time.perf_counter()))

    await asyncio.gather(*(live(viewer, k / rate / len(viewers)) for k, viewer in enumerate(viewers)))
    return waits


async def open_and_close(viewers: list[Viewer]) -> None:
    """Open sessions one after the other, move the slider of each once, leave."""
    for viewer in viewers:
        await viewer.open()
        await viewer.move()
        viewer.close()
