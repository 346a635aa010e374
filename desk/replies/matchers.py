"""What each kind of matcher finds in a reply: places of the text, with what the rule's sentences say of them.

All pure: the same reply and context give the same hits. A pair of texts in a hit is Turkish and English.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from desk.replies import amounts, lengths, marks, moments, names, schema
from desk.replies.address import Address, addresses
from desk.replies.context import Reader, ReplyContext
from desk.replies.phrases import compiled, find_phrases, has_phrase
from desk.replies.reading import Reply, fold
from playbooks.words import say_number

Said = str | tuple[str, str]


class Hit(NamedTuple):
    """A place of the text (past its last character at `end`) and the values of the rule's slots."""

    start: int
    end: int
    said: Mapping[str, Said]


class Task:
    """One reply being checked: its reading, its context, and what the reader says of it, asked for once."""

    def __init__(self, text: str, context: ReplyContext, reader: Reader | None) -> None:
        self.reply = Reply(text)
        self.context = context
        self.reader = reader

    @cached_property
    def personal(self) -> list[tuple[str, int, int]]:
        """Personal data by the reader; none where no reader was given."""
        return list(self.reader.personal(self.reply.text)) if self.reader else []

    @cached_property
    def addressed(self) -> list[Address]:
        """The words that say siz or sen; people's names never do."""
        context = self.context
        return list(
            addresses(self.reply, names.words_of((*context.customer_names, context.agent, *context.colleagues)))
        )

    @cached_property
    def bare_words(self) -> list[tuple[str, int, int]]:
        """The words of the reading without apostrophes."""
        return [(word.replace("'", ""), start, end) for word, start, end in self.reply.words]

    @cached_property
    def own_names(self) -> frozenset[str]:
        """Words of the names that belong into this reply."""
        context = self.context
        return names.words_of((*context.customer_names, context.agent, context.brand))

    def hit(self, start: int, end: int, /, **said: Said) -> Hit:
        """A hit at places of the text."""
        return Hit(start, end, {"found": self.reply.text[start:end], **said})

    def read(self, start: int, end: int, /, **said: Said) -> Hit:
        """A hit at places of the reading."""
        first, past = self.reply.span(start, end)
        return self.hit(first, past, **said)

    def whole(self, **said: Said) -> Hit:
        """A hit that is about the whole text."""
        return Hit(0, len(self.reply.text), said)


_PERSONAL_NAMES: dict[str, tuple[str, str]] = {
    "order": ("sipariş numarası", "order number"),
    "tracking": ("kargo takip numarası", "tracking number"),
    "phone": ("telefon numarası", "phone number"),
    "company_phone": ("telefon hattı", "phone line"),
    "email": ("e-posta adresi", "e-mail address"),
    "iban": ("IBAN", "IBAN"),
    "national_id": ("T.C. kimlik numarası", "national id number"),
    "card": ("kart numarası", "card number"),
    "address": ("açık adres", "street address"),
    "link": ("bağlantı", "link"),
    "handle": ("hesap adı", "account name"),
}
_ADDRESS = re.compile(
    r"(?<![^\W_])(?:mah(?:alle(?:si)?)?|cad(?:de(?:si)?)?|sok(?:ak|agi)?|sk|cd|bulvari|blv|apt|apartmani|sitesi)\b"
    r"[^\n]{0,60}?(?<![^\W_])(?:no|daire|kat|d|k)\s?[:.]?\s?\d{1,4}"
    r"|(?<![^\W_])\d{1,4} (?:[a-z]{2,20} ){1,3}(?:street|road|avenue|lane|drive)(?![^\W_])"
)


