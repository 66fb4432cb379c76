"""The tools that are compared: how each is told to move one mailbox, keeping dates and flags, with its own defaults."""

from __future__ import annotations

import shlex
import shutil
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from tests.servers.dovecot import Dovecot, find_program

HOST = "localhost"
"""By name: not every tool finds an IP address in a certificate."""
PASSWORD = "secret"


@dataclass(frozen=True)
class Transfer:
    """Mailboxes to move: from and to a loopback port with a delay behind it."""

    users: tuple[tuple[str, str], ...]
    """Of the source and of the destination."""
    source_port: int
    destination_port: int
    at_once: int
    """So many mailboxes are moved side by side."""
    destination: Dovecot
    """Behind `destination_port`."""
    ca_file: Path | None
    """Verifies both servers' certificates; None: the connections are plain."""


class Tool(ABC):
    """One way to move a mailbox."""

    name: str
    """What `--tools` and the table call it."""
    repeats = True
    """A second run finds what the first one brought."""

    @abstractmethod
    def installed(self) -> bool:
        """Whether it is on this machine."""

    @abstractmethod
    def prepare(self, transfer: Transfer, folder: Path) -> list[str]:
        """Write the settings, and whatever the tool wants to remember, into `folder`. Returns: the command to run."""


class SideBySide(Tool):
    """A tool that moves one mailbox: for several, so many processes of it run side by side."""

    def prepare(self, transfer: Transfer, folder: Path) -> list[str]:
        commands = []
        for source_user, destination_user in transfer.users:
            own = folder / destination_user
            own.mkdir()
            commands.append(self.prepare_one(transfer, source_user, destination_user, own))
        if len(commands) == 1:
            return commands[0]
        lines = "".join(f"{shlex.quote(shlex.join(command))}\n" for command in commands)
        return ["xargs", "-P", str(transfer.at_once), "-n", "1", "-a", str(_write(folder / "all", lines)), "sh", "-c"]

    @abstractmethod
    def prepare_one(self, transfer: Transfer, source_user: str, destination_user: str, folder: Path) -> list[str]:
        """As `prepare`, for one mailbox."""


class TuiMigrate(Tool):
    """This project, as an admin runs it: a plan, an account list, a fresh store with its journal."""

    name = "tui-migrate"

    def installed(self) -> bool:
        return True

    def prepare(self, transfer: Transfer, folder: Path) -> list[str]:
        security = 'security = "tls"' if transfer.ca_file else 'security = "none"'
        common = f'host = "{HOST}"\n{security}\n'
        if len(transfer.users) > 1:
            common += f"max_connections = {transfer.at_once}\n"
        if transfer.ca_file:
            common += f'ca_file = "{transfer.ca_file}"\n'
        plan = (
            '[migration]\ntitle = "bench"\n'
            f"[source]\n{common}port = {transfer.source_port}\n"
            f"[destination]\n{common}port = {transfer.destination_port}\n"
            '[accounts]\nfile = "accounts.csv"\n'
        )
        rows = "".join(f"{source},{PASSWORD},{destination},{PASSWORD}\n" for source, destination in transfer.users)
        _write(folder / "accounts.csv", f"Source,Password,Destination,Destination Password\n{rows}")
        path = _write(folder / "plan.toml", plan)
        return [sys.executable, "-m", "tui_migrate", "run", str(path), "--data-dir", str(folder / "data")]


class Mbsync(SideBySide):
    """isync's mbsync as a one-way copy. Its pipeline is as deep as it likes; arrival dates are copied, as ours are."""

    name = "mbsync"

    def installed(self) -> bool:
        return shutil.which(self.name) is not None

    def prepare_one(self, transfer: Transfer, source_user: str, destination_user: str, folder: Path) -> list[str]:
        (folder / "state").mkdir()
        text = (
            self._store("far", source_user, transfer.source_port, transfer.ca_file)
            + self._store("near", destination_user, transfer.destination_port, transfer.ca_file)
            + "Channel all\nFar :far:\nNear :near:\nPatterns INBOX *\nSync Pull New Flags\nCreate Near\n"
            + f"CopyArrivalDate yes\nSyncState {folder}/state/\n"
        )
        return [self.name, "-c", str(_write(folder / "mbsyncrc", text)), "-a"]

    def _store(self, name: str, user: str, port: int, ca_file: Path | None) -> str:
        security = f"SSLType IMAPS\nCertificateFile {ca_file}" if ca_file else "SSLType None"
        return f"IMAPStore {name}\nHost {HOST}\nPort {port}\nUser {user}\nPass {PASSWORD}\n{security}\n\n"


