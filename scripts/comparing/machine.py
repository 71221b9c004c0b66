"""Where and when the figures were taken."""

import datetime
import os
import pathlib
import platform
import subprocess


def describe(root, clients, runs):
    """Facts that the document prints beside the figures."""
    return {
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "revision": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=root, capture_output=True, text=True
        ).stdout.strip(),
        "programs": [client.version for client in clients],
        "runs": runs,
        "openssl_aes_128_ctr": openssl(),
    }


def processor():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = next((line.split(":")[1].strip() for line in text.splitlines() if line.startswith("model name")), "?")
    flags = next((line.split(":")[1].split() for line in text.splitlines() if line.startswith("flags")), [])
    aes = [flag for flag in ("aes", "vaes", "avx512f") if flag in flags]
    return f"{model} ({', '.join(aes)})"


def openssl():
    """One core's AES-128-CTR by OpenSSL in bytes a second; None without it."""
    try:
        printed = subprocess.run(
            ["openssl", "speed", "-evp", "aes-128-ctr", "-bytes", "1048576", "-seconds", "3"],
            capture_output=True, text=True, check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    line = next((line for line in printed.splitlines() if line.lower().startswith("aes-128-ctr")), "")
    return float(line.split()[-1].rstrip("k")) * 1000 if line else None
