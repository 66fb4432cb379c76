"""A program that runs a command and prints what it took: wall seconds, CPU seconds, peak bytes, exit code.

    python -I -S stopwatch.py COMMAND [ARGUMENT...]

The command's own output goes to standard error. It is a process of its own, and imports next to nothing, because the
kernel counts the memory of the process that starts a command into the command's peak: less than this interpreter's
10 MB cannot be seen.
"""

import os
import sys
import time


def main() -> None:
    """Measure the command of the arguments."""
    command = sys.argv[1:]
    output_to_errors = [(os.POSIX_SPAWN_DUP2, 2, 1)]
    # Installing compiles a program's bytecode: one that compiles all of it at each start is not what an admin runs.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.monotonic()
    pid = os.posix_spawnp(command[0], command, environment, file_actions=output_to_errors)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.monotonic() - start
    peak_bytes = usage.ru_maxrss * 1024
    print(seconds, usage.ru_utime + usage.ru_stime, peak_bytes, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