class Dsync(SideBySide):
    """Dovecot's dsync, which runs at the destination and writes its storage: the source alone is far away.

    It asks for `prefetch` messages at once. Left to itself it waits for each one, and takes twenty times as long.
    """

    def __init__(self, name: str, prefetch: int) -> None:
        self.name = name
        self.prefetch = prefetch

    def installed(self) -> bool:
        return find_program("doveadm") is not None

    def prepare_one(self, transfer: Transfer, source_user: str, destination_user: str, folder: Path) -> list[str]:
        security = f"imapc_ssl = imaps\nssl_client_ca_file = {transfer.ca_file}\n" if transfer.ca_file else ""
        text = (
            f"!include {transfer.destination.config}\n"
            f"imapc_host = {HOST}\n"
            f"imapc_port = {transfer.source_port}\n"
            f"imapc_user = {source_user}\n"
            f"imapc_password = {PASSWORD}\n"
            "imapc_features = rfc822.size fetch-headers\n"
            f"mail_prefetch_count = {self.prefetch}\n"
        )
        path = _write(folder / "dsync.conf", text + security)
        program = find_program("doveadm") or "doveadm"
        return [program, "-c", str(path), "backup", "-R", "-u", destination_user, "imapc:"]


class Imapsync(SideBySide):
    """imapsync without what only informs: release check, folder sizes, log file."""

    name = "imapsync"

    def installed(self) -> bool:
        return shutil.which(self.name) is not None

    def prepare_one(self, transfer: Transfer, source_user: str, destination_user: str, folder: Path) -> list[str]:
        password = str(_write(folder / "password", PASSWORD + "\n"))
        ends = (
            (1, source_user, transfer.source_port),
            (2, destination_user, transfer.destination_port),
        )
        command = [self.name, "--nolog", "--noreleasecheck", "--nofoldersizes", "--nofoldersizesatend"]
        command += ["--tmpdir", str(folder), "--pidfile", str(folder / "pid")]
        for end, user, port in ends:
            command += [f"--host{end}", HOST, f"--port{end}", str(port), f"--user{end}", user]
            command += [f"--passfile{end}", password, f"--notls{end}"]
            if transfer.ca_file is None:
                command += [f"--nossl{end}"]
            else:
                verify = (f"--sslargs{end}", "SSL_verify_mode=1", f"--sslargs{end}", f"SSL_ca_file={transfer.ca_file}")
                command += [f"--ssl{end}", *verify]
        return command


def _write(path: Path, text: str) -> Path:
    """Settings hold passwords: for the owner alone."""
    path.touch(mode=0o600)
    path.write_text(text)
    return path


class Script(SideBySide):
    """The least that it can cost in Python."""

    name = "script"
    repeats = False

    def installed(self) -> bool:
        return True

    def prepare_one(self, transfer: Transfer, source_user: str, destination_user: str, folder: Path) -> list[str]:
        password = str(_write(folder / "password", PASSWORD))
        ends = [source_user, str(transfer.source_port), destination_user, str(transfer.destination_port)]
        ca_file = [str(transfer.ca_file)] if transfer.ca_file else []
        return [sys.executable, "-m", "tests.bench.script", HOST, *ends, password, *ca_file]


TOOLS: tuple[Tool, ...] = (
    TuiMigrate(),
    Mbsync(),
    Dsync("dsync", 50),
    Dsync("dsync-1000", 1000),
    Script(),
    Imapsync(),
)
