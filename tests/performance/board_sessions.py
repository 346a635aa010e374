"""Sessions of the board without a browser: what one says and hears on the wire, and how long each answer takes.

They speak Streamlit's own protocol (BackMsg and ForwardMsg of streamlit.proto over one websocket, the subprotocol
`streamlit`): connect, run the page, keep what the server marks as worth keeping and name it, run each fragment again
at the pace that its page asks for, press what people press. Nothing is drawn, so that twenty cost less than one
Chromium.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PATIENCE = 180.0
"""Seconds after which an answer is taken for lost: a process that starts on a busy machine takes its time."""

KEPT_RUNS = 2
"""How many runs of the whole page a message is kept by the browser (`global.maxCachedMessageAge`)."""

Times = dict[str, list[float]]
"""Seconds by what was waited for."""


class SessionLost(Exception):
    """The server refused a session, or let it go; the message says when."""


@dataclass
class Heard:
    """What all sessions measured together."""

    seconds: Times = field(default_factory=lambda: defaultdict(list))
    bytes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    refused: list[str] = field(default_factory=list)
    failures: int = 0
    runs: int = 0


@dataclass
class Page:
    """A session's page as it stands: its components by name, and the pace of its fragments."""

    hash: str = ""
    parts: dict[str, str] = field(default_factory=dict)  # a component's name: its widget id
    data: dict[str, Any] = field(default_factory=dict)
    fragments: dict[str, float] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)  # a component's name: the fragment that draws it


