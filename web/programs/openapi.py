"""What `GET /openapi.json` gives: every address for programs, what each takes and gives, in OpenAPI 3.1.

The shapes are written here once; an answer's come from `Answer` itself. Those of OpenAI's own requests are theirs.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Literal, get_args, get_type_hints

from pydantic import TypeAdapter, create_model
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from index.store.scope import Scope
from qa.answer import Answer, Citation
from qa.batch import OUT
from qa.checking.check import Mark
from qa.checking.differences import Kind
from qa.listing import Sort
from qa.provenance import program
from web.programs.calls import MOST_HITS, MOST_LISTED
from web.programs.listing import LIMITS
from web.programs.question_files import LINES, MEDIA, MOST_QUESTIONS

SCHEMAS = "#/components/schemas/"
TEXT: dict[str, Any] = {"type": "string"}
ERRORS = {
    400: "the request cannot be done; the sentence says why",
    401: "no login, or a wrong one",
    404: "there is no such archive",
    429: "too many wait; ask again after Retry-After seconds",
    503: "the model cannot be had, or the server is ending",
}


class Correction(TypedDict):
    """A note that corrects the story of a hit, by its characters in the article that holds it."""

    article_id: str
    start: int
    end: int


class Hit(TypedDict):
    """A passage that was found, by its characters in the article's text."""

    rank: int
    article_id: str
    start: int
    end: int
    score: float
    stages: dict[str, float | None]
    title: str | None
    source: str | None
    published: str | None
    copies: list[str]
    group: str | None
    superseded: bool
    corrections: list[Correction]


class TextHit(Hit):
    """A hit with its words; `marks` are spans of the article's text."""

    url: str | None
    text: str
    marks: list[tuple[int, int]]


class StoryHit(TextHit):
    """A story that exact search found; `title_marks` are spans of its headline."""

    byline: str | None
    title_marks: list[tuple[int, int]]


class QuestionPart(TypedDict):
    """What of a question narrows the search: `question[start:end]`, what it means and what became of it."""

    kind: Literal["outlet", "author", "days"]
    words: str
    start: int
    end: int
    means: str
    scope: dict[str, Any] | None
    state: Literal["narrows", "given_up", "taken_away"]


class Understood(TypedDict):
    """What was understood of a question: docs/narrowing.md."""

    parts: list[QuestionPart]
    widened: str | None
    told: str | None


class Hits(TypedDict):
    """What was found, best first."""

    hits: list[TextHit | StoryHit]


class Counted(TypedDict):
    """How many stories have a name: an outlet, a month or a person."""

    name: str
    stories: int


class Counts(TypedDict):
    """All that was found, counted."""

    outlets: list[Counted]
    months: list[Counted]
    people: list[Counted]


class Listing(TypedDict):
    """One page of the stories that were found; `why` says so where there is none."""

    query: str
    sort: Sort
    total: int
    first: int
    why: str
    hits: list[StoryHit]
    counts: Counts


class Front(Counts):
    """What an archive's first page shows."""

    articles: int
    stories: int
    first_day: str | None
    last_day: str | None
    latest: list[StoryHit]


class Difference(TypedDict):
    """What differs between a sentence of a draft and its first quote: the words of each, and their characters in
    `plain` and in the quote; `day` is the one that the quote means."""

    kind: Kind
    draft: str
    quote: str
    draft_at: list[int] | None
    quote_at: list[int] | None
    day: str


class CheckedSentence(TypedDict):
    """A sentence of a draft, by its characters in it; what bears it out or contradicts it, or is nearest."""

    text: str
    plain: str
    start: int
    end: int
    mark: Mark
    why: list[str]
    missing: list[str]
    differences: list[Difference]
    quotes: list[Citation]


class Check(TypedDict):
    """A draft that was checked; `archive` is the state of what it was checked against."""

    archive: str
    counts: dict[Mark, int]
    sentences: list[CheckedSentence]


class _CheckedDraft(TypedDict):
    text: str


class Draft(_CheckedDraft, total=False):
    """A draft to check."""

    archive: str
    scope: Scope | None
    format: Literal["json", "html"]


class Part(TypedDict):
    """A part of a message."""

    type: Literal["text"]
    text: str


class _ChatRole(TypedDict):
    role: Literal["user", "assistant", "system", "developer", "tool", "function"]


class ChatMessage(_ChatRole, total=False):
    """One message; those of system, developer and tools are ignored, and those without words."""

    content: str | list[Part] | None


class _Conversation(TypedDict):
    model: str
    messages: list[ChatMessage]


class Conversation(_Conversation, total=False):
    """A question, last, after the conversation before it; `model` is an archive's name, or groundwire for the first."""

    scope: Scope | None
    stream: bool


class Model(TypedDict):
    """An archive, as OpenAI's clients list models."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class Models(TypedDict):
    """The archives."""

    object: Literal["list"]
    data: list[Model]


class Fault(TypedDict):
    """What is wrong, in one sentence."""

    message: str


class Error(TypedDict):
    """A request that was not done; OpenAI's clients find `type`, `param` and `code` beside where they ask."""

    error: Fault


def _answer() -> Any:
    """`Answer.to_dict()`: the types of its fields, and hits as they are told."""
    kinds = get_type_hints(Answer) | {"hits": list[Hit], "understood": Understood | None}
    shape: dict[str, Any] = {field.name: (kinds[field.name], ...) for field in fields(Answer)}
    return create_model("Answer", __doc__="An answer whole: docs/answer.md says what each field means.", **shape)


def answer_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of `Answer.to_dict()`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | TypeAdapter(_answer()).json_schema(
        mode="serialization"
    )


