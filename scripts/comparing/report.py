"""Keeps the figures and writes them into docs/performance.md.

The document is written by hand; what stands between `<!-- measured: NAME -->`
and `<!-- end -->` is written by this module, from docs/performance/results.json.
"""

import dataclasses
import json
import re
import statistics
import sys

from . import goals, hyperscale, jobs, plots

FIGURES = "docs/performance/results.json"
DOCUMENT = "docs/performance.md"
NOT_YET = "Not measured yet.\n"
BLOCK = re.compile(r"(<!-- measured: ([a-z0-9-]+) -->\n).*?(<!-- end -->)", re.S)


def keep(root, results, machine):
    """Puts new figures beside those of the jobs that were not run."""
    file = root / FIGURES
    kept = json.loads(file.read_text()) if file.exists() else {}
    for name, found in results.items():
        kept[name] = {
            "machine": machine,
            "series": {
                series: {
                    field: [round(getattr(run, field), 4) for run in runs]
                    for field in (field.name for field in dataclasses.fields(runs[0]))
                }
                for series, runs in found.items()
            },
        }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


def render(root, check=False):
    """Writes the document and its drawings; with `check`, says whether they are that already."""
    kept = json.loads((root / FIGURES).read_text())
    titles = {job.name: job.title for job in jobs.ALL}
    document = (root / DOCUMENT).read_text()

    def block(found):
        name = found.group(2)
        if name == "machine":
            text = machines(kept)
        elif name == "goals":
            text = goals.table(kept, titles)
        elif name == "growth":
            text = "![growth](performance/growth.svg)\n" if growth else NOT_YET
        elif name == "hyperscale":
            text = hyperscale.section(kept) or NOT_YET
        elif name in kept:
            text = table(kept[name])
            if name in drawn:
                text += f"\n![{name}](performance/{name}.svg)\n"
        else:
            text = NOT_YET
        return f"{found.group(1)}\n{text}\n{found.group(3)}"

    drawn = {name for name, job in kept.items() if all("wall" in runs for runs in job["series"].values())}
    growth = {name: job["series"] for name, job in kept.items() if name.startswith("nodes-")}
    wanted = {root / DOCUMENT: BLOCK.sub(block, document)}
    for name in drawn:
        job = kept[name]
        wanted[root / f"docs/performance/{name}.svg"] = plots.bars(titles.get(name, name), job["series"])
    if growth:
        wanted[root / "docs/performance/growth.svg"] = plots.growth("`size` of an account", growth)
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    if check:
        for path in stale:
            print(f"{path} is not what scripts/compare --render writes", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(wanted[path])
    return 0


def machines(kept):
    """One line for each set-up that figures were taken on."""
    lines = {}
    for name, job in sorted(kept.items()):
        machine = job["machine"]
        programs = ", ".join(machine["programs"])
        line = (
            f"{machine['cores']} cores of {machine['processor']}, {machine['memory_gib']} GiB, {machine['system']};"
            f" {programs}; revision {machine['revision']}, {machine['date']}; median of {machine['runs']}"
        )
        lines.setdefault(line, []).append(name)
    return "".join(f"- {line} ({', '.join(names)})\n" for line, names in lines.items())


def table(job):
    """Medians with the spread."""
    if all("rate" in runs for runs in job["series"].values()):
        return rates(job)
    rows = [
        "| | wall s (least–most) | CPU s | peak memory MiB | requests |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for series, runs in job["series"].items():
        median = {field: statistics.median(values) for field, values in runs.items()}
        rows.append(
            f"| {series} | {figure(median['wall'])} ({figure(min(runs['wall']))}–{figure(max(runs['wall']))})"
            f" | {figure(median['cpu'])} | {median['memory'] / 1024:.0f} | {median['requests']:.0f} |"
        )
    return "\n".join(rows) + "\n"


def rates(job):
    """Speeds: the median with the spread."""
    rows = ["| | a second (least–most) |", "| --- | ---: |"]
    for series, runs in job["series"].items():
        values = runs["rate"]
        rows.append(f"| {series} | {rate(statistics.median(values))} ({rate(min(values))}–{rate(max(values))}) |")
    return "\n".join(rows) + "\n"


def rate(value):
    return f"{value / 1e9:.2f} GB" if value >= 1e8 else f"{value:.0f} tries"


def figure(value):
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"
