"""`nobet intake` as its senders meet it: the real server on SQLite, twenty senders at once, replays, a kill."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from collectors.registry import ConfigError
from collectors.signatures import standard_signature, twilio_text
from commands.intake import doors_of
from commands.options import Failure
from desk.settings import load_settings
from store import export as exporting
from store import quarantine, sources
from store.engine import Store, sqlite_url
from tests.acceptance.command import ROOT, environment, nobet

SECRET = "s3cr3t-of-the-shop-0123456789"
OLD_SECRET = "whsec_" + base64.b64encode(b"the secret of last year!").decode()
META_SECRET, TOKEN = "meta-0123456789abcdef0123456789", "handshake-token-1"
TWILIO_SECRET = "twilio-0123456789abcdef012345678"
TURKISH = "İıŞşĞğÜüÖöÇç: Kargom hâlâ yolda, 'yarın' dediniz! 👩‍👩‍👧"
ENV = {
    "NOBET_WEBHOOK_SECRET": f"{SECRET} {OLD_SECRET}", "NOBET_META_SECRET": META_SECRET,
    "NOBET_WEBHOOK_VERIFY_TOKEN": TOKEN, "NOBET_TWILIO_SECRET": TWILIO_SECRET,
}  # fmt: skip
CONFIG = """
brand: {name: Marka, slug: marka}
sources:
  - {kind: webhook, name: shop, channel: chat, per_minute: 100000, max_bytes: 20000}
  - {kind: webhook, name: slow, channel: chat, per_minute: 3}
  - {kind: webhook, name: whatsapp, channel: whatsapp, signed: body, payload: whatsapp, secret_env: NOBET_META_SECRET}
  - {kind: webhook, name: sms, signed: twilio, channel: sms, secret_env: NOBET_TWILIO_SECRET,
     public_url: "https://nobet.example.com"}
