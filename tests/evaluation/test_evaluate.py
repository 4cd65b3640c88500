"""A run is whole, the same when made twice, and the same when it is killed anywhere and taken up again."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluation.evaluate import evaluate, judge_by
from evaluation.figures import MEASURES, write_table
from evaluation.gold.questions import GoldError, GoldQuote, Question
from evaluation.run import Run, RunError, read_run
from index.news_index import NewsIndex
from models import Judged, Marked, Message, Reading
from qa.answer import Answer
from qa.ask import LONGEST_QUESTION
from qa.newsroom import Newsroom
from qa.settings import Settings
from tests.conftest import make_index, write_files
from tests.evaluation.test_judge import QUESTION, make_question, quote
from tests.support.fakes import FakeEmbedder, FakeReader, ScriptedGenerator, copy_best_sentence
from tests.support.rooms import check_record, make_room

NAMED = {"name": "gold.jsonl", "sha256": "0"}
PERU = "Who won the election in Peru?"
GOLD = [
    make_question(GoldQuote("airport", "General Soleimani"), id="one", groups=0),
    make_question(GoldQuote("economy/oil", "price of oil"), id="two", question="What rose by four per cent?", groups=2),
    make_question(id="three", question="Which quartet sang?", groups=0, answerable=False, kind="absent"),
    make_question(GoldQuote("wire-1", "José Pérez"), id="four", question=PERU, kind="name"),
]
GOLD[0] = replace(GOLD[0], groups=(("Soleimani",),))
GOLD[3] = replace(GOLD[3], groups=(("José Pérez",),))


class Killed(Exception):
    """What ends a run on its way."""


class KilledAt(FakeReader):
    """A reader that ends the run at a question that holds these words."""

    def __init__(self, words: str) -> None:
        self.words = words

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        if self.words in question:
            raise Killed
        return super().read(question, passages)


def other_reader() -> FakeReader:
    """A reader by another name."""
    reader = FakeReader()
    reader.identity = "another"
    return reader


def run(
    news: NewsIndex,
    out: Path,
    questions: Sequence[Question] = GOLD,
    generator: ScriptedGenerator | None = None,
    *,
    reader: FakeReader | None = None,
    passages: int = 8,
    **options: Any,
) -> Run:
    return evaluate(make_room(news, generator, reader, passages=passages), questions, out, gold=NAMED, **options)


def contents(folder: Path) -> dict[str, Any]:
    """All that a run leaves, but for what the clock and the machine's memory say."""

    def timeless(row: Any) -> Any:
        dropped = ("date", "peak_memory_gb")
        if not isinstance(row, dict):
            return row
        return {k: timeless(v) for k, v in row.items() if not k.startswith("seconds") and k not in dropped}

    made: dict[str, Any] = {}
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        name, text = str(file.relative_to(folder)), file.read_text("utf-8")
        lines = [text] if name == "figures.json" else text.splitlines() if file.suffix == ".jsonl" else []
        made[name] = [timeless(json.loads(line)) for line in lines] or text
    return made


# A run


