"""`python -m tests.fuzz`: harm files of every kind, led by what code each harm reaches (atheris).

Exit codes: 0 nothing was found; 77 a reader failed, its input is kept and named.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS, LONGEST, MOST_MEGABYTES = 60, 2, 1024
"""For each reader; that one file may take; and the process's memory, most of which is atheris itself."""


def main() -> None:
    """Fuzz what the options ask for, each reader in a process of its own: atheris can be set up once in one, and sees
    nothing of a module that was imported before."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("readers", nargs="*", help="default: all")
    parser.add_argument("--seconds", type=int, default=SECONDS, help=f"for each; default: {SECONDS}")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        _fuzz(options.inside, options.seconds)
    from tests.fuzz.readers import READERS

    if unknown := {*options.readers} - {*READERS}:
        parser.error(f"{', '.join(sorted(unknown))}: no reader; there are {', '.join(READERS)}")
    for name in options.readers or READERS:
        command = [sys.executable, "-m", "tests.fuzz", "--inside", name, "--seconds", str(options.seconds)]
        ended = subprocess.run(command, check=False).returncode
        if ended:
            print(f"{name}: ended with {ended}", file=sys.stderr)
            sys.exit(77)


def _fuzz(name: str, seconds: int) -> None:
    import atheris  # type: ignore[import-untyped]

    with atheris.instrument_imports(include=["tui_migrate.mail"]):
        from tests.fuzz.readers import READERS, read
    reader = READERS[name]
    corpus = Path(tempfile.mkdtemp(prefix="fuzz-"))
    (corpus / "whole").write_bytes(reader.whole())
    limits = [f"-max_total_time={seconds}", f"-timeout={LONGEST}", f"-rss_limit_mb={MOST_MEGABYTES}", "-max_len=200000"]
    kept = f"-artifact_prefix={os.fspath(corpus)}/failed-"
    print(f"{name}: {corpus}", flush=True)
    atheris.Setup([sys.argv[0], *limits, kept, str(corpus)], lambda octets: read(reader, octets))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
