"""`from groundwire import …`: these names and no others, light to import; and `python app.py` without a word."""

import ast
import asyncio
import inspect
import re
import subprocess
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import app
import groundwire
import groundwire as gw
from groundwire.face import Options
from qa.settings import Settings
from tests.evaluation.test_gold import write_gold
from tests.support.fakes import fakes_for_models
from tests.test_floors import HEAVY, IMPORTS, ROOT

NAMES = """
    Answer Archive Article Check Checked Citation Conflict Found GroundwireError Hit Message Newsroom Passage Piece Run
    Scope Sentence Settings Side Status UpdateReport check evaluate open open_newsroom read_draft
""".split()


def test_the_names_are_these() -> None:
    assert groundwire.__all__ == NAMES == dir(groundwire)
    for name in NAMES:
        value = getattr(groundwire, name)
        assert value.__name__ == name and value is getattr(import_module(value.__module__), name)
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = groundwire.Nothing


def test_a_type_checker_sees_what_python_sees() -> None:
    tree = ast.parse((ROOT / "groundwire" / "__init__.py").read_text("utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {node.module: tuple(a.name for a in node.names) for node in block.body if isinstance(node, ast.ImportFrom)}
    assert seen == groundwire._HOMES


@pytest.mark.parametrize("statement", ["import groundwire", "from groundwire import Settings, Answer, Citation"])
@pytest.mark.slow
def test_it_is_light(statement: str) -> None:
    asked = f"import sys; {statement}; print(*[name for name in {HEAVY} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []


def test_app_without_a_command_opens_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[str] = []

    def serve(given: Namespace, settings: Settings) -> int:
        served.append(given.command)
        return 0

    monkeypatch.setattr(app, "run_serve", serve)
    assert app.open_page([]) == 0 and served == ["serve"]
    with pytest.raises(SystemExit) as ended:
        app.open_page(["--help"])
    assert ended.value.code == 0 and served == ["serve"]
    with pytest.raises(SystemExit) as ended:
        app.main([])
    assert ended.value.code == 2


def test_an_archive_is_filled_searched_asked_and_measured(tmp_path: Path, articles: Path) -> None:
    """All that the README and docs/programs.md show, with fakes for models."""
    heard: list[object] = []
    with fakes_for_models(), gw.open(tmp_path / "archive", llm="none") as archive:
        report = archive.index(str(articles), progress=heard.append)
        assert (report.new, report.problems) == (4, []) and heard
        assert archive.index([articles / "airport.txt"]).unchanged == 1
        hits = archive.search("Who died in the strike at the airport?", k=2)
        assert [hit.rank for hit in hits] == [1, 2] and "airport" in hits[0].text
        answer = archive.ask("How many died in the strike at the airport?")
        assert answer.citations[0].quote == "Ten people died in the strike."
        *events, last = archive.stream("How many died in the strike at the airport?")
        assert isinstance(last, gw.Answer) and last.answer == answer.answer
        assert any(isinstance(event, gw.Found) for event in events)
        assert archive.ask("Who?", scope=gw.Scope(outlets=("Nobody",))).declined
        checked = gw.check(archive, "Ten people died in the strike.")
        assert checked.counts["borne out"] == 1
        gold = write_gold(tmp_path, {"id": "a", "question": "How many died in the strike?", "answers": ["Ten"]})
        run = gw.evaluate(archive, gold, tmp_path / "run", limit=1)
        assert run.whole and (tmp_path / "run" / "report.html").is_file() and run.record["overall"]
    again = gw.open(tmp_path / "archive", llm="none")
    with fakes_for_models():
        assert again.search("airport")
        again.close()
        assert again.search("airport"), "what is closed is opened when it is asked again"
        again.close()


def test_what_is_awaited_gives_the_same_and_blocks_nobody(tmp_path: Path, articles: Path) -> None:
    question = "How many died in the strike at the airport?"

    async def use(archive: gw.Archive) -> None:
        asked = await asyncio.gather(*(archive.aask(question) for _ in range(3)))
        assert {one.answer for one in asked} == {archive.ask(question).answer}
        assert [hit.to_dict() for hit in await archive.asearch(question, k=2)] == [
            hit.to_dict() for hit in archive.search(question, k=2)
        ]
        events = [event async for event in archive.astream(question)]
        assert [type(event) for event in events] == [type(event) for event in archive.stream(question)]
        named = "What did Reuters report about the strike?"
        for narrow in (True, False):
            narrowed = await archive.aask(named, narrow=narrow)
            assert bool(narrowed.understood) is narrow and narrowed.answer == archive.ask(named, narrow=narrow).answer
        for call in (archive.aask(" "), archive.asearch(" ")):
            with pytest.raises(gw.GroundwireError):
                await call

    with fakes_for_models(), gw.open(tmp_path / "archive", llm="none") as archive:
        archive.index(articles)
        asyncio.run(use(archive))


@pytest.mark.parametrize("name", ["search", "ask", "stream"])
def test_a_twin_to_await_takes_what_the_other_does(name: str) -> None:
    own, twin = (inspect.signature(getattr(gw.Archive, call)).parameters for call in (name, f"a{name}"))
    assert {**twin} == {key: value for key, value in own.items() if key != "cancelled"}, "cancelling it is how it ends"


def test_who_stops_awaiting_stops_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    began, ended = threading.Event(), threading.Event()

    def endless(self: object, *_: object, cancelled: Callable[[], bool], **__: object) -> Iterator[gw.Status]:
        yield gw.Status("searching")
        began.set()
        last = time.monotonic() + 30
        while not cancelled():
            assert time.monotonic() < last, "nobody ended it"
            time.sleep(0.01)
        ended.set()

    monkeypatch.setattr(gw.Newsroom, "stream", endless)
    archive = gw.open(tmp_path, llm="none")

    async def leave() -> None:
        asking = asyncio.create_task(archive.aask("Who?"))
        await asyncio.to_thread(began.wait, 20)
        assert not asking.done()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await asyncio.to_thread(ended.wait, 20)
        began.clear()
        ended.clear()
        async for event in archive.astream("Who?"):
            assert event == gw.Status("searching")
            break
        assert await asyncio.to_thread(ended.wait, 20)

    asyncio.run(leave())


def test_more_than_a_fifth_leaves_only_when_it_is_meant(tmp_path: Path, articles: Path) -> None:
    with fakes_for_models(), gw.open(tmp_path / "archive", llm="none") as archive:
        archive.index(articles)
        (articles / "airport.txt").unlink()
        assert archive.index(articles, dry_run=True).removed == archive.index(articles).removed == 0
        assert archive.index(articles, prune=True).removed == 1


def test_what_cannot_be_done_from_python_is_a_sentence(tmp_path: Path, articles: Path) -> None:
    archive = gw.open(tmp_path / "none", llm="none")
    with pytest.raises(gw.GroundwireError, match=r"none: no archive here; make one with archive\.index\(PATHS\)$"):
        archive.ask("Who died?")
    with pytest.raises(gw.GroundwireError, match=r"fetch it with: groundwire index https://example\.org/a$"):
        archive.index(["https://example.org/a"])
    with pytest.raises(gw.GroundwireError, match="no archive here to try it on"):
        archive.index(articles, dry_run=True)
    with pytest.raises(gw.GroundwireError, match="no question of the kind"):
        gw.evaluate(archive, ROOT / "data" / "gold.jsonl", tmp_path / "run", kind="nothing")
    with pytest.raises(TypeError, match=r"no option 'lmm'; it takes weights, llm"):
        gw.open(tmp_path, lmm="none")  # type: ignore[call-arg]
    assert not (tmp_path / "none").exists(), "nothing is made before something is indexed"


def test_the_options_of_open_are_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = get_type_hints(Options)
    settings = get_type_hints(Settings)
    assert told == {name: kind for name, kind in settings.items() if name != "archive"}
    monkeypatch.setenv("GROUNDWIRE_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    archive = gw.open("news", passages=3, llm="none")
    assert archive.settings == Settings(Path("news"), tmp_path, llm="none", offline=True, passages=3)
    assert not gw.open("news", offline=False, llm="none").settings.offline


def test_what_is_built_on_it_has_its_types() -> None:
    """The packages that the names come from, and those that these import, say that they are typed."""
    homes = {home.partition(".")[0] for home in groundwire._HOMES}
    reached = {name.partition(".")[0] for home in groundwire._HOMES for name in IMPORTS[home]} | homes
    assert all((ROOT / package / "py.typed").is_file() for package in reached)


def test_what_the_pages_show_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for page in ("README.md", "docs/python.md"):
        folder = tmp_path / page
        folder.mkdir(parents=True)
        code = "".join(re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE))
        code = code.replace('"archive"', repr(str(folder / "archive"))).replace("~/articles", f"{ROOT}/data/articles")
        shown: dict[str, Any] = {}
        with fakes_for_models():
            exec(compile(code, page, "exec"), shown)
            if "test_my_desk" in shown:
                shown["test_my_desk"](folder)
        assert "airport-strike" in capsys.readouterr().out
