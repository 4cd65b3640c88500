"""What it costs to read files of every kind, a twentieth broken; whether each is accounted for.

The kinds are those that there are readers for and that this script can write. An article is one of the corpus' own, cut
to 20,000 characters; a container holds ten. Files are indexed, then read alone; with `--no-embed` only read.
"""

import argparse
import bz2
import csv
import gzip
import html
import io
import json
import lzma
import random
import resource
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path

from bench.corpus import describe_path, read_corpus
from bench.process import run
from bench.record import open_parser, write_record
from index.article import Article
from index.reading.apart import end_workers
from index.reading.files import READERS, Problem, find_files, id_of, kind_of, read_file

LONGEST = 20_000
IN_A_CONTAINER = 10
Story = tuple[str, str]
Make = Callable[[Sequence[Story]], bytes]


def page(stories: Sequence[Story]) -> bytes:
    [(title, text)] = stories
    paragraphs = "".join(f"<p>{html.escape(part)}</p>\n" for part in text.split("\n\n"))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title></head>'
        f"<body><nav><a href='/'>Home</a></nav><article><h1>{html.escape(title)}</h1>\n{paragraphs}</article>"
        "</body></html>"
    ).encode()


def mail(stories: Sequence[Story]) -> bytes:
    [(title, text)] = stories
    message = EmailMessage()
    message["Subject"], message["From"] = " ".join(title.split()), "desk@example.org"
    message["Date"] = "Sat, 04 Jan 2020 10:00:00 +0000"
    message.set_content(text)
    return message.as_bytes()


def web_page_mail(stories: Sequence[Story]) -> bytes:
    message = EmailMessage()
    message["Subject"], message["MIME-Version"] = "Saved page", "1.0"
    message.set_content(page(stories).decode(), subtype="html")
    message.make_mixed()
    message.replace_header("Content-Type", 'multipart/related; type="text/html"')
    return message.as_bytes()


def rows(stories: Sequence[Story]) -> bytes:
    return "".join(json.dumps({"id": title, "text": text}) + "\n" for title, text in stories).encode()


def table(stories: Sequence[Story], *, delimiter: str = ",") -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter)
    writer.writerow(["id", "title", "text"])
    writer.writerows([title, title, text] for title, text in stories)
    return written.getvalue().encode()


def feed(stories: Sequence[Story]) -> bytes:
    items = "".join(
        f"<item><title>{html.escape(title)}</title><guid>urn:{html.escape(title)}</guid>"
        f"<description>{html.escape(text)}</description></item>"
        for title, text in stories
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Feed</title>{items}</channel></rss>'.encode()


def news_xml(stories: Sequence[Story]) -> bytes:
    [(title, text)] = stories
    paragraphs = "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n\n"))
    return (
        f'<?xml version="1.0"?><nitf><head><title>{html.escape(title)}</title></head><body><body.head><hedline>'
        f"<hl1>{html.escape(title)}</hl1></hedline></body.head><body.content>{paragraphs}</body.content></body></nitf>"
    ).encode()


def document(stories: Sequence[Story]) -> bytes:
    from docx import Document

    [(title, text)] = stories
    made = Document()
    made.add_heading(title)
    for part in text.split("\n\n"):
        made.add_paragraph(part)
    made.save(written := io.BytesIO())
    return written.getvalue()


def portable(stories: Sequence[Story]) -> bytes:
    """A PDF of one font, a page for every 50 lines, written by hand: no library of ours writes them."""
    [(_, text)] = stories
    plain = text.encode("latin-1", "replace").decode("latin-1").replace("\\", "").replace("(", "").replace(")", "")
    lines = [line[at : at + 90] for line in plain.splitlines() for at in range(0, max(1, len(line)), 90)]
    pages = [lines[at : at + 50] for at in range(0, len(lines), 50)] or [[""]]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, held in enumerate(pages):
        shown = "BT /F1 10 Tf 12 TL 50 780 Td " + " ".join(f"({line}) Tj T*" for line in held) + " ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream")
    made, places = b"%PDF-1.4\n", []
    for number, held_object in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{held_object}\nendobj\n".encode("latin-1")
    start = len(made)
    made += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    made += "".join(f"{place:010} 00000 n \n" for place in places).encode()
    return made + f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()


