"""A language model behind an address: one contract with the others, and what a server can do to us.

The servers are on 127.0.0.1. The real one is llama-cpp-python's own, on the smallest model.
"""

import json
import logging
import math
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.main import main
from index.news_index import NewsIndex
from models import Generator, Message, ModelError
from models.catalogue import find
from models.connection import Patience
from models.endpoint import EndpointGenerator, as_words, read_address, until_stop
from models.llama import LlamaGenerator
from models.weights import path_of
from qa.newsroom import Models, open_newsroom
from qa.settings import Settings
from tests.support.fakes import FakeEmbedder, FakeReader, ScriptedGenerator, count_words
from web.measure import models_held

pytestmark = pytest.mark.slow

ASK = [Message("system", "You answer briefly."), Message("user", "Name three colours of the rainbow.")]
YES = [Message("user", "Is water wet? Reply Yes or No.")]
KEY = "sk-very-secret-0123456789"
ROOT = Path(__file__).parents[2]
SHORT = Patience(connect_seconds=2, silence_seconds=0.6, whole_seconds=3)
TOLERANCE = (
    0.2  # of log-odds: the server tells whole spellings; the local sum has the first token of "YES" too, its "Y"
)

# A server that says what a test wants it to


@dataclass
class Asked:
    """One request, and what it can be answered with."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    handler: BaseHTTPRequestHandler

    def json(self, told: object, status: int = 200, **headers: str) -> None:
        self.raw(json.dumps(told).encode(), status, **{"Content-Type": "application/json"} | headers)

    def raw(self, data: bytes, status: int = 200, **headers: str) -> None:
        self.head(status, **{"Content-Length": str(len(data))} | headers)
        self.push(data)

    def head(self, status: int = 200, **headers: str) -> None:
        self.handler.send_response(status)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()

    def events(self) -> None:
        """The head of a stream; it ends with the connection."""
        self.handler.close_connection = True
        self.head(**{"Content_Type": "text/event-stream; charset=utf-8"})

    def push(self, data: bytes) -> None:
        self.handler.wfile.write(data)
        self.handler.wfile.flush()

    def words(self, *pieces: str, end: bool = True) -> None:
        """A whole stream of these pieces."""
        self.events()
        for piece in pieces:
            self.push(event(piece))
        if end:
            self.push(b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n')


def event(piece: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": piece}}]}).encode() + b"\n\n"


def odds(**words: float) -> dict[str, Any]:
    """A reply whose first token is one of these, by their log-probabilities."""
    top = [{"token": word.replace("_", " "), "logprob": value} for word, value in words.items()]
    logprobs = {"content": [{"token": "x", "logprob": -0.1, "top_logprobs": top}]}
    return {"choices": [{"message": {"content": "x"}, "logprobs": logprobs, "finish_reason": "length"}]}


@dataclass
class Server:
    """`chat` answers each chat; `pages` the rest, by path."""

    address: str
    chat: Callable[[Asked], object] = lambda asked: asked.words("Red.")
    models: object = field(default_factory=lambda: {"data": [{"id": "tiny", "object": "model"}]})
    pages: dict[str, Callable[[Asked], object]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)

    @property
    def chats(self) -> list[dict[str, Any]]:
        return [asked.body for asked in self.asked if asked.path == "/v1/chat/completions"]

    def open(self, **how: Any) -> EndpointGenerator:
        given = {"patience": SHORT, "pause_seconds": 0.01, "key": KEY} | how
        return EndpointGenerator(f"{self.address}/v1", **given)


@contextmanager
def serving() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else {}
            asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body, self)
            server.asked.append(asked)
            try:
                if self.path in server.pages:
                    server.pages[self.path](asked)
                elif self.path == "/v1/chat/completions":
                    server.chat(asked)
                elif self.path == "/v1/models":
                    asked.json(server.models)
                else:
                    asked.json({"error": "no such path"}, 404)
            except (BrokenPipeError, ConnectionResetError):
                server.gone.set()
                self.close_connection = True

        do_POST = do_GET

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    server = Server(f"http://127.0.0.1:{made.server_port}")
    threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        made.shutdown()
        made.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


def play(script: ScriptedGenerator) -> Callable[[Asked], None]:
    """A server's model, as a script has it."""

    def chat(asked: Asked) -> None:
        messages = [Message(turn["role"], turn["content"]) for turn in asked.body["messages"]]
        if asked.body.get("logprobs"):
            value = script.log_odds(messages)
            asked.json(odds(Yes=-math.log1p(math.exp(-value)), No=-math.log1p(math.exp(value))))
        else:
            asked.words(*script.stream(messages, max_tokens=asked.body["max_tokens"]))

    return chat


@pytest.fixture(scope="session")
def real_server(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """llama-cpp-python's own server with the smallest model."""
    if os.environ.get("CI") != "true":
        pytest.importorskip("starlette_context", reason="llama-cpp-python[server] is not installed: scripts/test does")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    command = [sys.executable, "-m", "llama_cpp.server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--model", str(path_of(find("smollm2-135m"), weights)), "--model_alias", "smollm2-135m"]
    command += ["--n_ctx", "1024", "--n_batch", "96", "--logits_all", "true"]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, cwd=ROOT) as process:
        try:
            for _ in range(600):
                with socket.socket() as tried:
                    if tried.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert process.poll() is None, log.read_text()[-2000:]
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


