"""A real mail server that nobody here wrote: Dovecot (Debian) serves over IMAP what aiosmtpd takes in over SMTP.

    def test_x(mail: MailServer) -> None:
        box = mail.box()                        # an address and an empty mailbox that only this test uses
        mail.send(box, message)                 # over SMTP
        box.renumber()                          # a new UIDVALIDITY, other UIDs

`python tests/integration/imap_server.py` before the tests finds Dovecot, or brings it with the system's package manager
as tests/browser.py brings Chromium. Dovecot and not pymap (PyPI, which would need no package manager and answers too):
pymap calls itself alpha, and Dovecot is what customers' mails really lie on. It needs no root to run; it is ended when
the tests end or are killed. Import `mail` into the test file to use it.
"""

from __future__ import annotations

import contextlib
import grp
import ipaddress
import json
import mailbox
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "s3cr3t-posta"
PLACE = Path("/tmp") if os.access("/tmp", os.W_OK) else Path(tempfile.gettempdir())
"""Open to the user whom Dovecot runs as, which pytest's folders are not; and short, for its sockets."""

MISSING = (
    "The tests of the mail path need Dovecot, and the package manager did not bring it. Install it by hand "
    "(Debian: apt-get install dovecot-imapd), or name it: NOBET_DOVECOT=/path/to/dovecot make test"
)


