"""`POST /v1/chat/completions` and `GET /v1/models` as OpenAI's clients speak them; sources stand in `citations`."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ground.errors import user_errors
from index.store.archive import ArchiveError
from index.store.scope import Scope
from models import Message, ModelError
from qa.answer import Answer
from qa.ask import Piece, check_question
from qa.narrowing.understood import Understood
from qa.prove import without_markers
from web.archives import MayNot, compared
from web.auth.middleware import user_of
from web.programs.calls import DEFAULT_NAME, find_archive, progress, put, sentence_of
from web.queue import Asking, QueueFull
from web.server import Server

if TYPE_CHECKING:
    from fastapi import APIRouter

LOOK_SECONDS = 0.05
STILL_SECONDS = 5.0
REFUSED = ("tools", "functions", "audio", "web_search_options")  # would change what comes back, and cannot
PASSED_OVER = ("system", "developer", "tool", "function")
ROLES = ("user", "assistant", *PASSED_OVER)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class RequestError(ValueError):
    """A request that cannot be done; the message says why, `where` names the field."""

    def __init__(self, sentence: str, where: str | None = None) -> None:
        super().__init__(sentence)
        self.where = where


class NoSuchPath(Exception):
    """A request for an address under /v1 that is not served; the message says so."""


@dataclass(frozen=True)
class Wanted:
    """A request for an answer, read and checked."""

    model: str
    question: str
    history: tuple[Message, ...]
    scope: Scope
    narrow: bool
    stream: bool
    usage: bool


def read_request(body: object) -> Wanted:
    """The last message is the question, those of user and assistant before it are the conversation.

    Messages of system and developer are ignored: how an answer is written is not open to change; so are temperature,
    max_tokens and their like. Those of tools and those without words say nothing. Raises RequestError, ScopeError or
    QuestionError.
    """
    if not isinstance(body, Mapping):
        raise RequestError("the body is no JSON object")
    for field in REFUSED:
        if body.get(field):
            raise RequestError(f"{field} cannot be had here; leave it out", field)
    if body.get("n") not in (None, 1):
        raise RequestError("there is one answer to a question; leave n out", "n")
    if _mapping(body, "response_format").get("type", "text") != "text":
        raise RequestError("an answer is text; leave response_format out", "response_format")
    model = body.get("model")
    if not isinstance(model, str):
        raise RequestError(f'name an archive as the model, or "{DEFAULT_NAME}"', "model")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RequestError("messages is a list with the question last", "messages")
    said = [_read_message(message, f"messages[{place}]") for place, message in enumerate(messages)]
    if said[-1].role != "user":
        raise RequestError("the last message is the question; its role is user", f"messages[{len(said) - 1}].role")
    stream, usage = body.get("stream") or False, _mapping(body, "stream_options").get("include_usage") or False
    narrow = body.get("narrow", True)
    for name, value in (("stream", stream), ("stream_options.include_usage", usage), ("narrow", narrow)):
        if not isinstance(value, bool):
            raise RequestError(f"{name} is true or false", name)
    history = tuple(turn for turn in said[:-1] if turn.role not in PASSED_OVER and turn.content.strip())
    question = check_question(said[-1].content)
    return Wanted(model, question, history, Scope.from_dict(body.get("scope")), narrow, stream, usage)


def _mapping(body: Mapping[Any, Any], field: str) -> Mapping[Any, Any]:
    value = body.get(field)
    if value is not None and not isinstance(value, Mapping):
        raise RequestError(f"{field} is no JSON object", field)
    return value or {}


def _read_message(message: object, where: str) -> Message:
    """A message, the texts of its parts joined by line breaks."""
    if not isinstance(message, Mapping) or message.get("role") not in ROLES:
        raise RequestError(f"a message has a role, one of {', '.join(ROLES)}", where)
    content = message.get("content")
    if content is None or message["role"] in PASSED_OVER:
        return Message(message["role"], "")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    texts = []
    for part in parts:
        text = part.get("text") if isinstance(part, Mapping) and part.get("type") == "text" else None
        if not isinstance(text, str):
            raise RequestError("content is text, or a list of parts of type text", f"{where}.content")
        texts.append(text)
    return Message(message["role"], "\n".join(texts))


def make_router(server: Server) -> "APIRouter":
    """The routes, for an app that stands behind AuthMiddleware."""
    from fastapi import APIRouter, Request, Response
    from fastapi.responses import JSONResponse, StreamingResponse

    router = APIRouter(prefix="/v1", include_in_schema=False)

    def refuse(error: Exception) -> Response:
        status, told = tell_error(error)
        return JSONResponse(told, status, {"Retry-After": "30"} if status == 429 else None)

    async def complete(request: Request) -> Response:
        try:
            user = known_user(request)
            wanted = read_request(await read_json(request))
            entry = await asyncio.to_thread(find_archive, server, user, wanted.model)
            asking = await put(
                server, user, entry.key, wanted.question, wanted.history, scope=wanted.scope, narrow=wanted.narrow
            )
        except Exception as error:
            return refuse(error)
        named = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": wanted.model}
        if wanted.stream:
            lines = stream(asking, named, usage=wanted.usage)
            return StreamingResponse(lines, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        try:
            while not asking.done:
                if await request.is_disconnected():
                    break
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            asking.stop()  # nobody waits for it any more, or it is done
        if asking.error is not None:
            return refuse(asking.error)
        if asking.answer is None:
            return refuse(Stopped())
        return JSONResponse(whole(asking.answer, named))

    async def models(request: Request) -> Response:
        try:
            listed = await asyncio.to_thread(server.archives.listed, known_user(request))
        except Exception as error:
            return refuse(error)
        names = dict.fromkeys([DEFAULT_NAME, *(entry.name for entry in listed)] if listed else [])
        return JSONResponse({"object": "list", "data": [_row(name) for name in names]})

    async def model(name: str, request: Request) -> Response:
        try:
            entry = await asyncio.to_thread(find_archive, server, known_user(request), name)
        except Exception as error:
            return refuse(error)
        return JSONResponse(_row(DEFAULT_NAME if compared(name) == DEFAULT_NAME else entry.name))

    for slash in ("", "/"):  # some clients end a path with one
        router.add_api_route(f"/chat/completions{slash}", complete, methods=["POST"], response_model=None)
        router.add_api_route(f"/models{slash}", models, methods=["GET"], response_model=None)
    router.add_api_route("/models/{name:path}", model, methods=["GET"], response_model=None)
    return router


def make_unknown_router() -> "APIRouter":
    """What every other address under /v1 answers; it comes after all other routers."""
    from fastapi import APIRouter, Request
    from fastapi.responses import JSONResponse

    router = APIRouter(include_in_schema=False)

    async def unknown(request: Request) -> JSONResponse:
        asked = f"{request.method} {request.url.path[:100]}"
        status, told = tell_error(NoSuchPath(f"there is no {asked}; /openapi.json names what there is"))
        return JSONResponse(told, status)

    for path in ("/v1", "/v1/{rest:path}"):
        router.add_api_route(path, unknown, methods=list(METHODS), response_model=None)
    return router


def _row(name: str) -> dict[str, Any]:
    """An archive, as OpenAI's clients read a model."""
    return {"id": name, "object": "model", "created": 0, "owned_by": "groundwire"}


