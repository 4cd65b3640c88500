"""The text of web pages: our reader beside trafilatura's settings and readability, measured by a public benchmark.

The benchmark is scrapinghub/article-extraction-benchmark; its own `evaluate.py` gives the figures. It knows the text
and the address of a page, no date and no headline: dates are checked against the pages' own tags, those taken away.
"""

import gzip
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from bench.record import open_parser, write_record
from index.article import Article, ArticleError, Original
from index.reading.formats.html import date_in_text, decode_page, parse_page, read_page, text_of_fragment
from index.reading.metadata import iso_date
from models.weights import sha256_of

RESAMPLES = 10_000
OURS = "groundwire"
SETTINGS: dict[str, dict[str, bool]] = {
    "trafilatura, its defaults": {},
    "trafilatura, no comments": {"include_comments": False},
    "trafilatura, no comments, fast": {"include_comments": False, "fast": True},
    "trafilatura, no comments, favor_recall": {"include_comments": False, "favor_recall": True},
    "trafilatura, no comments, favor_precision": {"include_comments": False, "favor_precision": True},
    "trafilatura, no comments, favor_precision, fast": {
        "include_comments": False,
        "favor_precision": True,
        "fast": True,
    },
}


def read_ours(data: bytes, name: str) -> tuple[Article | None, list[str]]:
    """The article of a page as `groundwire index` would read it, and what it says is wrong."""
    problems: list[str] = []
    article = None
    try:
        for item in read_page(data, Original(Path(name), name, name)):
            if isinstance(item, Article):
                article = item
            else:
                problems.append(str(item))
    except ArticleError as error:
        problems.append(str(error))
    return article, problems


def by_trafilatura(settings: Mapping[str, bool]) -> Callable[[str], str]:
    from trafilatura import extract

    return lambda page: extract(page, **settings) or ""  # type: ignore[arg-type]


def by_readability(page: str) -> str:
    from readability import Document

    return text_of_fragment(Document(page).summary(html_partial=True))