def test_a_run_is_whole(news: NewsIndex, tmp_path: Path) -> None:
    answers: list[Answer] = []

    class Room(Newsroom):
        def ask(self, *given: Any, **named: Any) -> Answer:
            answers.append(super().ask(*given, **named))
            return answers[-1]

    room = Room(news, Settings(archive=news.archive.folder), FakeReader, ScriptedGenerator)
    told: list[tuple[int, int, float]] = []
    out = tmp_path / "deep" / "out"

    def progress(done: int, total: int, left: float) -> None:
        told.append((done, total, left))
        for name in ("answers.jsonl", "judged.jsonl"):
            assert (out / name).read_text("utf-8").count("\n") == done, "each line is there as it comes"

    made = evaluate(room, GOLD, out, gold=NAMED, progress=progress)
    assert [(done, total) for done, total, _ in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert told[-1][2] == 0 and all(left > 0 for _, _, left in told[:-1])
    lines = [json.loads(line) for line in (out / "answers.jsonl").read_text("utf-8").splitlines()]
    assert lines == [answer.to_dict() for answer in answers] and [line["id"] for line in lines] == [q.id for q in GOLD]
    for answer in answers:
        check_record(answer)
    assert set(contents(out)) == {
        "figures.json", "answers.jsonl", "judged.jsonl", "trec/qrels",
        *(f"trec/{stage}.run" for stage in ("dense", "lexical", "fused", "read")),
    }  # fmt: skip
    assert made.whole and made == read_run(out) and [row.right for row in made.judged] == [True, False, True, True]


def test_figures_are_the_sums_of_the_questions(news: NewsIndex, tmp_path: Path) -> None:
    record = run(news, tmp_path / "out").record
    overall = record["overall"]
    assert list(overall) == [name for name in MEASURES if name in overall]
    by_hand = {"right": (1 + 0 + 1) / 3, "group_recall": (1 + 1 / 2 + 1) / 3, "refused_unanswerable": 1, "verbatim": 1}
    for name, value in by_hand.items():
        assert overall[name]["value"] == pytest.approx(value, abs=1e-6), name
    assert overall["right"]["n"] == 3 and overall["refused_unanswerable"]["n"] == 1
    assert overall["right"]["low"] < overall["right"]["value"] < overall["right"]["high"]
    assert record["by_kind"]["name"]["right"] == {"value": 1, "low": 1, "high": 1, "n": 1}
    assert list(record["by_kind"]) == ["absent", "fact", "name"] and "right" not in record["by_kind"]["absent"]
    assert {"citation_recall", "citation_precision", "aurc", "seconds_total_p50", "tokens_prompt"} <= set(overall)
    assert record["curves"]["risk_coverage"][-1]["coverage"] == 3 / 4
    assert len(write_table(overall).splitlines()) == 1 + len(overall)
    for name in ("gold", "machine", "versions", "archive", "embedder", "llm", "judge", "settings", "date"):
        assert record[name], name


def test_two_runs_are_the_same(news: NewsIndex, tmp_path: Path) -> None:
    for name in "ab":
        run(news, tmp_path / name)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_searching_alone_loads_neither_reader_nor_generator(news: NewsIndex, tmp_path: Path) -> None:
    def refuse() -> Any:
        raise AssertionError("a model was loaded")

    room = Newsroom(news, Settings(archive=news.archive.folder), refuse, refuse)
    made = evaluate(room, GOLD, tmp_path / "out", gold=NAMED, retrieval_only=True)
    assert made.record["overall"]["fused/recall_any@10"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 3}
    assert {name.partition("/")[0] for name in made.record["overall"]} == {"dense", "lexical", "fused"}
    assert made.whole and made.answers == {} and made.record["llm"] is None and made.record["judge"] is None


def test_the_searched_and_the_answered_stages_agree(news: NewsIndex, tmp_path: Path) -> None:
    answered, searched = run(news, tmp_path / "a"), run(news, tmp_path / "b", retrieval_only=True)
    for full, bare in zip(answered.judged, searched.judged, strict=True):
        assert {stage: docs for stage, docs in full.rankings.items() if stage != "read"} == bare.rankings
        assert set(full.rankings["read"]) <= set(full.rankings["fused"]) and full.relevant == bare.relevant


def test_the_reader_judges_citations(news: NewsIndex) -> None:
    """It is given the claim and each quote; one of them must bear it out rather than not."""
    asked: list[tuple[str, Marked]] = []

    class Judge(FakeReader):
        def judge(self, statements: Sequence[str], sentences: Sequence[Marked]) -> list[Judged]:
            asked.extend(zip(statements, sentences, strict=True))
            return [Judged(0.51, 0.49, 0.0) if "Ten" in words else Judged(0.5, 0.5, 0.0) for _, words, _ in sentences]

    entails = judge_by(Judge())
    ten, closed = quote(news.archive, "Ten people"), quote(news.archive, "airport was closed")
    assert entails("Ten died.", [ten]) and entails("Ten died.", [closed, ten]) and not entails("Ten died.", [closed])
    assert not entails("Nine died.", [])
    assert asked[0] == ("Ten died.", ("", ten.quote, ""))
    before = len(asked)
    assert entails(f"Reuters: “{ten.quote}”", [closed, ten]) and len(asked) == before, "a quote bears itself out"


def test_a_follow_up_is_asked_and_searched_with_its_history(news: NewsIndex, tmp_path: Path) -> None:
    generator = ScriptedGenerator(
        reply=lambda m: QUESTION if "Conversation:" in m[-1].content else copy_best_sentence(m)
    )
    history = (Message("user", "What was hit?"), Message("assistant", "The airport of Baghdad."))
    question = make_question(GoldQuote("airport", "Ten people"), question="Who died there?", history=history)
    made = run(news, tmp_path / "out", [question], generator)
    assert made.answers["q"]["standalone_question"] == QUESTION
    assert made.judged[0].rankings["lexical"][0].startswith("airport:")


def test_a_long_history_leaves_room_for_the_question(news: NewsIndex, tmp_path: Path) -> None:
    history = (Message("assistant", "The price of oil rose. " * LONGEST_QUESTION),)
    words = "Who won the election in Peru " * 40 + " " * LONGEST_QUESTION
    question = make_question(GoldQuote("wire-1", "Peru"), question=words, history=history)
    made = run(news, tmp_path / "out", [question], retrieval_only=True)
    assert made.record["overall"]["fused/recall_any@1"]["value"] == 1


@pytest.mark.parametrize("retrieval_only", [True, False])
def test_no_questions_no_figures(news: NewsIndex, tmp_path: Path, retrieval_only: bool) -> None:
    made = run(news, tmp_path / "out", [], retrieval_only=retrieval_only)
    assert made.whole and made.record["overall"] == made.record["by_kind"] == {}


# What cannot be run


def test_a_question_that_cannot_be_asked_is_told_before_the_first(news: NewsIndex, tmp_path: Path) -> None:
    for question, sentence in (
        ("x" * (LONGEST_QUESTION + 1), "gold.jsonl: q: the question has 2,001 characters; ask in 2,000 at most"),
        ("Wh\ud800o?", "gold.jsonl: q: the question is not UTF-8"),
    ):
        with pytest.raises(GoldError, match=sentence):
            run(news, tmp_path / "out", [*GOLD, make_question(question=question)])
    with pytest.raises(GoldError, match="holds half a character"):
        run(news, tmp_path / "out", [make_question(kind="\ud800")])
    assert not (tmp_path / "out").exists()


def test_an_archive_of_other_articles_is_told_before_the_first(tmp_path: Path) -> None:
    other = make_index(tmp_path / "other", [write_files(tmp_path / "in", {"x.txt": "Another."})], FakeEmbedder())
    with pytest.raises(GoldError, match=r"none of the 3 articles that it quotes is in .*other; index them"):
        run(other, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert run(other, tmp_path / "out", GOLD[2:3]).whole, "what quotes nothing can be asked of any"


def test_a_folder_that_holds_a_run_is_left_as_it_is(news: NewsIndex, tmp_path: Path) -> None:
    run(news, tmp_path / "out", retrieval_only=True)
    before = {file: file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()}
    with pytest.raises(RunError, match=r"holds a run already; name another --out, or go on with it by --resume"):
        run(news, tmp_path / "out")
    assert before == {file: file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()}
    (tmp_path / "out" / "figures.json").unlink()
    for resume in (True, False):
        with pytest.raises(RunError, match=r"holds another judged\.jsonl, and no run"):
            run(news, tmp_path / "out", resume=resume)


# Killed and taken up


def cut(file: Path, at: Callable[[bytes], int]) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: at(content)])


