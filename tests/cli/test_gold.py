"""Making gold: what is wrong with it is told, what a person decides is kept whole, what a model proposes is a draft."""

import json
import re
from collections.abc import Callable, Sequence
from io import StringIO
from itertools import combinations
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.main import main
from evaluation.gold.add import check_new, make_question, place_quotes, read_groups, read_numbers, read_place
from evaluation.gold.check import NEAR, Finding, check_gold, counts, near_pairs
from evaluation.gold.draft import choose_passages, draft_questions, drafts_file
from evaluation.gold.file import append_row, fresh_id, remove_row, row_text
from evaluation.gold.marked import mark_answer, marked_file, read_marked
from evaluation.gold.questions import GoldError, GoldQuote, Question, read_gold, read_row, to_row
from ground.words import fold
from index.news_index import NewsIndex
from models import Message, Reading
from tests.cli.test_main import STEERING
from tests.conftest import make_index, write_files
from tests.evaluation.test_gold import write_gold
from tests.support.fakes import FakeEmbedder, FakeReader, ScriptedGenerator, fakes_for_models

pytestmark = pytest.mark.slow

ASKED = "Who died in the strike at the airport of Baghdad?"
DIED = "Ten people died in the strike."
KILLED = "A drone strike killed General Soleimani at the airport of Baghdad."
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
QUESTIONS = st.builds(
    Question,
    TEXTS,
    TEXTS,
    st.lists(st.lists(TEXTS, max_size=2).map(tuple), min_size=1, max_size=3)
    .map(tuple)
    .filter(lambda groups: groups != ((),)),
    st.lists(st.builds(GoldQuote, TEXTS, TEXTS, st.integers(0, 3)), max_size=2).map(tuple),
    st.booleans(),
    TEXTS,
    st.lists(st.builds(Message, st.sampled_from(["user", "assistant"]), TEXTS), max_size=2).map(tuple),
    st.booleans(),
    st.booleans(),
)


def asked(id: str, words: str = "", **fields: object) -> Question:
    """A question that has nothing wrong, but for what `fields` say."""
    row = {"id": id, "question": words or f"How many of {id} died?", "answers": ["ten"], **fields}
    return read_row(
        row | ({} if "evidence" in fields else {"evidence": [{"article_id": "airport", "quote": DIED}]}), id
    )


def sentences(findings: Sequence[Finding], level: str = "error") -> list[str]:
    return [f"{finding.question}: {finding.sentence}" for finding in findings if finding.level == level]


# Files


@given(QUESTIONS)
def test_a_question_is_its_row(question: Question) -> None:
    assert read_row(json.loads(row_text(to_row(question))), "here") == question
    assert re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", row_text(to_row(question)).removesuffix("\n")) is None


