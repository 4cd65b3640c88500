"""Files as a new user brings them: headline, outlet, day and byline of each story, what can be quoted, what cannot."""

from pathlib import Path

import pytest

from index.article import Article, Section
from index.reading.files import LeftAlone, Problem, id_of, read_file
from tests.support.brought import Brought, brought

HELD = brought()


def stories(article: Article) -> list[tuple[str | None, ...]]:
    told: list[Article | Section] = list(article.sections)
    if not told or article.words(article.body_start, article.sections[0].start).strip():
        told.insert(0, article)
    return [(one.title, one.source, one.published and one.published[:10], one.byline) for one in told]


@pytest.mark.slow
@pytest.mark.parametrize("one", HELD, ids=[one.name for one in HELD])
def test_no_fact_of_a_file_that_is_brought_is_wrong(tmp_path: Path, one: Brought) -> None:
    file = tmp_path / one.name
    file.write_bytes(one.content)
    items = list(read_file(file, id_of(file, tmp_path)))
    articles = [item for item in items if isinstance(item, Article)]
    problems = [item.sentence for item in items if isinstance(item, Problem) and not isinstance(item, LeftAlone)]
    assert tuple(story for article in articles for story in stories(article)) == one.stories
    words = "\n".join(article.words(article.body_start, len(article.text)) for article in articles)
    assert [said for said in one.says if said not in words] == []
    assert [said for said in one.leaves_out if said in words] == []
    assert len(problems) == one.problems, problems
    assert any(article.warnings for article in articles) == one.warned


def test_each_has_a_name_of_its_own() -> None:
    assert len({one.name for one in HELD}) == len(HELD) == 62
