"""Which stories are one text: from the ties between them to groups, each under its source.

Only what the stories are counts, never the order in which they came.
"""

from collections.abc import Mapping
from typing import Literal

from index.copies.shingles import words_of
from index.copies.versions import Story, TieKind, in_order

Relation = Literal["source", "copy", "update"]
GroupPlace = tuple[int, Relation, int | None]
Seniority = tuple[str, str, int, str, int]
Ties = dict[
    tuple[int, int], tuple[TieKind, float]
]  # rows of two stories, in both orders: what they are, and their Jaccard


def seniority(story: Story) -> Seniority:
    """What stories are ordered by: when they first came out, undated ones last; then by version, then by name."""
    return story.published or "~", story.moment or "~", story.version, story.article, story.start


def group_stories(stories: Mapping[int, Story], ties: Ties) -> dict[int, GroupPlace]:
    """Row → the row of its source, what it is to it, and the row of the version that supersedes it.

    Versions of one text stand together. The most senior leads, and then each that is tied to none that leads; the
    others go to the nearest of these: no story is a copy of a copy. In a group an agency's own text is the source, else
    the most senior. Stories that nothing is alike to are left out.
    """
    tied: dict[int, list[int]] = {row: [] for row in stories}
    for first, second in ties:
        tied[first].append(second)
    placed: dict[int, GroupPlace] = {}
    led: dict[int, list[list[int]]] = {}
    leader_of: dict[int, int] = {}
    for chain in _chains(stories, ties):
        near = [(-ties[row, other][1], seniority(stories[other]), other) for row in chain for other in tied[row]]
        leader = next((leader_of[other] for _, _, other in sorted(near) if other in leader_of), chain[0])
        led.setdefault(leader, []).append(chain)
        if leader == chain[0]:
            leader_of |= dict.fromkeys(chain, leader)
    for chains in led.values():
        if sum(map(len, chains)) > 1:
            placed |= _place(chains, stories, ties)
    return placed


def _chains(stories: Mapping[int, Story], ties: Ties) -> list[list[int]]:
    """Stories that are versions of one text together, each chain and all of them most senior first."""
    chain_of = {row: [row] for row in stories}
    for (first, second), (kind, _) in ties.items():
        mine, theirs = chain_of[first], chain_of[second]
        if kind == "version" and mine is not theirs:
            mine += theirs
            chain_of |= dict.fromkeys(theirs, mine)
    chains = {id(chain): sorted(chain, key=lambda row: seniority(stories[row])) for chain in chain_of.values()}
    return sorted(chains.values(), key=lambda chain: seniority(stories[chain[0]]))


def _place(chains: list[list[int]], stories: Mapping[int, Story], ties: Ties) -> dict[int, GroupPlace]:
    """The places in one group, whose first chain leads it."""
    agencies = {_folded(stories[row].agency) for chain in chains for row in chain} - {""}
    own = [chain for chain in chains if _folded(stories[chain[0]].source) in agencies]
    chains = sorted(chains, key=lambda chain: chain not in own[:1])
    source = chains[0][0]
    placed: dict[int, GroupPlace] = {}
    for chain in chains:
        ordered = in_order([stories[row] for row in chain])
        row_of = {stories[row]: row for row in chain}
        newest, current = ordered[-1]
        oldest = ordered[0][0]
        for key, story in ordered:
            row = row_of[story]
            by = row_of[current] if key < newest else None
            relation: Relation = "source" if row == source else "update" if key > oldest else "copy"
            # A copy may carry what its source has superseded.
            carried = [held for held in chains[0] if chain is not chains[0] and (row, held) in ties]
            near = [(ties[row, held][1], placed[held][2] is None, held) for held in carried]
            if by is None and near:
                _, in_force, held = max(near, key=lambda item: (*item[:2], seniority(stories[item[2]])))
                by = None if in_force else placed[held][2]
            placed[row] = source, relation, by
    return placed


def _folded(name: str | None) -> str:
    return " ".join(words_of(name or ""))
