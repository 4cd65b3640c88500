"""Made-up pages with what stands in them, and how much of it is found.

A page is a TOML file: `text` with § where a story starts and ¤ before a line that is no news, and `stories` with
headline, outlet, day and byline of each. `develop` were looked at while the rules were
written; `held` were written before them, `harder` after, and each was measured once before anything was mended.

    python tests/support/made_pages.py held
"""

import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "index" / "pages"


@dataclass(frozen=True)
class MadePage:
    """One page: its text without the marks, where its stories start, what they are, and which lines are no news."""

    name: str
    text: str
    starts: tuple[int, ...]
    stories: tuple[tuple[str, ...], ...]
    asides: tuple[tuple[int, int], ...]
    about: dict[str, object]


def read_pages(folder: str) -> Iterator[MadePage]:
    """The pages of one folder, by name."""
    for file in sorted((FOLDER / folder).glob("*.toml")):
        about = tomllib.loads(file.read_text("utf-8"))
        text, starts, asides = "", [], []
        for line in about.pop("text").splitlines(keepends=True):
            if line.startswith("§"):
                starts.append(len(text))
                line = line[1:]
            if line.startswith("¤"):
                line = line[1:]
                asides.append((len(text), len(text) + len(line.rstrip())))
            text += line
        stories = tuple(tuple(story) for story in about.pop("stories", []))
        assert len(stories) == len(starts), f"{file}: {len(starts)} § and {len(stories)} stories"
        yield MadePage(file.stem, text, tuple(starts), stories, tuple(asides), about)


def measure(folder: str) -> dict[str, object]:
    """How much of the pages of one folder is found: starts, headlines, outlets, days, bylines, characters marked."""
    from index.understanding.page import read_page

    right = found = there = 0
    fields = dict.fromkeys(("headline", "outlet", "day", "byline"), 0)
    marked = marked_rightly = to_mark = heads = heads_right = false_pages = 0
    missed: list[str] = []
    for made in read_pages(folder):
        page = read_page(made.text, name=f"{made.name}.txt")
        starts = [section.start for section in page.sections]
        there += len(made.starts)
        found += len(starts)
        right += len(set(starts) & set(made.starts))
        false_pages += bool(starts) and not made.starts
        if starts != list(made.starts):
            missed.append(f"{made.name}: starts {starts}, not {list(made.starts)}")
        for start, story in zip(made.starts, made.stories, strict=True):
            section = next((s for s in page.sections if s.start == start), None)
            got = (section.title, section.source, section.published, section.byline) if section else (None,) * 4
            for name, value, wanted in zip(fields, got, story, strict=True):
                stands = name == "day" and bool(made.about.get("page_day_stands")) and value is None
                fields[name] += (value or "") == wanted or (stands and section is not None)
                if section and (value or "") != wanted and not stands:
                    missed.append(f"{made.name}: {name} {value!r}, not {wanted!r}")
        for name in ("published", "place", "agency"):
            if name in made.about:
                heads += 1
                heads_right += getattr(page, name) == made.about[name]
                if getattr(page, name) != made.about[name]:
                    missed.append(f"{made.name}: {name} {getattr(page, name)!r}, not {made.about[name]!r}")
        said = {i for start, end in made.asides for i in range(start, end)}
        ours = {i for aside in page.asides for i in range(aside.start, aside.end) if not made.text[i].isspace()}
        marked, marked_rightly = marked + len(ours), marked_rightly + len(ours & said)
        to_mark += sum(not made.text[i].isspace() for i in said)
        missed += [f"{made.name}: no aside {made.text[min(ours - said) :][:40]!r}"] if ours - said else []
        missed += [f"{made.name}: aside kept {made.text[a:b]!r}" for a, b in made.asides if a not in ours]
    return {
        "section starts": f"precision {right}/{found}, recall {right}/{there}",
        **{f"{name} right": f"{count}/{there}" for name, count in fields.items()},
        "single pages with sections": false_pages,
        "head fields of single pages right": f"{heads_right}/{heads}",
        "aside characters": f"precision {marked_rightly}/{marked}, recall {marked_rightly}/{to_mark}",
        "missed": missed,
    }


if __name__ == "__main__":
    for name, value in measure(sys.argv[1]).items():
        print(f"{name}: {value}" if not isinstance(value, list) else "\n".join(value))
