"""Carriers are recognised by what shops call them, and a link never claims more than is known."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.orders.carriers import CARRIERS, carrier_named, tracking_link, with_own
from desk.orders.settings import CarrierSettings

NAMES = [
    ("YURTİÇİ KARGO A.Ş.", "Yurtiçi Kargo"),
    ("Yurtici", "Yurtiçi Kargo"),
    ("ARAS KARGO", "Aras Kargo"),
    ("Aras Kargo Marketplace", "Aras Kargo"),
    ("MNG", "MNG Kargo"),
    ("DHL eCommerce", "MNG Kargo"),
    ("DHL E-Commerce Türkiye", "MNG Kargo"),
    ("DHL Express", "DHL"),
    ("Ptt Kargo", "PTT Kargo"),
    ("SÜRAT KARGO", "Sürat Kargo"),
    ("hepsiJET", "HepsiJet"),
    ("Trendyol Express Marketplace", "Trendyol Express"),
    ("TEXMP", "Trendyol Express"),
    ("Kolay Gelsin", "Kolay Gelsin"),
    ("Sendeo Kargo", "Sendeo"),
    ("UPS Kargo", "UPS"),
    ("FedEx", "FedEx"),
    ("Upsala Kurye", None),
    ("Horoz", None),
    ("", None),
    (None, None),
    ("\x00" * 50, None),
]


@pytest.mark.parametrize(("said", "name"), NAMES)
def test_names(said: str | None, name: str | None) -> None:
    found = carrier_named(said)
    assert (found.name if found else None) == name


LINKS = [  # carrier, number, whether the number is in the address, whether it fits
    ("Yurtiçi", "123456789012", True, None),
    ("Aras", "3513773163316", True, None),
    ("MNG", "123456", False, None),
    ("PTT", "KP01234567890", False, None),
    ("Sürat", "12345678901", False, None),
    ("HepsiJet", "SMR1234567", True, None),
    ("Trendyol Express", "7340447182689", False, None),
    ("Kolay Gelsin", "D895233", True, None),
    ("Sendeo", "123456789", False, None),
    ("UPS", "1Z 999 AA1 01 2345 6784", True, True),
    ("UPS", "12345", False, False),
    ("FedEx", "123456789012", True, True),
    ("FedEx", "12", False, False),
    ("DHL", "1234567890", True, True),
    ("DHL", "JJD123", False, False),
    ("Aras", "../../x", False, None),
    ("Aras", "", False, None),
    ("Aras", None, False, None),
    ("Aras", "1' OR '1", False, None),
    ("Aras", "1" * 60, False, None),
]


@pytest.mark.parametrize(("said", "number", "inside", "fits"), LINKS)
def test_links(said: str, number: str | None, inside: bool, fits: bool | None) -> None:
    link = tracking_link(said, number)
    assert link is not None and (link.with_number, link.fits) == (inside, fits)
    assert ("".join((number or "?").split()) in link.url) is inside


def test_somebody_who_proved_nothing_gets_no_number() -> None:
    link = tracking_link("Aras", "3513773163316", show_number=False)
    assert link is not None and not link.with_number and "3513773163316" not in link.url


def test_every_address_is_https_and_has_its_slot() -> None:
    assert len({one.name for one in CARRIERS}) == len(CARRIERS) == 12
    for one in CARRIERS:
        assert one.page is not None and one.page.startswith("https://") and "{" not in one.page
        assert one.link is None or (one.link.startswith("https://") and one.link.count("{number}") == 1)


def test_the_brands_own_carriers_come_first() -> None:
    own = with_own(
        [
            CarrierSettings(name="Sendeo", link="https://takip.example/{number}"),
            CarrierSettings(name="Bizim Kurye", aliases=("BK-1",), page="https://kurye.example/"),
        ]
    )
    link = tracking_link("SENDEOMP", "12345678", own)
    assert link is not None and link.url == "https://takip.example/12345678"
    assert (found := carrier_named("bk 1", own)) is not None and found.name == "Bizim Kurye"
    with pytest.raises(ValueError, match="without encryption"):
        CarrierSettings(name="X", page="http://kurye.example/")
    with pytest.raises(ValueError, match="must hold"):
        CarrierSettings(name="X", link="https://kurye.example/")


@settings(deadline=None)
@given(st.sampled_from([one.name for one in CARRIERS]), st.text(max_size=60))
def test_no_number_changes_where_a_link_leads(name: str, number: str) -> None:
    link = tracking_link(name, number)
    known = carrier_named(name)
    assert link is not None and known is not None
    assert urlsplit(link.url).netloc in {urlsplit(one).netloc for one in (known.link, known.page) if one}
    assert not any(c in link.url for c in " \n\r<>\"'")
