"""The auth file and who may come in by it: hashed, read again when it changes, and slow for somebody who guesses."""

import io
import logging
import os
import runpy
import time
from pathlib import Path

import pytest

from cli.options import run_safely
from qa.settings import Settings
from web.auth import logins as module
from web.auth.logins import LoginError, Logins, TooManyTries, add_login, read_logins, remove_login, set_role
from web.auth.session import SESSION_SECONDS, cookie_name, read_secret, sign, verify

PASSWORD = "correct horse – é"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "logins"
    add_login(file, "paz", PASSWORD)
    return file


# The file


def test_a_login_is_a_name_and_a_hash_that_only_its_owner_reads(file: Path) -> None:
    text = file.read_text("utf-8")
    assert text.startswith("paz:$argon2id$") and text.count("\n") == 1 and PASSWORD not in text
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.slow
def test_outside_the_tests_a_hash_costs_what_argon2_advises(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "$m=8,t=1,p=1$" in file.read_text("utf-8")
    monkeypatch.setattr(module, "HASHING", runpy.run_path(module.__file__)["HASHING"])
    add_login(file, "paz", PASSWORD)
    assert "$m=65536,t=3,p=4$" in file.read_text("utf-8")
    assert Logins(file).check("paz", PASSWORD)


def test_adding_changing_and_removing_keep_the_rest(file: Path) -> None:
    file.write_text(f"# who may come in\n\n{file.read_text('utf-8')}", "utf-8")
    add_login(file, "m.writer", "another one")
    before = read_logins(file)
    add_login(file, "paz", "something new")
    after = read_logins(file)
    assert list(after) == ["paz", "m.writer"] and after["m.writer"] == before["m.writer"] and after != before
    remove_login(file, "paz")
    assert file.read_text("utf-8").splitlines()[:2] == ["# who may come in", ""] and list(read_logins(file)) == [
        "m.writer"
    ]


def test_a_login_reads_until_it_is_made_an_editor_and_its_password_and_sessions_stay(file: Path) -> None:
    logins = Logins(file)
    before = read_logins(file)["paz"]
    cookie = sign(bytes(32), "paz", before.hashed)
    assert before.role == "reader" and not logins.edits("paz") and not logins.edits("nobody")
    set_role(file, "paz", "editor")
    assert file.read_text("utf-8") == f"paz:{before.hashed}:editor\n" and file.stat().st_mode & 0o777 == 0o600
    assert logins.edits("paz") and verify(bytes(32), cookie, logins.hash_of) == "paz"
    assert logins.check("paz", PASSWORD)
    add_login(file, "paz", "another password")
    assert logins.edits("paz"), "a new password leaves the role"
    add_login(file, "paz", "another password", "reader")
    assert not logins.edits("paz")
    set_role(file, "paz", "editor")
    remove_login(file, "paz")
    assert not logins.edits("paz")
    with pytest.raises(LoginError, match="no login paz"):
        set_role(file, "paz", "reader")


@pytest.mark.parametrize("role", ["Editor", "editor ", "admin", "editor:x", "reader,editor"])
def test_a_role_that_is_none_lets_nobody_in(file: Path, role: str) -> None:
    text = file.read_text("utf-8").strip()
    file.write_text(f"{text}:{role}x\n", "utf-8")
    with pytest.raises(LoginError, match=r"logins:1: .* is no role; it is reader or editor"):
        read_logins(file)


def test_a_link_to_the_file_stays_one(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    add_login(link, "writer", "another one")
    assert link.is_symlink() and list(read_logins(file)) == ["paz", "writer"]


@pytest.mark.parametrize("name", ["", "Paz", ".paz", "a:b", "a b", "é", "x" * 33, "paz\n", "../paz"])
def test_what_is_no_name_is_refused(file: Path, name: str) -> None:
    with pytest.raises(LoginError, match="cannot be a login's name"):
        add_login(file, name, PASSWORD)
    assert list(read_logins(file)) == ["paz"]


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1_001])
def test_a_password_has_eight_characters_at_least_and_an_end(file: Path, password: str) -> None:
    with pytest.raises(LoginError, match=f"has {len(password):,} characters"):
        add_login(file, "paz", password)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("paz", "logins:3: no name and hash"),
        ("Paz:$argon2id$x", "logins:3: no name and hash"),
        ("other:secret", "logins:3: no argon2id hash"),
        ("paz:$argon2id$x", "logins:3: paz stands there twice"),
    ],
)
def test_a_bad_line_is_told_by_its_number(file: Path, line: str, why: str) -> None:
    with file.open("a") as out:
        out.write(f"# more\n{line}\n")
    with pytest.raises(LoginError, match=why) as told:
        read_logins(file)
    assert "secret" not in str(told.value)


