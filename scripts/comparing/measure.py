"""One run of one command: time, CPU, memory."""

import dataclasses
import os
import subprocess
import time


@dataclasses.dataclass
class Run:
    """What one run took."""

    wall: float  # seconds
    cpu: float  # seconds, user and system, with all children
    memory: int  # peak resident set, KiB
    requests: int = 0  # to the API and its event channel
    sent: int = 0  # bytes of content to the server
    received: int = 0  # bytes of content from it


def timed(command, env, cwd):
    """Runs a command to its end; it has to succeed."""
    with open(os.path.join(cwd, "stderr"), "w+b") as errors:
        started = time.monotonic()
        child = subprocess.Popen(
            command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            text = errors.read()[-2000:].decode(errors="replace")
            raise SystemExit(f"{' '.join(map(str, command))}: status {child.returncode}\n{text}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
