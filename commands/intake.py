"""`nobet intake`: the door for systems that send us their messages (collectors.webhook), a Starlette app on uvicorn.

A request is answered 2xx only after its mentions are durable in the store; until then the sender keeps them and tries
again. So: 4xx for what can never work, with a sentence; 503 and Retry-After for what may work later. A message that
comes twice is stored once. Kill it anywhere: what was answered is there, and what is there was not stored twice.
"""

from __future__ import annotations

import asyncio
import functools
import hmac
import logging
import math
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, cast
from zoneinfo import ZoneInfo

import anyio
import typer
import uvicorn
from anyio.to_thread import run_sync
from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from collectors.protocol import Refused
from collectors.registry import ConfigError, collector_for
from collectors.signatures import Check, Request, Unsigned, prove
from collectors.webhook import Parsed, WebhookCollector, WebhookSettings, parse
from commands.options import Config, Failure, real_settings, utc_now
from desk.coverage import INTAKE_OPEN
from desk.settings import Settings
from store import ingest, sources
from store.engine import Store
from store.rows import Saved

HOST = "127.0.0.1"
PORT = 8650
"""Beyond the hundred ports from 8501 on among which the board looks for a free one."""

BEAT_EVERY = 15.0
LOOK_EVERY = 60.0
"""Seconds between two lines of the coverage ledger while the doors are open: it counts in minutes."""

BODY_WITHIN = 30.0
"""Seconds a sender has for its body; a megabyte on a bad mobile line takes ten."""

RETRY_AFTER = 5
"""Seconds after which a sender is asked to try again when the store failed: longer than one batch of the worker."""

MOST_OPEN = 200
"""Requests open at once; more are turned away with 503 before they cost memory (200 of 1 MB are 200 MB)."""

STOP_WITHIN = 35
"""Seconds a stop waits for open requests: a little more than the store waits for another writer."""

QUIET_FOR = 60.0
"""Seconds between two log lines about the same refusal, so that a stranger cannot fill the disk."""

log = logging.getLogger("nobet")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(intake)


def intake(
    host: Annotated[str, typer.Option("--host", help="address to listen on; only this machine by default")] = HOST,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="port to listen on")] = PORT,
    config: Config = None,
) -> None:
    """Take in what other systems send (sources of kind webhook) until Ctrl-C; what is stored the worker scores."""
    settings = real_settings(config, "intake")
    doors = doors_of(settings)
    store = Store.open(settings.url)
    served = Intake(store, settings.brand.key, doors, settings.desk.zone)
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn puts its own handlers here while it serves and raises the signal again at the end; this one ends well
        signal.signal(number, lambda *_: None)
    form = uvicorn.Config(
        served.app(), host=host, port=port, log_config=None, access_log=False, server_header=False, lifespan="on",
        limit_concurrency=MOST_OPEN, timeout_graceful_shutdown=STOP_WITHIN, proxy_headers=False, ws="none",
    )  # fmt: skip
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    names = ", ".join(f"/in/{door.settings.address}" for door in doors.values())
    try:
        _Server(form, f"Nöbet takes in {names} at http://{host}:{port}  (Ctrl-C stops)").run()
    except SystemExit:  # uvicorn could not start; it has logged the address and why
        raise Failure(f"could not listen on {host}:{port}; choose another with --port") from None
    finally:
        store.close()


