"""The page in the language of whoever opens it, and articles that are read from right to left."""

import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ground.language import Words, entries_of, languages
from tests.conftest import ARTICLES
from tests.support.served import Site, open_site, wait
from tests.web.test_page import Tab

pytestmark = pytest.mark.browser
ARABIC = "أين وقع الحريق؟"
HEBREW = "מתי נפתח הגשר?"
RIGHT_TO_LEFT = {
    "harbour.txt": "حريق في الميناء\n\nوكالة الساحل | 3 January 2020\n\n"
    "وقع الحريق في الميناء القديم. أصيب سبعة عمال.\n",
    "bridge.txt": "הגשר נפתח\n\nקול הנמל | 4 January 2020\n\nהגשר נפתח ביום שישי. אלפים חצו אותו.\n",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(
        tmp_path_factory.mktemp("site"), {"airport": dict(ARTICLES), "coast": RIGHT_TO_LEFT}, speak=""
    ) as opened:
        yield opened


def opened(chromium: Any, site: Site, language: str, path: str = "/", **settings: Any) -> Tab:
    return Tab(chromium, site, path, locale=f"{language}-{language.upper()}", **settings)


def seen(tab: Tab) -> str:
    """All that stands on the page, fields' hints and what is said to screen readers too."""
    marks = "[...document.querySelectorAll('[aria-label],[placeholder],[title]')].map(part =>"
    marks += " `${part.ariaLabel} ${part.placeholder} ${part.title}`).join('\\n')"
    return str(tab.tab.evaluate(f"document.body.innerText + {marks}"))


@pytest.mark.parametrize("language", languages())
def test_the_page_is_in_the_browsers_language(chromium: Any, site: Site, language: str) -> None:
    words, tab = Words(language), opened(chromium, site, language)
    assert tab.tab.evaluate("document.documentElement.lang") == language
    assert tab.tab.title() == words("page_title")
    wait(lambda: words("latest") in seen(tab))  # the front comes after the page
    for key in ("question_hint", "new_conversation", "latest", "welcome", "conversations", "narrow_all"):
        assert words(key) in seen(tab), key
    for tab_of in ("search_tab", "follow_tab", "check_tab", "batch_tab", "add_tab", "measure_tab"):
        tab.to_tab(words(tab_of))
    tab.to_tab(words("ask_tab"))
    field = tab.tab.get_by_role("textbox", name=words("question"), exact=True)
    field.fill("Who won the regatta at Kiel?")
    field.press("Enter")
    tab.find("#chat .turn .acts").wait_for()
    assert tab.find("#chat .answer").inner_text().startswith(words("do_not_say"))
    assert "undefined" not in tab.find("#chat").inner_text()
    english = [
        entry
        for key, entry in entries_of("en").items()
        if isinstance(entry, str) and len(entry.split()) > 2 and "{" not in entry and Words(language)(key) != entry
    ]
    assert [entry for entry in english if entry in seen(tab)] == []
    tab.close()


def test_another_language_is_one_click_away_and_stays(chromium: Any, site: Site) -> None:
    tab = opened(chromium, site, "de")
    tab.find("#languages a", has_text="Français").click()
    tab.tab.get_by_role("button", name=Words("fr")("new_conversation")).wait_for()
    tab.go("/")
    assert tab.tab.evaluate("document.documentElement.lang") == "fr"
    assert tab.find("#languages [aria-current]").inner_text() == "Français"
    tab.close()


def test_a_tab_in_the_language_before_still_works(chromium: Any, site: Site) -> None:
    """Its events reach the page of the language that was chosen meanwhile."""
    tab = opened(chromium, site, "de")
    other = tab.context.new_page()
    other.goto(f"{site.address}/language/es")
    tab.tab.get_by_role("textbox", name=Words("de")("question"), exact=True).fill("Who was killed at the airport?")
    tab.tab.keyboard.press("Enter")
    tab.find("#chat .turn .acts").wait_for()
    assert tab.open_quote() and tab.conversation
    other.close()
    tab.close()


@pytest.mark.parametrize(("question", "word"), [(ARABIC, "الحريق"), (HEBREW, "הגשר")])
def test_what_is_written_from_right_to_left_stands_right(chromium: Any, site: Site, question: str, word: str) -> None:
    tab = opened(chromium, site, "en")
    tab.tab.locator("#archive input").click()
    tab.tab.get_by_role("option", name="coast").click()
    tab.find("#front", has_text=word).wait_for()
    tab.ask(question)
    direction = "part => getComputedStyle(part).direction"
    assert tab.find("#chat .asked").evaluate(direction) == "rtl"
    tab.find("#chat :is(.cite, .near)").first.click()
    tab.find("#reader mark.current").wait_for()
    for part in ("#reader h2", "#reader .text"):
        assert tab.find(part).evaluate(direction) == "rtl", part
    box, words = (tab.find(f"#reader {part}").bounding_box() for part in (".text", "mark.current"))
    assert box and words and abs(box["x"] + box["width"] - words["x"] - words["width"]) < 40, "begins at the right"
    assert tab.find("#reader code").evaluate(direction) == "ltr"  # an id and its offsets are code
    assert tab.find("#languages").evaluate(direction) == "ltr"
    tab.box.fill(question)
    assert tab.box.evaluate(direction) == "rtl"
    tab.close()


def get(site: Site, path: str, **headers: str) -> str:
    request = urllib.request.Request(site.address + path, headers=headers)
    return str(urllib.request.urlopen(request, timeout=20).read().decode())


def test_what_is_asked_without_a_language_is_english(site: Site) -> None:
    assert Words()("welcome") not in get(site, "/") and Words()("question_hint") in get(site, "/")
    accepted = {"Accept-Language": "es-MX, en;q=0.5"}
    assert Words("es")("question_hint") in get(site, "/", **accepted)
    assert Words("fr")("question_hint") in get(site, "/", Cookie="groundwire_language=fr", **accepted)
    assert Words("es")("question_hint") in get(site, "/language/klingon", **accepted)


def test_one_language_can_be_chosen_for_everybody(tmp_path: Path) -> None:
    with open_site(tmp_path, speak="fr") as site:
        page = get(site, "/", **{"Accept-Language": "de"}, Cookie="groundwire_language=es")
        assert Words("fr")("question_hint") in page and not re.search("Deutsch|language/", page)
