"""A change of a followed question's answer in words, as the terminal and the feed tell it."""

from qa.standing.compare import Kind
from qa.standing.follow import Change
from qa.standing.voice import Voice

TOLD: dict[Kind, str] = {
    "first": "now answered",
    "changed": "changed",
    "side": "another source says otherwise",
    "correction": "corrected",
    "withdrawn": "its source is gone",
}
STRUCK = "words of an article that was taken out"


def said(voice: Voice) -> str:
    """What a voice says and who it is, on one line."""
    return STRUCK if voice.struck else f"{voice.words}, according to {voice.credit}"


def headline(change: Change) -> str:
    """A change on one line: which question, what is known now."""
    now = "; ".join(said(voice) for voice in change.now) or "nothing is known now"
    return f"{change.question} – {TOLD[change.kind]}: {now}"


def change_lines(change: Change) -> list[str]:
    """What is new with its quotes and where they stand, then what was known; a line each, indented by what it is."""
    lines = [f"{TOLD[change.kind]}:"]
    if not change.now:
        lines.append("  nothing is known now")
    for voice in change.now:
        lines.append(f"  {said(voice)}")
        if not voice.struck:
            lines.append(f"      “{' '.join(voice.quote.split())}”")
            lines.append(f"      {voice.article_id} {voice.start}:{voice.end}")
    lines += [f"  known before: {said(voice)}" for voice in change.was]
    return lines
