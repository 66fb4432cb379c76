"""Debian's packages of servers that cannot be installed beside each other: fetched, never installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path


class Missing(Exception):
    """What this machine lacks, as a sentence."""


def lacking() -> str:
    """Why no server can be unpacked here; empty when it can."""
    if os.geteuid() != 0:
        return "It needs root: servers run in namespaces of their own, and as users of their own."
    programs = ("apt-get", "dpkg-deb", "unshare", "mount", "chroot", "tar")
    if absent := [name for name in programs if shutil.which(name) is None]:
        return f"It needs a Debian machine: {', '.join(absent)} not found."
    return ""


def fetch(names: Sequence[str], cache: Path) -> list[Path]:
    """The packages and what they need besides what is installed, in a folder of `cache` that is kept.

    Raises: Missing with the last words of apt-get."""
    folder = cache / "_".join(names)
    (folder / "partial").mkdir(parents=True, exist_ok=True)
    found = _download(names, folder)
    if found.returncode:
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True, check=False)
        found = _download(names, folder)
    if found.returncode:
        last = (found.stderr.strip().splitlines() or ["apt-get said nothing"])[-1]
        raise Missing(f"apt-get does not give {' '.join(names)}: {last}")
    return sorted(folder.glob("*.deb"))


def _download(names: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    # Nothing is installed, so the lock of those who install is not needed. What is there is not fetched again.
    options = (f"Dir::Cache::archives={folder}", "Debug::NoLocking=1", "APT::Sandbox::User=root")
    command = ["apt-get", "install", "--download-only", "--yes", "--no-install-recommends", "--quiet=2"]
    command += [part for option in options for part in ("--option", option)]
    return subprocess.run([*command, *names], capture_output=True, text=True, check=False)