def _length(matcher: schema.LengthMatcher, task: Task) -> Iterator[Hit]:
    allowed = matcher.limits.get(task.context.channel, matcher.otherwise)
    limit = getattr(allowed, matcher.side) if allowed else None
    if allowed is None or limit is None:
        return
    # What nobody sees at either end is no answer.
    text = task.reply.text if matcher.side == "most" else task.reply.text.strip()
    counted = lengths.length(text, allowed.count)
    if counted > limit if matcher.side == "most" else counted < limit:
        numbers = {"length": counted, "limit": limit, "over": abs(counted - limit)}
        said: dict[str, Said] = {name: (say_number(n, "tr"), say_number(n, "en")) for name, n in numbers.items()}
        yield task.whole(channel=task.context.channel, **said)


def _phrases(matcher: schema.PhraseMatcher | schema.GrantMatcher, task: Task) -> Iterator[Hit]:
    language = task.context.language
    for start, end in find_phrases(task.reply, matcher.any.of(language)):
        if has_phrase(task.reply, matcher.unless.of(language), *task.reply.sentence_at(start)):
            continue
        if isinstance(matcher, schema.PhraseMatcher) and matcher.unless_dated:
            first, _ = task.reply.sentence_at(start)
            if moments.names_moment(task.reply, first, task.reply.sentence_at(end - 1, 1)[1]):
                continue
        yield task.read(start, end)


def _grant(matcher: schema.GrantMatcher, task: Task) -> Iterator[Hit]:
    if not any(grant.solution in matcher.solutions for grant in task.context.authority):
        yield from _phrases(matcher, task)


def _missing(matcher: schema.MissingMatcher, task: Task) -> Iterator[Hit]:
    context, reply = task.context, task.reply
    asked = {"apology": context.apology, "next_step": context.next_step, "contact": context.contact_wanted}
    if not asked[matcher.wanted] or (matcher.wanted == "contact" and _has_contact(task)):
        return
    for start, _ in find_phrases(reply, matcher.any.of(context.language)):
        if not has_phrase(reply, matcher.unless.of(context.language), *reply.sentence_at(start)):
            return
    yield task.whole()


def _has_contact(task: Task) -> bool:
    plain = _squeezed(task.reply.plain)
    parts = [_squeezed(fold(part)) for part in re.split(r"[,;|]", task.context.contact)]
    if any(part and part in plain for part in parts):
        return True
    return any(kind in ("phone", "company_phone", "email") for kind, _, _ in task.personal)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s().\-/]", "", text)


def _told(matcher: schema.ToldMatcher, task: Task) -> Iterator[Hit]:
    told: tuple[str, ...] = getattr(task.context, matcher.field)
    if matcher.field == "forbidden":
        spelled = tuple(
            phrase for word in told if (phrase := " ".join(re.findall(r"\*?[^\W_]+\*?", " ".join(fold(word).split()))))
        )
        pattern = compiled(spelled)
        if pattern is not None:
            yield from (task.read(*match.span()) for match in pattern.finditer(task.reply.plain))
        return
    for sentence in told:
        wanted = re.findall(r"[^\W_]+", fold(sentence).replace("'", ""))
        if wanted:
            yield from _said(wanted, matcher.near, task)


NEAR = 0.8
"""Share of letters from which two sentences say the same: an ending changed, a word added."""


def _said(wanted: list[str], near: bool, task: Task) -> Iterator[Hit]:
    """Where the words of a sentence stand one after another, or (near) nearly so within one sentence of the reply."""
    words = task.bare_words
    plain = [word for word, _, _ in words]
    size = len(wanted)
    exact = [at for at in range(len(words) - size + 1) if plain[at] == wanted[0] and plain[at : at + size] == wanted]
    if not near:
        yield from (task.read(words[at][1], words[at + size - 1][2]) for at in exact)
        return
    if exact or size < 2:
        return
    goal = " ".join(wanted)
    matcher = difflib.SequenceMatcher(None, b=goal, autojunk=False)
    stems = {word[:4] for word in wanted if len(word) > 2}
    at = 0
    while at < len(words):
        # A window is worth comparing only where most of the sentence's words begin alike.
        window = words[at : at + size]
        shared = sum(word[:4] in stems for word, _, _ in window)
        if words[at][0][:4] in stems and shared * 3 >= 2 * len(stems):
            matcher.set_seq1(" ".join(word for word, _, _ in window))
            if matcher.quick_ratio() >= NEAR and matcher.ratio() >= NEAR:
                yield task.read(window[0][1], window[-1][2])
                at += size
                continue
        at += 1


