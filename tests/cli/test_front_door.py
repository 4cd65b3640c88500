"""`groundwire demo` and `groundwire doctor`; what is said where a library is not installed."""

import json
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cli.demo import QUESTION, sample
from cli.doctor import look, why_not
from cli.main import main
from models import ModelError
from models.embedder import open_embedder
from models.libraries import load
from qa.newsroom import open_embedder as newsroom_embedder
from qa.settings import NO_LLM, PROSE, Settings
from tests.support.fakes import fakes_for_models
from tests.test_floors import ROOT

NOT_THERE = "which is not installed: pip install groundwire, or "


def without(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """As if these were not installed."""
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)


def test_the_demo_indexes_the_sample_and_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "my demo"
    with fakes_for_models():
        assert main(["demo", "--archive", str(archive)]) == 0
    out = capsys.readouterr().out
    shown = [shlex.split(line.removeprefix("$ ")) for line in out.splitlines() if line.startswith("$ ")]
    assert [words[:2] for words in shown] == [["groundwire", "index"], ["groundwire", "ask"]]
    assert shown[1][2:] == [QUESTION, "--archive", str(archive), "--llm", "none"]
    assert "\n[1] " in out and "airport-strike" in out
    for line in out.splitlines()[-4:]:
        assert shlex.split(line.partition(":")[2])[0] == "groundwire"


def test_another_installation_adds_no_second_sample(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    shutil.copytree(sample(), other)
    (other / "airport-strike.md").write_text("A headline\n\nThis text is of another release.\n", "utf-8")
    archive = tmp_path / "demo"
    with fakes_for_models():
        assert main(["demo", "--archive", str(archive)]) == 0
        held = int(capsys.readouterr().out.partition(" new, 0 changed")[0].rpartition("\n")[2])
        monkeypatch.setattr("cli.demo.sample", lambda: other)
        assert main(["demo", "--archive", str(archive)]) == 0
        told = capsys.readouterr().out
    assert f"0 new, 1 changed, {held - 1} unchanged, 0 removed" in told and f"{archive}: {held} articles" in told


def test_a_demo_that_cannot_be_kept_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["demo", "--archive", str(tmp_path / "file")]) == 1
    assert "cannot be written (Not a directory); name another --archive" in capsys.readouterr().err


@pytest.mark.slow  # a process of its own
def test_the_demo_needs_nothing_that_windows_has_not(tmp_path: Path) -> None:
    """Standing in for a Windows, which is not at hand: these modules are its lack, seen from Python."""
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('resource', 'fcntl', 'pwd', 'grp', 'termios')))\n"
        "from tests.support.fakes import fakes_for_models\n"
        "from app import main\n"
        "with fakes_for_models():\n"
        f"    sys.exit(main(['demo', '--archive', {str(tmp_path / 'demo')!r}]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0 and "\n[1] " in ran.stdout, ran.stderr


def test_the_sample_is_our_own_articles() -> None:
    assert sample() == ROOT / "data" / "articles" and len(list(sample().iterdir())) >= 12


def test_a_demo_that_fails_says_so_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--offline", "--archive", str(tmp_path / "a"), "--weights", str(tmp_path / "w")]) == 1
    out, err = capsys.readouterr()
    assert err.count("run groundwire models pull arctic-embed-s") == 1 and "ask" not in out


@pytest.mark.parametrize(
    ("missing", "options", "sentence"),
    [
        ("llama_cpp", ["--llm", "qwen3-4b"], f"qwen3-4b needs llama-cpp-python, {NOT_THERE}--llm none for quotes"),
        ("llama_cpp", ["--llm", "a.gguf"], "a.gguf needs llama-cpp-python, "),
        ("sentence_transformers", ["--reranker", "ms-marco-minilm-l6-v2"], f"needs sentence-transformers, {NOT_THERE}"),
    ],
)
def test_a_model_that_wants_what_is_not_installed_is_a_sentence_before_anything_is_fetched(
    missing: str,
    options: list[str],
    sentence: str,
    tmp_path: Path,
    articles: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = str(tmp_path / "archive")
    with fakes_for_models():
        assert main(["index", str(articles), "--archive", archive]) == 0
        without(monkeypatch, missing)
        assert main(["ask", "Who died?", "--archive", archive, "--weights", str(tmp_path / "w"), *options]) == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "w").exists()


