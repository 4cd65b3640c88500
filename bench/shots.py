"""Pictures of every state of the page over our own articles: light and dark, wide and as on a phone.

What was asked is kept in `--data`, so a second run over the same folder asks nothing.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from bench.browser import ASKED, answered, ask, browsing, free_port, serving, serving_fakes, wait
from bench.record import ROOT

ARTICLES = ROOT / "data" / "articles"
GOLD = ROOT / "data" / "gold.jsonl"
# Of each kind those to try: the first whose answer looks as it should is kept.
QUESTIONS = {
    "answer": ("gw-014", "gw-001"),
    "sides": ("gw-025", "gw-027", "gw-023"),
    "refusal": ("gw-038", "gw-037"),
}
LOOKS = {"answer": "#chat .cite", "sides": "#chat .sides", "refusal": "#chat .nearest"}
RUNNING = "Which commander took full responsibility for the shooting down of the Ukrainian airliner?"
WIDTHS = {"wide": (1360, 860), "phone": (390, 844)}
SCHEMES = ("light", "dark")
STATES = (
    *("running", "welcome", "search", "answer", "sides", "refusal", "timeline", "follow", "check", "batch"),
    *("narrow", "add", "measure", "conversations"),
)
ASKED_FOR = ("conversations", "timeline", "follow")  # of a conversation that is kept
SOUGHT = "strike OR airliner"
DRAFT = (
    "Ten people were killed, five Iranians and five Iraqis. Twelve people were killed, five Iranians and seven Iraqis."
    " The bridge at Torvik will be closed in May."
)
BATCH = b"id,question\na,Who was killed in the airport strike?\nb,How many mourners died in the crush in Kerman?\n"
# Dropped on the page: an article written for this, and a file that cannot be read.
DROPPED = {
    "dorrow-mine.txt": b"Mine floods in Dorrow\n\nBy A. Writer | Harbour Post | May 7, 2022\n\n"
    b"Water filled the Dorrow mine on Friday night. Nine miners were rescued at dawn, the fire brigade said.\n",
    "torn.pdf": b"%PDF-1.4 nothing more",
}
COLOURS = 256
SETTLE_SECONDS = 0.6  # for what Gradio fades in


class Camera:
    """One width in one scheme: opens tabs, and writes what they show as `STATE-WIDTH-SCHEME.png`."""

    def __init__(self, browser: Any, address: str, out: Path, width: str, scheme: str) -> None:
        size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
        self.context = browser.new_context(
            viewport=size, color_scheme=scheme, has_touch=width == "phone", reduced_motion="reduce"
        )
        self.address, self.out, self.name, self.phone = address, out, f"{width}-{scheme}", width == "phone"
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(30_000)

    def go(self, path: str = "/") -> None:
        self.tab.goto(self.address + path)
        self.tab.locator(ASKED).wait_for(state="attached")
        self.tab.get_by_role("textbox", name="Question").wait_for()

    def take(self, state: str) -> None:
        time.sleep(SETTLE_SECONDS)
        file = self.out / f"{state}-{self.name}.png"
        self.tab.screenshot(path=file)
        with Image.open(file) as shot:  # a page has few colours: a palette halves the file
            small = shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        small.save(file, optimize=True)
        print(file.name, flush=True)

    def open_tab(self, name: str) -> None:
        """Chooses one of the page's tabs; what does not fit a phone is in a menu."""
        tab = self.tab.get_by_role("tab", name=name)
        if not tab.is_visible():
            self.tab.locator(".overflow-menu button").first.click()
            tab = self.tab.get_by_role("button", name=name).or_(tab).last
        tab.click()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, help="the folder to write the pictures to")
    parser.add_argument("--fake", action="store_true", help="over the fakes of the tests instead of models")
    parser.add_argument("--data", type=Path, help="where archive and conversations are kept (a folder that goes again)")
    parser.add_argument("--runs", type=Path, help="where groundwire eval wrote, for the measure (nothing evaluated)")
    parser.add_argument("--only", nargs="+", choices=STATES, default=STATES, metavar="STATE", help=", ".join(STATES))
    default = os.environ.get("GROUNDWIRE_WEIGHTS")
    parser.add_argument("--weights", type=Path, default=Path(default) if default else None, help="where models lie")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.data or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        with served(folder, given.weights, given.runs, given.fake) as address, browsing() as browser:
            kept = keep_answers(browser, address, folder) if {*QUESTIONS, *ASKED_FOR} & {*given.only} else {}
            if "welcome" in given.only:
                examples = folder / "page" / "examples"
                wait(lambda: any(examples.glob("*.json")), "the example questions")
            cameras = [Camera(browser, address, given.out, width, scheme) for width in WIDTHS for scheme in SCHEMES]
            if "running" in given.only:
                take_running(cameras)
                leave_out_stopped(folder)
            for camera in cameras:
                take_still(camera, set(given.only), kept, folder)


