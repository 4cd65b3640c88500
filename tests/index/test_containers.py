"""What is packed is read as if it were not, within limits, and nothing of it gets out of where it is put."""

import bz2
import gc
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article, ArticleError, Original, OtherMembers
from index.news_index import NewsIndex
from index.reading.apart import end_workers
from index.reading.containers.member import Budget, TooMuch
from index.reading.containers.unpack import MOST_NAMED
from index.reading.files import READERS, LeftAlone, find_files, kind_of, read_file
from tests.conftest import write_files
from tests.support.fakes import FakeEmbedder, count_words

Files = Sequence[tuple[str, bytes]]
NEWS: Files = [("news/one.txt", b"One happened."), ("two.md", b"# Two\n\nTwo happened."), ("pic.png", b"\x89PNG")]


def make_zip(files: Files) -> bytes:
    with zipfile.ZipFile(made := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, content)
    return made.getvalue()


def make_tar(files: Files) -> bytes:
    with tarfile.open(fileobj=(made := io.BytesIO()), mode="w") as packed:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return made.getvalue()


def capture(
    url: str,
    body: bytes,
    content_type: str = "text/plain",
    *,
    status: str = "200 OK",
    kind: str = "response",
    headers: str = "",
    date: str = "2020-01-04T00:00:00Z",
) -> bytes:
    """One WARC record, written as ISO 28500 has it."""
    http = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{headers}\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: {date}\r\n"
        f"WARC-Record-ID: <urn:uuid:1>\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def make_warc(files: Files) -> bytes:
    return b"".join(capture(f"https://example.org/{name}", content) for name, content in files)


PACK: dict[str, Callable[[Files], bytes]] = {
    ".zip": make_zip,
    ".tar": make_tar,
    ".tar.gz": lambda files: gzip.compress(make_tar(files), mtime=0),
    ".tgz": lambda files: gzip.compress(make_tar(files), mtime=0),
    ".tar.bz2": lambda files: bz2.compress(make_tar(files)),
    ".tar.xz": lambda files: lzma.compress(make_tar(files)),
    ".warc": make_warc,
    ".warc.gz": lambda files: b"".join(gzip.compress(make_warc([file]), mtime=0) for file in files),
}
PACKED = [kind for kind in PACK if ".warc" not in kind]


def read(folder: Path, name: str, content: bytes) -> tuple[list[Article], list[str], int]:
    """Articles, sentences and how many members are left alone, of a container of these bytes, read in this process."""
    write_files(folder, {name: content})
    kind = kind_of(Path(name))
    items = list(READERS[kind](Original(folder / name, name.removesuffix(kind), name)))
    return (
        [item for item in items if isinstance(item, Article)],
        [str(item) for item in items if isinstance(item, ArticleError) and not isinstance(item, OtherMembers)],
        sum(item.count for item in items if isinstance(item, OtherMembers)),
    )


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test's temporary files are gone when it ends, and nothing was written beside them."""
    place = tmp_path / "place"
    (place / "inner").mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(place / "inner"))
    monkeypatch.chdir(place)
    yield
    end_workers()
    assert [path for path in place.rglob("*") if path.name != "inner"] == []


# What is read


@pytest.mark.parametrize("kind", PACKED)
def test_a_member_is_an_article_of_its_own(tmp_path: Path, kind: str) -> None:
    articles, problems, others = read(tmp_path, f"b{kind}", PACK[kind](NEWS))
    assert [(article.id, article.text, article.title, article.original) for article in articles] == [
        ("b/news/one", "One happened.", "one", f"b{kind}/news/one.txt"),
        ("b/two", "# Two\n\nTwo happened.", "Two", f"b{kind}/two.md"),
    ]
    assert (problems, others) == ([], 1)


@pytest.mark.parametrize("kind", [".warc", ".warc.gz"])
def test_a_captured_page_is_an_article_with_its_address(tmp_path: Path, kind: str) -> None:
    articles, problems, others = read(tmp_path, f"b{kind}", PACK[kind](NEWS[:1]))
    [article] = articles
    assert (article.id, article.text) == ("b/example.org/news/one.txt", "One happened.")
    assert (article.url, article.published) == ("https://example.org/news/one.txt", None)
    assert article.original == f"b{kind}/example.org/news/one.txt"
    assert (problems, others) == ([], 0)


