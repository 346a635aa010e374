"""Kinds are found in the folder; a wrong configuration is one sentence without values."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from collectors.protocol import SourceSettings
from collectors.registry import KINDS, ConfigError, collector_for


def test_every_file_with_a_kind_is_found() -> None:
    assert {"feed", "reddit", "x"} <= set(KINDS)
    assert list(KINDS) == sorted(KINDS) and len(KINDS) >= 20
    assert all(issubclass(collector.Settings, SourceSettings) for collector in KINDS.values())


def test_one_kind_does_not_load_the_others() -> None:
    code = (
        "import sys; from collectors.registry import KINDS; assert 'feed' in KINDS and 'dates' not in KINDS;"
        "assert 'no such' not in KINDS; assert not {'praw', 'tweepy', 'trafilatura', 'imapclient'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


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
        ({"kind": "reddit"}, ["name subreddits, a query"]),
        ({"kind": "reddit", "native_query": "marka", "comments": True}, ["comments are read per subreddit"]),
        ({"kind": "reddit", "subreddits": ["../etc"]}, ["'../etc' is not the name of a subreddit"]),
        ({"kind": "x"}, ["give a query, a native_query"]),
        ({"kind": "x", "native_query": "ç" * 513}, ["field 'native_query'", "512"]),
        ({"kind": "x", "query": "kargo AND ("}, ["field 'query'", "Query, column"]),
        ({"kind": "x", "query": "NOT kargo"}, ['"x"']),
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


def test_a_service_is_asked_our_query_in_its_own_words_unless_it_was_told_what_to_read() -> None:
    asked: Any = collector_for({"kind": "x", "query": '"çınar ev"'})
    assert '"çınar ev"' in asked.settings.native_query and " OR " in asked.settings.native_query
    many: Any = collector_for({"kind": "bluesky", "handle": "a.bsky.social", "query": "kargo"})
    assert "kargo" in many.settings.native_query
    told: Any = collector_for({"kind": "reddit", "subreddits": ["Turkey"], "query": "kargo"})
    assert told.settings.native_query == ""


def test_a_secret_in_the_wrong_place_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as raised:
        collector_for({"kind": "x", "query": "a", "bearer_token": "s3cr3t", "every": "s3cr3t"})
    assert "s3cr3t" not in str(raised.value) and "bearer_token_env" in str(raised.value)


def test_a_query_of_512_characters_is_allowed() -> None:
    collector_for({"kind": "x", "native_query": "ç" * 512})
    collector_for({"kind": "reddit", "subreddits": ["/r/Turkey/", "a_b+Cd"]})
