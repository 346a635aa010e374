"""Which services' notification mails are read as what they tell of, and not as mails: one reader per service.

A reader takes a parsed mail, the source's name and the time (aware UTC), and returns the mention, a Rejected with the
reason, or None for a mail that is not its service's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage

from collectors.complaints.mail import read_mail as sikayetvar
from collectors.protocol import Fetched, Rejected

READERS: tuple[Callable[[EmailMessage, str, datetime], Fetched | Rejected | None], ...] = (sikayetvar,)
"""Every reader, asked in this order."""
