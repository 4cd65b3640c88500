"""What the page takes: until it can be used while the models still load, from a click to the marked quote, and to the
first words of an answer beside those of the command line.

A warm server is asked in a browser, a warm newsroom in this process as `groundwire chat` asks it, in turn.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from bench.browser import ASKED, answered, answers, ask, browsing, free_port, serving, wait
from bench.record import open_parser, spread, write_record

SAID = "document.querySelector('#now .sentence, #now .sides, #chat .turn .answer')"
CLICK = """async (place) => {
    const cites = document.querySelectorAll('#chat .cite');
    const reader = document.querySelector('#reader');
    for (const mark of reader.querySelectorAll('mark.current')) mark.classList.remove('current');
    const began = performance.now();
    cites[place % cites.length].click();
    while (!reader.querySelector('mark.current')) await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""


def main() -> None:
    parser = open_parser(__doc__ or "", name="page")
    parser.add_argument("archive", type=Path)
    parser.add_argument("gold", type=Path, help="a gold set; only its answerable questions are used")
    parser.add_argument("--questions", type=int, default=4, help="how many are asked both ways (4)")
    parser.add_argument("--starts", type=int, default=3, help="how often the server is started (3)")
    parser.add_argument("--clicks", type=int, default=10, help="on citations of the last answer (10)")
    parser.add_argument("--quick", action="store_true", help="one question, one start: whether it works")
    given = parser.parse_args()
    if given.quick:
        given.questions = given.starts = 1
    from evaluation.gold.questions import read_gold

    asked = [one.question for one in read_gold(given.gold) if one.answerable and not one.history]
    archive, weights = given.archive.resolve(), given.weights.resolve()
    with browsing() as browser, tempfile.TemporaryDirectory() as scratch:
        starts = [start(browser, archive, weights, Path(scratch) / f"start-{i}") for i in range(given.starts)]
        figures: dict[str, object] = {name: spread([one[name] for one in starts]) for name in starts[0]}
        show(figures)
        words, clicks = ask_both_ways(browser, archive, weights, Path(scratch) / "asked", asked, given)
    figures |= words | {"click_to_marked_quote_ms": spread(clicks, 1)}
    show({name: figures[name] for name in figures if name != "by_question"})
    from bench.corpus import describe_archive
    from index.opening import open_archive

    models = ["qwen2.5-coder-1.5b", "arctic-embed-s"]
    about = describe_archive(open_archive(archive))
    write_record(given.name, figures, corpus=about, gold=given.gold, models=models, weights=weights)


def start(browser: Any, archive: Path, weights: Path, data: Path) -> dict[str, float]:
    """Seconds from the start of the process to its first byte and to a page that can be used, models loading meanwhile.

    `page_seconds` are those of the page alone, from the request for it.
    """
    tab = browser.new_context().new_page()
    port = free_port()
    began = time.perf_counter()
    with serving(archive, weights, data, runs=data / "runs", port=port, wait_for=False) as address:
        wait(lambda: answers(address), "the server", pause=0.01)
        first_byte = time.perf_counter()
        open_page(tab, address)
        usable = time.perf_counter()
        tab.context.close()
    return {
        "first_byte_seconds": first_byte - began,
        "usable_seconds": usable - began,
        "page_seconds": usable - first_byte,
    }


def open_page(tab: Any, address: str) -> None:
    """Opens the page, and waits until its welcome and its question box are there and a question can be written."""
    tab.goto(address, wait_until="commit")
    tab.locator("#chat .welcome").wait_for()
    tab.get_by_role("textbox", name="Question").fill("?")


def ask_both_ways(
    browser: Any, archive: Path, weights: Path, data: Path, questions: list[str], given: Any
) -> tuple[dict[str, object], list[float]]:
    """Seconds to the first words on the page and of the command line, and milliseconds from click to quote.

    The first question warms both and is not counted; which goes first changes with each question.
    """
    from qa.ask import Piece
    from qa.newsroom import open_newsroom
    from qa.settings import Settings

    room = open_newsroom(Settings(archive=archive, weights=weights, offline=True))
    tab = browser.new_context().new_page()

    def on_page(question: str) -> float:
        tab.goto(address)
        tab.locator(ASKED).wait_for(state="attached")
        box = tab.get_by_role("textbox", name="Question")
        box.fill(question)
        began = time.perf_counter()
        box.press("Enter")
        tab.wait_for_function(SAID, timeout=600_000)
        took = time.perf_counter() - began
        answered(tab)
        return took

    def in_terminal(question: str) -> float:
        began = time.perf_counter()
        took = 0.0
        for event in room.stream(question):
            if isinstance(event, Piece) and not took:
                took = time.perf_counter() - began
        return took

    table: list[dict[str, Any]] = []
    print("seconds to the first words: page, terminal, ratio; the first line is not counted", flush=True)
    with serving(archive, weights, data, runs=data / "runs", port=free_port()) as address:
        open_page(tab, address)
        wait(lambda: any((data / "examples").glob("*.json")), "the example questions, drawn by the same model")
        for place, question in enumerate(questions[: given.questions + 1]):
            ways = [("page", on_page), ("terminal", in_terminal)]
            took = {name: way(question) for name, way in (ways if place % 2 else ways[::-1])}
            row = {"question": question, **took, "ratio": took["page"] / took["terminal"]}
            print(f"{took['page']:8.2f}{took['terminal']:8.2f}{row['ratio']:7.3f}  {question}", flush=True)
            if place:
                table.append(row)
        if not tab.locator("#chat .cite").count():
            ask_until_cited(tab, address, questions)
        clicks = [tab.evaluate(CLICK, place) for place in range(given.clicks + 1)][1:]
    words: dict[str, object] = {
        f"first_words_{name}": spread([row[name] for row in table]) for name in ("page", "terminal", "ratio")
    }
    return words | {"by_question": table}, clicks


def ask_until_cited(tab: Any, address: str, questions: list[str]) -> None:
    """Asks until an answer has a citation to click on."""
    for question in questions:
        tab.goto(address)
        tab.locator(ASKED).wait_for(state="attached")
        ask(tab, question)
        answered(tab)
        if tab.locator("#chat .cite").count():
            return
    raise SystemExit("no answer has a citation; give a gold set whose answers the archive holds")


def show(figures: dict[str, object]) -> None:
    for name, value in figures.items():
        print(f"{name:28}{value}", flush=True)


if __name__ == "__main__":
    main()
