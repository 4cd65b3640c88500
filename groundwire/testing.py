"""Models that can be predicted by eye, for the tests of what is built on Groundwire; they load and fetch nothing.

An embedder that counts words, a reader and a generator that look for the question's words. Within
`fakes_for_models()` all of Groundwire opens these:

>>> import tempfile
>>> import groundwire as gw
>>> with tempfile.TemporaryDirectory() as folder, fakes_for_models():
...     story = Path(folder, "fire.txt")
...     _ = story.write_text("Fire at the works\\n\\nNine people died in the fire.\\n")
...     with gw.open(Path(folder, "archive"), llm="none") as archive:
...         _ = archive.index(story)
...         print(archive.ask("How many died in the fire?").citations[0].quote)
Nine people died in the fire.
"""

import re
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np

import qa.newsroom  # noqa: F401  what `fakes_for_models` puts its fakes into
from index.passage import CountTokens, split_sentences
from models import Judged, Marked, Message, Reading, Usage, Vectors
from qa.evidence import SCORES

__all__ = [
    "CALIBRATED",
    "CALIBRATION",
    "DENYING",
    "STOP",
    "FakeEmbedder",
    "FakeReader",
    "FakeTokens",
    "ScriptedGenerator",
    "copy_best_sentence",
    "count_characters",
    "count_words",
    "fakes_for_models",
    "longest_run",
    "open_fakes",
    "read_prompt",
    "share",
    "share_of_words",
    "telling",
    "words_of",
]


def words_of(text: str) -> list[str]:
    """Lower-case words, in order."""
    return re.findall(r"\w+", text.casefold())


def count_words(texts: Sequence[str]) -> list[int]:
    """What stands between white space, counted; in place of cl100k_base."""
    return [len(text.split()) for text in texts]


def count_characters(texts: Sequence[str]) -> list[int]:
    """The strictest count: white space costs too, and a long word can be halved."""
    return [len(text) for text in texts]


