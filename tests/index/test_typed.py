"""Words, ids and paths are found as a person types them; stored texts stay as they are."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.terminal import plain
from evaluation.gold.quotes import find_quote
from ground.words import as_typed, fold, name_key, unparted
from index.article import ArticleError
from index.cutter import Cutter
from index.news_index import NewsIndex
from index.search.lexical import FORM
from index.search.stamp import read_stamp, write_stamp
from index.store.scope import Scope, ScopeError
from index.store.spelling import files_meant, id_meant
from tests.conftest import make_index, write_files
from tests.support.fakes import FakeEmbedder, count_words

SOFT, ZERO = "\u00ad", "\u200b"
LOCK = (
    f"The sluice at Tor{SOFT}beck was shut on Mon{ZERO}day. Its keeper, Hed{SOFT}wig Am{ZERO}sel, \ufb01ned a barge."
    " The o\ufb03ce of \uff28\uff21\uff33\uff35 wrote to Vi\u0301ctor Que\u0301."
)
SCAN = (
    "The foreman, Otto Brun-\nnhuber, led nine hundred men, and the well-\nknown Baron Lin-\nden, of the Austro-\n"
    "Hungarian board."
)
OTHER = "Nothing of the kind was told of the market in Elm."


@pytest.fixture
def typed(tmp_path: Path, embedder: FakeEmbedder) -> NewsIndex:
    folder = write_files(tmp_path / "news", {"lock.txt": LOCK, "scan.txt": SCAN, "other.txt": OTHER})
    return make_index(tmp_path / "archive", [folder], embedder, max_tokens=100)


@pytest.mark.parametrize(
    ("question", "article"),
    [
        *(("Torbeck", "lock"), ("Hedwig Amsel", "lock"), ("fined", "lock"), ("office", "lock"), ("HASU", "lock")),
        *(("Víctor Qué", "lock"), ("Victor Que", "lock"), (f"Tor{ZERO}beck", "lock")),
        *(("Brunnhuber", "scan"), ("Linden", "scan"), ("known", "scan"), ("wellknown", "scan"), ("Hungarian", "scan")),
    ],
)
def test_a_word_is_found_as_it_is_typed(typed: NewsIndex, question: str, article: str) -> None:
    found = typed.find([row for row, _ in typed.rank(question, 9)["lexical"]])
    assert {one.article.id for one in found} == {article}


def test_stored_text_and_offsets_stay_as_they_are(typed: NewsIndex) -> None:
    article = typed.archive.article("lock")
    assert article is not None and article.text == LOCK
    [row] = [row for row, _ in typed.rank("Torbeck", 9)["lexical"]]
    [found] = typed.find([row])
    assert LOCK[found.passage.start : found.passage.end] == LOCK


def test_the_embedder_gets_words_as_they_are_typed(typed: NewsIndex, embedder: FakeEmbedder) -> None:
    article = typed.archive.article("lock")
    assert article is not None
    cutter = Cutter(embedder, count_words, 100)
    [text] = cutter.texts(article, cutter.cut(article))
    assert text.endswith(as_typed(LOCK)) and SOFT not in text and ZERO not in text
    [one, two] = embedder.encode_queries([as_typed(f"Tor{SOFT}beck"), "Torbeck"])
    assert (one == two).all()
    scores = [typed.rank(words, 9)["dense"] for words in (f"The sluice at Tor{SOFT}beck", "The sluice at Torbeck")]
    assert scores[0] == scores[1]


def test_an_index_of_words_made_otherwise_is_made_again(typed: NewsIndex) -> None:
    folder = typed.archive.folder / "tantivy"  # type: ignore[attr-defined]
    before = read_stamp(folder)
    assert before is not None and FORM in before.files
    write_stamp(folder, before.generation, before.last_row, files=[name for name in before.files if name != FORM])
    (folder / FORM).unlink()
    again = NewsIndex.open(typed.archive.folder, typed.embedder)  # type: ignore[attr-defined]
    said: list[str] = []
    again.ready(said.append)
    assert said == ["the tantivy index is missing, damaged or behind: making it again"]
    assert again.rank("Torbeck", 9)["lexical"] == typed.rank("Torbeck", 9)["lexical"]
    after = read_stamp(folder)
    assert after is not None and FORM in after.files


@given(st.text(max_size=60))
def test_what_is_typed_once_is_typed(text: str) -> None:
    once = as_typed(text)
    assert as_typed(once) == once or as_typed(as_typed(once)) == as_typed(once)
    assert name_key(unicodedata.normalize("NFD", text)) == name_key(unicodedata.normalize("NFC", text))
    assert text.isascii() is False or once == text


def test_a_hyphen_at_a_lines_end_is_kept_where_the_text_has_it() -> None:
    text = "A well-known man. The well-\nknown man, Lin-\nden, and Austro-\nHungary; 3-\n4; - \nb"
    assert unparted(text) == "A well-known man. The well-known man, Linden, and Austro-Hungary; 3-\n4; - \nb"
    assert fold(f"Tor{SOFT}beck’s") == fold("Torbeck's") == "torbeck s"


def test_a_terminal_shows_whole_words_and_nothing_that_steers_it() -> None:
    assert plain(f"Tor{SOFT}beck, Am{ZERO}sel\x1b[2J\u202e.") == "Torbeck, Amsel [2J ."


def test_a_quote_is_found_as_it_is_typed() -> None:
    span = find_quote(LOCK, "Hedwig Amsel, fined a barge. The office of HASU")
    assert span is not None and as_typed(LOCK[slice(*span)]) == "Hedwig Amsel, fined a barge. The office of HASU"
    span = find_quote(SCAN, "Otto Brunnhuber, led nine")
    assert span is not None and SCAN[slice(*span)] == "Otto Brun-\nnhuber, led nine"


# Ids and paths


NAME = unicodedata.normalize("NFD", "Séance à l’hôtel")
TYPED = "Séance à l'hôtel"


@pytest.fixture
def named(tmp_path: Path, embedder: FakeEmbedder) -> NewsIndex:
    folder = write_files(tmp_path / "news", {f"{NAME}.txt": LOCK, "other.txt": OTHER})
    return make_index(tmp_path / "archive", [folder], embedder, max_tokens=100)


def test_an_id_is_known_as_it_is_typed(named: NewsIndex, tmp_path: Path) -> None:
    assert id_meant(named.archive, TYPED) == NAME and id_meant(named.archive, "other") == "other"
    assert id_meant(named.archive, TYPED.lower()) == TYPED.lower()
    assert named.archive.known(Scope(articles=(TYPED,))).articles == (NAME,)
    [file] = files_meant(named.archive, str(tmp_path / "news" / f"{TYPED}.txt"))
    assert file == str(tmp_path / "news" / f"{NAME}.txt")
    assert len(files_meant(named.archive, str(tmp_path / "news"))) == 2
    with pytest.raises(ScopeError, match="no article has the id"):
        named.archive.known(Scope(articles=("Seance",)))


def test_of_two_ids_that_are_typed_alike_none_is_guessed(tmp_path: Path, embedder: FakeEmbedder) -> None:
    files = {f"{form}.txt": words for form, words in ((NAME, LOCK), (unicodedata.normalize("NFC", NAME), OTHER))}
    if len(list(write_files(tmp_path / "news", files).iterdir())) < 2:
        pytest.skip("this file system takes both names for one")
    both = make_index(tmp_path / "archive", [tmp_path / "news"], embedder, max_tokens=100)
    composed = unicodedata.normalize("NFC", NAME)
    assert set(both.archive.owners()) == {NAME, f"{composed}.txt"} and id_meant(both.archive, TYPED) == NAME
    # As an archive has it that was made before ids were told apart by how they are typed.
    both.archive._db.execute("UPDATE articles SET id = ? WHERE id <> ?", (composed, NAME))  # type: ignore[attr-defined]
    for form in (NAME, composed):
        assert id_meant(both.archive, form) == form
    with pytest.raises(ArticleError, match="is typed like"):
        id_meant(both.archive, TYPED)
    with pytest.raises(ScopeError, match="is typed like"):
        both.archive.known(Scope(articles=(TYPED,)))
