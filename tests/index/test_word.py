"""Word documents that went over a desk: what a person sees with every change accepted is read, and nothing else."""

from pathlib import Path

import pytest

from index.article import Article, ArticleError, Original
from index.reading.files import READERS, find_files
from tests.conftest import write_files

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
OTHERS = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
NOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.{}+xml"
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}"


def run(words: str, inside: str = "t") -> str:
    return f'<w:r><w:{inside} xml:space="preserve">{words}</w:{inside}></w:r>'


def paragraph(*inside: str) -> str:
    return f"<w:p>{''.join(inside)}</w:p>"


def put_in(inside: str) -> str:
    return f'<w:ins w:id="1" w:author="Desk">{inside}</w:ins>'


def struck(words: str) -> str:
    return f'<w:del w:id="2" w:author="Desk">{run(words, "delText")}</w:del>'


def document(file: Path, body: str, *, header: str = "", notes: dict[str, str] | None = None) -> Path:
    """A document of these elements; `notes` are the foot- and endnotes by kind."""
    from docx import Document
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml

    made = Document()
    for element in reversed(list(parse_xml(f"<w:body {W} {OTHERS}>{body}</w:body>"))):
        made.element.body.insert(0, element)
    if header:
        made.sections[0].header.paragraphs[0].text = header
    for kind, inside in (notes or {}).items():
        data = f"<w:{kind} {W}>{inside}</w:{kind}>".encode()
        part = Part(PackURI(f"/word/{kind}.xml"), NOTES.format(kind), data, made.part.package)
        made.part.relate_to(part, KIND.format(kind))
    made.save(str(file))
    return file


def items(file: Path) -> list[Article | ArticleError]:
    return list(READERS[".docx"](Original(file, file.stem, file.name)))


def text(tmp_path: Path, body: str, **more: str) -> str:
    [article] = items(document(tmp_path / "a.docx", body, **more))  # type: ignore[arg-type]
    assert isinstance(article, Article)
    return article.text


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (paragraph(run("The council did "), put_in(run("not ")), run("agree.")), ["The council did not agree."]),
        (paragraph(run("It costs "), struck("nine"), put_in(run("two")), run(" crowns.")), ["It costs two crowns."]),
        (paragraph(put_in(run("A whole new line."))), ["A whole new line."]),
        (paragraph(struck("A whole line that went.")) + paragraph(run("It stays.")), ["It stays."]),
        (paragraph("<w:moveFrom>" + run("Moved.") + "</w:moveFrom>") + paragraph(run("First."))
         + paragraph("<w:moveTo>" + run("Moved.") + "</w:moveTo>"), ["First.", "Moved."]),
        (paragraph("<w:pPr><w:rPr><w:del w:id='3'/></w:rPr></w:pPr>", run("Two that ")) + paragraph(run("are one.")),
         ["Two that are one."]),
        (paragraph("<w:hyperlink>" + run("The report") + "</w:hyperlink>", "<w:fldSimple w:instr='x'>" + run(" says 7")
         + "</w:fldSimple>", run(" PAGEREF ", "instrText"), run(".")), ["The report says 7."]),
        (paragraph(run("Seen. "), "<w:r><w:rPr><w:vanish/></w:rPr><w:t>Unseen.</w:t></w:r>",
         "<w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>Seen again.</w:t></w:r>"), ["Seen. Seen again."]),
        (paragraph(run("12"), "<w:r><w:noBreakHyphen/><w:t>inch</w:t><w:sym w:font='x' w:char='00BD'/></w:r>",
         "<w:r><w:sym w:font='Wingdings' w:char='F0A7'/><w:br/></w:r>", run("pipe")), ["12-inch½", "pipe"]),
    ],
)  # fmt: skip
def test_changes_are_read_as_accepted(tmp_path: Path, body: str, lines: list[str]) -> None:
    assert text(tmp_path, body) == "\n".join(lines)


