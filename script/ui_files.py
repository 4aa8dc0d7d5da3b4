"""ui_files.py DIST OUT: what the UI was built to (DIST, may be missing) as OUT/ui_files.c, a table of names, and OUT/ui_blob.S with
OUT/ui_blob.bin, the bytes. A file that would be the same is left alone, so that nothing is compiled for it."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}


def write(path: Path, data: bytes) -> None:
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)


def main() -> None:
    dist, out = Path(sys.argv[1]), Path(sys.argv[2])
    blob = bytearray()

    def span(path: Path) -> str:
        """Where the bytes of a file are: {offset, length}; of a missing one {0, 0}."""
        if not path.exists():
            return "{0, 0}"
        data = path.read_bytes()
        at = len(blob)
        blob.extend(data)
        return f"{{{at}, {len(data)}}}"

    rows = []
    files = [f for f in dist.rglob("*") if f.is_file() and f.suffix in TYPES] if (dist / "index.html").exists() else []
    for f in sorted(files, key=lambda f: str(f.relative_to(dist)).encode()):
        name = f.relative_to(dist)
        packed = [f.with_name(f.name + ".br"), f.with_name(f.name + ".gz")]
        plain = "{0, 0}" if packed[1].exists() and f.suffix != ".html" else span(f)
        rows.append(f'\t{{"{name}", "{TYPES[f.suffix]}", {plain}, {span(packed[0])}, {span(packed[1])}}},\n')
    write(out / "ui_blob.bin", bytes(blob) or b"\0")
    digest = hashlib.sha256(blob).hexdigest()
    write(
        out / "ui_blob.S",
        f"/* {digest} */\n\t.section .rodata\n\t.globl tw_ui_blob\n\t.balign 16\ntw_ui_blob:\n"
        f'\t.incbin "{(out / "ui_blob.bin").resolve()}"\n\t.section .note.GNU-stack,"",%progbits\n'.encode(),
    )
    write(
        out / "ui_files.c",
        ('#include "api/ui/ui.h"\n\nconst struct tw_ui_file tw_ui_files[] = {\n' + "".join(rows) + "\t{0},\n};\n").encode()
        + f"const unsigned tw_ui_nfiles = {len(rows)};\n".encode(),
    )


if __name__ == "__main__":
    main()
