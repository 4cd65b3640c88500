"""What a page says of itself: its stories, days and places, and what of it is no news; laws, and made-up pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article, Aside, Origin, check_date
from index.understanding.asides import find_asides
from index.understanding.lines import lines_of
from index.understanding.page import complete, read_page
from tests.support.made_pages import MadePage, read_pages

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


ALL_PAGES = [made for folder in ("develop", "held", "harder") for made in read_pages(folder)]


@pytest.mark.parametrize("made", ALL_PAGES, ids=lambda made: made.name)
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


def test_what_the_file_says_itself_stays_and_the_rest_is_read() -> None:
    text = "Rain stops fair\n\nORRTON, Jan. 3 (AP) — It rained on Monday. The fair was closed.\n"
    whole = complete(
        Article("a", text, "a", source="The Star", origins=(Origin("source", "metadata", "sure"),)), "a.html"
    )
    assert (whole.source, whole.agency, whole.place, whole.title) == ("The Star", "AP", "ORRTON", "a")
    assert [(o.field, o.where) for o in whole.origins] == [
        *(("source", "metadata"), ("place", "dateline"), ("agency", "dateline"))
    ]
    assert complete(Article("a", text, "a"), "a.txt", fallback="a").title == "Rain stops fair"


def test_a_story_without_outlet_is_of_the_outlet_of_its_page() -> None:
    [made] = [made for made in read_pages("develop") if made.name.startswith("07")]
    assert {s.source for s in complete(Article("a", made.text, "a"), "a.txt").sections} == {None}
    assert {s.source for s in complete(Article("a", made.text, "a", source="Notes"), "a.txt").sections} == {"Notes"}


@pytest.mark.parametrize(
    ("name", "head", "published", "where", "sure"),
    [
        ("a.txt", "ORRTON, Jan. 3 (AP) — ", None, None, None),
        ("2020-01-04.txt", "ORRTON, Jan. 3 (AP) — ", "2020-01-03", "dateline", "likely"),
        ("2020-01-02.txt", "ORRTON, Dec. 31 (AP) — ", "2019-12-31", "dateline", "likely"),
        ("2020-01-04.txt", "", "2020-01-04", "file name", "likely"),
        ("2020/01/04/a.txt", "", "2020-01-04", "file name", "likely"),
        ("2020-01-04.txt", "The Star | January 5, 2020\n\n", "2020-01-05", "credit line", "sure"),
        ("a.txt", "January 5, 2020\n\n", "2020-01-05", "credit line", "likely"),
        ("a.txt", "ORRTON, Jan. 3, 2020 (AP) — ", "2020-01-03", "dateline", "sure"),
    ],
)
def test_a_day_comes_from_the_surest_place(
    name: str, head: str, published: str | None, where: str | None, sure: str | None
) -> None:
    page = read_page(f"{head}It rained on the fair of March 1, 1999. It was closed.\n", name=name)
    said = {(o.where, o.sure) for o in page.origins if o.field == "published"}
    assert page.published == published and said == ({(where, sure)} if where else set())


def test_a_day_from_the_middle_of_a_text_is_a_guess_and_only_with_a_label() -> None:
    text = "It rained on the fair.\n\nOn May 3, 2021 it was closed.\n\n{}May 5, 2021\n\nIt opened later.\n"
    assert read_page(text.format("")).published is None
    page = read_page(text.format("Published: "))
    assert page.published == "2021-05-05" and {o.sure for o in page.origins} == {"guess"}


@pytest.mark.parametrize(
    "words",
    [
        "He shares his bread.",
        "The advertisement was seen by millions.",
        "Advertisement tax splits the cabinet",
        "Copyright law of 1976 is to change, ministers say",
        "Subscribe or lose the paper, readers are told",
        "Related: He was the brother of the mayor. He said so.",
        "12 shares were sold for a penny each.",
        "Tweet costs minister his office",
        "Home rule is back on the table",
        "Image: A man in the rain (AFP)",
        "Leave a reply to the minister by Monday, parties told",
        "Comments by the mayor anger fishermen",
        "Watch thieves strike again",
        "Sign up to the army, chancellor tells students",
    ],
)
def test_a_line_that_may_be_news_is_kept(words: str) -> None:
    assert find_asides(lines_of(f"It rained on Monday.\n{words}\nIt was closed.")) == ()


def test_nothing_is_marked_where_nothing_would_be_left() -> None:
    assert find_asides(lines_of("Advertisement\n\nTweet")) == ()


def test_a_line_under_a_label_alone_is_a_link_unless_a_story_starts_there() -> None:
    text = "It rained on Monday.\n\nAlso read:\n- Rain in May\n- Rain in June\n\nIt was closed."
    [aside] = find_asides(lines_of(text))
    assert text[aside.start : aside.end] == "Also read:\n- Rain in May\n- Rain in June" and aside.what == "link"
    [aside] = find_asides(lines_of(text), [text.index("- Rain in May")])
    assert aside == Aside(text.index("Also"), text.index("\n- Rain in May"), "link")


@pytest.mark.parametrize(
    ("words", "agency"),
    [
        ("By A. Writer, AFP | May 3, 2021", "AFP"),
        ("Reuters | May 3, 2021", "Reuters"),
        ("The Star | May 3, 2021", None),
    ],
)
def test_an_agency_is_read_in_credits_and_never_in_the_text(words: str, agency: str | None) -> None:
    page = read_page(f"Rain stops the fair\n{words}\n\nIt rained, witnesses told AFP. The AP saw it too.\n")
    assert page.agency == agency


def test_a_paragraph_broken_at_a_width_is_prose() -> None:
    text = "Rain stops the fair\nBy A. Writer\n\nIt rained on Monday in all of the valley, so that\n"
    text += "the fair was closed by the mayor at once and\nBaghdad airport was closed as well, said The Star\n\n"
    page = read_page(text + "on Monday evening.\n")
    assert page.byline == "A. Writer" and page.sections == ()


def test_memos_in_a_story_are_no_stories() -> None:
    memo = "Loss of water at the northern main\nFrom: The deputy\nTo: The minister\nDate: {} April 2020\n\n"
    memo += "We lose water.\n\n"
    text = f"Ministry knew of the leak\n\nIt knew for a year, memos show.\n\n{memo.format(14)}{memo.format(20)}"
    assert read_page(text.replace("We lose water.", "We lose nine hundred litres a minute.")).sections == ()


def test_a_first_paragraph_broken_at_a_width_is_no_headline() -> None:
    text = "It rained on Monday in all of the valley, so that\nthe fair was closed by the mayor at once and for all.\n"
    assert read_page(text).title is None


def test_what_a_story_says_twice_it_said_twice() -> None:
    twice, called = "Rain stops the fair\n" * 2, "No more rain in Orrton\n" * 2
    text = f"{twice}They called for an hour.\n{called}"
    [aside] = read_page(text).asides
    assert (aside.start, aside.what) == (text.index("\nRain") + 1, "repeated")


def test_a_lone_word_is_a_button_only_beside_buttons() -> None:
    text = (
        "Facebook\nIt rained on Monday.\n3 Shares\nFacebook\nE-mail\nIt was closed.\nName *\nLeave a Reply\nE-mail *\n"
    )
    assert [text[aside.start : aside.end] for aside in read_page(text).asides] == [
        "3 Shares\nFacebook\nE-mail",
        "Name *\nLeave a Reply\nE-mail *",
    ]


def test_a_head_told_twice_is_the_headline() -> None:
    page = read_page("The Whole Story of Orrton\nRain stops the fair\nRain stops the fair\n\nIt rained on Monday.\n")
    assert page.title == "Rain stops the fair"


@pytest.mark.parametrize(
    ("head", "byline", "source", "sure"),
    [
        ("Anna Holt\n\nThe Associated Press\n\n", "Anna Holt", "AP", "likely"),
        ("Anna Holt and Jon Aske\nUpland Radio\n\n", "Anna Holt and Jon Aske", "Upland Radio", "guess"),
    ],
)
def test_a_head_of_two_names_is_a_writer_and_an_outlet(head: str, byline: str, source: str, sure: str) -> None:
    page = read_page(f"{head}It rained on Monday, and the fair was closed.\n")
    assert (page.title, page.byline, page.source) == (None, byline, source)
    assert {origin.sure for origin in page.origins} == {sure}


def test_what_stands_at_the_foot_of_several_stories_is_not_the_pages() -> None:
    [made] = [made for made in read_pages("develop") if made.name.startswith("01")]
    assert read_page(f"{made.text}Reporting by Jon Aske\n").byline is None and read_page(made.text).published is None
