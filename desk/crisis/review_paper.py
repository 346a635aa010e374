"""A review as a document: blocks for desk/paper.py, Markdown, and JSON for programs.

Who customers are is left out unless it is asked for: no name, no handle, and in what they wrote no address and no
number that could be a telephone or an order. Everything that people wrote is text, never markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from desk.concessions import NAMES as CONCESSION_NAMES
from desk.crisis.review_draft import Acted, Draft
from desk.crisis.review_numbers import Numbers
from desk.crisis.review_reading import SECTIONS, Review
from desk.crisis.review_story import long, role_name
from desk.crisis.words import stage_words
from desk.paper import Block, Bullets, Facts, Grid, Heading, Paper, Text, to_html, to_pdf, words_of
from playbooks.crisis.plan import Plan
from playbooks.words import say_money, say_number
from store import reviews as review_store
from store.reviews import WordsRow

FORMATS = ("html", "pdf", "json", "md")

MILESTONE_NAMES: dict[str, tuple[str, str]] = {
    "first_mention": ("İlk ileti", "First mention"),
    "alarm": ("Alarm", "Alarm"),
    "suspected": ("Kriz şüphesi", "Suspected"),
    "taken": ("Üstlenildi", "Taken"),
    "declared": ("İlan edildi", "Declared"),
    "first_informed": ("İlk haberdar olan", "First informed"),
    "first_statement": ("İlk açıklama", "First statement"),
    "first_answer": ("İlk müşteri yanıtı", "First answer to a customer"),
    "contained": ("Kontrol altına alındı", "Contained"),
    "closed": ("Kapatıldı", "Closed"),
}
STATE_NAMES = {"open": ("açık", "open"), "done": ("yapıldı", "done"), "dropped": ("vazgeçildi", "dropped")}
OPEN_NAMES = {
    "case": ("Müşteri", "Customer"),
    "concession": ("Telafi", "Concession"),
    "statement": ("Açıklamadaki söz", "Said in a statement"),
    "stakeholder": ("Bilgilendirilmedi", "Was not told"),
    "post": ("Hâlâ durdurulmuş", "Still paused"),
}

_HANDLE = re.compile(r"(?<![\w/])@[\w.]+(?:@[\w.-]+)?|\bu/[\w-]+")
_ADDRESS = re.compile(r"\S+@\S+\.\S+|(?:https?://|www\.)\S+")
_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){5,}")


def nameless(text: str, names: Sequence[str] = ()) -> str:
    """What a customer wrote without handles, addresses, long numbers and the given names."""
    for pattern in (_ADDRESS, _HANDLE, _NUMBER):
        text = pattern.sub("…", text)
    for name in sorted((name for name in names if len(name) > 2), key=len, reverse=True):
        text = re.sub(re.escape(name), "…", text, flags=re.IGNORECASE)
    return text


def quotes(tx: Connection, brand: str, draft: Draft, names: bool) -> tuple[WordsRow, ...]:
    """The draft's examples as they may be shown now: erased ones are gone, and without `names` so is who wrote them."""
    rows = review_store.words(tx, brand, draft.quotes)
    if names:
        return tuple(rows)
    known = [name for row in rows for name in (row.author, row.author_name) if name]
    return tuple(
        WordsRow(row.id, row.channel, nameless(row.text, known), None, None, row.published_at) for row in rows
    )  # fmt: skip