class _Server(uvicorn.Server):
    """A server that says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, greeting: str) -> None:
        super().__init__(config)
        self._greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._greeting, flush=True)


@dataclass
class Door:
    """One webhook: how its requests are proven, and how many of them the present minute may still bring."""

    settings: WebhookSettings
    check: Check
    left: float = field(init=False)
    counted_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.left, self.counted_at = float(self.settings.per_minute), 0.0

    def wait(self, at: float) -> int:
        """Counts one request at `at` (seconds of a steady clock); the seconds to wait if it is too many, else 0."""
        limit = self.settings.per_minute
        self.left = min(limit, self.left + max(0.0, at - self.counted_at) * limit / 60)
        self.counted_at = at
        if self.left < 1:
            return math.ceil((1 - self.left) * 60 / limit)
        self.left -= 1
        return 0


def doors_of(settings: Settings) -> dict[str, Door]:
    """Every configured and enabled webhook by the last part of its address. Raises Failure or ConfigError."""
    doors: dict[str, Door] = {}
    for record in settings.sources:
        if record.get("kind") != WebhookCollector.kind or not record.get("enabled", True):
            continue
        collector = cast("WebhookCollector", collector_for(record))
        address, name = collector.settings.address, collector.settings.source
        if address in doors or name in (door.settings.source for door in doors.values()):
            raise ConfigError(
                f"two webhooks are called {name!r} or listen at /in/{address}; give each its own 'name' and 'path' "
                "in the configuration. Nothing was started."
            )
        try:
            doors[address] = Door(collector.settings, collector.check())
        except Refused as error:
            raise Failure(str(error)) from None
    if not doors:
        raise Failure("no source of kind webhook is configured; add one under 'sources:' in nobet.yaml")
    return doors


class Refusal(Exception):
    """A request that is not taken in: the status, the sentence for the sender, and seconds to wait where that helps."""

    def __init__(self, status: int, sentence: str, wait: int = 0) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.wait = status, sentence, wait


class Intake:
    """The doors of one brand, and the store behind them."""

    def __init__(self, store: Store, brand: str, doors: dict[str, Door], zone: ZoneInfo | None) -> None:
        self.store, self.brand, self.doors, self.zone = store, brand, doors, zone
        # SQLite has one writer at a time; queueing here is fair, while its own waiting is sleeping and trying again.
        self._writers = anyio.CapacityLimiter(1 if store.dialect == "sqlite" else 8)
        self._counts: Counter[str] = Counter()
        self._logged: dict[tuple[str, int], float] = {}
        self._open_since: datetime | None = None  # since when the ledger knows that the doors are open
        self._came: Counter[tuple[str, str]] = Counter()  # what came through each door since then

    def app(self) -> Starlette:
        """The application: `POST /in/PATH`, `GET /in/PATH` (Meta's handshake) and `GET /health`."""
        return Starlette(
            routes=[
                Route("/in/{path}", self._receive, methods=["POST"]),
                Route("/in/{path}", self._handshake, methods=["GET"]),
                Route("/health", self._health, methods=["GET"]),
            ],
            lifespan=self._alive,
        )

    @asynccontextmanager
    async def _alive(self, app: Starlette) -> AsyncIterator[None]:
        """While it serves it beats, so that the ledger knows from when to when messages could come in."""
        beating = asyncio.create_task(self._beat())
        yield
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
        with suppress(Exception):  # the store may be what made us stop
            await run_sync(self._beat_once, True)

    async def _beat(self) -> None:
        while True:
            try:
                await run_sync(self._beat_once, limiter=self._writers)
            except Exception as error:
                log.warning("the intake could not note that it lives: %s", _told(error))
            await asyncio.sleep(BEAT_EVERY)

    def _beat_once(self, stopping: bool = False) -> None:
        names = [door.settings.source for door in self.doors.values()]
        data = {"pid": os.getpid(), "sources": names, "every": BEAT_EVERY, "stopping": stopping, **self._counts}
        now = utc_now()
        since = self._open_since = self._open_since or now
        with self.store.write() as tx:
            sources.beat(tx, self.brand, "intake", now, data)
            if stopping or (now - since).total_seconds() >= LOOK_EVERY:
                self._look_back(tx, since, now)

    def _look_back(self, tx: Connection, since: datetime, now: datetime) -> None:
        """Tells the ledger that the doors were open from `since` to `now`, and what came through each."""
        came, self._came = self._came, Counter()
        self._open_since = now
        for door in self.doors.values():
            name = door.settings.source
            new, known, rejected = (came[name, word] for word in ("new", "known", "rejected"))
            sources.record_poll(
                tx, self.brand, name, kind=WebhookCollector.kind, started_at=now, finished_at=now, outcome="ok",
                fetched=new + known, new=new, known=known, rejected=rejected, note=INTAKE_OPEN, failures=0,
                next_at=now + timedelta(seconds=LOOK_EVERY), proof="parsed", reach_from=since,
                settles_s=WebhookCollector.about.settles,
            )  # fmt: skip

    async def _health(self, request: HttpRequest) -> Response:
        """200 while messages can be stored; whoever watches us needs no more, and strangers get no names."""
        try:
            await run_sync(self._look)
        except Exception as error:
            self._say("health", 503, _told(error))
            return _answer(503, {"status": "the store cannot be reached"}, RETRY_AFTER)
        return _answer(200, {"status": "ok"})

    def _look(self) -> None:
        with self.store.read() as tx:
            sources.heartbeat(tx, self.brand, "intake")

    async def _handshake(self, request: HttpRequest) -> Response:
        """Meta's proof that we know the token: the challenge comes back as text (Meta, Webhooks, Getting Started)."""
        door = self.doors.get(request.path_params["path"])
        asked = request.query_params
        challenge = asked.get("hub.challenge", "")
        if door is None or asked.get("hub.mode") != "subscribe":
            return _answer(404, {"error": "There is nothing to read here; messages are sent by POST."})
        token = os.environ.get(door.settings.verify_token_env, "").strip()
        right = hmac.compare_digest(asked.get("hub.verify_token", "").encode(), token.encode())
        if not token or not right or not challenge.isalnum() or len(challenge) > 200:
            self._say(door.settings.source, 403, "a handshake with a wrong token")
            return _answer(403, {"error": f"The token is not the one in {door.settings.verify_token_env}."})
        return PlainTextResponse(challenge)

    async def _receive(self, request: HttpRequest) -> Response:
        """One request of a sender, from its first byte to its answer."""
        path = request.path_params["path"]
        door = self.doors.get(path)
        try:
            if door is None:
                raise Refusal(404, "No webhook has this address; see the configuration.")
            body = await _body(request, door.settings.max_bytes)
            now = utc_now()
            parsed = self._proven(door, request, body, now)
            saved = await self._save(door, parsed, now)
        except Refusal as refusal:
            self._say(door.settings.source if door else "unknown address", refusal.status, refusal.sentence)
            return _answer(refusal.status, {"error": refusal.sentence}, refusal.wait)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        for word in ("new", "known", "rejected"):
            self._came[door.settings.source, word] += getattr(saved, word)
        self._counts.update(requests=1, new=saved.new, known=saved.known, rejected=saved.rejected)
        return _accepted(door.settings, parsed, saved)

    def _proven(self, door: Door, request: HttpRequest, body: bytes, now: datetime) -> Parsed:
        """What a request holds, its sender proven and within the limit. Raises Refusal."""
        settings = door.settings
        headers = {name.lower(): value for name, value in request.headers.items()}
        url = settings.public_url + request.url.path + (f"?{request.url.query}" if request.url.query else "")
        try:
            message_id = prove(door.check, Request(body, headers, url), now)
        except Unsigned as error:
            sentence = f"Not taken in: {error}."
            raise Refusal(401, sentence) from None
        # Counted after the proof: a stranger must not be able to use up what the sender may send.
        if wait := door.wait(time.monotonic()):
            raise Refusal(429, f"More than {settings.per_minute} requests a minute; send this again later.", wait)
        content_type = headers.get("content-type", "")
        return parse(settings, body, content_type, now=now, zone=self.zone, message_id=message_id)

    async def _save(self, door: Door, parsed: Parsed, now: datetime) -> Saved:
        """Stores all of it in one transaction, and answers when it is durable. Raises Refusal (503)."""
        if not parsed.fetched and not parsed.rejected:
            return Saved(new=0, known=0, rejected=0, new_ids=[])
        save = functools.partial(
            ingest.save_batch, self.store, self.brand, door.settings.source, parsed.fetched, seen_at=now,
            kind=WebhookCollector.kind, rejected=parsed.rejected, stage="collect",
        )  # fmt: skip
        try:
            return await run_sync(save, limiter=self._writers)
        except Exception as error:
            self._say(door.settings.source, 503, _told(error))
            sentence = "The message could not be stored; it is not taken in. Send it again."
            raise Refusal(503, sentence, RETRY_AFTER) from error

    def _say(self, source: str, status: int, sentence: str) -> None:
        """Logs a refusal, the same one at most once in QUIET_FOR seconds."""
        at = time.monotonic()
        if at - self._logged.get((source, status), -QUIET_FOR) >= QUIET_FOR:
            self._logged[source, status] = at
            log.warning("intake, %s: %d, %s", source, status, sentence)


async def _body(request: HttpRequest, most: int) -> bytes:
    """The body, read no further than `most` bytes and no longer than BODY_WITHIN seconds. Raises Refusal."""
    too_large = Refusal(413, f"The body is larger than {most:,} bytes; send fewer messages at once.")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 15 or int(length) > most):
        raise too_large
    if request.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise Refusal(415, "The body is packed; send it as it is, without Content-Encoding.")
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise too_large
                parts.append(part)
    except TimeoutError:
        raise Refusal(408, f"The body did not arrive within {BODY_WITHIN:.0f} seconds; send it again.") from None
    return b"".join(parts)


