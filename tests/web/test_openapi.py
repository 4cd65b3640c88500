"""What /openapi.json says is so: it names what is served, and what is served is as it says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from index.news_index import NewsIndex
from tests.support.rooms import make_room
from tests.support.served import PASSWORD, Site, open_site
from tests.test_floors import ROOT
from web.programs import checking, completions, listing, question_files
from web.programs.openapi import answer_schema, document

SCHEMA = ROOT / "docs" / "answer.schema.json"
QUESTION = "How many died in the strike at the airport?"


def test_the_file_of_the_answers_schema_is_what_code_makes(request: pytest.FixtureRequest) -> None:
    made = json.dumps(answer_schema(), indent=1) + "\n"
    if request.config.getoption("--rewrite-golden"):
        SCHEMA.write_text(made, "utf-8")
    assert SCHEMA.read_text("utf-8") == made, "after a wanted change: pytest tests/web/test_openapi.py --rewrite-golden"


def test_the_schema_holds_for_answers(news: NewsIndex) -> None:
    """Of the fakes, and the forty that the true models gave."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(SCHEMA.read_text("utf-8"))
    answer = make_room(news, llm="none").ask(QUESTION).to_dict()
    assert answer["citations"] and answer["hits"] and set(schema["required"]) == set(answer)
    kept = json.loads((ROOT / "tests" / "golden" / "answers.json").read_text("utf-8"))
    checked = jsonschema.Draft202012Validator(schema)
    for one in (answer, *({"seconds": {}} | one for one in kept)):
        checked.validate(one)
    for part, field, wrong in (("citations", "start", "0"), ("hits", "rank", None), ("sentences", "support", "well")):
        with pytest.raises(jsonschema.ValidationError):
            checked.validate(answer | {part: [answer[part][0] | {field: wrong}]})


def test_it_is_openapi_and_names_every_address_for_programs() -> None:
    models = pytest.importorskip("fastapi.openapi.models")
    told = document("/news")
    models.OpenAPI.model_validate(told)
    assert told["servers"] == [{"url": "/news"}]
    server: Any = None
    routers = (
        completions.make_router(server),
        listing.make_router(server),
        checking.make_check_router(server),
        question_files.make_batch_router(server),
    )
    served = {
        (route.path.replace(":path}", "}").rstrip("/"), method.lower())
        for router in routers
        for route in router.routes
        for method in route.methods
    }
    assert {(path, method) for path, operations in told["paths"].items() for method in operations} == served
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(told)))
    assert named <= set(told["components"]["schemas"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("site"), users=("ana",)) as site:
        yield site


def ask(content: str = QUESTION, **more: Any) -> dict[str, Any]:
    return {"model": "groundwire", "messages": [{"role": "user", "content": content}], **more}


SENT: list[tuple[str, str, dict[str, Any], int]] = [
    ("get", "/v1/models", {}, 200),
    ("get", "/v1/search", {"params": {"q": QUESTION}}, 200),
    ("get", "/v1/search", {"params": {"q": '"price of oil"'}}, 200),
    ("get", "/v1/search", {"params": {"q": "a", "limit": "many"}}, 400),
    ("get", "/v1/articles", {"params": {"outlet": ["AFP", "EFE"], "sort": "day"}}, 200),
    ("get", "/v1/articles", {"params": {"archive": "none"}}, 404),
    ("get", "/v1/front", {}, 200),
    ("post", "/v1/check", {"json": {"text": "Ten people died in the strike.", "scope": {"outlets": ["Reuters"]}}}, 200),
    ("post", "/v1/check", {"json": {"text": 3}}, 400),
    ("post", "/v1/chat/completions", {"json": ask()}, 200),
    ("post", "/v1/chat/completions", {"json": ask(" ")}, 400),
    ("post", "/v1/chat/completions", {"json": ask(scope={"outlet": "AFP"})}, 400),
    ("post", "/batch", {"data": {"as": "csv"}}, 400),
    ("post", "/batch", {"files": {"file": ("a.csv", "question\nWho?\n")}, "data": {"as": "jsonl"}}, 200),
]


@pytest.mark.slow  # serves all of it
@pytest.mark.parametrize(("method", "path", "given", "status"), SENT)
def test_what_is_served_is_as_it_says(site: Site, method: str, path: str, given: dict[str, Any], status: int) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    sent = {"auth": ("ana", PASSWORD), "timeout": 60}
    told = httpx.get(f"{site.address}/openapi.json", **sent).json()  # type: ignore[arg-type]
    got = httpx.request(method, site.address + path, **given, **sent)
    assert got.status_code == status, got.text
    described = told["paths"][path][method]
    content = described["responses"][str(status)]["content"]
    media = got.headers["content-type"].partition(";")[0]
    if schema := content[media]["schema"].get("$ref") and content[media]["schema"]:
        jsonschema.validate(got.json(), schema | {"components": told["components"]})
    if "json" in given and status == 200:
        sends = described["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.validate(given["json"], sends | {"components": told["components"]})
    assert set(given.get("params", {})) <= {one["name"] for one in described.get("parameters", [])}


@pytest.mark.slow
def test_nobody_reads_it_without_a_login(site: Site) -> None:
    assert httpx.get(f"{site.address}/openapi.json").status_code == 401
    for path in ("/v1/models", "/batch"):
        got = httpx.get(f"{site.address}{path}")
        assert got.status_code == 401 and got.json()["error"]["message"].startswith("log in first")