def test_a_file_that_others_may_write_is_refused_and_one_they_may_read_is_told(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.chmod(0o620)
    with pytest.raises(LoginError, match="chmod 600"):
        read_logins(file)
    file.chmod(0o644)
    assert list(read_logins(file)) == ["paz"] and "others may read it" in caplog.text


def test_no_file_and_no_text_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LoginError, match="groundwire login add"):
        read_logins(tmp_path / "none")
    (tmp_path / "bad").write_bytes(b"\xff\xfe")
    (tmp_path / "bad").chmod(0o600)
    with pytest.raises(LoginError, match="not UTF-8"):
        Logins(tmp_path / "bad")


# Who comes in


def test_only_the_name_with_its_password_comes_in(file: Path) -> None:
    logins = Logins(file)
    assert logins.check("paz", PASSWORD) and logins.check("paz", "correct horse – e\u0301")
    for name, password in [("paz", ""), ("paz", "wrong one"), ("nobody", PASSWORD), ("", ""), ("paz", "\udcff")]:
        assert not logins.check(name, password)


def test_a_right_pair_is_remembered_and_forgotten_with_its_password(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logins = Logins(file)
    assert not logins.remembers("paz", PASSWORD)
    assert logins.check("paz", PASSWORD) and logins.remembers("paz", PASSWORD)
    assert not logins.remembers("paz", "wrong one")
    assert PASSWORD not in repr(vars(logins))
    now = time.monotonic()
    with monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: now + module.REMEMBERED_SECONDS + 1)
        assert not logins.remembers("paz", PASSWORD)
    add_login(file, "paz", "something new")
    assert not logins.remembers("paz", PASSWORD) and not logins.check("paz", PASSWORD)
    assert logins.check("paz", "something new")


