"""Makes a C file of files: embed.py OUT NAME=FILE… gives `const char tw_embed_NAME[]` and `const size_t tw_embed_NAME_n`."""

import sys
from pathlib import Path

PLAIN = {byte: chr(byte) for byte in range(32, 127)} | {ord('"'): '\\"', ord("\\"): "\\\\", ord("?"): "\\?"}


def literal(data: bytes) -> str:
    lines = data.split(b"\n")
    ended = [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    return "\n".join('\t"' + "".join(PLAIN.get(b) or f"\\{b:03o}" for b in line) + '"' for line in ended) or '\t""'


def main(out: str, *files: str) -> None:
    text = ["#include <stddef.h>"]
    for pair in files:
        name, file = pair.split("=", 1)
        data = Path(file).read_bytes()
        text.append(f"extern const char tw_embed_{name}[];\nextern const size_t tw_embed_{name}_n;")
        text.append(f"const char tw_embed_{name}[] =\n{literal(data)};\nconst size_t tw_embed_{name}_n = {len(data)};")
    Path(out).write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
