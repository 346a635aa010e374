"""The worlds: every class in a file of this folder that names the `kind` it stands for."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from tests.integration.worlds.world import World


def discover() -> dict[str, type[World]]:
    """The world of each kind. Raises TypeError for a kind given twice."""
    worlds: dict[str, type[World]] = {}
    for module in pkgutil.iter_modules(__path__):
        name = f"{__name__}.{module.name}"
        for _, found in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            if found.__module__ != name or not issubclass(found, World) or not hasattr(found, "kind"):
                continue
            if found.kind in worlds:
                raise TypeError(f"two worlds for {found.kind!r}")
            worlds[found.kind] = found
    return dict(sorted(worlds.items()))


WORLDS = discover()
ELSEWHERE: dict[str, str] = {
    "demo": "tests/unit/test_demo_play.py",  # talks to no server
    "forum": "tests/integration/test_forum_faults.py",  # a process a fetch: the same promises, on pages of its own
    "eksi": "tests/integration/test_forum_eksi.py",
    "donanimhaber": "tests/integration/test_forum_donanimhaber.py",
    "sikayetvar": "tests/integration/test_sikayetvar_faults.py",
    "webhook": "tests/acceptance/test_intake.py",  # it is called and asks nobody
    "folder": "tests/integration/test_folder.py",
    "imap": "tests/integration/test_mail_path.py",
}
"""Kinds that do not speak HTTP request by request: their promises are held in a test file of their own."""
