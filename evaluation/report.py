"""A run as one page of HTML that needs no network: its figures drawn, and each question beside its gold.

Whatever an article, a model or a gold set says is text on that page, never markup. The page's own words and its
drawing are in `report.html`.
"""

import base64
import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from evaluation.figures import MEASURES, STAGES
from evaluation.gold.questions import Question
from evaluation.judge import Judged
from evaluation.measures import groups_held
from evaluation.run import Run
from evaluation.trec import DEPTH
from ground.files import write_whole
from ground.shown import CONTROLS
from index.article import Article
from index.passage import Span
from index.store.archive import Archive

TEMPLATE = Path(__file__).with_name("report.html")
AROUND = 200  # characters shown on each side of a quote
NEAREST = 3
COLUMNS = 4  # of a histogram, for each tick
LABEL = 0.12  # the share of a plot's width that a label needs
Articles = Callable[[str], Article | None]
Curve = Sequence[Mapping[str, float]]


@dataclass(frozen=True)
class ShownQuote:
    """A piece of an article as `pieces`, marked and not; without `span` where the archive does not hold it."""

    article_id: str
    span: Span | None
    pieces: tuple[tuple[str, bool], ...]
    title: str | None = None
    credit: str = ""
    url: str | None = None
    number: int = 0
    also_in: tuple[str, ...] = ()
    times: int = 1


def write_report(run: Run, archive: Archive, questions: Sequence[Question]) -> Path:
    """Writes `report.html` into the folder of a whole run; `questions` are its gold. One run gives the same bytes."""
    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, finalize=_spell_out
    )
    environment.filters |= {"percent": percent, "amount": amount, "at": _at, "sha256": _sha256, "mark": _markers}
    gold, articles = {question.id: question for question in questions}, cache(archive.article)
    views = [_view(row, gold[row.id], run.answers.get(row.id), articles) for row in run.judged]
    points = run.record["curves"]["risk_coverage"]
    seconds = {name: _histogram(run.judged, name) for name in ("seconds_total", "seconds_first_token")}
    html = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        record=run.record,
        measures=MEASURES,
        views=views,
        tally=Counter(view["outcome"] for view in views) + Counter(flag for view in views for flag in view["flags"]),
        kinds=dict(sorted(Counter(row.kind for row in run.judged).items())),
        answerable=sum(row.answerable for row in run.judged),
        stages=[stage for stage in STAGES if f"{stage}/mrr@{DEPTH}" in run.record["overall"]],
        seconds={name: bars for name, bars in seconds.items() if bars},
        columns=COLUMNS,
        points=points,
        labelled=_spread(sample(points, 4)),
        tabled=sample(points, 10),
        touched=sample(points, 60),
        bins=run.record["curves"]["calibration"],
    )
    file = run.folder / "report.html"
    write_whole(file, html)
    return file


# Numbers


def percent(share: float) -> str:
    """A share in percent, never rounded to all or nothing.

    >>> percent(2 / 3), percent(1), percent(0.9996), percent(0.99999), percent(0.00001)
    ('67', '100', '99.9', '> 99.9', '< 0.1')
    """
    if 0.005 <= share < 0.995 or share in (0, 1):
        return f"{100 * share:.0f}"
    if not 0.001 <= share <= 0.9999:
        return "> 99.9" if share > 0.5 else "< 0.1"
    return f"{(math.floor if share > 0.5 else math.ceil)(round(1000 * share, 6)) / 10:.1f}"


def amount(value: float) -> str:
    """Seconds, or a count: one decimal, or two digits where that would be nothing.

    >>> amount(12.345), amount(0.0123), amount(0)
    ('12.3', '0.012', '0.0')
    """
    return f"{value:.1f}" if value >= 1 or not value else f"{value:.2g}"


