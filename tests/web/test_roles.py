"""A reader who calls what editors do directly, each way there is: refused in a sentence, and nothing is changed."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from index.forgotten import read_forgotten
from index.store.standing import Standing
from tests.support.served import PASSWORD, Site, open_site
from web.auth.logins import read_logins, set_role
from web.auth.session import cookie_name, read_secret, sign

pytestmark = pytest.mark.slow  # serves the page
MAY_NOT = "you can read this archive but not change it; ask whoever runs the server"
QUESTION = "Who won the election in Peru?"
CALLS: dict[str, dict[str, Any]] = {
    "correct": {"article": "airport", "values": {"source": "AFP"}, "seen": {"source": "Reuters"}},
    "forget": {"article": "airport"},
    "remember": {"article": "wire-2"},
    "follow": {"question": "Who was killed at the airport?"},
    "unfollow": {"number": 1},
    "undo": {"number": 2},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("site"), users=["ana", "paz"]) as opened:
        assert opened.auth_file
        set_role(opened.auth_file, "ana", "editor")
        post(opened, "ana", "follow", {"question": QUESTION})
        post(opened, "ana", "forget", {"article": "wire-2"})
        yield opened


def post(site: Site, user: str, name: str, body: Any, **headers: str) -> httpx.Response:
    given = {"authorization": f"Bearer {user}:{PASSWORD}"} if user else {}
    return httpx.post(f"{site.address}/v1/{name}", json=body, headers={**given, **headers}, timeout=30)


def state(site: Site) -> tuple[Any, ...]:
    """All that editors can change."""
    archive = site.server.archives.archive("ana", site.key(user="ana"))
    standing = Standing(archive.folder)
    held = standing.to_dict()
    standing.close()
    edits = site.server.changing.listed("ana", site.key(user="ana"))
    return archive.fingerprint(), read_forgotten(archive.folder), held, edits


@pytest.mark.parametrize("name", CALLS)
def test_a_program_of_a_reader_changes_nothing(site: Site, name: str) -> None:
    before = state(site)
    reply = post(site, "paz", name, CALLS[name])
    assert reply.status_code == 403 and reply.json()["error"]["message"].startswith(MAY_NOT)
    assert reply.json()["error"]["type"] == "permission_error"
    named = post(site, "paz", name, CALLS[name] | {"archive": "airport"})
    assert named.status_code == 403 and state(site) == before


@pytest.mark.parametrize("name", CALLS)
def test_a_forged_cookie_is_nobodys(site: Site, name: str) -> None:
    before = state(site)
    assert site.auth_file
    secret, logins = read_secret(site.server.folder), read_logins(site.auth_file)
    theirs = sign(secret, "paz", logins["paz"].hashed)
    _, until, seal = theirs.split("!")
    forged = [
        f"ana!{until}!{seal}",  # a reader's own seal under an editor's name
        sign(bytes(32), "ana", logins["ana"].hashed),  # another secret
        sign(secret, "ana", logins["paz"].hashed),
        f"ana!{until}!",
        "ana",
        f"{theirs}!editor",
    ]
    for value in forged:
        reply = post(site, "", name, CALLS[name], cookie=f"{cookie_name(secret)}={value}")
        assert reply.status_code == 401, value
    assert post(site, "", name, CALLS[name]).status_code == 401
    own = post(site, "", name, CALLS[name], cookie=f"{cookie_name(secret)}={theirs}")
    assert own.status_code == 403 and state(site) == before


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        ("forget", [], "the body is no JSON object"),
        ("forget", {"article": 3}, "article is the id of an article"),
        ("forget", {"article": "none"}, 'no article has the id "none"'),
        ("forget", {"article": "../airport.txt"}, "no article has the id"),
        ("forget", {"article": "airport", "archive": 3}, "archive is the name of an archive"),
        ("undo", {"number": True}, "number is a whole number"),
        ("undo", {"number": 2**70}, "there is no change"),
        ("unfollow", {"number": 99}, "is not followed"),
        ("correct", {"article": "airport", "values": {"source": "AFP"}}, "seen is an object of texts"),
        ("correct", {"article": "airport", "values": {"source": "AFP"}, "seen": {}}, "source is missing"),
        (
            "correct",
            CALLS["correct"] | {"values": {"text": "X"}, "seen": {"text": ""}},
            '"text" is nothing that can be',
        ),
        ("correct", CALLS["correct"] | {"values": {"source": 3}}, "values is an object of texts"),
        ("follow", {"question": " "}, "question is the question"),
    ],
)
def test_what_an_editor_cannot_mean_is_a_sentence(site: Site, name: str, body: Any, sentence: str) -> None:
    before = state(site)
    reply = post(site, "ana", name, body)
    assert reply.status_code == 400 and sentence in reply.json()["error"]["message"]
    assert state(site) == before


def test_an_editor_changes_and_who_is_slower_is_told(site: Site) -> None:
    assert post(site, "ana", "correct", CALLS["correct"]).json() == {"problems": []}
    slower = post(site, "ana", "correct", CALLS["correct"] | {"values": {"source": "EFE"}})
    assert slower.status_code == 409 and 'changed source to "AFP"' in slower.json()["error"]["message"]
    reader = {"authorization": f"Bearer paz:{PASSWORD}"}
    listed = httpx.get(f"{site.address}/v1/changes", params={"who": "ana", "article": "airport"}, headers=reader).json()
    [edit] = listed["changes"]
    assert (edit["what"], edit["through"], edit["after"]) == ("correct", "program", {"source": "AFP"})
    undone = post(site, "ana", "undo", {"number": edit["number"]}).json()
    assert undone["change"]["undoes"] == edit["number"] and undone["problems"] == []
    assert post(site, "ana", "undo", {"number": edit["number"]}).status_code == 409
    assert httpx.get(f"{site.address}/v1/changes").status_code == 401


def test_a_reader_becomes_an_editor_without_logging_in_again(site: Site) -> None:
    assert site.auth_file
    assert post(site, "paz", "remember", {"article": "wire-2"}).status_code == 403
    set_role(site.auth_file, "paz", "editor")
    assert post(site, "paz", "remember", {"article": "wire-2"}).json() == {"problems": []}
    assert post(site, "paz", "forget", {"article": "wire-2"}).json() == {}
    set_role(site.auth_file, "paz", "reader")
    assert post(site, "paz", "remember", {"article": "wire-2"}).status_code == 403


# Gradio's ways


class Browser:
    """What a browser of somebody sends for a tab, or somebody who writes it by hand."""

    def __init__(self, site: Site, user: str, session: str = "") -> None:
        self.web = httpx.Client(
            base_url=site.address, headers={"authorization": f"Bearer {user}:{PASSWORD}"}, timeout=30
        )
        self.config = self.web.get("/config").json()
        self.session = session or f"tab-of-{user}"

    def does(self, elem_id: str, event: str, data: dict[str, Any], *values: Any) -> str:
        """All that comes back for an event of a part of the page."""
        part = next(one["id"] for one in self.config["components"] if one["props"].get("elem_id") == elem_id)
        call = next(one for one in self.config["dependencies"] if [part, event] in one["targets"])
        body = {
            "data": [None, "", *values, *[None] * (len(call["inputs"]) - 2 - len(values))],
            "fn_index": call["id"],
            "session_hash": self.session,
            "event_data": data,
            "trigger_id": part,
        }
        if call["queue"] is False:
            return self.web.post("/gradio_api/run/predict", json=body).text
        self.web.post("/gradio_api/queue/join", json=body)
        return self.web.get("/gradio_api/queue/data", params={"session_hash": self.session}).text


EVENTS: list[tuple[str, str, dict[str, Any], tuple[Any, ...]]] = [
    ("reader", "expand", {"article": "airport"}, ()),
    ("reader", "delete", {"article": "airport"}, ()),
    ("edited", "undo", {}, ()),
    ("changes", "undo", {"number": "2"}, ()),
    ("followed", "delete", {"number": "1"}, ()),
    ("look-for-news", "click", {}, ()),
    ("follow-begin", "click", {}, ("Who was killed at the airport?",)),
    ("edit-save", "click", {}, ("A new headline",)),
    ("earlier", "undo", {"batch": "bggggggggggggggg"}, ()),
    ("add", "click", {}, (None, None, "https://example.org/1")),
]


@pytest.mark.parametrize(("elem_id", "event", "data", "values"), EVENTS)
def test_an_event_of_the_page_changes_nothing_for_a_reader(
    site: Site, elem_id: str, event: str, data: dict[str, Any], values: tuple[Any, ...]
) -> None:
    before = state(site)
    said = Browser(site, "paz").does(elem_id, event, data, *values)
    assert MAY_NOT in said and state(site) == before


def test_the_tab_of_another_login_is_not_sat_in(site: Site) -> None:
    mine = Browser(site, "ana", "one-number")
    assert MAY_NOT not in mine.does("reader", "expand", {"article": "airport"})
    before = state(site)
    said = Browser(site, "paz", "one-number").does("reader", "delete", {"article": "airport"})
    assert "opened by another login" in said and state(site) == before


def test_an_assistant_of_a_reader_adds_nothing_and_finds_no_tool_that_takes_out(site: Site) -> None:
    import asyncio

    async def use() -> tuple[set[str], str]:
        from mcp import ClientSession
        from mcp.client.streamable_http import streamablehttp_client

        headers = {"Authorization": f"Bearer paz:{PASSWORD}"}
        async with (
            streamablehttp_client(f"{site.address}/gradio_api/mcp/", headers=headers) as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            names = {tool.name for tool in (await session.list_tools()).tools}
            index = next(name for name in names if name.endswith("index"))
            asked = {"address": "https://example.org/1", "archive": "airport"}
            return names, json.dumps((await session.call_tool(index, asked)).model_dump(mode="json"))

    before = state(site)
    names, said = asyncio.run(use())
    assert MAY_NOT in said and state(site) == before
    assert not any(word in name for name in names for word in ("forget", "undo", "correct", "follow_", "unfollow"))
