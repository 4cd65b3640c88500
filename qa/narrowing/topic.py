"""What a question is about that asks only what was written of it: "what did the Courier write about the bridge?"

No sentence answers that by its words. What is asked is what happened with the bridge.
"""

import re
from collections.abc import Sequence

from qa.narrowing.understand import Part

SAID = r"write|written|wrote|report|reported|say|said|publish|published|print|printed|carry|tell|told|note|mention"
ASKS = r"did|does|do|has|have|had|was|is|'s|’s"
ABOUT = r"about|on|of|regarding|concerning"
LISTED = r"(?:articles?|stor(?:y|ies)|news|coverage|headlines|pieces?|dispatch(?:es)?|reports?)"
PAPERS = r"(?:the\s+)?(?:papers|newspapers|press|media|outlets)"
ASKED = re.compile(
    rf"\W*(?:what\s*(?:{ASKS})\b(?:\s+(?:{PAPERS}|there|the\s+news|in))*(?:\s+been)?(?:\s+(?:{SAID}))?\s+(?:{ABOUT})"
    rf"|how\s+(?:did|does|has)\s+(?:describe|cover|report|described|covered|reported)(?:\s+on)?"
    rf"|which\s+{LISTED}(?:\s+(?:by|from|in|of))?\s+(?:mention|discuss|cover|are\s+about|deal\s+with|tell\s+of)"
    rf"|(?:(?:show|find|list)(?:\s+me)?\s+)?(?:the\s+|all\s+|any\s+)*{LISTED}(?:\s+(?:by|from|in|of))?\s+(?:{ABOUT}))"
    r"\s+(?P<topic>\S.*?)(?:\s+(?:by|from|in))?\W*",
    re.IGNORECASE | re.DOTALL,
)
HOW_MANY = re.compile(rf"(\W*how\s+(?:many|much)\b.*?)\s+(?:{ASKS})\s+", re.IGNORECASE | re.DOTALL)
HAS_SAID = re.compile(rf"\s+(?:{SAID}|give|given|count|counted)\b(?:\s+that)?", re.IGNORECASE)
ACCORDING = re.compile(r"[,\s]*\baccording\s+to\s+$", re.IGNORECASE)


def asked_of_topic(question: str, parts: Sequence[Part]) -> str | None:
    """The question to be answered instead: what happened, or what is asked without "according to" or "did AFP say".

    None where it is the same.

    >>> from index.store.scope import Scope
    >>> asked_of_topic("What did AFP write about the bridge?", [Part("outlet", "AFP", 9, 12, "AFP", Scope())])
    'What happened with the bridge?'
    """
    if not parts:
        return None
    left, done = "", 0
    for part in sorted(parts, key=lambda part: part.start):
        left += question[done : part.start]
        done = part.end
    words = " ".join(re.sub(r"\s{2}and\s(?=\s)", " ", left + question[done:]).split())
    if found := ASKED.fullmatch(words):
        return f"What happened with {found['topic']}?"
    outlet = next((part for part in parts if part.kind == "outlet"), None)
    if outlet is None:
        return None
    before, after = question[: outlet.start], question[outlet.end :]
    if (counted := HOW_MANY.fullmatch(before)) and (said := HAS_SAID.match(after)):
        return counted[1] + after[said.end() :]
    if not (attributed := ACCORDING.search(before)):
        return None
    asked = f"{before[: attributed.start()]}{after}".strip(" ,")
    return asked[:1].upper() + asked[1:] or None
