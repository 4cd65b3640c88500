"""Every mistake a user can make is one sentence on standard error and exit code 1; wrong usage is 2; nothing is lost.

After a wanted change of --help: python -m pytest tests/cli/test_errors.py --rewrite-golden, and read the diff.
"""

import difflib
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from app import add_serve_command
from cli.main import build_parser, main
from cli.options import archive_folder, at, place_of
from index.opening import is_archive, open_archive
from tests.conftest import as_nobody, make_index, open_to_all, write_files
from tests.evaluation.test_gold import write_gold
from tests.support.fakes import FakeEmbedder, fakes_for_models
from web.auth.commands import add_login_commands

TESTS = Path(__file__).parents[1]
GOLDEN = TESTS / "golden" / "help.txt"
QUESTION = "Who died in the strike at the airport of Baghdad?"


class Line:
    """The command line with fakes for models, on one archive."""

    def __init__(self, archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.archive = archive
        self._capsys = capsys

    def run(self, command: str, *arguments: object, code: int = 0) -> tuple[str, str]:
        """Standard output and standard error of a command that must end with `code`."""
        with fakes_for_models():
            got = main([command, "--archive", str(self.archive), *map(str, arguments)])
        out, err = self._capsys.readouterr()
        assert got == code, err
        return out, err

    def refused(self, command: str, *arguments: object) -> str:
        """The one sentence of a command that fails; the archive is what it was."""
        before = self.fingerprint()
        out, err = self.run(command, *arguments, code=1)
        assert (out, self.fingerprint()) == ("", before)
        return one_sentence(err)

    def fingerprint(self) -> str | None:
        if not is_archive(self.archive):
            return None
        archive = open_archive(self.archive)
        try:
            return archive.fingerprint()
        finally:
            archive.close()


def one_sentence(err: str) -> str:
    """What follows "groundwire: " in the only line of standard error."""
    assert err.startswith("groundwire: ") and err.endswith("\n") and err.count("\n") == 1, err
    assert "Traceback" not in err and len(err) > 30
    return err.removeprefix("groundwire: ").rstrip("\n")


@pytest.fixture
def line(tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    """An archive of the four articles behind a command line."""
    made = Line(tmp_path / "archive", capsys)
    out, _ = made.run("index", articles)
    assert out.startswith("4 new, 0 changed, 0 unchanged, 0 removed") and out.endswith("4 articles, 4 passages\n")
    return made


def test_the_fakes_answer(line: Line) -> None:
    """What the other tests break works when nothing is broken."""
    out, _ = line.run("ask", QUESTION, "--json")
    answer = json.loads(out)
    assert not answer["declined"] and answer["citations"]
    assert "airport" in line.run("search", QUESTION)[0]


# index


def test_a_path_that_is_not_there(line: Line, tmp_path: Path) -> None:
    assert line.refused("index", tmp_path / "none").startswith(f"{tmp_path / 'none'}: no such file or folder")


def test_a_folder_without_articles(line: Line, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert line.refused("index", tmp_path / "empty").startswith(f"{tmp_path / 'empty'}: no articles in this folder")


def test_a_folder_of_nothing_readable_is_not_a_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_files(tmp_path / "articles", {"a.txt": b"caf\xe9"})
    _, err = Line(tmp_path / "archive", capsys).run("index", folder, code=1)
    assert one_sentence(err) == f"{folder / 'a.txt'}: not UTF-8 at byte 3; save it as UTF-8 and index again"


def test_one_bad_file_is_named_and_the_rest_indexed(line: Line, articles: Path) -> None:
    write_files(articles, {"bad.txt": b"a\0b", "good.txt": "A good one."})
    out, err = line.run("index", articles, code=3)
    assert one_sentence(err).startswith(f"{articles / 'bad.txt'}: holds NUL") and out.startswith("1 new, 0 changed, 4")
    assert out.endswith(f"{line.archive}: 5 articles, 5 passages; problems, told above: 1\n")


def test_an_archive_that_is_written_to(line: Line, articles: Path) -> None:
    (articles / "airport.txt").write_text("Changed.")
    archive = open_archive(line.archive)
    with archive.writing():
        assert "another groundwire is writing to this archive" in line.refused("index", articles)
    assert line.run("index", articles)[0].startswith("0 new, 1 changed")


def test_a_folder_that_cannot_be_written(line: Line, articles: Path, tmp_path: Path) -> None:
    (articles / "airport.txt").write_text("Changed.")
    open_to_all(tmp_path, writable=False)
    before = line.fingerprint()
    open_to_all(tmp_path, writable=False)
    as_nobody(_cannot_index, line.archive, articles)
    assert line.fingerprint() == before


def _cannot_index(archive: Path, articles: Path) -> None:
    from contextlib import redirect_stderr
    from io import StringIO

    err = StringIO()
    with fakes_for_models(), redirect_stderr(err):
        assert main(["index", str(articles), "--archive", str(archive)]) == 1
    assert "cannot be written (Permission denied)" in one_sentence(err.getvalue())


@pytest.mark.slow
def test_a_full_disk_stops_and_the_next_run_goes_on(line: Line, articles: Path) -> None:
    """A limit on the size of files stands for the disk: writing beyond it fails in the same way."""
    body = "".join(f"Sentence number {n} of a long article about the sea. " for n in range(8000))
    write_files(articles, {"long.txt": body})
    before = line.fingerprint()
    limit = (line.archive / "archive.sqlite").stat().st_size + 100_000
    ran = fake_cli("index", articles, "--archive", line.archive, file_bytes=limit)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert one_sentence(ran.stderr).endswith("see whether the disk is full, and run groundwire index again")
    assert line.fingerprint() == before and "airport" in line.run("search", QUESTION)[0]
    assert line.run("index", articles)[0].startswith("1 new, 0 changed, 4 unchanged")


def fake_cli(*arguments: object, file_bytes: int) -> "subprocess.CompletedProcess[str]":
    """The command line with fakes in a process of its own that can write files of up to `file_bytes`."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    return subprocess.run(
        [sys.executable, TESTS / "support" / "fakes.py", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(TESTS.parent)},
        preexec_fn=limit,
    )


# search, ask, show


@pytest.mark.parametrize("command", ["search", "ask"])
def test_no_archive_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    sentence = Line(tmp_path / "none", capsys).refused(command, QUESTION)
    none = tmp_path / "none"
    assert sentence == f"{none}: no archive here; make one with: groundwire index PATH --archive {none}"
    assert not none.exists()


@pytest.mark.parametrize("command", ["search", "ask"])
@pytest.mark.parametrize("question", ["", " \n"])
def test_an_empty_question(line: Line, command: str, question: str) -> None:
    assert line.refused(command, question).startswith("the question is empty")


@pytest.mark.parametrize("command", ["search", "ask"])
def test_a_question_as_long_as_a_book(line: Line, command: str) -> None:
    assert line.refused(command, "why " * 12_500) == "the question has 49,999 characters; ask in 2,000 at most"


@pytest.mark.parametrize("question", ["地震はどこで起きましたか", "من قُتل؟", "🛩️?", "' or 1=1 --", "a\0b"])
def test_a_question_in_any_script_is_a_question(line: Line, question: str) -> None:
    nearest = "groundwire: no word of the search stands in these passages; they are the nearest in meaning\n"
    assert line.run("search", question)[1] in ("", nearest)
    answer = json.loads(line.run("ask", question, "--json")[0])
    assert answer["question"] == question


def test_an_archive_of_another_embedder(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    with fakes_for_models(FakeEmbedder(name="other")):
        assert main(["search", QUESTION, "--archive", str(line.archive)]) == 1
    assert "made with the embedder fake 64, not other 64" in one_sentence(capsys.readouterr().err)


@pytest.mark.parametrize("arguments", [("none",), ("airport", "--at", "0:99999")])
def test_an_article_or_a_place_that_is_not_there(line: Line, arguments: tuple[str, ...]) -> None:
    before = line.fingerprint()
    _, err = line.run("show", *arguments, code=1)
    assert one_sentence(err) and line.fingerprint() == before


# Models


def test_no_model_and_no_network(
    line: Line, tmp_path: Path, capsys: pytest.CaptureFixture[str], articles: Path
) -> None:
    before = line.fingerprint()
    made = make_index(tmp_path / "made", [articles], FakeEmbedder(name="arctic-embed-s"))
    made.close()
    for command, what in (("index", str(articles)), ("search", QUESTION), ("ask", QUESTION)):
        arguments = [command, what, "--archive", str(tmp_path / "made"), "--weights", str(tmp_path / "no"), "--offline"]
        assert main(arguments) == 1
        sentence = one_sentence(capsys.readouterr().err)
        assert sentence.startswith("arctic-embed-s is missing or incomplete in ")
        assert sentence.endswith("and the network is off: run groundwire models pull arctic-embed-s")
    assert line.fingerprint() == before


@pytest.mark.parametrize("content", [b"no model", b"GGUF", b"GGUF\3\0\0\0" + b"\0" * 12], ids=["other", "bare", "cut"])
def test_a_file_that_is_no_model(
    line: Line, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    model = tmp_path / "model.gguf"
    model.write_bytes(content)
    before = line.fingerprint()
    monkeypatch.setattr("qa.newsroom.open_embedder", lambda *_, **__: FakeEmbedder())
    assert main(["ask", QUESTION, "--archive", str(line.archive), "--llm", str(model), "--offline"]) == 1
    assert one_sentence(capsys.readouterr().err).startswith(str(model))
    assert line.fingerprint() == before


def test_a_model_that_nobody_knows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "pull", "qwen2.5-codr-1.5b", "--weights", str(tmp_path), "--offline"]) == 1
    assert "did you mean qwen2.5-coder-1.5b" in one_sentence(capsys.readouterr().err)


# eval


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "holds no questions"),
        ("{", ":1: not JSON"),
        ('{"id": "a"}', ':1: no "question"'),
        ('{"id": "a", "question": "b"}', ':1: neither "answers" nor "answer_groups"'),
        ('{"id": "a", "question": "b", "answers": ["c"], "evidence": [{}]}', ":1: a field is not of its shape"),
        ("[1]", ":1: a field is not of its shape"),
    ],
)
def test_a_broken_gold_file(line: Line, tmp_path: Path, content: str, sentence: str) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(content)
    refused = line.refused("eval", gold, "--out", tmp_path / "out")
    assert refused.startswith(str(gold)) and sentence in refused
    assert not (tmp_path / "out").exists()


def test_a_gold_file_that_is_not_there(line: Line, tmp_path: Path) -> None:
    assert "cannot be read" in line.refused("eval", tmp_path / "none.jsonl", "--out", tmp_path / "out")


def test_a_gold_file_of_other_articles(line: Line, tmp_path: Path) -> None:
    evidence = [{"article_id": "elsewhere", "quote": "Ten"}]
    gold = write_gold(tmp_path, {"id": "a", "question": "b", "answers": ["c"], "evidence": evidence})
    sentence = line.refused("eval", gold, "--out", tmp_path / "out")
    assert sentence.startswith("gold.jsonl: none of the 1 articles that it quotes is in ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [("figures.json", "{", "is damaged"), ("judged.jsonl", "{}\n", "is damaged"), ("answers.jsonl", None, "is no run")],
)
def test_a_run_folder_half_written(line: Line, tmp_path: Path, name: str, content: str | None, sentence: str) -> None:
    gold, out = write_gold(tmp_path, {"id": "a", "question": "b", "answers": ["c"]}), tmp_path / "out"
    line.run("eval", gold, "--out", out)
    (out / name).unlink()
    if content is not None:
        (out / name).write_text(content)
    before = sorted((file.name, file.read_bytes()) for file in out.iterdir() if file.is_file())
    assert line.refused("eval", gold, "--out", out, "--resume").startswith(f"{out}: {sentence}")
    assert before == sorted((file.name, file.read_bytes()) for file in out.iterdir() if file.is_file())


# Usage


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["unknown"],
        ["index"],
        ["search"],
        ["info", "a"],
        ["search", "a", "-k", "0"],
        ["search", "a", "-k", "many"],
        ["show", "a", "--at", "9:3"],
        ["eval", "gold.jsonl"],
        ["models", "burn"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "") and err.startswith("usage: groundwire")


def test_help_is_as_reviewed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("GROUNDWIRE_WEIGHTS", raising=False)
    parser = build_parser((add_serve_command, add_login_commands))
    [commands] = [action.choices for action in parser._actions if isinstance(action.choices, dict)]
    pages = {"groundwire --help": parser, **{f"groundwire {name} --help": made for name, made in commands.items()}}
    text = "\n".join(f"$ {command}\n{page.format_help()}" for command, page in pages.items())
    if request.config.getoption("--rewrite-golden"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text, "utf-8")
    held = GOLDEN.read_text("utf-8")
    diff = "\n".join(difflib.unified_diff(held.splitlines(), text.splitlines(), "golden/help.txt", "now", lineterm=""))
    assert text == held, f"{diff}\n\nafter a wanted change: python -m pytest tests/cli/test_errors.py --rewrite-golden"


def test_another_embedder_is_refused_before_it_is_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], articles: Path
) -> None:
    make_index(tmp_path / "made", [articles], FakeEmbedder(name="arctic-embed-s")).close()
    arguments = ["search", QUESTION, "--archive", str(tmp_path / "made"), "--embedder", "all-minilm-l6-v2"]
    assert main([*arguments, "--weights", str(tmp_path / "no")]) == 1
    assert "made with the embedder arctic-embed-s, not all-minilm-l6-v2" in one_sentence(capsys.readouterr().err)
    assert not (tmp_path / "no").exists()


def test_what_came_from_a_folder_that_is_gone_can_be_taken_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], articles: Path
) -> None:
    archive = tmp_path / "made"
    make_index(archive, [articles], FakeEmbedder(name="arctic-embed-s")).close()
    shutil.rmtree(articles)
    assert main(["index", str(articles), "--archive", str(archive)]) == 1
    assert f"groundwire forget {articles}" in one_sentence(capsys.readouterr().err)
    assert main(["forget", str(articles), "--archive", str(archive)]) == 0
    assert "taken out" in capsys.readouterr().out
    assert open_archive(archive).counts().articles == 0
    assert main(["forget", str(articles), "--archive", str(archive)]) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["index", "a", "--ray", ""], "argument --ray: is empty; name one, or leave the option out"),
        (
            ["index", "a", "--ray", "somewhere"],
            "argument --ray: somewhere: is no address of a cluster; write",
        ),
        (
            ["index", "a", "--ray", "ray://a:1"],
            "argument --ray: ray://a:1: is no address of a cluster; run this",
        ),
        (["index", "a", "--archive", ""], "argument --archive: is empty"),
        (["ask", QUESTION, "--llm", ""], "argument --llm: is empty"),
        (["ask", QUESTION, "--embedder", " "], "argument --embedder: is empty"),
        (["ask", QUESTION, "--llm", "http://[::1"], "argument --llm: its address cannot be read; write it as http://"),
        (["ask", QUESTION, "--llm", "http://a?key=b"], "argument --llm: http://a: --llm holds a password or a query"),
        (["replay", "x", "--llm", "http://"], "argument --llm: its address cannot be read"),
        (["gold", "draft", "x", "--llm", "http://"], "argument --llm: its address cannot be read"),
    ],
)
def test_an_option_s_value_that_cannot_be_is_wrong_usage(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A variable of the shell may be unset; what was given is not passed over in silence."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and sentence in capsys.readouterr().err


def test_advice_names_the_archive_that_was_asked(
    articles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Followed to the letter, it works on that archive; of the default one nothing need be said."""
    line = Line(tmp_path / "my news", capsys)
    line.run("index", articles)
    named = f"--archive '{line.archive}'"
    assert line.run("correct", "airport", "source=AFP")[0].endswith(f"index {articles / 'airport.txt'} {named}\n")
    for command in ("show", "copies"):
        assert line.refused(command, "none").endswith(f"groundwire search {named} shows ids")
    gone = Line(tmp_path / "no thing", capsys).refused("search", QUESTION)
    assert gone.endswith(f"make one with: groundwire index PATH --archive '{tmp_path / 'no thing'}'")
    line.archive.rename(tmp_path / "archive")
    monkeypatch.chdir(tmp_path)
    assert Line(Path("archive"), capsys).run("correct", "airport", "source=EFE")[0].endswith("/airport.txt\n")


def test_an_archive_elsewhere_is_called_by_its_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = archive_folder("milvus://10.0.0.1:19530/news")
    assert place_of(folder) == "milvus://10.0.0.1:19530/news" and not any(tmp_path.iterdir())
    assert at(folder) == " --archive milvus://10.0.0.1:19530/news"
    assert place_of(tmp_path) == str(tmp_path)


def test_a_dry_run_names_the_archive_that_would_be(
    articles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = Line(tmp_path / "new", capsys).run("index", articles, "--dry-run")
    assert out.startswith("would be: 4 new") and out.endswith(f"\n{tmp_path / 'new'}: 0 articles, 0 passages\n")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("place", ["postgres://127.0.0.1/a", "mivlus://127.0.0.1/news", "Milvus://odd.db"])
def test_an_address_that_is_none_becomes_no_folder(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["index", ".", "--archive", place])
    told = capsys.readouterr().err
    assert ended.value.code == 2 and "milvus://" in told and not any(tmp_path.iterdir())


def test_a_disk_that_takes_no_new_archive_is_told_with_its_place(
    articles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: Path) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("index.store.sqlite._connect", full)
    told = Line(tmp_path / "new", capsys).refused("index", articles)
    assert str(tmp_path / "new") in told and "see whether the disk is full" in told


@pytest.mark.parametrize("arguments", [["-k", "0"], ["-k", "99999999999999"], ["-k", "many"]])
def test_a_number_of_hits_that_is_none_is_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["search", QUESTION, *arguments])
    assert ended.value.code == 2


def test_a_question_that_is_no_utf8_is_a_sentence(line: Line) -> None:
    assert "not UTF-8" in line.refused("search", "bad\udcff")
