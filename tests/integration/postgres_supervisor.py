"""Runs a real PostgreSQL for the tests for as long as somebody holds the other end of this script's standard input.

Started by conftest.py as `postgres_supervisor.py FOLDER_OF_THE_PACKAGE`. Prints one JSON line, `{"host": socket
folder, "pid": the server's}` or `{"error": sentence}`, then waits for the end of its input. When the test run ends,
however it ends (kill -9 included), the pipe closes, and the server is stopped by its own process id and its folder
removed. Should this script itself be killed, the next one ends what it left behind.

It drives the package's binaries itself: the package's own start makes a system user and opens folders up to / for
everyone when run as root; here the server runs as `nobody` then, on a copy of the binaries if it cannot reach them.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

import psutil
import psycopg

PREFIX = "nobet-postgres-"
# Short, because a Unix socket's path ends at 107 characters; and open to `nobody`, as a TMPDIR of root's may not be.
PLACE = Path("/tmp") if os.access("/tmp", os.W_OK) else Path(tempfile.gettempdir())
START_S = 60.0
"""A cold machine with a busy disk took 10 s."""

SETTINGS = (
    "listen_addresses=",  # the socket only: no port to collide with
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "shared_buffers=32MB",
    "autovacuum=off",
    "max_connections=100",
)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the tests' to handle; the pipe tells us when they end
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    end_what_was_left()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=PLACE))
    held = hold(folder)
    server: subprocess.Popen[bytes] | None = None
    try:
        server = start(Path(sys.argv[1]), folder)
        print(json.dumps({"host": str(folder), "pid": server.pid}), flush=True)
        sys.stdin.buffer.read()
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
    finally:
        if server is not None:
            end(psutil.Process(server.pid), server)
        shutil.rmtree(folder, ignore_errors=True)
        held.close()


def hold(folder: Path) -> IO[bytes]:
    """A lock on the folder that the kernel lets go when we die; nobody mistakes a recycled process id for us."""
    held = (folder / "held").open("wb")
    fcntl.flock(held, fcntl.LOCK_EX)
    return held


def start(package: Path, folder: Path) -> subprocess.Popen[bytes]:
    who: dict[str, Any] = {"cwd": folder}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        who |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    bin_ = reachable(package, folder, who) / "pginstall" / "bin"
    data, log = folder / "data", folder / "log"
    made = subprocess.run(
        [bin_ / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
        capture_output=True,
        text=True,
        **who,
    )
    if made.returncode != 0:
        raise RuntimeError(f"initdb failed: {made.stderr.strip()[-500:]}")
    settings = [part for setting in SETTINGS for part in ("-c", setting)]
    with log.open("wb") as sink:
        server = subprocess.Popen(
            [bin_ / "postgres", "-D", data, "-k", folder, *settings], stdout=sink, stderr=sink, **who
        )
    deadline = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
            return server
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                end(psutil.Process(server.pid), server)
                raise RuntimeError(
                    f"postgres did not start: {error}; {log.read_text('utf-8', 'replace')[-500:]}"
                ) from error
        time.sleep(0.05)


def reachable(package: Path, folder: Path, who: dict[str, Any]) -> Path:
    """The package's folder, or a copy of it where the server's user may not go (a checkout below /root)."""
    try:
        subprocess.run(
            [package / "pginstall" / "bin" / "postgres", "--version"], check=True, capture_output=True, **who
        )
        return package
    except (PermissionError, subprocess.CalledProcessError):
        libraries = package.with_name(f"{package.name}.libs")  # found relative to the binaries
        copy = folder / "package" / package.name
        shutil.copytree(package / "pginstall", copy / "pginstall", symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
        return copy


def end(server: psutil.Process, child: subprocess.Popen[bytes] | None = None) -> None:
    """Stops a server by its process id: a fast shutdown, an immediate one if that takes long, then for certain."""
    for number, patience_s in ((signal.SIGINT, 15), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        try:
            server.send_signal(number)
            if child is not None:
                child.wait(patience_s)
            else:
                server.wait(patience_s)
            return
        except psutil.NoSuchProcess:
            return
        except (psutil.TimeoutExpired, subprocess.TimeoutExpired):
            continue


def end_what_was_left() -> None:
    """Ends servers whose supervisor was killed, and removes their folders."""
    for folder in PLACE.glob(f"{PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime < 1:
                continue  # being made just now
            with (folder / "held").open("rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
                server = psutil.Process(pid)
                if str(folder / "data") in server.cmdline():
                    end(server)
        except BlockingIOError:
            continue  # in use
        except (OSError, ValueError, IndexError, psutil.Error):
            pass  # nothing runs there
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
