"""`nobet run`, `worker`, `board`, `collect`: the processes, and one fetch by hand."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from classifying import champion_of, finder_of
from collecting import collect
from collectors.registry import ConfigError
from commands.options import Config, Failure, real_settings, utc_now
from desk.intake import Intake
from desk.settings import CHECKOUT, Settings, SettingsError, library_of, load_settings
from desk.users import any_user
from store.engine import Store
from worker import Worker, is_pushed, keep_for, name_of, process, sources_of, worker_alive

HOST = "127.0.0.1"
"""Where the board is when nothing else is said: nobody but this machine reaches it."""

FIRST_PORT = 8501
OPEN_WITHIN = 90.0
"""Seconds a board may take to open; a slow machine's first start compiles all of Streamlit."""

STOP_WITHIN = 10.0
RESTART_AFTER = 5.0

log = logging.getLogger("nobet")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(run)
    app.command()(worker)
    app.command()(board)
    app.command("collect")(collect_now)


def run(config: Config = None) -> None:
    """Worker, board and, where a webhook is configured, intake together; Ctrl-C stops all. Else: the demo brand."""
    settings = real_settings(config, "run")
    sources_of(settings)  # a mistake in a source is said now, not by a worker in the background
    host = board_host(settings)
    port = free_port(settings.board.port, host)
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    common = ["--config", str(config)] if config else []
    starts: dict[str, list[str]] = {
        "worker": [sys.executable, "-m", "nobet", "worker", *common],
        "board": board_command(port, host, settings.board.url),
    }
    if any(source["kind"] == "webhook" and source.get("enabled", True) for source in settings.sources):
        starts["intake"] = [sys.executable, "-m", "nobet", "intake", *common]
    running = {name: start_process(command, config) for name, command in starts.items()}
    died_at = dict.fromkeys(starts, 0.0)
    try:
        if not opens(port, running["board"], lambda: stopping, host):
            if stopping:
                return
            raise Failure(f"the board did not open on port {port} within {OPEN_WITHIN:.0f} s; see the lines above")
        what = "the demo brand " if settings.demo else ""
        print(f"Nöbet watches {what}{settings.brand.name}: {address_of(host, port)}  (Ctrl-C stops)", flush=True)
        while not stopping:
            for name, process_ in running.items():
                if process_.poll() is None or stopping:
                    continue
                if time.monotonic() - died_at[name] < RESTART_AFTER:
                    continue  # not faster than this, whatever is wrong with it
                died_at[name] = time.monotonic()
                log.error("the %s stopped (status %s); it is started again", name, process_.returncode)
                running[name] = start_process(starts[name], config)
            time.sleep(0.2)
    finally:
        for process_ in running.values():
            if process_.poll() is None:
                process_.terminate()
        for name, process_ in running.items():
            try:
                process_.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                log.warning("the %s did not stop by itself and is killed; the store keeps what it had committed", name)
                process_.kill()
                process_.wait()
    print("Nöbet has stopped.", flush=True)


def worker(config: Config = None) -> None:
    """The worker alone: collect, score, route, on schedule. It takes up a changed configuration by itself."""
    settings, told = real_settings(config, "worker"), threading.Event()
    while Worker(settings, told).run():
        settings = _settings_again(config, settings)


def _settings_again(config: Path | None, before: Settings) -> Settings:
    """The configuration after a change; one that cannot be used is told, and the one before stays in force."""
    try:
        settings = real_settings(config, "worker")
        sources_of(settings)
    except (SettingsError, ConfigError, Failure) as error:
        log.error("the changed configuration cannot be used, the one before stays in force: %s", error)
        return before
    return settings


def board(config: Config = None) -> None:
    """The board alone, on 127.0.0.1 or where board.address says."""
    settings = load_settings(config)
    host = board_host(settings)
    port = free_port(settings.board.port, host)
    process_ = start_process(board_command(port, host, settings.board.url), config)
    signal.signal(signal.SIGTERM, lambda *_: process_.terminate())
    try:
        if not opens(port, process_, lambda: process_.poll() is not None, host):
            raise Failure(f"the board did not open on port {port}; see the lines above")
        print(f"Nöbet's board: {address_of(host, port)}  (Ctrl-C stops)", flush=True)
        status = process_.wait()
    except KeyboardInterrupt:
        status = 0
    finally:
        if process_.poll() is None:
            process_.terminate()
            process_.wait(STOP_WITHIN)
    raise typer.Exit(0 if status in (0, -signal.SIGTERM) else 1)


