"""Every world in turn, and the server that shows it: the fixtures of the contract tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.faulty_server import FaultyServer
from tests.integration.worlds import WORLDS
from tests.integration.worlds.world import World


@pytest.fixture(params=list(WORLDS))
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world without posts, its secrets in the environment."""
    found = WORLDS[request.param]()
    for name, value in found.env.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def server(world: World) -> Iterator[FaultyServer]:
    """The world's site, running."""
    with FaultyServer(lambda request: world.route(request), world.counts) as running:
        yield running
