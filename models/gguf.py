"""Says whether a GGUF file is whole, from its header alone, so that a cut download is a sentence and not a crash.

Reads what the header promises (GGUF 2 and 3, little-endian); the weights themselves are not looked at.
"""

import mmap
from pathlib import Path
from struct import Struct
from struct import error as StructError

from models import ModelError

_U32, _U64 = Struct("<I"), Struct("<Q")
_STRING, _ARRAY = 8, 9
_VALUE_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
# ggml type: weights in a block, bytes in a block.
_BLOCKS = {
    **{0: (1, 4), 1: (1, 2), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 30: (1, 2)},
    **{2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36), 20: (32, 18), 39: (32, 17)},
    **{10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292)},
    **{16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 21: (256, 110), 22: (256, 82), 23: (256, 136)},
    **{29: (256, 56), 34: (256, 54), 35: (256, 66)},
}


def check_gguf(path: Path) -> None:
    """Raises `ModelError` for a file that is no GGUF or shorter than the tensors its header lists.

    Of a quantisation newer than this module the tensor's start is checked, not its end; of a GGUF version newer
    than 3, nothing.
    """
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ModelError(f"{path} is not a GGUF file: give a model in GGUF format")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            size = len(data)
            try:
                wanted = _bytes_wanted(data)
            except (StructError, OverflowError, KeyError):
                raise ModelError(f"{path} is cut or damaged inside its header: download it again") from None
    if size < wanted:
        raise ModelError(f"{path} has {size:,} of {wanted:,} bytes: download it again")


def _bytes_wanted(data: mmap.mmap) -> int:
    """Where the last tensor ends. Raises what a header that makes no sense brings with it."""
    (version,) = _U32.unpack_from(data, 4)
    if version not in (2, 3):
        return 0
    (tensors,), (pairs,) = _U64.unpack_from(data, 8), _U64.unpack_from(data, 16)
    at, alignment = 24, 32
    for _ in range(pairs):
        key, at = _string(data, at)
        (kind,) = _U32.unpack_from(data, at)
        if key == b"general.alignment":
            (alignment,) = _U32.unpack_from(data, at + 4)
        at = _after_value(data, at + 4, kind)
    end = 0
    for _ in range(tensors):
        _, at = _string(data, at)
        (dimensions,) = _U32.unpack_from(data, at)
        shape = Struct(f"<{min(dimensions, 8)}Q").unpack_from(data, at + 4)
        at += 4 + 8 * dimensions
        (kind,), (offset,) = _U32.unpack_from(data, at), _U64.unpack_from(data, at + 4)
        at += 12
        weights = 1
        for length in shape:
            weights *= length
        block, block_bytes = _BLOCKS.get(kind, (1, 0))
        end = max(end, offset + weights // block * block_bytes)
    return -(-at // alignment) * alignment + end


def _string(data: mmap.mmap, at: int) -> tuple[bytes, int]:
    (length,) = _U64.unpack_from(data, at)
    return data[at + 8 : at + 8 + length], at + 8 + length


def _after_value(data: mmap.mmap, at: int, kind: int) -> int:
    if kind == _STRING:
        return at + 8 + int(_U64.unpack_from(data, at)[0])
    if kind != _ARRAY:
        return at + _VALUE_BYTES[kind]
    (kind,), (count,) = _U32.unpack_from(data, at), _U64.unpack_from(data, at + 4)
    at += 12
    if kind in _VALUE_BYTES:
        return at + int(count) * _VALUE_BYTES[kind]
    for _ in range(count):
        at = _after_value(data, at, kind)
    return at
