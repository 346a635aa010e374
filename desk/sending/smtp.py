"""E-mail over SMTP (RFC 5321): a plain text answer in the customer's thread, under a Message-ID of its own for ever.

Needs the SMTP server and mostly a user and a password (environment variable). The mail is text/plain in UTF-8 and never
anything else; In-Reply-To and References (RFC 5322, 3.6.4) keep it in the thread. The Message-ID is made from the send
key: a mail that is sent twice all the same is one mail to every mailbox that knows its ids.

SMTP cannot be asked what it took. A mail whose fate is not known is looked for by its Message-ID over IMAP, in
`imap_folder`: the folder where the server itself files what it sends (Gmail, Microsoft 365), or the mailbox of the
address that `archive` names, which then gets a blind copy in the same transaction; the customer is never sent to
without it. Without IMAP a person is asked. A bounce comes days later as a mail of its own.
"""

from __future__ import annotations

import contextlib
import imaplib
import logging
import re
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, ClassVar, Literal

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError
from pydantic import Field, field_validator, model_validator

from desk.sending.protocol import (
    About,
    CannotTell,
    MaybeSent,
    NotSent,
    Outgoing,
    Receipt,
    Refused,
    SenderSettings,
    required,
    secret,
)
from mention import Mention

# IMAPClient hands every line to the debug log: mails do not belong there.
logging.getLogger("imapclient").setLevel(logging.WARNING)

Security = Literal["tls", "starttls", "none"]
SUBJECT = 200
"""Characters of a subject that are kept."""

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{3,480}")
_ANSWERED = re.compile(r"^(?:re|ynt|yan|cevap|aw|fwd?)\s*:", re.IGNORECASE)
_LATER = "It is tried again later."
_LOOK = "It is looked for before anything is sent again."


class SmtpSenderSettings(SenderSettings):
    """From which address mails are answered, over which server, and where a sent mail can be found again."""

    host: str = Field(min_length=1, max_length=255, description="name of the SMTP server")
    port: int | None = Field(None, ge=1, le=65535, description="its port; 465 for tls, 587 for starttls, 25 for none")
    security: Security = Field("starttls", description="`tls`, `starttls`, or `none` (only inside your own network)")
    private_network: bool = Field(False, description="true allows `none`, which sends everything readable")
    ca_file: str | None = Field(None, description="PEM file of the authority of a server with its own certificate")
    user: str = Field("", max_length=320, description="login name; empty where the server asks for none")
    password_env: str = Field("NOBET_SMTP_PASSWORD", description="environment variable with the password")
    from_address: str = Field(max_length=320, description="the address that answers")
    from_name: str = Field("", max_length=100, pattern=r"^[^\x00-\x1f]*$", description="the name before it")
    subject: str = Field(
        "Mesajınız hakkında", max_length=SUBJECT, pattern=r"^[^\x00-\x1f]*$",
        description="subject of an answer to a message without one",
    )  # fmt: skip
    archive: str = Field("", max_length=320, description="address that gets a blind copy, to be found again over IMAP")
    imap_host: str = Field("", max_length=255, description="IMAP server of the mailbox that is looked through")
    imap_port: int | None = Field(None, ge=1, le=65535, description="its port; 993 for tls, 143 otherwise")
    imap_security: Security = Field("tls", description="as `security`, for IMAP")
    imap_user: str = Field("", max_length=320, description="login name there; `user` when left out")
    imap_password_env: str = Field("", description="environment variable with its password; `password_env` if empty")
    imap_folder: str = Field("", max_length=200, description="folder of sent mails, or INBOX where `archive` is named")

    @field_validator("from_address", "archive")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value and not _ADDRESS.fullmatch(value):
            raise ValueError("is not a mail address")
        return value

    @model_validator(mode="after")
    def _holds_together(self) -> SmtpSenderSettings:
        if "none" in (self.security, self.imap_security if self.imap_host else "tls") and not self.private_network:
            raise ValueError("'none' sends mails and passwords readable: use 'tls' or 'starttls'")
        if self.imap_host and not self.imap_folder:
            raise ValueError("name the 'imap_folder' in which sent mails are found")
        if self.archive and not self.imap_host:
            raise ValueError("'archive' is of no use without 'imap_host', where its mailbox is read")
        return self