def ticks(top: float) -> list[float]:
    """Round numbers from 0 to `top` or the next one over it, six steps at most.

    >>> ticks(23), ticks(0.31), ticks(0)
    ([0.0, 5.0, 10.0, 15.0, 20.0, 25.0], [0.0, 0.1, 0.2, 0.3, 0.4], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    """
    top = top if top > 0 else 1.0
    unit = 10.0 ** math.floor(math.log10(top / 6))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m * 6 >= top)
    return [round(i * step, 9) for i in range(math.ceil(round(top / step, 9)) + 1)]


def _histogram(judged: Sequence[Judged], name: str) -> list[tuple[float, float, int]]:
    """Columns from `left` to `right` seconds and how many questions each holds, on one scale for all clocks."""
    held = [row.costs[name] for row in judged if name in row.costs]
    if not held:
        return []
    marks = ticks(max(value for row in judged for clock, value in row.costs.items() if clock.startswith("seconds")))
    width, last = marks[1] / COLUMNS, (len(marks) - 1) * COLUMNS - 1
    counts = Counter(min(int(value / width), last) for value in held)
    return [(round(i * width, 9), round((i + 1) * width, 9), counts[i]) for i in range(last + 1)]


def sample(points: Curve, n: int) -> Curve:
    """Up to `n` points of a curve, even in coverage; the last one always.

    >>> [point["coverage"] for point in sample([{"coverage": 0.1}, {"coverage": 0.2}, {"coverage": 0.6}], 3)]
    [0.2, 0.6]
    """
    wanted = [points[-1]["coverage"] * k / n for k in range(1, n + 1)] if points else []
    found = [next(i for i, point in enumerate(points) if point["coverage"] >= least) for least in wanted]
    return [points[i] for i in dict.fromkeys(found)]


def _spread(points: Curve) -> Curve:
    """The last point and those before it that are far enough from the next for a label."""
    kept: list[Mapping[str, float]] = []
    for point in reversed(points):
        if not kept or kept[-1]["coverage"] - point["coverage"] > LABEL:
            kept.append(point)
    return kept


# Questions


def _view(row: Judged, question: Question, answer: dict[str, Any] | None, articles: Articles) -> dict[str, Any]:
    """All that the page says of one question."""
    stage = next((s for s in reversed(STAGES) if s != "read" and s in row.rankings), "")
    found = {group for name in row.rankings.get(stage, [])[:DEPTH] for group in row.relevant.get(name, ())}
    lost = set(row.groups) - found
    held = groups_held(answer["answer"], question.groups) if answer and not answer["declined"] else []

    def group(g: int) -> dict[str, Any]:
        ranks = {s: [g in row.relevant.get(name, ()) for name in names] for s, names in row.rankings.items()}
        return {
            "forms": question.groups[g] if g < len(question.groups) else (),
            "held": (g < len(held) and held[g]) if answer else None,
            "ranks": {s: at.index(True) + 1 if any(at) else None for s, at in ranks.items()} if g in row.groups else {},
            "evidence": [
                _find(e.article_id, e.quote, [p.start for p in row.places if p.article_id == e.article_id], articles)
                for e in question.evidence
                if e.group == g
            ],
        }

    return {
        "row": row,
        "question": question,
        "answer": answer,
        "outcome": _outcome(row, lost),
        "flags": [*(["unfound"] if answer and lost else []), *(["missing"] if row.missing else [])],
        "citations": [_cited(citation, articles) for citation in answer["citations"]] if answer else [],
        "nearest": [_nearest(hit, row, articles) for hit in answer["hits"][:NEAREST]]
        if answer and row.declined
        else [],
        "groups": [group(g) for g in sorted({*range(len(question.groups)), *(e.group for e in question.evidence)})],
    }


def _outcome(row: Judged, lost: set[int]) -> str:
    if row.declined is None:
        return (
            "bare" if not row.groups else "found" if not lost else "partly" if len(lost) < len(row.groups) else "lost"
        )
    if not row.answerable:
        return "kept" if row.declined else "invented"
    return "refused" if row.declined else "unjudged" if row.right is None else "right" if row.right else "wrong"