def test_a_warc_in_one_gzip_is_read_too(tmp_path: Path) -> None:
    articles, problems, _ = read(tmp_path, "b.warc.gz", gzip.compress(make_warc([("a", b"A."), ("b", b"B.")])))
    assert [article.text for article in articles] == ["A.", "B."] and not problems


def test_a_warc_of_requests_alone_is_not_called_empty(tmp_path: Path) -> None:
    asked = capture("https://e.org/request", b"x", kind="request")
    assert read(tmp_path, "b.warc", asked)[1] == ["b.warc: holds no page that was captured; it is left out"]


def test_of_a_warc_only_pages_are_read(tmp_path: Path) -> None:
    chunked = b"5\r\nThis \r\n3\r\nis.\r\n0\r\n\r\n"
    packed = gzip.compress(b"Packed.")
    records = [
        capture("https://e.org/request", b"x", kind="request"),
        capture("https://e.org/moved", b"Moved.", status="301 Moved"),
        capture("https://e.org/pic", b"\x89PNG", "image/png"),
        capture("https://e.org/robots.txt", b"User-agent: *"),
        capture("https://e.org/chunked", chunked, headers="Transfer-Encoding: chunked\r\n"),
        capture("https://e.org/packed", packed, headers="Content-Encoding: gzip\r\n"),
        capture("https://e.org/zstd", b"x", headers="Content-Encoding: zstd\r\n"),
        capture("https://e.org/latin", b"caf\xe9", "text/plain; charset=iso-8859-1"),
        capture("https://e.org/wrong", "café".encode(), "text/plain; charset=iso-8859-1"),
        capture("https://e.org/latin", b"Later.", date="2021-01-01T00:00:00Z"),
        capture("https://e.org/latin", b"Dated by fuzzing.", date="\0 2020"),
        capture("https://e.org/../../etc/passwd", b"A page."),
    ]
    articles, problems, others = read(tmp_path, "b.warc", b"".join(records))
    assert [(article.id.removeprefix("b/e.org/"), article.text) for article in articles] == [
        ("chunked", "This is."),
        ("packed", "Packed."),
        ("latin", "café"),
        ("wrong", "café"),
        ("latin @ 2021-01-01T00:00:00Z", "Later."),
        ("latin @ 11", "Dated by fuzzing."),
        ("../../etc/passwd", "A page."),
    ]
    assert problems == ["b.warc/https://e.org/zstd: is packed as zstd, which is not read here; it is left out"]
    assert others == 3


def test_one_member_at_a_time_lies_unpacked(tmp_path: Path) -> None:
    file = write_files(tmp_path, {"b.zip": make_zip(NEWS)}) / "b.zip"
    for item in READERS[".zip"](Original(file, "b", "b.zip")):
        unpacked = [path for path in (tmp_path / "place").rglob("*") if path.is_file()]
        assert [path.stem for path in unpacked] == (["member"] if isinstance(item, Article) else [])


def test_rows_in_a_container_keep_their_ids(tmp_path: Path) -> None:
    rows = b'{"id": "a", "text": "A."}\n{"id": "b", "text": "B."}\n'
    articles, problems, _ = read(tmp_path, "b.zip", make_zip([("x.jsonl", rows), ("y.jsonl", rows[:26])]))
    told = [("a", "b.zip/x.jsonl"), ("b", "b.zip/x.jsonl"), ("a", "b.zip/y.jsonl")]  # the archive tells them apart
    assert [(article.id, article.original) for article in articles] == told and problems == []


def test_hidden_members_are_passed_over(tmp_path: Path) -> None:
    names = [".DS_Store", "__MACOSX/._a.txt", ".git/x.txt", "news/.b.txt"]
    empty = ([], ["b.zip: is empty; it is left out"], 0)
    assert read(tmp_path, "b.zip", make_zip([(name, b"x") for name in names])) == empty


