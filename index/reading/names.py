"""What the rows and the front matter of other programs call the fields of an article: one list for all readers."""

import re
from collections.abc import Iterable, Mapping

from index.reading.metadata import web_address

# A field is known by these names, the surest first, in four languages, whatever their case and what stands between
# their words. news-please, trafilatura, NewsAPI, MediaCloud, GDELT, Jekyll, Hugo and the usual clippers are in it.
NAMES: Mapping[str, tuple[str, ...]] = {
    field: tuple(names.split())
    for field, names in {
        "id": "id articleid guid docid uid an accessionnumber accessionno storeid proquestdocumentid documentid",
        "text": (
            "text texte texto inhalt artikel contenu contenido cuerpo body content article articletext articlebody"
            " fulltext documenttext story storytext maintext"
        ),
        "title": "title titel titre titulo título titular überschrift schlagzeile headline heading name",
        "source": (
            "source pubtitle sourcehostname quelle medium medianame zeitung fuente medio journal outlet publisher"
            " publication newspaper sourcename publicationtitle publicationname newspapername sitename site website"
            " domain sourcedomain hostname"
        ),
        "published": (
            "published date datum fecha veröffentlicht erschienen publishedat publishdate publisheddate datepublished"
            " datepublish publishedtime publicationdate publicationdatetime pubdate seendate"
        ),
        "updated": "updated modified updatedat dateupdated datemodified datemodify lastmodified lastmod",
        "url": "url link address webpage permalink documenturl",
        "byline": "byline author autor autorin verfasser auteur authors by writer",
        "language": "language lang sprache langue idioma",
        "place": "place location ort lieu lugar dateline",
        "agency": "agency wire newsagency",
        "desk": "section newspapersection desk rubrik ressort rubrique sección",
        "length": "length wordcount words numberofwords länge wortzahl longueur",
    }.items()
}


def plain(name: str) -> str:
    """A name as it stands in the list.

    >>> plain("Date_Publish"), plain("source-hostname")
    ('datepublish', 'sourcehostname')
    """
    return re.sub(r"[\W_]+", "", name.casefold())


def places_of(names: Iterable[str]) -> dict[str, list[int]]:
    """Field → the places in `names` that may say it, the surest first; of two that are one name the first.

    >>> places_of(["Datum", "URL", "Titel", "date"])
    {'title': [2], 'published': [3, 0], 'url': [1]}
    """
    known = [plain(name) for name in names]
    found = {field: [known.index(name) for name in spelt if name in known] for field, spelt in NAMES.items()}
    return {field: places for field, places in found.items() if places}


def first_said(field: str, values: Iterable[str]) -> str:
    """The first value that says something; of an outlet the first that is no address, for that is where it stands.

    >>> first_said("source", ["https://e.org/a", " ", "e.org"]), first_said("url", [" "])
    ('e.org', '')
    """
    said = (value for value in values if value.strip())
    return next((value for value in said if field != "source" or not web_address(value)), "")


def address_among(values: Iterable[str]) -> str:
    """The first address of an article among what stands in the place of its outlet: a host alone is none.

    >>> address_among(["AFP", "https://e.org/", "https://e.org/2020/bridge"])
    'https://e.org/2020/bridge'
    """
    return next(
        (value for value in values if re.match(r"\s*https?://[^/]+/.*[^/\s]", value) and web_address(value)), ""
    )
