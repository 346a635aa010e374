"""How long a reply is, as each channel counts.

X: weighted characters, links 23 (playbooks/drafts.py). Mastodon: graphemes, a link is 23 and of `@name@server` only
`@name` counts (docs.joinmastodon.org/user/posting, StatusLengthValidator). Bluesky: graphemes (lexicon
app.bsky.feed.post, maxGraphemes). Google: bytes of UTF-8. All others: code points.
"""

from __future__ import annotations

import re

import regex

from playbooks.drafts import length_on

_URL = re.compile(r"https?://\S+")
_FAR_HANDLE = re.compile(r"(?<![\w/])(@\w{1,50})@[\w.-]{1,253}\w")
_GRAPHEME = regex.compile(r"\X")
LINK_LENGTH = 23
"""What X and Mastodon count for any link."""


def graphemes(text: str) -> int:
    """Characters as people see them: a family of four is one emoji and one character."""
    return len(text) if text.isascii() and "\r\n" not in text else sum(1 for _ in _GRAPHEME.finditer(text))


def length(text: str, count: str) -> int:
    """The length of a text by one of the ways in schema.Allowed.count."""
    if count == "x":
        return length_on("social", text)
    if count == "mastodon":
        return graphemes(_FAR_HANDLE.sub(r"\1", _URL.sub("x" * LINK_LENGTH, text)))
    if count == "graphemes":
        return graphemes(text)
    if count == "bytes":
        return len(text.encode("utf-8", "replace"))
    return len(text)
