"""What megarc has set itself, judged by the kept figures."""

import statistics

PEERS = ("rclone", "megatools")


def median(kept, job, series, field):
    """The median of a field, or None where that was not measured."""
    runs = kept.get(job, {}).get("series", {}).get(series)
    return statistics.median(runs[field]) if runs else None


class Bound:
    """A figure of megarc that has to stay under a bound, absolute or a part of the best peer's."""

    def __init__(self, job, field, most=None, part=None, series="megarc", peers=PEERS, suffix=""):
        self.job, self.field, self.most, self.part = job, field, most, part
        self.series = series
        self.peers = [peer + suffix for peer in peers]

    def goal(self):
        """The bound in words."""
        if self.part is None:
            return f"≤ {show(self.field, self.most)}"
        who = "the best peer" if len(self.peers) > 1 else self.peers[0].split(",")[0]
        return f"≤ {self.part:.3g} × {who}'s"

    def judge(self, kept):
        """(what was reached, whether that is enough), or None where a figure is missing."""
        mine = median(kept, self.job, self.series, self.field)
        if mine is None:
            return None
        if self.part is None:
            return show(self.field, mine), mine <= self.most
        others = [median(kept, self.job, peer, self.field) for peer in self.peers]
        others = [value for value in others if value]
        if not others:
            return None
        ratio = mine / min(others)
        return f"{ratio:.3f} ×", ratio <= self.part


class Speed:
    """A speed that has to be at least so many times another one."""

    field = "rate"

    def __init__(self, job, series, than, least):
        self.job, self.series, self.than, self.least = job, series, than, least

    def goal(self):
        return f"≥ {self.least:.3g} × {self.than}"

    def judge(self, kept):
        mine = median(kept, self.job, self.series, self.field)
        other = median(kept, self.job, self.than, self.field)
        if not mine or not other:
            return None
        return f"{mine / other:.2f} ×", mine / other >= self.least


UNITS = {
    "rate": ("speed", "", 1),
    "wall": ("wall", "s", 1),
    "cpu": ("CPU", "s", 1),
    "memory": ("peak memory", "MiB", 1024),
    "requests": ("requests", "", 1),
}


def show(field, value):
    _, unit, divisor = UNITS[field]
    value = value / divisor
    text = f"{value:.3f}" if unit == "s" and value < 1 else f"{value:.2f}" if unit == "s" else f"{value:.0f}"
    return f"{text} {unit}".strip()


MIB = 1024  # the kernel counts memory in KiB

# memory in transfers: 32 MiB and 2 MiB for each of four connections, as many as a file has
TRANSFER_MEMORY = (32 + 2 * 4) * MIB

ALL = [
    Bound("up", "cpu", most=0.65),
    Bound("up", "cpu", part=1 / 4, peers=("rclone",)),
    Bound("up", "wall", part=1 / 3),
    Bound("up", "memory", most=TRANSFER_MEMORY),
    Bound("down", "cpu", most=0.65),
    Bound("down", "cpu", part=1 / 3, peers=("megatools",)),
    Bound("down", "wall", part=1 / 2),
    Bound("down", "memory", most=TRANSFER_MEMORY),
    *(
        bound
        for job in ("many-up", "many-down")
        for bound in (Bound(job, "wall", most=1.5), Bound(job, "cpu", most=1.0))
    ),
    *(
        bound
        for job in ("many-up-50", "many-down-50")
        for bound in (Bound(job, "wall", most=5.0), Bound(job, "requests", most=60))
    ),
    Speed("kernel", "fastest, one core", "OpenSSL AES-128-CTR, one core", 0.8),
    Speed("kernel", "aes-ni, one core", "OpenSSL AES-128-CTR, one core", 0.5),
    Speed("kernel", "fastest, two cores together", "fastest, one core", 1.8),
    Speed("hashcash", "fastest, all cores together", "plain, all cores together", 3),
    Bound("start", "wall", most=0.025),
    Bound("start", "requests", most=2),
    Bound("nodes-1m", "cpu", most=1.5, series="megarc, first"),
    Bound("nodes-1m", "cpu", part=1 / 8, series="megarc, first", peers=("rclone",), suffix=", first"),
    Bound("nodes-1m", "memory", most=260 * MIB, series="megarc, first"),
    Bound("nodes-1m", "memory", part=1 / 8, series="megarc, first", peers=("rclone",), suffix=", first"),
    Bound("nodes-1m", "wall", most=0.3, series="megarc, again"),
    Bound("nodes-1m", "memory", most=260 * MIB, series="megarc, again"),
]


def detail(bound):
    """Which of a job's series is meant."""
    if isinstance(bound, Speed):
        return f": {bound.series}"
    return f" ({bound.series.split(', ')[1]})" if ", " in bound.series else ""


def table(kept, titles):
    """Every goal, with what was reached."""
    rows = ["| job | | goal | reached | |", "| --- | --- | ---: | ---: | --- |"]
    for bound in ALL:
        reached, holds = bound.judge(kept) or ("not measured", None)
        title = titles[bound.job] + detail(bound)
        word = {True: "met", False: "**missed**", None: ""}[holds]
        rows.append(f"| {title} | {UNITS[bound.field][0]} | {bound.goal()} | {reached} | {word} |")
    return "\n".join(rows) + "\n"