def _personal(matcher: schema.PersonalMatcher, task: Task) -> Iterator[Hit]:
    reply, found = task.reply, [one for one in task.personal if one[0] in matcher.kinds]
    if "address" in matcher.kinds:
        found += [("address", *reply.span(*match.span())) for match in _ADDRESS.finditer(reply.plain)]
    if "link" in matcher.kinds:
        found += [("link", start, end) for _, start, end in marks.links(reply)]
    if "handle" in matcher.kinds:
        found += [("handle", *span) for span in marks.handles(reply)]
    ours = _squeezed(fold(f"{task.context.contact} {task.context.reference}"))
    unless = matcher.unless.of(task.context.language)
    past = 0
    for kind, start, end in sorted(found, key=lambda one: (one[1], -one[2])):
        if start < past or (not matcher.ours_too and _squeezed(fold(reply.text[start:end])) in ours):
            continue
        if has_phrase(reply, unless, *reply.sentence_at(reply.read_at(start))):
            continue
        past = end
        yield task.hit(start, end, what=_PERSONAL_NAMES[kind])


def _names(matcher: schema.NameMatcher, task: Task) -> Iterator[Hit]:
    context = task.context
    if matcher.whose == "colleagues":
        found = names.signatures(task.reply, context.colleagues, task.own_names)
    else:
        known = task.own_names | names.words_of(context.colleagues)
        found = names.others(task.reply, context.other_names, known)
    yield from (task.read(start, end) for start, end in found)


def _forms(matcher: schema.FormMatcher, task: Task) -> Iterator[Hit]:
    tone = task.context.tone
    ours = [one for one in task.addressed if one.form == tone]
    others = [one for one in task.addressed if one.form != tone]
    if bool(ours) != (matcher.report == "mixed"):
        return
    for one in others:
        other = task.reply.written(ours[0].start, ours[0].end) if ours else ""
        yield task.read(one.start, one.end, other=other, tone=tone)


def _amounts(matcher: schema.AmountMatcher, task: Task) -> Iterator[Hit]:
    language, reply, context = task.context.language, task.reply, task.context
    offers, facts = matcher.any.of(language), matcher.unless.of(language)
    found: list[tuple[Decimal, str, int, int]] = (
        list(amounts.money(reply))
        if matcher.of == "money"
        else [(value, "%", start, end) for value, start, end in amounts.percentages(reply)]
    )
    for value, unit, start, end in found:
        sentence = reply.sentence_at(start)
        if not has_phrase(reply, offers, *sentence) or has_phrase(reply, facts, *sentence):
            continue
        limit = _limit(context, unit)
        if limit is not None and value > limit:
            yield task.read(start, end, limit=_spelled(limit, unit))


def _limit(context: ReplyContext, unit: str) -> Decimal | None:
    """The most that may be given, None where there is no limit: a refund is granted without an amount."""
    if unit == "%":
        return max((grant.percent for grant in context.authority if grant.percent is not None), default=Decimal(0))
    if any(g.solution.startswith("refund") and g.amount is None and g.percent is None for g in context.authority):
        return None
    allowed = [g.amount for g in context.authority if g.amount is not None and g.currency == unit]
    if context.approved is not None and context.approved_currency == unit:
        allowed.append(context.approved)
    return max(allowed, default=Decimal(0))


def _spelled(limit: Decimal, unit: str) -> tuple[str, str]:
    plain = limit.quantize(Decimal(1)) if limit == limit.to_integral_value() else limit
    turkish, english = say_number(plain, "tr"), say_number(plain, "en")
    return (f"%{turkish}", f"{english}%") if unit == "%" else (f"{turkish} {unit}", f"{english} {unit}")


