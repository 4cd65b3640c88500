"""The tab for many questions: a file of them up, a file of answers down, as `POST /batch` has it."""

import asyncio
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import gradio as gr

from ground.words import duration
from index.store.scope import EVERYTHING
from qa.ask import QuestionError
from qa.batch import OUT
from qa.questions import KINDS, QuestionFileError, read_questions
from web.page.chat import Chat, Seat
from web.page.layout import html
from web.page.tabs.add import LOOK_SECONDS, Updates
from web.programs.question_files import MOST_QUESTIONS, Answered, Upload, answer_in_line, answered, write
from web.server import Server

SHOWN_KINDS = tuple(kind for kind in OUT if kind != ".ndjson")
MOST_TOLD = 20  # rows that are no question


class BatchTab:
    """The tab's parts, within the Blocks that is being built, and what is done with them."""

    def __init__(self, server: Server, chat: Chat) -> None:
        self.server, self.chat, self.words = server, chat, chat.words
        words = chat.words
        self.about = html("batch-about", value=chat.drawer.plain(words("batch_about", most=MOST_QUESTIONS)))
        with gr.Row():
            self.file = gr.File(label=words("questions_file"), file_types=list(KINDS), elem_id="questions", height=140)
            with gr.Column(min_width=200):
                self.kind = gr.Dropdown(
                    label=words("answers_as"),
                    choices=[(kind[1:].upper(), kind) for kind in SHOWN_KINDS],
                    value=SHOWN_KINDS[0],
                    filterable=False,
                    elem_id="answers-as",
                )
                self.begin = gr.Button(words("ask_all"), variant="primary", elem_id="ask-all")
                self.halt = gr.Button(words("stop"), variant="stop", visible=False)
        self.notice = html("batch-notice")
        self.progress = html("batch-progress")
        self.answers = gr.File(label=words("answers_file"), visible=False, elem_id="answers")
        self.parts: list[Any] = [self.begin, self.halt, self.progress, self.answers]

    async def run(self, seat: Seat, _: gr.EventData, file: str | None, kind: str) -> AsyncGenerator[Updates, None]:
        """Asks all, one at a time behind the others who ask; stopped, the rest has the reason in its row."""
        if not file:
            raise QuestionFileError(self.words("no_questions_file"))
        path = Path(file)
        questions = await asyncio.to_thread(read_questions, path, path.name)
        total = len(questions.questions)
        if total > MOST_QUESTIONS:
            raise QuestionFileError(self.words("too_many_questions", file=path.name, count=total, most=MOST_QUESTIONS))
        upload = Upload(questions, seat.archive, EVERYTHING, kind if kind in OUT else SHOWN_KINDS[0])
        stopped = seat.batch = threading.Event()
        done: set[str] = set()
        began, told, left = time.monotonic(), 0, ""

        async def ask(question: str) -> Mapping[str, Any]:
            if stopped.is_set():
                raise QuestionError(self.words("batch_stopped"))
            answer = await answer_in_line(self.server, seat.user, upload.archive, question, upload.scope)
            done.add(question)
            return answer

        running = {self.begin: gr.update(visible=False), self.halt: gr.update(visible=True)}
        idle = {self.begin: gr.update(visible=True), self.halt: gr.update(visible=False), self.progress: ""}
        with tempfile.TemporaryDirectory() as folder:  # until Gradio has taken what is in it
            file_made = Path(folder) / f"answers{upload.kind}"
            job = asyncio.create_task(_write(upload, answered(questions.rows, ask), file_made))
            try:
                yield running | {self.answers: gr.update(visible=False)}
                while not job.done():
                    if len(done) > told:  # else what is told stays, and is not read out again
                        told = len(done)
                        left = self._left((time.monotonic() - began) / told * (total - told))
                    yield {self.progress: self.chat.drawer.doing(self.words("asking_all"), told, total, left)}
                    await asyncio.wait([job], timeout=10 * LOOK_SECONDS)
                await job
            except Exception:
                yield idle
                raise
            finally:
                job.cancel()
            answers = self.words("answers", count=len(done))
            problems = "".join(self.chat.drawer.note(problem) for problem in questions.problems[:MOST_TOLD])
            finished = self.chat.drawer.note(self.words("batch_done", answers=answers)) + problems
            yield idle | {self.progress: finished, self.answers: gr.update(value=str(file_made), visible=True)}

    def _left(self, seconds: float) -> str:
        return self.words("time_left", time=duration(seconds)) if seconds else ""

    def stop(self, seat: Seat, _: gr.EventData) -> Updates:
        if seat.batch:
            seat.batch.set()
        return {}


async def _write(upload: Upload, rows: Answered, file: Path) -> None:
    with file.open("wb") as out:
        async with aclosing(write(upload, rows)) as pieces:
            async for piece in pieces:
                out.write(piece)
