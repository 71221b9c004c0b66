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

    def measure(self, clients, binary, runs, smoke, work):
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=work))
        found = self.run(Bench(clients, str(binary), runs, smoke, folder))
        clear_large(folder)
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

    @contextlib.contextmanager
    def server_folder(self):
        """Where a server keeps what it is sent: in memory, where there is room.
        How fast its disk syncs is no client's merit."""
        memory = pathlib.Path("/dev/shm")
        if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 8 << 30:
            with tempfile.TemporaryDirectory(prefix="compare-server-", dir=memory) as folder:
                yield folder
        else:
            folder = tempfile.mkdtemp(prefix="server-", dir=self.folder)
            yield folder
            clear_large(folder)

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


# seconds from which on a run is not repeated
LONG = 20


def again(clients, found, series="{}"):
    """The clients of the next round: what takes long is measured once, since
    nothing that matters is decided by a tenth of it."""
    def is_short(client):
        taken = found.get(series.format(client.name))
        return not taken or taken[-1].wall < LONG

    return [client for client in clients if is_short(client)]


def random_file(path, size, seed):
    generator = random.Random(seed)
    with open(path, "wb") as file:
        for begun in range(0, size, MIB):
            file.write(generator.randbytes(min(MIB, size - begun)))


def clear_large(folder):
    """Gives room back. Small files stay until all jobs are done: ext4 shuns what
    was deleted within the last minutes, and looks for other places one by one,
    so that the next client to make many files would pay for those cleared away."""
    for path, _, names in os.walk(folder):
        for name in names:
            file = pathlib.Path(path, name)
            if file.stat(follow_symlinks=False).st_size >= MIB:
                file.unlink()


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
            for client in again(clients, found):
                with bench.server_folder() as keep, bench.sandbox(*options, keep=keep) as server:
                    home = bench.home()
                    timed_with(client, server, home, "about")
                    if client.name == "megatools":  # it does not make the folder
                        timed_with(client, server, home, "mkdir", "into")
                    run = timed_with(client, server, home, "up", str(source), "into")
                    size = sum(file.stat().st_size for file in source.iterdir())
                    if run.sent < size:
                        raise SystemExit(f"{client.name} sent {run.sent} of {size} bytes")
                    found[client.name].append(run)
        return found

    return run


def download(make, *options, only=None):
    """From one account to the disk; what arrives is compared."""

    def run(bench):
        source = make(bench)
        clients = chosen(bench, only)
        with bench.server_folder() as keep:
            with bench.sandbox(keep=keep) as server:
                bench.megarc(server, "up", str(source), "from")
            found = {client.name: [] for client in clients}
            with bench.sandbox(*options, keep=keep) as server:
                homes = {client.name: bench.home() for client in clients}
                for client in clients:
                    timed_with(client, server, homes[client.name], "about")
                for _ in range(bench.runs):
                    for client in again(clients, found):
                        target = pathlib.Path(tempfile.mkdtemp(prefix="target-", dir=bench.folder))
                        run = timed_with(client, server, homes[client.name], "down", "from", str(target))
                        same(client, source, target)
                        clear_large(target)
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
                for client in again(chosen(bench, only), found, "{}, first"):
                    home = bench.home()
                    for series in ("first", "again"):
                        run = timed_with(client, server, home, "size")
                        found.setdefault(f"{client.name}, {series}", []).append(run)
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
