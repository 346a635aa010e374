"""`nobet concessions`: the ledger of what was given, whether it worked, and the pool of voucher codes."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.options import Config, Failure, hand, moment, utc_now
from desk import codes, granting, ledger
from desk.concessions import Share
from desk.settings import Settings, load_settings
from store import concessions as ledger_store
from store.concessions import ConcessionRow
from store.engine import Store

Since = Annotated[str | None, typer.Option("--from", help="ISO time; the first of the month when left out")]
Until = Annotated[str | None, typer.Option("--to", help="ISO time, itself left out; now when left out")]

MAX_FILE = 20_000_000
"""Bytes of a file of codes; a hundred bytes for each of the most that one import takes."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = typer.Typer(help="What was given to customers, and the pool of voucher codes.", no_args_is_help=True)
    group.command("ledger")(show_ledger)
    group.command("outcomes")(show_outcomes)
    group.command("codes")(import_codes)
    group.command("left")(show_left)
    app.add_typer(group, name="concessions")


def show_ledger(
    since: Since = None,
    until: Until = None,
    format: Annotated[str, typer.Option("--format", help="csv: the lines; json: the lines and their sums")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", help="a file; else printed")] = None,
    config: Config = None,
) -> None:
    """The ledger: every concession with its sum, state and hands, cancelled ones included; never a code."""
    if format not in ("csv", "json"):
        raise typer.BadParameter(f"{format!r} is neither csv nor json", param_hint="--format")
    settings = load_settings(config)
    start, end, _ = _times(settings, since, until)
    store = Store.open(settings.url)
    with store.read() as tx:
        rows = ledger.ledger(tx, settings.brand.key, start, end)
    store.close()
    zone = settings.desk.zone
    try:
        stream = sys.stdout if out is None else out.open("w", encoding="utf-8", newline="")
        if format == "csv":
            ledger.write_csv(rows, zone, stream)
        else:
            told: dict[str, Any] = {
                "from": start.astimezone(zone).isoformat(), "to": end.astimezone(zone).isoformat(),
                "sums": ledger.sums_record(ledger.sums(rows)),
                **{f"by_{group}": _sums_by(rows, group) for group in ledger.GROUPS},
                "lines": [ledger.record(row, zone) for row in rows],
            }  # fmt: skip
            print(json.dumps(told, ensure_ascii=False, indent=1), file=stream)
        if out is not None:
            stream.close()
    except OSError as error:
        raise Failure(f"{out}: cannot be written ({error.strerror})") from None


def show_outcomes(
    since: Since = None,
    until: Until = None,
    by: Annotated[str, typer.Option("--by", help="kind, playbook, role or month")] = "kind",
    as_json: Annotated[bool, typer.Option("--json", help="everything, for a program")] = False,
    config: Config = None,
) -> None:
    """Whether what was given worked: answered, resolved, satisfied, wrote again within 14 days; of how many."""
    if by not in ledger.GROUPS:
        raise typer.BadParameter(f"{by!r} is not one of {', '.join(ledger.GROUPS)}", param_hint="--by")
    settings = load_settings(config)
    start, end, now = _times(settings, since, until)
    store = Store.open(settings.url)
    with store.read() as tx:
        brand = settings.brand.key
        told = ledger.worked(tx, brand, ledger.ledger(tx, brand, start, end), now, by)
    store.close()
    if as_json:
        shares = {
            name: {measure: {"yes": share.yes, "of": share.of, "share": share.share} for measure, share in row.items()}
            for name, row in told.items()
        }
        print(json.dumps(shares, ensure_ascii=False, indent=1))
        return
    for name, row in told.items():
        print(f"{name}: " + ", ".join(f"{measure} {_said(share)}" for measure, share in row.items()))


def import_codes(
    file: Annotated[
        Path, typer.Argument(help="one code a line, or CSV with the columns code, amount, currency, expires")
    ],
    amount: Annotated[str | None, typer.Option("--amount", help="what each code is worth, such as 250.00")] = None,
    currency: Annotated[str | None, typer.Option("--currency", help="ISO 4217 code, such as TRY")] = None,
    expires: Annotated[str | None, typer.Option("--expires", help="last day of every code, such as 2027-12-31")] = None,
    by: Annotated[str | None, typer.Option("--by", help="who imports them, one of the agents")] = None,
    config: Config = None,
) -> None:
    """Put voucher codes into the pool; each is given once. A file with a mistake in any line imports nothing."""
    settings = load_settings(config)
    importer = hand(settings, by, "upload_codes")
    found = codes.read_codes(_text(file), settings.desk.zone, amount, currency, expires)
    if found.problems:
        more = len(found.problems) - 5
        raise Failure(
            f"{file}: " + "; ".join(found.problems[:5]) + (f"; and {more} more" if more > 0 else "")
            + ". Nothing was imported."
        )  # fmt: skip
    store = Store.open(settings.url)
    now = utc_now()
    with store.read() as tx:
        known_before = ledger_store.has_codes(tx, settings.brand.key)
    seal = codes.seal_for_import(settings.home, known_before)
    with store.write() as tx:
        new, known = granting.import_codes(tx, settings.brand.key, found, seal, importer, now)
    store.close()
    print(json.dumps({"read": len(found.codes) + found.twice, "new": new, "known": known, "twice": found.twice}))
    print("Delete the file now: its codes are sealed in the store.", file=sys.stderr)


def show_left(
    as_json: Annotated[bool, typer.Option("--json", help="for a program")] = False, config: Config = None
) -> None:
    """How many voucher codes of each value are left, and which run low."""
    settings = load_settings(config)
    store = Store.open(settings.url)
    with store.read() as tx:
        pool = ledger_store.codes_left(tx, settings.brand.key, utc_now())
    store.close()
    limit = settings.concessions.warn_below
    if as_json:
        told = [
            {"amount": format(each.amount, "f"), "currency": each.currency, "left": each.left, "imported": each.ever,
             "low": each.left < limit}
            for each in pool
        ]  # fmt: skip
        print(json.dumps(told, indent=1))
        return
    if not pool:
        print("No voucher code was imported yet: `nobet concessions codes FILE --amount 250.00 --currency TRY`.")
    for each in pool:
        low = f"  low: fewer than {limit}" if each.left < limit else ""
        print(f"{each.amount} {each.currency}: {each.left} of {each.ever} left{low}")


def _sums_by(rows: list[ConcessionRow], group: str) -> dict[str, Any]:
    return {name: ledger.sums_record(found) for name, found in ledger.sums_by(rows, group).items()}


def _times(settings: Settings, since: str | None, until: str | None) -> tuple[datetime, datetime, datetime]:
    zone, now = settings.desk.zone, utc_now()
    # a microsecond on: what was granted this very moment belongs to the ledger until now
    end = moment(until, zone, "--to") if until else now + timedelta(microseconds=1)
    first = now.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    start = moment(since, zone, "--from") if since else min(first, end)
    if start > end:
        raise typer.BadParameter("lies after --to", param_hint="--from")
    return start, end, now


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_FILE:
            raise Failure(f"{file} is larger than {MAX_FILE // 1_000_000} MB; split it")
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Failure(f"{file}: there is no such file") from None
    except UnicodeDecodeError as error:
        raise Failure(f"{file}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except OSError as error:
        raise Failure(f"{file}: cannot be read ({error.strerror})") from None


def _said(share: Share) -> str:
    return "unknown (of 0)" if share.share is None else f"{share.share:.0%} (of {share.of})"