class Stopped(Exception):
    """A question that was stopped before it was answered, as when the server ends."""


class Unknown(Exception):
    """A request that came past no AuthMiddleware."""


def known_user(request: Any) -> str:
    """Who asks; raises Unknown where it has not said."""
    user = user_of(request)
    if user is None:
        raise Unknown
    return user


async def read_json(request: Any) -> object:
    """The body of a request; raises RequestError where it is no JSON."""
    body = await request.body()
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        raise RequestError("the body is no JSON") from None
    return value


def tell_error(error: Exception, *, fault: str = "messages") -> tuple[int, dict[str, Any]]:
    """The status and the words of an error, as OpenAI's clients read them; `fault` is the field that was asked by.

    >>> tell_error(RequestError("there is one answer to a question", "n"))[1]["error"]["param"]
    'n'
    """
    status, kind, code, where = 500, "server_error", None, None
    sentence = "stopped before it was answered; ask again"
    if isinstance(error, RequestError):
        status, kind, where, sentence = 400, "invalid_request_error", error.where, str(error)
    elif isinstance(error, Unknown):
        status, kind, sentence = 401, "authentication_error", "log in first"
    elif isinstance(error, NoSuchPath):
        status, kind, sentence = 404, "invalid_request_error", str(error)
    elif isinstance(error, Stopped):
        status = 503
    else:
        sentence = sentence_of(error)
        if isinstance(error, QueueFull):
            status, kind, code = 429, "rate_limit_error", "rate_limit_exceeded"
        elif isinstance(error, MayNot):
            status, kind = 403, "permission_error"
        elif isinstance(error, ArchiveError):
            status, kind, code, where = 404, "invalid_request_error", "model_not_found", "model"
        elif isinstance(error, ModelError):
            status = 503
        elif isinstance(error, ValueError) and isinstance(error, user_errors()):
            status, kind, where = 400, "invalid_request_error", fault
    return status, {"error": {"message": sentence, "type": kind, "param": where, "code": code}}


