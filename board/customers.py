"""Customers: whom to find while they are on the telephone, who needs something, and all of one customer on one page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from board import sheet
from board.customer import evidence_words, line_data, ordered
from board.moments import Moments, epoch_ms
from board.papers import file
from board.sheet import Block, Deed, Place
from board.texts import Texts
from desk.customer_book import ALL, SHOWN, Customer, CustomerBook, Promise
from desk.customer_search import MOST, VIEWS, Found, asked
from desk.customers import Link
from desk.persons import Suggestion
from mention import family_of

SHORT = 160
"""Characters of what a customer wrote last, in a list."""

SIGN_OF_VIEW = {"late": "late", "open": "same_day", "again": "urgent", "tier": "met"}


def picture(
    book: CustomerBook, texts: Texts, place: Place, now: datetime, moments: Moments, memory: dict[str, Any]
) -> Mapping[str, Any]:
    """One customer where one is open, else the search and the lists. `memory` lasts as long as the session."""
    if place.id:
        return _person(book, place, moments, memory)
    return {"top": [], "main": _list(book, place, moments), "side": []}


# --- finding ---


def _list(book: CustomerBook, place: Place, moments: Moments) -> list[Block]:
    texts, now = moments.texts, moments.now
    main: list[Block] = [
        sheet.head(texts.say("page.customers"), 1),
        {
            "b": "search", "keep": "customers", "label": texts.say("customers.search"),
            "hint": texts.say("customers.hint"), "more": texts.say("customers.search_more"),
        },
    ]  # fmt: skip
    if place.q.strip():
        return [*main, *_results(book, place.q, moments)]
    counts = book.counts(now)
    main.append(
        sheet.figures(
            [
                {
                    "n": moments.number(counts[view]), "label": texts.say(f"customers_view.{view}"),
                    "go": {"tab": view}, "sign": (SIGN_OF_VIEW[view], texts.say(f"customers_sign.{view}")),
                }
                for view in VIEWS
            ]
        )
    )  # fmt: skip
    view = place.tab if place.tab in VIEWS else next((one for one in VIEWS if counts[one]), "open")
    found = book.needing(view, now)
    main.append(sheet.head(texts.say(f"customers_view.{view}"), 2, texts.say(f"customers_text.{view}")))
    main.append(
        sheet.cards(
            [_card(one, moments) for one in found],
            texts.say(f"customers_view.{view}"),
            texts.say(f"customers_empty.{view}"),
        )
    )
    if counts[view] > len(found):
        main.append(sheet.text(texts.say("customers.first", n=MOST), dim=True))
    return main


def _results(book: CustomerBook, typed: str, moments: Moments) -> list[Block]:
    texts = moments.texts
    if not asked(typed, book.settings.brand.region).anything:
        return [{"b": "status", "text": texts.say("customers.too_short")}]
    found = book.search(typed, moments.now)
    if not found:
        return [{"b": "status", "text": texts.say("customers.none")}, sheet.text(texts.say("customers.none_more"))]
    said = texts.say_number("customers.found", len(found), moments.number(len(found)))
    blocks: list[Block] = [{"b": "status", "text": said}]
    blocks.append(sheet.cards([_card(one, moments) for one in found], texts.say("customers.results")))
    if len(found) >= MOST:
        blocks.append(sheet.text(texts.say("customers.first", n=MOST), dim=True))
    return blocks


def _card(one: Found, moments: Moments) -> dict[str, Any]:
    texts, line = moments.texts, one.line
    why = ""
    if one.kind and one.kind != "words":
        why = texts.say("customers.why", kind=texts.say(f"customers_kind.{one.kind}"), value=one.shown[:80])
    words = one.shown if one.kind == "words" else line.words
    return {
        "keep": f"p{line.id}", "title": _name(line.name, line.accounts, moments),
        "go": {"id": line.id, "tab": ""},
        "text": f"“{words[:SHORT]}{'…' if len(words) > SHORT else ''}”" if words else "",
        "due": epoch_ms(line.due_at), "urgency": "urgent" if line.urgent else "same_day",
        "meta": [
            part
            for part in (
                why,
                *(_account(source, handle, moments) for source, handle in line.accounts[:4]),
                one.tier,
                texts.say("customers.live", n=moments.number(line.live)) if line.live else texts.say("customers.quiet"),
                texts.say_number("customer.contacts", line.wrote, moments.number(line.wrote)),
                texts.say("customers.last", at=moments.near(line.last_at)) if line.last_at else "",
            )
            if part
        ],
    }  # fmt: skip


def _name(name: str, accounts: Any, moments: Moments) -> str:
    first = next((handle for _, handle in accounts), "")
    return name or first or moments.texts.say("who.unknown")


def _account(source: str, handle: str, moments: Moments) -> str:
    shown = f"@{handle}" if family_of(source) == "social" and not handle.startswith("@") else handle
    return f"{moments.texts.label('channel', source)} {shown}"


# --- one customer ---


def _person(book: CustomerBook, place: Place, moments: Moments, memory: dict[str, Any]) -> Mapping[str, Any]:
    texts = moments.texts
    one = book.customer(place.id, moments.now, ALL if place.tab == "all" else SHOWN)
    card = one.card
    back = (texts.say("customers.back"), {"id": 0, "tab": ""})
    reach = moments.followers(card.reach)
    sub = " · ".join(part for part in (card.tier, reach, texts.say("customers.number", n=card.person_id)) if part)
    name = _name(card.name, [(a.source, a.handle) for a in card.accounts], moments)
    top: list[Block] = [sheet.head(name, 1, sub, back)]
    main: list[Block] = []
    if card.ask_identity:
        main.append(sheet.note(("urgent", texts.say("customers.identity")), texts.say("customer.ask_identity")))
    main.append(sheet.figures(_figures(one, moments)))
    main.append(sheet.head(texts.say("customers.cases"), 2, texts.say("customers.cases_sub")))
    main.append(
        sheet.cards([_case(case, moments) for case in one.cases], texts.say("customers.cases"), "")
        if one.cases
        else sheet.text(texts.say("customers.no_cases"), dim=True)
    )
    if one.promises:
        owed = [_promise(each, n, moments) for n, each in enumerate(one.promises)]
        main.append(sheet.head(texts.say("customers.promises")))
        main.append(sheet.cards(owed, texts.say("customers.promises")))
    main.append(sheet.head(texts.say("customers.timeline"), 2, texts.say("customers.timeline_sub")))
    main.append({"b": "moments", "label": texts.say("customers.timeline"), "items": _lines(one, moments)})
    if one.notes_hidden:
        main.append(sheet.text(texts.say("customers.notes_hidden"), dim=True))
    if one.more:
        main.append(sheet.buttons(sheet.lead(texts.say("customers.all"), {"tab": "all"})))
    return {"top": top, "main": main, "side": _side(book, one, place, moments, memory)}


def _figures(one: Customer, moments: Moments) -> list[Block]:
    texts, card = moments.texts, one.card
    figures: list[Block] = [
        {"n": moments.number(len(one.live)), "label": texts.say("customers.live_cases")},
        {"n": moments.number(card.contacts), "label": texts.say("customers.contacts")},
    ]
    nearest = min((case.due_at for case in one.live if case.due_at), default=None)
    if nearest is not None:
        due = {"due": epoch_ms(nearest), "label": texts.say("customers.nearest", at=moments.near(nearest))}
        return [{**due, "urgency": _hottest(one)}, *figures]
    return figures


def _hottest(one: Customer) -> str:
    order = ("critical", "urgent", "same_day", "none")
    return min((case.urgency for case in one.live), key=order.index, default="same_day")


def _promise(each: Promise, n: int, moments: Moments) -> dict[str, Any]:
    texts = moments.texts
    if each.concession is not None:
        given = each.concession
        size = (
            moments.money(given.amount, given.currency)
            if given.amount is not None and given.currency
            else texts.say_number("customers.times", given.count)
        )
        title = f"{texts.label('concession', given.kind)}, {size}"
    else:
        title = texts.label("customers_promise", each.kind)
    until = each.until
    if until is None:
        said = texts.say("customers.no_day")
    elif isinstance(until, datetime):
        said = moments.near(until)
    else:
        said = moments.day(until)
    return {
        "keep": f"promise{n}", "title": title, "go": {"page": "triage", "case": each.case_id},
        "sign": ("late", texts.say("sign.late")) if each.late else ("same_day", texts.say("customers.until", at=said)),
        "meta": [*([texts.say("customers.until", at=said)] if each.late else []),
                 texts.say("case.number", n=each.case_id)],
    }  # fmt: skip


def _case(case: Any, moments: Moments) -> dict[str, Any]:
    texts = moments.texts
    return {
        "keep": f"case{case.id}",
        "title": f"{texts.say('case.number', n=case.id)} · {texts.label('topic', case.topic)}",
        "go": {"page": "triage", "case": case.id}, "due": epoch_ms(case.due_at), "urgency": case.urgency,
        "state": "done" if case.status in ("resolved", "set_aside") else "",
        "meta": [
            part
            for part in (
                texts.label("status", "waiting_team" if case.waiting_for == "team" else case.status),
                texts.label("channel", case.channel), moments.near(case.posted_at),
                texts.say("customers.given_to", who=case.assignee) if case.assignee else "",
            )
            if part
        ],
    }  # fmt: skip


def _lines(one: Customer, moments: Moments) -> list[Block]:
    made: list[Block] = []
    for n, line in enumerate(one.lines):
        data = line_data(line, moments)
        made.append({**data, "keep": f"{line.place[1]}-{line.place[2]}-{n}"})
    return made


# --- beside the customer ---


def _side(book: CustomerBook, one: Customer, place: Place, moments: Moments, memory: dict[str, Any]) -> list[Block]:
    texts = moments.texts
    side: list[Block] = [sheet.head(texts.say("customers.accounts"))]
    side.append(
        {
            "b": "bullets",
            "label": texts.say("customers.accounts"),
            "items": [_account(account.source, account.handle, moments) for account in one.card.accounts],
        }
    )
    side += [_suggestion(book, each, moments) for each in one.suggestions]
    side += [_linked(book, each, moments) for each in one.links]
    if book.may("link_persons"):
        side.append(sheet.fold("join", texts.say("customers.join"), _joining(book, one, moments, memory)))
        if one.parted:
            again = [_parted(book, each, one, moments) for each in one.parted]
            side.append(sheet.fold("parted", texts.say("customers.parted", n=len(again)), again))
    orders = ordered(book, one.card.person_id, moments, memory)
    side += _orders(orders, moments)
    side += _concessions(one, moments)
    if book.may("export"):
        side.append(sheet.head(texts.say("customers.export")))
        side.append(sheet.text(texts.say("customers.export_text"), dim=True))
        side.append(
            sheet.buttons(
                sheet.press(
                    "export", texts.say("customers.export_do"), texts.say("customers.exported"),
                    form={"person": str(one.card.person_id)},
                )
            )
        )  # fmt: skip
    return side


def _suggestion(book: CustomerBook, one: Suggestion, moments: Moments) -> Block:
    texts = moments.texts
    who = ", ".join(f"{texts.label('channel', a.source)} {a.handle}" for a in one.accounts)
    pair = {"a": str(one.a), "b": str(one.b)}
    buttons: list[Block] = []
    if book.may("link_persons"):
        buttons = [
            sheet.press(
                "link", texts.say("customer.same"), texts.say("done.linked"), form=pair, keep=f"l{one.a}-{one.b}"
            ),
            sheet.press(
                "refuse", texts.say("customer.not_same"), texts.say("done.refused"), form=pair, keep=f"r{one.a}-{one.b}"
            ),
        ]
    why = " ".join(evidence_words(piece, moments) for piece in one.evidence)
    said = texts.say("customer.maybe", who=who, share=moments.percent(one.score))
    more = " ".join(part for part in (why, texts.say("customer.check") if one.check_identity else "") if part)
    return sheet.note(("unknown", texts.say("customers.maybe")), said, more, buttons)


def _linked(book: CustomerBook, one: Link, moments: Moments) -> Block:
    texts = moments.texts
    buttons: list[Block] = []
    if book.may("unlink_persons"):
        buttons = [
            sheet.press(
                "part", texts.say("customer.unlink"), texts.say("customers.part_done"),
                form={"a": str(one.a), "b": str(one.b)}, confirm=texts.say("customers.part_sure"),
                keep=f"u{one.a}-{one.b}",
            )
        ]  # fmt: skip
    at = moments.near(one.at) if one.at else ""
    said = texts.say("customer.linked", who=one.by, at=at)
    pair = texts.say("customers.pair", a=_who(book, one.a, moments), b=_who(book, one.b, moments))
    return sheet.note(("met", texts.say("customers.linked")), said, pair, buttons)


def _who(book: CustomerBook, person: int, moments: Moments) -> str:
    source, handle = book.account_of(person)
    return f"{_account(source, handle, moments)} ({person})" if source else str(person)


def _parted(book: CustomerBook, one: Link, here: Customer, moments: Moments) -> Block:
    texts = moments.texts
    pair = texts.say("customers.pair", a=_who(book, one.a, moments), b=_who(book, one.b, moments))
    again = sheet.press(
        "link", texts.say("customers.join_again"), texts.say("done.linked"), form={"a": str(one.a), "b": str(one.b)},
        confirm=texts.say("customers.join_sure"), keep=f"again{one.a}-{one.b}",
    )  # fmt: skip
    at = moments.near(one.at) if one.at else ""
    return sheet.note(
        ("none", texts.say("customers.apart")), pair, texts.say("customers.by", who=one.by, at=at), [again]
    )


def _joining(book: CustomerBook, one: Customer, moments: Moments, memory: dict[str, Any]) -> list[Block]:
    texts, here = moments.texts, one.card.person_id
    blocks: list[Block] = [
        sheet.form(
            "look", texts.say("customers.look"),
            [sheet.field("typed", texts.say("customers.join_field"), max=200, required=True)],
            keep=f"look{here}", form={"person": str(here)}, text=texts.say("customers.join_text"), quiet=True,
        )
    ]  # fmt: skip
    typed = memory.get("look") if memory.get("look_of") == here else None
    if typed is None:
        return blocks
    found = [each for each in book.search(typed, moments.now) if each.line.id != here][:5]
    cards = []
    for each in found:
        pair = {"a": str(here), "b": str(each.line.id)}
        join = sheet.press(
            "link", texts.say("customer.same"), texts.say("done.linked"), form=pair,
            confirm=texts.say("customers.join_sure"), keep=f"join{each.line.id}",
        )  # fmt: skip
        cards.append({**_card(each, moments), "keep": f"join{each.line.id}", "buttons": [join]})
    return [*blocks, sheet.cards(cards, texts.say("customers.results"), texts.say("customers.none"))]


def _orders(card: Mapping[str, Any] | None, moments: Moments) -> list[Block]:
    if card is None:
        return []
    texts = moments.texts
    blocks: list[Block] = [sheet.head(texts.say("order.title"))]
    if card["state"] != "found":
        blocks.append(sheet.text(str(card["title"]), dim=True))
    blocks += [sheet.text(str(one["text"])) for one in card["notices"]]
    for one in card["orders"]:
        blocks.append(sheet.head(str(one["title"]), 3))
        blocks += [
            sheet.note(("urgent", texts.say("customers.order_sign")), str(told["text"])) for told in one["signs"]
        ]
        blocks.append(sheet.facts([(str(row["label"]), str(row["value"])) for row in one["rows"]]))
        blocks += [{"b": "out", "href": told["url"], "text": told["label"]} for told in one["links"]]
    return blocks


def _concessions(one: Customer, moments: Moments) -> list[Block]:
    texts = moments.texts
    title = texts.say("customers.given")
    if not one.concessions:
        return [sheet.head(title), sheet.text(texts.say("customers.none_given"), dim=True)]
    items = []
    for row in one.concessions:
        size = moments.money(row.amount, row.currency) if row.amount is not None and row.currency else f"{row.count} ×"
        items.append(
            {
                "keep": f"c{row.id}", "title": f"{texts.label('concession', row.kind)} · {size}",
                "go": {"page": "triage", "case": row.case_id},
                "sign": ("paused" if row.state == "cancelled" else "same_day" if row.state == "promised" else "met",
                         texts.label("given", row.state)),
                "meta": [moments.near(row.at), row.granted_by, texts.say("case.number", n=row.case_id)],
            }
        )  # fmt: skip
    return [sheet.head(title), sheet.cards(items, title)]


# --- doing ---


def deeds(book: CustomerBook, texts: Texts, memory: dict[str, Any]) -> Mapping[str, sheet.Do]:
    """What can be done about customers. Whoever links or parts is shown the customer that stands afterwards."""

    def look(deed: Deed, now: datetime) -> None:
        memory["look"], memory["look_of"] = deed.said("typed", 200), deed.number("person")

    def link(deed: Deed, now: datetime) -> Mapping[str, Any]:
        person = book.link(deed.number("a"), deed.number("b"), now)
        memory.pop("look", None)
        return {"go": {"id": person, "tab": ""}}

    def export(deed: Deed, now: datetime) -> Mapping[str, Any]:
        person = deed.number("person")
        name = (
            f"{'musteri' if texts.language == 'tr' else 'customer'}-{person}-{now.astimezone(book.desk.zone):%Y-%m-%d}"
        )
        return file(name, "json", book.export(person, now))

    return {
        "look": look,
        "link": link,
        "refuse": lambda deed, now: book.refuse(deed.number("a"), deed.number("b"), now),
        "part": lambda deed, now: book.part(deed.number("a"), deed.number("b"), now),
        "export": export,
    }