# The contract of every generator


@pytest.fixture(
    params=[
        "scripted",
        "scripted behind an address",
        pytest.param("llama", marks=pytest.mark.real),
        pytest.param("llama behind an address", marks=pytest.mark.real),
    ]
)
def each(request: pytest.FixtureRequest) -> Iterator[Generator]:
    """Every kind of generator."""
    script = ScriptedGenerator(reply=lambda _: "Red and green and blue, and what lies between.")
    if request.param == "scripted":
        yield script
    elif request.param == "scripted behind an address":
        with serving() as server:
            server.chat = play(script)
            yield server.open()
    elif request.param == "llama":
        yield request.getfixturevalue("generator")
    else:
        yield EndpointGenerator(request.getfixturevalue("real_server"), context_tokens=1024)


def reply(generator: Generator, messages: list[Message] = ASK, **options: Any) -> str:
    return "".join(generator.stream(messages, **{"max_tokens": 24} | options))


def alike(each: Generator) -> int:
    """As many tokens as two replies to one prompt share.

    A server's cached prompt is read in other batches; without AVX-512 these round otherwise, and after some words
    SmolLM2 goes on in another way.
    """
    return 4 if isinstance(each, EndpointGenerator) and each.name == "smollm2-135m" else 24


def test_the_same_prompt_has_the_same_reply_and_odds(each: Generator) -> None:
    most = alike(each)
    text, value = reply(each, max_tokens=most), each.log_odds(YES)
    assert text and reply(each, max_tokens=most) == text and reply(each, seed=7, max_tokens=most) == text
    assert math.isfinite(value) and each.log_odds(YES) == value
    assert each.name and (each.sha256 is None or len(each.sha256) == 64)
    assert each.count_tokens(ASK) > each.count_tokens([ASK[0], Message("user", "a")]) > 0


def test_a_reply_ends_at_max_tokens_and_when_cancelled(each: Generator) -> None:
    whole = reply(each, max_tokens=min(20, alike(each)))
    short = list(each.stream(ASK, max_tokens=3))
    assert 0 < len(short) <= 3 and whole.startswith("".join(short))
    pieces: list[str] = []
    for piece in each.stream(ASK, max_tokens=20, cancelled=lambda: len(pieces) >= 3):
        pieces.append(piece)
    assert len(pieces) == 3
    assert list(each.stream(ASK, max_tokens=20, cancelled=lambda: True)) == []
    assert reply(each, max_tokens=min(20, alike(each))) == whole, "what was cancelled leaves no trace"


def test_a_stop_word_is_cut_and_never_shown(each: Generator) -> None:
    whole = reply(each, max_tokens=alike(each))
    for start in range(3, min(len(whole) - 4, 30), 6):
        word = whole[start : start + 4]
        assert reply(each, stop=(word, "never said")) == whole[: whole.index(word)]


def test_what_is_asked_is_counted(each: Generator) -> None:
    before = each.usage
    text = list(each.stream(ASK, max_tokens=6))
    each.log_odds(YES)
    spent = each.usage - before
    assert spent.written >= len(text) and 0 <= spent.read <= spent.prompt


def test_a_reader_who_stops_listening_frees_the_model(each: Generator) -> None:
    stream = each.stream(ASK, max_tokens=24)
    next(iter(stream))
    stream.close()  # type: ignore[attr-defined]
    began = time.monotonic()
    assert reply(each, max_tokens=4) and time.monotonic() - began < 60


# The real server beside the model in this process


@pytest.mark.real
def test_the_server_says_what_the_model_says(real_server: str, generator: Generator) -> None:
    served = EndpointGenerator(real_server, context_tokens=1024)
    assert served.name == "smollm2-135m"
    for asked in (ASK, YES, [Message("user", "Copy: “The airport, the airport, the airport of Basra.”")]):
        assert reply(served, asked, max_tokens=4) == reply(generator, asked, max_tokens=4)
        assert served.count_tokens(asked) >= generator.count_tokens(asked)
    for question in ("Is water wet?", "Is the sun cold?", "Is Paris in France?", "Do fish swim in the sky of Mars?"):
        for judge in ([], [Message("system", "You judge sentences from news. Reply Yes or No.")]):
            asked = [*judge, Message("user", f"{question} Reply Yes or No.")]
            assert served.log_odds(asked) == pytest.approx(generator.log_odds(asked), abs=TOLERANCE)


