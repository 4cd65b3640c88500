"""`POST /batch`: a file of questions up, a file of answers down, a row as soon as it is answered.

Nothing of it is kept: whoever goes away ends it, and asks the rest again.
"""

import asyncio
import io
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from ground.errors import GroundwireError
from ground.shown import shown
from index.store.scope import Scope
from qa.batch import COLUMNS, OUT, cells_of, line_of, table_of
from qa.questions import QuestionFile, Row, read_questions
from qa.sheet import DELIMITERS, XLSX, Table
from web.programs.calls import find_archive, put, sentence_of
from web.programs.completions import LOOK_SECONDS, RequestError, Stopped, known_user, tell_error
from web.queue import QueueFull
from web.server import Server

if TYPE_CHECKING:
    from fastapi import APIRouter

MOST_QUESTIONS = 1_000
MOST_FIELDS = 100
FULL_SECONDS = 1.0  # between two tries where too many wait
MEDIA = {".csv": "text/csv", ".tsv": "text/tab-separated-values", XLSX: "application/octet-stream"}
LINES = "application/x-ndjson"
FIELDS = ("file", "archive", "as", "outlets", "since", "until")

Ask = Callable[[str], Any]  # a question's answer as the wire has it, awaited


@dataclass(frozen=True)
class Upload:
    """A request for answers, read and checked: the questions, of which archive and part of it, and the kind wanted."""

    file: QuestionFile
    archive: str
    scope: Scope
    kind: str


def make_batch_router(server: Server) -> "APIRouter":
    """The route, for an app that stands behind AuthMiddleware, which says how large a request may be."""
    from fastapi import APIRouter, Request, Response
    from fastapi.responses import JSONResponse, StreamingResponse
    from starlette.exceptions import HTTPException

    router = APIRouter(include_in_schema=False)

    async def batch(request: Request) -> Response:
        try:
            user = known_user(request)
            try:
                async with request.form(max_files=1, max_fields=MOST_FIELDS) as form:
                    upload = await read_upload({name: form.getlist(name) for name in form})
            except HTTPException as error:  # a form that is broken, or too large
                raise RequestError(f"the form cannot be read ({error.detail}); send one file", "file") from None
            entry = await asyncio.to_thread(find_archive, server, user, upload.archive)
        except Exception as error:
            status, told = tell_error(error)
            return JSONResponse(told, status)

        async def ask(question: str) -> Mapping[str, Any]:
            return await answer_in_line(server, user, entry.key, question, upload.scope)

        media = MEDIA.get(upload.kind, LINES)
        named = {"content-disposition": f'attachment; filename="answers{upload.kind}"', "cache-control": "no-store"}
        written = write(upload, answered(upload.file.rows, ask))
        return StreamingResponse(written, media_type=media, headers=named)

    router.add_api_route("/batch", batch, methods=["POST"], response_model=None)
    return router


async def read_upload(form: Mapping[str, Sequence[Any]]) -> Upload:
    """A form's fields; raises RequestError, ScopeError, or what `read_questions` does."""
    unknown = [name for name in form if name not in FIELDS]
    if unknown:
        raise RequestError(f'there is no field "{shown(unknown[0], 40)}"; there is {", ".join(FIELDS)}', unknown[0])
    file = next(iter(form.get("file", [])), None)
    if file is None or isinstance(file, str):
        raise RequestError("send the questions as a file: curl -F file=@questions.csv", "file")
    texts = {name: [str(value).strip() for value in values] for name, values in form.items() if name != "file"}
    one = {name: next(filter(None, texts.get(name, [])), "") for name in FIELDS}
    name = shown(PurePath(file.filename or "questions.csv").name)
    kind = f".{one['as'].lstrip('.')}" if one["as"] else PurePath(name).suffix.lower()
    kind = kind if one["as"] or kind in OUT else ".csv"
    if kind not in OUT:
        raise RequestError(f"answers are {', '.join(out[1:] for out in OUT)}; name one of these", "as")
    scope = Scope.from_dict(
        {
            "outlets": [outlet for outlet in texts.get("outlets", []) if outlet],
            "since": one["since"] or None,
            "until": one["until"] or None,
        }
    )
    data = await file.read()
    try:
        questions = await asyncio.to_thread(_read, data, name)
    except GroundwireError as error:
        raise RequestError(str(error), "file") from None
    if len(questions.questions) > MOST_QUESTIONS:
        raise RequestError(f"{name}: {len(questions.questions):,} questions; send {MOST_QUESTIONS:,} at a time", "file")
    return Upload(questions, one["archive"], scope, kind)


def _read(data: bytes, name: str) -> QuestionFile:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"questions{PurePath(name).suffix.lower()}"
        path.write_bytes(data)
        return read_questions(path, name)


async def answer_in_line(server: Server, user: str, key: str, question: str, scope: Scope) -> Mapping[str, Any]:
    """One answer, by the queue that all questions go through; waits where too many wait."""
    while True:
        try:
            asking = await put(server, user, key, question, scope=scope)
            break
        except QueueFull:
            await asyncio.sleep(FULL_SECONDS)
    try:
        while not asking.done:
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        asking.stop()  # nobody waits for it any more, or it is done
    if asking.error is not None:
        raise asking.error
    if asking.answer is None:
        raise Stopped
    return asking.answer.to_dict()


Answered = AsyncGenerator[tuple[Row, Mapping[str, Any] | None], None]


async def answered(rows: Sequence[Row], ask: Ask) -> Answered:
    """Each row with its answer, one question at a time, each once; after an error the rest is told, and not asked."""
    known: dict[str, Mapping[str, Any]] = {}
    failed = ""
    for row in rows:
        if not row.problem and not failed and row.question not in known:
            try:
                known[row.question] = await ask(row.question)
            except Exception as error:
                failed = "the server is ending" if isinstance(error, Stopped) else sentence_of(error)
        if row.problem or row.question in known:
            yield row, None if row.problem else known[row.question]
        else:
            yield replace(row, problem=f"is not answered: {failed}"), None


async def write(upload: Upload, rows: Answered) -> AsyncGenerator[bytes, None]:
    """The file's bytes, a row at a time; a workbook at the end. Closing it ends the asking."""
    async with aclosing(rows):
        if upload.kind == XLSX:
            told: list[Row] = []
            known: dict[str, Mapping[str, Any]] = {}
            async for row, answer in rows:
                told.append(row)
                known |= {row.question: answer} if answer else {}
            out = io.BytesIO()
            await asyncio.to_thread(Table(table_of(told, known)).write_xlsx, out, "Answers")
            yield out.getvalue()
        elif upload.kind in DELIMITERS:
            same = upload.kind == ".csv" and upload.file.delimiter
            delimiter = same or DELIMITERS[upload.kind]
            yield ("\ufeff" + "".join(Table([COLUMNS], delimiter).lines())).encode()
            async for row, answer in rows:
                yield "".join(Table([cells_of(row, answer)], delimiter).lines()).encode()
        else:
            async for row, answer in rows:
                yield line_of(row, answer).encode()
