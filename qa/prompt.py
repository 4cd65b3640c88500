"""Every message the language model is given. It writes; what it writes is proved elsewhere."""

from collections.abc import Sequence

from models import Generator, Message

READER = "You answer questions from news passages. Use only the passage."
WRITER = "You are a careful news editor. You state only what the numbered quotes say."


TURN_CHARACTERS = 600  # of each turn when a follow-up is rewritten: names and dates stand early in an answer


def _about(passage: str, heading: str, task: str) -> list[Message]:
    return [Message("system", READER), Message("user", f"Passage ({heading}):\n{passage}\n\n{task}")]


def standalone(question: str, history: Sequence[Message]) -> list[Message]:
    """Asks for a follow-up question in words that need no conversation."""
    said = "\n".join(
        f"{'Reader' if turn.role == 'user' else 'Desk'}: {turn.content[:TURN_CHARACTERS]}" for turn in history
    )
    return [
        Message("system", "You rewrite questions. You never answer them."),
        Message(
            "user",
            f"Conversation:\n{said}\n\nNext question: {question}\n\nWrite the next question again so that it can be"
            " understood without the conversation: put the names it points to in place of words such as he, it, that"
            " or there. If it can be understood alone, repeat it unchanged. Reply with the question only.",
        ),
    ]


def write(question: str, quotes: Sequence[tuple[str, str]]) -> list[Message]:
    """Asks for the answer in whole sentences, from `(heading, quote)` pairs numbered from 1."""
    lines = "\n".join(f"[{n}] ({heading}) {quote}" for n, (heading, quote) in enumerate(quotes, 1))
    return [
        Message("system", WRITER),
        Message(
            "user",
            f"Quotes:\n{lines}\n\nQuestion: {question}\nWrite the answer for a newspaper: one to three short, complete"
            " sentences, each with a subject and a verb; the answer first, then who says so. Use only the quotes. Name"
            " everyone and everything that the quotes give as an answer. After each sentence put the number of its"
            " quote, like [1]. Where quotes differ, say what each says.",
        ),
    ]


def fit_quotes(
    question: str, quotes: Sequence[tuple[str, str]], generator: Generator, *, answer_tokens: int
) -> list[tuple[str, str]]:
    """As many of the first quotes as leave room for the answer in the generator's context."""
    room = generator.context_tokens - answer_tokens
    kept = list(quotes)
    while kept and generator.count_tokens(write(question, kept)) > room:
        kept.pop()
    return kept


def draft(passage: str, heading: str) -> list[Message]:
    """Asks for one question that the passage answers."""
    return _about(
        passage,
        heading,
        "Write one short question that this passage answers with a name, a number, a date or a place. Name the people,"
        " places and events that it is about, so that someone who has not seen the passage understands it. Reply with"
        " the question only.",
    )
