"""How fast the board is for many people at once, on a large desk and beside an almost empty one in the same run.

    nobet bench board [--mentions 100000] [--sessions 20] [--minutes 2] [--hours H] [--json]

A store is made (or found) in `--folder`, the board is started on it in a process of its own as `nobet board` starts
it, and people work: one in a real Chromium, by a script, measured from the press to the painted answer; the others as
sessions on the wire (board_sessions.py), which refresh at the page's own pace and now and then open a case, search,
change the view or the page. A colleague outside brings a new mention every few seconds, as the worker would. Then the
same on a desk of 200 mentions: the baseline, whose times the machine's other work slows just as much.

With `--hours H`, the refreshes of H hours of every session are replayed as fast as the board answers, sessions coming
and going, and the memory of the board's process is read before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collectors.protocol import Fetched
from desk.intake import Intake
from mention import Mention
from playbooks.shelf import load_library
from store import ingest, scoring
from store.engine import Store
from tests.performance.board_sessions import Heard, Session, SessionLost
from tests.performance.board_store import AGENTS, Filling, Size, home_of, settings_of

ROOT = Path(__file__).parents[2]
PATHS = (
    "triage", "today", "triage", "crisis", "triage", "incidents", "triage", "sources", "triage", "causes",
    "triage", "today", "triage", "customers", "triage", "reports", "triage", "playbooks", "triage", "drills",
)  # fmt: skip
"""Where people are: half of them in Triage. Who is to be on a page that this board does not have is there too."""

COMES_EVERY = 1.0
"""Seconds between two people who open the board; those who are there already are measured meanwhile."""

ARRIVES_EVERY = 3.0
"""Seconds between two new mentions: some thirty times the pace at which 100,000 came in sixty days."""

BASELINE = Size(200, 40, 1)
LIMITS = {"page change": 1.0, "in page": 0.4, "refresh": 0.5}
"""Seconds at p95 that the board promises, with 100,000 mentions and 20 sessions on two cores."""

REFRESHES_AN_HOUR = 3600 / 5.0
SETTLED_AFTER = 0.1
"""The share of the replay after which the memory is taken as the start: imports and first pages are no leak."""


@dataclass
class Server:
    """The board's process, and what the system says of it."""

    process: subprocess.Popen[bytes]
    url: str

    def memory(self) -> int:
        """Bytes of its resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii", errors="replace")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))

    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(home: Path, code: Path = ROOT) -> Iterator[Server]:
    """The board on a home, from the start to the end of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environ = {name: value for name, value in os.environ.items() if not name.startswith("NOBET_")}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", "127.0.0.1"]
    with (home / "board.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--server.port", str(port)], cwd=code, env={**environ, "NOBET_HOME": str(home)}, stdout=log,
            stderr=log,
        )  # fmt: skip
    server = Server(process, f"http://127.0.0.1:{port}")
    try:
        _wait_for(server)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        if process.poll() is None:
            process.kill()


def _wait_for(server: Server) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends and server.process.poll() is None:
        try:
            urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The board did not start; its log is board.log beside the store.")


# --- people on the wire ---


async def act(session: Session, chance: random.Random) -> None:
    """What somebody does now and then: in Triage open a case, search or change the view; elsewhere turn the page."""
    triage, home = session.page.data.get("triage"), session.first
    if "bar" not in session.page.parts or (session.path == "triage" and "triage" not in session.page.parts):
        session.heard.failures += 1  # a page that is not whole is what a person would open again
        await session.open()
        return
    if session.path != "triage" or triage is None:
        await session.turn_to(chance.choice(["triage", home if home in session.paths() else "triage"]))
        return
    draw = chance.random() if session.order else 0.6  # whoever left off at a search that finds nothing goes on
    if draw < 0.55:
        await session.place("open case", case=chance.choice(session.order[:30]))
    elif draw < 0.75:
        await session.place(
            "change view", view=chance.choice(["open", "late", "mine", "unassigned"]), search="", case=None
        )
    elif draw < 0.9:
        await session.place("search", search=chance.choice(["kargo", "iade", "kutu", ""]), case=None)
    else:
        await session.turn_to(home if home in session.paths() and home != "triage" else "incidents")