def test_rows_come_and_go_and_others_stay_as_they_are(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_bytes(b'{"id": "a",  "note": "\xc3\xa9"}\r\nnot JSON\n{"id": "b"}')
    gold.chmod(0o640)
    append_row(gold, {"id": "c", "question": "Où\u2028?"})
    assert gold.read_bytes() == (
        b'{"id": "a",  "note": "\xc3\xa9"}\r\nnot JSON\n{"id": "b"}\n{"id": "c", "question": "O\xc3\xb9\\u2028?"}\n'
    )
    remove_row(gold, "b")
    remove_row(gold, "none")
    assert gold.read_bytes() == (
        b'{"id": "a",  "note": "\xc3\xa9"}\r\nnot JSON\n{"id": "c", "question": "O\xc3\xb9\\u2028?"}\n'
    )
    assert gold.stat().st_mode & 0o777 == 0o640


def test_a_line_is_added_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gold = write_gold(tmp_path, {"id": "a", "question": "b", "answers": ["c"]})
    before = gold.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        append_row(gold, {"id": "b"})
    assert gold.read_bytes() == before and not list(tmp_path.glob(".*.new"))


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    gold = write_gold(tmp_path, {"id": "a"})
    link = tmp_path / "link.jsonl"
    link.symlink_to(gold)
    append_row(link, {"id": "b"})
    assert link.is_symlink() and gold.read_text().count("\n") == 2


@given(st.lists(st.from_regex(r"(gw-|a_|)\d{1,4}x?", fullmatch=True), unique=True))
def test_a_fresh_id_is_fresh(ids: list[str]) -> None:
    assert fresh_id(["gw-9", "gw-123"]) == "gw-124"
    assert fresh_id(ids) not in ids and fresh_id([*ids, "gw-009", "gw-123"]) not in ids


# Checking


def test_gold_with_nothing_wrong(news: NewsIndex) -> None:
    names = ("airport", "runway", "tower", "hangar", "lounge", "gate", "bridge", "harbour", "station", "square")
    good = [asked(name, f"How many died at the {name}?") for name in names]
    none = {"answers": [], "evidence": [], "answerable": False, "kind": "none"}
    assert (
        check_gold([*good, *(asked(f"no {name}", f"Who sang at {name}?", **none) for name in names)], news.archive)
        == []
    )


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        (
            {"article_id": "airport", "quote": "Ten people  died"},
            "is not in airport to the letter; there it is “Ten people died”",
        ),
        ({"article_id": "wire-1", "quote": DIED}, "is not in wire-1; it is in airport"),
        ({"article_id": "gone", "quote": DIED}, "is of gone, not in this archive; it is in airport"),
        ({"article_id": "airport", "quote": "Eleven died"}, "is not in airport, and nowhere else"),
        ({"article_id": "economy/oil", "quote": "source: AFP"}, "is only in the front matter, which is not searched"),
        ({"article_id": "airport", "quote": DIED, "group": 1}, "has evidence for group 1; its groups are 0 to 0"),
        ({"article_id": "airport", "quote": DIED, "group": -1}, "has evidence for group -1; its groups are 0 to 0"),
    ],
)
def test_evidence_that_proves_nothing_is_an_error(news: NewsIndex, evidence: dict[str, object], sentence: str) -> None:
    good = {"article_id": "airport", "quote": DIED}
    findings = sentences(check_gold([asked("a", evidence=[good, evidence])], news.archive))
    assert len(findings) == 1 and findings[0].startswith("a: ") and findings[0].endswith(sentence)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"answer_groups": [["ten"], ["Basra"]]}, "group 1 (Basra) has no evidence, though others have"),
        ({"answers": ["?"]}, "group 0 has no form with a letter or digit; no answer can hold it"),
        ({"draft": True}, "is a draft, and groundwire eval refuses drafts; review it first"),
        ({"question": "why " * 600}, "the question has 2,399 characters; ask in 2,000 at most"),
    ],
)
def test_a_question_that_cannot_be_measured_is_an_error(
    news: NewsIndex, fields: dict[str, object], sentence: str
) -> None:
    assert sentences(check_gold([asked("a", **fields)], news.archive)) == [f"a: {sentence}"]


def test_the_same_question_again_is_an_error_unless_something_was_said_before(news: NewsIndex) -> None:
    said = [{"role": "user", "content": "Who came?"}]
    questions = [
        asked("a", "And where?"),
        asked("b", "and  WHERE"),
        asked("c", "And where", answers=["Basra", "ten"]),
        asked("d", "And where?", history=said),
    ]
    assert sentences(check_gold(questions, news.archive)) == [
        "b: asks what a asks, in the same words, with the same answers",
        "c: asks what a asks, in the same words, with other answers",
    ]


def test_hints_are_no_errors(news: NewsIndex) -> None:
    questions = [
        asked("a", "How many people died in the strike?"),
        asked("b", "How many people died in that strike, the strike?"),
        asked("c", "How many people died in the strike today?", answers=["nine"]),
        asked("d", "Who?", answerable=False),
        asked("e", "Where?", evidence=[]),
    ]
    findings = check_gold(questions, news.archive)
    assert sentences(findings) == []
    assert sentences(findings, "hint") == [
        "b: asks nearly what a asks (“How many people died in the strike?”)",
        "c: no quote of group 0 holds a form of it (nine)",
        "d: is unanswerable, yet has answers or evidence; they are not looked at",
        "None: kinds of fewer than 10 questions say little each: question 5",
        "None: 1 answerable questions have no evidence; the search is not measured by them",
    ]
    assert "None: no question is unanswerable, so an answer that is made up is never noticed" in sentences(
        check_gold(questions[:1], news.archive), "hint"
    )


@given(st.lists(st.lists(st.sampled_from("abcdefghijkl"), max_size=12).map(" ".join), max_size=12))
def test_near_pairs_are_those_that_comparing_all_finds(texts: list[str]) -> None:
    sets = [set(fold(text).split()) for text in texts]
    near = {
        (i, j) for (i, a), (j, b) in combinations(enumerate(sets), 2) if a and b and len(a & b) >= NEAR * len(a | b)
    }
    assert set(near_pairs(texts)) == near and near_pairs(texts) == sorted(near_pairs(texts), key=lambda p: (p[1], p[0]))


