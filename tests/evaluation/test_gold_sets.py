"""Sets of others become articles and gold whose every quote stands in its article; what cannot is counted by reason."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evaluation.gold.imports.gather import gather
from evaluation.gold.imports.item import LeftOut
from evaluation.gold.imports.sets import GoldSet, read_set, write_set
from evaluation.gold.questions import GoldError, GoldQuote, Question, read_gold
from evaluation.gold.quotes import best_sentence, find_articles, find_quote, sentences_around
from ground.words import fold
from index.article import Article
from index.news_index import NewsIndex
from index.reading.files import read_file
from tests.conftest import make_index, write_files
from tests.support.fakes import FakeEmbedder

STRIKE = "The strike came at night. Ten people died in it, said the ministry. Nine were soldiers."
OIL = "Oil rose by four per cent. Traders feared a war."
SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Night_Strike",
            "paragraphs": [
                {
                    "context": STRIKE,
                    "qas": [
                        {
                            "id": "s1",
                            "question": "How many died?",
                            "is_impossible": False,
                            "answers": [
                                {"text": "Ten", "answer_start": STRIKE.index("Ten")},
                                {"text": "Ten people", "answer_start": STRIKE.index("Ten")},
                                {"text": "ten", "answer_start": STRIKE.index("Ten")},
                            ],
                        },
                        {
                            "id": "s2",
                            "question": "Who ordered it?",
                            "is_impossible": True,
                            "answers": [],
                            "plausible_answers": [{"text": "the ministry", "answer_start": 53}],
                        },
                        {"id": "s3", "question": "Who sang?", "answers": []},
                        {"id": "s4", "question": "Who was there?", "answers": [{"text": "eleven", "answer_start": 0}]},
                    ],
                },
                {"context": " ", "qas": []},
                {"qas": []},
            ],
        },
        {"title": "Oil", "paragraphs": [{"context": OIL, "qas": [{"id": "s5"}]}]},
        {"title": "Empty"},
    ],
}
CORPUS = [
    {
        "title": "Strike at night",
        "author": "A. Writer",
        "source": "Wire",
        "published_at": "2023-11-01T08:00:00+00:00",
        "category": "world",
        "url": "https://example.org/1",
        "body": "“Ten died,” the ministry said.\n\nNine were soldiers.",
    },
    {"title": "Oil rises", "source": "Post", "published_at": "yesterday", "url": "https://example.org/2", "body": OIL},
    {"title": "Nothing", "url": "https://example.org/3", "body": ""},
]
HOPS = [
    {
        "query": "Which number do Wire and Post give?",
        "answer": "Ten",
        "question_type": "inference_query",
        "evidence_list": [
            {"title": "Another title", "url": "https://example.org/1", "fact": '"Ten died," the ministry said. Nine'},
            {"title": "OIL RISES", "fact": "Traders feared a war."},
            {"title": "Oil rises", "url": "https://example.org/2", "fact": "Traders hoped for peace."},
            {"title": "Elsewhere", "url": "https://example.org/9", "fact": "Oil"},
        ],
    },
    {
        "query": "Who sang?",
        "answer": "Insufficient information.",
        "question_type": "null_query",
        "evidence_list": [],
    },
    {"query": "Who danced?", "answer": "Insufficient information", "question_type": "x", "evidence_list": []},
]
BEIR = {
    "corpus.jsonl": '{"_id": "d1", "title": "Strike", "text": "Ten died."}\n{"_id": "d2", "title": "Oil", "text": ""}\n'
    '{"_id": "", "text": "x"}\nnot JSON\n{"_id": "d3", "title": "", "text": "Rain.", "metadata": {"url": "u"}}\n',
    "queries.jsonl": '{"_id": "q1", "text": "How many died?"}\n{"_id": "q2", "text": "What rose?"}\n'
    '{"_id": "q3", "text": "Who sang?"}\n{"_id": "q4", "text": "Lost?"}\n',
    "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td2\t1\nq1\td3\t1\nq4\tgone\t1\nq1\td1\n",
    "qrels/dev.tsv": "query-id\tcorpus-id\tscore\nq3\td3\t1\n",
}


def write_json(folder: Path, name: str, value: object) -> Path:
    return write_files(folder, {name: json.dumps(value, ensure_ascii=False)}) / name


def reasons(made: GoldSet) -> dict[str, int]:
    return dict(Counter(item.reason for item in made.left_out))


def check_law(made: GoldSet, folder: Path) -> None:
    """Each quote stands in its article, and what is written is read again as what was made."""
    texts = {article.id: article.text for article in made.articles}
    assert len(texts) == len(made.articles) and len({q.id for q in made.questions}) == len(made.questions)
    for question in made.questions:
        for evidence in question.evidence:
            assert evidence.quote and evidence.quote in texts[evidence.article_id]
    articles, gold = write_set(made, folder)
    assert read_gold(gold) == list(made.questions)
    if articles is not None:
        assert list(read_file(articles, "articles")) == list(made.articles)
    assert sorted(file.name for file in folder.iterdir()) == ["articles.jsonl", "gold.jsonl"][not made.articles :]


# SQuAD


def test_squad_becomes_paragraphs_and_sentences(tmp_path: Path) -> None:
    made = read_set([write_json(tmp_path, "train-v2.0.json", SQUAD)])
    check_law(made, tmp_path / "out")
    strike, oil = made.articles
    assert (made.format, strike.text, strike.title, oil.text) == ("SQuAD", STRIKE, "Night Strike", OIL)
    assert strike.id.startswith("night-strike-") and oil.id.startswith("oil-")
    quote = GoldQuote(strike.id, "Ten people died in it, said the ministry.")
    assert made.questions == (
        Question("s1", "How many died?", (("Ten", "Ten people"),), (quote,), True, "span"),
        Question("s2", "Who ordered it?", (), (), False, "unanswerable"),
        Question("s4", "Who was there?", (("eleven",),), (), True, "span"),
    )
    assert reasons(made) == {
        "a question without an answer that is not marked is_impossible": 1,
        "evidence: the answer is not in its paragraph": 1,
        "an article without text": 1,
        "a paragraph without context and qas": 1,
        "a question that is not of its shape": 1,
        "a page without paragraphs": 1,
    }


def test_the_place_of_an_answer_decides_among_equal_words(tmp_path: Path) -> None:
    text = "In 1990 it began. Nobody came. In 1990 it ended."
    asked = [
        {"id": str(at), "question": f"When {at}?", "answers": [{"text": "1990", "answer_start": at}]} for at in (3, 34)
    ]
    made = read_set([write_json(tmp_path, "a.json", {"data": [{"paragraphs": [{"context": text, "qas": asked}]}]})])
    assert [q.evidence[0].quote for q in made.questions] == ["In 1990 it began.", "In 1990 it ended."]


@st.composite
def squads(draw: st.DrawFn) -> object:
    """A page of paragraphs in any script, answers cut out of them at any place, some places wrong."""
    pages = []
    for number in range(draw(st.integers(1, 3))):
        text = draw(st.text(st.sampled_from("aB é.?!\n\t“’地\u2028\xa0"), min_size=1, max_size=60))
        asked = []
        for n in range(draw(st.integers(0, 3))):
            start = draw(st.integers(0, len(text) - 1))
            end = draw(st.integers(start + 1, len(text)))
            said = {"text": text[start:end], "answer_start": draw(st.sampled_from([start, 0, 999]))}
            asked.append({"id": f"{number}-{n}", "question": f"Who {number} {n}?", "answers": [said]})
        pages.append({"title": draw(st.sampled_from(["A", "a!", ""])), "paragraphs": [{"context": text, "qas": asked}]})
    return {"data": [*pages, SQUAD["data"][0]]}


@given(squads())
def test_every_quote_of_any_squad_is_in_its_article(tmp_path_factory: pytest.TempPathFactory, squad: object) -> None:
    folder = tmp_path_factory.mktemp("squad")
    made = read_set([write_json(folder, "a.json", squad)])
    check_law(made, folder / "out")
    assert made == read_set([folder / "a.json"])
    first = read_set([folder / "a.json"], limit=1)
    assert first.articles == made.articles and first.questions == made.questions[:1]


# MultiHop-RAG


@pytest.mark.parametrize("as_folder", [True, False])
def test_multihop_facts_are_found_in_their_articles(tmp_path: Path, as_folder: bool) -> None:
    files = [
        write_json(tmp_path / "set", "corpus.json", CORPUS),
        write_json(tmp_path / "set", "MultiHopRAG.json", HOPS),
    ]
    made = read_set([tmp_path / "set"] if as_folder else files[::-1])
    check_law(made, tmp_path / "out")
    strike, oil = made.articles
    assert (strike.source, strike.byline, strike.url) == ("Wire", "A. Writer", "https://example.org/1")
    assert (strike.published, oil.published) == ("2023-11-01T08:00:00+00:00", None)
    quotes = (
        GoldQuote(strike.id, "“Ten died,” the ministry said.\n\nNine"),
        GoldQuote(oil.id, "Traders feared a war."),
    )
    first, second, third = made.questions
    assert (third.answerable, third.groups, third.kind) == (False, (), "x")
    assert first == Question("multihop-0001", HOPS[0]["query"], (("Ten",),), quotes, True, "inference_query")
    assert (second.answerable, second.groups, second.kind) == (False, (), "null_query")
    assert reasons(made) == {
        "an article without text": 1,
        "a date that is not ISO 8601": 1,
        "evidence: the fact is not in its article's words": 1,
        "evidence: its article is not in the corpus": 1,
    }


@pytest.mark.parametrize(("name", "value", "missing"), [("a", CORPUS, "questions"), ("b", HOPS, "corpus")])
def test_half_of_multihop_is_not_enough(tmp_path: Path, name: str, value: object, missing: str) -> None:
    with pytest.raises(GoldError, match=f"the {missing} .* name both files, or their folder"):
        read_set([write_json(tmp_path, f"{name}.json", value)])


# BEIR


def test_a_beir_folder_measures_the_search_only(tmp_path: Path) -> None:
    made = read_set([write_files(tmp_path / "beir", BEIR)])
    check_law(made, tmp_path / "out")
    assert [(a.id, a.title, a.text, a.url) for a in made.articles] == [
        ("d1", "Strike", "Ten died.", None),
        ("d2", "Oil", "Oil", None),
        ("d3", "d3", "Rain.", "u"),
    ]
    whole = (GoldQuote("d1", "Ten died."), GoldQuote("d3", "Rain."))
    assert made.questions == (
        Question("q1", "How many died?", (), whole, True, "retrieval"),
        Question("q2", "What rose?", (), (GoldQuote("d2", "Oil"),), True, "retrieval"),
    )
    assert all(question.retrieval_only for question in made.questions)
    assert reasons(made) == {
        "a judgment without query-id, corpus-id and score": 1,
        "an article without _id or text": 2,
        "a question that nothing is relevant to in test.tsv": 1,
        "evidence: its article is not in the corpus": 1,
    }


def test_another_split_is_named(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "beir", BEIR)
    assert [question.id for question in read_set([folder], split="dev").questions] == ["q3"]
    with pytest.raises(GoldError, match=r"no train\.tsv; there are: dev, test"):
        read_set([folder], split="train")
    with pytest.raises(GoldError, match="import it alone"):
        read_set([folder, folder])


# Tables


def test_a_table_with_its_articles(tmp_path: Path) -> None:
    rows = [
        "ID,Question,Answer,Context,Evidence,Kind,Answerable,Published",
        f'a,How many died?,Ten | 10,"{STRIKE}",,toll,,2020-01-03',
        f'b,Who said so?,the ministry,"{STRIKE}","said the ministry",,yes,',
        f'c,Who sang?,,"{STRIKE}",,,no,',
        f'd,Who sang?,Nobody,"{OIL}",,,,',
        f'e,What rose?,Oil,"{OIL}",Gold rose,,,',
        ",,,,,,,",
        'f,Too,many,"cells",x,y,,,more',
        "g,Who knows?,,,,,,",
        "h,,x,,,,,",
        "i,Perhaps?,x,,,,perhaps,",
    ]
    made = read_set([write_files(tmp_path, {"my questions.csv": "\ufeff" + "\r\n".join(rows)}) / "my questions.csv"])
    check_law(made, tmp_path / "out")
    strike, oil = made.articles
    assert (strike.text, strike.published, oil.text) == (STRIKE, "2020-01-03", OIL)
    assert made.questions == (
        Question(
            "a",
            "How many died?",
            (("Ten", "10"),),
            (GoldQuote(strike.id, "Ten people died in it, said the ministry."),),
            True,
            "toll",
        ),
        Question(
            "b", "Who said so?", (("the ministry",),), (GoldQuote(strike.id, "said the ministry"),), True, "question"
        ),
        Question("c", "Who sang?", (), (), False, "unanswerable"),
        Question("d", "Who sang?", (("Nobody",),), (), True, "question"),
        Question("e", "What rose?", (("Oil",),), (), True, "question"),
    )
    assert reasons(made) == {
        "a row with more cells than the first line has names": 1,
        "evidence: no sentence holds the answer": 1,
        "evidence: it is not in its context": 1,
        "a question without an answer, which the row does not call unanswerable": 1,
        "a row without a question": 1,
        "a row whose answerable or unanswerable is neither yes nor no": 1,
    }
    assert {item.where for item in made.left_out} >= {f"{tmp_path / 'my questions.csv'}:8"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", "question,answer\nWho?,ten|10\nSung?,\n"),
        ("t.csv", "question;answer\nWho?;ten|10\n"),
        ("t.tsv", "answer\tquestion\nten|10\tWho?\n"),
        ("t.jsonl", '{"question": "Who?", "answer": ["ten", "10"]}\nnot JSON\n[1]\n'),
        ("t.json", '[{"Question": "Who?", "answers": {"text": ["ten", "10"], "answer_start": [0, 0]}}]'),
        ("t.json", '{"question": "Who?", "answer": "ten|10"}\n{"question": "Sung?"}'),
        ("t.json", '{"question": "Who?", "answer": "ten|10"}'),
    ],
)
def test_the_same_question_in_any_table(tmp_path: Path, name: str, content: str) -> None:
    made = read_set([write_files(tmp_path, {name: content}) / name])
    assert made.questions == (Question("t-001", "Who?", (("ten", "10"),), (), True, "question"),)
    assert made.articles == () and len(made.left_out) == content.count("Sung") + content.count("not JSON\n[1]") * 2


def test_an_answer_that_is_nought_is_an_answer(tmp_path: Path) -> None:
    made = read_set([write_json(tmp_path, "t.json", [{"question": "How many?", "answer": 0}])])
    assert made.questions[0].groups == (("0",),)


def test_quotes_without_an_article_are_sought_in_the_archive(tmp_path: Path, news: NewsIndex) -> None:
    rows = [
        {"question": "How many?", "answer": "ten", "evidence": "Ten  people died in the strike."},
        {"question": "Where?", "answer": "Basra", "evidence": "Flights went to Basra.", "article": "airport"},
        {"question": "Who sang?", "answer": "", "evidence": "A quartet sang."},
        {"question": "Who won?", "answer": "José Pérez", "evidence": "A quartet sang."},
    ]
    path = write_json(tmp_path, "t.json", rows)
    made = read_set([path], archive=news.archive)
    assert [question.evidence for question in made.questions] == [
        (GoldQuote("airport", "Ten people died in the strike."),),
        (GoldQuote("airport", "Flights went to Basra."),),
        (),
    ]
    assert reasons(made) == {
        "evidence: it names no article, and is in none of the archive": 2,
        "a question of which no evidence is left": 1,
    }
    assert "evidence: it names no article, and there is no archive" in reasons(read_set([path]))


# What is no gold set


@pytest.mark.parametrize(
    ("files", "named", "sentence"),
    [
        ({"a.csv": ""}, "a.csv", "is empty; save it as UTF-8 and import it again"),
        ({"a.csv": b"question,answer\nWho?,Jos\xe9"}, "a.csv", "not UTF-8 at byte 24"),
        ({"a.xlsx": b"PK\3\4\0\0"}, "a.xlsx", "a spreadsheet has to be saved as CSV"),
        ({"a.csv": "question,answer\n"}, "a.csv", "holds no rows under its first line"),
        ({"a.csv": "name,answer\nx,y\n"}, "a.csv", "is of no known format; known are a SQuAD file"),
        ({"a.csv": "question,reply\nx,y\n"}, "a.csv", 'has no column "answer"; its columns are question, reply'),
        ({"a.csv": "question,answer\nWho?,\n"}, "a.csv", "no question in it can be used ("),
        ({"a.txt": "An article."}, "a.txt", "holds no rows that can be read; known are"),
        ({"a.json": '{"data": [1]}'}, "a.json", "is of no known format"),
        ({"a.json": "[" * 100_000}, "a.json", "holds no rows that can be read"),
        ({"a.jsonl": '{"_id": "a", "text": "b"}'}, "a.jsonl", "is a part of a BEIR folder; import the folder"),
        ({"a.jsonl": '{"id": "a", "question": "b", "answer_groups": [["c"]]}'}, "a.jsonl", "is a gold set already"),
        ({"a.jsonl": '{"question": "b", "evidence": [{"quote": "c"}]}'}, "a.jsonl", "is a gold set already"),
        ({"x/a.txt": "b"}, "x", "holds no gold set; known are"),
        ({}, "none.json", "no such file or folder"),
    ],
)
def test_what_is_no_gold_set_is_a_sentence(
    tmp_path: Path, files: dict[str, str | bytes], named: str, sentence: str
) -> None:
    write_files(tmp_path, files)
    with pytest.raises(GoldError) as error:
        read_set([tmp_path / named])
    assert str(error.value).startswith(f"{tmp_path / named}: ") and sentence in str(error.value)


def test_two_formats_are_not_mixed(tmp_path: Path) -> None:
    paths = [write_json(tmp_path, "a.json", SQUAD), write_json(tmp_path, "b.json", [{"question": "a", "answer": "b"}])]
    with pytest.raises(GoldError, match=r"a\.json is SQuAD, .*b\.json is table; import what is of one format"):
        read_set(paths)


# One set of all items


def article(id: str, text: str) -> Article:
    return Article(id, text, id)


def question(id: str, words: str, answer: str, *evidence: GoldQuote) -> Question:
    return Question(id, words, ((answer,),), evidence, True, "question")


def test_ids_are_given_once_and_a_question_asked_twice_is_one() -> None:
    made = gather(
        "table",
        [
            article("a", "Ten died."),
            article("a", "Other words."),
            article("b", "10 Died."),
            question("1", "How many?", "ten", GoldQuote("a", "Ten died.")),
            question("2", "how many", "Ten", GoldQuote("b", "10 Died.")),
            question("1", "How many?", "nine", GoldQuote("a", "Other words.")),
        ],
    )
    assert [(a.id, a.text) for a in made.articles] == [("a", "Ten died."), ("b", "10 Died.")]
    assert made.questions == (
        question("1", "How many?", "ten", GoldQuote("a", "Ten died."), GoldQuote("b", "10 Died.")),
        question("1-2", "How many?", "nine"),
    )
    assert reasons(made) == {
        "an article whose id is that of another text": 1,
        "a question asked before with the same answers; its evidence is kept": 1,
        "evidence: its article was left out": 1,
    }


def test_what_could_not_be_indexed_or_asked_is_left_out() -> None:
    made = gather(
        "table",
        [
            article("half", "Half \ud800 of a pair."),
            article("blank", " \n"),
            question("1", "Who \ud800?", "x"),
            question("2", "why " * 1000, "x"),
            question("3", "Which sign?", "%"),
            question("4", "Who?", "\ud800"),
            question("5", "What?", "half", GoldQuote("half", "Half")),
            LeftOut("a reason", "a place"),
        ],
    )
    assert made.articles == () and [q.id for q in made.questions] == ["5"] and made.questions[0].evidence == ()
    assert len(made.left_out) == 8


def test_what_is_there_is_not_replaced_unless_asked(tmp_path: Path) -> None:
    made = gather("table", [article("a", "Ten died."), question("1", "How many?", "ten", GoldQuote("a", "Ten died."))])
    for name in ("articles.jsonl", "gold.jsonl"):
        folder = write_files(tmp_path / name, {name: "mine"})
        with pytest.raises(GoldError, match=f"{name}: is there already; name another --out"):
            write_set(made, folder)
        assert (folder / name).read_text() == "mine" and len(list(folder.iterdir())) == 1
        write_set(made, folder, force=True)
        assert len(read_gold(folder / "gold.jsonl")) == 1


def test_a_disk_that_fails_leaves_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = gather("table", [article("a", "Ten died."), question("1", "How many?", "ten")])
    folder = write_files(tmp_path / "out", {"articles.jsonl": "mine", "gold.jsonl": "mine"})
    calls = []

    def full(_: int) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_set(made, folder, force=True)
    assert {file.name: file.read_text() for file in folder.iterdir()} == {
        "articles.jsonl": "mine",
        "gold.jsonl": "mine",
    }


# Where words stand


@given(st.text("ab. \n“\"-–’'", max_size=40), st.integers(0, 40), st.integers(0, 40))
@example("“a” – b", 0, 7)
def test_what_was_cut_out_is_found(text: str, start: int, end: int) -> None:
    words = text[start:end].strip()
    span = find_quote(text, words, near=text.find(words))
    assert (span is not None and text[slice(*span)] == words) if words else span is None
    typed = " \n".join(words.replace("“", '"').replace("–", "-").replace("’", "'").split())
    span = find_quote(text, typed)
    assert (span is None) == (not words)
    if span:
        a, b = sentences_around(text, *span)
        assert a <= span[0] and span[1] <= b and fold(text[slice(*span)]) == fold(words)


def test_words_that_are_not_there_are_not_found() -> None:
    for words in ("", " ", "eleven", "Ten people  fell", "ten people"):
        assert find_quote(STRIKE, words) is None
    assert best_sentence(STRIKE, ["en", "?"], "How many?") is None, "whole words only"
    assert best_sentence(STRIKE, ["died"], "", start=STRIKE.index("Nine")) is None


def test_of_equal_sentences_the_first_and_no_neighbour() -> None:
    assert best_sentence("Ten came. Ten left.", ["ten"], "How many?") == (0, 9)
    assert sentences_around("雨だ。風だ。", 3, 5) == (3, 6) and sentences_around("雨だ。風だ。", 0, 3) == (0, 3)


def test_quotes_are_found_in_the_articles_that_hold_them(tmp_path: Path) -> None:
    files = {
        "a.md": "---\ntitle: It rose.\n---\nIt  fell. It shone.\n",
        "b.txt": "It fell. It stood.",
        "c.txt": "It stood.",
    }
    news = make_index(tmp_path / "archive", [write_files(tmp_path / "files", files)], FakeEmbedder())
    found = find_articles(news.archive, ["It fell.", "It stood.", "It rose.", "It shone."])
    assert {quote: (held.id, held.text[slice(*span)]) for quote, (held, span) in found.items()} == {
        "It fell.": ("b", "It fell."),
        "It stood.": ("b", "It stood."),
        "It shone.": ("a", "It shone."),
    }