def test_without_torch_another_embedder_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "sentence_transformers")
    with pytest.raises(ModelError, match=f"^minilm needs sentence-transformers, {NOT_THERE}leave out --embedder"):
        open_embedder(tmp_path, "minilm")
    with pytest.raises(ModelError, match="which is not installed"):
        newsroom_embedder(Settings(embedder="all-minilm-l6-v2", weights=tmp_path / "w"))
    assert not (tmp_path / "w").exists()


def test_a_library_that_is_broken_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "llama_cpp.py").write_text("raise RuntimeError('lost libllama.so')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "llama_cpp", raising=False)
    with pytest.raises(
        ModelError, match=r"does not load \(lost libllama\.so\): pip install --force-reinstall llama-cpp"
    ):
        load("llama_cpp", "a.gguf")


def test_models_are_pulled_only_for_what_is_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "llama_cpp")
    with fakes_for_models():
        assert main(["models", "pull", "--weights", str(tmp_path)]) == 0
    pulled = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in pulled] == [PROSE, "arctic-embed-s", "cl100k_base"]
    assert pulled[0] == f"{PROSE}: left out, for it needs llama-cpp-python: pip install groundwire"
    assert main(["models", "--weights", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("needs llama-cpp-python\n") == 6


def states(settings: Settings) -> dict[str, tuple[str, str]]:
    return {finding.about: (finding.state, finding.told) for finding in look(settings)}


@pytest.mark.slow
def test_the_doctor_says_what_is_there_and_what_would_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.doctor.WANTED", {"numpy": ("numpy", "all"), "nowhere": ("nowhere", "a thing")})
    settings = Settings(archive=tmp_path / "archive", weights=tmp_path / "w", llm=NO_LLM)
    found = states(settings)
    assert found["numpy"][0] == "ok" and found["nowhere"][0] == "fails"
    assert found["nowhere"][1].startswith("not installed; without it a thing fails: pip install")
    assert found["arctic-embed-s"] == ("later", "fetched when it is first needed, 35 MB")
    assert PROSE not in found and found["reader"][0] == "ok" and found["archive"][0] == "missing"
    without(monkeypatch, "llama_cpp")
    assert found["weights folder"][0] == "ok" and not (tmp_path / "w").exists()
    assert states(settings)["llama_cpp"][0] == "missing", "quotes alone do not need it"
    asked = states(replace(settings, llm=PROSE, offline=True))
    assert asked["llama_cpp"][0] == asked[PROSE][0] == "fails" and "pip install groundwire" in asked["llama_cpp"][1]


@pytest.mark.slow
def test_the_doctor_knows_no_model_that_is_called_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.doctor.WANTED", {})
    monkeypatch.setattr("cli.doctor.EXTRA", {})
    (tmp_path / "file").write_text("no folder", "utf-8")
    settings = Settings(archive=tmp_path / "archive", weights=tmp_path / "file", llm="qwen3-4", embedder="nosuch")
    found = states(replace(settings, reranker="qwen3-4b"))
    assert found["llm"][0] == found["embedder"][0] == found["reranker"][0] == "fails"
    assert "did you mean qwen3-4b" in found["llm"][1] and 'no model is called "nosuch"' in found["embedder"][1]
    assert found["reranker"][1].startswith("qwen3-4b serves as llm, not as reranker")
    assert found["weights folder"] == ("fails", f"{tmp_path / 'file'}: is no folder; name another --weights")
    assert states(replace(settings, llm="./none/x.gguf"))["llm"][0] == "fails"
    for llm in ("owner/repo/x.gguf", "http://127.0.0.1/v1#m", NO_LLM, PROSE):
        assert "llm" not in states(replace(settings, llm=llm))


def test_the_doctor_ends_with_1_where_something_would_fail(
    tmp_path: Path, articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.doctor.WANTED", {})
    archive = str(tmp_path / "archive")
    given = ["doctor", "--archive", archive, "--weights", str(tmp_path), "--llm", "none", "--json"]
    assert main(given) == 0
    with fakes_for_models():
        main(["index", str(articles), "--archive", archive])
    capsys.readouterr()
    assert main(given) == 1  # the fake is another embedder than arctic-embed-s
    told = json.loads(capsys.readouterr().out)
    assert told["fails"] == ["archive"]
    assert "made with the embedder fake: name it with --embedder" in told["findings"][-1]["told"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "why"),
    [("import os; os.kill(os.getpid(), 4)", "ends Python as it loads (signal 4)"), ("1/0", "does not load (ZeroDiv")],
)
def test_a_library_that_takes_python_down(code: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "brittle.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert why_not("brittle", load=True).startswith(why) and why_not("brittle", load=False) == ""
