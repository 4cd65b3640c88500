"""A language model behind an address, by OpenAI's protocol: vLLM, llama.cpp's server, Ollama, a company's gateway.

Replies are streamed, yes is weighed against no by the log-probabilities of the first token. The key is sent in one
header and stands nowhere else. Article text can hold a model's control tokens as words: servers would read them as
control, so they are broken up before they are sent.
"""

import codecs
import json
import math
import re
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Generator as Pieces
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import certifi

from ground.hosts import is_loopback
from ground.shown import printable
from models import Message, ModelError, Usage
from models.connection import Broken, Connections, GivenUp, Patience, Reply, Watch
from models.llama import NO, YES

KEY = "GROUNDWIRE_LLM_KEY"
TOP = (20, 10, 5)  # how many of the likeliest first tokens are asked for; the next where a server allows fewer
BUSY = (429, 502, 503)
MISSING = (404, 405, 501)  # a path that a server does not have
TRIES = 4
PAUSE_SECONDS = 0.5  # before the second try; twice as long before each further one
LONGEST_PAUSE = 30.0
LARGEST_REPLY = 8_000_000
LARGEST_LIST = 4_000_000
LARGEST_ERROR = 64_000
LONGEST_TOKEN = 64  # characters, on average over a reply
MOST_STOPS = 4  # OpenAI takes no more; the rest is cut here
MESSAGE_TOKENS, PROMPT_TOKENS = 16, 32  # what a chat template adds, at most, as far as we know
CAUTION = 2.0  # tokens of other models for one of cl100k_base: docs/llm.md
# Left out where a server refuses them by name.
OPTIONAL = ("stream_options", "seed", "stop", "grammar", "repeat_penalty", "repetition_penalty")
CONTEXT_NAMES = ("max_model_len", "context_length", "context_window", "max_context_length", "n_ctx")
CONTROL = re.compile(r"<(?=[^<>\s]{1,60}>)|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_\w+|gMASK)\])|<(?=<SYS)")