def find() -> str | None:
    """The path of a Dovecot: NOBET_DOVECOT, else one on the PATH or where systems put it."""
    if named := os.environ.get("NOBET_DOVECOT"):
        return named if Path(named).exists() else None
    return shutil.which("dovecot", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def ensure() -> str | None:
    """The path of a Dovecot, installed if it must be and can be; None without any."""
    if (path := find()) or not shutil.which("apt-get"):
        return path
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    install = [*root, "apt-get", "install", "-y", "-q", "--no-install-recommends", "dovecot-imapd"]
    for command in ([*root, "apt-get", "update", "-q"], install):
        print("+", " ".join(command), flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        try:
            done = subprocess.run(command, timeout=600, capture_output=True, text=True, env=quiet)
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"  {error}", file=sys.stderr)
            return None
        if done.returncode:
            print(f"  it failed: {done.stderr.strip().splitlines()[-1:] or done.returncode}", file=sys.stderr)
    return find()


@dataclass(frozen=True)
class Box:
    """One mailbox: its address is its login name."""

    address: str
    folder: Path

    def lie(self, data: bytes) -> None:
        """Put bytes into the mailbox as they are, as a program without SMTP does."""
        maildir = mailbox.Maildir(self.folder, create=False)
        maildir.add(data)

    def renumber(self, next_uid: int = 500) -> None:
        """Forget every UID, as a mailbox does that was restored or moved to another server; count from `next_uid`."""
        for name in ("dovecot-uidlist", *(path.name for path in self.folder.glob("dovecot.index*"))):
            with contextlib.suppress(FileNotFoundError):
                (self.folder / name).unlink()
        (self.folder / "dovecot-uidlist").write_text(f"3 V{_next_validity()} N{next_uid}\n")
        shutil.chown(self.folder / "dovecot-uidlist", *_owner())


_VALIDITIES = iter(range(1_900_000_001, 2_000_000_000))


def _next_validity() -> int:
    return next(_VALIDITIES)


class _Inbound:
    """aiosmtpd's handler: puts each mail as it came, under the Received header that a server adds, into its Maildir."""

    def __init__(self, server: MailServer) -> None:
        self.server = server

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        stamp = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
        received = f"Received: from {session.host_name} by mx.nobet.test with SMTP; {stamp}\r\n".encode()
        for address in envelope.rcpt_tos:
            if address not in self.server.boxes:
                return f"550 no mailbox {address}"
            self.server.boxes[address].lie(received + envelope.content)
        return "250 taken in"


class MailServer:
    """A running pair of SMTP and IMAP servers on 127.0.0.1."""

    def __init__(self, dovecot: str, folder: Path) -> None:
        self.folder = folder
        self.boxes: dict[str, Box] = {}
        self._count = 0
        self.authority = folder / "certificate.pem"
        self._process = subprocess.Popen(
            [sys.executable, __file__, "serve", dovecot, str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("{"):
            said = _log(folder)
            shutil.rmtree(folder, ignore_errors=True)
            raise RuntimeError(f"Dovecot did not start:\n{line}{said}")
        ports = json.loads(line)
        self.port, self.tls_port = int(ports["imap"]), int(ports["imaps"])
        self.xoauth2 = bool(ports["xoauth2"])
        """Whether it takes any OAuth 2.0 token (2.3 only: 2.4 asks an authority)."""
        self._smtp = self._start_smtp()
        self.smtp_port = self._smtp.port

    def _start_smtp(self) -> Any:
        from aiosmtpd.controller import Controller

        smtp = Controller(
            _Inbound(self), hostname="127.0.0.1", port=_free_port(), data_size_limit=64 * 1024 * 1024,
            enable_SMTPUTF8=True,
        )  # fmt: skip
        smtp.start()
        return smtp

    def box(self) -> Box:
        """A new mailbox."""
        self._count += 1
        address = f"destek{self._count}@marka.test"
        home = self.folder / "home" / address / "Maildir"
        box = Box(address, home)
        home.parent.mkdir(parents=True)
        mailbox.Maildir(home, create=True)
        for path in [home.parent, home, *home.iterdir()]:
            shutil.chown(path, *_owner())
        self.boxes[address] = box
        return box

    def send(self, box: Box, message: EmailMessage | bytes, sender: str = "ayse@musteri.test") -> None:
        """Send a mail over SMTP."""
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=60) as smtp:
            data = message if isinstance(message, bytes) else message.as_bytes(policy=policy.SMTP)
            smtp.sendmail(sender, [box.address], data)

    def log(self) -> str:
        """The end of Dovecot's log."""
        return _log(self.folder)

    def end(self) -> None:
        """Stop both servers."""
        self._smtp.stop()
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mail() -> Iterator[MailServer]:
    """The mail server, started once for all tests of a run."""
    dovecot = find()
    if dovecot is None:
        pytest.fail(MISSING)
    server = MailServer(dovecot, Path(tempfile.mkdtemp(prefix="nobet-mail-", dir=PLACE)))
    yield server
    server.end()


def _log(folder: Path) -> str:
    file = folder / "dovecot.log"
    return file.read_text(errors="replace")[-3000:] if file.exists() else ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _owner() -> tuple[str, int]:
    """Whom the mails belong to: ourselves, and where we are root (whom Dovecot refuses) the mailman of the system."""
    name = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    return name, pwd.getpwnam(name).pw_gid


PATIENT = "  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n"
"""One test's wrong password does not slow down the next one's login (doc.dovecot.org: Authentication penalty)."""


def _configuration(version: str, folder: Path, ports: tuple[int, int]) -> str:
    """Dovecot's configuration, in the form of 2.3 or of 2.4 (doc.dovecot.org: Upgrading from 2.3 to 2.4)."""
    owner, group = _owner()
    ours = ""
    if os.geteuid():  # as an ordinary user, everything runs as that user
        name = grp.getgrgid(group).gr_name
        ours = f"default_internal_user = {owner}\ndefault_internal_group = {name}\ndefault_login_user = {owner}\n"
    free = "" if os.geteuid() == 0 else "  chroot =\n"
    uid, gid = pwd.getpwnam(owner).pw_uid, group
    services = f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
{ours}first_valid_uid = 1
first_valid_gid = 1
mail_fsync = never
auth_failure_delay = 1 secs
ssl = yes
service imap-login {{
{free}  inet_listener imap {{
    {{address}} = 127.0.0.1
    port = {ports[0]}
  }}
  inet_listener imaps {{
    {{address}} = 127.0.0.1
    port = {ports[1]}
    ssl = yes
  }}
}}
service anvil {{
{free}{{penalty}}}}
service stats {{
{free}}}
"""
    if version.startswith("2.3"):
        services = services.replace("{address}", "address").replace("{penalty}", PATIENT)
        return f"""{services}
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
mail_location = maildir:{folder}/home/%u/Maildir
mail_max_userip_connections = 100
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
passdb {{
  driver = static
  mechanisms = plain login
  args = password={PASSWORD}
}}
passdb {{
  driver = static
  mechanisms = xoauth2
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
"""
    services = services.replace("{address}", "listen").replace("{penalty}", "")
    return f"""dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
{services}
auth_allow_cleartext = yes
auth_mechanisms = plain login
mail_driver = maildir
mail_path = {folder}/home/%{{user}}/Maildir
mail_home = {folder}/home/%{{user}}
mail_max_userip_connections = 100
ssl_server_cert_file = {folder}/certificate.pem
ssl_server_key_file = {folder}/key.pem
passdb static {{
  password = {PASSWORD}
}}
userdb static {{
  fields {{
    uid = {uid}
    gid = {gid}
    home = {folder}/home/%{{user}}
  }}
}}
"""


def _write_certificate(folder: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").touch(mode=0o600)
    (folder / "key.pem").write_bytes(private)


def _serve(dovecot: str, place: str) -> None:
    """In a process of its own: run Dovecot until whoever started us is gone, and then remove its folder."""
    folder = Path(place)
    folder.chmod(0o755)
    (folder / "home").mkdir()
    shutil.chown(folder / "home", *_owner())
    _write_certificate(folder)
    version = subprocess.run([dovecot, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    ports = _free_port(), _free_port()
    file = folder / "dovecot.conf"
    file.write_text(_configuration(version, folder, ports))
    server = subprocess.Popen([dovecot, "-F", "-c", str(file)], stdout=subprocess.DEVNULL, stderr=sys.stderr)
    ended = threading.Event()
    threading.Thread(target=lambda: (server.wait(), ended.set()), daemon=True).start()
    while not ended.wait(0.05):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", ports[0]), 5) as probe:
            if probe.recv(100).startswith(b"* OK"):
                break
    else:
        sys.exit(f"it ended with {server.returncode}")
    print(json.dumps({"imap": ports[0], "imaps": ports[1], "xoauth2": version.startswith("2.3")}), flush=True)
    sys.stdin.buffer.read()
    server.send_signal(signal.SIGTERM)
    ended.wait(20)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        _serve(*sys.argv[2:4])
    else:
        path = ensure()
        if path is None:
            sys.exit(MISSING)
        print(f"Dovecot for the mail path's tests: {path}")
