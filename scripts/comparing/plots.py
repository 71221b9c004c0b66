"""Drawings as SVG, written by hand: no library, and the same bytes every time."""

import html
import math
import statistics

COLOURS = {"megarc": "#c0392b", "rclone": "#2c6fbb", "megatools": "#7a7a7a"}
FONT = 'font-family="sans-serif" font-size="13"'
WIDTH, LABELS, RIGHT = 760, 150, 90


def colour(series):
    return COLOURS.get(series.split(",")[0], "#444")


def bars(title, series):
    """A bar a series: the median of the wall time, with a line from the least to the most."""
    top, step = 34, 30
    height = top + step * len(series) + 12
    most = max(max(runs["wall"]) for runs in series.values()) or 1
    scale = (WIDTH - LABELS - RIGHT) / most
    out = [head(height, f"{title}: wall time, seconds")]
    for index, (name, runs) in enumerate(series.items()):
        y = top + index * step
        median = statistics.median(runs["wall"])
        least, top_most = (LABELS + value * scale for value in (min(runs["wall"]), max(runs["wall"])))
        out.append(f'<text x="{LABELS - 8}" y="{y + 15}" text-anchor="end" {FONT}>{html.escape(name)}</text>')
        out.append(f'<rect x="{LABELS}" y="{y}" width="{max(median * scale, 1):.1f}" height="20" fill="{colour(name)}"/>')
        out.append(f'<path d="M{least:.1f} {y + 10}H{top_most:.1f}" stroke="#000" stroke-width="1.5"/>')
        out.append(f'<text x="{max(top_most, LABELS + median * scale) + 6:.1f}" y="{y + 15}" {FONT}>{median:.3g}</text>')
    return "\n".join([*out, "</svg>", ""])


def growth(title, sizes):
    """Wall time over the number of nodes, both logarithmic."""
    numbers = {"k": 1_000, "m": 1_000_000}
    points = {}
    for name, series in sizes.items():
        count = name.removeprefix("nodes-")
        nodes = int(count[:-1]) * numbers[count[-1]]
        for line, runs in series.items():
            points.setdefault(line, []).append((nodes, statistics.median(runs["wall"])))
    everything = [point for line in points.values() for point in line]
    x = axis([nodes for nodes, _ in everything], LABELS - 60, WIDTH - 190)
    y = axis([max(wall, 1e-4) for _, wall in everything], 300, 40)
    out = [head(340, f"{title}: wall time, seconds, by nodes (both logarithmic)")]
    for value in x.marks:
        out.append(f'<text x="{x(value):.1f}" y="322" text-anchor="middle" {FONT}>{value:,.0f}</text>')
        out.append(f'<path d="M{x(value):.1f} 40V304" stroke="#ddd"/>')
    for value in y.marks:
        out.append(f'<text x="{LABELS - 66}" y="{y(value) + 4:.1f}" text-anchor="end" {FONT}>{value:g}</text>')
        out.append(f'<path d="M{LABELS - 60} {y(value):.1f}H{WIDTH - 190}" stroke="#ddd"/>')
    ends = []
    for line, found in points.items():
        found.sort()
        path = " ".join(f"{x(nodes):.1f},{y(max(wall, 1e-4)):.1f}" for nodes, wall in found)
        dashes = ' stroke-dasharray="5 4"' if "again" in line else ""
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour(line)}" stroke-width="2"{dashes}/>')
        ends.append((y(max(found[-1][1], 1e-4)), x(found[-1][0]), line))
    last = -100.0
    for height, right, line in sorted(ends):
        last = max(height, last + 15)
        out.append(f'<text x="{right + 8:.1f}" y="{last + 4:.1f}" fill="{colour(line)}" {FONT}>{html.escape(line)}</text>')
    return "\n".join([*out, "</svg>", ""])


def axis(values, begin, end):
    """A logarithmic scale over whole decades."""
    low = math.floor(math.log10(min(values)))
    high = max(math.ceil(math.log10(max(values))), low + 1)

    def place(value):
        return begin + (math.log10(value) - low) / (high - low) * (end - begin)

    place.marks = [10.0**exponent for exponent in range(low, high + 1)]
    return place


def head(height, title):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n'
        f'<text x="10" y="20" font-weight="bold" {FONT}>{html.escape(title.replace("`", ""))}</text>'
    )