def evaluate(benchmark: Path, outputs: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Figures by the benchmark's own script, run in a folder of its own over `outputs`: name → page → text."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "output").mkdir()
        (folder / "ground-truth.json").write_bytes((benchmark / "ground-truth.json").read_bytes())
        names = list(outputs)
        for number, name in enumerate(names):
            found = {page: {"articleBody": text} for page, text in outputs[name].items()}
            (folder / "output" / f"{number}.json").write_text(json.dumps({"version": "", "output": found}), "utf-8")
        script = (benchmark / "evaluate.py").resolve()
        subprocess.run(
            [sys.executable, script, "--output", "figures.json"], cwd=folder, check=True, capture_output=True
        )
        held = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    return {name: held[str(number)] for number, name in enumerate(names)}


def f1_of(counts: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 as the benchmark's, from mean precision and mean recall: counts `(pages, 3)`, weights `(resamples, pages)`."""
    right, wrong, missed = counts.T
    with np.errstate(invalid="ignore"):
        shares = [right / (right + wrong), right / (right + missed)]
    means = [
        (weights * np.nan_to_num(share)).sum(1) / (weights * ~np.isnan(share)).sum(1) for share in shares
    ]  # a page with nothing found has no precision
    precision, recall = means
    return np.asarray(2 * precision * recall / (precision + recall))


def difference(ours: Any, other: Any) -> dict[str, float]:
    """F1 of ours less that of another over the same pages, with a 95 % interval of a paired, seeded bootstrap."""
    a, b = np.array(ours, float), np.array(other, float)
    weights = np.random.default_rng(0).multinomial(len(a), np.full(len(a), 1 / len(a)), RESAMPLES).astype(float)
    spread = f1_of(a, weights) - f1_of(b, weights)
    whole = np.ones((1, len(a)))
    low, high = np.quantile(spread, [0.025, 0.975])
    return {
        "difference": round(float((f1_of(a, whole) - f1_of(b, whole))[0]), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }


def same_page(url: str | None, true: str) -> bool:
    """Whether two addresses are of one page: host and path, whatever the scheme and the query."""
    one, other = urlsplit(url or ""), urlsplit(true)
    return (one.hostname, one.path.rstrip("/")) == (other.hostname, other.path.rstrip("/"))


def day_of(published: str) -> date:
    return date.fromisoformat(published[:10])


def dates_without_tags(pages: Mapping[str, str], articles: Mapping[str, Article]) -> dict[str, Any]:
    """How often the date found in text and address alone is the day that the page's tags, taken away here, had told."""
    told, none = 0, 0
    apart = {sure: Counter({"same day": 0, "a day apart": 0, "wrong": 0}) for sure in ("likely", "guess")}
    for name, article in articles.items():
        sure = any(origin.field == "published" and origin.sure == "sure" for origin in article.origins)
        tree = parse_page(pages[name])
        if not sure or article.published is None or tree is None:
            continue
        told += 1
        for element in tree.xpath("//meta | //script"):
            element.drop_tree()
        for element in tree.xpath("//*[@datetime]"):
            del element.attrib["datetime"]
        found = next(date_in_text(tree), None)
        day = iso_date(found.value) if found else None
        if found is None or day is None:
            none += 1
            continue
        days = abs((day_of(day) - day_of(article.published)).days)
        apart[found.sure][("same day", "a day apart", "wrong")[min(days, 2)]] += 1
    return {"pages whose tags tell it": told, "none found": none} | {
        sure: dict(counts) for sure, counts in apart.items()
    }


def main() -> None:
    parser = open_parser(__doc__ or "", name="extraction", weights=False)
    parser.add_argument("benchmark", type=Path, help="a clone of scrapinghub/article-extraction-benchmark")
    given = parser.parse_args()
    truth = json.loads((given.benchmark / "ground-truth.json").read_text(encoding="utf-8"))
    data = {page: gzip.decompress((given.benchmark / "html" / f"{page}.html.gz").read_bytes()) for page in truth}
    pages = {page: decode_page(held, page) for page, held in data.items()}
    read = {page: read_ours(held, f"{page}.html") for page, held in data.items()}
    articles = {page: article for page, (article, _) in read.items() if article is not None}
    outputs = {OURS: {page: articles[page].text if page in articles else "" for page in truth}}
    for name, settings in SETTINGS.items():
        extract = by_trafilatura(settings)
        outputs[name] = {page: extract(source) for page, source in pages.items()}
    outputs["readability-lxml"] = {page: by_readability(source) for page, source in pages.items()}
    held = evaluate(given.benchmark, outputs)
    table = {
        name: {key: round(figures[key], 4) for key in ("f1", "f1_std", "precision", "recall", "accuracy")}
        | ({} if name == OURS else {"ours_less_this": difference(held[OURS]["tp_fp_fns"], figures["tp_fp_fns"])})
        for name, figures in held.items()
    }
    print(f"{'':50} {'F1':>15} {'precision':>10} {'recall':>8} {'exact':>7}  ours less this")
    for name, row in table.items():
        less = row.get("ours_less_this")
        shown = f"{less['difference']:+.4f} ({less['low']:+.4f} to {less['high']:+.4f})" if less else ""
        f1 = f"{row['f1']:.4f} ± {row['f1_std']:.4f}"
        print(f"{name:50} {f1:>15} {row['precision']:10.4f} {row['recall']:8.4f} {row['accuracy']:7.3f}  {shown}")
    origins = Counter(
        f"{origin.field}: {origin.where}, {origin.sure}" for article in articles.values() for origin in article.origins
    )
    filled = Counter(re.sub(r":.*", "", name) for name in origins.elements())
    figures: dict[str, Any] = {
        "pages": len(truth),
        "text": table,
        "problems": [problem for _, problems in read.values() for problem in problems],
        "fields_filled": dict(sorted(filled.items())),
        "origins": dict(sorted(origins.items())),
        "address_right": sum(same_page(article.url, truth[page]["url"]) for page, article in articles.items()),
        "address_given": sum(article.url is not None for article in articles.values()),
        "date_without_tags": dates_without_tags(pages, articles),
        "readability-lxml": version("readability-lxml"),
    }
    for name in ("pages", "fields_filled", "address_right", "address_given", "date_without_tags"):
        print(f"{name:20}{figures[name]}")
    corpus = {
        "name": "scrapinghub/article-extraction-benchmark",
        "articles": len(truth),
        "ground_truth_sha256": sha256_of(given.benchmark / "ground-truth.json"),
        "evaluate_sha256": sha256_of(given.benchmark / "evaluate.py"),
    }
    write_record(given.name, figures, corpus=corpus)


if __name__ == "__main__":
    main()