def test_a_name_in_utf8_is_read_where_the_zip_does_not_say_so(tmp_path: Path) -> None:
    whole = make_zip([("über.txt", b"Text.")])
    silent = bytearray(whole)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = whole.index(mark) + flags
        assert struct.unpack_from("<H", silent, at)[0] & 0x800
        struct.pack_into("<H", silent, at, 0)
    [article], _, _ = read(tmp_path, "b.zip", bytes(silent))
    assert article.id == "b/über"


@pytest.mark.slow
def test_an_archive_holds_what_a_container_holds(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "articles", {"b.zip": make_zip(NEWS), "c.txt": "Three happened."})
    news = NewsIndex.create(tmp_path / "archive", FakeEmbedder(), max_tokens=20)
    report = news.update([folder], count_tokens=count_words)
    assert sorted(news.archive.owners()) == ["b/news/one", "b/two", "c"]
    assert (report.new, report.problems, report.other_files) == (3, [], 1)
    article = news.archive.article("b/news/one")
    assert article is not None and article.original == "b.zip/news/one.txt"
    report = news.update([folder], count_tokens=count_words)
    assert (report.unchanged, report.embedded) == (3, 0), "a picture in it is nothing to be mended"
    write_files(folder, {"b.zip": make_zip(NEWS[1:])})
    assert news.update([folder], count_tokens=count_words).removed == 1


# What is refused


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("../../evil.txt", 'its name leads out of its container ("..")'),
        ("a/../../evil.txt", 'its name leads out of its container ("..")'),
        ("..\\evil.txt", 'its name leads out of its container ("..")'),
        ("/tmp/evil.txt", "its name is an absolute path"),
        ("\\\\host\\evil.txt", "its name is an absolute path"),
        ("C:\\evil.txt", "its name is an absolute path"),
        ("c:evil.txt", "its name is an absolute path"),
        ("a\x1b[2Jb.txt", "its name holds control characters"),
        ("a\nb.txt", "its name holds control characters"),
        ("a\u202etxt.exe.txt", "its name holds control characters"),
        ("n" * 10_000 + ".txt", "its name has 10004 characters, 1000 at most"),
    ],
    ids=range(11),
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, kind: str, name: str, sentence: str) -> None:
    files = [("one.txt", b"One."), (name, b"Evil."), ("two.txt", b"Two.")]
    articles, [problem], _ = read(tmp_path, f"b{kind}", PACK[kind](files))
    assert [article.text for article in articles] == ["One.", "Two."]
    assert sentence in problem and problem.startswith(f"b{kind}/")
    assert problem.isprintable() and len(problem) < 250


@pytest.mark.parametrize(
    ("type_", "sentence"),
    [
        (tarfile.SYMTYPE, "is a link; it is left out"),
        (tarfile.LNKTYPE, "is a link; it is left out"),
        (tarfile.CHRTYPE, "is a device or of no known kind; it is left out"),
        (tarfile.BLKTYPE, "is a device or of no known kind; it is left out"),
        (tarfile.FIFOTYPE, "is a device or of no known kind; it is left out"),
    ],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, type_: bytes, sentence: str) -> None:
    with tarfile.open(fileobj=(made := io.BytesIO()), mode="w") as packed:
        info = tarfile.TarInfo("a.txt")
        info.type, info.linkname = type_, "/etc/passwd"
        packed.addfile(info)
    assert read(tmp_path, "b.tar", made.getvalue()) == ([], [f"b.tar/a.txt: {sentence}"], 0)


@pytest.mark.parametrize("type_", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path, type_: int) -> None:
    with zipfile.ZipFile(made := io.BytesIO(), "w") as packed:
        info = zipfile.ZipInfo("a.txt")
        info.external_attr = (type_ | 0o777) << 16
        packed.writestr(info, "/etc/passwd")
    assert read(tmp_path, "b.zip", made.getvalue()) == ([], ["b.zip/a.txt: is a link or a device; it is left out"], 0)


