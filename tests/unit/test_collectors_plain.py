"""HTML as a reader sees it, and payloads that every database stores."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.plain import MAX_DEPTH, plain_text, storable
from tests.tries import tries


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("düz yazı", "düz yazı"),
        ("<p>Kargom <b>gelmedi</b>!</p><p>İade &amp; iptal</p>", "Kargom gelmedi!\nİade & iptal"),
        ("bir<br>iki<br/>üç", "bir\niki\nüç"),
        ("a <script>alert(1)</script><style>p{}</style>b", "a b"),
        ("<!-- gizli -->görünen<!-- -->", "görünen"),
        ("<ul><li>bir</li><li>iki</li></ul>", "bir\niki"),
        ("5 &lt; 6 &amp;&amp; 7 &gt; 6", "5 < 6 && 7 > 6"),
        ("<p>kapanmayan <i>etiket", "kapanmayan etiket"),
        ("çok   boşluk\n ve <b>satır</b>\n sonu", "çok boşluk ve satır sonu"),
        ("<img src=x onerror=alert(1)>resim", "resim"),
        ('<?xml version="1.0" encoding="latin-1"?><p>Iğdır</p>', "Iğdır"),
        ("<!-- yalnız -->", ""), ("<br>", ""), ("", ""), ("\x00<p>sıfır</p>", "\N{REPLACEMENT CHARACTER}\nsıfır"),
    ],
)  # fmt: skip
def test_text_of_html(html: str, text: str) -> None:
    assert plain_text(html) == text


@given(st.text(alphabet=st.sampled_from("<>/&;!-abp \n'\"=ğİ\x00"), max_size=60))
@settings(max_examples=tries(200), deadline=None)
def test_no_html_breaks_it(html: str) -> None:
    assert "\x00" not in plain_text(html) or ("<" not in html and "&" not in html)


def test_deep_and_large_html_ends() -> None:
    assert "son" in plain_text("<div>" * 200 + "son" + "</div>" * 200)
    assert len(plain_text("<p>kelime</p>" * 100_000)) == 700_000 - 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
@settings(deadline=None)
def test_a_storable_payload_is_strict_json(value: Any) -> None:
    text = json.dumps(storable(value), allow_nan=False, ensure_ascii=False)
    text.encode()
    assert "\\u0000" not in text


def test_depth_has_an_end() -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH + 2):
        value = [value]
    with pytest.raises(ValueError, match="nested"):
        storable(value)
