"""Offensive words in their disguises, and the innocent words that hold one."""

from __future__ import annotations

import pytest

from tests.unit.test_extract_personal import found


@pytest.mark.parametrize(
    ("text", "language", "grade"),
    [
        ("a.q ya", "tr", "strong"), ("amk böyle işin", "tr", "strong"), ("s*ktir", "tr", "strong"), ("siktir"
        " git", "tr", "strong"),
        ("s i k t i r", "tr", "strong"), ("or*spu çocukları", "tr", "strong"), ("şerefsizler", "tr", "strong"),
        ("SEREFSIZLER", "tr", "strong"), ("siiiiktir", "tr", "strong"), ("götünüze sokun", "tr", "strong"),
        ("piçler", "tr", "strong"),
        ("gerizekalılar", "tr", "mild"), ("salaksınız", "tr", "mild"), ("allah belanızı versin", "tr", "mild"),
        ("boktan", "tr", "mild"),
        ("b0ktan", "tr", "mild"), ("pis Suriyeliler", "tr", "hate"), ("kafanı kırarım", "tr", "threat"),
        ("sizi öldürürüm", "tr", "threat"), ("mağazanızı yakacağım", "tr", "threat"), ("f**k you", "en", "strong"),
        ("f u c k", "en", "strong"), ("sh1t service", "en", "strong"), ("you idiots", "en", "mild"),
        ("damn app", "en", "mild"),
        ("dirty immigrants", "en", "hate"), ("I'll kill you", "en", "threat"),
        ("we will burn your store down", "en", "threat"),
        ("a$$hole", "en", "strong"), ("fuuuuck", "en", "strong"), ("canımı siktiniz", "tr", "strong"),
    ],
)  # fmt: skip
def test_offences(text: str, language: str, grade: str) -> None:
    assert {one.grade for one in found(text, language).offences} == {grade}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("sikke koleksiyonu", "tr"), ("götürmek istiyorum, goturdu", "tr"), ("amcam ve ama amin", "tr"),
        ("canımı sıktı", "tr"),
        ("canimi sikti bu is", "tr"), ("çok şık duruyor", "tr"), ("cok sik duruyor", "tr"),
        ("silahı sıktıranlar", "tr"),
        ("şikayet sikayet sikinti klasik", "tr"),
        ("piknik pic.twitter.com/abc", "tr"), ("boks maçı bokser", "tr"), ("sıcak sicak sicil", "tr"), ("analiz"
        " ettim", "tr"),
        ("dolandırıcısınız, rezalet, hırsızlar", "tr"), ("dava edeceğim sizi", "tr"), ("gülmekten öldüm", "tr"),
        ("kafam karıştı", "tr"),
        ("Scunthorpe class assume pass", "en"), ("I got it", "en"), ("cockpit shiitake Essex", "en"), ("hello"
        " shell", "en"),
        ("kill the subscription", "en"), ("beat the price", "en"), ("5 ***** yıldız", "tr"), ("a*b*c = 12", "en"),
        ("Dick's Sporting Goods", "en"), ("I burn calories", "en"), ("kahve yarar", "tr"), ("A. Q. Khan", "en"),
    ],
)  # fmt: skip
def test_innocent_words(text: str, language: str) -> None:
    assert not found(text, language).offences