def test_questions_are_counted() -> None:
    questions = [asked("a"), asked("b", answers=[]), asked("c", answerable=False, must_flag_conflict=True, draft=True)]
    assert questions[1].retrieval_only
    assert list(counts(questions).values()) == [3, 2, 1, 1, 1, 0, 1, 3]


# What a person types


def test_typed_answers_and_numbers() -> None:
    assert read_groups(" Ten|10 | ten;General  Soleimani ") == (("Ten", "10"), ("General  Soleimani",))
    assert read_numbers("2, 4-5 1", 5) == [(2, 2), (4, 5), (1, 1)]
    for text in ("", "ten;", "?", " | "):
        with pytest.raises(GoldError, match="without a letter or digit"):
            read_groups(text)
    for text in ("", "0", "6", "3-2", "one", "1.5"):
        with pytest.raises(GoldError, match="is not a number from 1 to 5"):
            read_numbers(text, 5)


def test_each_quote_proves_the_groups_that_it_holds(news: NewsIndex) -> None:
    ten, killed = GoldQuote("airport", DIED), GoldQuote("airport", KILLED)
    groups = (("ten", "10"), ("Soleimani",), ("strike",))
    assert place_quotes(groups, [ten, killed]) == (
        GoldQuote("airport", DIED, 0),
        GoldQuote("airport", DIED, 2),
        GoldQuote("airport", KILLED, 1),
        GoldQuote("airport", KILLED, 2),
    )
    assert place_quotes((("eleven",),), [ten]) == (ten,), "one group is proved by any quote"
    with pytest.raises(GoldError, match="holds none of the answers"):
        place_quotes((("nine",), ("eight",)), [ten])
    with pytest.raises(GoldError, match="no quote holds the answer Basra"):
        place_quotes((("ten",), ("Basra",)), [ten])
    assert make_question("a", "Who?", (), ()) == Question("a", "Who?", (), (), False, "unanswerable")


def test_a_question_is_new_unless_it_is_asked_with_nothing_said_before() -> None:
    known = [asked("a", "Who died?"), asked("b", "And where?", history=[{"role": "user", "content": "Who came?"}])]
    assert check_new("  And where? ", known) == "And where?"
    with pytest.raises(GoldError, match='"who DIED" is asked already by a; nothing was added'):
        check_new("who DIED", known)


def test_a_place_names_characters_of_an_article(news: NewsIndex) -> None:
    article = news.archive.article("economy/oil")
    assert article
    start = article.text.index("The price")
    assert read_place(f"economy/oil:{start - 1}:{start + 9}", news.archive) == GoldQuote("economy/oil", "The price")
    for place, sentence in {
        "economy/oil": "is not ARTICLE:START:END",
        "economy/oil:1:x": "is not ARTICLE:START:END",
        "gas:1:2": "no article has the id gas",
        "economy/oil:9:9": "no words stand there",
        "economy/oil:0:99999": "no words stand there; the article has",
    }.items():
        with pytest.raises(GoldError, match=sentence):
            read_place(place, news.archive)


# The command line


