"""Kinds are found in the folder; a wrong configuration is one sentence without values."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.protocol import SourceSettings
from collectors.registry import KINDS, ConfigError, collector_for, discover


def test_every_file_with_a_kind_is_found() -> None:
    assert {"feed", "reddit", "x"} <= set(KINDS)
    assert discover() == KINDS
    assert all(issubclass(collector.Settings, SourceSettings) for collector in KINDS.values())


def test_a_collector_gets_its_settings() -> None:
    feed: Any = collector_for({"kind": "feed", "name": "blog", "url": "https://example.com/feed", "every": 60})
    assert (feed.kind, feed.settings.source, feed.settings.every) == ("feed", "blog", 60)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({}, ["kind None is not known", "known kinds are "]),
        ({"kind": "fed", "name": "blog"}, ['"blog"', "did you mean 'feed'"]),
        ({"kind": ["feed"]}, ["is not known"]),
        ({"kind": "feed"}, ["field 'url' is missing"]),
        ({"kind": "feed", "url": "https://a.example/", "evry": 5}, ["unknown field 'evry', did you mean 'every'"]),
        ({"kind": "feed", "url": "ftp://a.example/"}, ["field 'url': is not an http or https address"]),
        ({"kind": "feed", "url": "file:///etc/passwd"}, ["not an http or https address"]),
        ({"kind": "feed", "url": "https://a.example/", "every": 0}, ["field 'every'"]),
        ({"kind": "reddit"}, ["name subreddits, a query, or both"]),
        ({"kind": "reddit", "query": "marka", "comments": True}, ["comments are read per subreddit"]),
        ({"kind": "reddit", "subreddits": ["../etc"]}, ["'../etc' is not the name of a subreddit"]),
        ({"kind": "x"}, ["give a query, a user_id, or both"]),
        ({"kind": "x", "query": "ç" * 513}, ["field 'query'", "512"]),
        ({"kind": "x", "user_id": "marka"}, ["field 'user_id'"]),
    ],
)
def test_a_wrong_configuration_is_a_sentence(record: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ConfigError) as raised:
        collector_for(record)
    text = str(raised.value)
    assert text.startswith('Source "') and text.endswith("configuration.") and "\n" not in text
    for word in words:
        assert word in text, text


def test_a_secret_in_the_wrong_place_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as raised:
        collector_for({"kind": "x", "query": "a", "bearer_token": "s3cr3t", "every": "s3cr3t"})
    assert "s3cr3t" not in str(raised.value) and "bearer_token_env" in str(raised.value)


def test_a_query_of_512_characters_is_allowed() -> None:
    collector_for({"kind": "x", "query": "ç" * 512})
    collector_for({"kind": "reddit", "subreddits": ["/r/Turkey/", "a_b+Cd"]})
