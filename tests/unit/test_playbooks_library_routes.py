"""Which mentions each of the later playbooks takes, and the near misses that go elsewhere or to a person."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from mention import LabelScore, Mention, Score
from playbooks.routing import route
from playbooks.shelf import load_library

LIBRARY = load_library()
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
A_PERSON = None

# text, topic, urgency -> playbook (None: a person decides)
TAKEN = [
    # danger: whatever was scored as safety, in whatever words
    ("Ocağınız gaz kaçırıyor, evde bebek var", "safety", "critical", "safety_hazard"),
    ("Şarj aleti elimde duman çıkardı", "safety", "urgent", "safety_hazard"),
    ("Bu oyuncağın parçası kopuyor, oğlum az kalsın yutuyordu", "safety", "same_day", "safety_hazard"),
    ("Mağazanızda zemin ıslaktı, annem düştü kalçası kırıldı", "safety", "critical", "safety_hazard"),
    ("The stroller’s brake failed on a slope", "safety", "critical", "safety_hazard"),
    ("Found a piece of glass in your yoghurt", "safety", "urgent", "safety_hazard"),
    # data and fraud
    ("Verilerim internette satılıyor, sizden sızmış", "privacy_fraud", "critical", "data_leak_or_fraud"),
    ("Adınıza sahte site açmışlar, 3 bin lira kaptırdım", "privacy_fraud", "urgent", "data_leak_or_fraud"),
    ("Sizden arıyoruz deyip kod istediler", "privacy_fraud", "same_day", "data_leak_or_fraud"),
    ("Başkasının faturası bana geldi, adı adresi açık", "privacy_fraud", "same_day", "data_leak_or_fraud"),
    ("Someone ordered from my account with my saved card", "privacy_fraud", "critical", "data_leak_or_fraud"),
    ("Is this text with your name a phishing attempt?", "privacy_fraud", "same_day", "data_leak_or_fraud"),
    # returns
    ("Ürünü gönderdim, 20 gündür param yatmadı", "return_refund", "urgent", "return_or_refund_stuck"),
    ("İade kodu vermiyorsunuz, süre doluyor", "return_refund", "urgent", "return_or_refund_stuck"),
    ("Paramı hediye çeki olarak iade etmişler, istemiyorum", "return_refund", "same_day", "return_or_refund_stuck"),
    ("Kargo iadeyi almaya 3 kez gelmedi", "return_refund", "same_day", "return_or_refund_stuck"),
    ("Two weeks and still no refund", "return_refund", "same_day", "return_or_refund_stuck"),
    ("They refuse my return because it was on sale", "return_refund", "same_day", "return_or_refund_stuck"),
    # outages
    ("Uygulama açılmıyor, ödeme ekranında kalıyor", "service_outage", "urgent", "service_outage"),
    ("Siteniz çöktü mü, sepete atamıyorum", "service_outage", "same_day", "service_outage"),
    ("İnternet dünden beri yok, evden çalışıyorum", "service_outage", "urgent", "service_outage"),
    ("Bilet sitesi hata veriyor, satış bitiyor", "service_outage", "urgent", "service_outage"),
    ("Is your app down for everyone?", "service_outage", "same_day", "service_outage"),
    ("Checkout has been failing since noon", "service_outage", "urgent", "service_outage"),
    # billing
    ("Kartımdan iki kez çekildi", "billing", "urgent", "billing_problem"),
    ("Aboneliği iptal ettim, hâlâ para çekiyorsunuz", "billing", "urgent", "billing_problem"),
    ("Faturam geçen ayın üç katı gelmiş", "billing", "same_day", "billing_problem"),
    ("Faturamı kurumsal kesmediniz", "billing", "same_day", "billing_problem"),
    ("I was charged twice for one order", "billing", "urgent", "billing_problem"),
    ("You raised my subscription without telling me", "billing", "same_day", "billing_problem"),
    # accounts
    ("Hesabıma giremiyorum, kod gelmiyor", "account_access", "urgent", "account_access"),
    ("Şifre yenileme bağlantısı çalışmıyor", "account_access", "same_day", "account_access"),
    ("Hesabımı neden kapattınız, puanlarım içeride", "account_access", "urgent", "account_access"),
    ("Numaram değişti, doğrulama eskisine gidiyor", "account_access", "same_day", "account_access"),
    ("Locked out of my account before the flight", "account_access", "urgent", "account_access"),
    ("The reset email never arrives", "account_access", "same_day", "account_access"),
    # staff
    ("Kasiyer çok kabaydı, yüzüme bakmadı", "staff_conduct", "same_day", "staff_conduct"),
    ("Tekerlekli sandalyeyle geldim, içeri almadılar", "staff_conduct", "urgent", "staff_conduct"),
    ("Başörtülüyüm diye peşimde güvenlik dolaştı", "staff_conduct", "urgent", "staff_conduct"),
    ("Telefondaki temsilciniz benimle dalga geçti", "staff_conduct", "same_day", "staff_conduct"),
    ("Your manager refused to serve us because of our accent", "staff_conduct", "urgent", "staff_conduct"),
    ("The agent hung up on me twice", "staff_conduct", "same_day", "staff_conduct"),
    # prices
    ("Etikette 199 yazıyor, kasada 249 aldılar", "price_promotion", "same_day", "price_or_campaign_mistake"),
    ("Kuponum geçmiyor, bugün son gün", "price_promotion", "urgent", "price_or_campaign_mistake"),
    ("İndirim uygulanmadı, tam fiyat çektiniz", "price_promotion", "same_day", "price_or_campaign_mistake"),
    ("Fiyat hatası deyip siparişleri iptal etmeyin", "price_promotion", "urgent", "price_or_campaign_mistake"),
    ("The discount code is not accepted", "price_promotion", "same_day", "price_or_campaign_mistake"),
    ("Different price at checkout than on the page", "price_promotion", "same_day", "price_or_campaign_mistake"),
    # cancelled by us
    ("Siparişimi iptal etmişsiniz, sebep yok", "cancellation", "urgent", "order_cancelled_by_us"),
    ("Stokta yok diye iptal ettiniz, sitede satılıyor", "cancellation", "same_day", "order_cancelled_by_us"),
    ("İki kez sipariş verdim ikisi de iptal oldu", "cancellation", "same_day", "order_cancelled_by_us"),
    ("Kara Cuma siparişlerimiz iptal edildi", "cancellation", "urgent", "order_cancelled_by_us"),
    ("You cancelled my order without a word", "cancellation", "same_day", "order_cancelled_by_us"),
    ("My order was canceled, the wedding is on Saturday", "cancellation", "urgent", "order_cancelled_by_us"),
    # rumours
    ("İflas ettiğiniz doğru mu?", "question", "same_day", "false_rumour"),
    ("Yabancılara satıldığınız söyleniyor", "other", "same_day", "false_rumour"),
    ("Ürünlerinizde yasaklı madde varmış, öyle diyorlar", "other", "same_day", "false_rumour"),
    ("Konkordato ilan edeceğiniz iddia ediliyor, siparişim ne olacak", "other", "urgent", "false_rumour"),
    ("Is it true that you are shutting down?", "question", "same_day", "false_rumour"),
    ("People say you are leaving Turkey", "other", "same_day", "false_rumour"),
    # calls to stop buying, and attacks
    ("Bu markayı boykot ediyoruz, siz de almayın", "other", "same_day", "boycott_or_attack"),
    ("#boykot zam yapan kazanamaz", "price_promotion", "same_day", "boycott_or_attack"),
    ("Herkes uygulamaya 1 yıldız versin, yayalım", "other", "same_day", "boycott_or_attack"),
    ("Hesaplarını topluca şikâyet edelim", "other", "same_day", "boycott_or_attack"),
    ("Boycott them until they answer", "other", "same_day", "boycott_or_attack"),
    ("Everyone leave a one-star review today", "other", "urgent", "boycott_or_attack"),
    # executives and partners
    ("Genel müdürünüz gözaltına alınmış, ne diyeceksiniz", "other", "urgent", "executive_or_partner_scandal"),
    ("CEO’nuzun söyledikleri tam bir skandal", "communication_error", "same_day", "executive_or_partner_scandal"),
    ("Marka yüzünüz şiddetten yargılanıyor", "other", "same_day", "executive_or_partner_scandal"),
    ("Tedarikçiniz çocuk işçi çalıştırıyormuş", "other", "urgent", "executive_or_partner_scandal"),
    ("Your CEO was arrested, will you say something?", "question", "urgent", "executive_or_partner_scandal"),
    ("Your brand ambassador made a racist joke", "staff_conduct", "same_day", "executive_or_partner_scandal"),
    # more than we can answer
    ("Kara Cuma başladı, 2 saattir hatta bekliyorum", "communication_error", "urgent", "peak_season_overload"),
    ("Yoğunluk diye diye telefonu açan yok", "communication_error", "same_day", "peak_season_overload"),
    ("Yoğunluğu tahmin edememişler, 140. sıradayım", "other", "same_day", "peak_season_overload"),
    ("Yılbaşı öncesi kimseye ulaşılamıyor", "communication_error", "urgent", "peak_season_overload"),
    ("Black Friday and your hotline keeps me on hold", "communication_error", "same_day", "peak_season_overload"),
    ("You cannot keep up with the Christmas orders", "other", "same_day", "peak_season_overload"),
]

NEAR_MISSES = [
    # danger and violence inside another topic: never the ordinary plan
    ("İade edeceğim, bebeğim bu mamadan zehirlendi", "return_refund", "urgent", A_PERSON),
    ("Returning it: the heater caught fire", "return_refund", "urgent", A_PERSON),
    ("Güvenlik görevliniz beni darp etti", "staff_conduct", "urgent", A_PERSON),
    ("One of your staff harassed my daughter", "staff_conduct", "urgent", A_PERSON),
    ("Zorla üstümü aradılar, polis çağırdım", "staff_conduct", "critical", A_PERSON),
    ("Elektrik kesik, solunum cihazı çalışmıyor", "service_outage", "critical", A_PERSON),
    ("Asansörde mahsur kaldık, çağrı çalışmıyor", "service_outage", "critical", A_PERSON),
    ("Batarya patladı elim yandı", "product_defect", "urgent", A_PERSON),
    # crime inside another topic
    ("Kartım çalındı, sizden 5 bin lira çekmişler", "billing", "urgent", A_PERSON),
    ("A charge I did not make, this is fraud", "billing", "urgent", A_PERSON),
    ("Hesabım ele geçirildi, e-postamı değiştirmişler", "account_access", "critical", A_PERSON),
    ("My account was hacked", "account_access", "urgent", A_PERSON),
    ("Siteniz hacklendi galiba, garip bir ekran var", "service_outage", "urgent", A_PERSON),
    ("Sahte siteden iade istiyorum", "return_refund", "same_day", A_PERSON),
    # an opinion on prices is no mistake of ours
    ("Çok pahalısınız, herkes yarı fiyatına satıyor", "price_promotion", "same_day", A_PERSON),
    ("Your prices are ridiculous lately", "price_promotion", "same_day", A_PERSON),
    # our own post goes to the playbook for it, whatever its topic
    ("Bu reklam filminiz ırkçı, kaldırın", "staff_conduct", "urgent", "communication_mistake"),
    ("Kampanyanız kadınlara hakaret, utanın", "price_promotion", "same_day", "communication_mistake"),
    # who cancelled decides, and a question that is no rumour stays one
    ("Siparişimi iptal etmek istiyorum", "cancellation", "same_day", A_PERSON),
    ("I want to cancel, it is still not been cancelled", "cancellation", "same_day", A_PERSON),
    ("Siparişim hâlâ iptal edilmedi", "cancellation", "same_day", A_PERSON),
    ("Bu kampanya doğru mu?", "question", "same_day", "plain_question"),
    ("Sütünüz satılıyormuş ama diyorlar ki zehirlendik", "other", "urgent", A_PERSON),
    (
        "Müşteri hizmetleri başka diyor, mağaza başka; hangisi doğru",
        "communication_error",
        "same_day",
        "wrong_information_given",
    ),
    # a call to stop buying does not hide what it is about
    ("Kasiyer beni aşağıladı, boykot edeceğim", "staff_conduct", "urgent", "staff_conduct"),
    ("Bu reklamınız ırkçı, boykot!", "other", "same_day", "communication_mistake"),
    ("İflas ettiğiniz iddia ediliyor, boykot edilmez bile", "other", "same_day", "false_rumour"),
    ("Kargom gelmedi, boykot ediyorum", "delivery_delay", "same_day", "late_delivery"),
    ("Sütünüzden zehirlendik, boykot edin", "other", "urgent", A_PERSON),
    ("Mağazanızı yakacağız, boykot", "other", "urgent", A_PERSON),
    # the manager of a shop is no executive, and whoever was harmed is heard by a person
    ("Mağaza müdürünüz kaba davrandı", "staff_conduct", "urgent", "staff_conduct"),
    ("Genel müdürünüze yazacağım, kargom gelmedi", "delivery_delay", "same_day", "late_delivery"),
    ("CEO’nuza sesleniyorum, kimse cevap vermiyor", "communication_error", "same_day", "unanswered_contact"),
    ("Genel müdürünüz bana tacizde bulundu", "staff_conduct", "urgent", A_PERSON),
    ("Genel müdürünüz bana tacizde bulundu", "other", "urgent", A_PERSON),
    ("Your founder harassed me at the fair", "other", "urgent", A_PERSON),
    # a season alone is no overload, and a late parcel stays one
    ("Yoğunluktan kargom gelmedi, saatlerdir bekliyorum", "delivery_delay", "same_day", "late_delivery"),
    ("Kara Cuma’dan beri 3. kez yazıyorum, cevap yok", "communication_error", "urgent", "unanswered_contact"),
    ("Yoğunluk bahane, site çöktü", "service_outage", "urgent", "service_outage"),
    ("Bayramda kapalı olmanız ayıp", "other", "same_day", A_PERSON),
    ("Black Friday prices are a joke", "price_promotion", "same_day", A_PERSON),
    # and the earlier playbooks keep theirs
    ("Kargom 5 gündür gelmedi, iade etmek istiyorum", "delivery_delay", "same_day", "late_delivery"),
    ("Ekranı çizik çıktı, iade edeceğim", "product_defect", "same_day", "damaged_or_defective_product"),
    ("Kurye paketi fırlattı", "courier", "same_day", "courier_trouble"),
    ("İade süresi kaç gün?", "question", "same_day", "plain_question"),
    ("Müşteri hizmetleri iade olur dedi, olmazmış", "communication_error", "same_day", "wrong_information_given"),
]


def routed(text: str, topic: str, urgency: str):
    def label(value: str) -> LabelScore:
        return LabelScore(label=value, probs={value: 1.0})

    said = Score(
        native_id="1", source="x", language="tr", sentiment=label("negative"), urgency=label(urgency),
        topic=label(topic), model="test",
    )  # fmt: skip
    return route(Mention(source="x", native_id="1", text=text, published_at=NOW), said, LIBRARY)


@pytest.mark.parametrize(("text", "topic", "urgency", "playbook"), TAKEN + NEAR_MISSES)
def test_a_written_mention_takes_its_playbook(text, topic, urgency, playbook):
    decision = routed(text, topic, urgency)
    assert decision.playbook == playbook, [str(reason) for reason in decision.reasons]
    assert decision.needs_person is (playbook is A_PERSON)


def test_every_later_playbook_is_reached_by_six_mentions_in_both_languages():
    counted = Counter(playbook for *_, playbook in TAKEN)
    earlier = {"late_delivery", "wrong_item", "damaged_or_defective_product", "courier_trouble",
               "communication_mistake", "wrong_information_given", "unanswered_contact", "plain_question",
               "praise"}  # fmt: skip
    assert set(counted) == set(LIBRARY) - earlier and min(counted.values()) >= 6
    for playbook in counted:
        texts = [text for text, *_, taken in TAKEN if taken == playbook]
        assert 2 <= sum(any(letter in "çğıöşüÇĞİÖŞÜ" for letter in text) for text in texts) < len(texts), playbook


@pytest.mark.parametrize("topic", ["safety", "privacy_fraud"])
@pytest.mark.parametrize("urgency", ["same_day", "urgent", "critical"])
def test_danger_and_leaks_are_critical_at_once_and_the_crisis_manager_hears_first(topic, urgency):
    decision = routed("bir şey oldu", topic, urgency)
    assert (decision.urgency, decision.priority, decision.inform_first[0]) == ("critical", 1, "crisis_manager")


def test_a_danger_is_answered_within_a_quarter_of_an_hour_and_the_person_comes_before_the_product():
    plan = LIBRARY["safety_hazard"]
    assert plan.steps[0].id == "person_first" and plan.clock == "always"
    first = next(step for step in plan.steps if step.kind == "reply")
    assert first.within.total_seconds() <= 15 * 60
    for family in ("social", "forum", "portal", "marketplace"):
        for language in ("tr", "en"):
            assert "112" in getattr(plan.replies, family).say(language), "who to call comes before anything else"


def test_the_regulators_clock_of_a_leak_ends_before_seventy_two_hours():
    plan = LIBRARY["data_leak_or_fraud"]
    notify = plan.step("notify_authority")
    assert notify is not None and notify.who == "legal" and plan.clock_of(notify) == "always"
    assert notify.within.total_seconds() < 72 * 3600 and "authority" in notify.to
    assert "72" in notify.text.tr and "72" in notify.text.en