class Desk:
    """A person at a terminal who types `typed`, and models that can be predicted."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.gold = folder / "gold.jsonl"
        self.archive = folder / "archive"
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def run(
        self,
        *words: object,
        typed: str = "",
        code: int = 0,
        generator: ScriptedGenerator | None = None,
        reader: FakeReader | None = None,
    ) -> str:
        """Standard output of a command; nothing in it, or in standard error, steers a terminal."""
        self._monkeypatch.setattr("sys.stdin", StringIO(typed))
        with (
            fakes_for_models(),
            patch("models.llama.LlamaGenerator", lambda *_, **__: generator or ScriptedGenerator()),
            patch("qa.newsroom.open_reader", lambda *_: reader or FakeReader()),
        ):
            try:
                got = main([str(word) for word in words])
            except SystemExit as ended:
                got = int(ended.code or 0)
        self.out, self.err = self._capsys.readouterr()
        assert got == code, self.err
        assert not set(STEERING) & set(self.out + self.err)
        return self.out

    def add(self, *words: object, typed: str = "", code: int = 0) -> str:
        return self.run("gold", "add", self.gold, "--archive", self.archive, *words, typed=typed, code=code)

    def rows(self) -> list[Question]:
        return read_gold(self.gold) if self.gold.exists() else []


@pytest.fixture
def desk(tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(tmp_path, capsys, monkeypatch)
    made.run("index", articles, "--archive", made.archive)
    return made


def test_a_stranger_brings_a_table_and_a_folder(desk: Desk) -> None:
    """The commands that each command prints lead from a CSV to a measured run."""
    table = f"Question,Answer,Evidence,Answerable\nHow many died?,ten,{DIED},\nWho sang?,,,no\n,x,,\n"
    write_files(desk.folder, {"q.csv": table})
    out = desk.run("gold", "import", desk.folder / "q.csv", "--archive", desk.archive, "--out", desk.folder / "set")
    assert out.startswith(f"table → {desk.folder / 'set'}: questions 2 (unanswerable 1), quotes 1, articles 0\n")
    assert f"left out 1: a row without a question ({desk.folder / 'q.csv'}:4)" in out
    commands = re.findall(r"^  groundwire (.*)$", out, re.MULTILINE)
    assert len(commands) == 2
    assert "errors 0, hints 1\n" in desk.run(*commands[0].split())
    desk.run(*commands[1].split(), "--retrieval-only")
    assert desk.run("gold", "import", desk.folder / "q.csv", "--out", desk.folder / "set", code=1) == ""
    assert "gold.jsonl: is there already" in desk.err
    record = json.loads(
        desk.run(
            "gold", "import", desk.folder / "q.csv", "--out", desk.folder / "set", "--force", "--json", "--limit", 1
        )
    )
    assert (record["questions"], record["articles"], record["unanswerable"]) == (1, 0, 0)
    assert record["left_out"][-1]["reason"].startswith("evidence: it names no article")


def test_imported_articles_are_indexed_and_hold_the_evidence(desk: Desk) -> None:
    rows = [{"question": f"Who {n}?", "answer": "ten", "context": f"{n} came. Then ten died."} for n in range(3)]
    write_files(desk.folder, {"q.jsonl": "\n".join(map(json.dumps, rows))})
    out = desk.run("gold", "import", desk.folder / "q.jsonl", "--out", desk.folder / "set")
    commands = re.findall(r"^  groundwire (.*)$", out, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["index", "gold", "eval"]
    desk.run(*commands[0].split())
    assert "questions 3, answerable 3, quotes 3" in desk.run(*commands[1].split())


def test_ours_has_no_errors(desk: Desk) -> None:
    data = Path(__file__).parents[2] / "data"
    desk.run("index", data / "articles", "--archive", desk.folder / "ours")
    assert "errors 0" in desk.run("gold", "check", data / "gold.jsonl", "--archive", desk.folder / "ours")
    desk.run("gold", "check", data / "gold.jsonl", "--archive", desk.archive, code=1)
    assert "holds none of the articles that" in desk.err and desk.err.count("\n") == 1


def test_every_bad_line_is_told_at_once(desk: Desk) -> None:
    good = to_row(asked("a"))
    write_gold(
        desk.folder, "{", good, [1], good, good | {"id": "b", "question": "\x1b[2J?"}, good | {"id": "c", "answers": 7}
    )
    out = desk.run("gold", "check", desk.gold, "--archive", desk.archive, code=1)
    for number, words in {1: "not JSON", 3: "not of its shape", 4: 'the id "a" stands', 6: "not of its shape"}.items():
        assert f"error  {desk.gold}:{number}: " in out and words in out
    assert out.endswith("errors 4, hints 2\n")
    record = json.loads(desk.run("gold", "check", desk.gold, "--archive", desk.archive, "--json", code=1))
    assert record["questions"] == 2 and len(record["findings"]) == 6
    write_gold(desk.folder, "")
    desk.run("gold", "check", desk.gold, "--archive", desk.archive, code=1)
    assert desk.err == f"groundwire: {desk.gold}: holds no questions\n"


def test_many_findings_are_counted_not_hidden(desk: Desk) -> None:
    write_gold(desk.folder, *(to_row(asked(str(n), f"{'a' * n} b")) | {"answers": ["?"]} for n in range(25)))
    out = desk.run("gold", "check", desk.gold, "--archive", desk.archive, code=1)
    assert out.count("\nerror  ") == 21 and "error  and 5 more; --json has all" in out and "errors 25" in out


# Adding


def test_a_question_is_added_from_what_a_search_finds(desk: Desk) -> None:
    out = desk.add(ASKED, typed="9\n1\nseven\nTen people died\ntwelve;ten\nten | 10\ntoll\n")
    assert "1. Strike at Baghdad airport | Reuters | 2020-01-03" in out and out.endswith(f"{desk.gold}: q-001 added\n")
    assert desk.err.count("groundwire: ") == 3
    evidence = (GoldQuote("airport", "Ten people died"),)
    assert desk.rows() == [Question("q-001", ASKED, (("ten", "10"),), evidence, True, "toll")]
    desk.add("Where did flights go?", typed="1\n1\nBasra\n")
    assert desk.rows()[1].id == "q-002" and desk.rows()[1].kind == "question"
    desk.add("Who sang?", typed="u\n")
    assert desk.rows()[2] == Question("q-003", "Who sang?", (), (), False, "unanswerable")


def test_what_is_not_finished_is_not_added(desk: Desk) -> None:
    for typed in ("", "q\n", "1\n", "1\nq\n", "1\n1\n", "1\n1\n;\n"):
        desk.add(ASKED, typed=typed)
        assert not desk.gold.exists() and desk.err.endswith("left; what was decided is kept\n")


def test_a_question_is_added_by_its_places(desk: Desk) -> None:
    [hit, *_] = json.loads(desk.run("search", ASKED, "--json", "--archive", desk.archive))
    place = f"{hit['article_id']}:{hit['start']}:{hit['end']}"
    desk.add(ASKED, "--answer", "Soleimani; Baghdad", "--evidence", place, "--kind", "who")
    [row] = desk.rows()
    assert row.groups == (("Soleimani",), ("Baghdad",)) and row.kind == "who"
    assert [e.group for e in row.evidence] == [0, 1] and row.evidence[0].quote == hit["text"]
    desk.add("Who sang?", "--unanswerable")
    before = desk.gold.read_bytes()
    for words in ([ASKED.upper(), "--unanswerable"], ["Why?", "--answer", "?"], [" ", "--unanswerable"]):
        desk.add(*words, code=1)
        assert desk.err.count("\n") == 1
    for words in (["Why?", "--marked"], [], ["Why?", "--answer", "x", "--unanswerable"], ["Why?", "--evidence", place]):
        desk.add(*words, code=2)
    assert desk.gold.read_bytes() == before


def test_a_broken_gold_file_is_not_added_to(desk: Desk) -> None:
    write_gold(desk.folder, "{")
    desk.add("Who sang?", "--unanswerable", code=1)
    assert desk.err.startswith(f"groundwire: {desk.gold}:1: not JSON") and desk.gold.read_text() == "{\n"


# Marked answers


def test_marked_answers_become_gold(desk: Desk) -> None:
    sung, rose = "Which quartet sang at the opera?", "What rose by four per cent?"
    desk.run("chat", "--archive", desk.archive, typed=f"+\n{ASKED}\n-\n+\n{sung}\n+\n{rose}\n-\n")
    assert "there is no answer to mark" in desk.err and desk.err.count("kept in") == 4
    marked, problems = read_marked(desk.archive)
    assert [(m.mark, m.answer["question"]) for m in marked] == [("+", ASKED), ("+", sung), ("-", rose)]
    assert problems == [] and marked[0].answer["citations"] and marked[1].answer["declined"]
    with marked_file(desk.archive).open("a") as file:
        file.write("{\n")
    out = desk.add("--marked", typed="\nten\ns\ns\n")
    assert f"1 of 3, marked + on 20{marked[0].date[2:10]}: {ASKED}" in out and ":5: not a marked answer" in desk.err
    [row] = desk.rows()
    assert row.question == ASKED and row.groups == (("ten",),)
    assert [e.quote for e in row.evidence] == [c["quote"] for c in marked[0].answer["citations"]]
    out = desk.add("--marked", typed="u\na\n1\n2\nfour per cent\n")
    assert ASKED not in out and [q.question for q in desk.rows()] == [ASKED, marked[1].question, marked[2].question]
    assert desk.rows()[1].answerable is False and desk.rows()[2].groups == (("four per cent",),)
    assert "every marked answer is in it already" in desk.add("--marked")


def test_a_quote_that_is_no_longer_there_is_not_offered(desk: Desk, articles: Path) -> None:
    desk.run("chat", "--archive", desk.archive, typed=f"{ASKED}\n+\n")
    (articles / "airport.txt").write_text("Nothing happened at the airport.")
    desk.run("index", articles, "--archive", desk.archive)
    desk.add("--marked", typed="\nq\n")
    assert "is no longer in airport" in desk.err and "there is no quote to take" in desk.err and not desk.gold.exists()


def test_a_correction_is_offered_as_the_accepted_answer(desk: Desk) -> None:
    desk.run("chat", "--archive", desk.archive, typed=f"{ASKED}\n+\n")
    [first], _ = read_marked(desk.archive)
    assert first.correction == ""
    mark_answer(desk.archive, "-", first.answer, correction=" ten | 10 ")
    [marked], problems = read_marked(desk.archive)
    assert problems == [] and marked.answer == first.answer
    assert (marked.mark, marked.correction, marked.question) == ("-", "ten | 10", ASKED)
    out = desk.add("--marked", typed="1\n\n")
    assert "The reader says: ten | 10" in out
    [row] = desk.rows()
    assert row.groups == (("ten", "10"),) and row.evidence[0].quote == marked.answer["citations"][0]["quote"]


def test_what_is_typed_goes_before_what_the_reader_says(desk: Desk) -> None:
    desk.run("chat", "--archive", desk.archive, typed=f"{ASKED}\n+\n")
    [first], _ = read_marked(desk.archive)
    mark_answer(desk.archive, "+", first.answer, correction="?")
    desk.add("--marked", typed="\n\nten\n")  # "?" holds no letter, and is asked for again
    assert desk.rows()[0].groups == (("ten",),) and "an answer without a letter" in desk.err


def test_a_mark_is_taken_away(desk: Desk) -> None:
    desk.run("chat", "--archive", desk.archive, typed=f"{ASKED}\n+\nWhich quartet sang at the opera?\n-\n")
    first, second = read_marked(desk.archive)[0]
    mark_answer(desk.archive, "", first.answer)
    assert read_marked(desk.archive) == ([second], [])
    mark_answer(desk.archive, "-", first.answer, correction="ten")
    assert [(m.mark, m.correction) for m in read_marked(desk.archive)[0]] == [("-", ""), ("-", "ten")]
    for answer in (first.answer, second.answer):
        mark_answer(desk.archive, "", answer)
    with pytest.raises(GoldError, match="nothing is marked yet"):
        read_marked(desk.archive)


def test_taking_away_what_never_was_writes_nothing(tmp_path: Path) -> None:
    assert not mark_answer(tmp_path, "", {"standalone_question": "Who?", "citations": []}).exists()


@pytest.mark.parametrize(
    "answer",
    [{}, {"standalone_question": "Who?", "citations": None}, {"standalone_question": "Who?", "citations": [1]}],
)
def test_what_is_no_answer_is_not_marked(tmp_path: Path, answer: dict[str, Any]) -> None:
    with pytest.raises(GoldError, match="this is no answer"):
        mark_answer(tmp_path, "+", answer)
    marked_file(tmp_path).write_text(json.dumps({"mark": "+", "date": "2026", "answer": answer}) + "\n[]\n7\n")
    assert read_marked(tmp_path)[0] == [] and len(read_marked(tmp_path)[1]) == 3


def test_only_marks_are_marks(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match='"yes" is no mark'):
        mark_answer(tmp_path, "yes", {"standalone_question": "Who?", "citations": []})


def test_nothing_marked_is_a_sentence(desk: Desk) -> None:
    desk.add("--marked", code=1)
    assert "nothing is marked yet; type + or - after an answer in groundwire chat" in desk.err


# Drafts


def drafting(make: Callable[[str], str]) -> ScriptedGenerator:
    """Asks what `make` makes of a passage's last sentence."""

    def reply(messages: Sequence[Message]) -> str:
        material = messages[-1].content.rpartition("\n\n")[0]
        return make(material.rpartition("\n")[2].split(". ")[-1])

    return ScriptedGenerator(reply=reply)


