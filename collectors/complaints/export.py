"""Rows that the brand panel of Şikayetvar exports, as the same complaints that its pages show.

No export was at hand: a row is known by its link, which is a complaint's address; one row per complaint is expected.
"""

from __future__ import annotations

import re
from typing import Any

from collectors.complaints.portal import complaint_path
from collectors.complaints.records import CHANNEL, whole
from mention import search_text

_TITLES = frozenset({"baslik", "sikayetbasligi", "sikayetbaslik", "sikayetkonusu", "konu"})
_STATES = frozenset({"durum", "sikayetdurumu", "cozumdurumu"})


def as_complaint(record: dict[str, Any]) -> dict[str, Any]:
    """A row's record, with the complaint's id where its link is a complaint's address; any other row as it is.

    The portal's own number goes to `extra["complaint_no"]`, the title into the text, as on the page.
    """
    url = str(record.get("url") or "")
    path = complaint_path(url) if url.lower().startswith(("http://", "https://")) else None
    if path is None:
        return record
    extra = {"channel": CHANNEL, "brand": path.split("/")[0], **(record.get("extra") or {})}
    if record.get("native_id"):
        extra["complaint_no"] = record["native_id"]
    found = dict(record)
    for name in record:
        folded = re.sub(r"[^a-z0-9]", "", search_text(str(name)))
        if folded in _TITLES:
            extra["title"] = found.pop(name)
            found["text"] = whole(str(extra["title"]), str(record["text"]))
        elif folded in _STATES:
            state = search_text(str(record[name]))
            extra["solved"] = state.startswith("cozul") and not state.startswith("cozulme")
    return {**found, "native_id": path, "thread_id": path, "extra": extra}