def _accepted(settings: WebhookSettings, parsed: Parsed, saved: Saved) -> Response:
    """The answer to a request whose parts are all durable, as mentions or in the quarantine."""
    told: dict[str, Any] = {"new": saved.new, "known": saved.known, "rejected": saved.rejected}
    if parsed.ignored:
        told["ignored"] = parsed.ignored
    # Meta and Twilio can mend nothing, and would only repeat for days what is kept in the quarantine already.
    if settings.signed == "twilio":
        return Response("<Response></Response>", media_type="application/xml")
    if parsed.rejected:
        reasons = list(dict.fromkeys(item.reason for item in parsed.rejected))[:10]
        told["reasons"] = reasons
        if not parsed.fetched and settings.reads != "whatsapp":
            told["error"] = f"{reasons[0]}. It is kept in the quarantine; sending it again changes nothing."
            return _answer(400 if parsed.fault else 422, told)
    return _answer(200, told)


def _answer(status: int, told: dict[str, Any], wait: int = 0) -> Response:
    return JSONResponse(told, status, headers={"Retry-After": str(wait)} if wait else None)


def _told(error: Exception) -> str:
    """An error for the log: the sentence of one of ours, of any other only its kind (it may hold customers' words)."""
    ours = type(error).__module__.split(".")[0] in ("store", "mention")
    return str(error) if ours else type(error).__name__
