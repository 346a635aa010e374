"""Carriers in Turkey: recognised by what shops call them, and where their customers follow a parcel.

No carrier publishes its tracking address as an interface, and they change without notice. So each carries how sure
its address is: `link` only where the number is known to be read from it, otherwise `page`, on which the customer
types the number. Read in November 2026 off shop plug-ins and carriers' integration papers (not opened by us):

- Yurtiçi: `gonderi-sorgula?code=`, in many shops' code, one of which opened it in September 2026 and saw the query run.
- Aras: `mainpage.aspx?code=`, Aras's own integration paper (its number has 13 digits) and the same test.
- MNG is DHL eCommerce now; its page does not read a number and asks for a code. PTT's old `Track/Verify?q=` leads to
  PTT's front page. Sürat's form takes POST only. (The same test.)
- HepsiJet `gonderi-takibi/NUMBER` and Kolay Gelsin `shipments?trackingId=`: the same in every shop plug-in found.
- Trendyol Express: three forms in use that contradict each other (its API gives the shop a link of its own, which the
  field `shipments.link` takes); Sendeo: likewise four.
- UPS, FedEx, DHL: the forms that those carriers' own notices use. 1Z…: UPS's own 18 signs; FedEx 12, 15, 20 or 22
  digits; DHL Express 10 digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from desk.orders.settings import CarrierSettings
from mention import search_text


@dataclass(frozen=True)
class Carrier:
    """One carrier: `aliases` are folded words, `link` holds {number}, `shape` is its numbers' where it is known."""

    name: str
    aliases: tuple[str, ...]
    page: str | None
    link: str | None = None
    shape: str | None = None


@dataclass(frozen=True)
class TrackingLink:
    """Where a parcel is followed. `with_number` says whether the number is in the address or is to be typed there.

    `fits` is False where the number does not look like this carrier's, None where nobody knows how it looks.
    """

    carrier: str
    url: str
    with_number: bool
    fits: bool | None


CARRIERS: tuple[Carrier, ...] = (
    Carrier(
        "Yurtiçi Kargo", ("yurtici", "yurt ici", "ykmp", "yk"), "https://www.yurticikargo.com/tr/online-servisler/gonderi-sorgula",
        "https://www.yurticikargo.com/tr/online-servisler/gonderi-sorgula?code={number}",
    ),
    Carrier(
        "Aras Kargo", ("aras", "arasmp"), "https://kargotakip.araskargo.com.tr/mainpage.aspx",
        "https://kargotakip.araskargo.com.tr/mainpage.aspx?code={number}",
    ),
    Carrier("MNG Kargo", ("mng", "mngmp", "dhl ecommerce", "dhl e commerce", "dhlecommerce", "dhlecommp"),
            "https://www.dhlecommerce.com.tr/gonderitakip"),
    Carrier("PTT Kargo", ("ptt", "pttmp", "pttkargo", "posta ve telgraf"), "https://www.ptt.gov.tr/"),
    Carrier("Sürat Kargo", ("surat", "suratmp"), "https://www.suratkargo.com.tr/KargoTakip/"),
    Carrier("HepsiJet", ("hepsijet", "hepsi jet"), "https://www.hepsijet.com/gonderi-takibi",
            "https://www.hepsijet.com/gonderi-takibi/{number}"),
    Carrier("Trendyol Express", ("trendyol express", "trendyol ekspres", "tex", "texmp", "tyexpress"),
            "https://kargotakip.trendyol.com/"),
    Carrier("Kolay Gelsin", ("kolay gelsin", "kolaygelsin", "kolaygelsinmp"), "https://www.kolaygelsin.com/",
            "https://esube.kolaygelsin.com/shipments?trackingId={number}"),
    Carrier("Sendeo", ("sendeo", "sendeomp"), "https://www.sendeo.com.tr/"),
    Carrier("UPS", ("ups",), "https://www.ups.com/track?loc=tr_TR",
            "https://www.ups.com/track?loc=tr_TR&tracknum={number}", r"1Z[A-Z0-9]{16}"),
    Carrier("FedEx", ("fedex", "fed ex"), "https://www.fedex.com/fedextrack/",
            "https://www.fedex.com/fedextrack/?trknbr={number}", r"\d{12}|\d{15}|\d{20}|\d{22}"),
    Carrier("DHL", ("dhl", "dhl express"), "https://www.dhl.com/tr-tr/home/tracking.html",
            "https://www.dhl.com/tr-tr/home/tracking.html?tracking-id={number}&submit=1", r"\d{10}"),
)  # fmt: skip

_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{4,39}")


def with_own(own: Iterable[CarrierSettings]) -> tuple[Carrier, ...]:
    """The carriers with the brand's own before them: a name that is known is replaced, its aliases stay."""
    mine = []
    for one in own:
        known = carrier_named(one.name)
        aliases = (_words(one.name), *(_words(alias) for alias in one.aliases), *(known.aliases if known else ()))
        mine.append(Carrier(one.name, tuple(filter(None, aliases)), one.page, one.link))
    return (*mine, *CARRIERS)


def carrier_named(said: str | None, carriers: Iterable[Carrier] = CARRIERS) -> Carrier | None:
    """The carrier that a text of the shop's means (`ARAS KARGO A.Ş.`, `Yurtiçi Kargo Marketplace`), None for none.

    The longest alias decides, so that `DHL eCommerce` is not DHL; among equals the first carrier does.
    """
    words = f" {_words(said or '')} "
    best: tuple[int, Carrier] | None = None
    for carrier in carriers:
        for alias in carrier.aliases:
            if f" {alias} " in words and (best is None or len(alias) > best[0]):
                best = (len(alias), carrier)
    return best[1] if best else None


def tracking_link(
    said: str | None, number: str | None, carriers: Iterable[Carrier] = CARRIERS, *, show_number: bool = True
) -> TrackingLink | None:
    """Where the customer follows this parcel; None where the carrier is not known.

    With `show_number` False (somebody who has proved nothing) the address never holds the number.
    """
    carrier = carrier_named(said, carriers)
    if carrier is None:
        return None
    plain = re.sub(r"\s+", "", number or "").upper()
    fits = bool(re.fullmatch(carrier.shape, plain)) if carrier.shape and plain else None
    if carrier.link and show_number and _NUMBER.fullmatch(plain) and fits is not False:
        return TrackingLink(carrier.name, carrier.link.replace("{number}", quote(plain, safe="")), True, fits)
    if carrier.page is None:
        return None
    return TrackingLink(carrier.name, carrier.page, False, fits)


def _words(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", search_text(text)[:200]))
