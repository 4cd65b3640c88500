"""Answers made by hand over one article, with a copy of it elsewhere, full of what must never become markup."""

from index.article import Article
from index.passage import Passage
from qa.answer import Answer, Sentence, cite
from qa.retrieve import Hit

HOSTILE = (
    '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"> ![x](http://evil.example/x.png) '
    "[here](javascript:window.hacked=1) ${window.hacked = 1} {{window.hacked = 1}} <b>bold</b> & $$x$$"
)
QUOTE = "Missiles hit two vehicles – “both” burned & <b>smoked</b>."
TEXT = f"The road was dark.\r\n\r\n{QUOTE} Ten people were killed.  {HOSTILE}"
ARTICLE = Article("strike/<i>one</i>", TEXT, f"Strike {HOSTILE}", "Meridian <u>Wire</u>", "2020-01-04")
COPY = Article("strike-copy", TEXT, "The strike", "Northgate Courier", "2020-01-05")
QUESTION = "What was hit?"


def make_hit(article: Article, copies: tuple[Hit, ...] = ()) -> Hit:
    return Hit(1, 1.0, Passage(0, len(article.text)), article, {}, copies)


def make_answer(*quotes: str, question: str = QUESTION) -> Answer:
    """Cites each quote of ARTICLE in turn."""
    hit = make_hit(ARTICLE, (make_hit(COPY),))
    spans = [(TEXT.index(quote), TEXT.index(quote) + len(quote)) for quote in quotes]
    citations = tuple(cite(n, ARTICLE, start, end, hit.copies) for n, (start, end) in enumerate(spans, 1))
    text = f"Two vehicles were hit {''.join(f'[{c.number}]' for c in citations)}. {HOSTILE}"
    sentence = Sentence(text, tuple(c.number for c in citations), "supported", 1.0)
    return Answer(None, question, question, text, quotes[0], False, 0.9, (sentence,), citations, (), (hit,))
