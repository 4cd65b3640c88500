"""Reads the words of a picture (OCR), and how sure each is: by RapidOCR, with the extra `groundwire[ocr]`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_SIDE = 1_600  # pixels: a larger picture is read no better, and needs more memory than a worker has
LINES_AT_ONCE = 1  # more are no quicker on one core, and need more memory


@dataclass(frozen=True)
class Word:
    """A word that was read, and how sure it is, 0 to 1."""

    text: str
    sure: float


@dataclass(frozen=True)
class ReadLine:
    """A line that was read, and where it stands: pixels from the upper left corner of the picture."""

    words: tuple[Word, ...]
    left: float
    top: float
    right: float
    bottom: float


class ReadsPictures(Protocol):
    """What reads the lines of a picture."""

    def read(self, image: "Image") -> Iterable[ReadLine]: ...


def can_recognise() -> bool:
    """Whether what reads pictures is installed; nothing is loaded to say so."""
    return find_spec("rapidocr") is not None


class Recogniser:
    """The models that read pictures, loaded when the first one is read. One thread; nothing is fetched."""

    @cached_property
    def _engine(self) -> Any:
        from rapidocr import RapidOCR

        threads = {f"EngineConfig.onnxruntime.{name}_op_num_threads": 1 for name in ("intra", "inter")}
        return RapidOCR(
            params={
                **threads,
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Global.max_side_len": LONGEST_SIDE,
                "Rec.rec_batch_num": LINES_AT_ONCE,
            }
        )

    def read(self, image: "Image") -> Iterator[ReadLine]:
        """The lines of a picture, in the order in which they were found."""
        import numpy as np

        found = self._engine(np.asarray(image.convert("RGB"))[:, :, ::-1], return_word_box=True)
        if found.txts is None:
            return
        for box, words in zip(found.boxes, found.word_results, strict=True):
            told = tuple(Word(text, float(sure)) for text, sure, _ in words if text.strip())
            if told:
                across, down = box[:, 0], box[:, 1]
                yield ReadLine(told, *(float(value) for value in (across.min(), down.min(), across.max(), down.max())))
