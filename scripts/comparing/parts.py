"""The inner loops, by `cargo bench`, beside what they are held against."""

import dataclasses
import os
import pathlib
import re
import subprocess
import sys

from .machine import openssl

UNITS = {"": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


@dataclasses.dataclass
class Speed:
    """How fast one thing was."""

    rate: float  # bytes or tries a second


@dataclasses.dataclass
class Parts:
    """A job without a server: every run measures all of its series in turns."""

    name: str
    title: str
    unit: str  # of the rates
    once: object  # (root) -> {series: rate}

    def measure(self, clients, binary, runs, smoke, work):
        root = pathlib.Path(__file__).resolve().parent.parent.parent
        found = {}
        for _ in range(runs):
            for series, rate in self.once(root, smoke).items():
                if rate:
                    found.setdefault(series, []).append(Speed(rate))
        for series, taken in found.items():
            median = sorted(speed.rate for speed in taken)[len(taken) // 2]
            print(f"   {series:40} {median:16,.0f} {self.unit}/s", file=sys.stderr)
        return found


def bench(root, name, only, smoke):
    """Rates of a benchmark's medians by their place: ("large_side_by_side", "t=1")."""
    options = ["--sample-count", "1"] if smoke else []
    printed = subprocess.run(
        ["cargo", "bench", "--quiet", "--bench", name, "--", only, *options],
        cwd=root, capture_output=True, text=True, check=True,
        env=os.environ | {"DIVAN_BYTES_FORMAT": "decimal"},
    ).stdout
    return read(printed)


def read(printed):
    """Divan's tree: a name's depth is that of its branch, its rates stand in the line below its times."""
    place, rates = [], {}
    for line in printed.splitlines():
        branch = re.match(r"^((?:│  |   )*)(?:├─|╰─) (.*?)(?:\s{2,}|\s*│|$)", line)
        if branch:
            depth = len(branch.group(1)) // 3
            place[depth:] = [branch.group(2).strip()]
            continue
        found = re.findall(r"([0-9.]+) ([KMGT]?)(?:B|item)/s", line)
        if len(found) == 4:  # fastest, slowest, median, mean
            number, unit = found[2]
            rates[tuple(place)] = float(number) * UNITS[unit]
    return rates


def kernel(root, smoke):
    large = str(64 << 20)
    one = bench(root, "content", "decrypt", smoke)
    both = bench(root, "content", "large_side_by_side", smoke)
    kernels = {
        place[1].split('"')[1]: rate
        for place, rate in one.items()
        if place[0] == "decrypt" and len(place) > 1 and large in place[1]
    }
    return {
        "OpenSSL AES-128-CTR, one core": openssl(),
        **{f"{name}, one core": rate for name, rate in kernels.items()},
        "fastest, one core": both.get(("large_side_by_side", "t=1")),
        "fastest, two cores together": 2 * both.get(("large_side_by_side", "t=2"), 0),
    }


def hashcash(root, smoke):
    cores = os.cpu_count()
    rates = bench(root, "hashcash", "tries", smoke)
    found = {}
    for place, rate in rates.items():
        threads = next((part for part in place if part.startswith("t=")), None)
        if threads is None or len(place) != 3:
            continue
        way = next(part for part in place[1:] if part != threads)
        count = int(threads.removeprefix("t="))
        where = "one core" if count == 1 else "all cores together"
        found[f"{way}, {where}"] = rate * count
    if cores > 1:
        ways = [rate for series, rate in found.items() if "all cores" in series and not series.startswith("plain")]
        found["fastest, all cores together"] = max(ways, default=None)
    return found


ALL = [
    Parts("kernel", "content kernel, 64 MiB", "bytes", kernel),
    Parts("hashcash", "hashcash", "tries", hashcash),
]
