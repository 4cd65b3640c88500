"""Killed at any moment, an update leaves an archive from which the next run makes what one undisturbed run makes."""

import multiprocessing
import shutil
import time
from pathlib import Path
from random import Random

import pytest

from index import update
from index.news_index import NewsIndex
from index.opening import is_archive
from tests.conftest import write_files
from tests.support.fakes import FakeEmbedder, count_words

KILLS = 30
QUESTIONS = ("Which bridge was closed on day 7?", "flood of the river", "article 3")


def index(folder: Path, articles: Path, seconds: float = 0.0) -> NewsIndex:
    """What `groundwire index` does: the archive in `folder`, made where there is none, brought up to date."""
    embedder = FakeEmbedder(seconds=seconds)
    there = is_archive(folder)
    news = NewsIndex.open(folder, embedder) if there else NewsIndex.create(folder, embedder, max_tokens=12)
    news.update([articles], count_tokens=count_words)
    return news


def index_slowly(folder: Path, articles: Path) -> None:
    update.BATCH_PASSAGES = 16  # more transactions to fall between
    index(folder, articles, 0.005).close()


def found(news: NewsIndex) -> dict[tuple[str, str, str, int], float | None]:
    """Every passage that a question finds, with its cosine. Ties and BM25 depend on rows and on what was removed."""
    made: dict[tuple[str, str, str, int], float | None] = {}
    for question in QUESTIONS:
        for stage, ranking in news.rank(question, 1000).items():
            for (_, score), at in zip(ranking, news.find([row for row, _ in ranking]), strict=True):
                place = (question, stage, at.article.id, at.passage.start)
                made[place] = round(score, 5) if stage == "dense" else None
    return made


def write_articles(folder: Path, *, edition: int) -> Path:
    """Files and rows that change, come and go from one edition to the next."""
    body = "The bridge was closed on day {n}. The river had a flood in edition {e}. Nobody was hurt in article {n}."
    texts = {n: body.format(n=n, e=edition if n % 3 == 0 else 0) for n in range(edition * 4, 13 + edition * 4)}
    rows = [f'{{"id": "row-{n}", "text": "{text}"}}\n' for n, text in texts.items()]
    return write_files(folder, {"rows.jsonl": "".join(rows)} | {f"{n}.txt": text for n, text in texts.items()})


@pytest.mark.slow
def test_thirty_kills_leave_no_trace(tmp_path: Path) -> None:
    first, second = (write_articles(tmp_path / f"edition-{n}", edition=n) for n in (0, 1))
    articles = tmp_path / "articles"
    shutil.copytree(second, articles)
    undisturbed = index(tmp_path / "undisturbed", articles)
    expected = undisturbed.archive.fingerprint(), found(undisturbed)
    shutil.rmtree(articles)
    shutil.copytree(first, articles)
    index(tmp_path / "earlier", articles).close()
    shutil.rmtree(articles)
    shutil.copytree(second, articles)

    server = multiprocessing.get_context("forkserver")
    for n in range(2):  # the second time without the server's own start
        began = time.monotonic()
        process = server.Process(target=index_slowly, args=(tmp_path / f"whole-{n}", articles))
        process.start()
        process.join()
        whole = time.monotonic() - began

    random, generations = Random(0), set()
    for n in range(KILLS):
        folder = tmp_path / f"killed-{n}"
        if n % 2:
            shutil.copytree(tmp_path / "earlier", folder)
        process = server.Process(target=index_slowly, args=(folder, articles))
        process.start()
        process.join(random.uniform(0, whole))
        process.kill()
        process.join()
        news = index(folder, articles)
        generations.add(news.archive.generation)
        assert (news.archive.fingerprint(), found(news)) == expected, f"kill {n}"
        again = NewsIndex.open(folder, FakeEmbedder())
        assert found(again) == expected[1]
        news.close()
        again.close()
    assert len(generations) > 2, "kills came at different moments"