class SmtpSender:
    """Answers mails."""

    kind: ClassVar[str] = "smtp"
    Settings: ClassVar[type[SenderSettings]] = SmtpSenderSettings
    about: ClassVar[About] = About(
        "E-mail (SMTP)", ("email", "mail", "web_form"), public=False, private=True, settles=timedelta(minutes=5)
    )

    def __init__(self, settings: SmtpSenderSettings) -> None:
        self.settings: SmtpSenderSettings = settings

    def address(self, mention: Mention, private: bool) -> dict[str, Any]:
        """Whom the mail goes to (Reply-To before From), and the thread it belongs to."""
        to = str(mention.extra.get("reply_to") or mention.author or "").strip()
        if not _ADDRESS.fullmatch(to):
            raise Refused("The mention holds no mail address that can be answered.")
        chain = [mention.thread_id, mention.in_reply_to, mention.native_id]
        ids = [one for one in dict.fromkeys(chain) if one and _ID.fullmatch(one) and "@" in one]
        answered = mention.native_id if mention.native_id in ids else ""
        return {
            "recipient": to, "subject": str(mention.extra.get("subject") or "")[:SUBJECT], "in_reply_to": answered,
            "references": ids,
        }  # fmt: skip

    def message_id(self, outgoing: Outgoing) -> str:
        """The Message-ID of a reply, without brackets."""
        return f"nobet.{outgoing.token[:40]}@{self.settings.from_address.rpartition('@')[2]}"

    def message(self, outgoing: Outgoing) -> EmailMessage:
        """The mail, the same bytes whenever it is made."""
        settings, address = self.settings, outgoing.address
        mail = EmailMessage(policy.SMTP)
        mail["From"] = Address(settings.from_name, addr_spec=settings.from_address)
        mail["To"] = Address(addr_spec=self._recipient(outgoing))
        # Whatever the customer's subject holds, it is one line of printable signs.
        subject = " ".join("".join(c if c.isprintable() else " " for c in str(address.get("subject") or "")).split())
        subject = subject or settings.subject
        mail["Subject"] = subject if _ANSWERED.match(subject) else f"Re: {subject}"
        mail["Date"] = format_datetime(outgoing.queued_at.astimezone(UTC))
        mail["Message-ID"] = f"<{self.message_id(outgoing)}>"
        ids = [str(one) for one in address.get("references") or () if _ID.fullmatch(str(one))]
        answered = str(address.get("in_reply_to") or "")
        if _ID.fullmatch(answered):
            mail["In-Reply-To"] = f"<{answered}>"
        if ids:
            mail["References"] = " ".join(f"<{one}>" for one in ids)
        mail.set_content(outgoing.text, subtype="plain", charset="utf-8", cte="quoted-printable")
        return mail

    def _recipient(self, outgoing: Outgoing) -> str:
        to = required(self.settings, outgoing.address, "recipient", "the customer's mail address")
        if not _ADDRESS.fullmatch(to):
            raise Refused(f'Sender "{self.settings.sender}": the customer\'s mail address cannot be written to.')
        return to

    def send(self, outgoing: Outgoing, now: datetime) -> Receipt:
        """See the protocol."""
        data = self.message(outgoing).as_bytes()
        began = time.monotonic()
        smtp = self._connected()
        try:
            # The customer first: were the copy alone taken, it would be found and taken for the answer.
            self._said(smtp, smtp.mail(self.settings.from_address), "the sender's address")
            self._said(smtp, smtp.rcpt(self._recipient(outgoing)), "the customer's address")
            if self.settings.archive:
                self._said(smtp, smtp.rcpt(self.settings.archive), "the archive's address")
            if time.monotonic() - began > 2 * self.settings.timeout:  # the claim must not lapse before it is over
                raise TimeoutError
        except (OSError, smtplib.SMTPException) as error:
            smtp.close()
            raise self._not_sent(error) from None
        try:
            answer = smtp.data(data)
        except smtplib.SMTPDataError as error:  # it refused to listen
            answer = (error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b"")
        except (OSError, smtplib.SMTPException) as error:
            smtp.close()
            what = f"{self.settings.host} broke off while the mail was handed over ({type(error).__name__})"
            raise MaybeSent(self._sentence(what, _LOOK)) from None
        self._said(smtp, answer, "the mail")
        with contextlib.suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        return Receipt(self.message_id(outgoing))

    def _connected(self) -> smtplib.SMTP:
        settings = self.settings
        port = settings.port or {"tls": 465, "starttls": 587, "none": 25}[settings.security]
        password = secret(settings, settings.password_env, "the mailbox's password") if settings.user else ""
        smtp: smtplib.SMTP | None = None
        try:
            context = ssl.create_default_context(cafile=settings.ca_file)
            if settings.security == "tls":
                smtp = smtplib.SMTP_SSL(settings.host, port, timeout=settings.timeout, context=context)
            else:
                smtp = smtplib.SMTP(settings.host, port, timeout=settings.timeout)
            if settings.security == "starttls":
                smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
            if settings.user:
                smtp.login(settings.user, password)
            return smtp
        except (OSError, smtplib.SMTPException) as error:
            if smtp is not None:
                smtp.close()
            if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
                what = f"{settings.host} does not take the user and password"
                raise Refused(self._sentence(what, "Correct them, then send again; nothing was sent.")) from None
            raise self._not_sent(error) from None

    def _said(self, smtp: smtplib.SMTP, answer: tuple[int, bytes], what: str) -> None:
        """Passes where the server took it; what it did not take, it surely did not (RFC 5321, 4.2.1)."""
        code, words = answer
        if 200 <= code < 300:
            return
        with contextlib.suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        said = " ".join(words.decode("utf-8", "replace").split())[:200]
        sentence = f'{self.settings.host} refused {what}: {code} "{said}"'
        if code >= 500:
            raise Refused(self._sentence(sentence, "Correct it or answer another way; nothing was sent."), code)
        raise NotSent(self._sentence(sentence, _LATER))

    def find(self, outgoing: Outgoing, now: datetime) -> Receipt | None:
        """See the protocol."""
        settings = self.settings
        if not settings.imap_host:
            what = "whether the mail went out cannot be asked (no imap_host)"
            raise CannotTell(
                self._sentence(what, "Look in the sent mails; then say that it is there, or send it again.")
            )
        wanted = self.message_id(outgoing)
        with self._imap() as imap:
            imap.select_folder(settings.imap_folder, readonly=True)
            return Receipt(wanted) if imap.search(["HEADER", "Message-ID", wanted]) else None

    @contextmanager
    def _imap(self) -> Iterator[IMAPClient]:
        settings = self.settings
        port = settings.imap_port or (993 if settings.imap_security == "tls" else 143)
        try:
            password = secret(settings, settings.imap_password_env or settings.password_env, "the mailbox's password")
        except Refused as refused:
            raise NotSent(str(refused)) from None
        try:
            context = ssl.create_default_context(cafile=settings.ca_file)
            tls = settings.imap_security == "tls"
            imap = IMAPClient(
                settings.imap_host, port=port, ssl=tls, ssl_context=context if tls else None, timeout=settings.timeout
            )
            try:
                if settings.imap_security == "starttls":
                    imap.starttls(ssl_context=context)
                imap.login(settings.imap_user or settings.user, password)
                yield imap
            finally:
                with contextlib.suppress(Exception):
                    imap.logout()
        except LoginError:
            what = f"{settings.imap_host} does not take the user and password, so the mail cannot be looked for"
            raise NotSent(self._sentence(what, "Correct them.")) from None
        except (OSError, IMAPClientError, imaplib.IMAP4.error) as error:
            what = f"the mail cannot be looked for at {settings.imap_host} ({str(error)[:100]})"
            raise NotSent(self._sentence(what, _LATER)) from None

    def _not_sent(self, error: Exception) -> NotSent:
        what = f"{self.settings.host} could not be reached or broke off ({type(error).__name__})"
        return NotSent(self._sentence(what, _LATER))

    def _sentence(self, what: str, advice: str) -> str:
        return f'Sender "{self.settings.sender}": {what}. {advice}'