# What goes out


def whole(answer: Answer, named: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as one chat completion; `groundwire` is all of it, as ANSWER has it."""
    told = answer.to_dict()
    content = widened(answer.understood) + answer.answer
    message = {"role": "assistant", "content": content, "refusal": None, "citations": told["citations"]}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {
        **named,
        "object": "chat.completion",
        "choices": [choice],
        "usage": usage_of(answer),
        "citations": told["citations"],
        "groundwire": told,
    }


def widened(understood: Understood | None) -> str:
    """What stands before an answer that is not from the outlets, authors or days that the question names."""
    return f"({without_markers(understood.widened)})\n\n" if understood and understood.widened else ""


def usage_of(answer: Answer) -> dict[str, int]:
    """Tokens of all prompts that the model was given for an answer, and of all that it wrote."""
    prompt, written = answer.tokens.get("prompt", 0), answer.tokens.get("written", 0)
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}


async def stream(asking: Asking, named: Mapping[str, Any], *, usage: bool) -> AsyncGenerator[str, None]:
    """Server-sent events: the words as they are proved; what is done meanwhile stands in comments.

    When the client goes away this is closed, and the asking is stopped.
    """

    def chunk(delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        fields = {**named, "object": "chat.completion.chunk", "choices": [choice], **more}
        return _line(fields | {"usage": None} if usage and "usage" not in fields else fields)

    said = ""
    try:
        yield chunk({"role": "assistant", "content": ""})
        async with aclosing(asking.follow()) as events:
            async for event in events:
                if isinstance(event, Understood) and event.widened:
                    yield chunk({"content": widened(event)})
                elif isinstance(event, Piece):
                    said += event.text
                    yield chunk({"content": event.text})
                elif isinstance(event, Answer):
                    told = event.to_dict()
                    yield chunk({}, "stop", citations=told["citations"], groundwire=told)
                    if usage:
                        fields = {**named, "object": "chat.completion.chunk", "choices": [], "usage": usage_of(event)}
                        yield _line(fields)
                else:
                    yield f": {json.dumps(progress(event))}\n\n"
        if asking.answer is None:
            raise Stopped
    except Exception as error:
        yield _line(tell_error(error)[1])
    finally:
        asking.stop()
    yield "data: [DONE]\n\n"


def _line(value: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
