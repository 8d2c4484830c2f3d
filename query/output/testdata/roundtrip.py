"""Reads what TestDuckDBAndPandas has written with DuckDB and pandas, and says
where a value is not what it was.

DIR holds nasty.csv, nasty.parquet, nasty.xlsx, the same rows as expected.json,
and many.parquet and many.csv with many.json, sums over their rows.
expected.json: {"columns": [...], "kinds": [...], "rows": [[...]]}; a cell is
null or [kind, text], where kind is integer, real, text, time or blob; times
are microseconds since 1970, blobs hex digits.

Where a format or a reader cannot hold a value, the code below says so.
"""
import datetime
import json
import math
import pathlib
import re
import struct
import sys

import duckdb
import openpyxl  # pandas reads workbooks with it
import pandas
import pyarrow  # and Parquet with this

here = pathlib.Path(sys.argv[1])
expected = json.loads((here / "expected.json").read_text(encoding="utf-8"))
columns, kinds = expected["columns"], expected["kinds"]
mistakes = []


def bits(x):
    return struct.pack(">d", x)


def same(got, cell, kind):
    """Whether a typed reader's value is the cell's, to the last bit."""
    if cell is None or got is None:
        return got is None and cell is None
    was, text = cell
    if kind == "real":
        return isinstance(got, float) and bits(got) == bits(float(text))
    if kind == "integer":
        return type(got) is int and got == int(text)
    if kind == "time":
        return got == int(text)
    if kind == "blob":
        return bytes(got) == bytes.fromhex(text)
    return got == plain(cell)


def plain(cell):
    """How a cell is written where all is text."""
    kind, text = cell
    return stamp(int(text)) if kind == "time" else text


def stamp(micros):
    days, rest = divmod(micros, 86_400_000_000)
    seconds, fraction = divmod(rest, 1_000_000)
    day = datetime.date(1970, 1, 1) + datetime.timedelta(days=days)
    out = f"{day.year:04}-{day.month:02}-{day.day:02} {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return out + (f".{fraction:06}".rstrip("0") if fraction else "")


def check(who, rows, equal):
    if len(rows) != len(expected["rows"]):
        mistakes.append(f"{who}: {len(rows)} rows of {len(expected['rows'])}")
        return
    for n, (row, want) in enumerate(zip(rows, expected["rows"])):
        for i, name in enumerate(columns):
            if not equal(row[i], want[i], kinds[i]):
                mistakes.append(f"{who}: row {n}, {name}: {row[i]!r} for {want[i]!r}"[:300])


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def ask(sql, *params):
    return duckdb.execute(sql, list(params)).fetchall()


def duckdb_parquet():
    path = str(here / "nasty.parquet")
    found = [r[0] for r in ask("DESCRIBE SELECT * FROM read_parquet(?)", path)]
    if found != columns:
        mistakes.append(f"duckdb, parquet: columns are {found}")
    take = ", ".join(f"epoch_us({quoted(c)})" if k == "time" else quoted(c) for c, k in zip(columns, kinds))
    check("duckdb, parquet", ask(f"SELECT {take} FROM read_parquet(?)", path), same)
    # The bounds in the file lead nobody past a row.
    for i, (name, kind) in enumerate(zip(columns, kinds)):
        if kind not in ("text", "integer", "real"):
            continue
        for want in {tuple(r[i]) for r in expected["rows"] if r[i] is not None}:
            value = {"integer": int, "real": float, "text": str}[kind](want[1] if kind != "text" else plain(want))
            n = ask(f"SELECT count(*) FROM read_parquet(?) WHERE {quoted(name)} = ?", path, value)[0][0]
            if n < 1:
                mistakes.append(f"duckdb, parquet: {name} = {value!r} finds nothing"[:300])


def duckdb_csv():
    # DuckDB takes an empty field for NULL and "" for empty text. Blobs are hex digits.
    types = {c: {"integer": "BIGINT", "real": "DOUBLE"}.get(k, "VARCHAR") for c, k in zip(columns, kinds)}
    rows = duckdb.read_csv(str(here / "nasty.csv"), header=True, delimiter=",", quotechar='"', escapechar='"', allow_quoted_nulls=False,
                           na_values="", dtype=types, strict_mode=True, auto_detect=False, columns=types).fetchall()
    check("duckdb, csv", rows, lambda got, cell, kind: same(got, cell, kind if kind in ("integer", "real") else "text"))