def test_a_tar_of_holes_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a.txt")
    info.size = 1
    info.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(10**13), "GNU.sparse.name": "a.txt"}
    made = info.tobuf(tarfile.PAX_FORMAT) + b"x" + b"\0" * 511 + b"\0" * 1024
    assert read(tmp_path, "b.tar", made) == ([], ["b.tar/a.txt: is a file with holes; it is left out"], 0)


def test_an_encrypted_zip_is_a_sentence(tmp_path: Path) -> None:
    made = bytearray(make_zip([("a.txt", b"Secret.")]))
    struct.pack_into("<H", made, bytes(made).index(b"PK\x01\x02") + 8, 1)
    assert read(tmp_path, "b.zip", bytes(made)) == (
        [],
        ["b.zip/a.txt: is encrypted; unpack it and index the folder"],
        0,
    )


# What is too much


def test_an_attachment_of_a_mail_in_a_zip_lies_in_both(tmp_path: Path) -> None:
    letter = EmailMessage()
    letter.set_content("The bridge was opened on Saturday.")
    letter.add_attachment(b"plain text", maintype="text", subtype="plain", filename="a.txt")
    articles, _, _ = read(tmp_path, "b.zip", make_zip([("in/m.eml", letter.as_bytes())]))
    assert [article.original for article in articles] == ["b.zip/in/m.eml", "b.zip/in/m.eml/a.txt"]


def test_a_zip_of_zips_is_read_two_deep(tmp_path: Path) -> None:
    inner = make_zip([("deep.txt", b"Deep."), ("deeper.zip", make_zip([("a.txt", b"A.")]))])
    articles, problems, _ = read(tmp_path, "b.zip", make_zip([("in/inner.zip", inner), ("a.txt", b"A.")]))
    assert [(article.id, article.original) for article in articles] == [
        ("b/in/inner/deep", "b.zip/in/inner.zip/deep.txt"),
        ("b/a", "b.zip/a.txt"),
    ]
    assert problems == ["b.zip/in/inner.zip/deeper.zip: is packed more than 2 deep; it is left out"]