def _days(matcher: schema.DayMatcher, task: Task) -> Iterator[Hit]:
    context, reply = task.context, task.reply
    today = context.now.astimezone(context.zone).date()
    if matcher.report == "unknown" and not context.promised_dates:
        return
    known = ", ".join(day.strftime("%d.%m.%Y") for day in sorted(context.promised_dates))
    for day, start, end in moments.days(reply, today):
        if not has_phrase(reply, matcher.any.of(context.language), *reply.sentence_at(start)):
            continue
        if day < today if matcher.report == "past" else day >= today and day not in context.promised_dates:
            yield task.read(start, end, known=known)


def _characters(matcher: schema.CharacterMatcher, task: Task) -> Iterator[Hit]:
    finders: dict[str, Callable[[Reply], Iterator[tuple[int, int]]]] = {
        "hidden": marks.hidden,
        "mixed_scripts": marks.mixed_scripts,
        "emoji": marks.emoji,
        "capitals": marks.capitals,
        "exclamations": marks.exclamations,
    }
    yield from (task.hit(start, end) for start, end in finders[matcher.report](task.reply))


def _placeholders(matcher: schema.PlaceholderMatcher, task: Task) -> Iterator[Hit]:
    language = task.context.language
    found = marks.placeholders(task.reply, matcher.any.of(language), matcher.bracketed.of(language))
    yield from (task.hit(start, end) for start, end in found)


def _links(matcher: schema.LinkMatcher, task: Task) -> Iterator[Hit]:
    ours = [host.lower().removeprefix("www.") for host in task.context.hosts]
    for link, start, end in marks.links(task.reply):
        host = marks.host_of(link)
        if matcher.report == "not_https":
            if "://" in link and not link.lower().startswith("https://"):
                yield task.hit(start, end)
        elif ours and not any(host == one or host.endswith(f".{one}") for one in ours):
            yield task.hit(start, end)


_LANGUAGES = {"tr": ("Türkçe", "Turkish"), "en": ("İngilizce", "English")}


def _language(matcher: schema.LanguageMatcher, task: Task) -> Iterator[Hit]:
    words = [word for word, _, _ in task.reply.words if word not in task.own_names and not word.isdigit()]
    if task.reader is None or len(words) < matcher.least:
        return
    written = task.reader.language(task.reply.text)
    if written in _LANGUAGES and written != task.context.language:
        yield task.whole(written=_LANGUAGES[written], wanted=_LANGUAGES[task.context.language])


def _repeated(matcher: schema.RepeatedMatcher, task: Task) -> Iterator[Hit]:
    ours = _triples(task.reply)
    if not ours:
        return
    share = max((len(ours & _triples(Reply(one))) / len(ours) for one in task.context.earlier), default=0.0)
    if share >= matcher.share:
        percent = f"{share:.0%}".removesuffix("%")
        yield task.whole(share=(f"%{percent}", f"{percent}%"))


def _triples(reply: Reply) -> set[tuple[str, ...]]:
    words = [word for word, _, _ in reply.words]
    return {tuple(words[at : at + 3]) for at in range(len(words) - 2)}


_KINDS: dict[str, Callable[[Any, Task], Iterator[Hit]]] = {
    "length": _length,
    "phrases": _phrases,
    "grant": _grant,
    "missing": _missing,
    "told": _told,
    "personal": _personal,
    "names": _names,
    "forms": _forms,
    "amounts": _amounts,
    "days": _days,
    "characters": _characters,
    "placeholders": _placeholders,
    "links": _links,
    "language": _language,
    "repeated": _repeated,
}


def hits(rule: schema.Rule, task: Task) -> Iterator[Hit]:
    """What a rule finds in a reply, whether or not the rule is for replies of this kind."""
    yield from _KINDS[rule.looks_for.kind](rule.looks_for, task)
