"""`python -m tests.bench.files`: mailboxes of files, to Dovecot and to a Maildir, beside what a user would use.

Exit codes: 0 all was measured, targets reached or not; 1 something failed; 2 it could not begin; 130 stopped.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.archives import Archives, make_archives
from tests.bench.ground import RAM_DISK, Ground, count_messages, ground
from tests.bench.measure import RunFailed, measure
from tests.bench.runs import Runs
from tests.bench.tools import HOST, PASSWORD
from tests.servers.dovecot import Dovecot, find_program
from tests.support.interrupt import interrupt_once

MESSAGES, OCTETS, FOLDERS = 100_000, 10_000, 26
LIMIT_SECONDS = 1800.0
PEAK_TARGET_BYTES = 150_000_000
FAILED, COULD_NOT_BEGIN, STOPPED = 1, 2, 130
TO_IMAP, TO_MAILDIR = "to Dovecot", "to Maildir"
US = "tui-migrate"


@dataclass(frozen=True)
class End:
    """Where one run puts the mail: a new mailbox of a server, or a new folder."""

    server: Dovecot
    user: str
    maildir: Path
    """On disk; of the server's mailbox, or of none."""


@dataclass(frozen=True)
class Way:
    """One way to move an archive."""

    source: str
    destination: str
    tool: str

    def __str__(self) -> str:
        return f"{self.source} {self.destination}, {self.tool}"


@dataclass
class Outcome(Runs):
    """The runs of one way."""

    way: Way


def main() -> None:
    """Measure what the options ask for."""
    interrupt_once()
    parser = argparse.ArgumentParser(prog="python -m tests.bench.files", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=MESSAGES, metavar="N", help=f"default: {MESSAGES:,}")
    parser.add_argument("--sources", nargs="+", choices=SOURCES, default=SOURCES, help="default: all")
    parser.add_argument("--runs", type=int, default=1, metavar="N", help="of which the best counts; default: 1")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every number of every run")
    options = parser.parse_args()
    try:
        sys.exit(_bench(options))
    except KeyboardInterrupt:
        print("\nStopped: servers ended, mail removed.", file=sys.stderr)
        sys.exit(STOPPED)


def _bench(options: argparse.Namespace) -> int:
    needed = options.messages * OCTETS * 8
    if shutil.disk_usage(RAM_DISK).free < needed:
        print(f"{RAM_DISK} must have {needed / 1e9:.0f} GB free", file=sys.stderr)
        return COULD_NOT_BEGIN
    with ground() as servers, tempfile.TemporaryDirectory(prefix="bench-files-", dir=RAM_DISK) as name:
        root = Path(name)
        root.chmod(0o755)
        archives = make_archives(servers.source, root, options.messages, FOLDERS, OCTETS, options.sources)
        print(f"{archives.messages:,} messages, {archives.octets / 1e6:,.0f} MB, in {FOLDERS} folders; all in memory")
        print(f"{'source':<9}{'':12}{'tool':<22}{'seconds':>9}{'ratio':>8}{'again':>9}{'CPU s':>8}{'peak MB':>9}")
        outcomes = [_measured(way, servers, archives, root, options.runs) for way in _ways(options.sources)]
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in outcomes], indent=2) + "\n")
    return FAILED if any(each.problem for each in outcomes) else 0


SOURCES = ("imap", "mbox", "maildir", "eml", "pst")


def _ways(sources: Sequence[str]) -> Iterator[Way]:
    """Those that there are programs for."""
    for destination in (TO_IMAP, TO_MAILDIR):
        for source in sources:
            yield Way(source, destination, US)
            yield from (each for each in _OTHERS if (each.source, each.destination) == (source, destination))


_OTHERS = tuple(
    way
    for way, program in (
        (Way("maildir", TO_IMAP, "doveadm import"), "doveadm"),
        (Way("maildir", TO_IMAP, "mbsync"), "mbsync"),
        (Way("mbox", TO_IMAP, "doveadm import"), "doveadm"),
        (Way("mbox", TO_MAILDIR, "mb2md"), "mb2md"),
        (Way("pst", TO_IMAP, "readpst, doveadm"), "readpst"),
        (Way("pst", TO_MAILDIR, "readpst alone"), "readpst"),
    )
    if find_program(program) or shutil.which(program)
)
_PARTS = ("readpst alone",)
"""What does a part of the work, for comparison."""


def _measured(way: Way, servers: Ground, archives: Archives, root: Path, runs: int) -> Outcome:
    """Print it as soon as it is known."""
    outcome = Outcome(way)
    for number in range(runs):
        with _end(way, servers.destination, root, number) as end, tempfile.TemporaryDirectory(dir=root) as work:
            try:
                Path(work).chmod(0o777)  # Dovecot writes as the mail's owner beside what it reads
                command = _command(way, archives, end, Path(work))
                outcome.first.append(measure(command, LIMIT_SECONDS))
                if way.tool not in _PARTS:
                    _expect(end, archives.messages)
                if way.tool == US:
                    outcome.again.append(measure(command, LIMIT_SECONDS))
                    _expect(end, archives.messages)
            except RunFailed as failed:
                outcome.problem = str(failed)
                break
    print(_row(outcome), flush=True)
    return outcome