class Marking(FakeReader):
    """Marks these words of a passage, or its last sentence, as surely as it is told."""

    def __init__(self, words: str = "", span: float = 2.0, answers: float = 2.0) -> None:
        self.words, self.span, self.answered = words, span, answers

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        made = []
        for _, text in passages:
            words = self.words or text.split(". ")[-1]
            start = text.find(words)
            spans = () if start < 0 else ((self.span, start, start + len(words)),)
            made.append(Reading(self.answered, spans))
        return made


def after_first(sentence: str) -> str:
    return f"What is said of {sentence.split()[2]}?"


@pytest.fixture
def library(tmp_path: Path) -> NewsIndex:
    """Three articles of three passages each."""
    body = "{0}{1} is a place of many people who live there all year. People of {0}{1} like it there."
    files = {f"{name}.txt": "\n\n".join(body.format(name, n) for n in "123") for name in ("Ada", "Bel", "Cid")}
    return make_index(tmp_path / "library", [write_files(tmp_path / "texts", files)], FakeEmbedder())


def test_passages_are_spread_and_the_same_by_seed(library: NewsIndex) -> None:
    first, again, other = ([(a.id, p) for a, p in choose_passages(library.archive, seed)] for seed in (0, 0, 1))
    assert first == again != other and sorted(first, key=str) == sorted(other, key=str)
    assert len(first) == len(set(first)) == library.archive.passage_count
    assert {id for id, _ in first[:3]} == {"Ada", "Bel", "Cid"}, "one of each before a second of any"
    assert len({next(choose_passages(library.archive, seed))[0].id for seed in range(9)}) == 3


