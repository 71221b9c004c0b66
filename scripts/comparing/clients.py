"""How each program is told to do a job."""

import os
import pathlib
import shutil
import subprocess
import sys

from .sandbox import EMAIL, PASSWORD


class Client:
    """A program and its way of saying things. `home` is its own folder."""

    name = ""

    def __init__(self, program, version):
        self.program = program
        self.version = version

    def environment(self, home, url):
        raise NotImplementedError

    def command(self, job, *places):
        """The arguments for a job, or None where the program has no such thing."""
        raise NotImplementedError


def clean(home):
    """An environment without anything of the caller's."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8"}


class Megarc(Client):
    name = "megarc"

    def environment(self, home, url):
        obscured = subprocess.run([self.program, "obscure", PASSWORD], capture_output=True, text=True, check=True)
        return clean(home) | {
            "MEGARC_CONFIG_MEGA_TYPE": "mega",
            "MEGARC_CONFIG_MEGA_USER": EMAIL,
            "MEGARC_CONFIG_MEGA_PASS": obscured.stdout.strip(),
            "MEGARC_MEGA_API_URL": url,
        }

    def command(self, job, *places):
        words = {
            "up": lambda local, remote: ["copy", local, f"mega:{remote}"],
            "down": lambda remote, local: ["copy", f"mega:{remote}", local],
            "size": lambda: ["size", "mega:"],
            "about": lambda: ["about", "mega:"],
        }[job](*places)
        return [self.program, *words]


class Rclone(Client):
    name = "rclone"

    def environment(self, home, url):
        obscured = subprocess.run([self.program, "obscure", PASSWORD], capture_output=True, text=True, check=True)
        return clean(home) | {
            "RCLONE_CONFIG": str(home / "rclone.conf"),
            "RCLONE_CONFIG_MEGA_TYPE": "mega",
            "RCLONE_CONFIG_MEGA_USER": EMAIL,
            "RCLONE_CONFIG_MEGA_PASS": obscured.stdout.strip(),
            "X_MEGA_API_URL": url.rstrip("/"),
        }

    def command(self, job, *places):
        # the number of transfers that did best for it, see docs/performance.md
        words = {
            "up": lambda local, remote: ["copy", "--transfers", "32", local, f"mega:{remote}"],
            "down": lambda remote, local: ["copy", "--transfers", "32", f"mega:{remote}", local],
            "size": lambda: ["size", "mega:"],
            "about": lambda: ["about", "mega:"],
        }[job](*places)
        return [self.program, *words]


class Megatools(Client):
    name = "megatools"

    def __init__(self, program, version, shim):
        super().__init__(program, version)
        self.shim = shim

    def environment(self, home, url):
        return clean(home) | {"LD_PRELOAD": str(self.shim), "MEGARC_SANDBOX_URL": url}

    def command(self, job, *places):
        words = {
            "up": lambda local, remote: ["copy", "--no-progress", "-l", local, "-r", f"/Root/{remote}"],
            "down": lambda remote, local: ["copy", "--no-progress", "--download", "-l", local, "-r", f"/Root/{remote}"],
            "size": lambda: ["ls", "-R", "-l"],
            "about": lambda: ["df"],
            "mkdir": lambda remote: ["mkdir", f"/Root/{remote}"],
        }[job](*places)
        return [self.program, *words, "--ignore-config-file", "-u", EMAIL, "-p", PASSWORD]


def available(root, binary, names):
    """The programs among `names` that can be run here; says which cannot."""
    found = []
    for name in names:
        if name == "megarc":
            found.append(Megarc(str(binary), first_line([binary, "version"])))
        elif name == "rclone":
            program = root / "target/ci/peers/bin/rclone"
            program = str(program) if program.exists() else shutil.which("rclone")
            if program:
                found.append(Rclone(program, first_line([program, "version"])))
            else:
                print("rclone is not installed (.ci/install-peers): left out", file=sys.stderr)
        elif name == "megatools":
            program = shutil.which("megatools")
            if program:
                version = first_line(["dpkg-query", "-W", "-f", "megatools ${Version}", "megatools"])
                found.append(Megatools(program, version, shim(root)))
            else:
                print("megatools is not installed (.ci/install-packages): left out", file=sys.stderr)
        else:
            raise SystemExit(f"no such client: {name}")
    return found


def first_line(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()


def shim(root):
    """Builds the library that points megatools at the sandbox."""
    built = pathlib.Path(root / "target/compare/megatools_shim.so")
    built.parent.mkdir(parents=True, exist_ok=True)
    source = root / "tests/peers/megatools_shim.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", built, source, "-ldl"], check=True)
    return built
