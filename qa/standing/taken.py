"""Takes up a question to follow, lets one go, and takes that back: each is noted, and the feed written anew."""

from pathlib import Path

from index.store.edits import Edit, EditError, Meanwhile, Who, noting
from index.store.scope import EVERYTHING, Scope
from index.store.standing import Standing
from qa.newsroom import Newsroom
from qa.standing.feed import write_feed
from qa.standing.follow import Change, begin, find_followed


def take_up(
    room: Newsroom, standing: Standing, question: str, who: Who, scope: Scope = EVERYTHING
) -> tuple[Change, Path]:
    """Follows a question from now on: what is known now, and where the feed is; raises as `begin` does."""
    with noting(standing.file.parent, who, "follow", [question.strip()]) as noted:
        taken, change = begin(room, standing, question, scope)
        noted.after = {"number": taken.number} | ({} if scope.everything else {"scope": scope.told()})
    return change, write_feed(standing)


def let_go(standing: Standing, named: str, who: Who, *, undoes: int | None = None) -> str:
    """Follows a question no more, by its number or words, and gives it; raises FollowError where it is not followed."""
    question = find_followed(standing, named)
    with noting(standing.file.parent, who, "unfollow", [question.question], undoes=undoes) as noted:
        noted.before, noted.held = {"number": question.number}, standing.to_dict(question.number)
        standing.remove(question.number)
    write_feed(standing)
    return question.question


def undo_following(folder: Path, edit: Edit, who: Who) -> None:
    """Lets go what was taken up, or takes up again, with its history, what was let go. Raises EditError."""
    standing = Standing(folder)
    try:
        numbers = {question.number for question in standing.questions()}
        number = int((edit.after or edit.before)["number"])
        if edit.what == "follow":
            if number not in numbers:
                raise Meanwhile(f"change {edit.number} cannot be undone: the question is followed no more")
            let_go(standing, str(number), who, undoes=edit.number)
            return
        if number in numbers:
            raise Meanwhile(f"change {edit.number} cannot be undone: the question is followed again")
        with noting(folder, who, "follow", edit.of, undoes=edit.number) as noted:
            noted.after = {"number": number}
            standing.take_back(edit.held)
        write_feed(standing)
    except KeyError:
        raise EditError(f"change {edit.number} cannot be undone: it was not made to its end") from None
    finally:
        standing.close()