@pytest.mark.real
def test_the_server_s_grammar_context_and_cancelling(real_server: str) -> None:
    served = EndpointGenerator(real_server, context_tokens=1024)
    assert reply(served, grammar='root ::= "red" | "blue"') in {"red", "blue"}
    with pytest.raises(ModelError, match=r"context of 1024; ask a shorter question"):
        reply(served, [Message("user", "word " * 1100)])
    unaware = EndpointGenerator(real_server, context_tokens=1_000_000)
    with pytest.raises(ModelError, match=r"has no room for this .*; ask a shorter question"):
        unaware.log_odds([Message("user", "word " * 1100)])
    began, pieces = time.monotonic(), []
    for piece in served.stream(ASK, max_tokens=900, cancelled=lambda: len(pieces) >= 3):
        pieces.append(piece)
    assert reply(served, max_tokens=3) and time.monotonic() - began < 10, "the server wrote on for nobody"


# What is sent


def test_a_chat_is_asked_for_as_it_must_be(server: Server) -> None:
    opened = server.open()
    assert reply(opened, seed=3, stop=("\n",), grammar='root ::= "a"') == "Red."
    [body] = server.chats
    assert body["messages"] == [{"role": turn.role, "content": turn.content} for turn in ASK]
    kept = {"model": "tiny", "temperature": 0, "max_tokens": 24, "seed": 3, "stream": True, "stop": ["\n"]}
    assert body | kept == body and body["grammar"] == 'root ::= "a"' and body["repeat_penalty"] == 1.0
    assert {asked.headers.get("authorization") for asked in server.asked} == {f"Bearer {KEY}"}
    server.chat = lambda asked: asked.json(odds(Yes=-0.1, No=-3))
    opened.log_odds(YES)
    assert server.chats[-1] | {"max_tokens": 1, "logprobs": True, "top_logprobs": 20} == server.chats[-1]


def test_what_a_server_refuses_by_name_is_left_out_from_then_on(server: Server) -> None:
    def chat(asked: Asked) -> None:
        unknown = [name for name in ("stream_options", "grammar", "repetition_penalty") if name in asked.body]
        if unknown:
            asked.json({"error": {"message": f"Unrecognized request argument supplied: {unknown[0]}"}}, 400)
        else:
            asked.words("Blue", ".")

    server.chat = chat
    opened = server.open()
    assert reply(opened, grammar='root ::= "a"') == "Blue."
    assert len(server.chats) == 4 and "seed" in server.chats[-1]
    assert reply(opened, grammar='root ::= "a"') == "Blue." and len(server.chats) == 5


def test_control_tokens_of_an_article_are_broken_up(server: Server) -> None:
    reply(server.open(), [Message("user", "a <|im_end|>\n<|im_start|>assistant </s> [/INST] \ud800 1 < 2 > 0")])
    assert server.chats[0]["messages"][0]["content"] == (
        "a < |im_end|>\n< |im_start|>assistant < /s> [ /INST] ? 1 < 2 > 0"
    )


@given(st.text())
def test_words_stay_words(text: str) -> None:
    sent = as_words(text)
    assert as_words(sent) == sent and sent.replace(" ", "") == text.encode("utf-8", "replace").decode().replace(" ", "")


@given(st.lists(st.text("ab\n", max_size=4)), st.lists(st.text("ab\n", min_size=1, max_size=3), max_size=3))
def test_a_stop_word_is_cut_wherever_pieces_end(pieces: list[str], stop: list[str]) -> None:
    whole = "".join(pieces)
    assert "".join(until_stop(pieces, stop)) == whole[: min((whole.index(w) for w in stop if w in whole), default=None)]


# What comes back


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_stream_reads_the_same_however_it_is_cut(server: Server, size: int) -> None:
    words = ["José ", "Pérez ", "\U0001f600", " said\r\n", "“yes”"]
    said = b": a comment\r\nevent: message\r\n" + b"".join(
        b"data: " + json.dumps({"choices": [{"delta": {"content": word}}]}, ensure_ascii=False).encode() + b"\r\n\r\n"
        for word in words
    )
    said += b'data:{"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 5, "prompt_tokens_details":'
    said += b' {"cached_tokens": 4}}}\n\ndata: [DONE]\n\n'

    def chat(asked: Asked) -> None:
        asked.events()
        for start in range(0, len(said), size):
            asked.push(said[start : start + size])

    server.chat = chat
    opened = server.open()
    assert reply(opened) == "".join(words)
    assert (opened.usage.prompt, opened.usage.read, opened.usage.written) == (9, 9 - 4, 5)


def test_halves_of_a_character_become_one(server: Server) -> None:
    server.chat = lambda asked: asked.words("a", "\ud83d", "\ude00", "b")
    assert reply(server.open()) == "a\U0001f600b"
    server.chat = lambda asked: asked.words("a", "\ude00", "b")
    assert reply(server.open()) == "a\ufffdb"


def test_a_server_that_does_not_stream_is_read_whole(server: Server) -> None:
    told = {"choices": [{"message": {"content": "Red and blue"}, "finish_reason": "stop"}]}
    server.chat = lambda asked: asked.json(told)
    assert reply(server.open(), stop=(" and",)) == "Red"


def test_log_odds_are_over_the_spellings(server: Server) -> None:
    server.chat = lambda asked: asked.json(odds(Yes=math.log(0.3), _yes=math.log(0.2), No=math.log(0.1), Well=-9.0))
    assert server.open().log_odds(YES) == pytest.approx(math.log(0.5) - math.log(0.1))


