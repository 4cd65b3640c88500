"""A GGUF that is cut anywhere is a sentence."""

import struct
from pathlib import Path

import pytest

from models import ModelError
from models.gguf import check_gguf

F32, Q4_K = 0, 12


def gguf(*, kind: int, shape: tuple[int, ...], tensor_bytes: int, alignment: int = 32) -> bytes:
    """One tensor, and one metadata pair of each layout: number, string, array of strings, array of numbers."""

    def string(text: bytes) -> bytes:
        return struct.pack("<Q", len(text)) + text

    pairs = [
        string(b"general.alignment") + struct.pack("<II", 4, alignment),
        string(b"general.name") + struct.pack("<I", 8) + string(b"tiny"),
        string(b"tokens") + struct.pack("<IIQ", 9, 8, 2) + string(b"a") + string(b"bc"),
        string(b"scores") + struct.pack("<IIQ", 9, 6, 3) + bytes(3 * 4),
    ]
    tensor = string(b"w") + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, 0)
    header = b"GGUF" + struct.pack("<IQQ", 3, 1, len(pairs)) + b"".join(pairs) + tensor
    return header + bytes(-len(header) % alignment) + bytes(tensor_bytes)


WHOLE = gguf(kind=Q4_K, shape=(256, 2), tensor_bytes=256 * 2 // 256 * 144)


@pytest.mark.parametrize(
    "data",
    [
        WHOLE,
        gguf(kind=F32, shape=(5,), tensor_bytes=5 * 4, alignment=64),
        gguf(kind=999, shape=(5,), tensor_bytes=0),
    ],
    ids=["Q4_K", "F32, alignment 64", "unknown quantisation"],
)
def test_a_whole_file_passes(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    check_gguf(path)


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    for length in range(len(WHOLE)):
        path.write_bytes(WHOLE[:length])
        with pytest.raises(ModelError, match=r"not a GGUF|inside its header|of [\d,]+ bytes"):
            check_gguf(path)


def test_damage_in_the_header_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    for at in range(8, 200):
        path.write_bytes(WHOLE[:at] + b"\xff" * 8 + WHOLE[at + 8 :])
        try:
            check_gguf(path)
        except ModelError as error:
            assert "download it again" in str(error)