"""


@dataclass(frozen=True)
class Heard:
    """What the server answered."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Running:
    """The server as a process; `start` and `kill` at will, always on the same port and store."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir()
        (home / "nobet.yaml").write_text(CONFIG, encoding="utf-8")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.log = home / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "nobet", "intake", "--port", str(self.port)],
                cwd=ROOT, env=environment(self.home, **ENV), stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.call("GET", "/health").status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(self.log.read_text(encoding="utf-8"))

    def end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Heard:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Heard(answer.status, answer.read(), {k.lower(): v for k, v in answer.getheaders()})
        except http.client.HTTPException as error:  # cut off in the middle of an answer
            raise ConnectionResetError from error
        finally:
            connection.close()

    def post(self, body: Any, path: str = "shop", secret: str = SECRET, at: float = 0.0, **headers: str) -> Heard:
        """A request in the form of Standard Webhooks, signed `at` seconds from now."""
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        stamp = int(time.time() + at)
        signed = standard_signature(secret, "msg_1", stamp, data)
        mine = {"webhook-id": "msg_1", "webhook-timestamp": str(stamp), "webhook-signature": signed}
        return self.call("POST", f"/in/{path}", data, mine | {k.replace("_", "-"): v for k, v in headers.items()})

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = Store.open(sqlite_url(self.home / "nobet.db"))
        yield store
        store.close()

    def mentions(self) -> list[dict[str, Any]]:
        with self.store() as store:
            return list(exporting.iterate(store, "marka", "mentions"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("intake") / "home")
    running.start()
    yield running
    log = running.log.read_text(encoding="utf-8")
    assert running.process is not None and running.process.poll() is None, log
    assert running.end(signal.SIGTERM) == 0, log
    assert "Traceback" not in log
    for secret in (SECRET, OLD_SECRET, META_SECRET, TOKEN, TWILIO_SECRET):
        assert secret not in log


def said(number: object, text: str = "Kargom gelmedi") -> dict[str, Any]:
    return {"native_id": str(number), "text": text, "author": "ayse", "published_at": "2026-11-21T09:30:00+03:00"}


def test_a_message_is_stored_once_however_often_it_comes(server: Running) -> None:
    first = server.post(said("a1", TURKISH))
    assert (first.status, first.json) == (200, {"new": 1, "known": 0, "rejected": 0})
    again = server.post(said("a1", TURKISH), secret=OLD_SECRET)
    assert (again.status, again.json) == (200, {"new": 0, "known": 1, "rejected": 0})
    (kept,) = [m for m in server.mentions() if m["native_id"] == "a1"]
    assert kept["text"] == TURKISH and kept["source"] == "shop" and kept["channel"] == "chat"
    many = server.post([said(f"a{n}") for n in range(1, 31)])
    assert many.json == {"new": 29, "known": 1, "rejected": 0}


def test_who_is_not_proven_stores_nothing(server: Running) -> None:
    refused = [
        server.post(said("b1"), secret="another-secret-0123456789"), server.post(said("b1"), at=-400),
        server.post(said("b1"), at=400), server.post(said("b1"), webhook_id="msg_2"),
        server.call("POST", "/in/shop", b"{}"), server.post(said("b1"), path="whatsapp"),
    ]  # fmt: skip
    assert [answer.status for answer in refused] == [401] * 6
    assert "seconds from ours" in refused[1].json["error"] and "signature is not right" in refused[0].json["error"]
    assert server.post(said("b1"), path="nowhere").status == 404
    assert server.call("GET", "/in/shop").status == 404 and server.call("PUT", "/in/shop", b"").status == 405
    assert not [m for m in server.mentions() if m["native_id"] == "b1"]


def test_what_can_never_work_is_said_and_kept(server: Running) -> None:
    broken = server.post(b'{"text": "Kargo"')
    charset = server.post(json.dumps(said("c1", "Işık"), ensure_ascii=False).encode("cp1254"))
    fields = server.post({"native_id": "c2", "text": "a"})
    assert [broken.status, charset.status, fields.status] == [400, 400, 422]
    assert "could not be read" in broken.json["error"] and "not UTF-8" in charset.json["error"]
    assert "published_at is missing" in fields.json["error"] and "quarantine" in fields.json["error"]
    assert server.post(b'{"text": "Kargo"').json["rejected"] == 1  # the same again: the same answer, and one row
    mixed = server.post([said("c3"), {"text": "a"}, 7])
    assert mixed.status == 200 and (mixed.json["new"], mixed.json["rejected"]) == (1, 2)
    with server.store() as store, store.read() as tx:
        held = [row for row in quarantine.quarantined(tx, "marka") if row.source == "shop"]
    assert len(held) == 5 and all(row.stage == "collect" for row in held)
    declared = json.dumps(said("c4", "Işık"), ensure_ascii=False).encode("cp1254")
    assert server.post(declared, content_type="application/json; charset=windows-1254").json["new"] == 1


def test_a_large_body_is_refused_before_it_is_read(server: Running) -> None:
    assert server.post(said("d1", "x" * 30_000)).status == 413
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:  # announced, never sent
        line.sendall(b"POST /in/shop HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 413")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:  # not announced, sent for ever
        line.sendall(b"POST /in/shop HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(OSError):
            while True:
                line.sendall(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
                line.settimeout(0.01)
                try:
                    if line.recv(100).startswith(b"HTTP/1.1 413"):
                        raise BrokenPipeError
                except TimeoutError:
                    line.settimeout(20)
    assert server.post(said("d2"), content_encoding="gzip").status == 415
    assert server.call("GET", "/health").json == {"status": "ok"}


def test_a_sender_beyond_its_rate_is_told_to_wait(server: Running) -> None:
    answers = [server.post(said(f"e{n}"), path="slow") for n in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[3].headers["retry-after"]) <= 20
    assert server.post(said("e9"), path="slow", secret="another-secret-0123456789").status == 401


def test_whatsapp_its_handshake_and_its_batches(server: Running) -> None:
    def shake(**query: str) -> Heard:
        return server.call("GET", "/in/whatsapp?" + urlencode({f"hub.{k}": v for k, v in query.items()}))

    right = shake(mode="subscribe", challenge="1158201444", verify_token=TOKEN)
    assert (right.status, right.body) == (200, b"1158201444")
    assert shake(mode="subscribe", challenge="1", verify_token="wrong").status == 403
    assert shake(mode="subscribe", challenge="<script>", verify_token=TOKEN).status == 403
    messages = [
        {
            "from": "905551112233",
            "id": f"wamid.{n}",
            "timestamp": "1795255200",
            "type": "text",
            "text": {"body": TURKISH},
        }
        for n in range(3)
    ]
    value = {"messages": messages, "statuses": [{"id": "wamid.0", "status": "read"}]}
    payload = {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": value}]}]}
    body = json.dumps(payload).encode()  # Meta escapes what is not ASCII, and signs it so
    signature = "sha256=" + hmac.new(META_SECRET.encode(), body, hashlib.sha256).hexdigest()
    answer = server.call("POST", "/in/whatsapp", body, {"X-Hub-Signature-256": signature})
    assert answer.json == {"new": 3, "known": 0, "rejected": 0, "ignored": 1}
    assert server.call("POST", "/in/whatsapp", body, {"X-Hub-Signature-256": signature}).json["known"] == 3
    assert server.call("POST", "/in/whatsapp", body + b" ", {"X-Hub-Signature-256": signature}).status == 401
    kept = [m for m in server.mentions() if m["source"] == "whatsapp"]
    assert len(kept) == 3 and {m["text"] for m in kept} == {TURKISH}


def test_a_sms_in_the_form_of_twilio(server: Running) -> None:
    fields = {"MessageSid": "SM1", "From": "+905551112233", "Body": "Işık yok", "NumMedia": "0", "To": "+90850"}
    signed = twilio_text("https://nobet.example.com/in/sms?shop=1", fields.items())
    signature = base64.b64encode(hmac.new(TWILIO_SECRET.encode(), signed, hashlib.sha1).digest()).decode()
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    answer = server.call("POST", "/in/sms?shop=1", urlencode(fields), headers)
    assert (answer.status, answer.body) == (200, b"<Response></Response>")
    assert server.call("POST", "/in/sms?shop=2", urlencode(fields), headers).status == 401
    (kept,) = [m for m in server.mentions() if m["source"] == "sms"]
    assert kept["text"] == "Işık yok" and kept["author"] == "+905551112233"


def test_it_beats_and_says_what_came(server: Running) -> None:
    with server.store() as store, store.read() as tx:
        beat = sources.heartbeat(tx, "marka", "intake")
    assert beat is not None and beat.data["sources"] == ["shop", "slow", "whatsapp", "sms"] and beat.data["every"] == 15


def test_another_writer_is_waited_for(server: Running) -> None:
    """SQLite has one writer: while a batch of the worker is being written, senders wait, and none is refused."""
    with ThreadPoolExecutor(8) as senders, server.store() as store:
        with store.write():
            waiting = [senders.submit(server.post, said(f"h{n}")) for n in range(8)]
            time.sleep(1.0)
            assert not [answer for answer in waiting if answer.done()], "2xx before it is durable"
        assert [answer.result().json["new"] for answer in waiting] == [1] * 8


def test_a_store_that_fails_makes_the_sender_try_again(server: Running) -> None:
    with server.store() as store:
        with store.write() as tx:
            tx.exec_driver_sql("ALTER TABLE source_state RENAME TO gone")
        try:
            answer = server.post(said("f1"))
        finally:
            with store.write() as tx:
                tx.exec_driver_sql("ALTER TABLE gone RENAME TO source_state")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5") and "Send it again" in answer.json["error"]
    assert server.post(said("f1")).json["new"] == 1


def test_twenty_senders_with_replays_and_a_kill(tmp_path: Path) -> None:
    """Every message is sent two or three times, in any order, until each sending was answered 2xx; the server is killed
    in the middle and started again. In the end the store holds every message once; and all that was answered before
    the kill was in it."""
    running = Running(tmp_path / "home")
    running.start()
    hand = random.Random(5)
    sendings = [n for n in range(500) for _ in range(hand.choice((2, 3)))]
    hand.shuffle(sendings)
    acknowledged: set[int] = set()
    counts = {"new": 0, "known": 0}
    retried = 0
    guard, up, killed = threading.Lock(), threading.Event(), threading.Event()
    up.set()

    def send(number: int) -> None:
        nonlocal retried
        for _ in range(200):
            try:
                answer = running.post(said(number, f"{TURKISH} {number}"))
            except OSError:  # refused or cut off: a sender cannot know whether it was stored
                with guard:
                    retried += 1
                up.wait(60)
                time.sleep(0.05)
                continue
            assert answer.status == 200, answer.body
            with guard:
                acknowledged.add(number)
                counts["new"] += answer.json["new"]
                counts["known"] += answer.json["known"]
                if len(acknowledged) >= 200:
                    killed.set()
            return
        raise AssertionError(f"{number} never came in")

    began = time.monotonic()
    with ThreadPoolExecutor(20) as senders:
        done = [senders.submit(send, number) for number in sendings]
        assert killed.wait(60)
        up.clear()
        running.end(signal.SIGKILL)
        with guard:
            before = set(acknowledged)
        with running.store() as store, store.read() as tx:
            stored = {row[0] for row in tx.exec_driver_sql("SELECT native_id FROM mentions")}
        assert {str(n) for n in before} <= stored and len(before) < 500
        running.start()
        up.set()
        for future in done:
            future.result()
    took = time.monotonic() - began
    kept = running.mentions()
    assert sorted(int(m["native_id"]) for m in kept) == list(range(500))
    assert all(m["text"] == f"{TURKISH} {m['native_id']}" for m in kept)
    assert counts["new"] + counts["known"] == len(sendings) and counts["new"] <= 500 and retried
    assert running.end(signal.SIGINT) == 0
    print(f"{len(sendings)} requests in {took:.1f} s, a kill and a start included; {retried} sent again")


def test_a_stop_waits_for_the_request_that_is_open(tmp_path: Path) -> None:
    running = Running(tmp_path / "home")
    running.start()
    body = json.dumps(said("g1")).encode()
    stamp = int(time.time())
    head = (
        f"POST /in/shop HTTP/1.1\r\nHost: a\r\nwebhook-id: m\r\nwebhook-timestamp: {stamp}\r\n"
        f"webhook-signature: {standard_signature(SECRET, 'm', stamp, body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as line:
        line.sendall(head.encode() + body[:10])
        time.sleep(0.3)
        assert running.process is not None
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        line.sendall(body[10:])
        assert line.recv(1000).startswith(b"HTTP/1.1 200")
    assert running.process.wait(30) == 0
    assert [m["native_id"] for m in running.mentions()] == ["g1"]
    with running.store() as store, store.read() as tx:
        beat = sources.heartbeat(tx, "marka", "intake")
    assert beat is not None and beat.data["stopping"] and beat.data["new"] == 1


def test_a_start_that_cannot_work_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "nobet.yaml"

    def start(configuration: str) -> str:
        file.write_text(configuration, encoding="utf-8")
        with pytest.raises((Failure, ConfigError)) as error:
            doors_of(load_settings(file))
        return str(error.value)

    assert "no source of kind webhook" in start("brand: {name: Marka}\n")
    assert "no source of kind webhook" in start("sources: [{kind: webhook, enabled: false}]\n")
    assert "NOBET_WEBHOOK_SECRET is empty" in start(CONFIG)
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    assert "or listen at /in/shop" in start(CONFIG.replace("name: slow,", "name: slow, path: shop,"))
    assert "two webhooks are called 'shop'" in start(CONFIG.replace("name: slow,", "name: shop, path: other,"))
    file.write_text(CONFIG, encoding="utf-8")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = nobet(tmp_path, "intake", "--port", str(taken.getsockname()[1]), **ENV)
    assert answer.status == 1 and "could not listen on 127.0.0.1" in answer.err


def test_the_examples_of_the_how_to_work(server: Running) -> None:
    """What the page shows is sent as it stands there, by curl and by Python."""
    page = (ROOT / "docs" / "how-to" / "connect-your-own-system.md").read_text(encoding="utf-8")
    env = {**os.environ, "URL": f"http://127.0.0.1:{server.port}/in/shop", "NOBET_SHOP_SECRET": SECRET}
    (python,) = re.findall(r"```python\n(.*?)```", page, re.S)
    (curl,) = re.findall(r"```bash\n(.*?)```", page, re.S)
    commands = [[sys.executable, "-c", python]]
    if shutil.which("curl") and shutil.which("openssl"):
        commands.append(["bash", "-c", curl])
    for command in commands:
        for count in ("new", "known"):
            done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
            answer = json.loads(done.stdout.replace("'", '"'))
            assert answer[count] == 1 and answer["rejected"] == 0, done.stderr
    texts = {m["native_id"]: m["text"] for m in server.mentions()}
    assert texts["form-1002"] == "İade param hâlâ yatmadı."
