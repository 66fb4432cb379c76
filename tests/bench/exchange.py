"""`python -m tests.bench.exchange`: one mailbox of Exchange, beside exchangelib alone and DavMail with mbsync.

The server is the tests' double, in a process of its own, whose share of a core is told: above a half it would be what
is measured. We and mbsync store into a Maildir; exchangelib stores nothing. Each is a whole process, with its start,
but for DavMail, which runs already and is logged in. In each round all take their turn.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.ground import RAM_DISK
from tests.bench.measure import Measurement, RunFailed, measure
from tests.servers.certificates import make_certificates
from tests.servers.exchange.davmail import davmail
from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.server import ExchangeDouble
from tests.support.interrupt import interrupt_once

MESSAGES, OCTETS, DELAYS_MS = 4_000, 10_000, (20, 50)
FEWER = 10
"""Of the messages DavMail gets one in so many: it takes minutes for what others do in seconds."""
LIMIT_SECONDS = 1800.0
USER, PASSWORD = "anna@old.example", "secret"
ROLES = ("inbox", "sentitems", "drafts", "deleteditems", "junkemail", "outbox", "calendar", "contacts", "tasks")
US = "tui-migrate"


@dataclass
class Runs:
    """What the runs of one tool have cost."""

    tool: str
    messages: int
    runs: list[Measurement] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    """Of a core, that the server has needed meanwhile."""

    @property
    def rate(self) -> float:
        """Messages a second, in the best run."""
        return self.messages / min(each.seconds for each in self.runs)


class Server:
    """The double in a process of its own, with one mailbox."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        port, ca_file = json.loads(process.stdout.readline())
        self.port, self.ca_file = int(port), Path(ca_file)

    @property
    def cpu_seconds(self) -> float:
        """That it has needed so far."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


def serve(messages: int, octets: int, delay: float) -> None:
    """The double, until standard input ends. Each line of it is answered with the CPU seconds so far."""
    mailbox = ExchangeMailbox(USER, PASSWORD)
    inbox, *_ = [mailbox.add_folder(role.capitalize(), role) for role in ROLES]
    for number in range(messages):
        head = f"Subject: {number}\r\nMessage-ID: <{number}@old.example>\r\n\r\n"
        inbox.add(head.encode() + b"0123456789abcde\r\n" * (octets // 17))
    mailbox.encode()  # answers are made before, or the double is what is measured
    with tempfile.TemporaryDirectory() as folder:
        certificates = make_certificates(Path(folder))
        with ExchangeDouble(mailbox, tls=certificates.good.context(), delay=delay) as double:
            print(json.dumps([double.port, str(certificates.ca_file)]), flush=True)
            for _ in sys.stdin:
                print(sum(os.times()[:2]), flush=True)


@contextmanager
def served(messages: int, octets: int, delay: float) -> Iterator[Server]:
    """See `serve`."""
    words = ["--serve", "--messages", str(messages), "--octets", str(octets), "--delays", str(delay * 1000)]
    command = [sys.executable, "-m", "tests.bench.exchange", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Server(process)
        assert process.stdin is not None
        process.stdin.close()


def us(server: Server, folder: Path) -> list[str]:
    """The command that moves the mailbox."""
    _write(folder / "accounts.csv", f"Source,Password,Destination\n{USER},{PASSWORD},mail\n")
    plan = f"""
        [migration]
        title = "Bench"
        [source]
        protocol = "ews"
        host = "127.0.0.1"
        port = {server.port}
        ca_file = "{server.ca_file}"
        [destination]
        protocol = "maildir"
        [accounts]
        file = "accounts.csv"
    """
    _write(folder / "plan.toml", textwrap.dedent(plan))
    return [sys.executable, "-m", "tui_migrate", "run", str(folder / "plan.toml"), "--data-dir", str(folder / "data")]


def exchangelib(server: Server, _folder: Path) -> list[str]:
    """The command that reads all of it, and keeps nothing."""
    program = f"""
        import os
        os.environ["REQUESTS_CA_BUNDLE"] = {str(server.ca_file)!r}
        from exchangelib import BASIC, DELEGATE, UTC, Account, Configuration, Credentials
        where = "https://127.0.0.1:{server.port}/EWS/Exchange.asmx"
        login = Credentials({USER!r}, {PASSWORD!r})
        way = Configuration(service_endpoint=where, credentials=login, auth_type=BASIC)
        account = Account({USER!r}, config=way, access_type=DELEGATE, default_timezone=UTC)
        found = account.inbox.all().only("mime_content", "is_read", "datetime_received")
        found.page_size = 1000
        print(sum(len(item.mime_content) for item in found))
    """
    return [sys.executable, "-c", textwrap.dedent(program)]


def mbsync(port: int, folder: Path) -> list[str]:
    """The command that pulls the inbox from DavMail on this port."""
    (folder / "mail").mkdir()
    settings = f"""
        IMAPAccount old
        Host 127.0.0.1
        Port {port}
        User {USER}
        Pass {PASSWORD}
        SSLType None
        AuthMechs LOGIN

        IMAPStore far
        Account old

        MaildirStore near
        Path {folder}/mail/
        Inbox {folder}/mail/INBOX

        Channel all
        Far :far:INBOX
        Near :near:INBOX
        Sync Pull New
        Create Near
        SyncState *
    """
    _write(folder / "mbsyncrc", textwrap.dedent(settings).lstrip())
    return ["mbsync", "-c", str(folder / "mbsyncrc"), "all"]


def _write(path: Path, text: str) -> None:
    path.touch(0o600)
    path.write_text(text)


def _measured(runs: Runs, command: Sequence[str], server: Server, folder: Path | None) -> None:
    before = server.cpu_seconds
    measurement = measure([*command], LIMIT_SECONDS)
    runs.shares.append((server.cpu_seconds - before) / measurement.seconds)
    runs.runs.append(measurement)
    if folder is not None:
        found = sum(each.is_file() and each.parent.name in ("cur", "new") for each in folder.rglob("*"))
        if found != runs.messages:
            raise RunFailed(f"{runs.tool}: {found:,} of {runs.messages:,} messages")


def _bench(options: argparse.Namespace, delay_ms: float) -> None:
    few = max(1, options.messages // FEWER)
    found = [Runs(US, options.messages), Runs("exchangelib", options.messages), Runs("DavMail, mbsync", few)]
    with tempfile.TemporaryDirectory(prefix="bench-exchange-", dir=RAM_DISK) as name:
        root = Path(name)
        many, less = (served(number, options.octets, delay_ms / 1000) for number in (options.messages, few))
        with many as server, less as other:
            url = f"https://localhost:{other.port}/EWS/Exchange.asmx"
            with davmail(url, other.ca_file, root) if options.davmail else nullcontext() as running:
                for number in range(options.runs):
                    folders = [root / f"{each}-{number}" for each in ("us", "peer", "mbsync")]
                    for folder in folders:
                        folder.mkdir()
                    _measured(found[0], us(server, folders[0]), server, folders[0])
                    _measured(found[1], exchangelib(server, folders[1]), server, None)
                    if running is not None:
                        running.connect(USER, PASSWORD).shutdown()
                        _measured(found[2], mbsync(running.port, folders[2]), other, folders[2])
    for each in found:
        if each.runs:
            best = min(each.runs, key=lambda run: run.seconds)
            print(
                f"{delay_ms:>5g} {each.tool:<18}{each.messages:>9,}{best.seconds:>9.2f}{each.rate:>10.0f}"
                f"{found[0].rate / each.rate:>8.2f}{min(run.cpu_seconds for run in each.runs):>8.2f}"
                f"{max(run.peak_bytes for run in each.runs) / 1e6:>9.0f}{max(each.shares):>8.2f}",
                flush=True,
            )


def main() -> None:
    """Measure what the options ask for."""
    interrupt_once()
    parser = argparse.ArgumentParser(prog="python -m tests.bench.exchange", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=MESSAGES, metavar="N", help=f"default: {MESSAGES:,}")
    parser.add_argument("--octets", type=int, default=OCTETS, metavar="N", help=f"of each; default: {OCTETS:,}")
    parser.add_argument("--delays", type=float, nargs="+", default=DELAYS_MS, metavar="MS", help="before each answer")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="of which the best counts; default: 3")
    parser.add_argument("--no-davmail", dest="davmail", action="store_false", help="leave DavMail out")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.messages, options.octets, options.delays[0] / 1000)
        return
    heads = f"{'ms':>5} {'tool':<18}{'messages':>9}{'seconds':>9}{'a second':>10}{'ratio':>8}"
    print(f"{heads}{'CPU s':>8}{'peak MB':>9}{'server':>8}")
    for delay_ms in options.delays:
        _bench(options, delay_ms)


if __name__ == "__main__":
    main()
