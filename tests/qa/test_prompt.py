"""What the model is shown: a conversation, a passage, only quotes that fit, no word lost.

After a wanted change: python -m pytest tests/qa/test_prompt.py --rewrite-golden, and read the diff.
"""

import difflib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Message
from qa.prompt import draft, fit_quotes, standalone, write
from tests.support.fakes import ScriptedGenerator

GOLDEN = Path(__file__).parents[1] / "golden" / "prompts.txt"
QUESTION = "Who was killed?"
PASSAGE = "A drone strike killed the general. Ten people died."
HEADING = "Strike at the airport | Reuters | 2020-01-03"
QUOTES = [(HEADING, "A drone strike killed the general."), ("Oil | AFP", "The price of oil rose.")]
HISTORY = [Message("user", "What was hit?"), Message("assistant", "The airport was hit [1].")]


def test_the_prompts_are_as_reviewed(request: pytest.FixtureRequest) -> None:
    prompts = {
        "standalone": standalone("When was it?", HISTORY),
        "write": write(QUESTION, QUOTES),
        "draft": draft(PASSAGE, HEADING),
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
