"""Each measure of an answer on a case where it is good and on one where it fails; evidence counts where it overlaps."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.figures import columns
from evaluation.gold.questions import GoldQuote, Question
from evaluation.judge import Entails, Judged, fingerprint, judge
from evaluation.run import row_of
from evaluation.statistics import ratios
from index.news_index import NewsIndex
from index.passage import Passage
from index.store.archive import Archive
from qa.answer import Answer, Citation, Conflict, Sentence, cite
from qa.retrieve import Hit, retrieve
from tests.conftest import make_index, write_files
from tests.evaluation.test_trec import measure
from tests.support.fakes import FakeEmbedder
from tests.support.rooms import make_hit

QUESTION = "Who died in the strike at the airport of Baghdad?"
TEN = GoldQuote("airport", "Ten people died")


def make_question(*evidence: GoldQuote, groups: int = 1, **options: Any) -> Question:
    made = {"id": "q", "question": QUESTION, "groups": (("ten",), ("oil",))[:groups], "answerable": True}
    return Question(evidence=evidence, **{**made, "kind": "fact", **options})


ABSENT = make_question(groups=0, answerable=False)


def make_answer(text: str = "Ten died [1].", *citations: Citation, declined: bool = False, **options: Any) -> Answer:
    made: dict[str, Any] = {"short": "", "score": 0.5, "citations": citations} | options
    return Answer(None, QUESTION, QUESTION, text, declined=declined, **made)


def quote(archive: Archive, words: str, *, article_id: str = "airport", number: int = 1) -> Citation:
    """A citation of these words."""
    article = archive.article(article_id)
    assert article
    start = article.text.index(words)
    return cite(number, article, start, start + len(words))


def measures(news: NewsIndex, question: Question, answer: Answer, entails: Entails | None = None) -> dict[str, float]:
    """Each measure that counts, its numerator over its denominator."""
    made = judge(question, answer, {}, news.archive, entails).measures
    return {name: above / below for name, (above, below) in made.items() if below}


# Right and declined


@pytest.mark.parametrize(
    ("text", "groups", "right", "group_recall"),
    [
        ("Ten died.", 1, True, 1),
        ("Often.", 1, False, 0),
        ("Ten died and oil rose.", 2, True, 1),
        ("Ten died.", 2, False, 1 / 2),
    ],
)
def test_right_is_every_group_held(news: NewsIndex, text: str, groups: int, right: bool, group_recall: float) -> None:
    question = make_question(groups=groups)
    made = measures(news, question, make_answer(text))
    assert (made["right"], made["group_recall"]) == (right, group_recall)
    assert judge(question, make_answer(text), {}, news.archive).right is right
    declined = measures(news, question, make_answer(text, declined=True))
    assert (declined["right"], declined["group_recall"]) == (0, 0), "who declines is not right by the way"


def test_the_short_answer_is_compared_as_squad_does_where_there_is_one_group(news: NewsIndex) -> None:
    for short, exact, f1 in (("The ten.", 1, 1), ("ten men", 0, 2 * (1 / 2) / (1 / 2 + 1)), ("", 0, 0)):
        made = measures(news, make_question(), make_answer(short=short))
        assert made["exact_match"] == exact and made["token_f1"] == pytest.approx(f1)
    assert "exact_match" not in measures(news, make_question(groups=2), make_answer(short="ten"))


def test_declining_is_good_where_nothing_answers_and_bad_elsewhere(news: NewsIndex) -> None:
    no = make_answer("no", declined=True)
    assert measures(news, ABSENT, no)["refused_unanswerable"] == 1 == measures(news, ABSENT, no)["refusal_f1"]
    assert measures(news, ABSENT, make_answer())["refused_unanswerable"] == 0
    assert measures(news, make_question(), no)["refused_answerable"] == 1
    assert measures(news, make_question(), make_answer())["refused_answerable"] == 0
    for question, answer, right in (
        (ABSENT, no, True),
        (ABSENT, make_answer(), False),
        (make_question(TEN, groups=0), make_answer(), None),
        (make_question(), None, None),
    ):
        made = judge(question, answer, {}, news.archive)
        assert made.right is right and made.declined == (answer and answer.declined)


@pytest.mark.slow  # imports scikit-learn
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_f1_of_declining_is_scikit_learns(cases: list[tuple[bool, bool]]) -> None:
    """Of one pair a question: nothing answers it, it was declined."""
    from sklearn.metrics import f1_score

    archive: Any = None
    rows = [
        judge(ABSENT if absent else make_question(), make_answer(declined=declined), {}, archive).measures
        for absent, declined in cases
    ]
    [made] = ratios(*columns(rows, ["refusal_f1"]))
    theirs = f1_score([absent for absent, _ in cases], [declined for _, declined in cases], zero_division=math.nan)
    assert made == pytest.approx(theirs, nan_ok=True)


# Citations


def test_a_citation_is_compared_with_the_archive(news: NewsIndex) -> None:
    good = quote(news.archive, "Strike at")
    changed = cite(2, make_hit("Strike at Basra", article_id="airport").article, 0, 15)
    gone = cite(3, make_hit("Ten", article_id="gone").article, 0, 3)
    assert measures(news, make_question(), make_answer("", good))["verbatim"] == 1
    made = judge(make_question(), make_answer("", good, changed, gone), {}, news.archive).measures
    assert made["verbatim"] == (1, 3) and made["quote_characters"] == (len("Strike at" + "Strike at Basra" + "Ten"), 1)
    assert not {"verbatim", "quote_characters", "evidence_cited"} & set(
        measures(news, make_question(TEN), make_answer())
    )


def test_a_citation_is_of_the_evidence_where_it_overlaps_it_or_a_copy_says_it(news: NewsIndex) -> None:
    copy = make_hit("Reuters: ten PEOPLE died!", article_id="copy").article
    for citation, cited in (
        (quote(news.archive, "Ten people died in the strike."), 1),
        (quote(news.archive, "people"), 1),
        (cite(1, copy, 0, len(copy.text)), 1),
        (cite(1, copy, 9, 19), 1),
        (quote(news.archive, " in the strike"), 0),
        (quote(news.archive, "killed General"), 0),
        (cite(1, make_hit("Often people died.", article_id="other").article, 0, 18), 0),
    ):
        assert measures(news, make_question(TEN), make_answer("", citation))["evidence_cited"] == cited, citation.quote


SENTENCES = {"A [1].": (1,), "B [1][2].": (1, 2), "C.": ()}


@pytest.mark.parametrize(
    ("texts", "holding", "recall", "precision"),
    [
        (["A [1]."], ["A 1"], 1 / 1, 1 / 1),
        (["A [1]."], [], 0 / 1, 0 / 1),
        (["B [1][2]."], ["B 12"], 1 / 1, 2 / 2),  # each is needed
        (["B [1][2]."], ["B 12", "B 1"], 1 / 1, 1 / 2),  # 2 is not: without it the rest carries
        (["B [1][2]."], ["B 12", "B 1", "B 2"], 1 / 1, 2 / 2),  # each carries it alone
        (["B [1][2]."], ["B 1", "B 2"], 0 / 1, 0 / 2),  # together they do not
        (["A [1].", "B [1][2].", "C."], ["A 1", "B 12", "B 2"], 2 / 3, (1 + 1) / (1 + 2)),
        (["A [1].", "C."], ["A 1", "C "], 1 / 2, 1 / 1),  # a sentence without quotes is not asked about
    ],
)
def test_recall_and_precision_of_citations(
    news: NewsIndex, texts: Sequence[str], holding: Sequence[str], recall: float, precision: float
) -> None:
    def entails(claim: str, quotes: Sequence[Citation]) -> bool:
        return f"{claim[0]} {''.join(str(c.number) for c in quotes)}" in holding and "[" not in claim

    citations = [quote(news.archive, word, number=n) for n, word in enumerate(("Ten", "people"), 1)]
    sentences = tuple(Sentence(text, SENTENCES[text], "supported", 1.0) for text in texts)
    answer = make_answer(" ".join(texts), *citations, sentences=sentences)
    made = measures(news, make_question(), answer, entails)
    assert (made["citation_recall"], made["citation_precision"]) == (recall, precision)
    assert not {"citation_recall", "citation_precision"} & set(measures(news, make_question(), answer))


def test_a_disagreement_is_shown_where_there_is_one(news: NewsIndex) -> None:
    shown = make_answer(conflicts=(Conflict("toll", ()),))
    for question, name in (
        (make_question(must_flag_conflict=True), "conflict_shown"),
        (make_question(), "conflict_false"),
    ):
        assert measures(news, question, shown)[name] == 1 and measures(news, question, make_answer())[name] == 0
        assert len({"conflict_shown", "conflict_false"} & set(measures(news, question, shown))) == 1
    assert "conflict_false" not in measures(news, ABSENT, shown)


def test_what_an_answer_cost_is_kept(news: NewsIndex) -> None:
    spent = {"seconds": {"search": 0.5, "first_token": None, "total": 2.0}, "tokens": {"prompt": 7, "written": 1}}
    made = judge(make_question(), make_answer(**spent), {}, news.archive)
    assert made.costs == {"seconds_search": 0.5, "seconds_total": 2.0, "tokens_prompt": 7, "tokens_written": 1}


# Evidence


def hits_of(news: NewsIndex, *spans: tuple[str, int, int]) -> list[Hit]:
    made = []
    for rank, (article_id, start, end) in enumerate(spans, 1):
        article = news.archive.article(article_id)
        assert article
        made.append(Hit(rank, 1.0, Passage(start, end), article))
    return made


def found(news: NewsIndex, question: Question, hits: list[Hit]) -> dict[str, float]:
    """The measures of one ranking."""
    return measure(judge(question, None, {"fused": hits}, news.archive))


def passages(news: NewsIndex, article_id: str) -> list[Hit]:
    return hits_of(news, *((article_id, start, end) for start, end in news.archive.spans(article_id)))


@pytest.fixture
def split(tmp_path: Path) -> NewsIndex:
    """An article of five passages, and another."""
    texts = {"a.txt": "\n\n".join(f"Paragraph {n} tells of matter {n} alone." for n in range(5)), "b.txt": "Other."}
    return make_index(tmp_path / "archive", [write_files(tmp_path / "in", texts)], FakeEmbedder(), max_tokens=8)


def test_a_passage_is_relevant_where_it_shares_characters_with_evidence(split: NewsIndex) -> None:
    hits = passages(split, "a")
    text = hits[0].article.text
    assert len(hits) == 5 and hits[0].passage.end < hits[1].passage.start
    for start in range(0, len(text) - 20, 3):
        quote = text[start : start + 20]  # some of them across a break
        places = {at for at in range(len(text)) if text.startswith(quote, at)}
        made = judge(make_question(GoldQuote("a", quote)), None, {"fused": hits}, split.archive)
        assert {(place.start, place.end) for place in made.places} == {(at, at + 20) for at in places}
        held = {c for at in places for c in range(at, at + 20)}
        shared = [h for h in hits if held & set(range(h.passage.start, h.passage.end))]
        assert made.relevant == {f"a:{h.passage.start}:{h.passage.end}": [0] for h in shared} != {}


def test_where_evidence_is_ranked_is_measured(split: NewsIndex) -> None:
    hits = passages(split, "a")
    second = make_question(GoldQuote("a", "matter 1"), GoldQuote("b", "Other", 1), groups=2)
    made = found(split, second, hits)
    assert (made["mrr@10"], made["recall_any@1"], made["recall_any@5"], made["recall_all@10"]) == (1 / 2, 0, 1, 0)
    assert found(split, second, [*hits, *passages(split, "b")])["recall_all@10"] == 1
    assert found(split, second, [])["recall_any@10"] == 0
    assert judge(make_question(GoldQuote("a", "matter"), answerable=False), None, {}, split.archive).groups == ()


def test_a_copy_found_by_the_search_counts(tmp_path: Path) -> None:
    wire = "Ten people died in the strike at the airport of Baghdad early on Friday morning."
    files = write_files(tmp_path / "in", {"a.txt": wire, "b.txt": wire})
    news = make_index(tmp_path / "archive", [files], FakeEmbedder())
    hits = retrieve(news, QUESTION, k=10, candidates=20)
    assert [len(hit.copies) for hit in hits] == [1]
    for name in ("a", "b"):
        made = judge(make_question(GoldQuote(name, "Ten people died")), None, {"fused": hits}, news.archive)
        assert set(measure(made).values()) == {1.0} and len(made.relevant) == 1, "a text and its copy are one"
    other = make_hit(wire, article_id="c")
    assert found(news, make_question(GoldQuote("a", "Ten people died")), [other])["recall_any@10"] == 0


def test_evidence_that_is_not_there_is_reported_and_counts_as_not_found(news: NewsIndex) -> None:
    lost = (GoldQuote("airport", "Ten  people"), GoldQuote("gone", "Ten", 1), TEN)
    made = judge(make_question(*lost), None, {"fused": passages(news, "airport")}, news.archive)
    assert made.missing == ("q: “Ten  people” is not in airport", "q: “Ten” is of gone, not in this archive")
    assert made.groups == (0, 1) and measure(made)["recall_any@10"] == 1 and measure(made)["recall_all@10"] == 0


# Records


def test_a_line_of_a_run_comes_back(news: NewsIndex) -> None:
    answer = make_answer("Ten", quote(news.archive, "Ten people"), seconds={"total": 1.0}, tokens={"read": 3})
    question = make_question(TEN, GoldQuote("gone", "x", 1))
    made = judge(question, answer, {"fused": passages(news, "airport")}, news.archive, lambda *_: True)
    assert Judged.read(json.loads(json.dumps(row_of(made)))) == made and made.relevant and made.missing


def test_every_part_of_a_gold_question_is_in_its_fingerprint() -> None:
    plain = make_question(TEN)
    others = [
        make_question(TEN, id="p"),
        make_question(TEN, groups=2),
        make_question(GoldQuote("airport", "Ten people died", 1)),
        make_question(TEN, answerable=False),
        make_question(TEN, must_flag_conflict=True),
    ]
    assert len({fingerprint(question) for question in [plain, *others]}) == 1 + len(others)
    assert fingerprint(plain) == fingerprint(make_question(TEN))
