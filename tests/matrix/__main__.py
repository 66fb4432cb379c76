"""`python -m tests.matrix`: one nasty mailbox from every mail server to every other, judged by another reader.

Exit codes: 0 all that differs was said by the program; 1 something was not; 2 it could not begin; 130 stopped.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from platformdirs import user_cache_path

from tests.engine.support import encrypted, memory_disk, plain
from tests.matrix import packages
from tests.matrix.catalogue import SERVERS, WITH_POP, WITH_TLS
from tests.matrix.pairs import Pair, move
from tests.matrix.pop import move_by_pop
from tests.matrix.program import Program
from tests.matrix.server import Ground, Server
from tests.matrix.table import kept_table, pair_lines
from tests.servers.certificates import make_certificates
from tests.support.interrupt import interrupt_once

UNEXPLAINED, COULD_NOT_BEGIN, STOPPED = 1, 2, 130
Task = Callable[[], Iterator[Pair]]


def main() -> None:
    """Move what the options ask for."""
    interrupt_once()
    options = _parser().parse_args()
    if lack := packages.lacking():
        print(lack, file=sys.stderr)
        sys.exit(COULD_NOT_BEGIN)
    began = time.monotonic()
    try:
        pairs, broken = _run(options)
    except packages.Missing as missing:
        print(missing, file=sys.stderr)
        sys.exit(COULD_NOT_BEGIN)
    except KeyboardInterrupt:
        print("\nStopped: servers ended, mail removed.", file=sys.stderr)
        sys.exit(STOPPED)
    print("\n".join(["", "What was not kept, and how it was said:", *kept_table(pairs), *broken]))
    wrong = sum(bool(pair.verdict.unexplained) for pair in pairs)
    print(f"\n{len(pairs)} pairs in {(time.monotonic() - began) / 60:.1f} minutes, {wrong} with something unexplained.")
    sys.exit(UNEXPLAINED if wrong or broken else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sources", nargs="+", choices=SERVERS, default=[*SERVERS], metavar="NAME")
    parser.add_argument("--destinations", nargs="+", choices=SERVERS, default=[*SERVERS], metavar="NAME")
    parser.add_argument("--without-tls", action="store_true", help="leave out the pairs over TLS and STARTTLS")
    parser.add_argument("--without-pop", action="store_true", help="leave out POP3 sources")
    parser.add_argument("--jobs", type=int, default=2, help="sources at a time (default: 2)")
    parser.add_argument(
        "--cache",
        type=Path,
        default=user_cache_path("tui-migrate") / "matrix",
        help="where the packages of servers are kept that are not installed (default: %(default)s)",
    )
    return parser


def _run(options: argparse.Namespace) -> tuple[list[Pair], list[str]]:
    """All pairs, and what could not be carried to its end."""
    names = [name for name in SERVERS if name in {*options.sources, *options.destinations}]
    users = [f"{kind}{number}" for number in range(len(SERVERS)) for kind in ("from", "to", "tls", "starttls", "pop")]
    users += ["own", "own-tls", "own-starttls", "own-pop"]
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="matrix-", dir=memory_disk())))
        root.chmod(0o755)  # servers drop to users of their own
        certificates = make_certificates(root)
        servers: dict[str, Server] = {}
        for number, name in enumerate(names):
            make, needed = SERVERS[name]
            _say(f"starting {name}")
            folder = root / f"server{number}"
            folder.mkdir(mode=0o755)
            debs = packages.fetch(needed, options.cache) if needed else []
            server = servers[name] = make(name, Ground(folder, debs, users, certificates.good))
            stack.callback(server.stop)
            server.start()
        tasks = _tasks(options, servers, root, certificates.ca_file)
        pairs: list[Pair] = []
        broken: list[str] = []
        lock = threading.Lock()

        def work(task: Task) -> None:
            try:
                for pair in task():
                    with lock:
                        pairs.append(pair)
                        _say("")
                        print("\n".join(pair_lines(pair)), flush=True)
            except Exception:  # noqa: BLE001  # the other sources go on, and this one is shown whole
                with lock:
                    broken.append(traceback.format_exc())

        with ThreadPoolExecutor(options.jobs) as pool:
            try:
                list(pool.map(work, tasks))
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                Program.stop_all()
                raise
        _say("")
        return sorted(pairs, key=lambda pair: names.index(pair.destination)), broken


def _tasks(options: argparse.Namespace, servers: Mapping[str, Server], root: Path, ca_file: Path) -> list[Task]:
    def task(kind: str, number: int, source: str, names: Sequence[str], keys: Callable[[Server], object]) -> Task:
        there = [servers[name] for name in names]
        own = "own" if kind == "to" else f"own-{kind}"
        carry_out = move_by_pop if kind == "pop" else move
        folder = root / "runs" / f"{kind}{number}"
        return partial(carry_out, servers[source], there, folder, keys, own, f"{kind}{number}", _say)  # type: ignore[arg-type]

    def in_clear(server: Server) -> Mapping[str, object]:
        return plain(server.ports.imap)

    def on_tls(server: Server) -> Mapping[str, object]:
        return encrypted(server.ports.imaps, ca_file)

    def starttls(server: Server) -> Mapping[str, object]:
        return encrypted(server.ports.imap, ca_file, "starttls")

    tasks = [
        task("to", n, name, options.destinations, in_clear) for n, name in enumerate(SERVERS) if name in options.sources
    ]
    if not options.without_tls:
        for number, name in enumerate(WITH_TLS):
            others = [other for other in WITH_TLS if other != name and other in servers]
            if name in servers and others:
                tasks += [task("tls", number, name, others, on_tls), task("starttls", number, name, others, starttls)]
    if not options.without_pop:
        there = [name for name in ("Dovecot Maildir /", "Cyrus /", "Courier") if name in servers]
        tasks += [task("pop", n, name, there, in_clear) for n, name in enumerate(WITH_POP) if name in servers]
    return tasks


def _say(line: str) -> None:
    """What is going on, for whoever waits at a terminal; it leaves no trace in the table."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
