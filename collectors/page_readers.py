"""Which sites' saved pages are read: one reader per site, for the watched folder and `nobet import`.

A reader takes the page's bytes, the source's name and the time (aware UTC), and returns its mentions and Rejecteds, or
None for a page of another site.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from collectors.complaints.saved import read_page
from collectors.protocol import Fetched, Rejected


def sikayetvar(html: bytes, source: str, now: datetime) -> Sequence[Fetched | Rejected] | None:
    """A complaint's page or a list of Şikayetvar, whose address is the one that the page itself names."""
    return read_page(html, None, source, now)


READERS: tuple[Callable[[bytes, str, datetime], Sequence[Fetched | Rejected] | None], ...] = (sikayetvar,)
"""Every reader, asked in this order."""
