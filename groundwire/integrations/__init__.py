"""Groundwire for other people's frameworks, one module each; its library is imported with it, and is an extra."""

from qa.retrieve import Hit


def about(hit: Hit) -> dict[str, str | int | float | None]:
    """What is known of a hit, flat, as frameworks keep it: whose it is, and where in the article it stands.

    `article.text[start:end]` holds its words; `published` is ISO 8601; `score` orders hits and means nothing more.
    """
    section = hit.section
    return {
        "article_id": hit.article.id,
        "start": hit.passage.start,
        "end": hit.passage.end,
        "title": section.title or None,
        "source": section.source,
        "published": section.published,
        "url": hit.article.url,
        "rank": hit.rank,
        "score": hit.score,
    }


def name_of(hit: Hit) -> str:
    """The article and the place in it: the same passage has the same name in every search."""
    return f"{hit.article.id} {hit.passage.start}:{hit.passage.end}"