def test_content_controls_and_text_boxes_are_read_where_they_stand(tmp_path: Path) -> None:
    box = "<w:txbxContent>" + paragraph(run("In the box.")) + "</w:txbxContent>"
    drawn = (
        f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'><wps:txbx>{box}</wps:txbx></mc:Choice><mc:Fallback>"
        f"<w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    prompt = "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
    control = "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>"
    body = (
        control.format(paragraph(run("A paragraph in a control.")))
        + paragraph(run("The clerk, "), control.format(run("Ada Venn, ")), run("left."), drawn)
        + prompt.format(paragraph(run("Click here to enter text.")))
        + paragraph(run("After the box."))
    )
    assert text(tmp_path, body) == "\n".join(
        ["A paragraph in a control.", "The clerk, Ada Venn, left.", "In the box.", "After the box."]
    )


def test_notes_follow_the_paragraph_that_calls_them_and_comments_are_left_out(tmp_path: Path) -> None:
    def note(kind: str, number: int, words: str, more: str = "") -> str:
        return f"<w:{kind} w:id='{number}'{more}>{paragraph(run(words))}</w:{kind}>"

    def call(kind: str, number: int) -> str:
        return f"<w:r><w:{kind}Reference w:id='{number}'/></w:r>"

    body = (
        paragraph(run("Nine were hurt"), call("footnote", 1), run("."), call("comment", 0))
        + paragraph(run("Two left"), call("endnote", 1), run("."))
        + paragraph(run("The end."), call("footnote", 7))
    )
    itself = f"<w:footnote w:id='1'>{paragraph(run('The clinic said ten.'), call('footnote', 1))}</w:footnote>"
    notes = {
        "footnotes": note("footnote", -1, "rule", " w:type='separator'") + itself,
        "endnotes": note("endnote", 1, "By train."),
    }
    [article] = items(document(tmp_path / "a.docx", body, notes=notes))
    assert isinstance(article, Article)
    assert article.text == "Nine were hurt.\nThe clinic said ten.\nTwo left.\nBy train.\nThe end."


def test_a_table_keeps_what_its_cells_hold(tmp_path: Path) -> None:
    def row(*cells: str, more: str = "") -> str:
        return f"<w:tr>{more}{''.join(f'<w:tc>{cell}</w:tc>' for cell in cells)}</w:tr>"

    tall, below = (f"<w:tcPr><w:vMerge{more}/></w:tcPr>" for more in (" w:val='restart'", ""))
    inner = f"<w:tbl>{row(paragraph(run('deep')), paragraph(run('er')))}</w:tbl>{paragraph()}"
    body = "<w:tbl>" + "".join(
        [
            row(tall + paragraph(run("North")), paragraph(run("Lock"))),
            row(below + paragraph(), paragraph(struck("40"), put_in(run("14")))),
            row(paragraph(run("gone")), more="<w:trPr><w:del w:id='1'/></w:trPr>"),
            "<w:sdt><w:sdtContent>" + row(inner, paragraph(run("x"))) + "</w:sdtContent></w:sdt>",
        ]
    )
    assert text(tmp_path, f"{body}</w:tbl>{paragraph(run('End.'))}") == "\n".join(
        ["North | Lock", "North | 14", "deep | er | x", "End."]
    )


def table(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(run(cell))}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


@pytest.mark.parametrize(
    "rows",
    [
        (("Press office of Elm", "Draft of the harbour desk", "Not for release"),),
        (("Depot in the north", "Tonnes of ice"), ("Quay of Elm", "Twelve and a half")),
    ],
)
def test_a_row_of_a_table_is_no_headline(tmp_path: Path, rows: tuple[tuple[str, ...], ...]) -> None:
    prose = paragraph(run("The harbour is shut for three days, said the harbour master on Monday."))
    for headline, title in (("", "a"), ("Ice shuts the harbour", "Ice shuts the harbour")):
        above = paragraph(run(headline)) if headline else ""
        [article] = items(document(tmp_path / "a.docx", table(*rows) + above + prose))
        assert isinstance(article, Article) and article.title == title and " | " in article.text
        assert [one.where for one in article.origins if one.field == "title"] == ["head" if headline else "file name"]


def test_a_changed_headline_is_the_changed_one(tmp_path: Path) -> None:
    body = paragraph(
        "<w:pPr><w:pStyle w:val='Heading1'/></w:pPr>", struck("Yes"), put_in(run("No")), run(" to the lock")
    )
    [article] = items(document(tmp_path / "a.docx", f"<w:sdt><w:sdtContent>{body}</w:sdtContent></w:sdt>"))
    assert isinstance(article, Article) and article.title == "No to the lock"


def test_the_head_of_a_page_is_kept_and_not_cited(tmp_path: Path) -> None:
    body = paragraph(run("The lock opens on Monday."))
    [article] = items(document(tmp_path / "a.docx", body, header="Embargoed until Sunday"))
    assert isinstance(article, Article)
    [aside] = article.asides
    assert (article.text[aside.start : aside.end], aside.what) == ("Embargoed until Sunday", "page header")
    assert article.words(0, len(article.text)) == "The lock opens on Monday.\n"
    assert text(tmp_path, body, header="3") == "The lock opens on Monday."


def test_a_document_within_a_document_is_told(tmp_path: Path) -> None:
    told, article = items(document(tmp_path / "a.docx", paragraph(run("Read.")) + "<w:altChunk/>"))
    assert str(told) == "a.docx: holds other documents in itself, which are left out (1); paste them"
    assert isinstance(article, Article) and article.text == "Read."


def test_the_lock_of_an_open_document_is_passed_over(tmp_path: Path) -> None:
    write_files(tmp_path, {"~$lock.docx": b"\x07Desk", "a.txt": "One.", ".~lock.b.docx#": "x"})
    assert find_files(tmp_path) == ([tmp_path / "a.txt"], [], {})