def record(review: Review, examples: Sequence[WordsRow]) -> dict[str, Any]:
    """The review as JSON: times in UTC, lengths in seconds, money as text with every decimal."""
    row, draft = review.crisis, review.draft.model_dump(mode="json")
    return {
        "crisis": {
            "id": row.id, "title": row.title, "plan": row.plan, "plan_version": row.plan_version,
            "opened_at": _iso(row.opened_at), "stage": draft["stage"], "severity": draft["severity"],
        },
        "review": {
            "version": review.version, "sections": dict(review.sections), "signed_at": _iso(review.signed_at),
            "signed_by": review.signed_by, "why": review.signed_why, "intact": review.intact,
            "notes": [{"at": _iso(note.at), "by": note.by, "text": note.text} for note in review.notes],
            "actions": [
                {"id": a.id, "what": a.what, "owner": a.owner, "due_on": a.due_on, "state": a.state, "note": a.note,
                 "playbook": a.playbook, "change": a.change, "settled_at": _iso(a.settled_at)}
                for a in review.actions
            ],
        },
        "numbers": draft["numbers"], "timeline": draft["timeline"], "helped": draft["helped"],
        "still_open": draft["still_open"], "suggestions": draft["suggestions"],
        "quotes": [
            {"mention": each.id, "at": _iso(each.published_at), "channel": each.channel, "text": each.text,
             **({"author": each.author, "author_name": each.author_name} if each.author or each.author_name else {})}
            for each in examples
        ],
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def export(review: Review, examples: Sequence[WordsRow], format: str, language: str, zone: ZoneInfo) -> bytes:
    """The review as a file, one of FORMATS. Raises ValueError for another."""
    if format == "json":
        return (json.dumps(record(review, examples), ensure_ascii=False, indent=1) + "\n").encode()
    if format not in FORMATS:
        raise ValueError(f"{format!r} is not one of {', '.join(FORMATS)}")
    made = paper(review, examples, language, zone)
    return to_pdf(made) if format == "pdf" else (to_html(made) if format == "html" else to_markdown(made)).encode()


def paper(review: Review, examples: Sequence[WordsRow], language: str, zone: ZoneInfo) -> Paper:
    """The review as a document in a language, times in `zone`."""
    set_ = _Set(review, language, zone)
    title = set_.say("Kriz değerlendirmesi", "Crisis review")
    blocks = [*set_.head(), *set_.written(), *set_.actions(), *set_.numbers(), *set_.helped(), *set_.still_open(),
              *set_.suggested(), *set_.quotes(examples), *set_.timeline()]  # fmt: skip
    return Paper(f"{title}: {review.crisis.title}", language, set_.subtitle(), tuple(blocks))


class _Set:
    """Sets one review in one language."""

    def __init__(self, review: Review, language: str, zone: ZoneInfo) -> None:
        self.review, self.draft, self.language, self.zone = review, review.draft, language, zone
        self.plan = Plan.model_validate(review.crisis.body)

    def say(self, tr: str, en: str) -> str:
        return tr if self.language == "tr" else en

    def pair(self, names: tuple[str, str]) -> str:
        return self.say(*names)

    def at(self, moment: datetime | None) -> str:
        return "–" if moment is None else f"{moment.astimezone(self.zone):%d.%m.%Y %H:%M}"

    def length(self, seconds: int | None) -> str:
        if seconds is None:
            return "–"
        return self.say("hemen", "at once") if seconds == 0 else long(seconds, self.language)

    def share(self, value: float | None, part: int, of: int) -> str:
        if value is None:
            return "–"
        percent = f"%{value * 100:.0f}" if self.language == "tr" else f"{value * 100:.0f} %"
        return f"{percent} ({part}/{of})"

    def subtitle(self) -> str:
        review = self.review
        if review.signed_at is None:
            at = self.at(self.draft.numbers.at)
            return self.say(
                f"Taslak, sürüm {review.version}; sayılar: {at}", f"Draft, version {review.version}; numbers of {at}"
            )
        return self.say(f"{review.signed_by} imzaladı, {self.at(review.signed_at)}",
                        f"Signed by {review.signed_by}, {self.at(review.signed_at)}")  # fmt: skip

    def head(self) -> Iterator[Block]:
        row, plan = self.review.crisis, self.plan
        level = next((s.title.say(self.language) for s in plan.severity if s.level == self.draft.severity), "")
        yield Facts((
            (self.say("Plan", "Plan"), f"{plan.title.say(self.language)} ({row.plan}, v{row.plan_version})"),
            (self.say("Durum", "Stage"), stage_words(self.draft.stage).say(self.language)),
            (self.say("Ağırlık", "Severity"), f"{self.draft.severity} {level}".strip()),
        ))  # fmt: skip
        if self.review.signed_why:
            yield Text(self.review.signed_why)
        if not self.review.intact:
            yield Text(self.say(
                "UYARI: imzalanan metin, kayıt defterindeki özete uymuyor; sonradan değiştirilmiş.",
                "WARNING: what was signed does not match its hash in the log; it was changed later.",
            ))  # fmt: skip

    def written(self) -> Iterator[Block]:
        for name, names in SECTIONS.items():
            yield Heading(1, self.pair(names))
            yield Text(self.review.sections[name] or self.say("Henüz yazılmadı.", "Not written yet."))
        if self.review.notes:
            yield Heading(1, self.say("İmzadan sonraki notlar", "Notes after the signature"))
            yield Bullets(tuple(f"{self.at(note.at)}, {note.by}: {note.text}" for note in self.review.notes))

    def actions(self) -> Iterator[Block]:
        if not self.review.actions:
            return
        yield Heading(1, self.say("Eylemler", "Actions"))
        header = self.say("Ne", "What"), self.say("Sahibi", "Owner"), self.say("Gün", "Day"), self.say("Durum", "State")
        rows = []
        for each in self.review.actions:
            proposed = f"\n{each.playbook}: {each.change or ''}".rstrip(": ") if each.playbook else ""
            state = self.pair(STATE_NAMES[each.state]) + (f": {each.note}" if each.note else "")
            rows.append((each.what + proposed, each.owner or "–", each.due_on or "–", state))
        yield Grid(header, tuple(rows))

    def numbers(self) -> Iterator[Block]:
        told = self.draft.numbers
        yield Heading(1, self.say("Sayılar", "Numbers"))
        yield Grid(
            (self.say("Aşama", "Stage"), self.say("Saat", "Time"), self.say("İlk iletiden", "Since the first mention"),
             self.say("Öncekinden", "Since the one before")),
            tuple((self.pair(MILESTONE_NAMES[m.name]), self.at(m.at), self.length(m.since_s), self.length(m.after_s))
                  for m in told.milestones),
        )  # fmt: skip
        yield Facts(tuple(self._said(told)))
        yield from self._duties(told)

    def _said(self, told: Numbers) -> Iterator[tuple[str, str]]:
        said, cases, updates = told.mentions, told.cases, told.updates
        yield self.say("Fark edilme", "Detection"), self.length(told.detection_s)
        yield self.say("İleti", "Mentions"), self.say(f"{said.mentions}; {said.authors} yazar",
                                                      f"{said.mentions} by {said.authors} authors")  # fmt: skip
        yield (self.say("Kanallara göre", "By channel"),
               ", ".join(f"{channel} {count}" for channel, count in said.by_channel.items()) or "–")  # fmt: skip
        yield (self.say("15 dakikada en çok", "Most in 15 minutes"), f"{said.peak} ({self.at(said.peak_at)})")
        yield (self.say("Yanıt bekleyen kayıt", "Cases that wanted an answer"),
               self.say(f"{cases.wanted}; {cases.answered} yanıtlandı, {cases.unanswered} yanıtsız",
                        f"{cases.wanted}; {cases.answered} answered, {cases.unanswered} not"))  # fmt: skip
        yield (self.say("Aynı gün yanıtlanan", "Answered the same day"),
               self.share(cases.same_day_share, cases.same_day, cases.wanted))  # fmt: skip
        never = self.say("yarısından azı yanıtlandı", "fewer than half were answered")
        most = self.say("onda dokuzundan azı yanıtlandı", "fewer than nine in ten were answered")
        yield (self.say("Ortanca ilk yanıt", "Median first answer"),
               self.length(cases.median_s) if cases.median_s is not None or not cases.wanted else never)  # fmt: skip
        yield (self.say("Onda dokuzu şu sürede", "Nine in ten within"),
               self.length(cases.p90_s) if cases.p90_s is not None or not cases.wanted else most)  # fmt: skip
        yield (self.say("Otomatik alındı iletisi (yanıt sayılmaz)", "Automatic acknowledgements (no answers)"),
               str(cases.acknowledged))  # fmt: skip
        yield (self.say("Tutulan sözler", "Promises kept"),
               self.share(cases.kept_share, cases.kept, cases.kept + cases.broken)
               + self.say(f"; {cases.still_open} açık", f"; {cases.still_open} open"))  # fmt: skip
        yield self.say("Güncellemeler", "Updates"), self.say(
            f"{updates.on_time} zamanında, {updates.late} geç, {updates.missed} yayımlanmadı",
            f"{updates.on_time} on time, {updates.late} late, {updates.missed} never published",
        )  # fmt: skip
        money = [say_money(amount, currency, self.language) for currency, amount in told.given.money.items()]
        counts = [f"{say_number(count, self.language)} {self.pair(CONCESSION_NAMES.get(kind, (kind, kind)))}"
                  for kind, count in told.given.counts.items()]  # fmt: skip
        yield self.say("Verilen telafiler", "Concessions given"), ", ".join([*money, *counts]) or "–"

    def _duties(self, told: Numbers) -> Iterator[Block]:
        if told.roles:
            yield Heading(2, self.say("Rollere göre", "By role"))
            header = (
                self.say("Rol", "Role"), self.say("Biten", "Ended"), self.say("Geç", "Late"),
                self.say("En geç", "Latest"), self.say("Vekile geçen", "Went to a deputy"),
                self.say("Açık kalan", "Still open"),
            )  # fmt: skip
            yield Grid(header, tuple(
                (role_name(self.plan, r.role).say(self.language), str(r.ended), str(r.late),
                 self.length(r.worst_s) if r.late else "–", str(r.handed_on), str(r.still_open))
                for r in told.roles
            ))  # fmt: skip
        if told.late:
            yield Heading(2, self.say("Geciken işler", "What was late"))
            header4 = (self.say("İş", "Duty"), self.say("Kimde", "With"), self.say("Son an", "Due"),
                       self.say("Gecikme", "Late by"))  # fmt: skip
            still = self.say(", hâlâ açık", ", still open")
            yield Grid(header4, tuple(
                (d.title.say(self.language), d.person or role_name(self.plan, d.role).say(self.language),
                 self.at(d.due_at), self.length(d.late_s) + ("" if d.ended_at else still))
                for d in told.late
            ))  # fmt: skip
        if told.evidence:
            yield Heading(2, self.say("Deliller", "Evidence"))
            yield Bullets(tuple(
                f"{each.what.say(self.language)} – "
                + (self.at(each.kept_at) if each.kept_at else self.say("saklanmadı", "not kept"))
                for each in told.evidence
            ))  # fmt: skip

    def helped(self) -> Iterator[Block]:
        yield Heading(1, self.say("Ne işe yaradı", "What helped"))
        found = self.draft.helped
        if found is None:
            yield Text(self.say("Eğrinin ne zaman kırıldığını söylemek için çok az ileti var.",
                                "Too little was said to see when the curve bent."))  # fmt: skip
            return
        if not found.told or not found.broke:
            yield Text(self.say("Eğride yeterince kesin bir kırılma görülmüyor.",
                                "No bend of the curve is certain enough to be told."))  # fmt: skip
            return
        span = f"{self.at(found.low)} – {self.at(found.high)}"
        sure = f"{found.probability * 100:.0f}"
        yield Text(self.say(
            f"İletilerin gidişi {span} arasında kırıldı (%90 aralık; kırılma olasılığı %{sure}). O sırada yapılanlar "
            "aşağıda; nedenin bu olduğu sayılardan çıkmaz.",
            f"The curve of the mentions bent between {span} (90 % interval; probability {sure} %). What was done then "
            "is below; that it was the reason is not in the numbers.",
        ))  # fmt: skip
        acts: tuple[Acted, ...] = (*found.shortly, *found.acts)
        if acts:
            yield Bullets(tuple(f"{self.at(act.at)}: {act.what.say(self.language)}" for act in acts))

    def still_open(self) -> Iterator[Block]:
        if not self.draft.still_open:
            return
        yield Heading(1, self.say("Açık kalan sözler", "Promises still open"))
        header = self.say("Ne", "What"), self.say("Kayıt", "Case"), self.say("Son an", "Due")
        yield Grid(header, tuple(
            (f"{self.pair(OPEN_NAMES[each.kind])}: {each.what.say(self.language)}",
             f"N-{each.case_id}" if each.case_id is not None else "–",
             self.at(each.due_at) + (self.say(" (geçti)", " (past)") if each.late else ""))
            for each in self.draft.still_open
        ))  # fmt: skip

    def suggested(self) -> Iterator[Block]:
        if self.draft.suggestions:
            yield Heading(1, self.say("Kayıtların sorduğu", "What the log asks"))
            yield Bullets(tuple(each.what.say(self.language) for each in self.draft.suggestions))

    def quotes(self, examples: Sequence[WordsRow]) -> Iterator[Block]:
        if examples:
            yield Heading(1, self.say("Müşteriler ne yazdı", "What customers wrote"))
            yield Bullets(tuple(
                f"{self.at(each.published_at)}, {each.channel}"
                + "".join(f", {who}" for who in (each.author_name, each.author) if who) + f": {each.text}"
                for each in examples
            ))  # fmt: skip

    def timeline(self) -> Iterator[Block]:
        yield Heading(1, self.say("Zaman çizgisi", "Timeline"))
        header = self.say("Saat", "Time"), self.say("Ne oldu", "What happened"), self.say("Kim", "Who")
        rows = []
        for line in self.draft.timeline:
            why = f" – {line.why.say(self.language)}" if line.why is not None else ""
            late = f" ({self.length(line.late_s)})" if line.late_s else ""
            rows.append((self.at(line.at), line.title.say(self.language) + late + why, line.who or "–"))
        yield Grid(header, tuple(rows))


# --- Markdown ---

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!&])|^(\s*)([-=]+|\+|\d+[.)])(?=\s|$)", re.MULTILINE)