@contextmanager
def served(folder: Path, weights: Path | None, runs: Path | None, fake: bool) -> Iterator[str]:
    """A server over our articles."""
    from qa.settings import Settings

    runs, archive, data = runs or folder / "runs", folder / "articles", folder / "page"
    if fake:
        with serving_fakes(ARTICLES, archive, data, runs=runs, port=free_port(), slow=RUNNING) as address:
            yield address
        return
    from bench.process import run

    weights = (weights or Settings.weights).resolve()
    run("index", ARTICLES, "--archive", archive.resolve(), "--weights", weights, "--offline")
    with serving(archive.resolve(), weights, data.resolve(), runs=runs.resolve(), port=free_port()) as address:
        yield address


def keep_answers(browser: Any, address: str, folder: Path) -> dict[str, str]:
    """The conversations of the kinds by kind; what is not kept yet is asked."""
    asked = {row["id"]: row["question"] for row in map(json.loads, GOLD.read_text("utf-8").splitlines())}
    note = folder / "kept.json"
    kept: dict[str, str] = json.loads(note.read_text("utf-8")) if note.exists() else {}
    for kind, ids in QUESTIONS.items():
        for id in ids:
            if kind in kept:
                break
            tab = browser.new_page()
            tab.goto(address)
            tab.locator(ASKED).wait_for(state="attached")
            ask(tab, asked[id])
            answered(tab)
            if tab.locator(LOOKS[kind]).count() or id == ids[-1]:
                kept[kind] = tab.locator(ASKED).get_attribute("data-conversation")
            print(f"{kind}: {asked[id]}", flush=True)
            tab.close()
    note.write_text(json.dumps(kept), "utf-8")
    return kept


def take_running(cameras: list[Camera]) -> None:
    """While one shows what is found the next one waits; then it is stopped and the next one is answered."""
    for camera in cameras:
        camera.go()
    ask(cameras[0].tab, RUNNING)
    for camera, after in zip(cameras, [*cameras[1:], cameras[0]], strict=True):
        camera.tab.locator("#now .found").wait_for(timeout=120_000)
        camera.take("reading")
        if after is not cameras[0] or camera is cameras[-1]:
            after.go()
            ask(after.tab, RUNNING)
            after.tab.locator("#now .doing", has_text="one question is before yours").wait_for()
            after.take("waiting")
        camera.tab.get_by_role("button", name="Stop").click()
        answered(camera.tab)
    cameras[0].tab.get_by_role("button", name="Stop").click()
    answered(cameras[0].tab)


def leave_out_stopped(folder: Path) -> None:
    """Deletes the conversations that were asked only to be seen running."""
    from web.conversations import Conversations

    kept = Conversations(folder / "page" / "conversations.sqlite")
    for one in kept.listed("", "", 100):
        if all(turn.note for turn in kept.get("", one.id).turns):
            kept.delete("", one.id)
    kept.close()


