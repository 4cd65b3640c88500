"""What Windows has otherwise, tried without one: paths, modes of files, encodings, flags that are missing there."""

import ast
import os
import subprocess
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pytest

from ground.files import below
from index.news_index import NewsIndex
from index.reading.files import id_of
from tests.test_floors import MODULES, ROOT
from web import batch
from web.auth.logins import LoginError, add_login, read_logins
from web.auth.session import read_secret
from web.batch import AddingError, copy_in, safe_path


def test_an_id_has_slashes_on_every_system() -> None:
    assert id_of(PureWindowsPath(r"C:\news\2020\fire.txt"), PureWindowsPath(r"C:\news")) == "2020/fire"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("folder", "inside", "outside"),
    [
        (PureWindowsPath(r"C:\news"), [r"C:\news\a.txt", r"C:\news\b\c.txt"], [r"C:\newsroom\a.txt", r"C:\news.txt"]),
        (PureWindowsPath("C:/"), [r"C:\a.txt"], [r"D:\a.txt"]),
        (PureWindowsPath(r"\\host\share\news"), [r"\\host\share\news\a.txt"], [r"\\host\share\new.txt"]),
        (PureWindowsPath("/"), [r"C:\a.txt", r"\\host\share\a.txt", "é"], []),
        (PurePosixPath("/news"), ["/news/a.txt"], ["/news0", "/newsroom/a.txt", r"/news\a.txt"]),
        (PurePosixPath("/"), ["/news/a.txt"], ["news"]),
    ],
)
def test_what_is_below_a_folder(folder: Any, inside: list[str], outside: list[str]) -> None:
    first, end = below(folder)
    assert all(first <= path < end for path in inside) and not any(first <= path < end for path in outside)


def test_an_archive_knows_its_files_by_paths_of_windows(news: NewsIndex) -> None:
    for path in (r"C:\news\a.txt", r"C:\newsroom\b.txt"):
        news.archive.put_file(path, r"C:\news", "0")
    folder: Any = PureWindowsPath(r"C:\news")
    assert set(news.archive.files_under(folder)) == {r"C:\news\a.txt"}


def test_a_name_from_outside_names_no_drive_no_stream_and_no_device() -> None:
    for name in (r"C:\x.txt", "c:x.txt", "a.txt:hidden", "NUL", "com1.txt", "aux.tar.gz", 'a<b>|"?*.txt'):
        safe = safe_path(name)
        seen = PureWindowsPath(safe)
        assert (
            not seen.drive and not seen.is_absolute() and not seen.is_reserved() and not set('<>:"|?*') & set(str(safe))
        )


def test_modes_count_only_where_there_are_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows each file seems to be open to all."""
    file = tmp_path / "logins"
    add_login(file, "ana", "correct horse")
    secret = read_secret(tmp_path)
    for made in (file, tmp_path / "secret"):
        made.chmod(0o666)
    with pytest.raises(LoginError, match="others may write it"):
        read_logins(file)
    monkeypatch.setattr("ground.files.HAS_MODES", False)
    assert list(read_logins(file)) == ["ana"] and read_secret(tmp_path) == secret


def test_a_copy_needs_no_flag_that_windows_has_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for flag in ("O_NOFOLLOW", "O_NONBLOCK"):
        monkeypatch.delattr(os, flag)
    monkeypatch.setattr(batch, "FOLLOWS", True)
    (tmp_path / "a.txt").write_bytes(b"one\r\ntwo")
    assert copy_in(tmp_path / "a.txt", tmp_path / "b.txt", most_bytes=99, check=lambda done: None)[0] == 8
    (tmp_path / "link").symlink_to(tmp_path / "a.txt")
    with pytest.raises(AddingError, match="is a link"):
        copy_in(tmp_path / "link", tmp_path / "c.txt", most_bytes=99, check=lambda done: None)


TEXTS = {"read_text": 0, "write_text": 1}  # the place of the encoding among the arguments


def unnamed(tree: ast.AST) -> list[int]:
    """The lines that read or write a text in whatever encoding the system has."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    return [
        call.lineno
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in TEXTS
        if len(call.args) <= TEXTS[call.func.attr] and not any(word.arg == "encoding" for word in call.keywords)
    ]


def test_every_text_file_has_a_named_encoding() -> None:
    assert unnamed(ast.parse("a.read_text()\na.read_text('utf-8')\na.write_text('x')")) == [1, 3]
    found = {name: unnamed(ast.parse(file.read_text("utf-8"))) for name, file in MODULES.items()}
    assert not {name: lines for name, lines in found.items() if lines}


@pytest.mark.slow  # a process of its own
@pytest.mark.parametrize("encoding", ["cp1252", "cp437"])
def test_a_pipe_that_is_not_utf_8_gets_every_answer(tmp_path: Path, encoding: str) -> None:
    code = (
        "import sys\nfrom tests.support.fakes import fakes_for_models\nfrom app import main\nwith fakes_for_models():\n"
        f"    sys.exit(main(['demo', '--archive', {str(tmp_path / 'demo')!r}]))"
    )
    given = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C"}
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, env=given)
    assert ran.returncode == 0 and b"\n[1] " in ran.stdout, ran.stderr
    said = ran.stdout.decode(encoding)
    assert ("“" if encoding == "cp1252" else r"\u201c") in said
