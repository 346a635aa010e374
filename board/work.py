"""Long work: what takes longer than a page, how far it is, and how it ended. It goes on when the page is left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from board import papers, sheet
from board.moments import Moments
from board.sheet import Block, Deed, Place
from board.texts import Texts
from desk.jobs import ACTIONS, ENDED, MOST_BYTES, SUFFIXES, JobRow, Jobs
from desk.roles import Refused, any_may

STATE_SIGNS = {"waiting": "none", "running": "same_day", "done": "met", "failed": "critical", "cancelled": "paused"}
LONGEST_BACK_FILL = timedelta(days=366)


def picture(jobs: Jobs, texts: Texts, place: Place, now: datetime, moments: Moments) -> Mapping[str, Any]:
    """What runs, what can be started by this person, what ended lately."""
    rows = jobs.views()
    living = [row for row in rows if row.state not in ENDED]
    ended = [row for row in rows if row.state in ENDED]
    main: list[Block] = [
        sheet.head(texts.say("page.work"), 1, texts.say("work.sub")),
        sheet.head(texts.say("work.running"), 2),
        sheet.cards([card(row, texts, moments) for row in living], texts.say("work.running"), texts.say("work.none")),
        sheet.head(texts.say("work.ended"), 2),
        sheet.cards(
            [card(row, texts, moments) for row in ended], texts.say("work.ended"), texts.say("work.none_ended")
        ),
    ]
    return {"main": main, "side": _starts(jobs, texts, now)}


def card(row: JobRow, texts: Texts, moments: Moments) -> Block:
    """One job: what it is, how far, who asked, how it ended; with what can be done with it."""
    buttons: list[Block] = []
    if row.state not in ENDED and row.cancel_at is None:
        buttons.append(
            sheet.press("job_cancel", texts.say("work.cancel"), texts.say("work.cancelled"), form={"job": str(row.id)},
                        confirm=texts.say("work.cancel_sure"))
        )  # fmt: skip
    for n, file in enumerate((row.result or {}).get("files", ())[:8]):
        form = {"job": str(row.id), "file": str(n)}
        buttons.append(sheet.press("job_file", Path(str(file)).name[:80], form=form))
    word = texts.say("work.ending") if row.cancel_at is not None and row.state == "running" else None
    blocks: list[Block] = []
    if row.state == "running":
        blocks.append(progress(row, texts, moments))
    told = row.told if row.state in ("failed", "done") else ""
    if told and not (row.kind == "import" and row.state == "done"):
        blocks.append(sheet.fold(f"told-{row.id}", texts.say("work.told"), [{"b": "pre", "text": told}]))
    meta = [
        texts.say("work.by", who=row.by.removeprefix("agent:"), at=moments.near(row.asked_at)),
        texts.say("work.took", length=moments.length((row.finished_at - row.started_at).total_seconds()))
        if row.finished_at and row.started_at else "",
    ]  # fmt: skip
    return {
        "keep": f"job-{row.id}",
        "title": texts.say(f"job.{row.kind}"),
        "text": _about(row, texts, moments),
        "meta": [part for part in meta if part],
        "sign": (STATE_SIGNS[row.state], word or texts.say(f"job_state.{row.state}")),
        "buttons": buttons,
        "blocks": blocks,
    }


def progress(row: JobRow, texts: Texts, moments: Moments) -> Block:
    """How far a job is, as a bar with its words; without a total a bar that only says that it moves."""
    done = moments.number(row.done)
    if row.total:
        said = texts.say("work.of", done=done, total=moments.number(row.total))
    else:
        said = texts.say("work.done_so_far", done=done) if row.done else texts.say("work.begun")
    return {"b": "progress", "done": row.done, "total": row.total, "said": said, "label": texts.say(f"job.{row.kind}")}


def _about(row: JobRow, texts: Texts, moments: Moments) -> str:
    args, result = row.args, row.result or {}
    if row.kind == "import":
        if row.state == "done":
            counts = {name: moments.number(int(result.get(name, 0))) for name in ("read", "new", "known", "rejected")}
            return texts.say("work.imported", **counts)
        return str(args.get("name", ""))[:200]
    if row.kind == "back_fill":
        since, until = (datetime.fromisoformat(str(args[name])) for name in ("since", "until"))
        return texts.say(
            "work.stretch", source=args.get("source", ""), since=moments.near(since), until=moments.near(until)
        )
    if row.kind == "report":
        return str(args.get("name") or args.get("last") or f"{args.get('from', '')} – {args.get('to', '')}")[:200]
    return ""


def _starts(jobs: Jobs, texts: Texts, now: datetime) -> list[Block]:
    roles = jobs.room.agent().roles
    blocks: list[Block] = [sheet.head(texts.say("work.start"), 2)]
    if any_may(roles, ACTIONS["import"]):
        blocks.append(
            sheet.form("job_import", texts.say("work.import_do"), [
                sheet.field("file", texts.say("work.file"), "file", required=True, accept=",".join(SUFFIXES),
                            most=MOST_BYTES),
                sheet.field("source", texts.say("work.source_name"), hint=texts.say("work.source_hint"), max=100),
            ], title=texts.say("job.import"), text=texts.say("work.import_text"), said=texts.say("work.asked"))
        )  # fmt: skip
        names = jobs.sources(now)
        if names:
            day = now.astimezone(jobs.room.zone).date()
            earlier = (day - timedelta(days=2)).isoformat()
            blocks.append(
                sheet.form("job_back_fill", texts.say("work.back_fill_do"), [
                    sheet.field("source", texts.say("work.source"), "select", options=[(name, name) for name in names]),
                    sheet.field("since", texts.say("work.since"), "date", earlier, required=True),
                    sheet.field("until", texts.say("work.until"), "date", day.isoformat(), required=True),
                ], title=texts.say("job.back_fill"), text=texts.say("work.back_fill_text"),
                    said=texts.say("work.asked"), quiet=True)
            )  # fmt: skip
    if any_may(roles, ACTIONS["training"]):
        blocks += [
            sheet.head(texts.say("job.training"), 3),
            sheet.text(texts.say("work.training_text"), dim=True),
            sheet.buttons(sheet.press("job_training", texts.say("work.training_do"), texts.say("work.asked"))),
        ]
    blocks += [
        sheet.head(texts.say("job.report"), 3),
        sheet.text(texts.say("work.report_text"), dim=True),
        sheet.buttons(sheet.lead(texts.say("page.reports"), {"page": "reports"})),
    ]
    return blocks


def deeds(jobs: Jobs, texts: Texts) -> Mapping[str, sheet.Do]:
    """What can be done here."""

    def import_file(deed: Deed, now: datetime) -> object:
        content = deed.file("file")
        name = deed.said("file_name", 200) or "file"
        kept = jobs.keep_file(name, content)
        args = {"file": str(kept), "name": name, "source": deed.said("source", 100) or None}
        return jobs.ask("import", args, f"import:{kept.name}:{args['source'] or ''}:{now:%Y%m%d%H}", now)

    def train(deed: Deed, now: datetime) -> object:
        return jobs.ask("training", {"lang": texts.language}, f"training:{deed.id}", now)

    def back_fill(deed: Deed, now: datetime) -> object:
        since, until = (_day(deed.said(name), jobs) for name in ("since", "until"))
        until = min(until + timedelta(days=1), now)
        if not since < until or until - since > LONGEST_BACK_FILL:
            raise Refused("Başlangıç bitişten önce, aralık en çok bir yıl olmalı.",
                          "The beginning must be before the end, and the time at most a year.")  # fmt: skip
        source = deed.said("source", 100)
        args = {"source": source, "since": since.isoformat(), "until": until.isoformat()}
        return jobs.ask("back_fill", args, f"back_fill:{source}:{args['since']}:{args['until']}", now)

    return {
        "job_import": import_file,
        "job_training": train,
        "job_back_fill": back_fill,
        "job_cancel": lambda deed, now: jobs.cancel(deed.number("job"), now),
        "job_file": lambda deed, now: made_file(jobs, deed.number("job"), deed.number("file")),
    }


def made_file(jobs: Jobs, job_id: int, number: int) -> Mapping[str, Any]:
    """A file that a job made, for the browser to save. Raises Refused where it is not there (any more)."""
    row = next((row for row in jobs.views(200) if row.id == job_id), None)
    files = (row.result or {}).get("files", []) if row else []
    path = Path(str(files[number])) if number < len(files) else None
    # What a job writes lies in its folder; whatever else a line may have named is not handed out.
    if path is None or not path.resolve().is_relative_to(jobs.folder.resolve()) or not path.is_file():
        raise Refused("Dosya artık yok; işi yeniden başlatın.", "The file is no longer there; start the work again.")
    return papers.file(path.stem, path.suffix.lstrip("."), path.read_bytes())


def _day(said: str, jobs: Jobs) -> datetime:
    try:
        day = datetime.strptime(said, "%Y-%m-%d").date()
    except ValueError:
        raise Refused(
            "Tarih anlaşılamadı; takvimden seçin.", "The date was not understood; choose it in the calendar."
        ) from None
    return datetime.combine(day, time(), jobs.room.zone).astimezone(UTC)