class FakeEmbedder:
    """How often each word stands in a text, in the slot that the word's CRC-32 names; one token a word.

    `encoded` are the documents it was given, in order. `seconds` is what each of them takes.
    """

    def __init__(self, *, name: str = "fake", dimension: int = 64, max_tokens: int = 512, seconds: float = 0.0) -> None:
        self.identity = f"{name} {dimension}"
        self.dimension = dimension
        self.max_tokens = max_tokens
        self.seconds = seconds
        self.encoded: list[str] = []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(words_of(text)) for text in texts]

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        for text in texts:
            time.sleep(self.seconds)
            self.encoded.append(text)
        return self._encode(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        counts = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for word in words_of(text) or [""]:
                counts[row, zlib.crc32(word.encode()) % self.dimension] += 1
        scaled: Vectors = counts / np.linalg.norm(counts, axis=1, keepdims=True)
        return scaled


STOP = frozenset(
    "a an the of in on at to by for with and or that it is are was were be been has have had do does did who whom what"
    " when where which why how many much".split()
)
DENYING = frozenset(("not", "no", "never"))


def telling(text: str) -> set[str]:
    """The words of a text that tell something: none of STOP, none that deny.

    >>> sorted(telling("Who was not killed at the airport?"))
    ['airport', 'killed']
    """
    return set(words_of(text)) - STOP - DENYING


def share(asked: str, text: str) -> float:
    """Which share of the telling words of what is asked a text holds.

    >>> share("Who died in the strike?", "The strike was at night."), share("Who?", "Ten.")
    (0.5, 0.0)
    """
    wanted = telling(asked)
    return len(wanted & telling(text)) / len(wanted) if wanted else 0.0


def longest_run(question: str, sentence: str) -> tuple[int, int] | None:
    """The longest run of a sentence's words that are not the question's, nor STOP at its ends; of equals the first.

    >>> "Ten people died at noon."[slice(*longest_run("How many died?", "Ten people died at noon."))]
    'Ten people'
    """
    asked = set(words_of(question))
    best: list[re.Match[str]] = []
    run: list[re.Match[str]] = []
    for word in re.finditer(r"\w+", sentence):
        known = word[0].casefold() in asked
        run = [] if known or (not run and word[0].casefold() in STOP) else [*run, word]
        kept = run[: max((i + 1 for i, held in enumerate(run) if held[0].casefold() not in STOP), default=0)]
        best = kept if len(kept) > len(best) else best
    return (best[0].start(), best[-1].end()) if best else None


# What the scores of the fake reader are worth; the true reader's own are fitted to it, and fitted anew with it.
CALIBRATION = {"span": 0.12, "sentence": 0.55}
CALIBRATED = {"qa.evidence.WEIGHTS": tuple(CALIBRATION.get(name, 0.0) for name in SCORES), "qa.evidence.BIAS": 0.3}
CALIBRATED |= {"qa.evidence.ANY_WEIGHTS": (1.0, 0.0, 0.0, 0.0), "qa.evidence.ANY_BIAS": 0.0}
CALIBRATED |= {"qa.ask.ANSWERS": 0.0, "qa.ask.MARGIN": 2.5, "qa.ask.ON_THE_MATTER": -4.5}


class FakeReader:
    """Reads by words that are shared, 8 × share - 4: from -4 for none of the words asked for to 4 for all.

    Of each sentence of a passage the longest run of words that are not the question's answers it. A sentence supports a
    statement by the share of its words, and contradicts it by that where one of both denies and the other does not.
    """

    identity = "fake reader"

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        return [Reading(8 * share(question, text) - 4, self._spans(question, text)) for _, text in passages]

    def answers(self, question: str, sentences: Sequence[Marked]) -> list[float]:
        return [8 * share(question, words) - 4 for _, words, _ in sentences]

    def judge(self, statements: Sequence[str], sentences: Sequence[Marked]) -> list[Judged]:
        judged = []
        for statement, (_, words, _) in zip(statements, sentences, strict=True):
            held = share(statement, words)
            agree = bool(DENYING & set(words_of(statement))) == bool(DENYING & set(words_of(words)))
            judged.append(Judged(held, 1 - held, 0.0) if agree else Judged(0.0, 1 - held, held))
        return judged

    def _spans(self, question: str, text: str) -> tuple[tuple[float, int, int], ...]:
        spans = []
        for start, end in split_sentences(text):
            run = longest_run(question, text[start:end])
            if run:
                spans.append((8 * share(question, text[start:end]) - 4, start + run[0], start + run[1]))
        return tuple(sorted(spans, key=lambda span: -span[0]))


def read_prompt(messages: Sequence[Message]) -> tuple[str, list[str]]:
    """The material of a prompt and the words that its task asks for.

    The task is what follows the last blank line; it asks for what stands in quotes, or after "Question:".

    >>> read_prompt([Message("user", 'Ten died.\\n\\nCan "Who died?" be answered?')])
    ('Ten died.', ['who', 'died'])
    """
    material, _, task = messages[-1].content.rpartition("\n\n")
    asked = re.search(r'"(.*)"|uestion: (.*)', task)
    return material, words_of((asked[1] or asked[2]) if asked else task)


def share_of_words(messages: Sequence[Message]) -> float:
    """8 × the share of the words asked for that the material holds, less 4: from -4 for none to 4 for all."""
    material, asked = read_prompt(messages)
    held = set(words_of(material))
    return 8 * sum(word in held for word in asked) / max(1, len(asked)) - 4


def copy_best_sentence(messages: Sequence[Message]) -> str:
    """The sentence of the material that holds most of the words asked for; of numbered quotes, with its number.

    A follow-up question is repeated.
    """
    follow_up = re.search(r"^Conversation:\n.*^Next question: (.*?)$", messages[-1].content, re.DOTALL | re.MULTILINE)
    if follow_up:
        return follow_up[1]
    material, asked = read_prompt(messages)
    material = re.sub(r"^Passage \(.*\):\n", "", material)
    sentences = [material[start:end] for start, end in split_sentences(material)]
    best = max(sentences, key=lambda sentence: len(set(asked) & set(words_of(sentence))), default="NONE")
    numbered = re.match(r"\[(\d+)\] \(.*?\) (.*)", best)
    return f"{numbered[2]} [{numbered[1]}]" if numbered else best


class ScriptedGenerator:
    """Replies and log-odds by rule; a reply comes word by word. `asked` are the prompts it was given, in order."""

    name = "scripted"
    sha256 = None

    def __init__(
        self,
        *,
        reply: Callable[[Sequence[Message]], str] = copy_best_sentence,
        log_odds: Callable[[Sequence[Message]], float] = share_of_words,
        context_tokens: int = 4096,
    ) -> None:
        self._reply = reply
        self._log_odds = log_odds
        self.context_tokens = context_tokens
        self.usage = Usage()
        self.asked: list[Sequence[Message]] = []

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) for message in messages)

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
        self._count(messages)
        text = self._reply(messages)
        for word in stop:
            text = text.partition(word)[0]
        for piece in re.findall(r"\s*\S+", text)[:max_tokens]:
            if cancelled():
                return
            self.usage = Usage(self.usage.prompt, self.usage.read, self.usage.written + 1)
            yield piece

    def log_odds(self, messages: Sequence[Message]) -> float:
        self._count(messages)
        return self._log_odds(messages)

    def _count(self, messages: Sequence[Message]) -> None:
        self.asked.append(messages)
        length = self.count_tokens(messages)
        self.usage = Usage(self.usage.prompt + length, self.usage.read + length, self.usage.written)


class FakeTokens:
    """In place of cl100k_base: a token a word."""

    count_each = staticmethod(count_words)


def open_fakes(*_: object) -> tuple[FakeEmbedder, CountTokens]:
    """What a node of a cluster opens."""
    return FakeEmbedder(), count_words


@contextmanager
def fakes_for_models(embedder: FakeEmbedder | None = None) -> Iterator[None]:
    """Inside, fakes are opened wherever a model would be loaded, and bars are fitted to them; nothing else is changed.

    An `embedder` given is the one that is opened.
    """
    with ExitStack() as stack:
        for name, made in {
            "qa.newsroom.open_embedder": lambda *_, **__: embedder or FakeEmbedder(),
            "qa.newsroom.open_on_node": open_fakes,
            "qa.newsroom.open_reader": lambda *_: FakeReader(),
            "qa.newsroom.resolve_llm": lambda *_, **__: Path("scripted.gguf"),
            "models.llama.LlamaGenerator": lambda *_, **__: ScriptedGenerator(),
            "models.fetch.fetch": lambda *_, **__: Path("cl100k_base"),
            "models.tokens.load_tokens": lambda *_: FakeTokens(),
            **CALIBRATED,
        }.items():
            stack.enter_context(patch(name, made))
        yield
