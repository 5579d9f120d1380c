"""Rows as CSV, JSON Lines and Parquet, written as they are read: a list of any length needs little memory."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from services.reader.tables import Column
from services.reader.wording import shown
from shared.encoding import dump_json
from shared.ledger.records import Json

__all__ = ["csv_lines", "json_lines", "parquet_file", "safe_cell"]

_FORMULA = "=+-@＝＋－＠"
_ROWS_OF_A_GROUP = 500
_IN_MEMORY = 4_000_000
_TYPES = {
    "text": pa.string(),
    "time": pa.timestamp("us", tz="UTC"),
    "number": pa.int64(),
    "flag": pa.bool_(),
    "texts": pa.list_(pa.string()),
}


def csv_lines(columns: Sequence[Column], rows: Iterable[Json]) -> Iterator[bytes]:
    """Yield rows as CSV (RFC 4180) in UTF-8 with a line of names; texts of a list stand one to a line."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([column.name for column in columns])
    yield buffer.getvalue().encode()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([_cell(row[column.name]) for column in columns])
        yield buffer.getvalue().encode("utf-8", "replace")


def json_lines(rows: Iterable[Json]) -> Iterator[bytes]:
    """Yield rows as JSON, each on its line."""
    for row in rows:
        yield dump_json(row) + b"\n"


def parquet_file(columns: Sequence[Column], rows: Iterable[Json]) -> SpooledTemporaryFile[bytes]:
    """Return rows as a Parquet file, open at its beginning; a large one lies on disk and is gone when closed."""
    file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  (whoever reads it closes it)
    schema = pa.schema([(column.name, _TYPES[column.kind]) for column in columns])
    remaining = iter(rows)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while group := list(islice(remaining, _ROWS_OF_A_GROUP)):
            values = {column.name: [_plain(row[column.name]) for row in group] for column in columns}
            writer.write_table(pa.Table.from_pydict(values, schema=schema))
    file.seek(0)
    return file


def safe_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe stands before what would begin one.

    After OWASP, "CSV Injection": the signs that begin a formula, also after blanks, and their wide forms. Tabs and
    returns, with which a cell could be left, do not stand in what `shown` gives.
    """
    plain = "\n".join(shown(line) for line in text.splitlines())
    return f"'{plain}" if plain.lstrip().startswith(tuple(_FORMULA)) else plain


def _cell(value: object) -> object:
    if isinstance(value, str):
        return safe_cell(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return safe_cell("\n".join(map(str, value)))
    return value


def _plain(value: Any) -> Any:  # noqa: ANN401  (whatever a column holds)
    """Return a value as Arrow takes it: no lone surrogates, which UTF-8 cannot hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value
