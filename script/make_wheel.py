"""Writes the wheel that script/package promises. The binary's shared libraries, glibc's own left out, travel in tradewind/_lib, where
the binary's run path looks first; so the target machine needs a glibc and a Python, nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = ROOT / "build" / "tradewind"
SYSTEM = ("linux-vdso", "ld-linux", "libc.so", "libm.so", "libpthread", "libdl", "librt", "libresolv", "libgcc_s")


def version() -> str:
    return subprocess.check_output([str(BINARY), "version"], text=True).strip()


def libraries() -> list[Path]:
    found = []
    for line in subprocess.check_output(["ldd", str(BINARY)], text=True).splitlines():
        m = re.match(r"\s*(\S+) => (/\S+)", line)
        if m and not m[1].startswith(SYSTEM):
            found.append(Path(m[2]))
    return found


def glibc() -> str:
    """The newest glibc symbol version that the binary or its libraries want: the manylinux tag's number."""
    newest = (2, 17)
    for path in [BINARY, *libraries()]:
        text = subprocess.run(["readelf", "-V", str(path)], capture_output=True, text=True).stdout
        for major, minor in re.findall(r"GLIBC_(\d+)\.(\d+)", text):
            newest = max(newest, (int(major), int(minor)))
    return f"{newest[0]}_{newest[1]}"


def requirements() -> list[str]:
    return [r for r in (ROOT / "sdk" / "requirements.txt").read_text().split("\n") if r and not r.startswith("#")]


class Wheel:
    def __init__(self, path: Path):
        self.zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self.record: list[str] = []

    def add(self, name: str, data: bytes, executable: bool = False) -> None:
        info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
        info.external_attr = (0o100755 if executable else 0o100644) << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        self.zip.writestr(info, data)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        self.record.append(f"{name},sha256={digest},{len(data)}")

    def add_tree(self, folder: Path, prefix: str) -> None:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                self.add(f"{prefix}/{path.relative_to(folder)}", path.read_bytes())

    def close(self, info: str) -> None:
        self.zip.writestr(f"{info}/RECORD", "\n".join([*self.record, f"{info}/RECORD,,", ""]))
        self.zip.close()


def main() -> None:
    v = version()
    machine = subprocess.check_output(["uname", "-m"], text=True).strip()
    tag = f"py3-none-manylinux_{glibc()}_{machine}"
    out = ROOT / "dist"
    out.mkdir(exist_ok=True)
    path = out / f"tradewind-{v}-{tag}.whl"
    info = f"tradewind-{v}.dist-info"
    wheel = Wheel(path)
    wheel.add_tree(ROOT / "sdk" / "tradewind", "tradewind")
    wheel.add_tree(ROOT / "sdk" / "airflow", "airflow")
    wheel.add("tradewind/_bin/tradewind", BINARY.read_bytes(), executable=True)
    for lib in libraries():
        wheel.add(f"tradewind/_lib/{lib.name}", lib.read_bytes(), executable=True)
    wheel.add_tree(ROOT / "examples" / "dags", "tradewind/_examples/dags")
    requires = "".join(f"Requires-Dist: {r}\n" for r in requirements())
    wheel.add(
        f"{info}/METADATA",
        (
            f"Metadata-Version: 2.1\nName: tradewind\nVersion: {v}\n"
            "Summary: Apache Airflow's contracts on an engine written in C\nLicense: Apache-2.0\n"
            f"Requires-Python: >=3.9\n{requires}Description-Content-Type: text/markdown\n\n" + (ROOT / "README.md").read_text()
        ).encode(),
    )
    wheel.add(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: tradewind\nRoot-Is-Purelib: false\nTag: {tag}\n".encode())
    wheel.add(f"{info}/entry_points.txt", b"[console_scripts]\ntradewind = tradewind._launch:main\nairflow = tradewind._launch:main\n")
    wheel.add(f"{info}/LICENSE", (ROOT / "LICENSE").read_bytes())
    wheel.close(info)
    print(path.relative_to(ROOT), f"({path.stat().st_size // 1024} KiB)")


if __name__ == "__main__":
    sys.exit(main())
