"""What an archive keeps in Milvus: records (texts under an id) and passages with their vectors, in two collections.

Speaks to Milvus Lite in a file or as a server, to a standalone server and to a cluster alike. Every write is an upsert
under an id that follows from what is written, so that one that is tried again leaves one copy. Knows no article.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from index.scale.milvus.connection import MilvusAddress, MilvusConnection
from index.store.archive import ArchiveError

RECORDS, PASSAGES = "groundwire_records", "groundwire_passages"
LONGEST = 60_000  # bytes of one text: Milvus takes 65,535
REQUEST_BYTES = 4_000_000
READ_AT_ONCE = 200
SETTLED = 2.0  # seconds after a change was seen in which every read waits for the newest state
ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})  # Lite knows no \\u
T = TypeVar("T")


def key_of(*parts: object) -> str:
    """40 characters that stand for these parts, whatever is in them."""
    return hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=20).hexdigest()


def row_of(*parts: object) -> int:
    """A positive number of 63 bits that stands for these parts.

    >>> row_of("a", 0) == row_of("a", 0) != row_of("a", 1), 0 <= row_of("b") < 1 << 63
    (True, True)
    """
    return int.from_bytes(hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest()) >> 1


def pieces_of(text: str, longest: int = LONGEST) -> list[str]:
    """A text in pieces of at most so many bytes of UTF-8; joined, they are the text.

    >>> pieces_of("añbc", 3), pieces_of("")
    (['añ', 'bc'], [])
    """
    data, pieces, start = text.encode(), [], 0
    while start < len(data):
        end = min(start + longest, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1  # not in the middle of a character
        pieces.append(data[start:end].decode())
        start = end
    return pieces


def quoted(values: Iterable[str | int]) -> str:
    """Values as a list in a filter of Milvus.

    >>> print(quoted(['say "no"', "é"]), quoted([1, 2]))
    ["say \\"no\\"", "é"] [1, 2]
    """
    shown = (str(value) if isinstance(value, int) else f'"{value.translate(ESCAPES)}"' for value in values)
    return f"[{', '.join(shown)}]"


def in_batches(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The values, so many at a time."""
    return (values[start : start + size] for start in range(0, len(values), size))