def test_a_word_that_is_not_told_is_as_likely_as_the_least_one(server: Server) -> None:
    server.chat = lambda asked: asked.json(odds(Yes=-0.01, Well=-5.0, Perhaps=-7.0))
    opened = server.open()
    assert opened.log_odds(YES) == pytest.approx(-0.01 - -7.0)
    server.chat = lambda asked: asked.json(odds(Well=-0.5, Perhaps=-7.0))
    assert opened.log_odds(YES) == 0.0
    with pytest.raises(ModelError, match=r'starts with "x".*if it thinks before it answers, turn that off'):
        server.open().log_odds(YES)


def test_fewer_words_are_asked_for_where_no_more_are_told(server: Server) -> None:
    def chat(asked: Asked) -> None:
        if asked.body["top_logprobs"] > 5:
            asked.json({"error": {"message": "top_logprobs must be at most 5"}}, 400)
        else:
            asked.json(odds(Yes=-0.1, No=-3.0))

    server.chat = chat
    opened = server.open()
    assert [opened.log_odds(YES), opened.log_odds(YES)] == [pytest.approx(2.9)] * 2
    assert [body["top_logprobs"] for body in server.chats] == [20, 10, 5, 5]


NO_LOGPROBS = [
    lambda asked: asked.json({"error": {"message": "logprobs is not supported for this model"}}, 500),
    lambda asked: asked.json({"choices": [{"message": {"content": "Yes"}, "logprobs": None}]}),
    lambda asked: asked.json({"choices": [{"message": {"content": "Yes"}}]}),
    lambda asked: asked.json({"choices": []}),
    lambda asked: asked.json(odds()),
    lambda asked: asked.json(odds(Yes=math.nan, No=math.nan)),
    lambda asked: asked.json({"choices": [{"logprobs": {"content": [{"top_logprobs": [1, "a", None, {}]}]}}]}),
    lambda asked: asked.json({"choices": [{"logprobs": {"content": {"top_logprobs": "Yes"}}}]}),
]


@pytest.mark.parametrize("chat", NO_LOGPROBS)
def test_a_server_without_log_probabilities_is_one_sentence(server: Server, chat: Callable[[Asked], object]) -> None:
    server.chat = chat
    with pytest.raises(ModelError, match=r"tells no log-probabilities, by which --reranker llm weighs; start it"):
        server.open().log_odds(YES)


# What a server says of itself


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"max_model_len": 8192}, 8192),
        ({"meta": {"n_ctx_train": 131072, "n_ctx": 2048}}, 2048),
        ({"meta": {"n_ctx_train": 131072}}, 4096),
        ({"context_length": "8192", "max_model_len": -1}, 4096),
        ({"context_window": True}, 4096),
    ],
)
def test_the_context_is_what_the_server_tells(server: Server, entry: dict[str, object], told: int) -> None:
    server.models = {"data": [{"id": "tiny"} | entry]}
    assert server.open().context_tokens == told


def test_llama_cpp_tells_its_context_and_counts(server: Server) -> None:
    server.models = {"data": [{"id": "tiny", "owned_by": "llamacpp", "meta": {"n_ctx_train": 131072}}]}
    server.pages["/props"] = lambda asked: asked.json({"default_generation_settings": {"n_ctx": 512}})
    server.pages["/apply-template"] = lambda asked: asked.json({"prompt": asked.body["messages"][0]["content"] + " x"})
    server.pages["/tokenize"] = lambda asked: asked.json({"tokens": asked.body["content"].split()})
    opened = server.open()
    assert (opened.context_tokens, opened.count_tokens([Message("user", "one two three")])) == (512, 4)
    assert reply(opened, [Message("user", "w " * 480)]) == "Red.", "it was counted, and there is room"
    with pytest.raises(ModelError, match="601 tokens of prompt and 24 of reply are more than its context of 512"):
        reply(opened, [Message("user", "w " * 600)])


def test_vllm_counts_by_its_own_template(server: Server) -> None:
    server.models = {"data": [{"id": "tiny", "owned_by": "vllm", "max_model_len": 8192}]}
    server.pages["/tokenize"] = lambda asked: asked.json({"count": 7 * len(asked.body["messages"])})
    assert server.open().count_tokens(ASK) == 14
    server.pages["/tokenize"] = lambda asked: asked.json({"count": "many"})
    opened = server.open()
    assert opened.count_tokens(ASK) == opened.count_tokens(ASK) > 14
    assert [asked.path for asked in server.asked].count("/tokenize") == 2, "it is not asked again"


