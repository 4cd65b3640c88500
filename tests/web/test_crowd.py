"""Twenty at once over one model: each gets the answer to its own question, and nobody who reads or searches waits."""

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.support.served import SLOW, Site, open_site, wait
from tests.web.test_page import Tab, turns_of

pytestmark = pytest.mark.browser
TOWNS = [f"{first}{last}" for first in ("Ar", "Brus", "Col", "Dor", "Em") for last in ("dale", "wick", "ton", "mere")]
CLIENTS, TABS = len(TOWNS), 4
QUICK = 0.5  # seconds, on two cores that are busy
# Notes what a tab says that it is doing, each once.
NOTE = """() => {
    window.told = [];
    new MutationObserver(() => {
        const doing = document.querySelector('#now .doing')?.dataset.doing;
        if (doing && window.told.at(-1) !== doing) window.told.push(doing);
    }).observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
}"""


def question(client: int) -> str:
    """In words that no other question has: the fakes go by words."""
    town = TOWNS[client]
    return f"Which {town}ish {town}ers left {town} and {town}ford {SLOW}?"


def fact(client: int) -> str:
    town = TOWNS[client]
    return f"Some {210 + 7 * client} {town}ish {town}ers left {town} and {town}ford."


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An archive of an article for each client; the model takes a second or so for each question."""
    rows = [
        {"id": town, "title": f"Fire near {town}", "text": fact(client), "source": f"{town} Post"}
        for client, town in enumerate(TOWNS)
    ]
    with open_site(
        tmp_path_factory.mktemp("site"), {"fires": {"fires.jsonl": "\n".join(map(json.dumps, rows))}}
    ) as site:
        site.generator.seconds = 0.06
        yield site


def check(answer: dict[str, Any], client: int) -> None:
    """An answer to the client's question, from its own article alone."""
    assert answer["question"] == question(client) and not answer["declined"]
    assert [cited["article_id"] for cited in answer["citations"]] == [TOWNS[client]]
    assert answer["citations"][0]["quote"] == fact(client)
    assert re.findall(r"\d{3}", answer["answer"]) == [str(210 + 7 * client)]


def by_endpoint(site: Site, client: int) -> list[int]:
    """Asks by Gradio's /ask, and gives the places in line that it was told."""
    from gradio_client import Client

    job = Client(site.address, verbose=False).submit(question(client), api_name="/ask")
    steps = list(job)
    if error := job.exception(5):
        raise error
    check(steps[-1], client)
    return [step["ahead"] for step in steps if step.get("doing") == "waiting"]


def by_openai(site: Site, client: int) -> list[int]:
    import openai

    asked = openai.OpenAI(base_url=f"{site.address}/v1", api_key="none", max_retries=0).chat.completions
    messages: Any = [{"role": "user", "content": question(client)}]
    if client % 2:
        whole = asked.create(model="groundwire", messages=messages)
        assert whole.model_extra and whole.choices[0].message.content == whole.model_extra["groundwire"]["answer"]
        check(whole.model_extra["groundwire"], client)
        return []
    chunks = list(asked.create(model="groundwire", messages=messages, stream=True))
    [told] = [chunk.model_extra["groundwire"] for chunk in chunks if (chunk.model_extra or {}).get("groundwire")]
    check(told, client)
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(pieces).split() == told["answer"].split()
    return []


def seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def test_twenty_at_once_get_their_own_answers(chromium: Any, site: Site) -> None:
    from gradio_client import Client

    reading, searching = Tab(chromium, site), Client(site.address, verbose=False)
    reading.ask("Which Ardaleish Ardaleers left Ardale?")
    reading.open_quote()
    tabs = [Tab(chromium, site) for _ in range(TABS)]
    held = site.key()
    waited: list[list[int]] = []
    took: dict[str, list[float]] = {"quote": [], "list": [], "search": [], "read": []}

    def listed() -> None:
        """The list of conversations, searched for what is there and then for what is not."""
        found = reading.find("#conversations li")
        for words, count in (("ardale", 1), ("nothing like it", 0)):
            reading.field("Search conversations").fill(words)
            wait(lambda count=count: min(found.count(), 1) == count)  # type: ignore[misc]

    site.generator.seconds = 1.5  # until all are in line
    with ThreadPoolExecutor(CLIENTS) as pool:
        for client, tab in enumerate(tabs):
            tab.tab.evaluate(NOTE)
            tab.box.fill(question(client))
            tab.box.press("Enter")
        jobs = [pool.submit(by_endpoint if client % 3 else by_openai, site, client) for client in range(TABS, CLIENTS)]
        wait(lambda: site.server.queue.length > CLIENTS - 3)
        site.generator.seconds = 0.06
        while not all(job.done() for job in jobs):
            took["quote"].append(seconds(reading.open_quote))
            took["list"].append(seconds(listed) / 2)
            took["search"].append(seconds(lambda: searching.predict("left Dorton", api_name="/search")))
            took["read"].append(seconds(lambda: site.server.archives.archive("", held).article(TOWNS[3])))
        places = [job.result() for job in jobs]
    for client, tab in enumerate(tabs):
        tab.answered()
        [turn] = turns_of(site, tab.conversation)
        assert turn.answer
        check(turn.answer, client)
        assert str(210 + 7 * client) in tab.find("#chat .said").inner_text() and tab.open_quote() == fact(client)
        said = tab.tab.evaluate("told.map(line => line.replace('one question', '1 question'))")
        waited.append([int(found[1]) for line in said if (found := re.match(r"Waiting: (\d+) question", line))])
        assert said and all("about" in line for line in said if line.startswith("Waiting"))
        tab.close()
    reading.close()
    for told in (*places, *waited):
        assert told == sorted(told, reverse=True)  # it falls; a place that lasts is told again
    assert max(map(len, places)) > 5 and max(told[0] for told in places if told) >= CLIENTS // 2 and max(waited) > [1]
    assert {name: median(each) for name, each in took.items() if len(each) < 3 or median(each) > QUICK} == {}


def test_who_goes_away_leaves_the_line(chromium: Any, site: Site) -> None:
    import openai
    from gradio_client import Client

    tabs = [Tab(chromium, site) for _ in range(3)]
    site.generator.seconds = 1.0
    for client, tab in enumerate(tabs):
        tab.box.fill(f"{question(client)} {question(client)}")
        tab.box.press("Enter")
        tab.find("#now .doing").first.wait_for()
    job = Client(site.address, verbose=False).submit(question(5), api_name="/ask")
    stop = threading.Event()

    def stream() -> None:
        asked = openai.OpenAI(base_url=f"{site.address}/v1", api_key="none", max_retries=0).chat.completions
        with asked.create(
            model="groundwire", messages=[{"role": "user", "content": "Who left?"}], stream=True
        ) as lines:
            next(iter(lines))
            stop.wait(10)

    try:
        streaming = threading.Thread(target=stream)
        streaming.start()
        wait(lambda: site.server.queue.length == 5)
        tabs[0].context.close()
        wait(lambda: site.server.queue.length == 4)
        tabs[1].context.close()
        stop.set()
        streaming.join()
        job.cancel()
        tabs[2].context.close()
        wait(lambda: site.server.queue.length == 0)
        words = site.generator.slow_words
        time.sleep(1.5)
        assert site.generator.slow_words == words  # the model does nothing for nobody
    finally:
        site.generator.seconds = 0.06


def test_a_full_line_is_a_sentence(chromium: Any, site: Site) -> None:
    import openai
    from gradio_client.exceptions import AppError

    full = "2 questions are waiting already; ask again in a few minutes"
    tab = Tab(chromium, site)
    most, site.server.queue.most_waiting = site.server.queue.most_waiting, 2
    site.generator.seconds = 0.5
    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(by_endpoint, site, client) for client in range(3)]
        try:
            wait(lambda: site.server.queue.length == 3)
            tab.box.fill("Who left?")
            tab.box.press("Enter")
            tab.find("#notice").get_by_text(full).wait_for()
            assert tab.box.input_value() == "Who left?" and tab.find("#now .turn").count() == 0
            with pytest.raises(openai.RateLimitError, match=full):
                by_openai(site, 5)
            with pytest.raises(AppError, match=full):
                by_endpoint(site, 5)
        finally:
            site.server.queue.most_waiting = most
            site.generator.seconds = 0.06
        for job in jobs:
            job.result()
    tab.ask("Which Ardaleish Ardaleers left Ardale?")
    tab.close()


def test_ending_under_open_pages_says_nothing(chromium: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with open_site(tmp_path) as site:
        tab = Tab(chromium, site)
        logging.getLogger("uvicorn.error").addHandler(caplog.handler)
    assert not [line for line in caplog.messages if "CancelledError" in line or "Exception" in line]
    tab.context.close()