def pandas_parquet():
    # pandas' own types have no integers with NULLs: hence Arrow's.
    table = pandas.read_parquet(here / "nasty.parquet", dtype_backend="pyarrow")
    if list(table.columns) != columns:
        mistakes.append(f"pandas, parquet: columns are {list(table.columns)}")
    lists = []
    for name, kind in zip(columns, kinds):
        column = pyarrow.chunked_array(table[name].array.__arrow_array__())
        if kind == "time":
            if column.type != pyarrow.timestamp("us", tz="UTC"):
                mistakes.append(f"pandas, parquet: {name} is {column.type}")
            column = column.cast(pyarrow.int64())
        lists.append(column.to_pylist())
    check("pandas, parquet", list(zip(*lists)), same)


def pandas_csv():
    # pandas cannot tell an empty field from "": NULL and empty text are one.
    table = pandas.read_csv(here / "nasty.csv", dtype=str, keep_default_na=False, lineterminator="\n")

    def equal(got, cell, kind):
        if cell is None:
            return got == ""
        if kind == "real":
            return bits(float(got)) == bits(float(cell[1]))
        return got == plain(cell)
    check("pandas, csv", table.values.tolist(), equal)


def excel_escaped(text):
    text = re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", lambda m: f"_x{ord(m[0]):04X}_", text)


def pandas_xlsx():
    # A spreadsheet's numbers are doubles of at most 9.99999999999999E+307 and no
    # less than 2.2E-308; others, and integers beyond 2^53, are text there, and so
    # are times before March 1900. -0.0 is 0. An empty cell and empty text are one.
    # openpyxl reads dates to the millisecond, numbers that are whole as int, and
    # does not take back what Excel writes for characters that XML cannot hold.
    table = pandas.read_excel(here / "nasty.xlsx", dtype=object, keep_default_na=False)
    if list(table.columns) != columns:
        mistakes.append(f"pandas, xlsx: columns are {list(table.columns)}")

    def equal(got, cell, _):
        if cell is None:
            return got == ""
        kind, text = cell
        if kind == "integer":
            exact = abs(int(text)) <= 2**53
            return got == (int(text) if exact else text) and isinstance(got, str) != exact
        if kind == "real":
            x = float(text)
            if math.isinf(x) or abs(x) > 9.99999999999999e307 or 0 < abs(x) < 2.2250738585072014e-308:
                return got == text
            return not isinstance(got, str) and float(got) == x
        if kind == "time":
            micros = int(text)
            if micros < -2203891200_000000:
                return got == stamp(micros)
            if micros == 253402300799_999999:  # rounded it would be the year 10000
                return got == stamp(micros)
            at = (got - datetime.datetime(1970, 1, 1)) / datetime.timedelta(microseconds=1)
            return abs(at - micros) <= 1000
        return got == text or excel_escaped(text) == got
    check("pandas, xlsx", table.values.tolist(), equal)


def many():
    want = json.loads((here / "many.json").read_text())
    for file in ("many.parquet", "many.csv"):
        frm = f"read_{file[5:]}('{here / file}')"
        got = ask(f"SELECT count(*), sum(n), count(DISTINCT name), count(maybe), count(DISTINCT host) FROM {frm}")[0]
        if [int(x) for x in got] != want["all"]:
            mistakes.append(f"duckdb, {file}: {got} for {want['all']}")
        for host, n in want["hosts"].items():
            found = ask(f"SELECT count(*) FROM {frm} WHERE host = ?", host)[0][0]
            if found != n:
                mistakes.append(f"duckdb, {file}: {found} rows of {host} for {n}")
        found = ask(f"SELECT count(*) FROM {frm} WHERE name = ?", want["name"])[0][0]
        if found != 1:
            mistakes.append(f"duckdb, {file}: {found} rows of {want['name']}")


duckdb.execute("SET TimeZone = 'UTC'")
for part in (duckdb_parquet, duckdb_csv, pandas_parquet, pandas_csv, pandas_xlsx, many):
    try:
        part()
    except Exception as e:  # the next one has something to say as well
        mistakes.append(f"{part.__name__}: {type(e).__name__}: {e}"[:1000])
print("\n".join(mistakes[:40]))
sys.exit(1 if mistakes else 0)
