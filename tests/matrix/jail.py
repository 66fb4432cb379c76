"""A server out of Debian packages that are not installed: it sees this machine with the packages unpacked over it.

What it writes outside of its own folder is in memory and goes with it: the machine is not changed, and no user is made.
"""

from __future__ import annotations

import contextlib
import shlex
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.servers.ports import HOST

START_SECONDS = 60.0
_STEP_SECONDS = 0.05

_ENTER = """
set -eu
mount --make-rprivate /
mkdir -p {folder}/jail
mount -t tmpfs tmpfs {folder}/jail
mkdir {folder}/jail/upper {folder}/jail/work {folder}/jail/root
cd {folder}/jail
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
for package in {packages}; do
    dpkg-deb --fsys-tarfile "$package" | tar --extract --keep-directory-symlink --directory root
done
mkdir -p root{folder}
mount --bind {folder} root{folder}
mount --rbind /dev root/dev
mount -t proc proc root/proc
# Not in the place of this shell: a server that changes its user would outlive the process that began all this.
chroot root /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 /bin/sh -eu {folder}/start
exit $?
"""


class Jail:
    """A process tree in mount and PID namespaces of its own. Ports are those of this machine."""

    def __init__(self, folder: Path, packages: Sequence[Path], start: str) -> None:
        """`start`: a shell script that runs as root inside, and in whose place the server's own process stays."""
        self.folder = folder
        (folder / "start").write_text(start)
        words = {"folder": shlex.quote(str(folder)), "packages": shlex.join(map(str, packages))}
        (folder / "enter").write_text(_ENTER.format(**words))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, ports: Sequence[int]) -> None:
        """Return when each of the ports takes connections. Raises: RuntimeError."""
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "/bin/sh", str(self.folder / "enter")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for(ports, self._process, self.folder / "log")
        except RuntimeError:
            self.stop()
            raise

    def stop(self) -> None:
        """End all processes: the first one of the namespace goes with the one that made it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()


def wait_for(ports: Sequence[int], process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when each of the ports takes connections. Raises: RuntimeError with the log's end when one does not."""
    deadline = time.monotonic() + START_SECONDS
    for port in ports:
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{log.parent.name} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(_STEP_SECONDS)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=5):
        return True
    return False