def take_still(camera: Camera, only: set[str], kept: dict[str, str], folder: Path) -> None:
    """All that stands still, one after another."""
    tab = camera.tab
    if "welcome" in only:
        camera.go()
        tab.locator(".front .hits li").first.wait_for()
        camera.take("welcome")
    if "search" in only:
        camera.go()
        camera.open_tab("Search")
        tab.locator("#words").fill(SOUGHT)
        tab.locator("#found .snippet mark").first.wait_for()
        tab.locator("#found .facets .chip").first.click()
        tab.locator("#found .chip.on").wait_for()
        camera.take("search")
        tab.locator("#found .open").first.click()
        tab.locator("#reader mark.current").wait_for()
        camera.take("search-hit")
    for kind in QUESTIONS:
        if kind in only:
            camera.go(f"/?conversation={kept[kind]}")
            tab.locator("#chat .turn").wait_for()
            camera.take(kind)
            tab.locator("#chat .cite, #chat .near").first.click()
            tab.locator("#reader mark").first.wait_for()
            camera.take(f"{kind}-quote")
    take_tabs(camera, only, kept)
    if "narrow" in only:
        camera.go()
        tab.get_by_text("Narrow: all articles").click()
        tab.get_by_role("textbox", name="Since").fill("2020-01-05")
        tab.get_by_role("textbox", name="Since").press("Enter")
        tab.get_by_text("Narrow: since 2020-01-05").wait_for()
        tab.locator("#timeline").scroll_into_view_if_needed()
        camera.take("narrow")
    if "add" in only:
        camera.go()
        camera.open_tab("Add articles")
        camera.take("add-before")
        files = [{"name": name, "mimeType": "", "buffer": content} for name, content in DROPPED.items()]
        tab.locator("#files input[type=file]").set_input_files(files)
        tab.get_by_text("torn").first.wait_for()
        tab.get_by_role("button", name="Add", exact=True).click()
        tab.locator(".understood tbody tr").wait_for()
        tab.locator("#added").scroll_into_view_if_needed()
        camera.take("add")
        tab.locator("#added button", has_text="Undo").click()
        tab.get_by_text("Taken out again").wait_for()
        camera.take("add-undone")
    if "measure" in only:
        camera.go()
        camera.open_tab("How good is it?")
        tab.locator("#measure table").first.wait_for()
        camera.take("measure")
    if "conversations" in only:
        camera.go(f"/?conversation={kept['answer']}")
        tab.locator("#chat .turn").wait_for()
        if camera.phone:
            tab.locator(".sidebar .toggle-button").first.click()
        tab.get_by_text("This conversation").click()
        tab.locator("#exports a").last.scroll_into_view_if_needed()
        camera.take("conversations")


def take_tabs(camera: Camera, only: set[str], kept: dict[str, str]) -> None:
    """What rests on quotes: a timeline, a question that is followed, a draft, a file of questions."""
    tab = camera.tab
    if {"timeline", "follow"} & only:
        camera.go(f"/?conversation={kept['answer']}")
        tab.locator("#chat .menu > summary").click()
        tab.get_by_role("button", name="Timeline").click()
        tab.locator(".moments").wait_for()
        if "timeline" in only:
            camera.take("timeline")
    if "follow" in only:
        tab.locator("#chat .menu:not([open]) > summary").click()
        tab.get_by_role("button", name="Follow this question").click()
        tab.locator("#notice p").wait_for()  # the second camera hears that it is followed already
        camera.open_tab("Followed")
        tab.locator("#followed .card").wait_for()
        camera.take("follow")
    if "check" in only:
        camera.go()
        camera.open_tab("Check a draft")
        tab.locator("#draft textarea").fill(DRAFT)
        tab.locator("#check").click()
        tab.locator("#checked .sentences").wait_for()
        camera.take("check")
    if "batch" in only:
        camera.go()
        camera.open_tab("Many questions")
        tab.locator("#questions input[type=file]").set_input_files(
            [{"name": "questions.csv", "mimeType": "text/csv", "buffer": BATCH}]
        )
        tab.get_by_text("questions.csv").first.wait_for()
        tab.locator("#ask-all").click()
        tab.locator("#answers a").first.wait_for()
        camera.take("batch")


if __name__ == "__main__":
    main()
