"""The general phrases: snippets that fit where they are offered, and automatic messages that claim nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mention import FAMILIES, LANGUAGES
from playbooks.drafts import LENGTH_LIMITS, DraftError, length_on, may_hold, placeholders, render
from playbooks.facts import FACTS, PUBLIC_FAMILIES, SLOT_OPEN, sample_facts
from playbooks.phrases import acknowledge, snippets_for
from playbooks.schema import Phrases, Snippet
from playbooks.shelf import PHRASES, LibraryError, check_library, load_library
from playbooks.wording import (
    AUTOMATIC,
    acknowledgement_problems,
    families_of,
    offer_problems,
    public_offer_problems,
    snippet_problems,
)

LIBRARY = load_library()
ACKNOWLEDGEMENT = LIBRARY.phrases.acknowledgement
OWNERS: list[tuple[str, Snippet]] = [("general", snippet) for snippet in LIBRARY.phrases.snippets] + [
    (book.id, snippet) for book in LIBRARY.values() for snippet in book.snippets
]
INFORMAL = re.compile(r"\b(sen|sana|seni|senin|sende|senden|yaz|gönder|ara|bekle)\b", re.IGNORECASE)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_automatic_message_says_what_it_is_and_when_a_person_answers(family: str, language: str) -> None:
    assert ACKNOWLEDGEMENT is not None
    template = getattr(ACKNOWLEDGEMENT, family).say(language)
    facts = {name: value for name, value in sample_facts(language).items() if may_hold(family, name)}
    for text in (render(template, language, facts), render(template, language, {})):
        assert AUTOMATIC[language] in text
        limit = LENGTH_LIMITS.get(family)
        assert limit is None or length_on(family, text) <= limit
        assert language == "en" or not INFORMAL.search(text)
    assert facts["answer_by"] in render(template, language, facts)
    assert SLOT_OPEN not in render(template, language, facts)
    used = placeholders(template, language)
    assert used <= {"answer_by", "brand", "name", "case_number", "contact"}
    assert "agent" not in used, "no person has signed it"


@pytest.mark.parametrize(("owner", "snippet"), OWNERS, ids=lambda value: getattr(value, "id", value))
def test_a_snippet_is_whole_in_both_languages_and_fits_where_it_is_offered(owner: str, snippet: Snippet) -> None:
    assert snippet.title.tr and snippet.title.en and snippet.text.tr != snippet.text.en
    assert not INFORMAL.search(snippet.text.tr)
    for language in LANGUAGES:
        text = snippet.text.say(language)
        offered = families_of(text, snippet.families, language)
        assert offered and (not snippet.families or set(offered) == set(snippet.families))
        said = render(text, language, sample_facts(language))
        assert len(said) <= 240, "a snippet is a sentence or two"
        for family in offered:
            assert all(may_hold(family, name) for name in placeholders(text, language))
    assert families_of(snippet.text.tr, snippet.families, "tr") == families_of(snippet.text.en, snippet.families, "en")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("playbook_id", [None, "late_delivery", "communication_mistake"])
def test_the_snippets_of_a_reply_tell_nothing_private_in_public(family, language, playbook_id):
    facts = {fact.name: "SECRET" if not fact.public else "known" for fact in FACTS.values()}
    book = LIBRARY[playbook_id] if playbook_id else None
    ready = snippets_for(LIBRARY.phrases, book, family, language, facts)
    assert ready and len({one.id for one in ready}) == len(ready)
    if family in PUBLIC_FAMILIES:
        assert not [one.id for one in ready if "SECRET" in one.text]
    else:
        assert "tracking_link" in {one.id for one in ready} and any("SECRET" in one.text for one in ready)
    assert book is None or ready[0].id in {snippet.id for snippet in book.snippets}, "the scenario's own come first"


def test_a_snippet_is_filled_and_what_customers_wrote_stays_text():
    ready = {one.id: one for one in snippets_for(LIBRARY.phrases, None, "email", "tr", {"tracking_link": "{{7*7}}"})}
    assert ready["tracking_link"].text == "Gönderinizi buradan izleyebilirsiniz: {{7*7}}"
    assert FACTS["next_update"].slot("tr") in ready["no_news_yet"].text
    assert ready["photo"].title == "Fotoğraf nasıl gönderilir"


def test_an_automatic_message_tells_only_what_a_machine_knows():
    when = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    facts = {"answer_by": when, "brand": "Çınar", "agent": "Mehmet", "order_number": "4471", "case_number": "N-7"}
    text = acknowledge(LIBRARY.phrases, "direct", "tr", facts)
    assert "23 Kasım 2026 Pazartesi 18.00" in text and "N-7" in text and "Mehmet" not in text and "4471" not in text
    assert "0850" not in acknowledge(LIBRARY.phrases, "marketplace", "tr", {**facts, "contact": "0850 000 00 00"})
    assert acknowledge(Phrases(), "direct", "tr", facts) == ""


@pytest.mark.parametrize(("family", "language"), [("pigeon", "tr"), ("direct", "de")])
def test_an_unknown_place_is_a_sentence(family, language):
    with pytest.raises(DraftError, match="is not a"):
        acknowledge(LIBRARY.phrases, family, language, {})
    with pytest.raises(DraftError, match="is not a"):
        snippets_for(LIBRARY.phrases, None, family, language, {})


def test_what_the_desk_needs_most_is_among_the_snippets() -> None:
    ids = {snippet.id for _, snippet in OWNERS}
    assert {"tracking_link", "photo", "executive", "into_private", "no_personal_data"} <= ids
    general = [snippet.id for snippet in LIBRARY.phrases.snippets]
    assert len(general) == len(set(general))


FITS = [
    ("{{ tracking_link }}", (), "tr", ("email", "direct", "phone")),
    ("Merhaba.", (), "tr", FAMILIES),
    ("Özel mesajla yazın.", (), "tr", tuple(f for f in FAMILIES if f != "marketplace")),
    ("{{ contact }}", (), "en", tuple(f for f in FAMILIES if f != "marketplace")),
    ("{{ order_number }}", ("email", "social"), "en", ("email",)),
]


@pytest.mark.parametrize(("text", "named", "language", "expected"), FITS)
def test_where_a_snippet_may_stand_follows_from_its_words(text, named, language, expected):
    assert set(families_of(text, named, language)) == set(expected)


GOOD_ACK = "Bu otomatik bir iletidir. {{ brand }} ekibinden bir kişi en geç {{ answer_by }} itibarıyla yazacak."
BAD_ACKS = [
    ("Mesajınızı aldık, {{ answer_by }} itibarıyla yazacağız.", "tr", "write 'Bu otomatik bir iletidir'"),
    ("Bu otomatik bir iletidir. Size yazacağız.", "tr", "by when a person answers"),
    (GOOD_ACK + " Mesajınızı okuduk.", "tr", "'okuduk' claims"),
    (GOOD_ACK + " Talebiniz inceleniyor.", "tr", "'inceleniyor' claims"),
    (GOOD_ACK + " Yaşadıklarınız için özür dileriz.", "tr", "claims"),
    (GOOD_ACK + " {{ agent }}", "tr", "a machine does not know 'agent'"),
    (GOOD_ACK + " Sebep: {{ cause }}", "tr", "a machine does not know 'cause'"),
    (GOOD_ACK + " {{ nmae }}", "tr", "did you mean 'name'"),
    (GOOD_ACK + " {{ order_number }}", "tr", "is private"),
    ("This is an automatic message. We are reading it; {{ answer_by }}.", "en", "'reading' claims"),
    ("This is an automatic message. We are looking into it; {{ answer_by }}.", "en", "'looking into' claims"),
    ("We have your message and answer by {{ answer_by }}.", "en", "write 'This is an automatic message'"),
]


@pytest.mark.parametrize(("text", "language", "sentence"), BAD_ACKS)
def test_an_automatic_message_that_pretends_is_found(text: str, language: str, sentence: str) -> None:
    said = [problem for problem, _ in acknowledgement_problems(text, "social", language)]
    assert any(sentence in problem for problem in said), said


def test_an_honest_automatic_message_is_let_pass() -> None:
    assert list(acknowledgement_problems(GOOD_ACK, "social", "tr")) == []


OFFERS = [
    ("{{ amount }} tutarında çek", "tr", True, None),
    ("yanlış ürünün sizde kalması", "tr", True, None),
    ("a new one", "en", False, None),
    ("{{ amount }} of something", "en", False, "leave {{ amount }} out"),
    ("{{ offer }} olsun", "tr", True, "cannot stand in them"),
    ("{{ amount }}'lik çek", "tr", True, "suffix"),
    ("{{ amuont }}", "tr", True, "did you mean 'amount'"),
    ("{{ amount", "en", True, "cannot be read"),
]


@pytest.mark.parametrize(("text", "language", "money", "sentence"), OFFERS)
def test_the_words_of_an_offer_are_checked(text, language, money, sentence):
    said = [problem for problem, _ in offer_problems(text, language, money)]
    assert any(sentence in problem for problem in said) if sentence else said == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Size bir çözüm önerimiz var.", None),
        ("Doğru ürünü hemen gönderebiliriz.", None),
        ("Size 250 TL vereceğiz.", "nobody else's business"),
        ("Yüzde 20 indirim yaparız.", "nobody else's business"),
        ("{{ amount }} veririz.", "leave the facts out"),
        ("Sayın {{ name }}, önerimiz var.", "leave the facts out"),
        ("{{ name", "cannot be read"),
    ],
)
def test_the_public_sentence_tells_no_amount(text: str, sentence: str | None) -> None:
    said = [problem for problem, _ in public_offer_problems(text, "tr")]
    assert any(sentence in problem for problem in said) if sentence else said == []


@pytest.mark.parametrize(
    ("text", "families", "sentence"),
    [
        ("{{ order_number }} yolda.", ("social",), "is private"),
        ("{{ order_number }} yolda.", (), None),
        ("Bize DM’den yazın.", ("marketplace",), "leading the customer away"),
        ("{{ answer_by }} itibarıyla", (), "for automatic messages"),
        ("{{ brand }}’dan", (), "suffix"),
        ("{{ x }}", (), "is not a fact"),
    ],
)
def test_a_snippet_in_the_wrong_place_is_found(text, families, sentence):
    said = [problem for problem, _ in snippet_problems(text, families, "tr")]
    assert any(sentence in problem for problem in said) if sentence else said == []


def _folder(tmp_path: Path, old: str, new: str) -> Path:
    shipped = PHRASES.read_text(encoding="utf-8")
    assert old in shipped
    (tmp_path / "snippets.yaml").write_text(shipped.replace(old, new, 1), encoding="utf-8")
    book = (PHRASES.parent / "library" / "praise.yaml").read_text(encoding="utf-8")
    (tmp_path / "praise.yaml").write_text(book, encoding="utf-8")
    return tmp_path


BROKEN = [
    ("id: photo\n", "id: tracking_link\n", "snippets[1].id", "used twice"),
    ("{{ tracking_link }}", "{{ trakcing_link }}", "snippets[0].text.tr", "did you mean 'tracking_link'"),
    ("families: [direct, email]", "families: [pigeon]", "snippets[1].families[0]", "not a known channel family"),
    ("Bu otomatik bir iletidir.", "Merhaba.", "acknowledgement.social.tr", "an automatic message says so"),
    ("acknowledgement:\n", "acknowledgment:\n", "acknowledgment", "did you mean 'acknowledgement'"),
    ("snippets:\n", "snippets: 3\nold:\n", "snippets", "where a list is wanted"),
]


@pytest.mark.parametrize(("old", "new", "field", "sentence"), BROKEN)
def test_a_mistake_in_the_phrases_is_found_with_its_line(tmp_path, old, new, field, sentence):
    folder = _folder(tmp_path, old, new)
    for findings in (check_library(folder), check_library(folder / "snippets.yaml")):
        found = [finding for finding in findings if sentence in finding.sentence]
        assert found and found[0].field == field and found[0].line > 1, [str(finding) for finding in findings]
        assert found[0].file == str(folder / "snippets.yaml")
    with pytest.raises(LibraryError):
        load_library(folder)


def test_a_folder_may_hold_its_own_phrases_and_needs_none(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "id: thank_and_close", "id: our_own_closing")
    mine = load_library(folder)
    assert list(mine) == ["praise"] and "our_own_closing" in {snippet.id for snippet in mine.phrases.snippets}
    assert check_library(folder) == [] and check_library(folder / "snippets.yaml") == []
    (folder / "snippets.yaml").unlink()
    assert load_library(folder).phrases == LIBRARY.phrases


def test_the_private_families_are_those_in_which_private_facts_may_stand() -> None:
    for fact in FACTS.values():
        for family in FAMILIES:
            expected = fact.public or family not in PUBLIC_FAMILIES
            assert may_hold(family, fact.name) is (expected and (family, fact.name) != ("marketplace", "contact"))
