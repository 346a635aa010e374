"""Starts and ends a WordPress: MariaDB on a socket of its own, PHP's web server on 127.0.0.1, a new site each time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.servers.bluesky_network import free_port

HERE = Path(__file__).parent / "wordpress"
PACKAGES = ("mariadb-server-core", "mariadb-client-core", "php-cli", "php-mysql", "php-xml", "php-mbstring")
"""The servers' programs alone: mariadb-server would start a service, and WordPress's own package a web server."""

PHP = ("php", "-d", "sendmail_path=true", "-d", "display_errors=0")
"""PHP that sends no mail, and does not mix its warnings with what it answers."""

READY_LIMIT = 60
"""Seconds until a server answers; both took under two."""


def installed() -> Path:
    """The folder of WordPress's own files; installs what is missing by apt, or skips."""
    kept = Path(__file__).parents[2] / "var" / "servers" / "wordpress"
    named = os.environ.get("NOBET_WORDPRESS")
    places = [Path(named)] if named else [Path("/usr/share/wordpress"), kept / "usr" / "share" / "wordpress"]
    found = next((place for place in places if (place / "wp-load.php").exists()), places[-1])
    if _missing(found):
        _bring(kept)
    if missing := _missing(found):
        pytest.skip(
            f"{', '.join(missing)}: missing, and apt-get did not bring it. Install {' '.join(PACKAGES)}, and name "
            "the folder of a WordPress in NOBET_WORDPRESS"
        )
    return found


def _missing(wordpress: Path) -> list[str]:
    """What is not here, of the programs and of WordPress in its folder."""
    missing = [
        name for name in ("mariadbd", "mariadb-install-db", "my_print_defaults", "php") if _program(name) is None
    ]
    if "php" not in missing:
        modules = subprocess.run(["php", "-m"], capture_output=True, text=True, check=True).stdout.split()
        missing += [f"PHP's {name}" for name in ("mysqli", "xml", "mbstring") if name not in modules]
    return missing if (wordpress / "wp-load.php").exists() else [*missing, f"WordPress in {wordpress}"]


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")


def _bring(folder: Path) -> None:
    """Install the programs, and unpack WordPress's package into `folder`."""
    if not shutil.which("apt-get"):
        return
    folder.mkdir(parents=True, exist_ok=True)
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES]
    unpack = "apt-get download -q wordpress && dpkg-deb -x wordpress_*.deb . && rm wordpress_*.deb"
    for command in ([*root, "apt-get", "update", "-q"], [*root, *install], ["sh", "-c", unpack]):
        print("+", " ".join(command), flush=True)
        try:
            done = subprocess.run(command, cwd=folder, timeout=600, capture_output=True, text=True)
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"  {error}", file=sys.stderr)
            continue
        if done.returncode:
            print(f"  it failed: {done.stderr.strip().splitlines()[-1:] or done.returncode}", file=sys.stderr)


class Server:
    """A running program, its words kept; starts when it has said `ready`, ends by its own process id."""

    def __init__(self, command: list[str], ready: str, **options: Any) -> None:
        self.words: list[str] = []
        self._ready = threading.Event()
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
        )
        self._reader = threading.Thread(target=self._listen, args=(ready,), daemon=True)
        self._reader.start()
        if not self._ready.wait(READY_LIMIT) or self._process.poll() is not None:
            self.end()
            said = "".join(self.words)[-3000:]
            pytest.fail(f"{command[0]} did not start; its last words:\n{said}", pytrace=False)

    def _listen(self, ready: str) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.words.append(line)
            if ready in line:
                self._ready.set()
        self._process.wait()
        self._ready.set()  # it has ended; nobody need wait for it

    def end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(20)


class WordPress:
    """A running site, empty and in English; `url` is its address. Use it in a `with`."""

    def __enter__(self) -> WordPress:
        source = installed()
        self._folder = tempfile.TemporaryDirectory(prefix="nobet-wordpress-", ignore_cleanup_errors=True)
        self._running: list[Server] = []
        try:
            self._start(source, Path(self._folder.name))
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self, source: Path, folder: Path) -> None:
        self._site, socket, data = folder / "site", folder / "sql", folder / "data"
        # Debian's own wp-config.php looks into /etc; the links lead to libraries that no feed needs.
        shutil.copytree(source, self._site, symlinks=True, ignore=shutil.ignore_patterns("wp-config.php"))
        shutil.copy(HERE / "wp-config.php", self._site)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._environment = {**os.environ, "NOBET_WORDPRESS_SOCKET": str(socket), "NOBET_WORDPRESS_URL": self.url}

        # As root MariaDB starts only when told so by name.
        user = ["--user=root"] if os.geteuid() == 0 else []
        make = [str(_program("mariadb-install-db")), "--no-defaults", f"--datadir={data}", *user, "--skip-test-db"]
        subprocess.run(
            [*make, "--auth-root-authentication-method=normal"], check=True, capture_output=True, timeout=READY_LIMIT
        )
        first = folder / "first.sql"
        first.write_text("CREATE DATABASE wordpress CHARACTER SET utf8mb4;")
        options = [f"--datadir={data}", f"--socket={socket}", f"--pid-file={folder / 'pid'}", f"--init-file={first}"]
        quick = ["--skip-networking", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"]
        command = [str(_program("mariadbd")), "--no-defaults", *user, *options, *quick]
        self._running.append(Server(command, "ready for connections"))

        self._call([["wp_install", "Blog", "yonetici", "yonetici@example.com", True, "", "parola"]], "install")
        self.call(
            *[["wp_delete_post", number, True] for number in (1, 2, 3)],  # what every new site says of itself
            ["update_option", "permalink_structure", "/%postname%/"],
            ["flush_rewrite_rules", False],
        )
        serve = [*PHP, "-S", f"127.0.0.1:{port}", "-t", str(self._site)]
        self._running.append(Server(serve, "Development Server", env=self._environment))

    def call(self, *calls: list[Any]) -> list[Any]:
        """What WordPress's own functions answer: each call is a function's name and its arguments."""
        return self._call(list(calls))

    def _call(self, calls: list[list[Any]], *arguments: str) -> list[Any]:
        done = subprocess.run(
            [*PHP, str(HERE / "call.php"), *arguments], cwd=self._site,
            env=self._environment, input=json.dumps(calls), capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0 and done.stdout, f"{done.stdout[-2000:]}\n{done.stderr[-1000:]}"
        results: list[Any] = json.loads(done.stdout)
        errors = [one["error"] for one in results if isinstance(one, dict) and "error" in one]
        assert not errors, errors
        return results

    def __exit__(self, *_: object) -> None:
        for server in reversed(self._running):
            server.end()
        self._folder.cleanup()
