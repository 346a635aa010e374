"""A real forum that nobody here wrote: Spirit (PyPI django-spirit), installed into a folder and served on 127.0.0.1.

    def test_x(spirit: Spirit) -> None:
        forum = spirit.section("Kargo", [Topic("Kargom gelmedi", ["ilk ileti", "ikinci"])])
        forum.url                               # a thread list that only this test writes to
        spirit.reply(forum.topics[0], ["yeni"])

The server is ended with the tests, by its own process id, and ends by itself when they are killed. Texts are written
through Django's ORM and Spirit's own Markdown, in a process of their own. Import `spirit` into the test file to use it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

SETTINGS = "site1.settings.dev"
PATIENCE = 120.0
"""Seconds given to an installation on a machine that does other things too; it takes about 4 on an idle one."""


@dataclass(frozen=True)
class Topic:
    """A thread to be written: its title and its posts as Markdown, by one author each or by `author`."""

    title: str
    posts: list[str]
    author: str = "ayse"


@dataclass(frozen=True)
class Section:
    """A section that was written: the address of its thread list, its topics' numbers, and its posts' ids by topic."""

    url: str
    topics: list[int]
    posts: list[list[str]] = field(default_factory=list)


class Spirit:
    """A running Spirit forum."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = {
            **os.environ,
            "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")]),
            "DJANGO_SETTINGS_MODULE": SETTINGS,
        }
        self._command("-c", "from spirit.extra.bin.spirit import main; main()", "startproject", "site1", cwd=folder)
        self._site = folder / "site1"
        self._command("manage.py", "spiritinstall", f"--settings={SETTINGS}", cwd=self._site)
        self._log = (folder / "server.log").open("wb")
        self._server = subprocess.Popen(
            [sys.executable, __file__, "serve"],
            cwd=self._site, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
        )  # fmt: skip
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        if not line:
            raise RuntimeError(f"Spirit did not start:\n{(folder / 'server.log').read_text()[-2000:]}")
        self.url = f"http://127.0.0.1:{int(line)}"
        self._await_answer()

    def _command(self, *words: str, cwd: Path) -> None:
        done = subprocess.run(
            [sys.executable, *words], cwd=cwd, env=self._environment, capture_output=True, text=True, timeout=PATIENCE
        )
        if done.returncode:
            raise RuntimeError(
                f"{' '.join(words)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}"
            )

    def _await_answer(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/topic/active/", timeout=PATIENCE) as answer:
                    answer.read()
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def _write(self, order: dict[str, Any]) -> Any:
        done = subprocess.run(
            [sys.executable, __file__, "write"],
            cwd=self._site, env=self._environment, input=json.dumps(order), capture_output=True, text=True,
            timeout=PATIENCE,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"writing to Spirit failed:\n{done.stderr[-2000:]}")
        return json.loads(done.stdout.splitlines()[-1])

    def section(self, title: str, topics: list[Topic]) -> Section:
        """A new section with these threads; the last one is the newest."""
        written = self._write({"section": title, "topics": [vars(topic) for topic in topics]})
        return Section(self.url + written["path"], written["topics"], written["posts"])

    def reply(self, topic: int, posts: list[str], author: str = "mehmet") -> list[str]:
        """New posts in a thread, by its number; their ids."""
        ids: list[str] = self._write({"reply": topic, "posts": posts, "author": author})["posts"]
        return ids

    def end(self) -> None:
        """Stop the server."""
        self._server.terminate()
        self._server.wait(timeout=30)
        for stream in (self._server.stdin, self._server.stdout, self._log):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


@pytest.fixture(scope="session")
def spirit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spirit]:
    """The forum, installed once for all tests of a run."""
    if importlib.util.find_spec("spirit") is None:
        pytest.fail("django-spirit is not installed; `make test` installs what the tests need")
    server = Spirit(tmp_path_factory.mktemp("spirit"))
    yield server
    server.end()


def _serve() -> None:
    """In the server's process: serve on a free port, name it, and end when whoever started us is gone."""
    import django
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    django.setup()
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(get_wsgi_application())

    def end_with_the_tests() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=end_with_the_tests, daemon=True).start()
    print(server.server_port, flush=True)
    server.serve_forever()


def _write() -> None:
    """In a process of its own: write what standard input says through Spirit's models."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from spirit.category.models import Category
    from spirit.comment.models import Comment
    from spirit.core.utils.markdown import Markdown
    from spirit.topic.models import Topic as SpiritTopic

    users = get_user_model().objects

    def write(topic: Any, text: str, author: str) -> str:
        user = users.filter(username=author).first() or users.create_user(author, f"{author}@forum.example", "x")
        comment = Comment.objects.create(user=user, topic=topic, comment=text, comment_html=Markdown().render(text))
        topic.increase_comment_count()
        return str(comment.pk)

    order = json.load(sys.stdin)
    if "reply" in order:
        topic = SpiritTopic.objects.get(pk=order["reply"])
        print(json.dumps({"posts": [write(topic, text, order["author"]) for text in order["posts"]]}))
        return
    section = Category.objects.create(title=order["section"], is_global=True)
    topics, posts = [], []
    for wanted in order["topics"]:
        user = users.filter(username=wanted["author"]).first()
        user = user or users.create_user(wanted["author"], f"{wanted['author']}@forum.example", "x")
        topic = SpiritTopic.objects.create(user=user, category=section, title=wanted["title"])
        topics.append(topic.pk)
        posts.append([write(topic, text, wanted["author"]) for text in wanted["posts"]])
    print(json.dumps({"path": section.get_absolute_url(), "topics": topics, "posts": posts}))


if __name__ == "__main__":
    # The site's folder first: its package must be found, and nothing of the tests' folder is meant here.
    sys.path[0] = os.getcwd()
    {"serve": _serve, "write": _write}[sys.argv[1]]()
