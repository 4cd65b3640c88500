"""What OpenAI's clients send beyond the examples, and how tools are named: without models and without a port."""

import asyncio
import re
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from web.auth.middleware import AuthMiddleware
from web.programs.completions import RequestError, make_router, make_unknown_router, read_request

QUESTION = {"role": "user", "content": "Who bought the mill?"}
ROW = {"object": "model", "created": 0, "owned_by": "groundwire"}


@pytest.fixture(scope="module")
def client() -> TestClient:
    """The addresses for OpenAI's clients, with two archives that hold nothing."""
    listed = [SimpleNamespace(name=name, key=name, may_change=True) for name in ("Mill news", "north/south")]
    server: Any = SimpleNamespace(archives=SimpleNamespace(listed=lambda user: listed))
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(make_router(server))
    app.include_router(make_unknown_router())
    app.mount("/", FastAPI())  # as the page
    return TestClient(AuthMiddleware(app, None, (), bytes(32)), follow_redirects=False)  # type: ignore[arg-type]


def read(*before: Any) -> list[tuple[str, str]]:
    wanted = read_request({"model": "groundwire", "messages": [*before, QUESTION]})
    assert wanted.question == QUESTION["content"]
    return [(turn.role, turn.content) for turn in wanted.history]


def test_turns_without_words_and_those_of_tools_are_passed_over() -> None:
    called = {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function"}]}
    tool = {"role": "tool", "tool_call_id": "1", "content": [{"type": "other"}]}
    said = {"role": "assistant", "content": "Ten."}
    assert read(QUESTION, called, tool, said) == [("user", QUESTION["content"]), ("assistant", "Ten.")]
    assert read({"role": "assistant"}, {"role": "assistant", "content": ""}, {"role": "user", "content": []}) == []
    with pytest.raises(RequestError, match="content is text"):
        read({"role": "assistant", "content": 7})


@pytest.mark.parametrize(
    ("name", "id"),
    [("groundwire", "groundwire"), ("mill%20NEWS", "Mill news"), ("north/south", "north/south")],
)
def test_a_model_is_an_archive_by_its_name(client: TestClient, name: str, id: str) -> None:
    answer = client.get(f"/v1/models/{name}")
    assert answer.status_code == 200 and answer.json() == {"id": id, **ROW}


def test_a_model_that_is_not_there_is_told_as_openai_tells_it(client: TestClient) -> None:
    answer = client.get("/v1/models/gpt-4")
    assert answer.status_code == 404 and answer.json()["error"]["code"] == "model_not_found"


def test_a_path_may_end_with_a_slash(client: TestClient) -> None:
    assert client.get("/v1/models/").json() == client.get("/v1/models").json()
    answer = client.post("/v1/chat/completions/", json={"model": "groundwire", "messages": []})
    assert answer.status_code == 400 and answer.json()["error"]["param"] == "messages"


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/embeddings"), ("GET", "/v1/chat/completions"), ("GET", "/v1"), ("GET", "/v1/")]
)
def test_an_address_that_is_not_there_is_told_as_openai_tells_it(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    told = answer.json()["error"]
    assert answer.status_code == 404 and told["type"] == "invalid_request_error"
    assert set(told) == {"message", "type", "param", "code"} and f"no {method} {path};" in told["message"]


def test_a_tool_that_a_description_names_is_there() -> None:
    import gradio as gr

    from web.programs.endpoints import add_endpoints

    nothing: Any = None
    with gr.Blocks(analytics_enabled=False) as page:
        add_endpoints(page, nothing, lambda *_: {})
    runs = [event.fn for event in page.fns.values() if event.fn is not None]
    tools = {run.__name__ for run in runs}
    named = {name for run in runs for name in re.findall(r"the tool (\w+)", run.__doc__ or "")}
    assert {"read_article", "search", "archives"} <= named <= tools


def test_an_argument_may_be_null_and_a_wrong_one_is_named() -> None:
    import gradio as gr

    from web.programs.endpoints import reading

    async def run(words: str, sort: str = "", limit: int = 10, end: int | None = None, narrow: bool = True) -> Any:
        return words, sort, limit, end, narrow

    taken = reading(run)
    assert asyncio.run(taken("a", None, None, None, None)) == ("a", "", 10, None, True)  # type: ignore[arg-type]
    assert asyncio.run(taken("a", limit="2", end=3.0)) == ("a", "", 2, 3, True)
    for wrong in ({"limit": "many"}, {"end": [1]}, {"sort": ["null"]}, {"narrow": "no"}):
        with pytest.raises(gr.Error, match=f"{next(iter(wrong))} is "):
            asyncio.run(taken("a", **wrong))
    with pytest.raises(gr.Error, match="words is text"):
        asyncio.run(taken(None))
