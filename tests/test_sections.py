"""What a page says of itself: its stories, days and places, and what of it is no news; laws, and made-up pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_pages import MadePage, read_pages

from index.article import check_date
from index.lines import lines_of
from index.page import read_page

LINES = st.sampled_from(
    [
        *("Rain stops the fair in Orrton", "RAIN STOPS FAIR", "By A. Writer", "RT | January 3, 2020", "***", "", "  "),
        *("January 3, 2020", "The Star", "Source: The Star", "Advertisement", "Also read:", "- Rain in May", "Tweet"),
        *("It rained on Monday. The fair was closed.", "ORRTON, Jan. 3 (AP) — It rained on Monday.", "Leave a Reply"),
        *(
            "The Star reports: It rained on Monday.",
            "1. Rain",
            "2 of 3 DOCUMENTS",
            "(The Star, 4 March 2021)",
            "\u2028",
            "Name *",
        ),
    ]
)


@given(st.one_of(st.text(), st.lists(LINES, max_size=24).map("\n".join), st.lists(LINES, max_size=24).map("\r\n".join)))
def test_of_any_text_sections_and_asides_are_in_order_on_lines_and_apart(text: str) -> None:
    page = read_page(text, name="a.txt")
    starts = [section.start for section in page.sections]
    line_starts = {line.start for line in lines_of(text)}
    assert starts == sorted(set(starts)) and set(starts) <= line_starts
    for section in page.sections:
        assert section.published is None or check_date(section.published, "")
        assert section.title is None or section.title in text
    borders = [edge for aside in page.asides for edge in (aside.start, aside.end)]
    assert borders == sorted(set(borders))
    for aside in page.asides:
        assert aside.start in line_starts and text[aside.end : aside.end + 1].strip() == ""
        assert not any(aside.start < start < aside.end for start in starts)
    assert page.asides == () or text[: page.asides[0].start].strip() or text[page.asides[0].end :].strip()
    assert {o.field for o in page.origins} == {
        f for f in ("title", "source", "published", "updated", "byline", "place", "agency") if getattr(page, f)
    }


@pytest.mark.parametrize("made", list(read_pages("develop")), ids=lambda made: made.name)
def test_a_made_page_is_read_as_it_is_meant(made: MadePage) -> None:
    page = read_page(made.text, name="page.txt")
    assert [section.start for section in page.sections] == list(made.starts)
    for section, (title, source, published, byline) in zip(page.sections, made.stories, strict=True):
        assert (section.title, section.source or "", section.byline or "") == (title, source, byline)
        assert (section.published or "") == ("" if made.about.get("page_day_stands") else published)
    for name in ("published", "place", "agency"):
        assert name not in made.about or getattr(page, name) == made.about[name]
    covered = {i for aside in page.asides for i in range(aside.start, aside.end) if not made.text[i].isspace()}
    assert covered == {i for start, end in made.asides for i in range(start, end) if not made.text[i].isspace()}