def _cited(citation: Mapping[str, Any], articles: Articles) -> ShownQuote:
    found = _find(citation["article_id"], citation["quote"], [citation["start"]], articles)
    return replace(found, number=citation["number"], also_in=tuple(citation["also_in"]))


def _nearest(hit: Mapping[str, Any], row: Judged, articles: Articles) -> ShownQuote:
    """A passage that is no evidence, its start; one that is, the evidence marked."""
    article, start, end = articles(hit["article_id"]), hit["start"], hit["end"]
    if article is None:
        return ShownQuote(hit["article_id"], None, ())
    held = [(max(start, p.start), min(end, p.end)) for p in row.places if p.overlaps(article.id, start, end)]
    return _show(
        article, (start, end), _cut(article.text, (start, end if held else start + AROUND), (start, end)), held
    )


def _find(article_id: str, words: str, starts: Sequence[int], articles: Articles) -> ShownQuote:
    """Words marked among what stands around them, at the first of `starts` where the article holds them."""
    article = articles(article_id)
    held = [start for start in dict.fromkeys(starts) if article and article.text.startswith(words, start)]
    if article is None or not held:
        return ShownQuote(article_id, None, ((words, True),), article.title if article else None)
    span = (held[0], held[0] + len(words))
    return replace(_show(article, span, _cut(article.text, span, _story(article, span)), [span]), times=len(held))


def _story(article: Article, span: Span) -> Span:
    """From where to where the story of some words goes, on a page of several."""
    ends = [section.start for section in article.sections if section.start >= span[1]]
    return min(span[0], article.section_at(span[0]).start), min([*ends, len(article.text)])


def _cut(text: str, span: Span, within: Span) -> Span:
    """A span with `AROUND` more characters on each side, cut at white space, or as far as `within` reaches."""
    left, right = max(within[0], span[0] - AROUND), min(within[1], span[1] + AROUND)
    gap, last = re.search(r"\s", text[left : span[0]]), re.search(r"\s\S*$", text[span[1] : right])
    return (
        left + gap.end() if gap and left > within[0] else left,
        span[1] + last.start() if last and right < within[1] else right,
    )


def _show(article: Article, span: Span, around: Span, marked: Sequence[Span]) -> ShownQuote:
    """`text[left:right]` of an article for `around`, the spans `marked` in it."""
    text, story, at = article.text, _story(article, span), around[0]
    before, after = text[story[0] : around[0]].strip(), text[around[1] : story[1]].strip()
    pieces = [("… " if before and around[0] != span[0] else "", False)]
    for start, end in sorted(marked):
        pieces += [(text[at:start], False), (text[max(at, start) : end], True)]
        at = max(at, end)
    pieces += [(text[at : around[1]], False), (" …" if after and around[1] != span[1] else "", False)]
    section = article.section_at(span[0])
    return ShownQuote(
        article.id,
        span,
        tuple(piece for piece in pieces if piece[0]),
        section.title,
        " · ".join(part for part in (section.source, section.published) if part),
        article.url if article.url and re.match(r"https?://", article.url) else None,
    )


# Text to markup


def _spell_out(value: object) -> object:
    """A browser drops a carriage return that is not spelled out, and a quote is shown to the character.

    Control characters, which no page may hold, are shown as "\ufffd".
    """
    if not isinstance(value, str):
        return value
    text = str(escape(value)).replace("\r", "&#13;")
    return Markup(re.sub(f"[{CONTROLS}]", "\ufffd", text))


def _markers(text: str, name: str, count: int) -> Markup:
    """An answer's text, its markers linked to the citations `name-1` to `name-count`."""
    link, parts = Markup('<a href="#{0}-{1}">[{1}]</a>'), re.split(r"\[([1-9]\d{0,3})\]", text)
    made = [escape(parts[0])]
    for number, after in zip(parts[1::2], parts[2::2], strict=True):
        made += [link.format(name, number) if int(number) <= count else escape(f"[{number}]"), escape(after)]
    return Markup("").join(made)


def _at(share: float) -> str:
    return f"{100 * share:.2f}%"


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