def test_a_draft_is_proved_by_its_passage(library: NewsIndex) -> None:
    tried = list(draft_questions(library.archive, drafting(after_first), Marking(), [], seed=3))
    drafts = [attempt.draft for attempt in tried if attempt.draft]
    assert [draft.id for draft in drafts] == [f"draft-00{n}" for n in range(1, 10)]
    for draft in drafts:
        [evidence] = draft.evidence
        article = library.archive.article(evidence.article_id)
        assert article and evidence.quote in article.text and draft.groups[0][0].rstrip(".") in evidence.quote
        assert draft.draft and draft.kind == "drafted"
    again = draft_questions(library.archive, drafting(after_first), Marking(), drafts[:-1], seed=4)
    assert [attempt.draft and attempt.draft.question for attempt in again] == [drafts[-1].question]


@pytest.mark.parametrize(
    ("question", "reader", "reason"),
    [
        ("No question.", Marking("many people"), "it speaks of the passage, or is no question"),
        ("What does the passage say?", Marking("many people"), "it speaks of the passage, or is no question"),
        ("Who lives there?", Marking("many people", answers=-0.1), "the reader doubts that the passage answers it"),
        ("Who lives there?", Marking("many people", span=-0.1), "the reader doubts that the passage answers it"),
        ("Who lives there?", Marking("nobody at all"), "the reader doubts that the passage answers it"),
        ("Who lives there?", Marking("many peo"), "its answer is not in the passage"),
        ("Do many people live there?", Marking("many people"), "it gives its answer away"),
        (
            "Who lives there?",
            Marking("a place of many people who live there all"),
            "its answer is too long, or nothing",
        ),
    ],
)
def test_a_draft_that_proves_nothing_is_none(library: NewsIndex, question: str, reader: Marking, reason: str) -> None:
    generator = ScriptedGenerator(reply=lambda _: question)
    tried = list(draft_questions(library.archive, generator, reader, []))
    assert {attempt.reason for attempt in tried} == {reason} and len(tried) == library.archive.passage_count


