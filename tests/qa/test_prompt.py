"""What the model is shown: a passage before the question, a sentence after it, only quotes that fit, no word lost.

After a wanted change: python -m pytest tests/qa/test_prompt.py --rewrite-golden, and read the diff.
"""

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Message
from qa.prompt import draft, entails, extract, fit_quotes, gate, scan, scan_claim, standalone, state, write
from tests.support.fakes import ScriptedGenerator

GOLDEN = Path(__file__).parents[1] / "golden" / "prompts.txt"
QUESTION = "Who was killed?"
PASSAGE = "A drone strike killed the general. Ten people died."
HEADING = "Strike at the airport | Reuters | 2020-01-03"
QUOTES = [(HEADING, "A drone strike killed the general."), ("Oil | AFP", "The price of oil rose.")]
HISTORY = [Message("user", "What was hit?"), Message("assistant", "The airport was hit [1].")]


def test_the_prompts_are_as_reviewed(request: pytest.FixtureRequest) -> None:
    prompts = {
        "scan": scan(QUESTION, "A drone strike killed the general.", HEADING),
        "scan_claim": scan_claim("The general was killed.", "A drone strike killed the general.", HEADING),
        "state": state("Was the general killed?"),
        "gate": gate(QUESTION, PASSAGE, HEADING),
        "extract": extract(QUESTION, PASSAGE, HEADING),
        "standalone": standalone("When was it?", HISTORY),
        "write": write(QUESTION, QUOTES),
        "draft": draft(PASSAGE, HEADING),
        "entails": entails("The general was killed.", ["(Oil | AFP) The price of oil rose."]),
    }
    text = "".join(
        f"=== {name}\n" + "".join(f"--- {turn.role}\n{turn.content}\n" for turn in messages)
        for name, messages in prompts.items()
    )
    if request.config.getoption("--rewrite-golden"):
        GOLDEN.write_text(text, "utf-8")
    held = GOLDEN.read_text("utf-8")
    diff = "\n".join(
        difflib.unified_diff(held.splitlines(), text.splitlines(), "golden/prompts.txt", "now", lineterm="")
    )
    assert text == held, f"{diff}\n\nafter a wanted change: python -m pytest tests/qa/test_prompt.py --rewrite-golden"


@pytest.mark.parametrize("ask", [gate, extract])
def test_the_question_comes_after_the_passage(ask: object) -> None:
    assert callable(ask)
    [_, turn] = ask(QUESTION, PASSAGE, HEADING)
    assert turn.content.index(HEADING) < turn.content.index(PASSAGE) < turn.content.index(QUESTION)


@pytest.mark.parametrize("ask", [scan, scan_claim])
def test_only_the_last_paragraph_differs_from_sentence_to_sentence(
    ask: Callable[[str, str, str], list[Message]],
) -> None:
    sentences = ["Ten people died.", "A drone\nstrike killed the general."]
    turns = [ask(QUESTION, sentence, HEADING)[-1].content.rpartition("\n\n") for sentence in sentences]
    assert turns[0][0] == turns[1][0] and QUESTION in turns[0][0]
    assert [turn[2] for turn in turns] == [f"Sentence ({HEADING}): {sentence}" for sentence in sentences]


@given(st.lists(st.integers(0, 40), max_size=8), st.integers(0, 400), st.integers(0, 100))
def test_the_first_quotes_that_fit_are_kept(words: list[int], context: int, answer: int) -> None:
    quotes = [(f"heading {n}", "word " * n) for n in words]
    generator = ScriptedGenerator(context_tokens=context)
    kept = fit_quotes(QUESTION, quotes, generator, answer_tokens=answer)
    assert kept == quotes[: len(kept)]
    if kept:
        assert generator.count_tokens(write(QUESTION, kept)) + answer <= context
    if len(kept) < len(quotes):
        assert generator.count_tokens(write(QUESTION, quotes[: len(kept) + 1])) + answer > context
