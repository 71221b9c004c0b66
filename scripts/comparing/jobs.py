"""What is measured."""

import contextlib
import dataclasses
import filecmp
import os
import pathlib
import random
import shutil
import sys
import tempfile

from . import parts
from .measure import timed
from .sandbox import Sandbox

MIB = 1 << 20


@dataclasses.dataclass
class Job:
    """A job with the same data for everyone."""

    name: str
    title: str
    run: object  # (bench) -> {series: [Run]}

    def measure(self, clients, binary, runs, smoke):
        with tempfile.TemporaryDirectory(prefix="compare-") as folder:
            bench = Bench(clients, str(binary), runs, smoke, pathlib.Path(folder))
            found = self.run(bench)
        for series, taken in found.items():
            best = sorted(taken, key=lambda run: run.wall)[len(taken) // 2]
            print(
                f"   {series:18} {best.wall:8.3f} s  {best.cpu:7.3f} CPU s  {best.memory / 1024:8.1f} MiB"
                f"  {best.requests:6} requests",
                file=sys.stderr,
            )
        return found


@dataclasses.dataclass
class Bench:
    """The clients, and a folder for one job."""

    clients: list
    binary: str
    runs: int
    smoke: bool
    folder: pathlib.Path

    def sandbox(self, *options, keep=None):
        folder = keep or tempfile.mkdtemp(prefix="server-", dir=self.folder)
        return Sandbox(self.binary, str(folder), options)

    def home(self):
        return pathlib.Path(tempfile.mkdtemp(prefix="home-", dir=self.folder))

    def megarc(self, server, job, *places):
        """Megarc does something that is not measured."""
        client = next(client for client in self.clients if client.name == "megarc")
        home = self.home()
        timed(client.command(job, *places), client.environment(home, server.url), home)


def timed_with(client, server, home, job, *places):
    environment = client.environment(home, server.url)
    server.mark()
    return server.count(timed(client.command(job, *places), environment, home))


def random_file(path, size, seed):
    generator = random.Random(seed)
    with open(path, "wb") as file:
        for begun in range(0, size, MIB):
            file.write(generator.randbytes(min(MIB, size - begun)))


def large(bench):
    source = bench.folder / "large"
    source.mkdir()
    random_file(source / "file.bin", (4 if bench.smoke else 1024) * MIB, 1)
    return source


def many(bench):
    source = bench.folder / "many"
    source.mkdir()
    for index in range(20 if bench.smoke else 1000):
        random_file(source / f"file-{index:04}.bin", 10 * 1024, index)
    return source


def chosen(bench, only):
    return [client for client in bench.clients if not only or client.name in only]


def upload(make, *options, only=None):
    """Every run into a new, empty account; logged in before, as a second command is."""

    def run(bench):
        source = make(bench)
        clients = chosen(bench, only)
        found = {client.name: [] for client in clients}
        for _ in range(bench.runs):
            for client in clients:
                keep = tempfile.mkdtemp(prefix="server-", dir=bench.folder)
                with bench.sandbox(*options, keep=keep) as server:
                    home = bench.home()
                    timed_with(client, server, home, "about")
                    if client.name == "megatools":  # it does not make the folder
                        timed_with(client, server, home, "mkdir", "into")
                    run = timed_with(client, server, home, "up", str(source), "into")
                    size = sum(file.stat().st_size for file in source.iterdir())
                    if run.sent < size:
                        raise SystemExit(f"{client.name} sent {run.sent} of {size} bytes")
                    found[client.name].append(run)
                shutil.rmtree(keep)
        return found

    return run


def download(make, *options, only=None):
    """From one account to the disk; what arrives is compared."""

    def run(bench):
        source = make(bench)
        clients = chosen(bench, only)
        keep = bench.folder / "server"
        with bench.sandbox(keep=keep) as server:
            bench.megarc(server, "up", str(source), "from")
        found = {client.name: [] for client in clients}
        with bench.sandbox(*options, keep=keep) as server:
            homes = {client.name: bench.home() for client in clients}
            for client in clients:
                timed_with(client, server, homes[client.name], "about")
            for _ in range(bench.runs):
                for client in clients:
                    target = pathlib.Path(tempfile.mkdtemp(prefix="target-", dir=bench.folder))
                    run = timed_with(client, server, homes[client.name], "down", "from", str(target))
                    same(client, source, target)
                    # ext4 shuns what was deleted within the last minute: clearing a
                    # thousand files away here would be paid for by the next client
                    if len(os.listdir(target)) == 1:
                        shutil.rmtree(target)
                    found[client.name].append(run)
        return found

    return run


def same(client, source, target):
    names = sorted(os.listdir(source))
    _, wrong, missing = filecmp.cmpfiles(source, target, names, shallow=False)
    if wrong or missing:
        raise SystemExit(f"{client.name} brought other bytes: {wrong[:3]} {missing[:3]}")


def account_of(nodes, only=None):
    """The size of an account: for a client that never saw it, and for one that did."""

    def run(bench):
        count = 100 if bench.smoke else nodes
        keep = bench.folder / "server"
        found = {}
        with bench.sandbox("--seed-nodes", str(count), keep=keep) as server:
            for _ in range(bench.runs):
                for client in chosen(bench, only):
                    home = bench.home()
                    first = timed_with(client, server, home, "size")
                    found.setdefault(f"{client.name}, first", []).append(first)
                    again = timed_with(client, server, home, "size")
                    found.setdefault(f"{client.name}, again", []).append(again)
        return found

    return run


def start(*options):
    def run(bench):
        found = {client.name: [] for client in bench.clients}
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(bench.sandbox(*options))
            homes = {client.name: bench.home() for client in bench.clients}
            for client in bench.clients:
                timed_with(client, server, homes[client.name], "about")
            for _ in range(bench.runs):
                for client in bench.clients:
                    found[client.name].append(timed_with(client, server, homes[client.name], "about"))
        return found

    return run


SLOW = ("--latency", "50ms")
FAR = ("--latency", "200ms")

ALL = [
    Job("up", "1 GiB up", upload(large)),
    Job("down", "1 GiB down, on disk", download(large)),
    Job("many-up", "1000 files of 10 KiB up", upload(many)),
    Job("many-down", "1000 files of 10 KiB down", download(many)),
    Job("many-up-50", "1000 files of 10 KiB up, 50 ms added to every answer", upload(many, *SLOW)),
    Job("many-down-50", "1000 files of 10 KiB down, 50 ms added to every answer", download(many, *SLOW)),
    # the peers would need ten minutes a run
    Job("many-up-200", "1000 files of 10 KiB up, 200 ms added to every answer", upload(many, *FAR, only=("megarc",))),
    Job("many-down-200", "1000 files of 10 KiB down, 200 ms added to every answer", download(many, *FAR, only=("megarc",))),
    Job("start", "`about` with a kept session", start()),
    Job("start-50", "`about` with a kept session, 50 ms added to every answer", start(*SLOW)),
    Job("nodes-10k", "`size` of an account of 10,000 nodes", account_of(10_000)),
    Job("nodes-100k", "`size` of an account of 100,000 nodes", account_of(100_000)),
    Job("nodes-1m", "`size` of an account of 1,000,000 nodes", account_of(1_000_000)),
    # rclone would need some 10 GiB of memory here
    Job("nodes-5m", "`size` of an account of 5,000,000 nodes", account_of(5_000_000, only=("megarc",))),
    *parts.ALL,
]