def test_a_question_that_is_asked_already_is_not_drafted(library: NewsIndex) -> None:
    generator = drafting(lambda _: "What do people like there at last?")
    tried = list(draft_questions(library.archive, generator, Marking(), []))
    assert [attempt.reason for attempt in tried if attempt.draft is None].count("asked already") == len(tried) - 1


def draft_some(desk: Desk, library: NewsIndex, n: int) -> Path:
    words = ("gold", "draft", desk.gold, "--archive", library.archive.folder, "-n", n)
    desk.run(*words, generator=drafting(after_first), reader=Marking())
    return drafts_file(desk.gold)


def test_drafts_are_reviewed_one_by_one(desk: Desk, library: NewsIndex) -> None:
    drafts = draft_some(desk, library, 3)
    assert f"{drafts}: 3 drafts more, from 3 passages" in desk.out and "groundwire gold review" in desk.out
    rows = [json.loads(line) for line in drafts.read_text("utf-8").splitlines()]
    assert [(row["draft"], row["drafted_by"], row["kind"]) for row in rows] == [(True, "scripted", "drafted")] * 3
    desk.run("eval", drafts, "--archive", desk.archive, "--out", desk.folder / "out", code=1)
    assert f"{drafts}:1: is a draft; accept or reject it with: groundwire gold review {drafts} GOLD" in desk.err

    out = desk.run("gold", "review", drafts, desk.gold, typed="x\na\nq\n")
    assert f"1 of 3, draft-001: {rows[0]['question']}" in out and f"{desk.gold}: q-001 added" in out
    held = [json.loads(line) for line in desk.gold.read_text("utf-8").splitlines()]
    assert held == [{k: v for k, v in rows[0].items() if k != "draft"} | {"id": "q-001"}]
    desk.run("gold", "review", drafts, desk.gold, typed="s\ne\nWho likes it?\nthey | They all\na\n")
    assert desk.rows()[1].question == "Who likes it?" and desk.rows()[1].groups == (("they", "They all"),)
    assert [json.loads(line)["id"] for line in drafts.read_text("utf-8").splitlines()] == ["draft-002"]
    desk.run("gold", "review", drafts, desk.gold, typed="r\n")
    assert drafts.read_text() == "" and len(desk.rows()) == 2
    assert "no drafts are left" in desk.run("gold", "review", drafts, desk.gold)