class Session:
    """One person at the board."""

    def __init__(self, base: str, me: str, path: str, heard: Heard) -> None:
        self.base, self.path, self.first, self.heard = base, path, path, heard
        self.query = {"lang": "tr", "me": me}
        self.page = Page()
        self.kept: dict[str, tuple[int, ForwardMsg]] = {}
        self.ran = 0
        self.order: list[int] = []
        self._socket: ClientConnection | None = None
        self._turn = asyncio.Lock()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.pace = 1.0

    async def __aenter__(self) -> Session:
        url = self.base.replace("http", "ws", 1) + "/_stcore/stream"
        try:
            self._socket = await connect(
                url, subprotocols=[Subprotocol("streamlit")], max_size=None, open_timeout=PATIENCE, compression=None
            )
        except (OSError, websockets.WebSocketException, TimeoutError) as error:
            raise SessionLost(f"the board refused a session: {type(error).__name__}") from None
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks.values():
            task.cancel()
        if self._socket is not None:
            await self._socket.close()

    # --- what people do ---

    async def open(self) -> None:
        """Open the page as a browser does that was given its address."""
        await self._run("open", {}, name=self.path)
        if self.path not in self.paths():
            self.path = "triage"
        await self.refresh()  # the framework knows a component's state from its second run on

    async def turn_to(self, path: str) -> None:
        """Press a page in the navigation."""
        self.path = path
        await self._run("page change", self._pressed("bar", "go", {"page": path}), fragment=self.page.owner.get("bar"))

    async def place(self, what: str, items: tuple[Mapping[str, Any], ...] = (), **change: Any) -> None:
        """Go somewhere within Triage (`case`, `view`, `search`), or do something there."""
        triage = self.page.data.get("triage")
        if triage is None:
            return
        where = {**triage["place"], **change, "n": triage["place"]["n"] + 1}
        sent = self._pressed("triage", "send", {"items": list(items), "place": where})
        await self._run(what, sent, fragment=self.page.owner.get("triage"))

    def paths(self) -> list[str]:
        """The pages that the bar leads to."""
        return [str(page[0]) for page in self.page.data.get("bar", {}).get("pages") or []]

    async def refresh(self) -> None:
        """Every fragment of the page once, as their timers would."""
        for fragment in list(self.page.fragments):
            await self._refresh(fragment)

    async def live(self, seconds: float, act: Any = None) -> None:
        """Let the page refresh by itself for so long; `act(session)` is done now and then in between."""
        ends = time.monotonic() + seconds
        chance = random.Random(self.query["me"])
        due: dict[str, float] = {}
        acts_at = time.monotonic() + chance.uniform(2, 12)
        while (now := time.monotonic()) < ends:
            for fragment, every in self.page.fragments.items():
                due.setdefault(fragment, now + every * chance.random())
            ready = [one for one, at in due.items() if at <= now]
            for one in ready:
                every = self.page.fragments.get(one)
                if every is None:
                    del due[one]
                    continue
                await self._refresh(one)
                due[one] = time.monotonic() + every
            if act is not None and time.monotonic() >= acts_at:
                await act(self, chance)
                acts_at = time.monotonic() + chance.uniform(6, 14)
            await asyncio.sleep(0.05)

    async def _refresh(self, fragment: str) -> None:
        names = [name for name, owner in self.page.owner.items() if owner == fragment]
        await self._run(f"refresh {names[0] if names else 'other'}", {}, fragment=fragment, auto=True)

    # --- the wire ---

    def _pressed(self, part: str, event: str, value: Any) -> dict[str, str]:
        """The states of the widgets in which one event of a part was pressed."""
        id = self.page.parts[part]
        return {f"$$STREAMLIT_INTERNAL_KEY_{id}__events": json.dumps([{"event": event, "value": value}])}

    async def _run(
        self, what: str, pressed: Mapping[str, str], fragment: str | None = None, name: str = "", auto: bool = False
    ) -> None:
        """Ask for a run, hear it to its end (a rerun that it asks for included), and note how long it took."""
        assert self._socket is not None
        back = BackMsg()
        state = back.rerun_script
        state.query_string = urlencode(self.query)
        state.page_script_hash = self.page.hash
        state.page_name = name
        state.fragment_id = fragment or ""
        state.is_auto_rerun = auto
        state.cached_message_hashes.extend(self.kept)
        for id, value in pressed.items():
            widget = state.widget_states.widgets.add()
            widget.id, widget.json_trigger_value = id, value
        began, size = time.perf_counter(), 0
        try:
            async with self._turn:
                await self._socket.send(back.SerializeToString())
                status = ForwardMsg.FINISHED_EARLY_FOR_RERUN
                while status == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    status, heard = await asyncio.wait_for(self._until_finished(), PATIENCE)
                    size += heard
        except (websockets.WebSocketException, TimeoutError) as error:
            self.heard.refused.append(f"{what}: {type(error).__name__}")
            raise SessionLost(f"the board let a session go during {what}: {type(error).__name__}") from None
        self.heard.seconds[what].append(time.perf_counter() - began)
        self.heard.bytes[what].append(size)
        self.heard.runs += 1

    async def _until_finished(self) -> tuple[int, int]:
        assert self._socket is not None
        size = 0
        while True:
            raw = await self._socket.recv()
            assert isinstance(raw, bytes)
            size += len(raw)
            message = ForwardMsg.FromString(raw)
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                self._age(message.script_finished)
                return message.script_finished, size
            self._hear(message, kind)

    def _age(self, status: int) -> None:
        if status == ForwardMsg.FINISHED_SUCCESSFULLY:
            self.ran += 1
            self.kept = {key: one for key, one in self.kept.items() if self.ran - one[0] <= KEPT_RUNS}

    def _hear(self, message: ForwardMsg, kind: str | None) -> None:
        if kind == "ref_hash":
            message = self.kept[message.ref_hash][1]
            kind = message.WhichOneof("type")
        if message.metadata.cacheable:
            self.kept[message.hash] = self.ran, message
        if kind == "new_session":
            self.page.hash = message.new_session.page_script_hash
            if not list(message.metadata.run.fragment_ids):
                self.page = Page(self.page.hash)
        elif kind == "auto_rerun":
            self.page.fragments[message.auto_rerun.fragment_id] = message.auto_rerun.interval / self.pace
        elif kind == "page_info_changed":
            self.query = dict(parse_qsl(message.page_info_changed.query_string.lstrip("?")))
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "bidi_component":
            part = message.delta.new_element.bidi_component
            name = part.component_name.rpartition("nobet_")[2]
            self.page.parts[name] = part.id
            if message.delta.fragment_id:
                self.page.owner[name] = message.delta.fragment_id
            self._look(name, part.mixed.json or part.json)

    def _look(self, name: str, told: str) -> None:
        if name not in ("triage", "bar") and '"failure"' not in told:
            return
        with suppress(ValueError):
            data = json.loads(told)
            self.page.data[name] = data
            if name == "triage" and (data.get("order") or data.get("rows")):  # only what is new is said
                self.order = data.get("order") or [row["id"] for row in data["rows"]]
            if data.get("failure"):
                self.heard.failures += 1
