"""The command line as a user calls it, from index to chat; nothing that it prints steers a terminal."""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cli.main import main
from cli.terminal import plain
from ground.words import duration, plain_json
from index.opening import open_archive
from models.catalogue import read_catalogue
from qa.answer import Answer, Citation
from tests.conftest import write_files
from tests.evaluation.test_gold import write_gold
from tests.qa.test_ask import HOSTILE
from tests.support.fakes import fakes_for_models

QUESTION = "Who died in the strike at the airport of Baghdad?"
STEERING = "".join(map(chr, [*range(0x20), 0x7F, *range(0x80, 0xA0), 0x200E, 0x202E, 0x2028])).replace("\n", "")


class Desk:
    """A user at a prompt: the command line with fakes for models, in a pipe."""

    def __init__(self, archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.archive = archive
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def run(self, command: str, *arguments: object, typed: str = "", code: int = 0) -> str:
        """Standard output of a command; nothing in it steers a terminal."""
        self._monkeypatch.setattr("sys.stdin", StringIO(typed))
        with fakes_for_models():
            got = main([command, "--archive", str(self.archive), *map(str, arguments)])
        self.out, self.err = self._capsys.readouterr()
        assert got == code, self.err
        assert not set(STEERING) & set(self.out + self.err)
        return self.out


@pytest.fixture
def desk(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    made = Desk(tmp_path / "archive", capsys, monkeypatch)
    made.run("index", articles)
    yield made


def test_indexing_is_told_in_numbers(desk: Desk, articles: Path) -> None:
    out = desk.run("index", articles)
    assert out.startswith("0 new, 0 changed, 4 unchanged, 0 removed in ")
    assert out.endswith(f"{desk.archive}: 4 articles, 4 passages\n")
    record = json.loads(desk.run("index", articles, "--json"))
    assert (record["unchanged"], record["articles"], record["passages"]) == (4, 4, 4)


def test_a_dry_run_makes_no_archive_and_the_report_names_every_article(
    desk: Desk, articles: Path, tmp_path: Path
) -> None:
    file, desk.archive = tmp_path / "report.json", tmp_path / "another"
    assert desk.run("index", articles, "--dry-run", "--report", file).startswith("would be: 4 new, 0 changed")
    assert not desk.archive.exists()
    planned = json.loads(file.read_text())
    desk.run("index", articles, "--report", file)
    done = json.loads(file.read_text())
    assert planned["named"] == done["named"] and len(done["named"]["new"]) == 4
    assert (planned["dry_run"], planned["articles"], done["dry_run"], done["articles"]) == (True, 0, False, 4)
    desk.run("index", articles, "--report", tmp_path / "none" / "report.json", code=1)
    assert "the report cannot be written" in desk.err


def test_info_says_what_the_archive_holds(desk: Desk) -> None:
    lines = dict(line.split(None, 1) for line in desk.run("info").splitlines())
    assert lines["articles"] == "4, 4 stories in them" and lines["passages"] == "4, up to 220 tokens each"
    assert lines["files"] == "3: .jsonl 1, .md 1, .txt 1"
    assert lines["days"] == "2020-01-03 to 2021-06-07; 1 stories have none" and lines["embedder"] == "fake 64"
    assert set(re.findall(r"(\w+) \d,?", lines["outlets"].partition(";")[0])) == {"Reuters", "AFP", "EFE"}
    assert json.loads(desk.run("info", "--json"))["kinds"] == {".jsonl": 1, ".md": 1, ".txt": 1}
    assert lines["FAISS"] == lines["tantivy"] == "current"


FLOOD = " ".join(f"Sentence {n} of the flood says that {n} people of town {n} are safe." for n in range(12, 24))
CARRIED = {
    "wire.md": f"---\ntitle: Flood\nsource: AFP\npublished: 2020-02-01\n---\n{FLOOD}\n",
    "post.md": f"---\ntitle: Towns flooded\nsource: Post\npublished: 2020-02-02\n---\n{FLOOD} The mayor was away.\n",
    "later.md": "---\ntitle: 'UPDATE 1-Flood'\nsource: AFP\npublished: 2020-02-01\n---\n"
    f"{FLOOD.replace('that 15 people', 'that 16 people')}\n",
}


def test_copies_are_listed_with_what_differs(desk: Desk, tmp_path: Path) -> None:
    assert desk.run("copies") == "no copies\n"
    carried = write_files(tmp_path / "carried", CARRIED)
    report = json.loads(desk.run("index", carried, "--json"))
    assert (report["copies"], report["superseded"]) == (1, 2)
    assert desk.run("copies").splitlines() == [
        "source wire 55:847  AFP, 2020-02-01, “Flood”; superseded by later",
        "  update later 66:858  AFP, 2020-02-01, “UPDATE 1-Flood”",
        "      1 sentence changed, 15 → 16",
        "  copy   post 64:876  Post, 2020-02-02, “Towns flooded”; superseded by later",
        "      1 sentence added",
    ]
    assert "      + The mayor was away.\n" in desk.run("copies", "post")
    [group] = json.loads(desk.run("copies", "later", "--json"))
    assert group["group"] == "wire:55"
    assert [(story["article_id"], story["relation"], story["superseded_by"]) for story in group["stories"]] == [
        ("wire", "source", "later"),
        ("later", "update", None),
        ("post", "copy", "later"),
    ]
    assert group["stories"][1]["numbers"] == [{"from": "15", "to": "16"}]
    assert desk.run("copies", "airport") == "airport has no copies\n"
    desk.run("copies", "nowhere", code=1)
    assert 'no article has the id "nowhere"' in desk.err
    assert "copies     1 of 7 stories; 2 superseded by a later version" in desk.run("info")


def test_a_search_shows_whose_where_and_what(desk: Desk) -> None:
    out = desk.run("search", QUESTION, "-k", 2)
    assert out.startswith("1. Reuters, 2020-01-03, “Strike at Baghdad airport”\n    airport ")
    assert "Ten people ⟦died⟧ in the ⟦strike⟧." in out and "\n2. " in out and "\n3. " not in out


def test_a_search_as_json_has_the_words_and_where_they_stand(desk: Desk) -> None:
    hits = json.loads(desk.run("search", QUESTION, "--json"))
    assert [hit["rank"] for hit in hits] == [1, 2, 3, 4] and hits[0]["article_id"] == "airport"
    archive = open_archive(desk.archive)
    for hit in hits:
        article = archive.article(hit["article_id"])
        assert article and article.text[hit["start"] : hit["end"]] == hit["text"]
    archive.close()


def test_a_timeline_tells_each_day_once_and_where_its_quotes_stand(desk: Desk, tmp_path: Path) -> None:
    desk.run("timeline", "the strike at the airport")
    assert "no sentence on this tells of a day" in desk.err
    text = "The mine flooded on Saturday. Two men left the mine today. The mine had flooded in 1999."
    told = f"---\npublished: 2020-02-03\n---\n{text}\n"
    desk.run("index", write_files(tmp_path / "mine", {"mine.md": told}))
    out = desk.run("timeline", "the flooded mine")
    moments = json.loads(desk.run("timeline", "the flooded mine", "--json"))
    assert [moment["day"] for moment in moments] == ["1999", "2020-02-01", "2020-02-03"]
    days = [line for line in out.splitlines() if not line.startswith(" ")]
    assert len(days) == len(set(days)) == len({moment["day"] for moment in moments})
    archive = open_archive(desk.archive)
    for cited in (citation for moment in moments for citation in moment["citations"]):
        article = archive.article(cited["article_id"])
        assert article and article.text[cited["start"] : cited["end"]] == cited["quote"]
    archive.close()


def test_an_answer_as_json_is_what_the_page_on_answers_says(desk: Desk) -> None:
    record = json.loads(desk.run("ask", QUESTION, "--json"))
    assert set(record) == set(Answer.__dataclass_fields__)
    assert record["id"] is None and record["question"] == record["standalone_question"] == QUESTION
    assert record["declined"] is False and record["conflicts"] == []
    assert set(record["citations"][0]) == set(Citation.__dataclass_fields__)
    assert desk.out.count("\n") == 1


def test_a_citation_is_shown_where_it_stands(desk: Desk) -> None:
    record = json.loads(desk.run("ask", QUESTION, "--json"))
    text = desk.run("ask", QUESTION)
    assert re.sub(r"\s+", " ", text).startswith(record["answer"])
    for citation in record["citations"]:
        span = f"{citation['start']}:{citation['end']}"
        assert f"[{citation['number']}] {citation['source']}, {citation['published']}" in text
        assert f"    {citation['article_id']} {span}\n" in text and citation["quote"] in re.sub(r"\s+", " ", text)
        shown = desk.run("show", citation["article_id"], "--at", span)
        marked = re.search(r"⟦(.*)⟧", shown, re.DOTALL)
        assert marked and marked[1] == citation["quote"]
        whole = desk.run("show", citation["article_id"])
        assert whole.endswith(shown.replace("⟦", "").replace("⟧", "").partition("\n")[2])


def test_what_is_found_is_told_at_once_on_a_terminal_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    found = "Found: Reuters, 2020-01-03: “A drone strike killed General Soleimani at the airport of Baghdad.”"
    desk.run("ask", QUESTION)
    assert "Found" not in desk.out + desk.err
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    out = desk.run("ask", QUESTION)
    assert " ".join(desk.err.split()) == found and out.startswith("Reuters (3 January 2020): “A drone strike")
    declined = desk.run("ask", "Which quartet won the chess tournament?")
    assert desk.err.startswith("Found: EFE, 2021-06-07: “José Pérez") and declined.startswith("The articles do not say")


def test_quotes_alone_answer_without_a_language_model(desk: Desk) -> None:
    out = " ".join(desk.run("ask", QUESTION, "--llm", "none").split())
    assert out.startswith(
        "Reuters (3 January 2020): “A drone strike killed General Soleimani at the airport of Baghdad.”"
    )
    assert json.loads(desk.run("ask", QUESTION, "--llm", "none", "--json"))["replay"]["llm"]["name"] is None


def test_a_question_that_is_not_answered_is_no_error(desk: Desk) -> None:
    assert desk.run("ask", "Which quartet won the chess tournament?").startswith("The articles do not say.")


GOLD_ROWS = (
    {
        "id": "one",
        "question": QUESTION,
        "answers": ["Soleimani"],
        "evidence": [{"article_id": "airport", "quote": "Ten people died"}],
        "kind": "toll",
    },
    {"id": "two", "question": "Which quartet sang?", "answerable": False, "kind": "absent"},
)


def test_an_evaluation_prints_and_keeps_its_figures(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold, folder = write_gold(tmp_path, *GOLD_ROWS), tmp_path / "out"
    out = desk.run("eval", gold, "--out", folder)
    shown = {"fused: any evidence in the first 1": 1, "unanswerable refused": 1, "citations verbatim": 2}
    for title, n in shown.items():  # a refusal quotes the nearest
        assert re.search(rf"^{title} +1\.000  +1\.000 – 1\.000 +{n}  [\w/@]+$", out, re.MULTILINE), title
    assert out.endswith(f"\n\nreport: {folder / 'report.html'}\n")
    record = json.loads((folder / "figures.json").read_text("utf-8"))
    assert record["complete"] and record["questions"] == 2 and record["llm"]["name"] == "scripted"
    assert record["gold"] == {"name": "gold.jsonl", "sha256": sha256(gold.read_bytes()).hexdigest()}
    lines = (folder / "answers.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["one", "two"]
    assert main(["compare", str(folder)]) == 0 and out.startswith(capsys.readouterr().out)
    desk.run("eval", gold, "--out", folder, code=1)
    assert desk.err.startswith(f"groundwire: {folder}: holds a run already; ")
    assert desk.run("eval", gold, "--out", folder, "--resume") == out


@pytest.mark.parametrize(
    ("options", "ids"), [(["--kind", "absent"], ["two"]), (["--limit", 1], ["one"]), ([], ["one", "two"])]
)
def test_some_questions_of_a_gold_set(desk: Desk, tmp_path: Path, options: list[object], ids: list[str]) -> None:
    desk.run("eval", write_gold(tmp_path, *GOLD_ROWS), "--out", tmp_path / "out", "--retrieval-only", *options)
    lines = (tmp_path / "out" / "judged.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ids


@pytest.mark.slow
def test_an_evaluation_that_misses_a_gate_is_whole_and_exits_1(desk: Desk, tmp_path: Path) -> None:
    gold = write_gold(tmp_path, *GOLD_ROWS)
    desk.run("eval", gold, "--out", tmp_path / "a", "--fail-under", "right=1", "--fail-under", "verbatim=1")
    assert desk.err == ""
    wrong = write_gold(tmp_path / "wrong", GOLD_ROWS[0] | {"answers": ["eleven"]}, GOLD_ROWS[1])
    out = desk.run("eval", wrong, "--out", tmp_path / "b", "--fail-under", "right=0.7", code=1)
    assert desk.err == "groundwire: right: 0 is under 0.7 (n 1)\n"
    assert "report: " in out and json.loads((tmp_path / "b" / "figures.json").read_text("utf-8"))["complete"]
    desk.run("eval", gold, "--out", tmp_path / "c", "--no-worse-than", tmp_path / "a")
    desk.run("eval", gold, "--out", tmp_path / "d", "--no-worse-than", tmp_path / "b", code=1)
    assert "the gold of 1 questions is not the same" in desk.err and (tmp_path / "d" / "report.html").exists()
    desk.run("eval", gold, "--out", tmp_path / "e", "--no-worse-than", tmp_path / "none", code=1)
    assert "is no run" in desk.err and not (tmp_path / "e").exists(), "told before the first question"


def test_a_kind_that_nobody_has_is_a_sentence(desk: Desk, tmp_path: Path) -> None:
    gold = write_gold(tmp_path, {"id": "a", "question": "b", "answers": ["c"]})
    desk.run("eval", gold, "--out", tmp_path / "out", "--kind", "opera", code=1)
    assert desk.err == f'groundwire: {gold}: no question of the kind "opera"\n' and not (tmp_path / "out").exists()


def test_evidence_that_is_not_there_is_told(desk: Desk, tmp_path: Path) -> None:
    row = {
        "id": "a",
        "question": QUESTION,
        "answers": ["c"],
        "evidence": [{"article_id": "airport", "quote": "Eleven"}],
    }
    desk.run("eval", write_gold(tmp_path, row), "--out", tmp_path / "out", "--retrieval-only")
    assert desk.err == "groundwire: a: “Eleven” is not in airport\n"


def test_a_chat_goes_on_until_it_ends(desk: Desk) -> None:
    out = desk.run("chat", typed=f"{QUESTION}\nWhat rose by four per cent?\n")
    airport, oil = out.index("killed"), out.index("The price of oil rose")
    assert airport < out.index("airport ") < oil < out.index("economy/oil ")
    assert desk.run("chat", typed=f"{QUESTION}\n\nWhat rose by four per cent?\n").count("[1] ") == 1, "empty line ends"
    assert desk.run("chat", typed="") == ""


def test_a_question_too_long_does_not_end_a_chat(desk: Desk) -> None:
    out = desk.run("chat", typed=f"{'why ' * 1000}\n{QUESTION}\n")
    assert "the question has 3,999 characters" in desk.err and "airport " in out


def test_the_models_are_listed(desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--weights", str(tmp_path / "none")]) == 0
    out = capsys.readouterr().out
    for entry in read_catalogue():
        [row] = [line for line in out.splitlines() if line.startswith(f"{entry.name} ")]
        assert row.endswith("default" if entry.default else "–") and entry.licence in row
    assert out.endswith(f"weights folder: {tmp_path / 'none'}\n")
    assert main(["models", "--weights", str(tmp_path / "none"), "list", "smollm2-135m"]) == 0
    assert capsys.readouterr().out.count("MB") == 1


# What an article says steers nothing


@pytest.fixture
def hostile(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An archive of articles that hold every control character wherever they can."""
    evil = f"\x1b[2J\x1b]0;pwned\x07\x1b[31m{STEERING}"
    rows = [
        {"id": f"evil{evil}-{n}", "text": f"{evil} {text} {evil}", "title": f"Strike {evil}", "source": f"Wire {evil}"}
        for n, text in enumerate([*HOSTILE, HOSTILE[1]])
    ]
    bad = {"id": "bad", "text": "Ten people died in the strike.", "published": f"yesterday{evil}"}
    lines = "\n".join(json.dumps(row) for row in [*rows, bad])
    made = Desk(tmp_path / "archive", capsys, monkeypatch)
    made.run("index", write_files(tmp_path / "evil", {"rows.jsonl": lines}), code=3)
    assert "yesterday" in made.err
    return made


def test_no_article_steers_the_terminal(hostile: Desk) -> None:
    """`run` looks at every character that comes out."""
    for command in (["info"], ["search", QUESTION], ["ask", QUESTION], ["ask", "Which quartet sang?"]):
        assert "Wire" in hostile.run(*command) or "Strike" in hostile.out
    hostile.run("chat", typed=f"{QUESTION}\n")
    for command in ("search", "ask"):
        hostile.run(command, QUESTION, "--json")
        assert json.loads(hostile.out)
    archive = open_archive(hostile.archive)
    name = json.loads(hostile.run("search", QUESTION, "--json"))[0]["article_id"]
    article = archive.article(name)
    archive.close()
    assert article and "\x1b[2J" in article.text, "stored as it is, shown without"
    assert "died" in hostile.run("show", name, "--at", f"0:{len(article.text)}")


def test_plain_text_keeps_every_letter_in_its_place() -> None:
    for text in ("Kata’ib Hezbollah – “ten”\n", "地震 من قُتل 🛩", "café"):
        assert plain(text) == text
    assert plain(f"a{STEERING}b") == f"a{' ' * len(STEERING)}b"


@given(st.text())
@example(f"{STEERING}\U000e0001")
def test_plain_json_is_the_same_value_on_one_line(text: str) -> None:
    shown = plain_json({text: [text]})
    assert json.loads(shown) == {text: [text]} and shown.isprintable()


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (5399, "90 min"), (5400, "1.5 h")]
)
def test_a_duration_is_said_as_a_person_says_it(seconds: float, said: str) -> None:
    assert duration(seconds) == said