async def wake(server: Server, heard: Heard) -> None:
    """The first opening of a board that was just started: it loads what it is made of, and nobody else waits yet."""
    async with Session(server.url, "Nöbetçi 1", "triage", heard) as first:
        await first.open()


async def crowd(server: Server, sessions: int, seconds: float, heard: Heard) -> None:
    """So many people at once, for so long; they come one after the other, one each second."""

    async def one(number: int) -> None:
        await asyncio.sleep(number * COMES_EVERY)
        try:
            async with Session(server.url, f"Nöbetçi {number % AGENTS + 1}", PATHS[number % len(PATHS)], heard) as me:
                await me.open()
                await me.live(seconds, act)
        except SessionLost as lost:
            heard.refused.append(str(lost))

    await asyncio.gather(*(one(number) for number in range(sessions)))


async def replay(server: Server, sessions: int, hours: float, heard: Heard) -> list[int]:
    """The refreshes of so many hours, as fast as they are answered; the memory after each part of it. Every session
    ends after about an hour's worth and another one comes, as people reload and go home."""
    rounds = max(1, round(hours * REFRESHES_AN_HOUR))
    parts = max(20, round(hours))
    memory: list[int] = []
    for part in range(parts):

        async def one(number: int, part: int = part) -> None:
            path = PATHS[(number + part) % len(PATHS)]
            try:
                async with Session(server.url, f"Nöbetçi {number % AGENTS + 1}", path, heard) as me:
                    await me.open()
                    chance = random.Random(part * 1000 + number)
                    for turn in range(rounds // parts):
                        await me.refresh()
                        if turn % 20 == 19:
                            await act(me, chance)
            except SessionLost as lost:
                heard.refused.append(str(lost))

        await asyncio.gather(*(one(number) for number in range(sessions)))
        memory.append(server.memory())
        print(f"  part {part + 1} of {parts}: {memory[-1] >> 20} MB", file=sys.stderr, flush=True)
    return memory


class Arrivals:
    """New mentions while people work, through the real intake."""

    def __init__(self, home: Path, seed: int) -> None:
        settings = settings_of(home)
        self.store = Store.open(settings.url)
        self.brand = settings.brand.key
        self.intake = Intake(self.store, settings, load_library())
        self.kinds = Filling(self.store, settings, Size(), datetime.now(UTC)).kinds
        self.chance = random.Random(seed)
        self.count = 0

    def bring(self) -> None:
        """One mention, stored, scored and routed."""
        self.count += 1
        now = datetime.now(UTC)
        kind = self.chance.choice(self.kinds)
        native = f"new-{now.timestamp()}-{self.count}"
        mention = Mention(source="x", native_id=native, text=kind.text, author=f"yeni{self.count}",
                          author_name=f"Yeni {self.count}", published_at=now - timedelta(seconds=40))  # fmt: skip
        saved = ingest.save_batch(self.store, self.brand, "x", [Fetched(mention, {"text": kind.text})], seen_at=now)
        score = kind.score.model_copy(update={"native_id": native})
        with self.store.write() as tx:
            scoring.save_scores(tx, self.brand, [(saved.new_ids[0], score)], [], now)
        self.intake.run(now)

    async def keep_coming(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(ARRIVES_EVERY)
            await asyncio.to_thread(self.bring)


# --- a measurement ---


async def work(server: Server, home: Path, sessions: int, seconds: float, browsers: int) -> dict[str, Any]:
    """Everybody at work for so long: the times, the bytes, what the process used."""
    from tests.performance.board_browser import BrowserMissing, at_the_screen

    first, heard, screen, told = Heard(), Heard(), Heard(), ""
    await wake(server, first)
    arrivals = Arrivals(home, 3)
    coming = asyncio.create_task(arrivals.keep_coming())
    before, cpu, began = server.memory(), server.cpu(), time.monotonic()
    jobs = [crowd(server, sessions - browsers, seconds, heard)]
    for number in range(browsers):
        jobs.append(asyncio.to_thread(at_the_screen, server.url, f"Nöbetçi {number + 1}", seconds, screen))
    try:
        for ended in await asyncio.gather(*jobs, return_exceptions=True):
            if isinstance(ended, BrowserMissing):
                told = str(ended)
            elif isinstance(ended, BaseException):
                raise ended
    finally:
        coming.cancel()
        arrivals.store.close()
    passed = time.monotonic() - began
    return {
        "sessions": sessions, "seconds": round(passed, 1), "runs": heard.runs,
        "first_open_ms": round(1000 * sum(first.seconds["open"])),
        "refused": len(heard.refused), "refusals": sorted(set(heard.refused))[:5], "failures": heard.failures,
        "wire": lines(heard.seconds, heard.bytes), "browser": lines(screen.seconds), "browser_missing": told,
        "browser_lost": screen.refused[:8],
        "cpu_share": round((server.cpu() - cpu) / passed, 3), "arrived": arrivals.count,
        "cpu_ms_a_run": round(1000 * (server.cpu() - cpu) / max(1, heard.runs), 1),
        "memory_mb": [before >> 20, server.memory() >> 20], "promised": promised(heard.seconds, screen.seconds),
    }  # fmt: skip


def lines(seconds: Mapping[str, list[float]], sizes: Mapping[str, list[int]] | None = None) -> dict[str, Any]:
    """Of each thing waited for: how often, milliseconds at p50, p95 and worst, and the bytes of a typical answer."""
    found = {}
    for what, times in sorted((what, times) for what, times in seconds.items() if times):
        size = {"bytes": int(quantile(sizes[what], 0.5))} if sizes and what in sizes else {}
        found[what] = {
            "n": len(times), "p50_ms": round(1000 * quantile(times, 0.5), 1),
            "p95_ms": round(1000 * quantile(times, 0.95), 1), "worst_ms": round(1000 * max(times), 1), **size,
        }  # fmt: skip
    return found


def quantile(values: list[float] | list[int], share: float) -> float:
    """The value that this share of them does not pass; the nearest one that was measured. 0 for none."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))])


def promised(wire: Mapping[str, list[float]], browser: Mapping[str, list[float]]) -> dict[str, dict[str, Any]]:
    """What the three promises are measured by: `p95_ms` of everything of the kind together, and the slowest of its
    kinds with that one's own, so that none hides behind a frequent one. Pages and acts as seen in the browser; on the
    wire where there is none."""
    seen = {what: times for what, times in (browser or wire).items() if times}
    kinds = {
        "page change": [what for what in seen if what.startswith("page change")],
        "in page": [what for what in seen if not what.startswith(("page change", "refresh", "open the"))
                    and what != "open"],
        "refresh": [what for what in wire if what.startswith("refresh") and wire[what]],
    }  # fmt: skip
    found = {}
    for name, all_of in kinds.items():
        times = wire if name == "refresh" else seen
        slowest = max(all_of, key=lambda what, times=times: quantile(times[what], 0.95), default="")  # type: ignore[misc]
        found[name] = {
            "p95_ms": round(1000 * quantile([one for what in all_of for one in times[what]], 0.95), 1),
            "n": sum(len(times[what]) for what in all_of), "slowest": slowest,
            "slowest_p95_ms": round(1000 * quantile(times.get(slowest, []), 0.95), 1),
        }  # fmt: skip
    return found


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The whole benchmark."""
    folder = Path(options.folder or Path(tempfile.gettempdir()) / "nobet-bench-board")
    code = Path(options.code)
    sizes = {"baseline": BASELINE, "measured": Size(options.mentions, options.open)}
    report: dict[str, Any] = {"mentions": options.mentions, "open": options.open}
    for name, size in sizes.items():
        began = time.monotonic()
        home, made = home_of(folder, size)
        print(f"{name}: {home} {'made' if made else 'found'} in {time.monotonic() - began:.0f} s", file=sys.stderr)
        with running(home, code) as server:
            seconds = options.minutes * 60 / (3 if name == "baseline" else 1)
            report[name] = asyncio.run(work(server, home, options.sessions, seconds, options.browsers))
    if options.hours:
        with running(home, code) as server:
            heard = Heard()
            memory = asyncio.run(replay(server, options.sessions, options.hours, heard))
        start = memory[int(len(memory) * SETTLED_AFTER)]
        report["memory"] = {
            "hours": options.hours, "sessions": options.sessions, "runs": heard.runs, "refused": len(heard.refused),
            "start_mb": start >> 20, "end_mb": memory[-1] >> 20, "grows": round(memory[-1] / start - 1, 3),
            "mb": [one >> 20 for one in memory],
        }  # fmt: skip
    base = report["baseline"]["promised"]
    report["ratio"] = {
        name: round(one["p95_ms"] / base[name]["p95_ms"], 2) if base[name]["p95_ms"] else None
        for name, one in report["measured"]["promised"].items()
    }
    return report


def table(report: Mapping[str, Any]) -> str:
    """The report for people."""
    told = [f"{report['mentions']:,} mentions, {report['open']:,} open cases"]
    for name in ("measured", "baseline"):
        one = report[name]
        told.append("")
        told.append(
            f"{name}: {one['sessions']} sessions, {one['seconds']} s, {one['runs']} runs, {one['refused']} refused, "
            f"{one['failures']} failures; {one['cpu_share']:.2f} cores, {one['cpu_ms_a_run']} ms of processor a run, "
            f"memory {one['memory_mb'][0]} -> {one['memory_mb'][1]} MB; first opening {one['first_open_ms']} ms"
        )  # fmt: skip
        if one["browser_missing"]:
            told.append(f"  {one['browser_missing']}")
        told += [f"  not answered: {lost}" for lost in one["browser_lost"]]
        for place, part in (("in the browser", one["browser"]), ("on the wire", one["wire"])):
            if part:
                told.append(f"  {place:30} {'n':>6} {'p50 ms':>8} {'p95 ms':>8} {'worst':>8} {'bytes':>9}")
            for what, line in part.items():
                told.append(f"    {what:28} {line['n']:6} {line['p50_ms']:8} {line['p95_ms']:8} {line['worst_ms']:8} "
                            f"{line.get('bytes', ''):>9}")  # fmt: skip
    told.append("")
    for name, limit in LIMITS.items():
        one = report["measured"]["promised"][name]
        held = "kept" if one["p95_ms"] <= limit * 1000 else "NOT kept"
        told.append(
            f"{name:14} p95 {one['p95_ms']:7} ms of {one['n']}, at most {limit * 1000:.0f} ({held}), "
            f"{report['ratio'][name]} of the baseline; slowest: {one['slowest'] or 'none'}, {one['slowest_p95_ms']} ms"
        )
    if "memory" in report:
        one = report["memory"]
        told.append(f"memory after {one['hours']} hours of {one['sessions']} sessions ({one['runs']} runs): "
                    f"{one['start_mb']} -> {one['end_mb']} MB, {one['grows']:+.1%}")  # fmt: skip
    return "\n".join(told)


def options_of(arguments: list[str] | None = None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="nobet bench board", description="The board's speed for many at once.")
    parser.add_argument("--mentions", type=int, default=100_000)
    parser.add_argument("--open", type=int, default=2_000, help="open cases")
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--browsers", type=int, default=1, help="how many of the sessions are in a real Chromium")
    parser.add_argument("--hours", type=float, default=0.0, help="hours whose refreshes are replayed for the memory")
    parser.add_argument("--folder", help="where the stores are kept for the next run")
    parser.add_argument("--code", default=str(ROOT), help="the checkout whose board is measured")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Measure, and say it."""
    options = options_of(arguments)
    report = measure(options)
    print(json.dumps(report, ensure_ascii=False, indent=2) if options.json else table(report))


if __name__ == "__main__":
    main()