def collect_now(
    source: Annotated[str | None, typer.Option("--source", help="only this source")] = None,
    once: Annotated[bool, typer.Option("--once", help="one round and stop; without it, until Ctrl-C")] = False,
    config: Config = None,
) -> None:
    """Run the collectors now; with --once a single round."""
    settings = real_settings(config, "collect")
    collectors = [collector for collector in sources_of(settings) if not is_pushed(collector)]
    if source is not None:
        names = [name_of(collector) for collector in collectors]
        collectors = [collector for collector in collectors if name_of(collector) == source]
        if not collectors:
            raise Failure(f"no source is called {source!r}; there are: {', '.join(names) or 'none'}")
    if not collectors:
        raise Failure("no source is configured; add one under 'sources:' in nobet.yaml")
    store, brand = Store.open(settings.url), settings.brand.key
    intake, champion, finder = Intake(store, settings, library_of(settings)), champion_of(settings), finder_of(settings)
    failed = False
    due = {id(c): 0.0 for c in collectors}
    while True:
        for collector in collectors:
            if time.monotonic() < due[id(collector)]:
                continue
            result = collect(store, brand, collector, keep=keep_for(settings, collector))
            failed = failed or result.outcome not in ("ok", "empty")
            print(
                f"{result.source}: {result.outcome}, fetched {result.fetched}, new {result.new}, "
                f"known {result.known}, rejected {result.rejected}"
                + (f", passed over {result.passed}" if result.passed else "")
                + (f" ({result.note})" if result.note else ""),
                flush=True,
            )
            due[id(collector)] = time.monotonic() + collector.settings.every  # type: ignore[attr-defined]
            if not worker_alive(store, brand, utc_now()):
                process(store, brand, champion.scorer, intake, finder=finder)
        if once:
            break
        time.sleep(min(1.0, max(0.05, min(due.values()) - time.monotonic())))
    store.close()
    raise typer.Exit(1 if failed else 0)


def board_host(settings: Settings) -> str:
    """Where the board listens. Raises Failure for another place than this machine while nobody has to sign in."""
    store = Store.open(settings.url)
    asks = any_user(store, settings)
    store.close()
    if not settings.board.only_here and not asks:
        raise Failure(
            f"board.address is {settings.board.address}, which others on the network reach, but there are no users: "
            "anybody could come in. Add them first (nobet users add NAME), or take board.address out"
        )
    return settings.board.address


def address_of(host: str, port: int) -> str:
    """The address at which this machine reaches a board that listens on `host`."""
    here = {"0.0.0.0": HOST, "::": "::1"}.get(host, host)
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


def free_port(wanted: int | None, host: str = HOST) -> int:
    """The port to open: `wanted` if given (Failure when it is taken), else 8501 or the next one free."""
    for port in [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + 100):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    if wanted:
        raise Failure(f"port {wanted} is taken; set NOBET_PORT to another or leave it out")
    raise Failure(f"no port between {FIRST_PORT} and {FIRST_PORT + 99} is free")


def board_command(port: int, host: str = HOST, url: str = "") -> list[str]:
    """How the board process is started. `url` is what colleagues type: pages from elsewhere may not connect to it."""
    # Named, so that Streamlit does not ask an outside service for this machine's address to compare with.
    known_as = urlsplit(url).hostname or host
    return [
        sys.executable, "-m", "streamlit", "run", str(CHECKOUT / "app.py"), "--server.address", host,
        "--server.port", str(port), "--server.headless", "true", "--browser.gatherUsageStats", "false",
        "--browser.serverAddress", known_as, "--logger.level", "warning",
    ]  # fmt: skip


def start_process(
    command: list[str], config: Path | None, environ: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:  # fmt: skip
    """Start one of our processes; with `environ` it gets these variables and no others. It ends with us."""
    environ = dict(os.environ if environ is None else environ)
    if config is not None:
        environ["NOBET_CONFIG"] = str(config.absolute())
    # Streamlit announces an address of its own; ours is the one that was checked, so only its complaints are shown.
    quiet = subprocess.DEVNULL if "streamlit" in command else None
    # A session of its own: Ctrl-C reaches only us, and we stop both in order.
    return subprocess.Popen(
        command, cwd=CHECKOUT, env=environ, stdout=quiet, start_new_session=True, preexec_fn=_die_with_parent
    )


def _die_with_parent() -> None:
    """On Linux, end with the process that started us, even when that one is killed (prctl PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def opens(
    port: int, process_: subprocess.Popen[bytes], given_up: Callable[[], bool] = lambda: False, host: str = HOST
) -> bool:
    """Whether the board answers within OPEN_WITHIN seconds."""
    deadline = time.monotonic() + OPEN_WITHIN
    while time.monotonic() < deadline and process_.poll() is None and not given_up():
        try:
            with urllib.request.urlopen(f"{address_of(host, port)}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return True
        except OSError:
            time.sleep(0.2)
    return False