def last_line(content: bytes) -> int:
    return content[:-1].rindex(b"\n") + 1


DAMAGES: dict[str, Callable[[Path], object]] = {
    "nothing lost": lambda out: None,
    "an answer cut": lambda out: cut(out / "answers.jsonl", lambda content: len(content) - 20),
    "an answer cut inside a character": lambda out: cut(out / "answers.jsonl", lambda c: c.rindex(b"\xc3") + 1),
    "an answer without its end": lambda out: cut(out / "answers.jsonl", lambda content: len(content) - 1),
    "a judgement cut": lambda out: cut(out / "judged.jsonl", lambda content: len(content) - 20),
    "judged behind": lambda out: cut(out / "judged.jsonl", last_line),
    "judged ahead": lambda out: cut(out / "answers.jsonl", last_line),
    "no answers": lambda out: cut(out / "answers.jsonl", lambda _: 0),
    "an answer lost on the way": lambda out: (out / "answers.jsonl").write_bytes(
        b"".join((out / "answers.jsonl").read_bytes().splitlines(keepends=True)[1:])
    ),
    "a file half replaced": lambda out: (out / ".figures.json.new").write_text('{"comp'),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.slow
def test_a_run_that_was_killed_is_taken_up(news: NewsIndex, tmp_path: Path, damage: str) -> None:
    questions = [GOLD[3], *GOLD[:3]]
    run(news, tmp_path / "whole", questions)
    out = tmp_path / "out"
    with pytest.raises(Killed):
        run(news, out, questions, reader=KilledAt("four per cent?"))
    assert not read_run(out).whole and len(read_run(out).judged) == 2
    DAMAGES[damage](out)
    told: list[tuple[int, int]] = []
    made = run(news, out, questions, resume=True, progress=lambda done, total, _: told.append((done, total)))
    assert made.whole and told[-1] == (4, 4) and told[0][0] in (1, 2, 3)
    assert (told[0][0] == 3) == (damage in ("nothing lost", "a file half replaced")), "only what is lost is asked again"
    (out / ".figures.json.new").unlink(missing_ok=True)
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.parametrize("words", ["airport of Baghdad", "four per cent", "quartet", "Peru"])
@pytest.mark.slow
def test_a_run_can_be_killed_at_any_question_and_again(news: NewsIndex, tmp_path: Path, words: str) -> None:
    run(news, tmp_path / "whole")
    for resume in (False, True):
        with pytest.raises(Killed):
            run(news, tmp_path / "out", reader=KilledAt(words), resume=resume)
    run(news, tmp_path / "out", resume=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_taking_up_a_run_that_is_not_there_begins_it_and_one_that_is_whole_asks_nothing(
    news: NewsIndex, tmp_path: Path
) -> None:
    run(news, tmp_path / "out", resume=True)
    before = contents(tmp_path / "out")
    assert run(news, tmp_path / "out", reader=KilledAt("?"), resume=True).whole
    assert contents(tmp_path / "out") == before


def test_a_run_of_another_making_is_not_taken_up(news: NewsIndex, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(news, out)
    before = contents(out)
    named = ScriptedGenerator()
    named.name = "other"  # type: ignore[misc]
    for options, sentence in (
        ({"questions": GOLD[:3]}, "another gold set, or other questions of it"),
        ({"questions": [replace(GOLD[0], kind="other"), *GOLD[1:]]}, "another gold set, or other questions of it"),
        ({"questions": GOLD[::-1]}, "another gold set, or other questions of it"),
        ({"passages": 2}, "another settings"),
        ({"generator": named}, "another language model"),
        ({"reader": other_reader()}, "another judge"),
        ({"retrieval_only": True}, "another --retrieval-only"),
    ):
        with pytest.raises(RunError, match=f"{out}: was made with {sentence}"):
            run(news, out, resume=True, **options)
    other = make_index(tmp_path / "other", [write_files(tmp_path / "in", {"airport.txt": "Another."})], FakeEmbedder())
    with pytest.raises(RunError, match="was made with another archive"):
        run(other, out, resume=True)
    assert contents(out) == before


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("figures.json", None, "is no run, it has no figures.json; make one with another --out: groundwire eval"),
        ("judged.jsonl", None, "is no run, it has no judged.jsonl"),
        ("answers.jsonl", None, "is no run, it has no answers.jsonl"),
        ("figures.json", "", "is damaged"),
        ("figures.json", "[]", "is damaged"),
        ("figures.json", '{"figures": {}, "questions": 4}', 'is damaged .figures.json has no "complete"'),
        ("judged.jsonl", "{}\n", "is damaged"),
        ("judged.jsonl", "[]\n", "is damaged"),
        ("answers.jsonl", "{\n", "is damaged"),
        ("answers.jsonl", "\0\0\n", "is damaged"),
    ],
)
def test_a_damaged_run_is_a_sentence(
    news: NewsIndex, tmp_path: Path, name: str, content: str | None, sentence: str
) -> None:
    run(news, tmp_path / "out", GOLD[:1], retrieval_only=True)
    (tmp_path / "out" / name).unlink()
    if content is not None:
        (tmp_path / "out" / name).write_text(content)
    with pytest.raises(RunError, match=f"{tmp_path / 'out'}: {sentence}"):
        read_run(tmp_path / "out")


@pytest.mark.parametrize("name", ["judged.jsonl", "answers.jsonl"])
def test_a_run_that_lost_lines_is_not_whole(news: NewsIndex, tmp_path: Path, name: str) -> None:
    run(news, tmp_path / "out")
    cut(tmp_path / "out" / name, last_line)
    assert not read_run(tmp_path / "out").whole
    assert run(news, tmp_path / "out", resume=True).whole
