"""What the measured figures become at sizes that do not fit this machine.

Nothing here is measured: costs a node, a file and a byte are taken between
measured sizes and carried on in a straight line. Where a size was measured
that the line can be held against, it is shown beside the estimate.
"""

from .goals import median

NODES = {"nodes-10k": 10_000, "nodes-100k": 100_000, "nodes-1m": 1_000_000, "nodes-5m": 5_000_000}
FAR = 10_000_000
FILES = 1000  # of each many-* job
GIB = 1 << 30
TERABYTES = 10 * 10**12
MIB = 1024  # the kernel counts memory in KiB


def section(kept):
    """The tables, or None where nothing they need was measured."""
    parts = [part for part in (nodes(kept), files(kept), volume(kept)) if part]
    return "\n".join(parts) if parts else None


def nodes(kept):
    rows = []
    for series in ("megarc, first", "megarc, again", "rclone, first", "rclone, again"):
        known = [
            (count, {field: median(kept, job, series, field) for field in ("wall", "cpu", "memory")})
            for job, count in NODES.items()
            if median(kept, job, series, "wall") is not None
        ]
        if len(known) < 2:
            continue
        (small, low), (large, high) = known[-2:]
        cells = []
        for field, divisor, unit in (("wall", 1, "s"), ("cpu", 1, "s"), ("memory", MIB, "MiB")):
            each = (high[field] - low[field]) / (large - small)
            far = high[field] + each * (FAR - large)
            cells.append(f"{far / divisor:,.1f} {unit}" if unit == "s" else f"{far / divisor:,.0f} {unit}")
        each = (high["memory"] - low["memory"]) * 1024 / (large - small)
        cells.append(f"{each:,.0f} B")
        rows.append(f"| {series} | {small:,} and {large:,} | {' | '.join(cells)} |")
    if not rows:
        return None
    head = [
        f"An account of {FAR:,} nodes, from the two largest that were measured:\n",
        "| | measured at | wall | CPU | peak memory | memory a node |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    return "\n".join(head + rows) + "\n"


def files(kept):
    rows = []
    for way in ("up", "down"):
        for program in ("megarc", "rclone", "megatools"):
            near = median(kept, f"many-{way}", program, "wall")
            far = median(kept, f"many-{way}-50", program, "wall")
            if near is None or far is None:
                continue
            estimate = near + (far - near) * 200 / 50
            measured = median(kept, f"many-{way}-200", program, "wall")
            shown = f"{measured:.1f} s" if measured is not None else "–"
            days = estimate * FAR / FILES / 86_400
            rows.append(f"| {program}, {way} | {near:.1f} s | {far:.1f} s | {estimate:.1f} s | {shown} | {days:.1f} days |")
    if not rows:
        return None
    head = [
        f"Small files, {FILES} of 10 KiB at 0 and 50 ms, carried on to 200 ms and to {FAR:,} files. What is paid once a run counts every time here, so that the last column is a bound:\n",
        "| | 0 ms | 50 ms | 200 ms, estimated | 200 ms, measured | ten million at 200 ms |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    return "\n".join(head + rows) + "\n"


def volume(kept):
    rows = []
    for way in ("up", "down"):
        for program in ("megarc", "rclone", "megatools"):
            wall, cpu = (median(kept, way, program, field) for field in ("wall", "cpu"))
            if wall is None:
                continue
            times = TERABYTES / GIB
            memory = median(kept, way, program, "memory") / MIB
            rows.append(f"| {program}, {way} | {wall * times / 3600:.1f} h | {cpu * times / 3600:.2f} h | {memory:.0f} MiB |")
    if not rows:
        return None
    head = [
        "10 TB of large files, at the speed of 1 GiB on this machine:\n",
        "| | wall | CPU | peak memory |",
        "| --- | ---: | ---: | ---: |",
    ]
    return "\n".join(head + rows) + "\n"
