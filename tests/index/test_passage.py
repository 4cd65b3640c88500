"""Passages are the article's own characters: all of them, once, in order, and never more than fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article, Aside, Section
from index.passage import CountTokens, Limit, Passage, cut_article, heading, sentences_in, split_sentences
from tests.support.fakes import count_characters, count_words

ODD = (
    *(
        " ",
        "\n",
        "\r\n",
        "\n\n",
        "\t",
        "\u00a0",
        "\u2028",
        "\x85",
        "\x0b",
        "\x0c",
        "\x1c",
        "\u3000",
        "\u200b",
        "\ufeff",
    ),
    *(
        ". ",
        "! ",
        "? ",
        "...",
        "“",
        "”",
        "a) ",
        "1. ",
        "[1]",
        "Mr. ",
        "e.g. ",
        "word",
        "é",
        "😀",
        "日本。",
        "long" * 30,
    ),
)
texts = st.lists(st.sampled_from(ODD) | st.text(max_size=5), max_size=40).map("".join)


def covers(text: str, spans: list[tuple[int, int]], start: int = 0) -> bool:
    """Whether spans are in order, disjoint, without white space at their ends, and leave out white space alone."""
    for left, right in spans:
        assert start <= left < right <= len(text)
        assert text[left:right] == text[left:right].strip()
        assert not text[start:left].strip()
        start = right
    return not text[start:].strip()


@given(texts)
def test_sentences_cover_the_text(text: str) -> None:
    spans = split_sentences(text)
    assert covers(text, spans)
    assert not any({"\n", "\r"} & set(text[start:end]) for start, end in spans)


@given(texts, st.data())
def test_sentences_of_a_part_stay_in_the_part(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert split_sentences(text, start, end) == [(start + a, start + b) for a, b in split_sentences(text[start:end])]


@given(
    texts,
    st.sampled_from([count_characters, count_words]),
    st.integers(1, 40),
    st.lists(st.integers(0, 300), max_size=4),
    st.integers(0, 50),
)
def test_passages_cover_the_body_and_keep_to_limit_and_story(
    text: str, count: CountTokens, max_tokens: int, stories: list[int], body_start: int
) -> None:
    body_start = min(body_start, len(text))
    starts = sorted({start for start in stories if body_start <= start < len(text)})
    article = Article("a", text, "A", body_start=body_start, sections=tuple(Section(start) for start in starts))
    passages = cut_article(article, [Limit(count, max_tokens), Limit(count_characters, 100)])
    spans = [(passage.start, passage.end) for passage in passages]
    assert covers(text, spans, body_start)
    for start, end in spans:
        assert count([text[start:end]])[0] <= max_tokens and end - start <= 100
        assert not any(start < story < end for story in starts)


def test_white_space_between_sentences_counts() -> None:
    text = "One.          Two."
    assert cut_article(Article("a", text, "A"), [Limit(count_characters, 12)]) == [Passage(0, 4), Passage(14, 18)]


def test_a_story_of_white_space_has_no_passages() -> None:
    page = Article("a", "One.  \n ", "A", sections=(Section(4),))
    assert cut_article(page, [Limit(count_words, 5)]) == [Passage(0, 4)]


def test_asides_are_read_in_no_passage_though_one_may_stand_in_its_middle() -> None:
    text = "Tweet. One is. Share this: 12. Two is. Comments"
    marked = ("Tweet.", "Share this: 12.", "Comments")
    asides = tuple(Aside(text.index(words), text.index(words) + len(words), "link") for words in marked)
    article = Article("a", text, "A", asides=asides)
    [passage] = cut_article(article, [Limit(count_words, 50)])
    assert text[passage.start : passage.end] == "One is. Share this: 12. Two is."
    assert article.words(passage.start, passage.end).split() == ["One", "is.", "Two", "is."]
    assert [text[slice(*span)] for span in sentences_in(article, 0, len(text))] == ["One is.", "Two is."]
    assert len(cut_article(article, [Limit(count_words, 4)])) == 2


def test_passages_are_as_even_as_sentences_allow() -> None:
    text = " ".join(f"This sentence has number {n}." for n in range(9))  # 9 sentences of 5 words, 12 fit twice
    sizes = [len(text[p.start : p.end].split()) for p in cut_article(Article("a", text, "A"), [Limit(count_words, 18)])]
    assert sizes == [15, 15, 15]


def test_a_long_word_is_halved_at_its_middle() -> None:
    assert cut_article(Article("a", "x" * 10, "A"), [Limit(count_characters, 5)]) == [Passage(0, 5), Passage(5, 10)]


def test_the_heading_is_that_of_the_story() -> None:
    page = Article("p", "One. Two.", "Page", "AP", "2020-01-03", sections=(Section(5, "Second", "AFP", None),))
    assert heading(page, 0) == "Page | AP | 2020-01-03"
    assert heading(page, 5) == "Second | AFP"


@pytest.mark.real
@given(texts)
def test_real_counts_keep_to_their_limits(real_limits: list[Limit], text: str) -> None:
    passages = cut_article(Article("a", text, "A"), real_limits)
    for passage in passages:
        words = text[passage.start : passage.end]
        assert len(words) == 1 or all(limit.count([words])[0] <= limit.max_tokens for limit in real_limits)


@pytest.fixture(scope="module")
def real_limits(request: pytest.FixtureRequest) -> list[Limit]:
    """Small ones, counted by cl100k_base and by arctic-embed-s."""
    from models.embedder import open_embedder
    from models.tokens import load_tokens

    weights = request.getfixturevalue("weights")
    embedder = open_embedder(weights / "arctic-embed-s", "arctic-embed-s")
    return [Limit(load_tokens(weights).count_each, 12), Limit(embedder.count_tokens, 9)]