class Store:
    """Both collections of one archive, over one connection. Safe from several threads."""

    def __init__(self, address: MilvusAddress) -> None:
        self.address = address
        self._connection = MilvusConnection(address)
        self._connection.loaded = RECORDS, PASSAGES
        self.call = self._connection.call
        self._changed = time.monotonic()

    @property
    def full_text(self) -> bool:
        """Whether this Milvus has BM25."""
        return self._connection.full_text

    @property
    def database_there(self) -> bool:
        """Whether the server has the database."""
        return self._connection.database_there

    @property
    def writing(self) -> bool:
        """Whether its archive holds the writer's lease."""
        return self._connection.writing

    @writing.setter
    def writing(self, held: bool) -> None:
        self._connection.writing = held

    @property
    def _client(self) -> Any:
        return self._connection.client

    def close(self) -> None:
        self._connection.close()

    # Collections

    def exists(self) -> bool:
        """Whether both collections are there."""
        if not self.database_there:
            return False
        found = self.call(lambda seconds: self._client.list_collections(timeout=seconds))
        if not {RECORDS, PASSAGES} <= set(found):
            return False
        if self._connection.lite:
            for name in (RECORDS, PASSAGES):
                self.call(lambda seconds, name=name: self._client.load_collection(name, timeout=seconds))  # type: ignore[misc]
        return True

    def create(self, dimension: int, before_dropping: Callable[[], None]) -> None:
        """Makes the database where it is missing, and both collections, empty.

        What a kill has left of them is dropped; `before_dropping` raises where it is no kill's.
        """
        from pymilvus import DataType, Function, FunctionType, MilvusClient

        self._connection.open(create=True)
        client = self._client
        records = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        records.add_field("id", DataType.VARCHAR, is_primary=True, max_length=96)
        records.add_field("kind", DataType.VARCHAR, max_length=16)
        records.add_field("stamp", DataType.VARCHAR, max_length=40)
        records.add_field("value", DataType.VARCHAR, max_length=65_535)
        records.add_field("nothing", DataType.FLOAT_VECTOR, dim=2)  # Milvus has no collection without a vector
        indexes = client.prepare_index_params()
        indexes.add_index("nothing", index_type="FLAT", metric_type="IP")
        self._create(RECORDS, records, indexes, before_dropping)
        passages = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        passages.add_field("id", DataType.INT64, is_primary=True)
        passages.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        passages.add_field("article", DataType.VARCHAR, max_length=40)
        passages.add_field("start", DataType.INT64)
        passages.add_field("end", DataType.INT64)
        passages.add_field("outlet", DataType.VARCHAR, max_length=65_535)
        passages.add_field("day", DataType.VARCHAR, max_length=16)
        passages.add_field("language", DataType.VARCHAR, max_length=65_535)
        indexes = client.prepare_index_params()
        indexes.add_index("vector", index_type="FLAT", metric_type="IP")
        if self.full_text:
            analyzer = {"tokenizer": "standard" if self._connection.lite else "whitespace"}
            for name in ("heading", "body"):
                passages.add_field(
                    name, DataType.VARCHAR, max_length=65_535, enable_analyzer=True, analyzer_params=analyzer
                )
                passages.add_field(f"{name}_bm25", DataType.SPARSE_FLOAT_VECTOR)
                passages.add_function(
                    Function(
                        name=f"{name}_bm25",
                        function_type=FunctionType.BM25,
                        input_field_names=[name],
                        output_field_names=[f"{name}_bm25"],
                    )
                )
                indexes.add_index(
                    f"{name}_bm25",
                    index_type="SPARSE_INVERTED_INDEX",
                    metric_type="BM25",
                    params={"bm25_k1": 1.2, "bm25_b": 0.75},
                )
        self._create(PASSAGES, passages, indexes, before_dropping)

    def _create(self, name: str, schema: Any, indexes: Any, before_dropping: Callable[[], None]) -> None:
        if name in self.call(lambda seconds: self._client.list_collections(timeout=seconds)):
            before_dropping()
            self.call(lambda seconds: self._client.drop_collection(name, timeout=seconds))
        self.call(
            lambda seconds: self._client.create_collection(
                name, schema=schema, index_params=indexes, consistency_level="Session", num_shards=1, timeout=120.0
            )
        )

    # Reading

    def changed(self) -> None:
        """Another has written: what is read in the next moments waits for the newest state."""
        self._changed = time.monotonic()

    def _level(self, newest: bool) -> str:
        # A full server lets a "Strong" read wait for its next tick, 0.2 s. "Session" sees what was written here.
        settled = time.monotonic() - max(self._changed, self._connection.lost) > SETTLED
        return "Session" if settled and not newest else "Strong"

    def query(self, collection: str, ids: Sequence[Any], fields: list[str], *, newest: bool = False) -> list[Any]:
        """The fields of those of these ids that are there, in no order."""
        found: list[Any] = []
        for some in in_batches(ids, READ_AT_ONCE):
            found += self.call(
                lambda seconds, some=some: self._client.query(  # type: ignore[misc]
                    collection,
                    filter=f"id in {quoted(some)}",
                    output_fields=["id", *fields],
                    consistency_level=self._level(newest),
                    timeout=seconds,
                )
            )
        return found

    def scan(self, collection: str, where: str, fields: list[str], *, at_once: int = 2_000) -> list[Any]:
        """The fields of all that a filter lets through, in no order; asked again from its start where it breaks off."""

        def read(seconds: float) -> list[Any]:
            found: dict[Any, Any] = {}
            iterator = self._client.query_iterator(
                collection,
                batch_size=at_once,
                filter=where,
                output_fields=["id", *fields],
                consistency_level="Strong",
                timeout=seconds,
            )
            while rows := iterator.next():
                found |= {row["id"]: row for row in rows}
            iterator.close()
            return list(found.values())

        return self.call(read)

    def read(self, ids: Sequence[str], *, newest: bool = False) -> dict[str, str]:
        """Id → text of the records that are there, put together where they are kept in pieces."""
        held = {row["id"]: row["value"] for row in self.query(RECORDS, ids, ["value"], newest=newest)}
        return {id: self._whole(id, value) for id, value in held.items()}

    def _whole(self, id: str, value: str) -> str:
        if not value.startswith("+"):
            return value[1:]
        stamp, count = value[1:].split()
        return self.text(id, stamp, int(count))

    def text(self, owner: str, stamp: str, count: int) -> str:
        """A text that was kept in `count` pieces."""
        [text] = self.texts([(owner, stamp, count)])
        if text is None:
            [text] = self.texts([(owner, stamp, count)], newest=True)
        if text is None:
            raise ArchiveError(
                f"{self.address.place}: a part of a text is missing; the archive is being changed, or damaged: ask"
                " again, then index again"
            )
        return text

    def texts(self, wanted: Sequence[tuple[str, str, int]], *, newest: bool = False) -> list[str | None]:
        """As `text`, of several at once; None for one that is not whole."""
        names = [[f"{owner}-{stamp}-{i}" for i in range(count)] for owner, stamp, count in wanted]
        all_names = [name for some in names for name in some]
        held = {row["id"]: row["value"][1:] for row in self.query(RECORDS, all_names, ["value"], newest=newest)}
        return ["".join(held[name] for name in some) if held.keys() >= set(some) else None for some in names]

    def held_in_pieces(self, ids: Sequence[str]) -> set[str]:
        """The ids of the pieces that the values of these records are kept in."""
        values = [(row["id"], row["value"]) for row in self.query(RECORDS, ids, ["value"])]
        long = [(id, *value[1:].split()) for id, value in values if value.startswith("+")]
        return {f"{id}-{stamp}-{i}" for id, stamp, count in long for i in range(int(count))}

    def some(self, collection: str, where: str) -> bool:
        """Whether a filter lets anything through."""
        return bool(
            self.call(
                lambda seconds: self._client.query(
                    collection,
                    filter=where or "id >= 0",
                    limit=1,
                    output_fields=["id"],
                    consistency_level=self._level(False),
                    timeout=seconds,
                )
            )
        )

    def stamps(self, *kinds: str) -> dict[str, str]:
        """Id → stamp of all records of these kinds; equal stamps, equal values."""
        return {row["id"]: row["stamp"] for row in self.scan(RECORDS, f"kind in {quoted(kinds)}", ["stamp"])}

    def search(self, field: str, query: Any, k: int, where: str, *, metric: str = "IP") -> list[tuple[int, float]]:
        """The `k` passages nearest to a vector, or by BM25 to words, with their scores, in Milvus's order."""
        [found] = self.call(
            lambda seconds: self._client.search(
                PASSAGES,
                data=[query],
                anns_field=field,
                limit=k,
                filter=where,
                output_fields=["id"],  # without it all fields come back, vectors too
                search_params={"metric_type": metric},
                consistency_level=self._level(False),
                timeout=seconds,
            )
        )
        # Milvus Lite gives BM25 a minus sign.
        return [(int(hit["id"]), abs(hit["distance"]) if metric == "BM25" else hit["distance"]) for hit in found]

    # Writing

    def upsert(
        self, collection: str, rows: Sequence[dict[str, Any]], *, left: Callable[[], float] | None = None
    ) -> None:
        """Writes rows, in requests that every server takes; `left` as in `upsert_last`."""
        some: list[dict[str, Any]] = []
        size = 0
        for row in rows:
            weight = sum(4 * len(v) if isinstance(v, str) else 8 * getattr(v, "size", 1) for v in row.values())
            if some and size + weight > REQUEST_BYTES:
                self._upsert(collection, some, left)
                some, size = [], 0
            some.append(row)
            size += weight
        if some:
            self._upsert(collection, some, left)

    def upsert_last(
        self, collection: str, rows: Sequence[dict[str, Any]], last: dict[str, Any], *, left: Callable[[], float]
    ) -> None:
        """Writes rows and one that counts, in one request where a server takes it: all of them are there, or none.

        `left` is asked before each request for how many seconds it may be tried.
        """
        size = sum(4 * len(row["value"]) for row in rows)
        if size > 8 * REQUEST_BYTES:
            self.upsert(collection, rows, left=left)
            rows = []
        self._upsert(collection, [*rows, last], left)

    def _upsert(self, collection: str, rows: list[dict[str, Any]], left: Callable[[], float] | None = None) -> None:
        patience = left() if left else None
        self.call(lambda seconds: self._client.upsert(collection, rows, timeout=seconds), patience=patience)

    def record(self, id: str, kind: str, value: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """A record as it is written, and the pieces that are written before it where it is long."""
        stamp = key_of(value)
        if len(value.encode()) < LONGEST:
            return self._row(id, kind, stamp, f"={value}"), []
        pieces = self.pieces(id, stamp, value)
        return self._row(id, kind, stamp, f"+{stamp} {len(pieces)}"), pieces

    def pieces(self, owner: str, stamp: str, text: str) -> list[dict[str, Any]]:
        """The pieces of a text as they are written; `text` puts them together."""
        return [self._row(f"{owner}-{stamp}-{i}", "piece", stamp, f"={part}") for i, part in enumerate(pieces_of(text))]

    @staticmethod
    def _row(id: str, kind: str, stamp: str, value: str) -> dict[str, Any]:
        return {"id": id, "kind": kind, "stamp": stamp, "value": value, "nothing": [0.0, 0.0]}

    def delete(self, collection: str, ids: Sequence[Any]) -> None:
        """Takes out what is there of these."""
        for some in in_batches(ids, 1_000):
            self.call(lambda seconds, some=some: self._client.delete(collection, ids=list(some), timeout=seconds))  # type: ignore[misc]