def _completion() -> Any:
    class Choice(TypedDict):
        index: int
        message: dict[str, Any]
        finish_reason: Literal["stop"]

    shape: dict[str, Any] = {
        name: (kind, ...)
        for name, kind in {
            "id": str,
            "object": Literal["chat.completion"],
            "created": int,
            "model": str,
            "choices": list[Choice],
            "usage": dict[str, int],
            "citations": list[Citation],
            "groundwire": _answer(),
        }.items()
    }
    return create_model("Completion", __doc__="An answer as a chat completion; `groundwire` is all of it.", **shape)


def _parameter(name: str, what: str, kind: dict[str, Any] = TEXT, *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": what, "required": required, "schema": kind}


ARCHIVE = _parameter("archive", "an archive's name; the first where it is left out")
LISTED = [
    _parameter("q", "words, phrases and operators of exact search: docs/search.md"),
    ARCHIVE,
    _parameter("outlet", "one of these outlets", {"type": "array", "items": TEXT}),
    _parameter("language", "one of these languages, by its code", {"type": "array", "items": TEXT}),
    _parameter("since", "from this day, month or year on"),
    _parameter("until", "to this day, month or year"),
    _parameter("sort", "the order; by day the latest first", {"enum": list(get_args(Sort))}),
]


def _numbered(name: str, what: str, default: int) -> dict[str, Any]:
    return _parameter(name, what, {"type": "integer", "minimum": 0, "maximum": 999_999, "default": default})


def _gives(kind: str, what: str, *errors: int, others: Sequence[str] = ()) -> dict[str, Any]:
    """The responses of an operation: its own, in JSON and in `others`, which are media types, and its errors."""
    content = {"application/json": {"schema": {"$ref": SCHEMAS + kind}}} if kind else {}
    content |= {media: {"schema": TEXT} for media in others}
    sorry = {"application/json": {"schema": {"$ref": SCHEMAS + "Error"}}}
    return {"200": {"description": what, "content": content}} | {
        str(status): {"description": ERRORS[status], "content": sorry} for status in (*errors, 401)
    }


def _sends(kind: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": {"$ref": SCHEMAS + kind}}}}


def _paths() -> dict[str, Any]:
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "contentMediaType": "application/octet-stream"},
            "archive": TEXT,
            "as": {"enum": [kind.lstrip(".") for kind in OUT]},
            "outlets": {"type": "array", "items": TEXT},
            "since": TEXT,
            "until": TEXT,
        },
    }
    return {
        "/v1/chat/completions": {
            "post": {
                "operationId": "ask",
                "summary": "Ask a question, as OpenAI's clients do",
                "requestBody": _sends("Conversation"),
                "responses": _gives("Completion", "the answer", 400, 404, 429, 503, others=["text/event-stream"]),
            }
        },
        "/v1/models": {
            "get": {
                "operationId": "models",
                "summary": "List the archives, as OpenAI's clients list models",
                "responses": _gives("Models", "the archives"),
            }
        },
        "/v1/models/{name}": {
            "get": {
                "operationId": "model",
                "summary": "One archive, as OpenAI's clients look a model up",
                "parameters": [
                    _parameter("name", "an archive's name, or groundwire for the first", required=True) | {"in": "path"}
                ],
                "responses": _gives("Model", "the archive", 404),
            }
        },
        "/v1/search": {
            "get": {
                "operationId": "search",
                "summary": "Find passages by a question, or exactly",
                "parameters": [
                    *LISTED,
                    _numbered("limit", f"how many; {MOST_HITS} at most are given", LIMITS["search"]),
                ],
                "responses": _gives("Hits", "what was found, best first", 400, 404, 503),
            }
        },
        "/v1/articles": {
            "get": {
                "operationId": "articles",
                "summary": "List the stories that exact search finds; without q all of them",
                "parameters": [
                    *LISTED,
                    _numbered("limit", f"how many; {MOST_LISTED} at most are given", LIMITS["articles"]),
                    _numbered("first", "the rank of the first", 1),
                ],
                "responses": _gives("Listing", "one page of them, and all counted", 400, 404),
            }
        },
        "/v1/front": {
            "get": {
                "operationId": "front",
                "summary": "What an archive holds: its numbers and latest stories",
                "parameters": [ARCHIVE],
                "responses": _gives("Front", "what its first page shows", 404),
            }
        },
        "/v1/check": {
            "post": {
                "operationId": "check",
                "summary": "Check a draft, sentence by sentence",
                "requestBody": _sends("Draft"),
                "responses": _gives("Check", "each sentence with its mark", 400, 404, 503, others=["text/html"]),
            }
        },
        "/batch": {
            "post": {
                "operationId": "batch",
                "summary": f"Ask the questions of a file, {MOST_QUESTIONS:,} at most",
                "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
                "responses": _gives("", "the file with its answers", 400, 404, others=[*MEDIA.values(), LINES]),
            }
        },
    }


def document(root_path: str = "") -> dict[str, Any]:
    """The whole of it. `root_path` is where a proxy shows the server."""
    kinds = (_completion(), Hits, Listing, Front, Check, Draft, Conversation, Model, Models, Error)
    named: list[Any] = [(kind.__name__, "serialization", TypeAdapter(kind)) for kind in kinds]
    _, shapes = TypeAdapter.json_schemas(named, ref_template=SCHEMAS + "{model}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Groundwire",
            "version": program()["version"] or "unknown",
            "description": "Ask news archives; every sentence of an answer is tied to the words of an article. "
            "Where the server has logins, send one as Bearer NAME:PASSWORD or as Basic.",
        },
        "servers": [{"url": root_path or "/"}],
        "security": [{"bearer": []}, {"basic": []}, {}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "NAME:PASSWORD"},
                "basic": {"type": "http", "scheme": "basic"},
            },
            "schemas": shapes["$defs"],
        },
    }
