"""What reviews and shop questions become: texts, stars, replies, deadlines; and what is wrong with them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from collectors import app_store, google_business, google_play, hepsiburada, trendyol, trustpilot
from collectors.json_api import titled
from collectors.protocol import Fetched, Rejected
from mention import Mention

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def mention_of(item: Fetched | Rejected) -> Mention:
    assert isinstance(item, Fetched), item
    return item.mention


def hepsi(**more: Any) -> dict[str, Any]:
    talk = [{"createdAt": "2026-11-20T10:00:00.1234567Z", "content": "Kutuda adaptör var mı?", "from": "Customer"}]
    return {
        "issueNumber": 991, "status": "WaitingForAnswer", "createdAt": "2026-11-20T10:00:00Z",
        "expireDate": "2026-11-23T10:00:00Z", "customerId": "1f0c", "conversations": talk,
    } | more  # fmt: skip


@pytest.mark.parametrize(
    ("title", "text", "whole"),
    [
        ("Berbat", "Kargo gelmedi", "Berbat\n\nKargo gelmedi"),
        ("Kargo gelmedi…", "Kargo gelmedi, kimse cevap vermiyor", "Kargo gelmedi, kimse cevap vermiyor"),
        ("Kargo gelmedi...", "Kargo gelmedi, kimse", "Kargo gelmedi, kimse"),
        ("Berbat", "", "Berbat"),
        (None, "Kargo", "Kargo"),
        ("", "  ", "  "),
        ("…", "Kargo", "Kargo"),
    ],
)
def test_a_title_is_part_of_the_text_once(title: str | None, text: str, whole: str) -> None:
    assert titled(title, text) == whole


def test_a_trustpilot_review() -> None:
    raw = {
        "id": "507f", "stars": 1, "title": "Berbat", "text": "İade yok", "language": "tr", "numberOfLikes": 4,
        "createdAt": "2026-11-20T10:00:00Z", "updatedAt": "2026-11-20T11:00:00Z", "isVerified": True,
        "reviewVerificationLevel": "invited", "consumer": {"id": "c1", "displayName": "Ayşe"},
        "companyReply": {"text": "Merhaba", "createdAt": "2026-11-21T07:00:00Z"},
        "location": {"name": "Kadıköy"},
    }  # fmt: skip
    item, position = trustpilot.parse_review(raw, "trustpilot", NOW)
    mention = mention_of(item)
    assert mention.text == "Berbat\n\nİade yok" and mention.rating == 1 and mention.lang == "tr"
    assert mention.author == "c1" and mention.engagement.likes == 4 and position == 1795168800
    assert mention.url == "https://www.trustpilot.com/reviews/507f"
    assert mention.extra == {
        "channel": "trustpilot", "verified": True, "verification": "invited", "location": "Kadıköy",
        "edited_at": "2026-11-20T11:00:00+00:00", "answer": "Merhaba", "answered_at": "2026-11-21T07:00:00+00:00",
    }  # fmt: skip


def test_stars_that_are_none_are_no_rating() -> None:
    for stars in (0, 6, "5", None, [1]):
        item, _ = trustpilot.parse_review(
            {"id": "1", "stars": stars, "text": "a", "createdAt": "2026-11-20T10:00:00Z"}, "t", NOW
        )
        assert mention_of(item).rating is None


def test_a_review_of_google_play_with_a_title_and_a_reply() -> None:
    comments = [
        {"userComment": {
            "text": "Açılmıyor\tGüncellemeden sonra çöküyor",
            "lastModified": {"seconds": "1795168800", "nanos": 500000000},
            "starRating": 1, "reviewerLanguage": "tr", "appVersionName": "4.2", "thumbsUpCount": 7,
            "deviceMetadata": {"productName": "Galaxy A54"},
        }},
        {"developerComment": {"text": "Düzelttik", "lastModified": {"seconds": "1795172400"}}},
    ]  # fmt: skip
    raw = {"reviewId": "gp:a/b", "authorName": "Ayşe", "comments": comments}
    item, position = google_play.parse_review(raw, "play", "com.marka", NOW)
    mention = mention_of(item)
    assert mention.text == "Açılmıyor\n\nGüncellemeden sonra çöküyor" and position == 1795168800
    assert mention.url == "https://play.google.com/store/apps/details?id=com.marka&reviewId=gp%3Aa%2Fb"
    assert mention.extra["answer"] == "Düzelttik" and mention.extra["answered_at"] == "2026-11-20T11:00:00+00:00"
    assert mention.extra["device"] == "Galaxy A54" and mention.extra["answer_limits"] == {"max": 350}
    assert mention.engagement.likes == 7


def test_a_tab_without_a_title_is_no_title() -> None:
    comment = {"text": "\tÇok iyi", "lastModified": {"seconds": "1795168800"}}
    item, _ = google_play.parse_review({"reviewId": "1", "comments": [{"userComment": comment}]}, "p", "a.b", NOW)
    assert mention_of(item).text == "Çok iyi"


@pytest.mark.parametrize(
    ("comment", "written", "translation"),
    [
        ("(Translated by Google) Late\n\n(Original)\nGeç geldi", "Geç geldi", "Late"),
        ("Geç geldi\n\n(Translated by Google)\nLate", "Geç geldi", "Late"),
        ("Geç geldi", "Geç geldi", None),
        ("(Translated by Google) Late", "(Translated by Google) Late", None),
    ],
)
def test_the_customers_own_words_are_kept(comment: str, written: str, translation: str | None) -> None:
    assert google_business.original(comment) == (written, translation)


def test_a_rating_without_words_is_its_stars() -> None:
    raw = {"reviewId": "r", "starRating": "TWO", "createTime": "2026-11-20T10:00:00.123456789Z", "reviewer": {}}
    item, _ = google_business.parse_review(raw, "g", "accounts/1/locations/2", NOW)
    mention = mention_of(item)
    assert mention.text == "★★" and mention.rating == 2 and mention.extra["rating_only"] is True
    item, _ = google_business.parse_review({**raw, "starRating": "STAR_RATING_UNSPECIFIED"}, "g", "l", NOW)
    assert isinstance(item, Rejected)


def test_an_anonymous_reviewer_has_no_name_and_a_change_is_an_edit() -> None:
    raw = {
        "reviewId": "r", "starRating": "ONE", "comment": "Kötü", "createTime": "2026-11-19T10:00:00Z",
        "updateTime": "2026-11-20T10:00:00Z", "reviewer": {"displayName": "A Google user", "isAnonymous": True},
        "reviewReply": {"comment": "Üzgünüz", "updateTime": "2026-11-20T12:00:00Z"},
    }  # fmt: skip
    item, position = google_business.parse_review(raw, "g", "accounts/1/locations/2", NOW)
    mention = mention_of(item)
    assert mention.author_name is None and mention.published_at == datetime(2026, 11, 19, 10, tzinfo=UTC)
    assert position == 1795168800 and mention.extra["edited_at"] == "2026-11-20T10:00:00+00:00"
    assert mention.extra["answer"] == "Üzgünüz" and mention.extra["location"] == "accounts/1/locations/2"


def test_an_entry_of_apples_feed() -> None:
    raw = {
        "id": {"label": "6290024630"}, "title": {"label": "Çöküyor"}, "content": {"label": "Açılmıyor"},
        "im:rating": {"label": "1"}, "im:version": {"label": "3.4"}, "im:voteSum": {"label": "3"},
        "updated": {"label": "2026-11-20T02:00:00-07:00"},
        "author": {"uri": {"label": "https://itunes.apple.com/tr/reviews/id638572168"}, "name": {"label": "Ayşe"}},
    }  # fmt: skip
    item, position = app_store.parse_entry(raw, "tr", "apps", "123456", NOW)
    mention = mention_of(item)
    assert mention.text == "Çöküyor\n\nAçılmıyor" and mention.author == "638572168" and mention.rating == 1
    assert mention.published_at == datetime(2026, 11, 20, 9, tzinfo=UTC) and position is not None
    assert mention.extra["country"] == "tr" and mention.extra["app_version"] == "3.4"


def test_a_question_of_trendyol_has_its_deadline() -> None:
    raw = {
        "id": 355137437, "text": "Garantisi var mı?", "customerId": 77, "userName": "A** Y**", "showUserName": False,
        "status": "WAITING_FOR_ANSWER", "creationDate": 1795168800000, "productName": "Kahve makinesi",
        "productMainId": "SKU1", "webUrl": "javascript:alert(1)", "answer": None,
    }  # fmt: skip
    mention = mention_of(trendyol.parse_question(raw, "trendyol", NOW))  # asked on Friday 13:00 in Istanbul
    assert mention.native_id == "355137437" and mention.author == "77" and mention.author_name is None
    assert mention.url is None, "only web addresses are links"
    assert mention.extra["answer_by"] == "2026-11-25T10:00:00+00:00"
    assert mention.extra["answer_limits"] == {"min": 10, "max": 2000} and "answered_at" not in mention.extra
    answer = {"text": "Evet", "creationDate": 1795172400000}
    mention = mention_of(trendyol.parse_question(raw | {"answer": answer, "status": "ANSWERED"}, "trendyol", NOW))
    assert mention.extra["answered_at"] == "2026-11-20T11:00:00+00:00" and mention.extra["status"] == "ANSWERED"


@pytest.mark.parametrize("date", [None, 0, -5, "2026-11-20", True, 10**18])
def test_a_question_without_a_time_is_named(date: Any) -> None:
    item = trendyol.parse_question({"id": 5, "text": "a", "creationDate": date}, "trendyol", NOW)
    assert isinstance(item, Rejected) and item.native_id == "5" and "published_at" in item.reason


def test_a_question_of_hepsiburada_keeps_the_deadline_that_was_given() -> None:
    mention = mention_of(hepsiburada.parse_question(hepsi(), "hepsiburada", NOW))
    assert mention.native_id == "991" and mention.text == "Kutuda adaptör var mı?"
    assert mention.extra["answer_by"] == "2026-11-23T10:00:00+00:00" and "answer_by_computed" not in mention.extra


@pytest.mark.parametrize("missing", [None, "0001-01-01T00:00:00", "soon"])
def test_without_a_deadline_one_business_day_is_assumed(missing: Any) -> None:
    mention = mention_of(hepsiburada.parse_question(hepsi(expireDate=missing), "hepsiburada", NOW))
    assert mention.extra["answer_by"] == "2026-11-23T10:00:00+00:00" and mention.extra["answer_by_computed"] is True


def test_times_without_an_offset_are_turkish() -> None:
    mention = mention_of(
        hepsiburada.parse_question(
            hepsi(createdAt="2026-11-20T10:00:00", expireDate="2026-11-23T10:00:00"), "hepsiburada", NOW
        )
    )
    assert mention.published_at == datetime(2026, 11, 20, 7, tzinfo=UTC)
    assert mention.extra["answer_by"] == "2026-11-23T07:00:00+00:00"


def test_what_the_customer_wrote_and_what_the_seller_answered() -> None:
    talk = [
        {"createdAt": "2026-11-20T12:00:00Z", "content": "Evet, var.", "from": "Merchant"},
        {"createdAt": "2026-11-20T10:00:00Z", "content": "Adaptör var mı?", "from": "Müşteri"},
        {"createdAt": "2026-11-20T13:00:00Z", "content": "Kaç volt?", "from": "Müşteri"},
        "garbage",
    ]
    mention = mention_of(hepsiburada.parse_question(hepsi(conversations=talk), "h", NOW))
    assert mention.text == "Adaptör var mı?\n\nKaç volt?"
    assert mention.extra["answer"] == "Evet, var." and mention.extra["answered_at"] == "2026-11-20T12:00:00+00:00"
    mention = mention_of(hepsiburada.parse_question(hepsi(conversations=None, lastContent="Var mı?"), "h", NOW))
    assert mention.text == "Var mı?" and "answer" not in mention.extra


@pytest.mark.parametrize("raw", [None, 5, "x", [], {}, {"id": {}}, {"comments": {"a": 1}}, {"attributes": []}])
def test_nonsense_is_rejected_and_breaks_nothing(raw: Any) -> None:
    deep: Any = []
    for _ in range(200):
        deep = [deep]
    for value in (raw, {"id": "1", "text": "a", "deep": deep} if raw == {} else raw):
        for item in (
            trustpilot.parse_review(value, "s", NOW)[0], google_play.parse_review(value, "s", "a.b", NOW)[0],
            google_business.parse_review(value, "s", "l", NOW)[0], app_store.parse_review(value, {}, "s", "1", NOW)[0],
            app_store.parse_entry(value, "tr", "s", "1", NOW)[0], trendyol.parse_question(value, "s", NOW),
            hepsiburada.parse_question(value, "s", NOW),
        ):  # fmt: skip
            assert isinstance(item, Rejected) and item.reason


def test_what_no_database_stores_is_replaced() -> None:
    raw = {"id": 1, "text": "a\x00b\ud800", "creationDate": 1795168800000, "productName": "x\x00"}
    item = trendyol.parse_question(raw, "t", NOW)
    mention = mention_of(item)
    assert "\x00" not in mention.text and "\x00" not in mention.extra["product"]
    assert isinstance(item, Fetched) and "\x00" not in item.raw["text"]
