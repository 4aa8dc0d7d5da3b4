"""Makes golden.jsonl: what Python's json reads and writes, for engine/value's reader and writer.

Each line is a JSON array: the input (one character per byte), then null when Python refuses it, or
what json.dumps makes of it: default, ensure_ascii=False, compact and sorted, indent=2 (a list of
floats: only the first). Run it again
only to add cases; the seed keeps the old ones.
"""

from __future__ import annotations

import json
import math
import random
import re
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

SEED = 20240501
MAX_DEPTH = 400

# Separated by spaces; those that hold some follow below.
SHORT = r"""
0 -0 - +1 01 1. .5 1.5 -1.5e3 1e5 1E+5 1e-5 1e 1e+ --1 0x10 1_000
null true false True nul nulll NaN Infinity -Infinity +Infinity -NaN nan inf
[] {} [1,] [,1] [1,,2] {,} {1:2} {'a':1} [ ] { } [} {] [[] []]
{"a"} {"a":} {"a":1,} {"a":1"b":2} {"a":1,"a":2,"b":3,"a":4} {"":0}
" "" "a "\" "\q" "\u12" "\u12G4" "\U0041" "\/\b\f\n\r\t\"\\" "\u0000" "\x41"
"""

HAND_WRITTEN: list[bytes] = [
    *(text.encode() for text in SHORT.split()),
    b"",
    b"1 2",
    b"[ ]",
    b"{ }",
    b"[1 2]",
    b'{"a" 1}',
    b'{"a":1 "b":2}',
    rb'"\ud83d\ude00"',
    rb'"\ud83d"',
    rb'"\ude00"',
    rb'"\ude00\ud83d"',
    rb'"\ud83d\ud83d\ude00"',
    rb'"\ud83d\u0041"',
    rb'"\ud83dx"',
    rb'"\ud83d\n"',
    rb'"\uD83D\uDE00"',
    '"grüße € 😀"'.encode(),
    '"\u2028\u2029\x7f\x80\ufeff"'.encode(),
    b"\xef\xbb\xbf[1]",
    b"\xef\xbb\xbf",
    b"\xef\xbb",
    b'"\xed\xa0\x80"',
    b'"\xff"',
    b'"\xc3"',
    b'"\xc0\x80"',
    b'"\xf4\x90\x80\x80"',
    b'"\xe2\x82"',
    b"\xc2\xa0[1]",
    b'"a\tb"',
    b'"a\nb"',
    b'"a\x00b"',
    b"1\x00",
    b"\x00",
    b" \t\r\n[ 1 , 2 ]\n",
    b"\x0b1",
    b"\x0c1",
    b"// c\n1",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"-9223372036854775809",
    b"1" * 4300,
    b"1" * 4301,
    b"0." + b"3" * 900,
    b"1" + b"0" * 400 + b".5",
    b"1e400",
    b"-1e400",
    b"1e-400",
    b"1e99999999999999999999",
    b"1e-99999999999999999999",
    b"0e99999999999999999999",
    b"123456789012345678901234567890.5",
    b"9007199254740993.0",
    b"9007199254740992.99999999999999999999",
    b"2.2250738585072011e-308",
    b"2.2250738585072014e-308",
    b"4.9406564584124654e-324",
    b"2.4703282292062327e-324",
    b"2.4703282292062328e-324",
    b"1.7976931348623158e308",
    b"1.7976931348623159e308",
]


def floats(rnd: random.Random) -> Iterator[float]:
    for e in range(-1074, 1024):
        yield 2.0**e
    for e in range(-30, 31):
        yield from (10.0**e, 9.5 * 10.0**e, -1.2345678901234567 * 10.0**e)
    for _ in range(1500):
        f: float = struct.unpack("<d", rnd.randbytes(8))[0]
        if math.isfinite(f):
            yield f
    for _ in range(500):
        yield round(rnd.uniform(-1e6, 1e6), rnd.randint(0, 12))
    for _ in range(200):
        yield float(rnd.randint(-(2**70), 2**70))


def decimals(rnd: random.Random) -> Iterator[str]:
    """Number texts as people and other programs write them, not only the shortest."""
    for _ in range(800):
        whole = str(rnd.randint(0, 10 ** rnd.randint(0, 22)))
        part = "".join(rnd.choice("0123456789") for _ in range(rnd.randint(0, 22)))
        text = rnd.choice(["", "-"]) + whole + ("." + part if part else "")
        if rnd.random() < 0.6:
            text += rnd.choice("eE") + rnd.choice(["", "+", "-"]) + str(rnd.randint(0, 40))
        yield text


