"""`groundwire copies`: which stories carry one text, which version supersedes which, and what differs."""

import argparse
from typing import TYPE_CHECKING

from cli.options import OPTIONS, at
from cli.terminal import credit_line
from ground.shown import one_line
from ground.words import plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from index.copies.difference import Difference
    from index.copies.tables import Group, GroupMember
    from index.copies.versions import Story
    from index.store.archive import Archive


def add_copies_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `copies`."""
    what = "list the copies and versions of one text, and what differs"
    command = commands.add_parser("copies", help=what, description=what[0].upper() + what[1:] + ".")
    command.set_defaults(run=run_copies)
    OPTIONS["archive"](command)
    command.add_argument("article", nargs="?", help="only its groups, with the sentences that differ (all groups)")
    command.add_argument("--json", action="store_true", help="print the groups as JSON")


def run_copies(given: argparse.Namespace, settings: Settings) -> int:
    from index.article import ArticleError
    from index.opening import open_archive
    from index.store.spelling import id_meant

    archive = open_archive(settings.archive)
    if given.article is not None:
        given.article = id_meant(archive, given.article)
    if given.article is not None and archive.article(given.article) is None:
        search = f"groundwire search{at(settings.archive)}"
        raise ArticleError(f'{archive.place}: no article has the id "{given.article}"; {search} shows ids')
    groups = archive.groups(given.article)
    if given.json:
        print(plain_json([_as_json(archive, group) for group in groups]))
        return 0
    for group in groups:
        print(_head(group.members[0]))
        for member in group.members[1:]:
            differs = _difference(archive, group, member)
            print(f"  {_head(member)}\n      {one_line(str(differs))}")
            if given.article is not None:
                for mark, sentences in (("+", differs.added), ("-", differs.removed)):
                    for words in sentences:
                        print(f"      {mark} {one_line(words)}")
                for old, new in differs.changed:
                    print(f"      - {one_line(old)}\n      + {one_line(new)}")
    if not groups:
        print("no copies" if given.article is None else f"{one_line(given.article)} has no copies")
    return 0


def _head(member: "GroupMember") -> str:
    story = member.story
    by = member.superseded_by
    later = f"; superseded by {one_line(by.article)}" if by else ""
    credit = credit_line(story.source, story.moment, story.title)
    return f"{member.relation:7}{one_line(story.article)} {story.start}:{story.end}  {credit}{later}"


def _words(archive: "Archive", story: "Story") -> str:
    from index.copies.versions import text_of

    article = archive.article(story.article)
    assert article is not None, "a group names only what the archive holds"
    return text_of(article.text, [(aside.start, aside.end) for aside in article.asides], story)


def _difference(archive: "Archive", group: "Group", member: "GroupMember") -> "Difference":
    """What a member says otherwise than the source of its group."""
    from index.copies.difference import difference

    return difference(_words(archive, group.members[0].story), _words(archive, member.story))


def _as_json(archive: "Archive", group: "Group") -> dict[str, object]:
    rows = []
    for member in group.members:
        story, differs = member.story, _difference(archive, group, member)
        rows.append(
            {
                "article_id": story.article,
                "start": story.start,
                "end": story.end,
                "title": story.title,
                "source": story.source,
                "agency": story.agency,
                "published": story.published,
                "updated": story.moment if story.moment != story.published else None,
                "relation": member.relation,
                "superseded_by": member.superseded_by.article if member.superseded_by else None,
                "added": list(differs.added),
                "removed": list(differs.removed),
                "changed": [{"from": old, "to": new} for old, new in differs.changed],
                "numbers": [{"from": old, "to": new} for old, new in differs.numbers],
            }
        )
    return {"group": group.name, "stories": rows}