def packed_zip(stories: Sequence[Story]) -> bytes:
    with zipfile.ZipFile(written := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as packed:
        for title, text in stories:
            packed.writestr(f"{title}.txt", text)
    return written.getvalue()


def packed_tar(stories: Sequence[Story]) -> bytes:
    with tarfile.open(fileobj=(written := io.BytesIO()), mode="w") as packed:
        for title, text in stories:
            info = tarfile.TarInfo(f"{title}.txt")
            info.size = len(text.encode())
            packed.addfile(info, io.BytesIO(text.encode()))
    return written.getvalue()


def captures(stories: Sequence[Story], *, packed: bool) -> bytes:
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    writer = WARCWriter(written := io.BytesIO(), gzip=packed)
    for title, text in stories:
        kind, body = ("text/html", page([(title, text)])) if ".html" in READERS else ("text/plain", text.encode())
        head = StatusAndHeaders("200 OK", [("Content-Type", f"{kind}; charset=utf-8")], protocol="HTTP/1.1")
        address = f"https://example.org/{title}"
        writer.write_record(writer.create_warc_record(address, "response", payload=io.BytesIO(body), http_headers=head))
    return written.getvalue()


MAKE: dict[str, tuple[int, Make]] = {
    ".txt": (1, lambda stories: stories[0][1].encode()),
    ".md": (1, lambda stories: f"---\ntitle: Story\n---\n{stories[0][1]}".encode()),
    ".jsonl": (IN_A_CONTAINER, rows),
    ".html": (1, page),
    ".mhtml": (1, web_page_mail),
    ".eml": (1, mail),
    ".pdf": (1, portable),
    ".docx": (1, document),
    ".csv": (IN_A_CONTAINER, table),
    ".tsv": (IN_A_CONTAINER, lambda stories: table(stories, delimiter="\t")),
    ".xml": (1, news_xml),
    ".rss": (IN_A_CONTAINER, feed),
    ".zip": (IN_A_CONTAINER, packed_zip),
    ".tar": (IN_A_CONTAINER, packed_tar),
    ".tar.gz": (IN_A_CONTAINER, lambda stories: gzip.compress(packed_tar(stories), mtime=0)),
    ".tar.bz2": (IN_A_CONTAINER, lambda stories: bz2.compress(packed_tar(stories))),
    ".tar.xz": (IN_A_CONTAINER, lambda stories: lzma.compress(packed_tar(stories))),
    ".warc": (IN_A_CONTAINER, lambda stories: captures(stories, packed=False)),
    ".warc.gz": (IN_A_CONTAINER, lambda stories: captures(stories, packed=True)),
}


def broken(content: bytes, dice: random.Random) -> bytes:
    """A file as files break: cut off, emptied, overwritten in its middle, or something else under its name."""
    middle = len(content) // 2
    return dice.choice(
        [
            content[:middle],
            b"",
            content[:middle] + b"\0\xff" * 200 + content[middle + 400 :],
            b"\x89PNG\r\n\x1a\n" + b"\0" * 400,
        ]
    )


def write_mixed(articles: Sequence[Article], folder: Path, count: int, seed: int) -> tuple[list[Path], set[Path]]:
    """`count` files, kinds in turn, and which of them are broken: every twentieth of each kind, by the same dice."""
    dice = random.Random(seed)
    kinds = [kind for kind in MAKE if kind in READERS]
    files: list[Path] = []
    bad: set[Path] = set()
    for number in range(count):
        kind = kinds[number % len(kinds)]
        many, make = MAKE[kind]
        chosen = [articles[(number * IN_A_CONTAINER + place) % len(articles)] for place in range(many)]
        stories = [(f"story-{number}-{place}", one.text[:LONGEST]) for place, one in enumerate(chosen)]
        file = folder / kind[1:].replace(".", "-") / f"{number:05}{kind}"
        file.parent.mkdir(parents=True, exist_ok=True)
        content = make(stories)
        if number // len(kinds) % 20 == 19:
            content = broken(content, dice)
            bad.add(file)
        file.write_bytes(content)
        files.append(file)
    return files, bad


def peak_gb() -> dict[str, float]:
    """The most memory that this process held, and that the largest of its ended children did, a worker or the index."""
    scale = 1e9 if sys.platform == "darwin" else 1e6
    whose = {"this_process": resource.RUSAGE_SELF, "largest_child": resource.RUSAGE_CHILDREN}
    return {name: round(resource.getrusage(who).ru_maxrss / scale, 3) for name, who in whose.items()}


def read_all(folder: Path, files: Sequence[Path], bad: set[Path]) -> dict[str, object]:
    """Reads every file; figures by kind, and the files that gave neither an article nor a sentence."""
    by_kind: dict[str, dict[str, float]] = {}
    silent, unnoticed, wronged = [], [], []
    for file in files:
        began = time.perf_counter()
        items = list(read_file(file, id_of(file, folder)))
        seconds = time.perf_counter() - began
        problems = [item for item in items if isinstance(item, Problem)]
        found = by_kind.setdefault(kind_of(file), dict.fromkeys(("files", "articles", "problems", "seconds"), 0))
        for name, value in (("files", 1), ("articles", len(items) - len(problems)), ("problems", len(problems))):
            found[name] += value
        found["seconds"] += seconds
        name = file.relative_to(folder).as_posix()
        if not items:
            silent.append(name)
        if file in bad and not problems:
            unnoticed.append(name)
        if file not in bad and problems:
            wronged.append(name)
    end_workers()
    for found in by_kind.values():
        found["articles_per_second"] = round(found["articles"] / found["seconds"], 1)
        found["seconds"] = round(found["seconds"], 3)
    return {
        "by_kind": by_kind,
        "files": len(files),
        "broken_files": len(bad),
        "neither_article_nor_sentence": silent,
        "broken_without_a_sentence": unnoticed,
        "whole_with_a_sentence": wronged,
        "peak_rss_gb": peak_gb(),
    }


def main() -> None:
    parser: argparse.ArgumentParser = open_parser(__doc__ or "", name="mixed")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0, help="of how the broken files are broken")
    parser.add_argument("--no-embed", action="store_true", help="read the files, and index nothing")
    given = parser.parse_args()
    articles = [article for article in read_corpus(given.corpus) if article.text.strip()]
    about = describe_path(given.corpus, articles)

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "articles")
        files, bad = write_mixed(articles, folder, given.files, given.seed)
        indexed: dict[str, object] = {}
        if not given.no_embed:  # first, for a child's peak counts its parent's at its start
            models = ("--weights", given.weights.resolve(), "--offline")
            whole = run("index", folder, "--archive", Path(place, "archive"), *models, "--json", loud=True, check=False)
            report = json.loads(whole.output)
            indexed = {
                "index_exit_code": whole.code,
                "index_seconds": round(whole.seconds, 2),
                "index_peak_rss_gb": round(whole.peak_rss / 1e9, 3),
                "index_report": {name: value for name, value in report.items() if isinstance(value, int)},
                "index_problems": len(report.get("problems", [])),
            }
        assert sorted(files) == find_files(folder)[0], "every file is one that a reader is for"
        figures = read_all(folder, files, bad) | indexed
    for kind, found in figures["by_kind"].items():  # type: ignore[attr-defined]
        print(f"{kind:10}" + "".join(f"{name} {value:<10}" for name, value in found.items()))
    for name, value in figures.items():
        if name != "by_kind":
            print(f"{name:32}{value}")
    models_used = [] if given.no_embed else ["arctic-embed-s"]
    write_record(given.name, figures, corpus=about, models=models_used, weights=given.weights)


if __name__ == "__main__":
    main()
