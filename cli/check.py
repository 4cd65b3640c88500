"""`groundwire check`: a draft against the archive, sentence by sentence, and quotes that were kept outside it."""

import argparse
import io
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import place_of, scope_of
from cli.terminal import Line, correction_line, credit_line, open_room, plain
from ground.language import Words
from ground.shown import one_line
from ground.words import plain_json
from qa.settings import Settings

if TYPE_CHECKING:
    from qa.checking.check import Check, Checked
    from qa.checking.kept import KeptQuote, Verified

UNPROVED = 4  # exit code where something is not borne out
SIGNS = {"borne out": "✓", "contradicted": "✗", "not found": "?", "skipped": "–"}
EXAMPLE = """examples:
  groundwire check draft.docx --archive news --html checked.html
  pbpaste | groundwire check - --archive news
  groundwire check notebook.docx --archive news       quotes that were exported: do they stand there still?

exit codes: 0 all is borne out, 4 something is not, 1 it could not be checked"""


def add_check_command(add: Callable[..., argparse.ArgumentParser]) -> None:
    """`add` makes a command: its name, what runs it, one line of help, its groups of options."""
    what = "check a draft sentence by sentence against the archive; no language model"
    check = add("check", run_check, what, "archive", "scope", "embedder")
    check.epilog, check.formatter_class = EXAMPLE, argparse.RawDescriptionHelpFormatter
    check.add_argument("file", metavar="DRAFT", help="a .txt, .md or .docx file, or - for standard input")
    check.add_argument("--json", action="store_true", help="print what was found as JSON")
    check.add_argument("--html", type=Path, metavar="FILE", help="write it as one page to click through, too")
    check.add_argument("--draft", action="store_true", help="check the sentences even where it holds exported quotes")


def run_check(given: argparse.Namespace, settings: Settings) -> int:
    from qa.checking.check import check
    from qa.checking.draft import read_draft
    from qa.checking.kept import kept_quotes

    path = None if given.file == "-" else Path(given.file)
    scope = scope_of(given)
    raw = _read_input() if path is None else _raw(path)
    _check_page(given.html, path)
    read = "" if path is None or raw else read_draft(path)  # of a Word document, whose words alone are text
    quotes = [] if given.draft else kept_quotes(raw or read)
    if quotes:
        return _verify(quotes, raw or read, given, settings)
    text = raw if path is None else read or read_draft(path)
    room = open_room(settings)
    line = Line()
    found = check(
        room,
        text,
        scope=room.news.archive.known(scope),
        progress=lambda done, total: line.say(f"sentence {done + 1} of {total} …"),
    )
    line.clear()
    if given.html:
        from ground.files import write_whole
        from qa.checking.page import as_html

        write_whole(given.html, as_html(found, path.name if path else "Draft", Path(place_of(settings.archive)).name))
    print(plain_json(found.to_dict()) if given.json else _told(found))
    return 0 if found.clean else UNPROVED


def _check_page(page: Path | None, draft: Path | None) -> None:
    """Raises DraftError, before anything is checked, for a --html that is the draft or can be no file."""
    from qa.checking.draft import DraftError

    if page is None:
        return
    if page.is_dir() or not page.parent.is_dir():
        raise DraftError(f"{page}: cannot be a file there; name one in a folder that is there with --html")
    if draft and page.exists() and page.samefile(draft):
        raise DraftError(f"{page}: is the draft itself; name another file with --html")


def _read_input() -> str:
    from qa.checking.draft import DraftError

    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="strict")
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise DraftError(f"standard input: not UTF-8 at byte {error.start}; save the draft as UTF-8") from None


def _raw(path: Path) -> str:
    """The file as text, to look for exported quotes in; empty for what is none. Raises DraftError for no file."""
    from qa.checking.draft import DraftError

    if not path.is_file():
        raise DraftError(f"{path}: no such file; name a draft, or - for standard input")
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""


def _told(found: "Check") -> str:
    """Each sentence with its mark and quotes, and the counts."""
    lines = [line for one in found.sentences if one.mark != "skipped" for line in [*_sentence(one), ""]]
    counts = found.counts
    marks = ", ".join(f"{counts[mark]} {mark}" for mark in ("borne out", "contradicted", "not found"))
    skipped = Counter(one.why[0] for one in found.sentences if one.mark == "skipped")
    left = ", ".join(f"{number} {why}" for why, number in sorted(skipped.items()))
    total = sum(counts.values()) - counts["skipped"]
    return "\n".join([*lines, f"{total} sentences: {marks}" + (f"; skipped: {left}" if left else "")])


def _sentence(one: "Checked") -> list[str]:
    lines = [f"{SIGNS[one.mark]} {one.mark:12}  {one_line(one.plain)}"]
    if why := one.reasons(Words()):
        lines.append(f"    why: {one_line('; '.join(why))}")
    for cited in one.citations:
        near = "nearest: " if one.mark == "not found" else ""
        also = f"; also carried by {one_line(', '.join(cited.also_in))}" if cited.also_in else ""
        lines.append(f"    {near}{credit_line(cited.source, cited.published, cited.title)}{also}")
        lines.append(f"    {one_line(cited.article_id)} {cited.start}:{cited.end}")
        lines.append(textwrap.indent(textwrap.fill(f"“{plain(' '.join(cited.quote.split()))}”", 96), "    "))
        lines += [f"    {one_line(cited.caution)}"] if cited.caution else []
    return lines


def _verify(quotes: "Sequence[KeptQuote]", raw: str, given: argparse.Namespace, settings: Settings) -> int:
    """Whether exported quotes stand in the archive still; `raw` is the file that they were read from."""
    from index.opening import open_archive
    from qa.checking.kept import count_states, kept_state, verify

    archive = open_archive(settings.archive)
    verified = verify(archive, quotes)
    state, now = kept_state(raw), archive.contents()
    archive.close()
    counts = count_states(verified)
    if given.json:
        rows = [one.to_dict() for one in verified]
        print(plain_json({"archive": now, "exported_from": state, "counts": counts, "quotes": rows}))
    else:
        for one in verified:
            print("\n".join(_kept_lines(one)))
        told = ", ".join(f"{number} {name}" for name, number in counts.items())
        print(f"{len(verified)} {'quote' if len(verified) == 1 else 'quotes'}: {told}")
        if state:
            print(f"the archive {'is as it was when' if state == now else 'has changed since'} this was exported")
    return 0 if all(one.holds for one in verified) else UNPROVED


def _kept_lines(one: "Verified") -> list[str]:
    """A quote as it stands in the archive: its mark, its place, its words, and what came over them."""
    kept = one.kept
    now = f", now {one.start}:{one.end}" if one.state == "moved" else ""
    lines = [f"{'✓' if one.holds else '✗'} {one.state:9} {one_line(kept.article_id)} {kept.start}:{kept.end}{now}"]
    lines.append(textwrap.indent(textwrap.fill(f"“{plain(' '.join(kept.quote.split()))}”", 96), "    "))
    if one.later is not None:
        credit = credit_line(one.later.source, one.later.moment, one.later.title)
        says = f"says so too, at {one.later_says[0]}:{one.later_says[1]}" if one.later_says else "does not say so"
        lines.append(f"    superseded: a later version {says}: {one_line(one.later.article)} {credit}".rstrip())
    lines += [textwrap.indent(textwrap.fill(f"corrected: {correction_line(by)}", 96), "    ") for by in one.corrections]
    if one.told:
        lines.append("    this file quotes that, too")
    return lines
