"""Routing: worked examples over the shipped library, and what must hold for any mention and any score."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mention import LANGUAGES, SENTIMENTS, TOPICS, URGENCIES, Engagement, LabelScore, Mention, Score
from playbooks.reasons import SENTENCES, Reason
from playbooks.routing import REACH, Decision, History, first_word, fold, route, specificity
from playbooks.schema import ROLES, Library, Playbook
from playbooks.shelf import load_library
from tests.tries import tries

LIBRARY = load_library()
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def mention(text: str = "metin", *, shares: int = 0, **fields: object) -> Mention:
    return Mention.model_validate(
        {"source": "x", "native_id": "1", "text": text, "published_at": NOW, **fields}
        | {"engagement": Engagement(shares=shares)}
    )


def score(topic: str, urgency: str, sentiment: str = "negative", abstained: tuple[str, ...] = ()) -> Score:
    def label(value: str) -> LabelScore:
        return LabelScore(label=value, probs={value: 1.0})

    return Score(
        native_id="1", source="x", language="tr", sentiment=label(sentiment), urgency=label(urgency),
        topic=label(topic), abstained=abstained, model="test",
    )  # fmt: skip


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


OPEN, ASIDE = "open_case", "set_aside"

# text, topic, urgency, sentiment -> action, playbook, urgency, priority, needs_person
EXAMPLES = [
    # one playbook per topic
    ("Kargom 5 gündür gelmedi", "delivery_delay", "same_day", "negative", OPEN, "late_delivery", "same_day", 3, False),
    ("Yarın düğün var, elbise yok!", "delivery_delay", "urgent", "negative", OPEN, "late_delivery", "urgent", 2, False),
    ("Where is my parcel?", "delivery_delay", "same_day", "neutral", OPEN, "late_delivery", "same_day", 3, False),
    ("İlaç hâlâ gelmedi", "delivery_delay", "critical", "negative", OPEN, "late_delivery", "critical", 1, False),
    ("Mavi istedim kırmızı geldi", "wrong_item", "same_day", "negative", OPEN, "wrong_item", "same_day", 3, False),
    ("You sent the wrong size", "wrong_item", "urgent", "negative", OPEN, "wrong_item", "urgent", 2, False),
    ("Fıstıksız istedim, alerjim var", "wrong_item", "critical", "negative", OPEN, None, "critical", 1, True),
    ("Telefonun ekranı çizik", "product_defect", "same_day", "negative", OPEN, "damaged_or_defective_product",
     "same_day", 3, False),
    ("Arrived in pieces", "product_defect", "urgent", "negative", OPEN, "damaged_or_defective_product", "urgent", 2,
     False),
    ("Batarya PATLADI elim yandı", "product_defect", "urgent", "negative", OPEN, None, "urgent", 2, True),
    ("The charger caught fire", "product_defect", "same_day", "negative", OPEN, None, "same_day", 3, True),
    ("Süt bozuk çıktı", "product_defect", "critical", "negative", OPEN, None, "critical", 1, True),
    ("Great hospitality, but the mug is cracked", "product_defect", "same_day", "neutral", OPEN,
     "damaged_or_defective_product", "same_day", 3, False),
    ("Kurye paketi fırlattı", "courier", "same_day", "negative", OPEN, "courier_trouble", "same_day", 3, False),
    ("Marked delivered, never came", "courier", "urgent", "negative", OPEN, "courier_trouble", "urgent", 2, False),
    ("Kurye beni tehdit etti", "courier", "critical", "negative", OPEN, None, "critical", 1, True),
    ("the courier harassed my sister", "courier", "urgent", "negative", OPEN, None, "urgent", 2, True),
    # communication_error is split by words
    ("Bu TWEETİNİZ çok ayıp, derhal silin", "communication_error", "same_day", "negative", OPEN,
     "communication_mistake", "urgent", 1, False),
    ("Your ad is racist, take it down", "communication_error", "urgent", "negative", OPEN, "communication_mistake",
     "urgent", 1, False),
    ("Reklam filminiz kadınları aşağılıyor", "other", "same_day", "negative", OPEN, "communication_mistake", "urgent",
     1, False),
    ("Resmi hesabınızdan hakaret ediliyor", "staff_conduct", "critical", "negative", OPEN, "communication_mistake",
     "critical", 1, False),
    ("Paylaşımınızı beğendim ama fiyatı ne?", "communication_error", "same_day", "neutral", OPEN,
     "wrong_information_given", "same_day", 3, False),
    ("3 kez tweet attım, cevap yok, ayıp", "communication_error", "same_day", "negative", OPEN, "unanswered_contact",
     "same_day", 2, False),
    ("3. kez yazıyorum, kimse dönmedi", "communication_error", "urgent", "negative", OPEN, "unanswered_contact",
     "urgent", 2, False),
    ("iki haftadir donus yapilmadi", "communication_error", "urgent", "negative", OPEN, "unanswered_contact", "urgent",
     2, False),
    ("I haven’t heard from anyone", "communication_error", "urgent", "negative", OPEN, "unanswered_contact", "urgent",
     2, False),
    ("Zero response from the tweet you last sent me", "communication_error", "urgent", "negative", OPEN,
     "unanswered_contact", "urgent", 2, False),
    ("Mağaza iade olur dedi, site olmaz diyor", "communication_error", "same_day", "negative", OPEN,
     "wrong_information_given", "same_day", 3, False),
    ("Your agent told me something else", "communication_error", "urgent", "negative", OPEN, "wrong_information_given",
     "urgent", 2, False),
    # plain question and praise
    ("Pazar açık mısınız?", "question", "same_day", "neutral", OPEN, "plain_question", "same_day", 3, False),
    ("Do you ship to Izmir?", "question", "urgent", "neutral", OPEN, "plain_question", "urgent", 2, False),
    ("Teşekkürler, hızlıydınız", "praise", "none", "positive", OPEN, "praise", "none", 5, False),
    ("Ellerinize sağlık", "praise", "none", "neutral", OPEN, "praise", "none", 5, False),
    ("Harikasınız, üç haftada geldi", "praise", "none", "negative", OPEN, None, "same_day", 3, True),
    ("Thanks! Which size is this?", "praise", "same_day", "positive", OPEN, "praise", "same_day", 3, False),
    # nothing is due
    ("Kargo geldi", "delivery_delay", "none", "neutral", ASIDE, None, "none", 5, False),
    ("Çınar hisseleri yükseldi", "other", "none", "neutral", ASIDE, None, "none", 5, False),
    ("What is this brand even", "question", "none", "negative", ASIDE, None, "none", 5, False),
    # the playbooks for what is worst or most frequent after delivery
    ("Kartımdan iki kez çekildi", "billing", "urgent", "negative", OPEN, "billing_problem", "urgent", 2, False),
    ("Ocak gaz kaçırıyor", "safety", "critical", "negative", OPEN, "safety_hazard", "critical", 1, False),
    ("Bilgilerim sızmış", "privacy_fraud", "same_day", "negative", OPEN, "data_leak_or_fraud", "critical", 1, False),
    ("İadem yatmadı", "return_refund", "same_day", "negative", OPEN, "return_or_refund_stuck", "same_day", 3, False),
    ("Uygulama açılmıyor", "service_outage", "same_day", "negative", OPEN, "service_outage", "urgent", 2, False),
    ("Hesabıma giremiyorum", "account_access", "urgent", "negative", OPEN, "account_access", "urgent", 2, False),
    ("Kasiyer çok kabaydı", "staff_conduct", "same_day", "negative", OPEN, "staff_conduct", "urgent", 2, False),
    ("İndirim kasada uygulanmadı", "price_promotion", "same_day", "negative", OPEN, "price_or_campaign_mistake",
     "same_day", 3, False),
    ("Siparişimi iptal etmişsiniz", "cancellation", "urgent", "negative", OPEN, "order_cancelled_by_us", "urgent", 2,
     False),
    ("Battığınız doğru mu, iflas diyorlar", "question", "same_day", "negative", OPEN, "false_rumour", "urgent", 2,
     False),
    ("Bunları boykot edelim, kimse almasın", "other", "same_day", "negative", OPEN, "boycott_or_attack", "urgent", 2,
     False),
    ("Genel müdürünüz rüşvetten tutuklandı", "other", "same_day", "negative", OPEN, "executive_or_partner_scandal",
     "urgent", 1, False),
    ("Kara Cuma’da 2 saat hatta bekledim", "communication_error", "same_day", "negative", OPEN, "peak_season_overload",
     "same_day", 3, False),
    # no playbook fits: a person
    ("Siparişimi iptal etmek istiyorum", "cancellation", "urgent", "negative", OPEN, None, "urgent", 2, True),
    ("Çok pahalısınız", "price_promotion", "same_day", "negative", OPEN, None, "same_day", 3, True),
    ("Kartım çalındı, sizden çekim yapılmış", "billing", "urgent", "negative", OPEN, None, "urgent", 2, True),
    ("Bir şey soracaktım", "other", "same_day", "neutral", OPEN, None, "same_day", 3, True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "topic", "urgency", "sentiment", "action", "playbook", "to_urgency", "priority", "person"), EXAMPLES
)
def test_worked_examples(text, topic, urgency, sentiment, action, playbook, to_urgency, priority, person):
    decision = route(mention(text), score(topic, urgency, sentiment), LIBRARY)
    got = (decision.action, decision.playbook, decision.urgency, decision.priority, decision.needs_person)
    assert got == (action, playbook, to_urgency, priority, person), [str(reason) for reason in decision.reasons]
    assert decision.playbook_version == (LIBRARY[playbook].version if playbook else None)


def test_there_are_enough_examples_and_they_reach_every_playbook():
    assert len(EXAMPLES) >= 40
    assert {example[5] for example in EXAMPLES} - {None} == set(LIBRARY)


# what is unsure: abstained heads -> playbook, urgency, needs_person, code told
UNSURE = [
    ("delivery_delay", "none", "negative", ("urgency",), "late_delivery", "same_day", True, "urgency_unsure"),
    ("delivery_delay", "urgent", "negative", ("urgency",), "late_delivery", "urgent", True, "urgency_unsure"),
    ("delivery_delay", "same_day", "negative", ("topic",), "late_delivery", "same_day", True, "topic_unsure"),
    ("delivery_delay", "same_day", "negative", ("sentiment",), "late_delivery", "same_day", False, "topic_fits"),
    ("praise", "none", "positive", ("sentiment",), "praise", "none", True, "sentiment_unsure"),
    ("praise", "none", "positive", ("urgency",), "praise", "same_day", True, "urgency_unsure"),
    ("other", "none", "neutral", ("urgency",), None, "same_day", True, "no_playbook"),
    ("cancellation", "urgent", "negative", ("topic", "urgency"), None, "urgent", True, "no_playbook"),
]


@pytest.mark.parametrize(
    ("topic", "urgency", "sentiment", "abstained", "playbook", "to_urgency", "person", "code"), UNSURE
)
def test_what_the_classifier_is_not_sure_of_goes_to_a_person(
    topic, urgency, sentiment, abstained, playbook, to_urgency, person, code
):
    decision = route(mention(), score(topic, urgency, sentiment, abstained), LIBRARY)
    assert (decision.action, decision.playbook, decision.urgency) == (OPEN, playbook, to_urgency)
    assert decision.needs_person is person and code in codes(decision)


# what raises: followers, shares, contacts, rating -> priority of a same-day late delivery, codes told
RAISES = [
    (None, 0, 0, None, 3, []),
    (9_999, 49, 1, 3.0, 3, []),
    (10_000, 0, 0, None, 2, ["raised_by_reach"]),
    (100_000, 0, 0, None, 1, ["raised_by_reach"]),
    (0, 50, 0, None, 2, ["raised_by_shares"]),
    (0, 0, 2, None, 2, ["raised_by_contacts"]),
    (0, 0, 0, 2.0, 2, ["raised_by_rating"]),
    (10_000, 0, 2, None, 1, ["raised_by_reach", "raised_by_contacts"]),
    (
        10**9,
        10**9,
        99,
        0.0,
        1,
        ["raised_by_reach", "raised_by_shares", "raised_by_contacts", "raised_by_rating"],
    ),
]


@pytest.mark.parametrize(("followers", "shares", "contacts", "rating", "priority", "raised"), RAISES)
def test_reach_shares_contacts_and_rating_raise_the_priority(followers, shares, contacts, rating, priority, raised):
    decision = route(
        mention(followers=followers, shares=shares, rating=rating),
        score("delivery_delay", "same_day"),
        LIBRARY,
        History(contacts=contacts),
    )
    assert decision.priority == priority
    assert [code for code in codes(decision) if code.startswith("raised_by")] == raised


def test_praise_with_one_star_is_not_taken_at_its_word():
    decision = route(mention("harika", rating=1), score("praise", "none", "positive"), LIBRARY)
    assert (decision.playbook, decision.urgency, decision.needs_person) == (None, "same_day", True)
    assert "praise_doubtful" in codes(decision)


def test_everything_critical_informs_the_crisis_manager_with_or_without_a_playbook():
    with_playbook = route(mention(), score("delivery_delay", "critical"), LIBRARY)
    without = route(mention(), score("cancellation", "critical"), LIBRARY)
    assert with_playbook.inform_first == ("crisis_manager", "team_lead")
    assert without.inform_first == ("crisis_manager", "team_lead")
    assert route(mention(), score("cancellation", "urgent"), LIBRARY).inform_first == ()


def test_who_is_informed_first_comes_in_the_order_of_their_time_boxes():
    decision = route(mention("bu tweetiniz ırkçı"), score("communication_error", "same_day"), LIBRARY)
    assert decision.inform_first == ("crisis_manager", "pr_lead", "team_lead", "legal")


def test_an_open_case_is_named_so_that_the_mention_can_join_it():
    history = History(open_case_id=71)
    joined = route(mention(), score("delivery_delay", "same_day"), LIBRARY, history)
    aside = route(mention("teşekkürler geldi"), score("other", "none", "neutral"), LIBRARY, history)
    assert joined.joins == aside.joins == 71 and aside.action == ASIDE
    assert str(joined.reasons[0]) == "This person has an open case (no. 71)."


def test_an_unknown_urgency_label_is_no_label():
    decision = route(mention(), score("question", "yesterday"), LIBRARY)
    assert (decision.urgency, decision.needs_person) == ("same_day", True)


def test_an_empty_library_sends_everything_that_is_due_to_a_person():
    assert route(mention(), score("praise", "none", "positive"), Library()).action == ASIDE
    due = route(mention(), score("question", "same_day"), Library())
    assert (due.action, due.playbook, due.needs_person) == (OPEN, None, True)


def _variant(playbook_id: str, order: int, **when: object) -> Playbook:
    base = LIBRARY["late_delivery"].model_dump()
    return Playbook.model_validate({**base, "id": playbook_id, "order": order, "when": when})


def test_the_most_specific_playbook_wins_and_ties_go_by_order_with_all_reasons_said():
    plain = _variant("plain", 1, topics=["delivery_delay"])
    on_x = _variant("on_x", 50, topics=["delivery_delay"], channels=["x"])
    angry = _variant("angry", 40, topics=["delivery_delay"], sentiments=["negative"])
    library = Library((plain, on_x, angry))
    decision = route(mention(), score("delivery_delay", "same_day"), library)
    assert decision.playbook == "angry"
    assert codes(decision).count("more_specific") == 1 and codes(decision).count("earlier_in_order") == 1
    calm = route(mention(), score("delivery_delay", "same_day", "neutral"), library)
    assert calm.playbook == "on_x" and "condition_missing" in codes(calm)
    forum = mention(source="reddit")
    assert route(forum, score("delivery_delay", "same_day", "neutral"), library).playbook == "plain"


def test_a_forbidden_word_does_not_make_a_playbook_more_specific():
    assert specificity(LIBRARY["courier_trouble"]) == 1
    assert specificity(LIBRARY["communication_mistake"]) == 3


def test_the_order_of_the_files_does_not_matter():
    turned = Library(tuple(reversed(LIBRARY.playbooks)))
    for text, topic, urgency, sentiment, *_ in EXAMPLES:
        one = route(mention(text), score(topic, urgency, sentiment), LIBRARY)
        assert one == route(mention(text), score(topic, urgency, sentiment), turned)


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("İADEM nerede", ("iade*",), "iadem"),
        ("iademi istiyorum", ("iade",), None),
        ("arabam", ("ara*",), "arabam"),
        ("kara", ("ara*",), None),
        ("iade.", ("iade",), "iade"),
        ("YANLIŞ   BİLGİ verdiniz", ("yanlis bilgi*",), "yanlis bilgi"),
        ("I haven’t", ("haven't",), "haven't"),
        ("a+b (c)", ("a+b",), "a+b"),
        ("", ("x*",), None),
        ("#rezalet", ("rezalet*",), "rezalet"),
        ("yok", (), None),
    ],
)
def test_words_are_found_whole_or_with_any_ending(text, words, said):
    assert first_word(fold(text), words) == said


def test_a_megabyte_of_text_is_routed_by_its_beginning():
    decision = route(mention("tweetiniz ayıp " + "x" * 1_000_000), score("communication_error", "same_day"), LIBRARY)
    assert decision.playbook == "communication_mistake"


# properties ---------------------------------------------------------------------------------------------------------

texts = st.one_of(st.text(min_size=1, max_size=200), st.sampled_from([example[0] for example in EXAMPLES]))
mentions = st.builds(
    mention,
    texts,
    shares=st.integers(0, 10**6),
    followers=st.one_of(st.none(), st.integers(0, 10**9)),
    rating=st.one_of(st.none(), st.floats(0, 10)),
    source=st.sampled_from(["x", "reddit", "sikayetvar", "email", "unknown"]),
)
scores = st.builds(
    score,
    st.sampled_from(TOPICS),
    st.sampled_from(URGENCIES),
    st.sampled_from(SENTIMENTS),
    st.lists(st.sampled_from(["sentiment", "urgency", "topic"]), unique=True).map(tuple),
)
histories = st.builds(
    History, open_case_id=st.one_of(st.none(), st.integers(1, 10**6)), contacts=st.integers(0, 50)
)  # fmt: skip


@settings(max_examples=tries(300), deadline=None)
@given(mentions, scores, histories)
def test_whatever_comes_the_decision_is_whole_and_always_the_same(one, its_score, history):
    decision = route(one, its_score, LIBRARY, history)
    assert decision == route(one, its_score, LIBRARY, history)
    assert decision.action in (OPEN, ASIDE) and 1 <= decision.priority <= 5
    assert URGENCIES.index(decision.urgency) >= URGENCIES.index(its_score.urgency.label), "an urgency was lowered"
    assert decision.reasons and set(decision.inform_first) <= set(ROLES)
    if decision.action == ASIDE:
        assert decision.urgency == its_score.urgency.label == "none" and "urgency" not in its_score.abstained
        assert its_score.topic.label != "praise" and decision.playbook is None
    if decision.playbook is None and decision.action == OPEN:
        assert decision.needs_person
    if decision.playbook:
        playbook = LIBRARY[decision.playbook]
        assert decision.priority <= playbook.priority_floor
        assert its_score.topic.label in playbook.when.topics
    if {"urgency", "topic"} & set(its_score.abstained) and decision.action == OPEN:
        assert decision.needs_person
    for reason in decision.reasons:
        assert reason.code in SENTENCES
        for language in LANGUAGES:
            said = reason.say(language)
            assert said != reason.code and "{" not in said.replace(one.text, "")
        assert Reason.from_record(json.loads(json.dumps(reason.record()))) == reason


@settings(max_examples=tries(200), deadline=None)
@given(mentions, scores, histories, st.integers(0, 10**9), st.integers(0, 10**6), st.integers(0, 50))
def test_more_reach_shares_or_contacts_never_lower_the_priority(one, its_score, history, reach, shares, contacts):
    louder = one.model_copy(
        update={
            "followers": (one.followers or 0) + reach,
            "engagement": Engagement(shares=one.engagement.shares + shares),
        }
    )
    again = History(history.open_case_id, history.contacts + contacts)
    before, after = route(one, its_score, LIBRARY, history), route(louder, its_score, LIBRARY, again)
    assert after.priority <= before.priority
    assert (after.action, after.playbook, after.urgency) == (before.action, before.playbook, before.urgency)


@settings(max_examples=tries(100), deadline=None)
@given(mentions, scores, histories)
def test_a_more_urgent_score_never_gives_a_less_urgent_or_less_important_case(one, its_score, history):
    before = route(one, its_score, LIBRARY, history)
    for urgency in URGENCIES[URGENCIES.index(its_score.urgency.label) :]:
        higher = its_score.model_copy(update={"urgency": LabelScore(label=urgency, probs={})})
        after = route(one, higher, LIBRARY, history)
        assert URGENCIES.index(after.urgency) >= URGENCIES.index(before.urgency)
        if after.playbook == before.playbook:
            assert after.priority <= before.priority


# reasons ------------------------------------------------------------------------------------------------------------


def test_a_reason_says_itself_in_both_languages():
    reason = Reason("raised_by_reach", {"followers": 12500, "limit": REACH})
    assert str(reason) == "Priority raised: 12,500 followers (from 10,000)."
    assert reason.say("tr") == "Öncelik yükseldi: 12.500 takipçi (sınır 10.000)."


def test_a_reason_of_another_version_is_still_shown():
    assert str(Reason("no_longer_known", {"x": 1})) == "no_longer_known"
    assert Reason("raised_by_reach", {}).say("tr") == "raised_by_reach"


def test_a_hostile_word_in_a_reason_stays_text():
    decision = route(mention("tweetiniz{0}{case} ayıp"), score("communication_error", "same_day"), LIBRARY)
    assert decision.playbook == "communication_mistake"
    assert all(reason.say("en") for reason in decision.reasons)
