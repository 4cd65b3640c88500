"""Every message the model is given.

Of a passage the log-odds part what answers from what does not only where the question comes last. Of a sentence alone
they do either way, and the two ways err on different sentences: both together are better than each (docs/answers.md).
With the question first, it is read once for all sentences.
"""

from collections.abc import Sequence

from models import Generator, Message

READER = "You answer questions from news passages. Use only the passage."
JUDGE = "You judge sentences from news. Reply Yes or No."
WRITER = "You are a careful news editor. You state only what the numbered quotes say."


TURN_CHARACTERS = 600  # of each turn when a follow-up is rewritten: names and dates stand early in an answer


def _about(passage: str, heading: str, task: str) -> list[Message]:
    return [Message("system", READER), Message("user", f"Passage ({heading}):\n{passage}\n\n{task}")]


def scan(question: str, sentence: str, heading: str) -> list[Message]:
    """Asks for Yes or No: does this sentence answer? Only the last paragraph differs from sentence to sentence."""
    return [
        Message("system", JUDGE),
        Message(
            "user",
            f"Question: {question}\nDoes the sentence below answer the question, or give a part of the answer?"
            f" Reply Yes or No.\n\nSentence ({heading}): {sentence}",
        ),
    ]


def scan_claim(claim: str, sentence: str, heading: str) -> list[Message]:
    """Asks for Yes or No: does this sentence say so? Only the last paragraph differs from sentence to sentence."""
    return [
        Message("system", JUDGE),
        Message(
            "user",
            f"Statement: {claim}\nDoes the sentence below say so? Reply Yes or No.\n\nSentence ({heading}): {sentence}",
        ),
    ]


def state(question: str) -> list[Message]:
    """Asks for a yes/no question as two statements, a line each: the one if it is yes, the one if it is no."""
    return [
        Message("system", "You rewrite questions as statements."),
        Message(
            "user",
            f"Question: {question}\n\nWrite two lines: first the statement that is true if the answer is yes, then the"
            " statement that is true if the answer is no.",
        ),
    ]


def gate(question: str, passage: str, heading: str) -> list[Message]:
    """Asks for Yes or No: can the question be answered from this?"""
    return _about(
        passage, heading, f'Can the question "{question}" be answered from this passage alone? Reply Yes or No.'
    )


def extract(question: str, passage: str, heading: str) -> list[Message]:
    """Asks for the shortest words of the passage that answer, or NONE."""
    return _about(
        passage,
        heading,
        f"Question: {question}\nCopy from the passage the shortest words that answer the question; several answers"
        " separated by semicolons. Reply NONE if the passage does not answer it.",
    )


def lead(question: str, sentence: str, heading: str) -> list[Message]:
    """Asks for the answer in one sentence, from one quote. Only its last paragraph differs from `gate`'s."""
    return _about(
        sentence,
        heading,
        f"Question: {question}\nWrite the answer for a newspaper in one short, complete sentence with a subject and a"
        " verb. Use only the words of the passage.",
    )


def bears_out(claim: str, sentence: str, heading: str) -> list[Message]:
    """Asks for Yes or No: does the quote of `lead` say this?"""
    return _about(sentence, heading, f'Is the statement "{claim}" supported by the passage? Reply Yes or No.')


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


def entails(claim: str, quotes: Sequence[str]) -> list[Message]:
    """Asks for Yes or No: do these quotes say this?"""
    return [
        Message("system", READER),
        Message(
            "user", "\n".join(quotes) + f'\n\nIs the statement "{claim}" supported by the text above? Reply Yes or No.'
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
    """Asks for one question that the passage answers; its answer is then asked for by `extract`."""
    return _about(
        passage,
        heading,
        "Write one short question that this passage answers with a name, a number, a date or a place. Name the people,"
        " places and events that it is about, so that someone who has not seen the passage understands it. Reply with"
        " the question only.",
    )