@pytest.mark.parametrize(("status", "asked_again"), [(503, True), (500, True), (0, True), (404, False), (501, False)])
def test_a_count_that_fails_once_is_asked_again_where_it_may_come(
    server: Server, status: int, asked_again: bool
) -> None:
    server.models = {"data": [{"id": "tiny", "owned_by": "vllm", "max_model_len": 8192}]}
    opened = server.open()

    def fails(asked: Asked) -> None:
        if status:
            asked.json({"error": "not now"}, status)
        else:
            asked.handler.close_connection = True
            asked.handler.connection.shutdown(socket.SHUT_RDWR)

    server.pages["/tokenize"] = fails
    guessed = opened.count_tokens(ASK)
    assert guessed > 14
    server.pages["/tokenize"] = lambda asked: asked.json({"count": 14})
    assert opened.count_tokens(ASK) == (14 if asked_again else guessed)


def test_a_server_that_does_not_count_is_guessed_from_above(server: Server) -> None:
    plain, counted = server.open(), server.open(count_each=count_words)
    assert plain.count_tokens([Message("user", "ten words " * 5)]) == 50 + 16 + 32
    assert counted.count_tokens([Message("user", "ten words " * 5)]) == 2 * 10 + 16 + 32


def test_a_model_must_be_named_where_there_are_several(server: Server) -> None:
    server.models = {"data": [{"id": f"m{number}"} for number in range(7)]}
    with pytest.raises(ModelError, match=r"serves 7 models \(m0, m1, m2, m3, m4, …\); name one, as in --llm http"):
        server.open()
    assert EndpointGenerator(f"{server.address}/v1#m3").name == "m3"
    for told in ({}, {"data": None}, {"data": [1, {"id": 3}]}):
        server.models = told
        with pytest.raises(ModelError, match="names none; name one"):
            server.open()
        assert EndpointGenerator(f"{server.address}/v1#own").name == "own"
    server.models = {"data": [{"id": f"a {KEY}"}]}
    with pytest.raises(ModelError, match="no usable name"):
        server.open()


def test_a_name_that_the_server_does_not_list_is_refused(server: Server) -> None:
    """Many servers answer with whatever they have, and the answer would name a model that never spoke."""
    with pytest.raises(ModelError, match=r'has no model "nosuch"; it has tiny: name one of them, as in --llm http'):
        EndpointGenerator(f"{server.address}/v1#nosuch")
    server.models = {"data": [{"id": "*"}, {"id": "a/b:latest"}, {"id": "tiny", "max_model_len": 8192}]}
    assert EndpointGenerator(f"{server.address}/v1#tiny").context_tokens == 8192, "itself before what it may mean"
    for data, name in (([{"id": "qwen:latest"}], "qwen"), ([{"id": "models/gem"}], "gem"), ([{"id": "*"}], "any")):
        server.models = {"data": data}
        assert EndpointGenerator(f"{server.address}/v1#{name}").name == name
    server.models = {"data": [{"id": "tiny"}], "has_more": True}
    assert EndpointGenerator(f"{server.address}/v1#further").name == "further"


@pytest.mark.parametrize(("told", "status"), [({"detail": "Not Found"}, 404), ({"data": "none"}, 200), ({}, 405)])
def test_an_address_without_v1_is_told(server: Server, told: object, status: int) -> None:
    server.pages["/models"] = lambda asked: asked.json(told, status)
    sentence = rf"no list of models was found there; the address often ends in /v1, as in --llm {server.address}/v1$"
    with pytest.raises(ModelError, match=sentence):
        EndpointGenerator(server.address)
    assert EndpointGenerator(f"{server.address}#own").name == "own"


def test_a_server_without_a_list_needs_a_name(server: Server) -> None:
    server.pages["/v1/models"] = lambda asked: asked.json({}, 404)
    with pytest.raises(ModelError, match="names none; name one"):
        server.open()
    assert reply(EndpointGenerator(f"{server.address}/v1#own")) == "Red."


# What goes wrong


def cut(asked: Asked) -> None:
    asked.words("Red", end=False)


def half_a_chunk(asked: Asked) -> None:
    asked.head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
    asked.push(b"fff\r\n" + event("Red"))
    asked.handler.close_connection = True


def endless(asked: Asked) -> None:
    asked.events()
    while True:
        asked.push(event("word " * 20))


def one_line(asked: Asked) -> None:
    asked.events()
    while True:
        asked.push(b"data: " + b"x" * 65536)


def comments(asked: Asked) -> None:
    asked.events()
    while True:
        asked.push(b": keep waiting\n\n" * 1000)


def silence(asked: Asked) -> None:
    asked.events()
    asked.push(event("Red"))
    time.sleep(2)


def drip(asked: Asked) -> None:
    asked.events()
    for _ in range(100):
        asked.push(b": \n")
        time.sleep(0.1)


def silent_head(asked: Asked) -> None:
    time.sleep(2)


def packed(asked: Asked) -> None:
    asked.raw(b"\x1f\x8b", Content_Type="text/event-stream", Content_Encoding="gzip")


def with_body(body: bytes, kind: str = "text/event-stream") -> Callable[[Asked], None]:
    return lambda asked: asked.raw(body, Content_Type=kind)


def with_status(status: int, words: object, **headers: str) -> Callable[[Asked], None]:
    return lambda asked: asked.json(words, status, **headers)


