"""Many threads take their memory from a few places."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_THREADS = """
import threading
from tui_migrate.engine.arenas import share_arenas
share_arenas()
all_here = threading.Barrier(12)
def work():
    kept = [bytes(2000) for _ in range(100)]
    all_here.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
starts = [int(line.partition("-")[0], 16) for line in open("/proc/self/maps")]
print(sum(start % (64 << 20) == 0 for start in starts))
"""
"""An arena of glibc begins at a multiple of 64 MB."""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library keeps memory in another way")
def test_threads_share_what_others_have_freed() -> None:
    done = subprocess.run([sys.executable, "-c", _THREADS], capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 2
