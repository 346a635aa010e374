"""A real SMTP server (aiosmtpd) for replies: it keeps what it took, files the archive's copy where Dovecot shows it,
and refuses, breaks off or kills the sender where a test says so."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.integration.imap_server import Box
from tests.integration.sending_server import Fate


class MailSite:
    """What the mail server took, by its Message-ID, with everybody it was handed to."""

    def __init__(self, archive: Box | None = None) -> None:
        self.fates: list[Fate] = []
        self.pid = 0
        self.archive = archive
        self.refused: set[str] = set()
        self.taken: list[tuple[EmailMessage, tuple[str, ...]]] = []
        self.port = 0

    def texts(self, key: str) -> list[str]:
        """The bodies of the mails whose Message-ID holds `key`."""
        mails = [mail for mail, _ in self.taken if key in str(mail["message-id"])]
        return [mail.get_content().replace("\r\n", "\n").removesuffix("\n") for mail in mails]

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        fate = self.fates.pop(0) if self.fates else Fate("after", "250")
        refuses = fate.what.isdigit() and int(fate.what) >= 400  # which in SMTP says that it was not taken
        if fate.when == "after" and not refuses:
            mail = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.taken.append((mail, tuple(envelope.rcpt_tos)))
            if self.archive is not None and self.archive.address in envelope.rcpt_tos:
                self.archive.lie(envelope.content)
        if fate.what == "kill":
            os.kill(self.pid, signal.SIGKILL)
        if fate.what in ("drop", "kill"):
            server.transport.abort()
        return f"{fate.what.replace('503', '451') if fate.what.isdigit() else 250} said"


@contextmanager
def mail_site(archive: Box | None = None) -> Iterator[MailSite]:
    """The mail server on 127.0.0.1."""
    site = MailSite(archive)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        site.port = int(probe.getsockname()[1])
    controller = Controller(site, hostname="127.0.0.1", port=site.port, data_size_limit=1024 * 1024)
    controller.start()
    try:
        yield site
    finally:
        controller.stop(no_assert=True)
