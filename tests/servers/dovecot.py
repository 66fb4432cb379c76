"""A private Dovecot, 2.3 or 2.4, on loopback, as root or as a normal user: own configuration, folder, processes."""

from __future__ import annotations

import base64
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from tests.servers.certificates import Certificate
from tests.servers.dovecot_config import Dialect, configuration, dialect
from tests.servers.ports import HOST, free_port

START_SECONDS = 120.0
STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Introspection:
    """Where a mail server asks about tokens."""

    url: str
    """With the login of the mail server itself: `https://user:password@host:port/path`."""
    ca_file: Path
    """Trusted there."""


@dataclass(frozen=True)
class DovecotOptions:
    """What one server is like. The defaults are a plain, fast server without TLS."""

    certificate: Certificate | None = None
    """Gives TLS: the imaps and pop3s ports, and STARTTLS on the plain ones."""
    pop3: bool = False
    separator: str = "/"
    """`/` stores folders as nested directories (LAYOUT=fs), `.` as Maildir++."""
    storage: str = "maildir"
    """`maildir`, `sdbox` or `mdbox`; the last two with `/` alone."""
    prefix: str = ""
    """Of the personal namespace, such as `INBOX.`; it does not exist on disk."""
    capability: str | None = None
    """Replaces the CAPABILITY list (`imap_capability`), which changes what is announced, not what works."""
    literal_minus: bool = False
    """LITERAL- in the place of LITERAL+ (RFC 7888)."""
    compress: bool = False
    """Offers COMPRESS=DEFLATE (RFC 4978); 2.4 always does. Not together with `quota_storage`."""
    mail_fsync: str = "never"
    """`never`, `optimized` or `always`."""
    quota_storage: str | None = None
    """Such as `100K`, for each user; None loads no quota plugin."""
    max_mail_size: str | None = None
    """Such as `20K`: a bigger message is answered NO, and so is a MULTIAPPEND that holds one. Needs `quota_storage`."""
    special_use: Mapping[str, str] = field(default_factory=dict)
    r"""Folder name to attribute, such as `{"Verzonden": "\\Sent"}`."""
    special_use_auto: str = "create"
    """`no`, `create` or `subscribe`: what happens to these folders by themselves."""
    master: tuple[str, str] | None = None
    """User and password that may log in as any user: `user*master`, or SASL PLAIN with an authorization identity."""
    token_key: str | None = None
    """Accepts access tokens (OAUTHBEARER, XOAUTH2) that `tests.support.tokens.token` signs with this key."""
    introspection: Introspection | None = None
    """Asks an authorization server about access tokens (RFC 7662). In the place of `token_key`."""
    max_userip_connections: int = 1000
    """Connections of one user from one address; beyond it a login is answered with NO [LIMIT]."""
    root: Path | None = None
    """The folder in which the server's own temporary folder is made, such as /dev/shm; None: the system's."""