def _expect(end: End, messages: int) -> None:
    found = sum(count_messages(end.maildir).values())
    if found != messages:
        raise RunFailed(f"{found:,} of {messages:,} messages")


@contextmanager
def _end(way: Way, server: Dovecot, root: Path, number: int) -> Iterator[End]:
    user = f"{way.source}{number}"
    if way.destination == TO_IMAP:
        maildir = server.add_user(user, PASSWORD)
    else:
        maildir = root / "copies" / user
        maildir.parent.mkdir(exist_ok=True)
    try:
        yield End(server, user, maildir)
    finally:
        shutil.rmtree(maildir.parent if way.destination == TO_IMAP else maildir, ignore_errors=True)


def _command(way: Way, archives: Archives, end: End, work: Path) -> list[str]:
    path = archives.paths[way.source]
    match way.tool:
        case "doveadm import":
            copy = _own_copy(path, work)
            return _import(end, f"mbox:{copy}:INBOX={copy}/INBOX" if way.source == "mbox" else f"maildir:{copy}")
        case "mbsync":
            return _mbsync(end, path, work)
        case "mb2md":
            return ["mb2md", "-s", str(path), "-d", str(end.maildir), "-R"]
        case "readpst alone":
            return ["readpst", "-q", "-r", "-o", str(work), str(path)]
        case "readpst, doveadm":
            # Its folders are plain mboxes, one a folder of the same name.
            steps = f"umask 0 && readpst -q -r -o {work} {path} && {shlex.join(_import(end, f'mbox:{work}'))}"
            return ["sh", "-c", steps]
    return _ours(way, archives, end, work)


def _own_copy(path: Path, work: Path) -> Path:
    """For a tool that writes into what it reads."""
    copy = Path(shutil.copytree(path, work / path.name))
    for each in (copy, *copy.rglob("*")):
        each.chmod(0o777)
    return copy


def _import(end: End, location: str) -> list[str]:
    program = find_program("doveadm") or "doveadm"
    return [program, "-c", str(end.server.config), "import", "-u", end.user, location, "", "ALL"]


def _mbsync(end: End, path: Path, work: Path) -> list[str]:
    text = (
        f"MaildirStore near\nInbox {_own_copy(path, work)}\nSubFolders Maildir++\n\n"
        f"IMAPStore far\nHost {HOST}\nPort {end.server.port}\nUser {end.user}\nPass {PASSWORD}\nSSLType None\n\n"
        "Channel all\nFar :far:\nNear :near:\nPatterns INBOX *\nSync Push New Flags\nCreate Far\n"
        f"CopyArrivalDate yes\nSyncState {work}/\n"
    )
    config = work / "mbsyncrc"
    config.write_text(text)
    config.chmod(0o600)
    return ["mbsync", "-c", str(config), "-a"]


def _ours(way: Way, archives: Archives, end: End, work: Path) -> list[str]:
    path = archives.paths[way.source]
    if way.source == "imap":
        source = f'host = "{HOST}"\nsecurity = "none"\nport = {archives.server.port}\n'
    else:
        source = f'protocol = "{way.source}"\nfolder = "{path.parent}"\npath = "{path.name}"\n'
    if way.destination == TO_IMAP:
        destination = f'host = "{HOST}"\nsecurity = "none"\nport = {end.server.port}\n'
    else:
        destination = f'protocol = "maildir"\nfolder = "{end.maildir.parent}"\npath = "{end.maildir.name}"\n'
    (work / "accounts.csv").write_text(
        f"Source,Password,Destination,Destination Password\n{archives.user},{PASSWORD},{end.user},{PASSWORD}\n"
    )
    plan = work / "plan.toml"
    plan.write_text(
        f'[migration]\ntitle = "bench"\n[source]\n{source}[destination]\n{destination}'
        '[accounts]\nfile = "accounts.csv"\n'
    )
    return [sys.executable, "-m", "tui_migrate", "run", str(plan), "--data-dir", str(work / "data")]


_FIRST: dict[str, float] = {}
"""Seconds of the way from a server, which the others are measured by, for each destination."""


def _row(outcome: Outcome) -> str:
    way = outcome.way
    start = f"{way.source:<9}{way.destination:<12}{way.tool:<22}"
    if outcome.seconds is None:
        return f"{start}  {outcome.problem}"
    if (way.source, way.tool) == ("imap", US):
        _FIRST[way.destination] = outcome.seconds
    usual = _FIRST.get(way.destination)
    ratio = f"{outcome.seconds / usual:.2f}" if usual else ""
    again = f"{outcome.seconds_again:.2f}" if outcome.seconds_again is not None else ""
    missed = "  MISSED: 150 MB" if way.tool == US and (outcome.peak_bytes or 0) > PEAK_TARGET_BYTES else ""
    numbers = f"{outcome.seconds:>9.2f}{ratio:>8}{again:>9}{outcome.cpu_seconds or 0:>8.2f}"
    return f"{start}{numbers}{(outcome.peak_bytes or 0) / 1e6:>9.0f}{missed}"


if __name__ == "__main__":
    main()