CountEach = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True)
class ServerAddress:
    """Where a model is asked for: the address that OpenAI's paths follow, and the model's name if it is told."""

    base: str
    host: str
    model: str | None

    @property
    def root(self) -> str:
        return self.base.removesuffix("/v1")

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine.

        >>> [read_address(f"http://{host}/v1").is_loopback for host in ("127.0.0.1:80", "localhost", "[::1]", "a.org")]
        [True, True, True, False]
        """
        return is_loopback(self.host)


def read_address(spec: str) -> ServerAddress:
    """What `--llm http://host/v1#model` says; raises ModelError for what is no address, or holds a secret.

    >>> read_address("http://localhost:8000/v1/#qwen2.5")
    ServerAddress(base='http://localhost:8000/v1', host='localhost', model='qwen2.5')
    """
    try:
        parts = urlsplit(spec)
        port, host = parts.port, parts.hostname
    except ValueError:
        parts, port, host = urlsplit(""), None, None
    if not host or parts.scheme not in ("http", "https") or not re.fullmatch(r"[!-~]*", parts.netloc + parts.path):
        raise ModelError("--llm: its address cannot be read; write it as http://host:port/v1 or http://host/v1#model")
    place = f"[{host}]" if ":" in host else host
    base = f"{parts.scheme}://{place}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
    if parts.username is not None or parts.password is not None or parts.query:
        raise ModelError(
            f"{base}: --llm holds a password or a query, which answers would keep; leave it out of the address and put"
            f" the key into the environment, as {KEY}"
        )
    return ServerAddress(base, host, unquote(parts.fragment) or None)


class RefusedByServer(Exception):
    """A reply that is none of the kind asked for: its status and the server's own words, on one line."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class EndpointGenerator:
    """A model behind an address; see `models.Generator`. Several threads can ask at once: the server sets the order.

    Opened by asking the server for its models: raises ModelError where it cannot be reached, refuses the key, or serves
    several models and `spec` names none. `grammar` is sent and left out where the server refuses it; one that does not
    know it ignores it, so a caller looks at what it got. `context_tokens` holds where the server tells no other.
    """

    sha256 = None

    def __init__(
        self,
        spec: str,
        *,
        key: str | None = None,
        context_tokens: int = 4096,
        count_each: CountEach | None = None,
        patience: Patience = Patience(),  # noqa: B008  frozen
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._address = read_address(spec)
        self._key = (key or "").strip()
        if not re.fullmatch(r"[!-~]*", self._key):
            raise ModelError(f"{KEY}: holds a character that no key has; set it again, without quotes and spaces")
        self._count_each = count_each
        self._patience = patience
        self._pause_seconds = pause_seconds
        self._connections = Connections(_trusted() if self._address.base.startswith("https:") else None)
        self._left_out: set[str] = set()
        self._top = TOP[0]
        self._weighed = False
        self.name = self._address.model or ""
        self.usage = Usage()
        served = self._served()
        self._kind = str(served.get("owned_by", ""))
        self.context_tokens = _context_in(served) or self._llama_context() or context_tokens

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """As the server counts, where it does (vLLM, llama.cpp, llama-cpp-python); else a cautious guess from above."""
        return self._counted(messages) or self._guessed(messages)

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        seed: int = 0,
        stop: Sequence[str] = (),
        grammar: str | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[str]:
        if cancelled():
            return
        self._check_room(messages, max_tokens)
        body = self._body(messages, max_tokens) | {"seed": seed, "stream": True}
        # Some servers punish words that stood before, unasked (llama-cpp-python by 1.1), which spoils quotes.
        body |= {"stream_options": {"include_usage": True}, "repeat_penalty": 1.0, "repetition_penalty": 1.0}
        body |= {"stop": list(stop)[:MOST_STOPS]} if stop else {}
        body |= {"grammar": grammar} if grammar else {}
        try:
            with closing(self._pieces(body, Watch(self._patience, cancelled))) as pieces:
                for piece in until_stop(pieces, stop):
                    if cancelled():
                        return
                    yield piece
        except GivenUp:
            return

    def log_odds(self, messages: Sequence[Message]) -> float:
        """As of `models.Generator`, from the likeliest first tokens that the server tells: 20, or as many as it allows.

        A word that is not among them is at most as likely as the last of them, and is taken to be just that: so the
        true value lies further out than the one given, on the same side. Where neither word is among them it is 0;
        if that is so at the first time of asking, and where a server tells no log-probabilities, raises ModelError.
        """
        self._check_room(messages, 1)
        while True:
            body = self._body(messages, 1) | {"logprobs": True, "top_logprobs": self._top}
            try:
                with closing(self._ask("POST", "/chat/completions", body)) as reply:
                    told = self._json(reply, LARGEST_REPLY)
                break
            except RefusedByServer as refused:
                fewer = [number for number in TOP if number < self._top]
                if not re.search(r"(?i)log_?prob", str(refused)):
                    raise self._error(refused) from None
                if not fewer:
                    raise self._no_logprobs() from None
                self._top = fewer[0]
        self._count(told.get("usage"))
        top = self._likeliest(told)
        yes, no = (logsumexp([value for token, value in top if token in words]) for words in (YES, NO))
        self._weighed = self._weighed or max(yes, no) > -math.inf
        if not self._weighed:
            first = _one_line(max(top, key=lambda item: item[1])[0])
            raise ModelError(
                f'{self._where}: asked for Yes or No, it starts with "{first}", neither being among its first'
                f" {len(top)} words; if it thinks before it answers, turn that off at the server, or name another --llm"
            )
        least = max(-100.0, min(value for _, value in top))
        return max(yes, least) - max(no, least)

    # What is sent

    def _body(self, messages: Sequence[Message], max_tokens: int) -> dict[str, Any]:
        turns = [{"role": message.role, "content": as_words(message.content)} for message in messages]
        return {"model": self.name, "messages": turns, "temperature": 0, "max_tokens": max_tokens}

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None, watch: Watch | None = None) -> Reply:
        """The good reply to a request. Raises Refused for any other, ModelError where there is none at all.

        Asks again after a pause while the server is busy or not there, as often as TRIES says; `path` may be a whole
        address.
        """
        watch = watch or Watch(self._patience)
        url = path if "://" in path else self._address.base + path
        pause = self._pause_seconds
        for left in reversed(range(TRIES)):
            try:
                reply = self._send(method, url, body, watch)
            except Broken as broken:
                if not broken.again or not left:
                    raise self._broken(broken) from None
            else:
                if reply.status == 200:
                    return reply
                with closing(reply):
                    refused = self._refusal(reply, watch)
                wanted = _retry_after(reply.headers.get("retry-after", ""))
                if refused.status not in BUSY or not left or (wanted or 0) > LONGEST_PAUSE:
                    raise refused
                pause = max(pause, wanted or 0)
            try:
                watch.pause(pause)
            except Broken as broken:
                raise self._broken(broken) from None
            pause = min(2 * pause, LONGEST_PAUSE)
        raise AssertionError("the last try returns or raises")

    def _send(self, method: str, url: str, body: Mapping[str, Any] | None, watch: Watch) -> Reply:
        sent = {"Host": urlsplit(url).netloc, "User-Agent": "groundwire", "Accept-Encoding": "identity"}
        sent |= {"Content-Type": "application/json"} if body is not None else {}
        sent |= {"Authorization": f"Bearer {self._key}"} if self._key else {}
        kept = {name: value for name, value in (body or {}).items() if name not in self._left_out}
        data = json.dumps(kept).encode() if body is not None else b""
        return self._connections.send(method, url, sent, data, watch)

    # What comes back

    def _pieces(self, body: dict[str, Any], watch: Watch) -> Pieces[str, None, None]:
        """The words of a reply as they come; raises ModelError where it ends before its end."""
        with closing(self._chat(body, watch)) as reply:
            whole, room = codecs.getincrementaldecoder("utf-16-le")("replace"), LONGEST_TOKEN * body["max_tokens"]
            ended, usage, pieces = False, None, 0
            try:
                for event in self._events(reply):
                    usage = event.get("usage") or usage
                    choice = _first(event.get("choices")) or {}
                    content = (_dict(choice, "delta") or _dict(choice, "message")).get("content")
                    ended = ended or bool(choice.get("finish_reason"))
                    if isinstance(content, str) and content:
                        room, pieces = room - len(content), pieces + 1
                        if room < 0:
                            raise Broken(f"wrote more than the {body['max_tokens']} tokens it was asked for")
                        # Half of a character outside the first plane may come alone, as JSON's escape of a surrogate.
                        yield whole.decode(content.encode("utf-16-le", "surrogatepass"))
                    if event is DONE:
                        ended = True
                        break
                if not ended:
                    raise Broken("broke off in the middle of its reply")
            except Broken as broken:
                raise self._broken(broken) from None
            finally:
                self._count(usage, pieces)

    def _chat(self, body: dict[str, Any], watch: Watch) -> Reply:
        """The reply to a chat; what the server refuses by name and can do without is left out from then on."""
        while True:
            try:
                return self._ask("POST", "/chat/completions", body, watch)
            except RefusedByServer as refused:
                named = {n for n in OPTIONAL if n in body and re.search(rf"\b{n}\b", str(refused))} - self._left_out
                if refused.status not in (400, 422) or not named:
                    raise self._error(refused) from None
                self._left_out |= named

    def _events(self, reply: Reply) -> Iterator[dict[str, Any]]:
        """What a stream says, object by object, and last DONE. A server that does not stream says one."""
        kind = self._kind_of(reply)
        if kind == "application/json":
            yield self._json(reply, LARGEST_REPLY)
            yield DONE
            return
        if kind != "text/event-stream":
            raise self._no_api(kind)
        for line in reply.lines(LARGEST_REPLY):
            name, _, value = line.partition(b":")
            if name == b"data" and value.strip() == b"[DONE]":
                yield DONE
                return
            if name == b"data":
                event = self._object(value)
                if event.get("error") or event.get("object") == "error":
                    raise self._error(RefusedByServer(int(reply.status), self._words(event)))
                yield event

    def _json(self, reply: Reply, limit: int) -> dict[str, Any]:
        kind = self._kind_of(reply)
        if kind != "application/json":
            raise self._no_api(kind)
        try:
            return self._object(b"".join(reply.chunks(limit)))
        except Broken as broken:
            raise self._broken(broken) from None

    def _object(self, data: bytes) -> dict[str, Any]:
        try:
            told = json.loads(data)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise ModelError(f"{self._where}: its reply is not the JSON of OpenAI's API; look at what listens there")
        return told

    def _kind_of(self, reply: Reply) -> str:
        if reply.headers.get("content-encoding", "identity").lower() != "identity":
            raise ModelError(f"{self._where}: sends packed replies, unasked; turn its compression off")
        return reply.headers.get("content-type", "").partition(";")[0].strip().lower()

    def _likeliest(self, told: Mapping[str, Any]) -> list[tuple[str, float]]:
        """The likeliest first tokens, as their text, and their log-probabilities; at least one."""
        choice = _first(told.get("choices")) or {}
        first = _first(_dict(choice, "logprobs").get("content")) or {}
        rows = [*(first.get("top_logprobs") or []), first] if isinstance(first.get("top_logprobs"), list) else []
        top: dict[str, float] = {}
        for row in rows:
            token, value = (row.get("token"), row.get("logprob")) if isinstance(row, dict) else (None, None)
            if isinstance(token, str) and isinstance(value, int | float) and -math.inf < value < 1e-3:
                text = token.replace("\u2581", " ").replace("\u0120", " ")  # spaces as vocabularies write them
                top[text] = max(float(value), top.get(text, -math.inf))
        if len(top) < 2:
            raise self._no_logprobs()
        return list(top.items())

    # What the server says of itself

    def _served(self) -> dict[str, Any]:
        """The model that is asked, as the server lists it; sets `name`, or checks that the list has it."""
        try:
            with closing(self._ask("GET", "/models", None)) as reply:
                told = self._json(reply, LARGEST_LIST)
        except RefusedByServer as refused:
            if refused.status not in MISSING:
                raise self._error(refused) from None
            told = {}
        listed = told.get("data")
        if not self.name and not isinstance(listed, list) and not self._address.base.endswith("/v1"):
            raise ModelError(
                f"{self._where}: no list of models was found there; the address often ends in /v1, as in --llm"
                f" {self._address.base}/v1"
            )
        found = {
            model["id"]: model
            for model in (listed if isinstance(listed, list) else [])
            if isinstance(model, dict) and isinstance(model.get("id"), str) and 0 < len(model["id"]) <= 300
        }
        names = ", ".join(_one_line(name) for name in sorted(found)[:5]) + (", …" if len(found) > 5 else "")
        if not self.name:
            if len(found) != 1:
                what = f"serves {len(found)} models ({names})" if found else "names none"
                raise ModelError(f"{self._where}: {what}; name one, as in --llm {self._address.base}#name")
            self.name = next(iter(found))
            if _one_line(self.name, 300) != self.name or (self._key and self._key in self.name):
                raise ModelError(f"{self._where}: its model has no usable name; give one, as in --llm ADDRESS#name")
        as_listed = next((name for name in sorted(found, key=self.name.__ne__) if _is_called(name, self.name)), None)
        if found and as_listed is None and not told.get("has_more"):
            raise ModelError(
                f'{self._where}: has no model "{_one_line(self.name)}"; it has {names}: name one of them, as in --llm'
                f" {self._address.base}#name"
            )
        return dict(found.get(as_listed or "", {}))

    def _llama_context(self) -> int | None:
        """What llama.cpp's server gives one conversation; it lists only what the model was trained with."""
        try:
            told = self._told("GET", "/props", None) if self._kind == "llamacpp" else {}
        except (RefusedByServer, ModelError):
            return None
        return _context_in(_dict(told, "default_generation_settings"))

    def _told(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        """What a server says on a path that only some have; nothing where it has none. Raises Refused, ModelError."""
        try:
            with closing(self._ask(method, self._address.root + path, body)) as reply:
                return self._json(reply, LARGEST_REPLY)
        except RefusedByServer as refused:
            if refused.status not in MISSING:
                raise
            return {}

    def _counted(self, messages: Sequence[Message]) -> int | None:
        """As the server counts; None where it does not, for good, or cannot just now."""
        try:
            count = self._count_told(messages)
        except (RefusedByServer, ModelError):
            return None  # it is busy, or away: the next prompt is counted again
        if isinstance(count, int) and not isinstance(count, bool) and count > 0:
            return count
        self._kind = ""  # it does not count after all; it is not asked again
        return None

    def _count_told(self, messages: Sequence[Message]) -> object:
        """What the server says where a count should be."""
        turns = self._body(messages, 1)["messages"]
        if self._kind == "vllm":
            return self._told("POST", "/tokenize", {"model": self.name, "messages": turns}).get("count")
        if self._kind == "llamacpp":
            prompt = self._told("POST", "/apply-template", {"messages": turns}).get("prompt")
            asked = {"content": prompt, "add_special": True, "parse_special": True}
            tokens = self._told("POST", "/tokenize", asked).get("tokens") if isinstance(prompt, str) else None
            return len(tokens) if isinstance(tokens, list) else None
        if self._kind == "me":  # llama-cpp-python
            words = {"model": self.name, "input": "\n".join(turn["content"] for turn in turns)}
            count = self._told("POST", "/extras/tokenize/count", words).get("count")
            return count + _template(messages) if isinstance(count, int) else None
        return None

    def _guessed(self, messages: Sequence[Message]) -> int:
        """No fewer tokens than any tokenizer makes, or than CAUTION times cl100k_base's."""
        texts = [as_words(message.content) for message in messages]
        total = sum(len(text.encode()) for text in texts)
        if self._count_each:
            total = min(total, math.ceil(CAUTION * sum(self._count_each(texts))))
        return total + _template(messages)

    def _check_room(self, messages: Sequence[Message], reply: int) -> None:
        """Raises ModelError where the server counts too many tokens; one that does not count refuses by itself."""
        most = sum(len(as_words(message.content).encode()) for message in messages) + _template(messages)
        if most + reply <= self.context_tokens or not self._kind:
            return  # no token is shorter than a byte, so a short prompt need not be counted
        prompt = self._counted(messages) or 0
        if prompt + reply > self.context_tokens:
            raise ModelError(
                f"{self._where}: {prompt} tokens of prompt and {reply} of reply are more than its context of"
                f" {self.context_tokens}; ask a shorter question, or index shorter passages"
            )

    def _count(self, told: object, pieces: int = 1) -> None:
        """Adds a reply's own count; without one, its pieces as tokens written, and no prompt."""
        usage = told if isinstance(told, dict) else {}
        prompt = _number(usage, "prompt_tokens")
        kept = min(prompt, _number(_dict(usage, "prompt_tokens_details"), "cached_tokens"))
        written = _number(usage, "completion_tokens") if usage else pieces
        now = self.usage
        self.usage = Usage(now.prompt + prompt, now.read + prompt - kept, now.written + written)

    # What went wrong, in a sentence

    @property
    def _where(self) -> str:
        return self._address.base

    def _broken(self, broken: Broken) -> ModelError:
        what = "check that it runs and that the address is right" if broken.again else "try again, or look at its log"
        return ModelError(f"{self._where}: the language model's server {broken}; {what}")

    def _no_api(self, kind: str) -> ModelError:
        return ModelError(
            f"{self._where}: replies with {_one_line(kind, 60) or 'something unnamed'}, not as OpenAI's API does; check"
            " the address, which often ends in /v1"
        )

    def _no_logprobs(self) -> ModelError:
        return ModelError(
            f"{self._where}: tells no log-probabilities, by which --reranker llm weighs; start it with them (of"
            " llama-cpp-python: --logits_all true) or leave out --reranker"
        )

    def _refusal(self, reply: Reply, watch: Watch) -> RefusedByServer:
        """A reply of another status, as far as it can be read."""
        words = b""
        try:
            if reply.headers.get("content-type", "").startswith(("application/json", "text/plain")):
                for chunk in reply.chunks(LARGEST_ERROR):
                    words += chunk
        except Broken:
            pass
        try:
            told = json.loads(words)
        except (ValueError, RecursionError):
            told = words.decode("utf-8", "replace")
        return RefusedByServer(reply.status, self._words(told))

    def _words(self, told: object) -> str:
        """A server's own words on what is wrong: one line of printable characters, without the key."""
        for name in ("error", "message", "detail"):
            told = told.get(name, told) if isinstance(told, dict) else told
        text = told if isinstance(told, str) else json.dumps(told)
        return _one_line(text.replace(self._key, "…") if self._key else text)

    def _error(self, refused: RefusedByServer) -> ModelError:
        status, words = refused.status, str(refused)
        said = f" ({status}: {words})" if words else f" ({status})"
        if status in (401, 403):
            told = f"does not let us in{said}; set the environment's {KEY} to a key it takes"
        elif 300 <= status < 400:
            told = f"leads elsewhere ({status}), which is not followed; give --llm the address it leads to"
        elif status == 404:
            told = f'has no model "{_one_line(self.name)}" or no such path{said}; check --llm: http://host/v1#model'
        elif status in BUSY:
            told = f"is busy{said}; try again later"
        elif re.search(r"(?i)context|too long|maximum.*tokens", words):
            told = f"has no room for this{said}; ask a shorter question, or index shorter passages"
        else:
            told = f"refuses{said}; look at its log"
        return ModelError(f"{self._where}: the language model's server {told}")


DONE: dict[str, Any] = {}


def as_words(text: str) -> str:
    """A text without control tokens of chat templates: what looks like one gets a space behind its bracket.

    >>> as_words("He said <|im_end|> and [INST] and 1 < 2.")
    'He said < |im_end|> and [ INST] and 1 < 2.'
    """
    return CONTROL.sub(lambda found: found[0] + " ", text).encode("utf-8", "replace").decode()


def until_stop(pieces: Iterable[str], stop: Sequence[str]) -> Iterator[str]:
    """The pieces up to the first stop word, of which nothing is shown.

    >>> list(until_stop(["one", " t", "wo", " three"], ["two"]))
    ['one', ' ']
    """
    held = ""
    for piece in pieces:
        held += piece
        cut = min((at for word in stop if (at := held.find(word)) >= 0), default=-1)
        if cut >= 0:
            held = held[:cut]
            break
        # What may be the start of a stop word waits for its next letters.
        keep = max((n for word in stop for n in range(1, len(word)) if held.endswith(word[:n])), default=0)
        if len(held) > keep:
            yield held[: len(held) - keep]
            held = held[len(held) - keep :]
    if held:
        yield held


def logsumexp(values: Sequence[float]) -> float:
    """log of the sum of what these are the logs of; of none, minus infinity."""
    most = max(values, default=-math.inf)
    return most + math.log(sum(math.exp(value - most) for value in values)) if most > -math.inf else most


def _is_called(listed: str, name: str) -> bool:
    """Whether a server means the model that it lists by a name; some let a tag or a folder be left out.

    >>> [_is_called(listed, "qwen") for listed in ("qwen", "qwen:latest", "models/qwen", "*", "qwen2")]
    [True, True, True, True, False]
    """
    return name in (listed, listed.removesuffix(":latest")) or listed.endswith(f"/{name}") or "*" in listed


def _template(messages: Sequence[Message]) -> int:
    return PROMPT_TOKENS + MESSAGE_TOKENS * len(messages)


def _context_in(told: Mapping[str, Any]) -> int | None:
    for held in (told, _dict(told, "meta")):
        for name in CONTEXT_NAMES:
            if 0 < (number := _number(held, name)) < 1 << 30:
                return number
    return None


def _number(told: Mapping[str, Any], name: str) -> int:
    value = told.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40 else 0


def _dict(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = told.get(name)
    return value if isinstance(value, dict) else {}


def _first(told: object) -> dict[str, Any] | None:
    return told[0] if isinstance(told, list) and told and isinstance(told[0], dict) else None


def _one_line(text: str, length: int = 200) -> str:
    return printable(" ".join(text[: 4 * length].split()), instead="")[:length]


def _retry_after(value: str) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or as a date."""
    if re.fullmatch(r"\d{1,9}", value.strip()):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _trusted() -> ssl.SSLContext:
    """The system's certificates, which SSL_CERT_FILE can name, and those that come with Python's libraries."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