class Dovecot:
    """One running server. Use it as a context manager, or call `start` and `stop`.

    A stopped server keeps its mail, users and ports until `close`, so that it can be started again.
    """

    host = HOST

    def __init__(self, options: DovecotOptions | None = None) -> None:
        self.options = options or DovecotOptions()
        self.folder = Path(tempfile.mkdtemp(prefix="dovecot-", dir=self.options.root))
        # The mail processes run as another user than root and must be able to reach the mail below.
        self.folder.chmod(0o755)
        self.port = self.tls_port = self.pop3_port = self.pop3_tls_port = 0
        self.config = self.folder / "dovecot.conf"
        self._process: subprocess.Popen[bytes] | None = None
        self._mail_owner = _mail_owner()
        self._users = self.folder / "users"
        self._users.mkdir(mode=0o700)
        (self.folder / "mail").mkdir()
        os.chown(self.folder / "mail", *self._mail_owner)
        if self.options.master is not None:
            _write_passwd_file(self.folder / "master", *self.options.master)

        if self.options.token_key is not None:
            keys = self.folder / "keys" / "default" / "HS256"
            keys.mkdir(parents=True)
            (keys / "default").write_text(base64.b64encode(self.options.token_key.encode()).decode())

    def __repr__(self) -> str:
        state = "running" if self._process else "stopped"
        return f"<Dovecot {self.host}:{self.port} {state}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The master process, which leads the process group of all. Raises: RuntimeError when the server is stopped."""
        if self._process is None:
            raise RuntimeError(f"{self!r} has no process")
        return self._process.pid

    @property
    def log(self) -> str:
        """Everything that the server has logged, for a failing test to show."""
        path = self.folder / "dovecot.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Start, and return when the server greets. Raises: RuntimeError with the log when it does not."""
        fresh = not self.port
        for _ in range(5):
            if fresh:
                self.port, self.tls_port, self.pop3_port, self.pop3_tls_port = (free_port() for _ in range(4))
            self.config.write_text(configuration(self, *self._mail_owner, installed()))
            if self._launch():
                return
            if not (fresh and "Address already in use" in self.log):
                break
        raise RuntimeError(f"Dovecot did not start:\n{self.log}")

    def stop(self) -> None:
        """Stop the server in good order; a client's session ends at once."""
        if self._process is not None:
            # The master alone: when its helpers are told too, it starts some of them again and waits for those.
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
            self._kill()

    def close(self) -> None:
        """End the server, and remove all that it stored."""
        self._kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _kill(self) -> None:
        """Return when no process of it runs any more. All live in the master's own process group."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        left = running(process.pid)
        while any(_runs(pid, process.pid) for pid in left):
            time.sleep(0.005)

    def add_user(self, name: str, password: str) -> Path:
        """Make a user, who can log in at once. Returns: the still empty Maildir."""
        maildir = self.maildir(name)
        for folder in (maildir.parent, maildir):
            folder.mkdir(mode=0o700)
            os.chown(folder, *self._mail_owner)
        _write_passwd_file(self._users / name, name, password)
        return maildir

    def maildir(self, user: str) -> Path:
        """The user's mail on disk: the root that `tests.servers.maildir` reads and writes."""
        return self.folder / "mail" / user / "Maildir"

    def set_password(self, user: str, password: str) -> None:
        """Give a user another password, and return when the old one lets nobody in any more."""
        old = base64.b64decode((self._users / user).read_text().split(":")[1].removeprefix("{PLAIN.B64}")).decode()
        _write_passwd_file(self._users / user, user, password)
        deadline = time.monotonic() + START_SECONDS
        # Dovecot looks at a known file's time once a second at most.
        while self._lets_in(user, old):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the password of {user} stays as it was:\n{self.log}")
            time.sleep(0.05)

    def _lets_in(self, user: str, password: str) -> bool:
        try:
            self.doveadm("auth", "test", user, password)
        except subprocess.CalledProcessError:
            return False
        return True

    def set_quota(self, user: str, storage: str) -> None:
        """Give a user another quota (`10M`), valid for sessions that log in from now on."""
        if self.options.quota_storage is None:
            raise ValueError("this server was made without a quota")
        stored = (self._users / user).read_text().split(":")[1]
        password = base64.b64decode(stored.removeprefix("{PLAIN.B64}")).decode()
        setting, quota = installed().quota_setting, installed().quota(storage)
        _write_passwd_file(self._users / user, user, password, f"userdb_{setting}={quota}")
        deadline = time.monotonic() + START_SECONDS
        # Dovecot looks at a known file's time once a second at most.
        while quota not in self.doveadm("user", "-f", setting, user):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the quota of {user} stays as it was:\n{self.log}")
            time.sleep(0.05)

    def doveadm(self, *arguments: str) -> str:
        """Run doveadm against this server. Raises: subprocess.CalledProcessError."""
        command = [find_program("doveadm") or "doveadm", "-c", str(self.config), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def _launch(self) -> bool:
        command = [find_program("dovecot") or "dovecot", "-F", "-c", str(self.config)]
        with (self.folder / "dovecot.log").open("ab") as log:
            self._process = process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if self._greets():
                return True
            time.sleep(0.02)
        self.stop()
        return False

    def _greets(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), timeout=5) as connection:
                return connection.recv(4) == b"* OK"
        except OSError:
            return False


def running(group: int) -> list[int]:
    """The processes of a process group, without those that are dead and that init has not taken notice of yet."""
    found = (int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat"))
    return [pid for pid in found if _runs(pid, group)]


def _runs(pid: int, group: int) -> bool:
    try:
        state, _, its_group = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:3]
    except OSError:
        return False
    return int(its_group) == group and state not in "ZX"


def find_program(name: str) -> str | None:
    """Where one of Dovecot's programs is; /usr/sbin too, which a normal user does not have on the PATH."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")


@cache
def installed() -> Dialect:
    """The words that the installed version understands."""
    command = [find_program("dovecot") or "dovecot", "--version"]
    return dialect(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _write_passwd_file(path: Path, user: str, password: str, extra: str = "") -> None:
    encoded = base64.b64encode(password.encode()).decode()
    before = int(path.stat().st_mtime) if path.exists() else 0
    path.touch(mode=0o600)
    path.write_text(f"{user}:{{PLAIN.B64}}{encoded}::::::{extra}\n")
    # Dovecot compares size and whole seconds: a second change within a second would never be seen.
    changed = max(int(time.time()), before + 1)
    os.utime(path, (changed, changed))


def _mail_owner() -> tuple[int, int]:
    """Dovecot refuses mail access as root, so root's servers keep their mail as nobody."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid
