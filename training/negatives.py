"""Hard negatives out of true rows: texts that share words but do not answer, questions and statements with one detail
changed.

All randomness comes from the `random.Random` that is given.
"""

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from training.sets import Row

NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
NAME = re.compile(r"(?<![.!?\"“] )(?<!^)\b[A-Z][\w’'-]+(?: (?:of |the |de |von |bin |al-)?[A-Z][\w’'-]+)*")
WORD = re.compile(r"[A-Za-z]{2,}|\d+")
COMMON = frozenset(
    "the an of in on at to for by with and or is are was were be been as that this who whom whose what when where which"
    " how why did do does has have had it its from into than then many much".split()
)
HEDGES = (
    (re.compile(r"\b(?:reportedly|allegedly|possibly|probably|apparently|likely) "), ""),
    (re.compile(r"\b(?:may|might|could) have\b"), "has"),
    (re.compile(r"\b(?:may|might|could) be\b"), "is"),
    (re.compile(r"\b(?:may|might|could|would|should)\b"), "will"),
    (re.compile(r"\b(?:is|are) expected to\b"), "will"),
    (re.compile(r"\bplans? to\b"), "will"),
    (re.compile(r"\battempted to\b|\btried to\b"), "managed to"),
)
SWAPS = [
    pair
    for left, right in (
        ("before", "after"), ("increased", "decreased"), ("rose", "fell"), ("won", "lost"), ("first", "last"),
        ("more", "fewer"), ("largest", "smallest"), ("highest", "lowest"), ("north", "south"), ("east", "west"),
        ("northern", "southern"), ("eastern", "western"), ("accepted", "rejected"), ("began", "ended"),
        ("started", "stopped"), ("opened", "closed"), ("supported", "opposed"), ("father", "son"),
        ("killed", "injured"),
        ("bought", "sold"), ("early", "late"), ("many", "few"), ("most", "some"), ("all", "some"), ("never", "often"),
        ("allowed", "forbade"), ("higher", "lower"), ("older", "younger"), ("male", "female"), ("men", "women"),
        ("Monday", "Thursday"), ("Tuesday", "Friday"), ("Wednesday", "Sunday"), ("January", "June"),
        ("February", "October"), ("March", "November"), ("April", "September"), ("May", "December"), ("July", "August"),
    )
    for pair in ((left, right), (right, left))
]  # fmt: skip
SWAP = dict(SWAPS)
SWAP_WORD = re.compile(r"\b(?:" + "|".join(SWAP) + r")\b")
AUXILIARY = re.compile(r"\b(?:is|was|were|are|has|had|have|can|will|did|does)\b(?! not\b)")
NEGATION = re.compile(r"\b(?:did|do|does) not \b|\bnot \b|\bnever \b")


def content_words(text: str) -> list[str]:
    """The words of a text that can tell it from another, small.

    >>> content_words("Who led the 1923 strike?")
    ['led', '1923', 'strike']
    """
    return [word for word in (found.lower() for found in WORD.findall(text)) if word not in COMMON]


def sharing(rows: Sequence[Row], rng: random.Random, share: float, *, nearest: int = 6) -> list[Row]:
    """For a share of the questions, one of the texts nearest by shared rare words that hold none of its answers."""
    texts = list(dict.fromkeys(row["text"] for row in rows))
    heading = {row["text"]: row["heading"] for row in rows}
    where = {text: n for n, text in enumerate(texts)}
    holding: dict[str, list[int]] = defaultdict(list)
    for n, text in enumerate(texts):
        for word in dict.fromkeys(content_words(text)):
            holding[word].append(n)
    small = [text.lower() for text in texts]
    made = []
    for row in rows:
        if rng.random() >= share or not row["answers"]:
            continue
        near: Counter[int] = Counter()
        for word in dict.fromkeys(content_words(row["question"])):
            held = holding.get(word, ())
            if 0 < len(held) < 0.02 * len(texts):
                weight = math.log(len(texts) / len(held))
                for n in held:
                    near[n] += weight  # type: ignore[assignment]
        answers = [row["text"][a:b].lower() for a, b in row["answers"]]
        own = where[row["text"]]
        likely = [n for n, _ in near.most_common(nearest + 4) if n != own]
        likely = [n for n in likely if not any(answer in small[n] for answer in answers)][:nearest]
        if likely:
            text = texts[rng.choice(likely)]
            made.append({**row, "text": text, "heading": heading[text], "answers": [], "made": "shares words"})
    return made


def near_misses(rows: Sequence[Row], rng: random.Random, share: float) -> list[Row]:
    """For a share of the questions, one name, number or day of it replaced by another that its text does not give."""
    names, numbers = defaultdict(list), []
    for row in rows:
        for name in NAME.findall(row["question"]):
            names[row["group"]].append(name)
        numbers += NUMBER.findall(row["question"])
    made = []
    for row in rows:
        if rng.random() >= share or not row["answers"]:
            continue
        question = row["question"]
        places = [(m, "number") for m in NUMBER.finditer(question)] + [(m, "name") for m in NAME.finditer(question)]
        places += [(m, "word") for m in SWAP_WORD.finditer(question)]
        if not places:
            continue
        place, what = rng.choice(places)
        pool = {"number": numbers, "name": names[row["group"]], "word": [SWAP.get(place[0], "")]}[what]
        other = rng.choice(pool) if pool else ""
        if not other or other == place[0] or (what != "word" and other.lower() in row["text"].lower()):
            continue
        if any(row["text"][a:b].lower() in other.lower() for a, b in row["answers"]):
            continue
        changed = question[: place.start()] + other + question[place.end() :]
        made.append({**row, "question": changed, "answers": [], "made": f"{what} changed"})
    return made


@dataclass(frozen=True)
class Changed:
    """A sentence with one detail changed, and what that was."""

    text: str
    what: str
    contradicts: bool


def change_detail(sentence: str, rng: random.Random, others: str) -> Changed | None:
    """A sentence with a number, name, word or negation changed, or its doubt lost; None where it holds none of them.

    Names and numbers come from `others`, the sentence's surroundings, so that the changed sentence stays on the matter.
    """
    ways = ["number", "name", "word", "negation", "hedge"]
    rng.shuffle(ways)
    for what in ways:
        if what == "hedge":
            for pattern, plain in HEDGES:
                if pattern.search(sentence):
                    return Changed(pattern.sub(plain, sentence, count=1), what, False)
        elif what == "negation":
            if found := NEGATION.search(sentence):
                return Changed(sentence[: found.start()] + sentence[found.end() :], what, True)
            if found := AUXILIARY.search(sentence):
                return Changed(sentence[: found.end()] + " not" + sentence[found.end() :], what, True)
        else:
            pattern = {"number": NUMBER, "name": NAME, "word": SWAP_WORD}[what]
            places = list(pattern.finditer(sentence))
            if not places:
                continue
            place = rng.choice(places)
            if what == "word":
                other = SWAP[place[0]]
            else:
                pool = sorted({m[0] for m in pattern.finditer(others)} - {m[0] for m in places})
                if what == "number" and not pool:
                    pool = [str(rng.randint(2, 90))]
                pool = [item for item in pool if item not in sentence and place[0] not in item]
                if not pool:
                    continue
                other = rng.choice(pool)
            return Changed(sentence[: place.start()] + other + sentence[place.end() :], what, True)
    return None
