"""The names that an archive knows, and its newest day, from its index of stories: looked up once a generation."""

from collections.abc import Collection, Sequence
from datetime import date

from ground.language import Words as Spoken
from index.search.exact import Stories
from index.search.query import EVERYTHING as ALL
from index.search.query import Words
from index.search.wording import words_in
from index.store.archive import Archive, ArchiveError
from index.store.scope import EVERYTHING, MOST_VALUES, Scope, day_of
from qa.narrowing.names import Names
from qa.narrowing.topic import asked_of_topic
from qa.narrowing.understand import Part, may_say, understand
from qa.narrowing.understood import Way, ways_of


class Understanding:
    """Understands the questions that one archive is asked. Safe from any thread."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._stories = Stories(archive)
        self._held: tuple[tuple[str, int], Names, date | None] | None = None

    def ways(
        self,
        question: str,
        given: Scope,
        *,
        narrow: bool = True,
        without: Collection[str] = (),
        today: date | None = None,
        say: Spoken | None = None,
    ) -> tuple[list[Way], str]:
        """As `ways_of`, of what is understood on the day `today`, which is this machine's; and what is to be asked
        instead of the question, where it asks only what was written."""
        parts = self.parts(question, today)
        instead = asked_of_topic(question, parts) or ""
        return ways_of(parts, given, without, self.archive.any_within, say) if narrow else [Way(given)], instead

    def parts(self, question: str, today: date | None = None) -> tuple[Part, ...]:
        """As `understand`; where exact search has no index and can make none, of days alone."""
        if not may_say(question):
            return ()
        try:
            names, newest = self._names()
        except ArchiveError:
            names, newest = Names(()), None
        return understand(question, names, today=today or date.today(), newest=newest, written_by=self._articles_of)

    def _names(self) -> tuple[Names, date | None]:
        state = self.archive.about("id"), self.archive.generation
        held = self._held
        if held is None or held[0] != state:
            index = self._stories.opened()
            counts = index.counts(ALL, scope=EVERYTHING)
            names = Names([name for name, _ in counts.outlets], [name for name, _ in counts.people])
            held = self._held = state, names, self._newest()
        return held[1], held[2]

    def _newest(self) -> date | None:
        found, _ = self._stories.opened().search(ALL, 1, scope=EVERYTHING, by_day=True)
        article = self.archive.article(found[0].article) if found else None
        day = day_of(article.section_at(found[0].start).published) if article else None
        return date.fromisoformat(day) if day else None

    def _articles_of(self, author: str) -> Sequence[str]:
        query = Words(tuple(word.text for word in words_in(author)), "by")
        found, _ = self._stories.opened().search(query, 2 * MOST_VALUES, scope=EVERYTHING)
        return sorted({story.article for story in found})
