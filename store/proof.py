"""Counts that prove that nothing was lost on the way of a mention: per source, how far each has come."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from store.tables import case_mentions, mentions, scores, source_state


@dataclass(frozen=True)
class Way:
    """The mentions of one source: how many were counted as they came in (None: no such count is kept), how many are
    there, and how many of them are at each stage. `caseless` are routed into no case, `scoreless` passed by the
    classifier without a score."""

    source: str
    came: int | None
    stored: int
    stages: dict[str, int]
    caseless: int
    scoreless: int


def ways(tx: Connection, brand: str) -> list[Way]:
    """Every source that has mentions, or says that it brought some."""
    at = select(mentions.c.source, mentions.c.stage, func.count()).where(mentions.c.brand == brand)
    stages: dict[str, dict[str, int]] = {}
    for source, stage, number in tx.execute(at.group_by(mentions.c.source, mentions.c.stage)):
        stages.setdefault(source, {})[stage] = int(number)
    totals = select(source_state.c.source, source_state.c.total).where(source_state.c.brand == brand)
    came = {source: int(total) for source, total in tx.execute(totals)}
    left_out = (
        select(mentions.c.source, func.count())
        .select_from(mentions.outerjoin(case_mentions, case_mentions.c.mention_id == mentions.c.id))
        .where(mentions.c.brand == brand, mentions.c.stage == "routed", case_mentions.c.case_id.is_(None))
        .group_by(mentions.c.source)
    )
    caseless = {source: int(number) for source, number in tx.execute(left_out)}
    unscored = (
        select(mentions.c.source, func.count())
        .select_from(mentions.outerjoin(scores, scores.c.mention_id == mentions.c.id))
        .where(
            mentions.c.brand == brand, mentions.c.stage.in_(("scored", "routed", "rescored")),
            scores.c.mention_id.is_(None), mentions.c.deleted_at.is_(None),
        )
        .group_by(mentions.c.source)
    )  # fmt: skip
    scoreless = {source: int(number) for source, number in tx.execute(unscored)}
    return [
        Way(source, came.get(source), sum(found.values()), found, caseless.get(source, 0), scoreless.get(source, 0))
        for source in sorted({*stages, *(name for name, total in came.items() if total)})
        for found in [stages.get(source, {})]
    ]