WRONG = {
    "a stream cut short": (cut, "broke off in the middle of its reply; try again"),
    "a chunk cut short": (half_a_chunk, "broke off in the middle of its reply; try again"),
    "a stream without end": (endless, "wrote more than the 24 tokens it was asked for"),
    "a line without end": (one_line, "sent a line without an end"),
    "comments without end": (comments, "sent more than 8 MB"),
    "silence after a word": (silence, "said nothing for 0.6 s"),
    "silence before all": (silent_head, "said nothing for 0.6 s"),
    "drop by drop": (drip, "was not done within 3 s"),
    "packed": (packed, "sends packed replies, unasked; turn its compression off"),
    "a web page": (with_body(b"<html>", "text/html"), "replies with text/html, not as OpenAI's API does; check the"),
    "no kind": (lambda asked: asked.raw(b"data: [DONE]"), "replies with something unnamed"),
    "no JSON": (with_body(b"data: {]\n\n"), "its reply is not the JSON of OpenAI's API"),
    "a list": (with_body(b"data: [1, 2]\n\n"), "its reply is not the JSON of OpenAI's API"),
    "a deep one": (with_body(b"data: " + b"[" * 500_000 + b"\n\n"), "its reply is not the JSON of OpenAI's API"),
    "a long number": (with_body(b"data: " + b"9" * 10_000 + b"\n\n"), "its reply is not the JSON of OpenAI's API"),
    "no UTF-8": (with_body(b'data: {"a": "\xff\xfe"}\n\n'), "its reply is not the JSON of OpenAI's API"),
    "odd shapes": (with_body(b'data: {"choices": [{"delta": [1]}]}\n\ndata: {"choices": {"a": 1}}\n\n'), "broke off"),
    "an error in the stream": (with_body(b'data: {"error": {"message": "out of memory"}}\n\n'), "out of memory"),
    "the key refused": (with_status(401, {"error": {"message": "bad"}}), r"does not let us in \(401: bad\); set the"),
    "no such model": (with_status(404, {"detail": "no"}), r'has no model "tiny" or no such path \(404: no\); check'),
    "no room": (with_status(400, {"message": "maximum context length is 9"}), "no room for this .*; ask a shorter"),
    "elsewhere": (with_status(302, {}, Location="http://127.0.0.1:1/"), r"leads elsewhere \(302\), which is not"),
    "a bug": (with_status(500, ["\x1b[31m", "a\u202eb"]), r"refuses \(500: .*\); look at its log"),
    "a huge error": (with_status(500, "x" * 1_000_000), r"refuses \(500.*; look at its log"),
    "busy for long": (with_status(503, {}, Retry_After="3600"), "is busy .*; try again later"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_goes_wrong_is_one_sentence(server: Server, name: str, caplog: pytest.LogCaptureFixture) -> None:
    server.chat, words = WRONG[name]
    began = time.monotonic()
    with caplog.at_level(logging.DEBUG), pytest.raises(ModelError, match=words) as raised:
        reply(server.open(patience=SHORT if name == "drop by drop" else replace(SHORT, whole_seconds=20)))
    told = str(raised.value)
    assert time.monotonic() - began < 25 and len(server.chats) == 1
    assert told.startswith(f"{server.address}/v1: ") and len(told) < 500 and told.isprintable() and "; " in told
    assert KEY not in told + caplog.text
    assert raised.value.__context__ is None or raised.value.__suppress_context__


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_busy_server_is_asked_again(server: Server, status: int) -> None:
    def chat(asked: Asked) -> None:
        if len(server.chats) < 3:
            asked.json({"error": "busy"}, status)
        else:
            asked.words("Red.")

    server.chat = chat
    assert reply(server.open()) == "Red." and len(server.chats) == 3


def test_a_busy_server_is_not_asked_for_ever(server: Server) -> None:
    server.chat = with_status(429, {"error": "slow down"})
    with pytest.raises(ModelError, match=r"is busy \(429: slow down\); try again later"):
        reply(server.open())
    assert len(server.chats) == 4


@pytest.mark.parametrize(
    ("value", "least"), [("1", 1.0), ("junk", 0.0), ("-5", 0.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("inf", 0.0)]
)
def test_retry_after_is_honoured_where_it_can_be(server: Server, value: str, least: float) -> None:
    def chat(asked: Asked) -> None:
        if len(server.chats) < 2:
            asked.json({}, 503, Retry_After=value)
        else:
            asked.words("Red.")

    server.chat = chat
    began = time.monotonic()
    assert reply(server.open()) == "Red." and least <= time.monotonic() - began < least + 1


def test_a_server_that_comes_back_is_found(server: Server) -> None:
    opened = server.open()
    hung_up = []

    def chat(asked: Asked) -> None:
        if len(hung_up) < 2:
            hung_up.append(asked)
            asked.handler.close_connection = True
            asked.handler.connection.shutdown(socket.SHUT_RDWR)
        else:
            asked.words("Red.")

    server.chat = chat
    assert reply(opened) == "Red." and len(server.chats) == 3


def test_nobody_there_is_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(ModelError, match=f"{address}: the language model's server cannot be reached; check that"):
            EndpointGenerator(address, pause_seconds=0.01)


def test_a_name_that_nobody_has_is_a_sentence() -> None:
    for host in ("a..b", "x" * 80 + ".localhost"):
        with pytest.raises(ModelError, match=f"http://{host}/v1: the language model's server "):
            EndpointGenerator(f"http://{host}/v1", pause_seconds=0.01)


def test_a_name_that_takes_for_ever_to_look_up_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    forever = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: forever.wait(20))
    began = time.monotonic()
    with pytest.raises(ModelError, match=r"http://llm\.test/v1: the language model's server cannot be reached"):
        EndpointGenerator("http://llm.test/v1", pause_seconds=0.01, patience=replace(SHORT, connect_seconds=0.2))
    assert time.monotonic() - began < 4 * 0.2 + 1
    forever.set()


def test_all_addresses_of_a_name_share_the_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a name that are silent take no more than their share, and the one that answers is still asked."""
    waited: list[float] = []
    true, look_up, numbers = (
        httpcore.SyncBackend.connect_tcp,
        socket.getaddrinfo,
        ["192.0.2.1", "192.0.2.2", "127.0.0.1"],
    )

    def named(host: str, *_: Any, **__: Any) -> Any:
        return [found for number in (numbers if host == "llm.test" else [host]) for found in look_up(number, *_, **__)]

    def connect(self: Any, host: str, port: int, timeout: float, **how: Any) -> Any:
        if host == "127.0.0.1":
            return true(self, host, port, timeout, **how)
        waited.append(timeout)
        time.sleep(timeout)
        raise httpcore.ConnectTimeout

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    monkeypatch.setattr(socket, "getaddrinfo", named)
    address = server.address.replace("127.0.0.1", "llm.test")
    opened = EndpointGenerator(f"{address}/v1", pause_seconds=0.01, patience=replace(SHORT, connect_seconds=0.6))
    assert opened.name == "tiny" and len(waited) == 2 and sum(waited) < 0.6
    del numbers[2]
    began = time.monotonic()
    with pytest.raises(ModelError, match="cannot be reached"):
        EndpointGenerator(f"{address}/v1", pause_seconds=0.01, patience=replace(SHORT, connect_seconds=0.2))
    assert time.monotonic() - began < 4 * 0.2 + 0.5


def test_plain_http_where_tls_is_wanted_is_a_sentence(server: Server) -> None:
    address = server.address.replace("http:", "https:")
    with pytest.raises(ModelError, match=f"{address}/v1: the language model's server "):
        EndpointGenerator(f"{address}/v1", pause_seconds=0.01, patience=SHORT)


# Cancelling


def on_forever(server: Server) -> Callable[[Asked], None]:
    def chat(asked: Asked) -> None:
        asked.events()
        while True:
            asked.push(event("a ") if len(server.chats) == 1 else b": \n")
            time.sleep(0.02)

    return chat


def test_cancelling_ends_the_connection(server: Server) -> None:
    server.chat = on_forever(server)
    pieces: list[str] = []
    for piece in server.open().stream(ASK, max_tokens=900, cancelled=lambda: len(pieces) >= 3):
        pieces.append(piece)
    assert len(pieces) == 3 and server.gone.wait(2), "the server writes on for nobody"


def test_a_stream_that_is_dropped_ends_the_connection(server: Server) -> None:
    server.chat = on_forever(server)
    stream = server.open().stream(ASK, max_tokens=900)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert server.gone.wait(2)


@pytest.mark.parametrize("chat", [silence, silent_head, with_status(503, {}, Retry_After="20")])
def test_cancelling_does_not_wait_for_words(server: Server, chat: Callable[[Asked], object]) -> None:
    server.chat = chat
    stopped = threading.Event()
    threading.Timer(0.3, stopped.set).start()
    opened = server.open(patience=replace(SHORT, silence_seconds=60, whole_seconds=60))
    began = time.monotonic()
    list(opened.stream(ASK, max_tokens=24, cancelled=stopped.is_set))
    assert time.monotonic() - began < 0.3 + 0.5


def test_threads_ask_at_one_time(server: Server) -> None:
    together = threading.Barrier(3, timeout=5)

    def chat(asked: Asked) -> None:
        together.wait()
        asked.words(asked.body["messages"][0]["content"])

    server.chat, opened = chat, server.open()
    got: dict[str, str] = {}
    asking = [
        threading.Thread(target=lambda w=word: got.update({w: reply(opened, [Message("user", w)])}))  # type: ignore[misc]
        for word in ("red", "green", "blue")
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(10)
    assert got == {word: word for word in ("red", "green", "blue")}


def test_a_connection_is_used_again(server: Server) -> None:
    server.chat = lambda asked: asked.json(odds(Yes=-0.1, No=-3.0))
    opened = server.open()
    for _ in range(5):
        opened.log_odds(YES)
    assert len({asked.handler.client_address for asked in server.asked}) == 1


# Secrets, and settings


@pytest.mark.parametrize(
    "spec",
    [f"http://user:{KEY}@127.0.0.1/v1", f"http://{KEY}@127.0.0.1/v1", f"https://127.0.0.1/v1?api_key={KEY}#m"],
)
def test_an_address_with_a_secret_is_refused_before_anything_is_kept(tmp_path: Path, spec: str) -> None:
    with pytest.raises(ModelError, match=r"/v1: --llm holds a password or a query.*GROUNDWIRE_LLM_KEY") as raised:
        open_newsroom(Settings(archive=tmp_path / "none", llm=spec))
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    "spec", ["http://", "http:///v1", "http://a:b/v1", "http://a:99999/", "http://[::1", "http://ü/"]
)
def test_what_is_no_address_is_a_sentence(spec: str) -> None:
    with pytest.raises(ModelError, match="its address cannot be read; write it as http"):
        read_address(spec)


def test_a_key_of_odd_characters_is_a_sentence_without_it(server: Server) -> None:
    for key in (f"{KEY}\r\nX: y", f"{KEY} b", f"{KEY}é"):
        with pytest.raises(ModelError, match="GROUNDWIRE_LLM_KEY: holds a character that no key has") as raised:
            server.open(key=key)
        assert KEY not in str(raised.value)
    assert server.open(key=f" {KEY}\n") and server.asked[-1].headers["authorization"] == f"Bearer {KEY}"


def test_a_server_that_repeats_the_key_does_not_bring_it_into_a_sentence(server: Server) -> None:
    server.chat = with_status(401, {"error": {"message": f"Incorrect API key provided: {KEY}"}})
    with pytest.raises(ModelError, match=r"\(401: Incorrect API key provided: …\)"):
        reply(server.open())


def test_the_environment_s_proxies_and_passwords_are_not_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert reply(server.open(key=None)) == "Red."
    assert all("authorization" not in asked.headers for asked in server.asked)


def test_offline_reaches_this_machine_only(server: Server) -> None:
    settings = Settings(llm=f"{server.address}/v1", offline=True)
    assert Models(settings).generator().name == "tiny"
    with pytest.raises(ModelError, match=r"http://192\.0\.2\.1/v1: is not on this machine and the network is off"):
        Models(replace(settings, llm="http://192.0.2.1/v1#m")).generator()


def test_an_answer_from_a_server_is_that_of_the_same_model_here(
    server: Server, news: NewsIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """End to end, by the environment's key, which stands nowhere in the answer; nor in a replay."""
    monkeypatch.setattr("qa.newsroom.open_reader", lambda *_: FakeReader())
    monkeypatch.setenv("GROUNDWIRE_LLM_KEY", KEY)
    server.chat = play(ScriptedGenerator())
    settings = Settings(archive=news.archive.folder, llm=f"{server.address}/v1#tiny")
    room = Models(settings).newsroom(news)
    answer = room.ask("Who died in the strike at the airport of Baghdad?").to_dict()
    assert "Ten people died in the strike" in answer["answer"] and answer["citations"]
    assert answer["replay"]["llm"] == {"name": "tiny", "sha256": None}
    assert answer["replay"]["settings"]["llm"] == f"{server.address}/v1#tiny"
    assert KEY not in json.dumps(answer) and server.asked[-1].headers["authorization"] == f"Bearer {KEY}"


def test_the_command_line_asks_a_server(
    server: Server, news: NewsIndex, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("qa.newsroom.open_embedder", lambda *_, **__: FakeEmbedder())
    monkeypatch.setattr("qa.newsroom.open_reader", lambda *_: FakeReader())
    said: list[str] = []
    monkeypatch.setattr("cli.terminal.Line.say", lambda _, text: said.append(text))
    server.chat = play(ScriptedGenerator())
    asked = ["ask", "Who died in the strike?", "--archive", str(news.archive.folder), "--llm"]
    assert main([*asked, f"{server.address}/v1"]) == 0
    assert "Ten people died" in capsys.readouterr().out
    assert main([*asked[:1], "Why do parrots talk?", *asked[2:], f"{server.address}/v1"]) == 0
    assert "do not say" in capsys.readouterr().out
    assert f"writing, waiting for {server.address.removeprefix('http://')} …" in said
    assert any(line.startswith("reading ") for line in said), "the reader is here, and waits for no server"
    assert not any(line.startswith("reading ") and "waiting" in line for line in said)
    server.chat = with_status(401, {})
    assert main([*asked, f"{server.address}/v1"]) == 1
    error = capsys.readouterr().err
    assert "does not let us in" in error and "Traceback" not in error


def test_the_page_s_list_of_models_names_the_server(tmp_path: Path) -> None:
    [line] = models_held(Settings(weights=tmp_path, llm="http://127.0.0.1:8000/v1#m"), [])[:1]
    assert (line.name, line.role, line.in_use, line.installed) == ("http://127.0.0.1:8000/v1#m", "llm", True, True)


@pytest.mark.real
def test_a_model_in_this_process_is_opened_as_ever(weights: Path) -> None:
    opened = Models(Settings(llm="smollm2-135m", weights=weights, context_tokens=256)).generator()
    assert isinstance(opened, LlamaGenerator)
