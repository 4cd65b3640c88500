"""`NewsIndex`: an archive with its search, to open, bring up to date and ask."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ground.words import as_typed
from index.article import Article, Section
from index.copies.carried import carried
from index.copies.corrections import Correction, Corrections
from index.copies.tables import StoryPlace
from index.opening import create_archive, open_archive, ranker_of
from index.passage import CountTokens, Passage
from index.store.archive import Archive, ArchiveError, Rankings
from index.store.edits import MOST_NAMED, Who, account, noting
from index.store.scope import EVERYTHING, Scope
from index.update import Reading, UpdateProgress, UpdateReport, update_archive
from models import Embedder


@dataclass(frozen=True)
class Found:
    """A passage found by a search, its row in the archive, and its article.

    `group` names the group of copies that its story is in, if any; `superseded` says that a later version is there,
    `corrections` what of the story is withdrawn.
    """

    row: int
    article: Article
    passage: Passage
    group: str | None = None
    superseded: bool = False
    corrections: tuple[Correction, ...] = ()


class NewsIndex:
    """An open archive and its search. Searching is safe from several threads."""

    def __init__(self, archive: Archive, embedder: Embedder) -> None:
        self.archive = archive
        self.embedder = embedder
        self.ranker = ranker_of(archive)
        self._corrections: tuple[int, Corrections] | None = None

    @classmethod
    def create(cls, folder: Path, embedder: Embedder, *, max_tokens: int, name: str = "") -> "NewsIndex":
        """A new, empty archive that keeps to this embedder and this length of passage; people may know it by a name."""
        about = {
            "embedder": embedder.identity,
            "dimension": str(embedder.dimension),
            "max_tokens": str(max_tokens),
        }
        if name:
            about["name"] = name
        return cls(create_archive(folder, about), embedder)

    @classmethod
    def open(cls, folder: Path, embedder: Embedder) -> "NewsIndex":
        """The archive in `folder`; raises ArchiveError when it was made with another embedder."""
        archive = open_archive(folder)
        try:
            return cls.over(archive, embedder)
        except ArchiveError:
            archive.close()
            raise

    @classmethod
    def over(cls, archive: Archive, embedder: Embedder) -> "NewsIndex":
        """As `open`, of an archive that is open already, and stays so where it was made with another embedder."""
        held = archive.about("embedder")
        if held != embedder.identity:
            raise ArchiveError(
                f"{archive.place}: made with the embedder {held}, not {embedder.identity}; name that one with"
                " --embedder, or index again into another --archive"
            )
        return cls(archive, embedder)

    def close(self) -> None:
        self.archive.close()

    # Bringing it up to date

    def update(
        self,
        paths: Sequence[Path],
        *,
        count_tokens: CountTokens,
        gone: Sequence[Path] = (),
        progress: Callable[[UpdateProgress], None] = lambda _: None,
        dry_run: bool = False,
        reading: Reading | None = None,
        prune: bool = False,
        may_remove: Callable[[int, int], bool] = lambda leaving, held: True,
        who: Who | None = None,
    ) -> UpdateReport:
        """`update_archive`, then what is searched; what it changed is noted as done by `who`, or by this account."""
        with self.archive.writing():
            report = update_archive(
                self.archive,
                self.embedder,
                paths,
                count_tokens=count_tokens,
                gone=gone,
                progress=progress,
                dry_run=dry_run,
                reading=reading,
                prune=prune,
                may_remove=may_remove,
            )
            if not dry_run:
                self.ranker.refresh()
                if report.new or report.changed or report.removed:
                    named = [str(path) for path in (*paths, *gone)][:MOST_NAMED]
                    with noting(self.archive.folder, who or account(), "index", named) as noted:
                        noted.after = {name: getattr(report, name) for name in ("new", "changed", "removed")}
        return report

    def ready(self, say: Callable[[str], None] = lambda _: None) -> None:
        """As `Ranker.ready`."""
        self.ranker.ready(say)

    # Searching

    def rank(self, question: str, k: int, *, scope: Scope = EVERYTHING) -> Rankings:
        """Passage rows with their scores by stage, best first: "dense" cosines and "lexical" BM25, `k` each.

        Within a scope they are the first `k` of it in the ranking of all, with the scores that they have there.
        """
        return self.ranker.rank(question, self.embedder.encode_queries([as_typed(question)]), k, scope)

    def find(self, rows: Sequence[int]) -> list[Found]:
        """Articles and passages of `rows`, in their order; a row that has left the archive is passed over."""
        places = self.archive.passages(rows)
        articles: dict[str, Article | None] = {}
        places_of: dict[str, list[StoryPlace]] = {}
        notes = self.corrections()
        corrected: dict[tuple[str, Section], tuple[Correction, ...]] = {}
        found = []
        for row in rows:
            if row not in places:
                continue
            article_id, passage = places[row]
            if article_id not in articles:
                articles[article_id] = self.archive.article(article_id)
                places_of[article_id] = self.archive.places(article_id)
            article = articles[article_id]
            if article is not None:
                group, superseded = place_at(places_of[article_id], passage.start)
                story = article_id, article.section_at(passage.start)
                if story not in corrected:
                    corrected[story] = tuple(corrections_of(self.archive, notes, article, passage.start))
                found.append(Found(row, article, passage, group, superseded, corrected[story]))
        return found

    def corrections(self) -> Corrections:
        """What the archive's articles correct in others, read once a generation."""
        generation, held = self.archive.generation, self._corrections
        if held is None or held[0] != generation:
            held = self._corrections = generation, read_corrections(self.archive)
        return held[1]


def read_corrections(archive: Archive) -> Corrections:
    """What the articles of an archive correct in others."""
    found = map(archive.article, archive.articles_with("notes"))
    return Corrections(article for article in found if article)


def corrections_of(archive: Archive, notes: Corrections, article: Article, start: int) -> list[Correction]:
    """What corrects the story of an article that stands at `start`: in it or elsewhere, then what corrects other
    outlets' copies of it as far as it says the same."""
    own = notes.of(article, start)
    if not notes:
        return own
    told = {(one.article.id, one.note.start) for one in own}
    others = carried(notes, article, start, archive.groups(article.id), archive.article)
    return own + [one for one in others if (one.article.id, one.note.start) not in told]


def place_at(places: Sequence[StoryPlace], offset: int) -> tuple[str | None, bool]:
    """The group of the story at `offset`, None without one, and whether a later version is there."""
    place = next((place for place in places if place.start <= offset < place.end), None)
    return (place.group, place.superseded) if place else (None, False)
