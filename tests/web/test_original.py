"""Originals over HTTP: who may see which, what they may do in a browser, and one click from the quote."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.index.test_originals import PAGE, QUOTE, STORY, printed
from tests.support.hostile_articles import EVIL, PAYLOADS
from tests.support.served import PASSWORD, Site, open_site, wait
from tests.web.test_page import Tab

pytestmark = pytest.mark.slow  # serves all of it, with Gradio

EVIL_PAGE = PAGE.replace("<h1>", f"{PAYLOADS['script']}{PAYLOADS['image']}{PAYLOADS['beacon']}<h1>")
FILES: dict[str, Any] = {
    "bridge.pdf": printed(STORY, "A second page, which says something else."),
    "page.html": EVIL_PAGE,
    "plain.txt": STORY,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("site"), {"orrin": FILES}) as opened:
        yield opened


def ask(site: Site, route: str = "", *, user: str = "", **query: Any) -> httpx.Response:
    asked = {"archive": site.key(user=user), **query}
    auth = (user, PASSWORD) if user else None
    return httpx.get(f"{site.address}/original{route}", params=asked, auth=auth, timeout=30)


def at(site: Site, id: str) -> str:
    text = site.server.archives.archive("", site.key()).article(id).text  # type: ignore[union-attr]
    return f"{text.index(QUOTE)}:{text.index(QUOTE) + len(QUOTE)}"


def test_a_page_of_a_pdf_comes_as_a_picture(site: Site) -> None:
    where = at(site, "bridge")
    around = ask(site, id="bridge", at=where)
    assert around.status_code == 200 and 'src="data:image/png;base64,' in around.text
    assert "Page 1 of 2" in around.text and "with the quote marked" in around.text
    policy = around.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "frame-ancestors 'self'" in policy
    picture = ask(site, "/page", id="bridge", at=where, page=2)
    assert picture.headers["content-type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    assert ask(site, "/page", id="bridge", page=9).text == "bridge: has 2 pages; there is no page 9"
    file = ask(site, "/file", id="bridge")
    assert file.content == FILES["bridge.pdf"]
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''bridge.pdf"


def test_a_saved_page_comes_in_a_sandbox(site: Site) -> None:
    where = at(site, "page")
    around = ask(site, id="page", at=where)
    assert '<iframe sandbox src="original/saved?' in around.text and "evil" not in around.text
    saved = ask(site, "/saved", id="page", at=where)
    policy = saved.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'") and "allow" not in policy
    assert 'id="groundwire-quote"' in saved.text and EVIL not in saved.text and "window.hacked" not in saved.text
    assert ask(site, "/page", id="page").status_code == 404


def test_plain_text_is_said_to_stand_beside(site: Site) -> None:
    around = ask(site, id="plain")
    assert "The file is plain text" in around.text and "original/file?" in around.text


@pytest.mark.parametrize(
    "query",
    [
        {"id": "../../../etc/passwd"}, {"id": "/etc/passwd"}, {"id": "bridge.pdf"}, {"id": ""}, {"id": "a\0b"},
        {"id": "bridge", "archive": "../orrin"}, {"id": "bridge", "archive": ""}, {"id": "bridge", "at": "-1:9"},
        {"id": "bridge", "at": "1:2:3"}, {"id": "bridge", "page": "1e9"}, {"id": "bridge", "page": "-1"},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("route", ["", "/page", "/saved", "/file"])
def test_what_is_asked_amiss_is_a_sentence(site: Site, route: str, query: dict[str, str]) -> None:
    answer = ask(site, route, **query)
    assert answer.status_code == 404 and len(answer.text) < 400 and "root:" not in answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert str(site.folder) not in answer.text, "where it lies is nobody's business"


def test_a_file_that_has_changed_is_told_and_not_shown(tmp_path: Path) -> None:
    with open_site(tmp_path, {"orrin": FILES}) as site:
        (tmp_path / "orrin-files" / "bridge.pdf").write_bytes(printed("Something else."))
        told = ask(site, id="bridge", at="0:5").text
        assert "bridge.pdf: has changed since it was indexed" in told and "<img" not in told
        assert ask(site, "/file", id="bridge").status_code == 404


def test_originals_are_behind_the_login_and_the_archives_rights(tmp_path: Path) -> None:
    with open_site(tmp_path, {"orrin": FILES}, users=["paz", "kim"]) as site:
        key = site.key(user="paz")
        for route in ("", "/page", "/saved", "/file"):
            address = f"{site.address}/original{route}?archive={key}&id=bridge"
            assert httpx.get(address).status_code == 401
            assert httpx.get(address, headers={"origin": EVIL}, auth=("paz", PASSWORD)).status_code == 403
        own = site.server.archives.make("paz", "Paz's own")
        news, count = site.server.archives.to_change("paz", own)
        news.update([tmp_path / "orrin-files"], count_tokens=count)
        for user, status in (("paz", 200), ("kim", 404)):
            asked = {"archive": own, "id": "bridge"}
            answer = httpx.get(f"{site.address}/original/file", params=asked, auth=(user, PASSWORD))
            assert answer.status_code == status


@pytest.mark.browser
def test_one_click_from_the_quote_opens_its_original(site: Site, chromium: Any) -> None:
    tab = Tab(chromium, site)
    tab.ask("Who opened the bridge of Orrin on Monday?")
    tab.open_quote()
    assert not [one for one in tab.requests if "/original" in one], "nothing is drawn before it is asked for"
    tab.find("details.original > summary").click()
    frame = tab.tab.frame_locator("iframe.original")
    held = tab.find("iframe.original").get_attribute("src")
    if "id=page" in held:
        mark = frame.frame_locator("iframe").locator("#groundwire-quote").first
        mark.wait_for()
    else:
        frame.locator("img, .why, p").first.wait_for()
    assert tab.tab.evaluate("window.hacked") is None
    for id, check in (("bridge", "img"), ("page", "iframe")):
        tab.tab.goto(f"{site.address}/original?archive={site.key()}&id={id}&at={at(site, id)}#quote")
        tab.find(check).wait_for()
        inner = tab.tab.frames[-1]
        if id == "page":
            wait(lambda: "original/saved" in tab.tab.frames[-1].url)
            inner = tab.tab.frames[-1]
            inner.locator("#groundwire-quote").wait_for()
            assert inner.locator("#groundwire-quote").evaluate("mark => mark.getBoundingClientRect().top") >= 0
        assert inner.locator("script, .evil[src]").count() == 0
    assert not [one for one in tab.requests if not one.startswith((site.address, "data:", "blob:"))]
    tab.context.close()