def test_a_review_that_was_killed_goes_on(desk: Desk, library: NewsIndex) -> None:
    """Between the two files a draft is in both; then it is in the gold file alone, once."""
    drafts = draft_some(desk, library, 2)
    with patch("cli.gold_dialogue.remove_row", side_effect=KeyboardInterrupt):
        desk.run("gold", "review", drafts, desk.gold, typed="a\n", code=130)
    assert len(desk.rows()) == 1 and drafts.read_text("utf-8").count("\n") == 2
    desk.run("gold", "review", drafts, desk.gold, typed="a\n")
    assert "is in" in desk.err and len(desk.rows()) == 2 and drafts.read_text() == ""


def test_gold_is_not_taken_for_drafts(desk: Desk, library: NewsIndex) -> None:
    drafts = draft_some(desk, library, 1)
    write_gold(desk.folder, to_row(asked("a")))
    before = desk.gold.read_bytes()
    desk.run("gold", "review", desk.gold, drafts, typed="r\n", code=1)
    assert f"{desk.gold}:1: is not a draft; name the drafts first" in desk.err and desk.gold.read_bytes() == before


def test_interrupted_drafting_keeps_what_was_made(desk: Desk, library: NewsIndex) -> None:
    calls = []

    def make(sentence: str) -> str:
        calls.append(sentence)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return after_first(sentence)

    words = ("gold", "draft", desk.gold, "--archive", library.archive.folder)
    desk.run(*words, generator=drafting(make), code=130)
    assert "2 drafts more" in desk.out and drafts_file(desk.gold).read_text("utf-8").count("\n") == 2
    desk.run(*words, "-n", 1, generator=drafting(after_first))
    kept = [json.loads(line) for line in drafts_file(desk.gold).read_text("utf-8").splitlines()]
    assert [row["id"] for row in kept] == ["draft-001", "draft-002", "draft-003"]
    assert len({row["question"] for row in kept}) == 3


def test_an_archive_that_is_used_up_is_told(desk: Desk, library: NewsIndex) -> None:
    draft_some(desk, library, 100)
    assert "no more passages to draft from" in desk.err


def test_what_a_model_or_an_article_says_steers_no_terminal(desk: Desk) -> None:
    """`run` looks at every character that comes out."""
    row = to_row(asked("a", "Who \x1b[2J?")) | {"draft": True, "answers": ["\x1b]0;x\x07"]}
    row["evidence"] = [{"article_id": "\x1b[1m", "quote": "\x1b[2J x"}]
    write_gold(desk.folder, row)
    drafts = desk.gold.rename(drafts_file(desk.gold))
    assert "Who" in desk.run("gold", "review", drafts, desk.gold, typed="s\n")
    desk.run("gold", "check", drafts, "--archive", desk.archive, code=1)
    evil = {"id": "e\x1b[2J", "text": "Ten \x1b[2J died in the strike. Nine stayed.", "title": "\x1b[1m"}
    write_files(desk.folder / "evil", {"a.jsonl": json.dumps(evil)})
    desk.run("index", desk.folder / "evil", "--archive", desk.folder / "evil-archive")
    desk.run("gold", "add", desk.gold, "--archive", desk.folder / "evil-archive", "How many died?", typed="1\n1\nten\n")
    assert read_gold(desk.gold)[0].evidence[0].quote.startswith("Ten \x1b")
