"""A sandbox server for the time of one run."""

import json
import re
import subprocess
import urllib.request

EMAIL = "compare@example.com"
PASSWORD = "compare-compare"


class Sandbox:
    """`with Sandbox(binary, folder, ["--latency", "50ms"]) as server:`"""

    def __init__(self, binary, folder, options=()):
        self.command = [
            binary, "sandbox", "--dir", folder, "--quota", "2T", "--no-witness",
            "--account", f"{EMAIL}:{PASSWORD}", *options,
        ]
        self.url = None
        self.before = {}

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        line = self.process.stdout.readline().decode()
        found = re.search(r"http://[0-9.:]+/", line)
        if not found:
            raise SystemExit(f"the sandbox did not start: {line!r}")
        self.url = found.group()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def stats(self):
        """The server's counters."""
        with urllib.request.urlopen(self.url + "sandbox/stats") as answer:
            return json.load(answer)

    def mark(self):
        """Counts from now on."""
        self.before = self.stats()

    def count(self, run):
        """Writes into a run what it asked of the server since the mark."""
        now = self.stats()
        since = lambda name: now[name] - self.before[name]
        run.requests = since("requests") + since("polls")
        run.sent = since("bytes_up")
        run.received = since("bytes_down")
        return run
