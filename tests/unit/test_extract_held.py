"""Texts written after the rules and not used to change them: how much is found, how much of what is found is right.

What a row does not name must not be found in it. Said on Wednesday, 18 November 2026, at noon in Istanbul. The figures
stand in docs/reference/extract.md; FLOORS are those figures, so that a change which makes them worse is noticed.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from nlp.extract import Found
from tests.unit.test_extract_personal import found

Row = tuple[str, str, dict[str, list[object]]]

HELD: tuple[Row, ...] = (
    ("Merhaba, 8 kasımda verdiğim 4451209873 nolu siparişim hâlâ hazırlanıyor görünüyor", "tr",
     {"dates": [date(2026, 11, 8)], "orders": ["4451209873"]}),
    ("sipariş numaram 77120034561 on gündür kargoya verilmedi", "tr",
     {"orders": ["77120034561"], "durations": [date(2026, 11, 8)]}),
    ("Sip. No: 5567812 / Tutar: 2.349,90 TL / Aras Kargo", "tr",
     {"orders": ["5567812"], "amounts": [(Decimal("2349.90"), "TRY")], "carriers": ["Aras Kargo"]}),
    ("6 gündür paketim Yurtiçinde bekliyor, Bornova şubesi telefonu açmıyor", "tr",
     {"durations": [date(2026, 11, 12)], "carriers": ["Yurtiçi Kargo"], "cities": [("İzmir", "Bornova")]}),
    ("bana 0 533 987 65 43 ten ulaşın lütfen", "tr", {"phones": ["+905339876543"]}),
    ("numaram 05449998877 beni arayın", "tr", {"phones": ["+905449998877"]}),
    ("whatsapp hattım +905051112233", "tr", {"phones": ["+905051112233"]}),
    ("ev telefonu 0 (312) 417 90 00", "tr", {"phones": ["+903124179000"]}),
    ("mail adresim ayse_demir.1987@hotmail.com dönüş bekliyorum", "tr", {"emails": ["ayse_demir.1987@hotmail.com"]}),
    ("destek@firma.com.tr adresine 3 kez yazdım cevap yok", "tr", {"emails": ["destek@firma.com.tr"]}),
    ("İade için ibanım: TR32 0010 0099 9990 1234 5678 90", "tr", {"ibans": ["TR320010009999901234567890"]}),
    ("t.c. kimlik numaramı istediler, 19191919190 yazdım kabul etmedi", "tr", {"national_ids": ["19191919190"]}),
    ("kredi kartımdan (5555 5555 5555 4444) iki kere çekim olmuş", "tr", {"cards": ["5555555555554444"]}),
    ("750 lira kargo parası mı olur, geçen ay 90 tl idi", "tr",
     {"amounts": [(Decimal(750), "TRY"), (Decimal(90), "TRY")], "dates": [date(2026, 10, 18)]}),
    ("48.999 TL'lik buzdolabı iki haftada bozuldu", "tr", {"amounts": [(Decimal(48999), "TRY")]}),
    ("hesabımdan 15bin tl eksilmiş", "tr", {"amounts": [(Decimal(15000), "TRY")]}),
    ("yüzelli lira için bu kadar eziyet", "tr", {"amounts": [(Decimal(150), "TRY")]}),
    ("bir milyon iki yüz bin TL ödedik daireye", "tr", {"amounts": [(Decimal(1200000), "TRY")]}),
    ("fiyat 1299 du 1499 TL olmuş", "tr", {"amounts": [(Decimal(1499), "TRY")]}),
    ("89.90 TRY kesinti yapılmış 12/11/2026 tarihinde", "tr",
     {"amounts": [(Decimal("89.90"), "TRY")], "dates": [date(2026, 11, 12)]}),
    ("30 Ekim'de alınan ürün 5 Kasım'da kargolanmış", "tr", {"dates": [date(2026, 10, 30), date(2026, 11, 5)]}),
    ("Perşembe gününe kadar gelmezse iptal edin", "tr", {"dates": [date(2026, 11, 19)]}),
    ("cumartesi getireceklerdi getirmediler", "tr", {"dates": [date(2026, 11, 14)]}),
    ("önceki gün aradım, dün tekrar aradım", "tr", {"dates": [date(2026, 11, 16), date(2026, 11, 17)]}),
    ("randevu yarın 10:30'da", "tr", {"dates": [date(2026, 11, 19)]}),
    ("20 dakikadır hatta bekletiliyorum", "tr", {"durations": [date(2026, 11, 18)]}),
    ("1 haftadan fazla oldu ses yok", "tr", {"durations": [date(2026, 11, 11)]}),
    ("üç buçuk aydır param iade edilmedi", "tr", {"durations": [date(2026, 8, 3)]}),
    ("ekim ayından beri uğraşıyorum", "tr", {"durations": [date(2026, 10, 1)]}),
    ("45 gün geçti üzerinden", "tr", {"durations": [date(2026, 10, 4)]}),
    ("haftalardır cevap veren yok", "tr", {"durations": [None]}),
    ("Tekirdağ Çorlu'ya teslimat yok mu", "tr", {"cities": [("Tekirdağ", "Çorlu")]}),
    ("bursadan samsuna gidecek kargo neden Ankara aktarmada", "tr",
     {"cities": [("Bursa", None), ("Samsun", None), ("Ankara", None)]}),
    ("Muş'ta şubeniz var mı", "tr", {"cities": [("Muş", None)]}),
    ("Ağrılıyım, kar yağınca kargo gelmiyor", "tr", {"cities": [("Ağrı", None)]}),
    ("Kars ili Sarıkamış ilçesine gönderin", "tr", {"cities": [("Kars", None)]}),
    ("Aydın Bey ilgilendi sağolsun", "tr", {}),
    ("Silahlı kuvvetler ve ordu haberi", "tr", {}),
    ("çeşme aldım banyoya su kaçırıyor", "tr", {}),
    ("adana dürüm soğuk geldi", "tr", {}),
    ("SÜRAT KARGO REZALET 9 GÜNDÜR YOK", "tr", {"carriers": ["Sürat Kargo"], "durations": [date(2026, 11, 9)]}),
    ("kargom mng ye verilmiş ama hareket yok", "tr", {"carriers": ["MNG Kargo"]}),
    ("Trendyol Ekspresin kuryesi kapıya gelmedi", "tr", {"carriers": ["Trendyol Express"]}),
    ("herkese kolay gelsin, bir sorum olacak", "tr", {}),
    ("PTT'nin takip sayfasında KP02345678912 görünmüyor", "tr",
     {"carriers": ["PTT Kargo"], "trackings": ["KP02345678912"]}),
    ("gönderi takip numarası 1234567890123 hatalı diyor", "tr", {"trackings": ["1234567890123"]}),
    ("bu nasıl hizmet amk", "tr", {"offences": ["strong"]}),
    ("o.ç. kurye paketi fırlattı", "tr", {"offences": ["strong"]}),
    ("yazıklar olsun, hayatımda böyle rezil firma görmedim", "tr", {}),
    ("s.i.k.t.i.r olup gidin", "tr", {"offences": ["strong"]}),
    ("aptal yerine koyuyorsunuz bizi", "tr", {"offences": ["mild"]}),
    ("seni bulurum kurye efendi kafanı patlatırım", "tr", {"offences": ["threat", "threat"]}),
    ("fındık sıkacağı ve sikke aldım, gayet şık", "tr", {}),
    ("götüremedim arabaya sığmadı, amca yardım etti", "tr", {}),
    ("Suriyeli pislikler ülkemizden defolsun", "tr", {"offences": ["hate"]}),
    ("mal gibi bekledik kapıda", "tr", {"offences": ["mild"]}),
    ("WMX-7420 kodlu fırının camı çatladı", "tr", {"codes": ["WMX-7420"]}),
    ("Galaxy SM-A546E aldım ekranı çizik", "tr", {"codes": ["SM-A546E"]}),
    ("iPhone 13 128GB alıp 5G'ye geçtim", "tr", {}),
    ("2+1 daire, 3. kat, no 12, 34000 posta kodu", "tr", {}),
    ("Order 100045677 still not shipped after 9 days", "en", {"orders": ["100045677"], "durations": [None]}),
    ("My order #A-558812 was supposed to arrive last Thursday", "en",
     {"orders": ["A-558812"], "dates": [date(2026, 11, 12)]}),
    ("been waiting for my refund of £64.20 since October 3rd", "en",
     {"amounts": [(Decimal("64.20"), "GBP")], "durations": [date(2026, 10, 3)]}),
    ("I've had no reply for over three weeks", "en", {"durations": [date(2026, 10, 28)]}),
    ("It has been a month now", "en", {"durations": [date(2026, 10, 18)]}),
    ("you charged me $1,299 twice on 14 November", "en", {"amounts": [(Decimal(1299),
    "USD")], "dates": [date(2026, 11, 14)]}),
    ("call me on +49 151 23456789 or write to j.doe@example.org", "en",
     {"phones": ["+4915123456789"], "emails": ["j.doe@example.org"]}),
    ("Tracking number 1Z12345E0205271688 hasn't moved, thanks UPS", "en",
     {"trackings": ["1Z12345E0205271688"], "carriers": ["UPS"]}),
    ("the courier left it in the van in Izmir", "en", {"cities": [("İzmir", None)]}),
    ("what a bunch of morons, f#cking useless", "en", {"offences": ["mild", "strong"]}),
    ("I got this in class, assorted colours, grape flavour", "en", {}),
    ("I know where your driver lives", "en", {"offences": ["threat"]}),
    ("refund my 300 euros by Monday or else", "en", {"amounts": [(Decimal(300),
    "EUR")], "dates": [date(2026, 11, 23)]}),
    ("open 24/7, version 2.4.1, model year 2024", "en", {}),
    ("two hundred and fifty dollars gone", "en", {"amounts": [(Decimal(250), "USD")]}),
    ("yesterday at 3pm the app crashed", "en", {"dates": [date(2026, 11, 17)]}),
    ("Fatih sultan mehmet köprüsü trafiği", "tr", {}),
    ("çağrı merkezi 0850 333 12 12 açmıyor, 444 1 555 de öyle", "tr", {"phones": ["+908503331212", "+904441555"]}),
    ("müşteri numaram 88123456, fatura no 2026110045", "tr", {}),
    ("ürün 3 gün sonra gelir demişlerdi, 4 gün önce sipariş vermiştim", "tr", {"dates": [date(2026, 11, 21),
    date(2026, 11, 14)]}),
)  # fmt: skip

FLOORS: dict[str, tuple[float, float]] = {
    "orders": (1.0, 1.0), "trackings": (1.0, 1.0), "codes": (1.0, 1.0), "phones": (1.0, 1.0), "emails": (1.0, 1.0),
    "ibans": (1.0, 1.0), "national_ids": (1.0, 1.0), "cards": (1.0, 1.0), "amounts": (1.0, 1.0),
    "dates": (0.93, 0.93),
    "durations": (1.0, 0.92), "cities": (0.88, 0.88), "carriers": (1.0, 1.0), "offences": (1.0, 0.81),
}  # fmt: skip


def values(seen: Found) -> dict[str, list[object]]:
    """What was found, by kind, each as the value that the table names."""
    return {
        "orders": [one.value for one in seen.orders],
        "trackings": [one.value for one in seen.trackings],
        "codes": [one.value for one in seen.codes],
        "phones": [one.value for one in seen.phones],
        "emails": [one.value for one in seen.emails],
        "ibans": [one.value for one in seen.ibans],
        "national_ids": [one.value for one in seen.national_ids],
        "cards": [one.value for one in seen.cards],
        "amounts": [(one.value, one.currency) for one in seen.amounts],
        "dates": [one.day for one in seen.dates],
        "durations": [one.since for one in seen.durations],
        "cities": [(one.province, one.district) for one in seen.cities],
        "carriers": [one.value for one in seen.carriers],
        "offences": [one.grade for one in seen.offences],
    }


def figures() -> tuple[dict[str, tuple[int, int, int]], list[str]]:
    """For each kind: right, found, wanted; and the mistakes, one line each."""
    counts: dict[str, Counter[str]] = {}
    mistakes: list[str] = []
    for text, language, wanted in HELD:
        for kind, seen in values(found(text, language)).items():
            want, have = Counter(wanted.get(kind, [])), Counter(seen)
            tally = counts.setdefault(kind, Counter())
            tally.update(right=(want & have).total(), found=have.total(), wanted=want.total())
            if want != have:
                mistakes.append(f"{kind}: {text!r}: wanted {list(want)}, found {list(have)}")
    return {kind: (tally["right"], tally["found"], tally["wanted"]) for kind, tally in counts.items()}, mistakes


def test_the_held_texts_are_many_and_none_is_written_twice() -> None:
    assert len(HELD) >= 60 and len({text for text, _, _ in HELD}) == len(HELD)


@pytest.mark.parametrize("kind", sorted(FLOORS))
def test_no_kind_gets_worse_than_measured(kind: str) -> None:
    counts, mistakes = figures()
    right, seen, wanted = counts[kind]
    precision, recall = right / max(seen, 1), right / max(wanted, 1)
    assert precision >= FLOORS[kind][0] and recall >= FLOORS[kind][1], mistakes