@pytest.mark.parametrize("kind", [*PACKED, ".warc.gz"])
def test_what_unpacks_to_too_much_stops_and_what_came_before_is_kept(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.reading.containers.member.FREELY_UNPACKED", 0)
    monkeypatch.setattr("index.reading.containers.member.MOST_TIMES", 20)
    noise = os.urandom(20_000).hex().encode()
    files = [("a.txt", noise), ("bomb.txt", b"a" * 10_000_000), ("c.txt", b"After.")]
    made = PACK[kind](files)
    if kind == ".tar":
        assert len(read(tmp_path, "b.tar", made)[0]) == 3, "what is not packed unpacks to itself"
        return
    articles, [problem], _ = read(tmp_path, f"b{kind}", made)
    assert [len(article.text) for article in articles] == [40_000]
    assert problem.startswith(f"b{kind}: unpacks to more than ") and problem.endswith("; the rest of it is left out")


@pytest.mark.parametrize("kind", [*PACKED, ".warc.gz"])
def test_no_byte_is_counted_twice(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.reading.containers.member.FREELY_UNPACKED", 1_000_000)
    monkeypatch.setattr("index.reading.containers.member.MOST_TIMES", 0)
    articles, problems, _ = read(tmp_path, f"b{kind}", PACK[kind]([("a.txt", b"a" * 600_000)]))
    assert [len(article.text) for article in articles] == [600_000] and not problems


@pytest.mark.no_cover  # to trace takes time and memory
@pytest.mark.slow
def test_the_headers_of_a_tar_are_not_kept(tmp_path: Path) -> None:
    write_files(tmp_path, {"b.tar": make_tar([(f"{number}.png", b"") for number in range(30_000)])})
    gc.collect()
    tracemalloc.start()
    left = [str(item).split(" ", 1) for item in READERS[".tar"](Original(tmp_path / "b.tar", "b", "b.tar"))]
    assert {words for _, words in left} == {"members of other kinds are left alone"}
    assert sum(int(count) for count, _ in left) == 30_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 15_000_000, "a header is about 1,000 bytes, and what other threads of the tests make is traced too"


def test_one_budget_is_for_all_levels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = make_zip([(f"{n}.txt", b"a" * 100_000) for n in range(10)])
    monkeypatch.setattr("index.reading.containers.member.FREELY_UNPACKED", 1_500_000)
    monkeypatch.setattr("index.reading.containers.member.MOST_TIMES", 0)
    articles, problems, _ = read(tmp_path, "b.zip", make_zip([(f"{n}.zip", bomb) for n in range(50)]))
    assert len(articles) == 14 and len(problems) == 1
    monkeypatch.setattr("index.reading.containers.member.MOST_MEMBERS", 25)
    monkeypatch.setattr("index.reading.containers.member.FREELY_UNPACKED", 10**9)
    articles, [problem], _ = read(tmp_path, "b.zip", make_zip([(f"{n}.zip", bomb) for n in range(50)]))
    assert len(articles) == 22, "three containers and their members, the last of which is one too many"
    assert problem == "b.zip: holds more than 25 members; those after them are left out"


def test_a_page_in_a_warc_that_unpacks_to_too_much_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.reading.containers.member.FREELY_UNPACKED", 1_000_000)
    bomb = capture("https://e.org/b", gzip.compress(b"a" * 2_000_000), headers="Content-Encoding: gzip\r\n")
    articles, [problem], _ = read(tmp_path, "b.warc", make_warc(NEWS[:1]) + bomb)
    assert len(articles) == 1 and problem.startswith("b.warc: unpacks to more than 1 MB")


def test_a_budget_names_what_was_passed() -> None:
    budget = Budget("a.zip", packed_bytes=10**7)
    budget.take_bytes(10**9)
    with pytest.raises(TooMuch, match=r"^a.zip: unpacks to more than 1000 MB \(100 times its size, 20 GB at most\)"):
        budget.take_bytes(1)


def test_so_many_problems_are_named_and_the_others_counted(tmp_path: Path) -> None:
    files = [(f"{n}.txt", b"") for n in range(MOST_NAMED + 7)]
    articles, problems, _ = read(tmp_path, "b.zip", make_zip([*files, ("z.txt", b"Text.")]))
    assert len(articles) == 1 and len(problems) == MOST_NAMED + 1
    assert problems[0] == "b.zip/0.txt: is empty; it is left out"
    assert problems[-1] == "b.zip: 7 more of its members have something wrong with them"


# What is damaged


@pytest.mark.parametrize("kind", PACK)
def test_what_is_cut_off_is_a_sentence_and_what_came_before_is_kept(tmp_path: Path, kind: str) -> None:
    whole = PACK[kind]([("one.txt", b"One."), ("two.txt", os.urandom(50_000).hex().encode())])
    articles, problems, _ = read(tmp_path, f"b{kind}", whole[: len(whole) - 20_000])
    assert len(problems) == 1 and problems[0].startswith(f"b{kind}")
    assert "is damaged" in problems[0] and problems[0].endswith(" left out")
    assert [article.text for article in articles] == ([] if kind in (".zip", ".tar.bz2") else ["One."])


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize(
    "content",
    [b"", b"no container at all", b"\x1f\x8b\x08\0\0\0", b"\0" * 5000, b"\xff\x1b[2J\xf3\x03" * 99],
    ids=range(5),
)
def test_what_is_no_container_is_a_sentence(tmp_path: Path, kind: str, content: bytes) -> None:
    articles, problems, _ = read(tmp_path, f"b{kind}", content)
    assert not articles and len(problems) == 1
    assert all(problem.isprintable() for problem in problems)


@pytest.mark.parametrize(("field", "size"), [(24, 1), (20, 1), (16, 7), (42, 10**9)])
def test_a_list_that_lies_about_a_member_costs_that_member(tmp_path: Path, field: int, size: int) -> None:
    made = bytearray(make_zip([("lies.txt", b"a" * 1000), ("true.txt", b"True.")]))
    struct.pack_into("<I", made, bytes(made).index(b"PK\x01\x02") + field, size)  # its sizes, its sum, its place
    articles, [problem], _ = read(tmp_path, "b.zip", bytes(made))
    assert [article.id for article in articles] == ["b/true"]
    assert problem.startswith("b.zip/lies.txt: is damaged (")


def test_a_zip_without_its_first_bytes_costs_the_first_member(tmp_path: Path) -> None:
    """Found by fuzzing: zipfile seeks to where no byte is, and the system's error for that is like that of a disk."""
    articles, [problem], _ = read(tmp_path, "b.zip", make_zip([("one.txt", b"One."), ("two.txt", b"Two.")])[8:])
    assert [article.text for article in articles] == ["Two."]
    assert problem == "b.zip/one.txt: is damaged (OSError: [Errno 22] Invalid argument); it is left out"


def test_a_list_that_promises_too_much_is_not_believed(tmp_path: Path) -> None:
    made = bytearray(make_zip([("lies.txt", b"a" * 1000)]))
    struct.pack_into("<I", made, bytes(made).index(b"PK\x01\x02") + 24, 10**9)
    articles, problems, _ = read(tmp_path, "b.zip", bytes(made))
    assert [article.text for article in articles] == ["a" * 1000] and not problems


def test_garbage_between_members_of_a_tar_is_not_its_end(tmp_path: Path) -> None:
    one, two = make_tar([("one.txt", b"One.")])[:1024], make_tar([("two.txt", b"Two.")])
    articles, [problem], _ = read(tmp_path, "b.tar", one + b"garbage!" * 64 + two)
    assert [article.text for article in articles] == ["One."]
    assert problem == "b.tar: is damaged (it ends in what is no header); the rest of it is left out"


# Which files


def test_a_folder_with_a_link_to_itself_is_read_once(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "articles", {"a/b.zip": make_zip(NEWS)})
    (folder / "a" / "again").symlink_to(folder)
    files, others, _ = find_files(folder)
    assert ([file.name for file in files], [file.name for file in others]) == (["b.zip"], ["again"])


def test_members_of_other_kinds_are_no_problem(tmp_path: Path) -> None:
    write_files(tmp_path, {"b.zip": make_zip([("a.png", b""), ("b.png", b""), ("c.exe", b"")])})
    assert list(read_file(tmp_path / "b.zip", "b")) == [LeftAlone("3 members of other kinds are left alone", 3)]


# Whatever comes


@given(st.sampled_from(sorted(PACK)), st.binary(max_size=3000))
def test_any_bytes_give_articles_and_sentences(
    tmp_path_factory: pytest.TempPathFactory, kind: str, content: bytes
) -> None:
    articles, problems, _ = read(tmp_path_factory.mktemp("fuzz"), f"b{kind}", content)
    assert not articles and len(problems) <= 1


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A container of three members with some of its bytes changed, put in, left out or doubled."""
    kind = draw(st.sampled_from(sorted(PACK)))
    content = bytearray(
        PACK[kind]([*NEWS, ("in.zip", make_zip(NEWS)), ("x.tar.gz", gzip.compress(make_tar(NEWS), mtime=0))])
    )
    if kind.endswith("z") and draw(st.booleans()):
        content = bytearray(make_tar(NEWS) if kind == ".tgz" else make_warc(NEWS))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 40))
        put = draw(st.one_of(st.binary(max_size=12), st.just(bytes(content[at : at + 600])), st.just(b"\xff" * 8)))
        content[at : at + length] = put
    return kind, bytes(content)


@given(damaged())
def test_a_damaged_container_gives_articles_and_sentences(
    tmp_path_factory: pytest.TempPathFactory, made: tuple[str, bytes]
) -> None:
    kind, content = made
    articles, problems, _ = read(tmp_path_factory.mktemp("fuzz"), f"b{kind}", content)
    for article in articles:
        assert article.id.startswith("b/") and article.original and article.original.startswith(f"b{kind}/")
    assert all(problem.isprintable() and len(problem) < 600 for problem in problems)