CHARS = 'ab z09_-{}[]:,"\\/\b\f\n\r\t\x00\x1f\x7fäß€\u2028\ud83d\ude00\uffff😀𝄞'


def some_text(rnd: random.Random) -> str:
    return "".join(rnd.choice(CHARS) for _ in range(rnd.choice([0, 1, 3, 7, 8, 9, 16, 30])))


def some_value(rnd: random.Random, depth: int) -> Any:
    kind = rnd.randint(0, 6 if depth <= 0 else 9)
    if kind == 0:
        return rnd.choice([None, True, False])
    if kind in (1, 2):
        return rnd.choice([rnd.randint(-9, 99), rnd.randint(-(2**65), 2**65), 2**63, -(2**63), -(2**63) - 1])
    if kind == 3:
        return rnd.choice(
            [0.5, -0.0, 1e300, float("inf"), rnd.uniform(-10, 10), float(rnd.randint(0, 10**6))]
        )
    if kind in (4, 5, 6):
        return some_text(rnd)
    size = rnd.choice([0, 1, 2, 5, 14, 40])
    if kind == 7:
        return [some_value(rnd, depth - 1) for _ in range(size)]
    return {some_text(rnd): some_value(rnd, depth - rnd.randint(1, 3)) for _ in range(size)}


def spread(rnd: random.Random, text: str) -> str:
    """The same JSON with other white space between its tokens."""

    def space(m: re.Match[str]) -> str:
        return m[0] if m[0][0] == '"' else m[0] + rnd.choice(["", " ", "\n", "\t", "\r\n  "])

    return re.sub(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]', space, text)


def damaged(rnd: random.Random, text: bytes) -> bytes:
    at = rnd.randrange(len(text) + 1)
    how = rnd.randint(0, 3)
    if how == 0:
        return text[:at]
    if how == 1:
        return text[:at] + bytes([rnd.choice(b'"\\[]{},:0-.eE \n\x00\x80\xc3\xed\xf0tfnNI')]) + text[at:]
    if how == 2:
        return text[:at] + text[at + 1 :]
    return text[:at] + rnd.randbytes(1) + text[at + 1 :]


def inputs() -> Iterator[bytes]:
    rnd = random.Random(SEED)
    yield from HAND_WRITTEN
    yield b"[" * 300 + b"]" * 300
    yield b'{"a":' * 300 + b"1" + b"}" * 300
    for chunk in range(0, 5000, 50):
        batch = [f for i, f in enumerate(floats(random.Random(SEED))) if chunk <= i < chunk + 50]
        if batch:
            yield json.dumps(batch).encode()
    yield from (("[" + ",".join(batch) + "]").encode() for batch in zip(*[decimals(rnd)] * 20))
    for _ in range(250):
        ascii_only = rnd.random() < 0.5
        text = spread(rnd, json.dumps(some_value(rnd, 3), ensure_ascii=ascii_only))
        raw = escape_surrogates(text).encode()
        if len(raw) > 2500:
            continue
        yield raw
        for _ in range(6):
            yield damaged(rnd, raw) if len(raw) < 300 else damaged(rnd, raw[: rnd.randint(1, 200)])


def escape_surrogates(text: str) -> str:
    return re.sub("[\ud800-\udfff]", lambda m: f"\\u{ord(m[0]):04x}", text)


def expected(raw: bytes) -> Sequence[str] | None:
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if isinstance(value, list) and len(value) > 5 and all(isinstance(v, float) for v in value):
        return [json.dumps(value)]  # the other styles differ in nothing but size
    return [
        json.dumps(value),
        escape_surrogates(json.dumps(value, ensure_ascii=False)),
        escape_surrogates(json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)),
        escape_surrogates(json.dumps(value, ensure_ascii=False, indent=2)),
    ]


def main() -> None:
    out = Path(__file__).with_name("golden.jsonl")
    with out.open("w", encoding="utf-8", newline="\n") as f:
        for raw in inputs():
            want = expected(raw)
            line: list[str | None] = [raw.decode("latin-1")]
            line.extend(want or [None])
            f.write(json.dumps(line) + "\n")
    print(f"{out}: {out.stat().st_size} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
