"""Hard rules: danger and fraud raise urgency; idioms, denials and look-alikes do not."""

from __future__ import annotations

import pytest

from nlp import rules
from nlp.normalise import clean, tokens


def asked(text: str, language: str) -> str:
    return rules.floor(rules.find(tokens(clean(text), language)))


@pytest.mark.parametrize(
    ("text", "language", "least"),
    [
        ("Ütünün kablosundan kıvılcım çıktı, fişi çektim", "tr", "critical"),
        ("prizden duman çıkıyor ne yapayım", "tr", "critical"),
        ("TELEFONUN PİLİ ŞİŞTİ", "tr", "critical"),
        ("firinin cami patladi mutfak cam icinde", "tr", "critical"),
        ("dört kişi zehirlendik, hastanedeyiz", "tr", "critical"),
        ("mutfakta gaz kokusu var servis yarın diyor", "tr", "critical"),
        ("çorbadan cam parçası çıktı", "tr", "critical"),
        ("elektrik çarptı ürünü kullanmayın", "tr", "critical"),
        ("scooter'ın frenleri tutmadı düştüm", "tr", "critical"),
        ("müşteri bilgileri: kişisel verilerim sızdırılmış", "tr", "critical"),
        ("uygulamada başkasının hesabı açılıyor", "tr", "critical"),
        ("kurye kapıda anneme yumruk attı", "tr", "critical"),
        ("intihar edeceğim artık bu borçtan", "tr", "critical"),
        ("hesabımı boşaltıyorlar yetişin", "tr", "critical"),
        ("dolandırıldım, sahte ilanınız yüzünden", "tr", "urgent"),
        ("bilgim dışında kartımdan harcama yapılmış", "tr", "urgent"),
        ("The dryer caught fire last night", "en", "critical"),
        ("got an electric shock from the kettle", "en", "critical"),
        ("there was a piece of glass in my salad", "en", "critical"),
        ("strong smell of gas since your engineer left", "en", "critical"),
        ("four of us got food poisoning from the buffet", "en", "critical"),
        ("your driver grabbed my daughter by the arm", "en", "critical"),
        ("the app shows someone else's account details", "en", "critical"),
        ("My card has been cloned", "en", "urgent"),
        ("two fraudulent transactions on my account", "en", "urgent"),
        ("I want to kill myself over this debt", "en", "critical"),
    ],
)
def test_danger_and_fraud_raise(text: str, language: str, least: str) -> None:
    assert asked(text, language) == least


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("bomba gibi kampanya gelmiş", "tr"),
        ("fiyatlar alev aldı yine", "tr"),
        ("bu indirime bayıldım ölüyorum", "tr"),
        ("satışlarda patlama yaşandı", "tr"),
        ("telefonla taciz ediyorsunuz, her gün reklam araması", "tr"),
        ("yeni müşteriye ucuz, eskiye pahalı: fiyat ayrımcılığı yapıyorsunuz", "tr"),
        ("sinirden hastanelik oldum valla", "tr"),
        ("yemekten zehirlenmedik çok şükür, gayet tazeydi", "tr"),
        ("bilgim dışında kart aidatı çekilmiş", "tr"),
        ("gururum yaralandı böyle davranılınca", "tr"),
        ("robot süpürge merdivenden atlayıp intihar etti 😂", "tr"),
        ("kargo bombası gibi: üç paket aynı gün", "tr"),
        ("this sale is the bomb", "en"),
        ("these prices are killing me lol", "en"),
        ("your new ad is fire 🔥", "en"),
        ("dying for those shoes", "en"),
        ("someone else's parcel was delivered to me", "en"),
        ("nobody was injured, just late", "en"),
        ("I quit smoking thanks to your app", "en"),
        ("unauthorised subscription renewal fee", "en"),
    ],
)
def test_idioms_and_denials_do_not(text: str, language: str) -> None:
    assert asked(text, language) == "none"


def test_rules_never_lower() -> None:
    for label in ("none", "same_day", "urgent", "critical"):
        for least in ("none", "urgent", "critical"):
            order = ("none", "same_day", "urgent", "critical")
            assert order.index(rules.raised(label, least)) == max(order.index(label), order.index(least))


def test_a_hit_points_at_its_words() -> None:
    text = clean("Dün akşam prizden DUMAN çıktı!")
    words = tokens(text, "tr")
    hit = rules.find(words)[0]
    assert text[words[hit.first].start : words[hit.last - 1].end] == "DUMAN çıktı"


def test_every_rule_says_what_it_is() -> None:
    assert all(rule.urgency in ("urgent", "critical") and rule.code for rule in rules.RULES)
