"""Draws how cost grows, as one SVG: a panel for each cost, passages to the right, both in powers of ten."""

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 360, 230  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 52, 66, 34, 34  # room for the numbers and the names of lines
COLOURS = ("#2563eb", "#d97706", "#059669", "#be185d", "#6d28d9", "#57606a")

Row = Mapping  # type: ignore[type-arg]
Line = tuple[str, Callable[[Row], float | None]]

PANELS: tuple[tuple[str, tuple[Line, ...]], ...] = (
    (
        "Making the archive, seconds of the processor",  # nothing is embedded
        (
            ("articles", lambda row: row["processor_seconds"]["write"]),
            ("FAISS", lambda row: row["processor_seconds"]["dense"]),
            ("tantivy", lambda row: row["processor_seconds"]["lexical"]),
        ),
    ),
    (
        "A warm search, milliseconds",
        (
            ("p95", lambda row: row["ms"]["whole"]["p95"]),
            ("p50", lambda row: row["ms"]["whole"]["median"]),
            ("processor", lambda row: row["ms"]["cpu"]["median"]),
            ("question", lambda row: row["ms"]["embed"]["median"]),
            ("dense", lambda row: row["ms"]["dense"]["median"]),
            ("words", lambda row: row["ms"]["lexical"]["median"]),
        ),
    ),
    (
        "Peak memory, MB (embedder in it)",
        (
            ("indexing", lambda row: row["make_peak_mb"]["all"]),
            ("search", lambda row: row["search_peak_mb"]["searched"]),
        ),
    ),
    (
        "On disk, MB",
        (
            ("archive", lambda row: row["disk_mb"]["archive.sqlite"]),
            ("FAISS", lambda row: row["disk_mb"]["faiss"]),
            ("tantivy", lambda row: row["disk_mb"]["tantivy"]),
        ),
    ),
    (
        "Opening and changing, seconds",
        (
            ("first search", lambda row: row["open_and_first_search_seconds"]),
            ("one changed", lambda row: row["one_changed_seconds"]["median"]),
            ("nothing", lambda row: row["nothing_changed_seconds"]["median"]),
        ),
    ),
    (
        "Recall of exact search",
        (("@10", lambda row: row["recall@10"]), ("@50", lambda row: row["recall@50"])),
    ),
)


def powers(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten below and above all values, one apart at the least.

    >>> powers([0.5, 20]), powers([10])
    ((-1, 2), (1, 2))
    """
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def label(power: int) -> str:
    """A power of ten in a few characters.

    >>> [label(power) for power in (-2, 0, 3, 4, 6)]
    ['0.01', '1', '1k', '10k', '1M']
    """
    for least, letter in ((6, "M"), (3, "k")):
        if power >= least:
            return f"{10 ** (power - least)}{letter}"
    return f"{10.0**power:g}"


def _panel(title: str, lines: Sequence[Line], rows: Sequence[Row], x: int, y: int) -> list[str]:
    points = [[(row["passages"], value) for row in rows if (value := read(row))] for _, read in lines]
    logs = not title.startswith("Recall")
    values = [value for line in points for _, value in line]
    low, high = powers(values) if logs else (0.9, 1.0)
    first, last = powers([row["passages"] for row in rows])

    def at(passages: float, value: float) -> tuple[float, float]:
        up = ((math.log10(value) if logs else value) - low) / (high - low)
        right = (math.log10(passages) - first) / (last - first)
        return (
            round(x + LEFT + right * (WIDTH - LEFT - RIGHT), 1),
            round(y + HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM), 1),
        )

    made = [f'<text x="{x + 8}" y="{y + 20}" class="title">{escape(title)}</text>']
    steps = range(int(low), int(high) + 1) if logs else [0.9, 0.95, 0.99, 1.0]
    for step in steps:
        left, height = at(10**first, 10**step if logs else step)
        right = x + WIDTH - RIGHT
        name = label(int(step)) if logs else f"{step:g}"
        made.append(f'<path d="M{left} {height}H{right}" class="grid"/>')
        made.append(f'<text x="{left - 6}" y="{height + 4}" class="end">{name}</text>')
    for power in range(first, last + 1):
        across, _ = at(10**power, 10**low if logs else low)
        made.append(f'<text x="{across}" y="{y + HEIGHT - BOTTOM + 16}" class="middle">{label(power)}</text>')
    taken: list[float] = []
    for (name, _), line, colour in zip(lines, points, COLOURS, strict=False):
        if not line:
            continue
        places = [at(*point) for point in line]
        made.append(f'<polyline points="{" ".join(f"{a},{b}" for a, b in places)}" stroke="{colour}"/>')
        made += [f'<circle cx="{a}" cy="{b}" r="2.5" fill="{colour}"/>' for a, b in places]
        height = places[-1][1] + 4
        while any(abs(height - other) < 11 for other in taken):
            height += 1
        taken.append(height)
        made.append(f'<text x="{places[-1][0] + 6}" y="{round(height, 1)}" style="fill:{colour}">{escape(name)}</text>')
    return made


def draw(rows: Sequence[Row]) -> str:
    """The SVG of the sizes that `bench.scale` measured, in order."""
    made = []
    for number, (title, lines) in enumerate(PANELS):
        made += _panel(title, lines, rows, WIDTH * (number % 2), HEIGHT * (number // 2))
    width, height = 2 * WIDTH, HEIGHT * -(-len(PANELS) // 2)
    style = (
        "text{font:11px sans-serif;fill:#57606a}.title{font-weight:bold;fill:#24292f}.end{text-anchor:end}"
        ".middle{text-anchor:middle}.grid{stroke:#d0d7de;fill:none}polyline{fill:none;stroke-width:1.8}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img" aria-label="How cost grows with the number of passages">\n'
        f'<style>{style}</style>\n<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
        + "\n".join(made)
        + "\n</svg>\n"
    )