def test_the_file_is_read_again_and_a_broken_one_lets_nobody_in(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    logins = Logins(file)
    assert logins.check("paz", PASSWORD)
    good = file.read_bytes()
    file.write_bytes(good + b"nonsense\n")
    assert not logins.check("paz", PASSWORD) and "logins:2" in caplog.text
    file.write_bytes(good)
    os.utime(file, (1, 1))
    assert logins.check("paz", PASSWORD)
    remove_login(file, "paz")
    assert not logins.check("paz", PASSWORD)
    file.unlink()
    assert not logins.check("paz", PASSWORD)


def test_a_name_that_is_not_there_takes_as_long(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import argon2

    verified = []
    real = argon2.PasswordHasher.verify

    def verify(self: argon2.PasswordHasher, hashed: str, password: str) -> bool:
        verified.append(hashed)
        return bool(real(self, hashed, password))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", verify)
    logins = Logins(file)
    logins.check("paz", "wrong one")
    logins.check("nobody", "wrong one")
    assert len(verified) == 2 and verified[0].split("$")[:4] == verified[1].split("$")[:4]


def test_guessing_becomes_slow_for_the_name_and_for_the_address(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(Logins, "_verify", lambda self, hashed, password: password == PASSWORD)
    logins = Logins(file)
    assert logins.check("paz", PASSWORD, "192.0.2.9")
    for _ in range(module.FREE_TRIES):
        assert not logins.check("paz", "wrong one", "192.0.2.1")
    with pytest.raises(TooManyTries, match="1 seconds"):
        logins.check("paz", "wrong one", "198.51.100.1")  # the name, from elsewhere
    with pytest.raises(TooManyTries):
        logins.check("other", "wrong one", "192.0.2.1")  # the address, for another name
    assert not logins.check("other", "wrong one", "198.51.100.1")
    assert logins.check("paz", PASSWORD, "192.0.2.1")  # who is in stays in
    waits = []
    for _ in range(8):
        with pytest.raises(TooManyTries) as told:
            logins.check("paz", "wrong one", "192.0.2.1")
        waits.append(told.value.seconds)
        now += told.value.seconds
        assert not logins.check("paz", "wrong one", "192.0.2.1")
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
    now += module.FORGOTTEN_SECONDS
    assert not logins.check("paz", "wrong one", "192.0.2.1") and not logins.check("paz", "wrong one", "192.0.2.1")


def test_what_is_remembered_of_tries_has_an_end(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Logins, "_verify", lambda self, hashed, password: False)
    monkeypatch.setattr(module, "KEPT", 10)
    logins = Logins(file)
    for number in range(50):
        logins.check(f"name{number}", "wrong one", f"2001:db8:0:{number}::1")
    assert len(logins._wrong) == 10


def test_no_password_and_no_made_up_name_is_in_the_log(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logins = Logins(file)
    logins.check("paz", "my secret word")
    logins.check("\x1b[2Jhostile", "my secret word")
    assert "wrong password for paz" in caplog.text
    assert "secret" not in caplog.text and "hostile" not in caplog.text


# Sessions


def test_a_cookie_ends_after_two_weeks_and_with_its_login() -> None:
    secret, held = bytes(32), {"paz": "hash"}
    value = sign(secret, "paz", "hash", now=0)
    assert verify(secret, value, held.get, now=SESSION_SECONDS - 1) == "paz"
    assert verify(secret, value, held.get, now=SESSION_SECONDS) is None
    assert verify(secret, value, {"paz": "another"}.get, now=1) is verify(secret, value, {}.get, now=1) is None
    assert verify(b"1" * 32, value, held.get, now=1) is None and cookie_name(b"1" * 32) != cookie_name(secret)


@pytest.mark.parametrize("change", range(6))
def test_a_changed_cookie_is_none(change: int) -> None:
    held = {"paz": "hash", "eva": "hash"}
    name, until, seal = sign(bytes(32), "paz", "hash", now=0).split("!")
    changed = [
        f"eva!{until}!{seal}",
        f"{name}!{int(until) + 1}!{seal}",
        f"{name}!{until}!{seal[:-1]}",
        f"{name}!{until}!",
        f"{name}!²!{seal}",
        "",
    ][change]
    assert verify(bytes(32), changed, held.get, now=1) is None


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = read_secret(tmp_path / "data")
    file = tmp_path / "data" / "secret"
    assert len(made) == 32 and read_secret(tmp_path / "data") == made and file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    new = read_secret(tmp_path / "data")
    assert new != made and "others may read it" in caplog.text and file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(b"short")
    assert len(read_secret(tmp_path / "data")) == 32


# The commands


def run(*words: str) -> int:
    import argparse

    from web.auth.commands import add_login_commands

    parser = argparse.ArgumentParser(prog="groundwire")
    add_login_commands(parser.add_subparsers(required=True))
    given = parser.parse_args(["login", *words])
    return run_safely("groundwire", lambda: given.run(given, Settings()))


def test_the_commands_add_list_and_remove(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "logins")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\nrest\n"))
    assert run("add", "--auth-file", file, "paz") == 0
    assert Logins(Path(file)).check("paz", PASSWORD)
    assert run("list", "--auth-file", file) == 0
    assert capsys.readouterr().out == "paz\treader\n"
    assert run("role", "--auth-file", file, "paz", "editor") == 0
    assert capsys.readouterr().err.endswith("paz is an editor\n")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert run("add", "--auth-file", file, "writer", "--role", "editor") == 0
    assert run("list", "--auth-file", file) == 0
    assert capsys.readouterr().out == "paz\teditor\nwriter\teditor\n"
    assert run("remove", "--auth-file", file, "writer") == 0
    assert run("remove", "--auth-file", file, "paz") == 0 and read_logins(Path(file)) == {}
    assert run("remove", "--auth-file", file, "paz") == 1
    assert capsys.readouterr().err.endswith(f"no login paz; groundwire login list --auth-file {file} shows them\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert run("add", "--auth-file", file, "paz") == 1
    assert "take 8 at least" in capsys.readouterr().err


def test_a_password_typed_in_two_ways_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    typed = iter([PASSWORD, "correct house"])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    assert run("add", "--auth-file", str(tmp_path / "logins"), "paz") == 1
    assert "not the same" in capsys.readouterr().err and not (tmp_path / "logins").exists()