def to_markdown(made: Paper) -> str:
    """The document as Markdown; signs that would be markup, HTML or a list stand escaped."""
    parts = [f"# {_plain(made.title)}"]
    if made.subtitle:
        parts.append(_plain(made.subtitle))
    parts += [text for block in made.blocks if (text := _markdown(block))]
    return "\n\n".join(parts) + "\n"


def _markdown(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * (level + 1)} {_plain(text)}"
        case Text(text):
            return "\n\n".join(_plain(line) for line in text.splitlines() if line.strip())
        case Bullets(items):
            return "\n".join(f"- {_plain(item)}" for item in items)
        case Facts(pairs):
            return "\n".join(f"- **{_plain(label)}:** {_plain(value)}" for label, value in pairs)
        case Grid(header, rows):
            lines = [header, *rows]
            told = ["| " + " | ".join(_plain(words_of(cell)) for cell in line) + " |" for line in lines]
            return "\n".join([told[0], "|" + " --- |" * len(header), *told[1:]])
    return ""


def _plain(text: str) -> str:
    """Text in one line in which nothing is markup."""
    return _MARKS.sub(_escaped, " ".join(text.split()))


def _escaped(found: re.Match[str]) -> str:
    if found[1]:
        return f"\\{found[1]}"
    mark = found[3]
    return f"{mark[:-1]}\\{mark[-1]}" if mark[0].isdigit() else f"\\{mark}"
