"""What people change in an archive and take back: forgotten, corrected, followed, undone, and that undone again."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from index.article import ArticleError
from index.changing.correct import correct, find_correctable, known_now, uncorrect
from index.changing.forget import forget, meant_article, meant_path
from index.forgotten import read_forgotten
from index.news_index import NewsIndex
from index.store.edits import Edit, EditError, Meanwhile, Who, find_edit, read_edits
from index.store.standing import Standing
from index.understanding.correction import side_file
from qa.standing.follow import history_of
from qa.standing.taken import let_go, take_up
from qa.undo import can_undo, undo
from tests.conftest import ARTICLES, write_files
from tests.support.rooms import make_room

ANA, BEA = Who("ana", "page"), Who("bea", "page")


def count(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def read_again(news: NewsIndex, paths: Sequence[Path]) -> None:
    from index.update import update_archive

    update_archive(news.archive, news.embedder, paths, count_tokens=count)


def take_back(news: NewsIndex, number: int, who: Who = BEA) -> Edit:
    with news.archive.writing():
        return undo(news.archive, number, who, lambda paths: read_again(news, paths))


def take_out(news: NewsIndex, *names: str) -> int:
    with news.archive.writing():
        forget(news.archive, [meant_article(news.archive, name) for name in names], ANA)
    return read_edits(news.archive.folder)[0].number


def better(news: NewsIndex, name: str, seen: dict[str, str] | None = None, who: Who = ANA, **values: str) -> int:
    with news.archive.writing():
        read_again(news, [correct(news.archive, name, values, who, seen=seen)])
    return read_edits(news.archive.folder)[0].number


def source(news: NewsIndex, name: str = "airport") -> str | None:
    article = news.archive.article(name)
    assert article
    return article.source


# Forgotten and let in again


def test_what_was_forgotten_comes_back_and_goes_again(news: NewsIndex) -> None:
    text = news.archive.article("wire-1")
    number = take_out(news, "wire-1", "airport")
    assert set(news.archive.owners()) == {"economy/oil", "wire-2"}
    made = take_back(news, number)
    assert (made.what, made.who, made.undoes, made.of) == ("remember", "bea", number, ("wire-1", "airport"))
    assert news.archive.article("wire-1") == text and read_forgotten(news.archive.folder) == []
    assert news.find(sorted(news.archive.passages(range(99))))
    again = take_back(news, made.number)
    assert again.what == "forget" and set(news.archive.owners()) == {"economy/oil", "wire-2"}
    assert len(read_forgotten(news.archive.folder)) == 2
    assert [edit.undone for edit in read_edits(news.archive.folder, who="bea")] == [None, again.number]


def test_the_second_of_two_is_told_who_was_first(news: NewsIndex) -> None:
    number = take_out(news, "airport")
    with pytest.raises(Meanwhile, match=f'"airport" is taken out already: ana at .*, as change {number}'):
        take_out(news, "airport")
    with pytest.raises(EditError, match='no article has the id "none"'):
        take_out(news, "none")
    take_back(news, number)
    with pytest.raises(Meanwhile, match=f"change {number} is undone already, by bea"):
        take_back(news, number, ANA)
    take_out(news, "airport")
    assert "airport" not in news.archive.owners()


def test_a_folder_is_undone_as_a_folder(news: NewsIndex, articles: Path) -> None:
    with news.archive.writing():
        forget(news.archive, meant_path(news.archive, articles / "economy"), ANA)
    [edit, *_] = read_edits(news.archive.folder)
    write_files(articles, {"economy/gas.txt": "The price of gas rose."})
    take_back(news, edit.number)
    assert {"economy/oil", "economy/gas"} <= set(news.archive.owners()), "what came meanwhile comes too"


def test_what_an_index_run_did_meanwhile_stays(news: NewsIndex, articles: Path) -> None:
    number = take_out(news, "airport")
    write_files(articles, {"later.txt": "A later story.", "economy/oil.md": "The price of oil fell."})
    news.update([articles], count_tokens=count)
    take_back(news, number)
    held = news.archive.article("economy/oil")
    assert held and "fell" in held.text and {"later", "airport"} <= set(news.archive.owners())
    index = next(edit for edit in read_edits(news.archive.folder) if edit.what == "index")
    assert index.after == {"new": 1, "changed": 1, "removed": 0} and index.through == "terminal"
    assert not can_undo(index)
    with pytest.raises(EditError, match="an index run says what the files say"):
        take_back(news, index.number)
    before = len(read_edits(news.archive.folder))
    news.update([articles], count_tokens=count)
    assert len(read_edits(news.archive.folder)) == before, "a run that changes nothing is no change"


def test_a_file_that_is_gone_does_not_come_back(news: NewsIndex, articles: Path) -> None:
    number = take_out(news, "airport")
    (articles / "airport.txt").unlink()
    take_back(news, number)
    assert "airport" not in news.archive.owners() and read_forgotten(news.archive.folder) == []


# Corrected


def test_a_correction_is_set_and_its_old_value_put_back(news: NewsIndex, articles: Path) -> None:
    side = side_file(articles / "airport.txt")
    first = better(news, "airport", source="AFP")
    second = better(news, "airport", source="EFE", byline="")
    assert source(news) == "EFE"
    edit = find_edit(news.archive.folder, second)
    assert (edit.before, edit.after) == ({"source": "AFP", "byline": "A. Writer"}, {"source": "EFE", "byline": ""})
    with pytest.raises(
        Meanwhile, match=f"change {first} cannot be undone: ana at .* corrected it again, as change {second}"
    ):
        take_back(news, first)
    made = take_back(news, second)
    assert source(news) == "AFP" and made.after == {"source": "AFP", "byline": None}
    take_back(news, made.number)
    assert source(news) == "EFE"
    take_back(news, read_edits(news.archive.folder)[0].number)
    assert source(news) == "AFP"
    take_back(news, first)
    assert source(news) == "Reuters" and not side.exists(), "the file goes with the last correction"


def test_of_two_editors_of_one_article_the_second_is_told(news: NewsIndex) -> None:
    seen = known_now(find_correctable(news.archive, "airport"))
    better(news, "airport", seen, source="AFP")
    with pytest.raises(Meanwhile, match=r'nothing is saved: ana at .* changed source to "AFP"; look at the article'):
        better(news, "airport", seen, BEA, source="EFE")
    assert source(news) == "AFP" and len(read_edits(news.archive.folder, who="bea")) == 0
    better(news, "airport", seen, BEA, place="Baghdad")  # another field is no conflict
    assert (source(news), news.archive.article("airport").place) == ("AFP", "Baghdad")  # type: ignore[union-attr]
    with pytest.raises(EditError, match="nothing is changed"):
        better(news, "airport", source="AFP")


def test_of_a_row_only_its_own_corrections_go(news: NewsIndex, articles: Path) -> None:
    one = better(news, "wire-1", source="AFP")
    better(news, "wire-2", source="AP")
    take_back(news, one)
    assert (source(news, "wire-1"), source(news, "wire-2")) == ("EFE", "AP")


def test_corrections_that_were_all_taken_away_come_back_with_what_no_field_says(
    news: NewsIndex, articles: Path
) -> None:
    side = side_file(articles / "airport.txt")
    words = '# from the desk\nsource = "AFP"\nsections = []\n'
    side.write_text(words, "utf-8")
    with news.archive.writing():
        uncorrect(news.archive, "airport", ANA)
    number = read_edits(news.archive.folder)[0].number
    assert not side.exists()
    made = take_back(news, number)
    assert side.read_text("utf-8") == words and source(news) == "AFP"
    take_back(news, made.number)
    assert not side.exists() and source(news) == "Reuters"
    take_back(news, read_edits(news.archive.folder)[0].number)
    side.write_text('source = "EFE"\n', "utf-8")
    with pytest.raises(Meanwhile, match="it was changed since"):
        take_back(news, read_edits(news.archive.folder)[0].number)


def test_a_correction_that_cannot_be_is_not_noted(news: NewsIndex) -> None:
    before = len(read_edits(news.archive.folder))
    for values in ({"author": "X"}, {"published": "soon"}, {"title": " "}):
        with pytest.raises(ArticleError):
            better(news, "airport", **values)
    with pytest.raises(EditError, match="corrects nothing"), news.archive.writing():
        uncorrect(news.archive, "airport", ANA)
    assert len(read_edits(news.archive.folder)) == before


def test_words_of_what_was_forgotten_are_in_no_correction(news: NewsIndex) -> None:
    number = better(news, "airport", title="Another headline")
    take_out(news, "airport")
    edit = find_edit(news.archive.folder, number)
    assert edit.before == {} and not can_undo(edit)
    take_back(news, read_edits(news.archive.folder)[0].number)
    with pytest.raises(EditError, match="was forgotten since, and its words with it"):
        take_back(news, number)


# Followed


def test_a_question_that_was_let_go_comes_back_with_its_history(news: NewsIndex) -> None:
    folder = news.archive.folder
    standing = Standing(folder)
    change, _ = take_up(make_room(news, llm="none"), standing, "Who won the election in Peru?", ANA)
    steps = history_of(standing, standing.questions()[0])
    let_go(standing, "1", BEA)
    unfollowed, followed, *_ = read_edits(folder)
    assert (followed.what, followed.after) == ("follow", {"number": 1}) and unfollowed.of == (change.question,)
    take_back(news, unfollowed.number)
    assert history_of(standing, standing.questions()[0]) == steps and (folder / "standing.atom").exists()
    with pytest.raises(Meanwhile, match="undone already"):
        take_back(news, unfollowed.number)
    take_back(news, followed.number)
    assert standing.questions() == []
    with pytest.raises(Meanwhile, match="is undone already"):
        take_back(news, followed.number)
    take_out(news, "wire-1")
    take_back(news, read_edits(folder, what="unfollow")[0].number)
    assert "Pérez" not in json.dumps(standing.to_dict()), "words of what was forgotten meanwhile do not come back"
    standing.close()


def test_the_articles_are_those_of_the_test() -> None:
    assert "Reuters" in str(ARTICLES["airport.txt"])
