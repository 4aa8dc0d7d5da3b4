"""One question about a DAG file, answered once: `python -m tradewind.ask_main FD` (docs/runner-protocol.md, "A question").

The frame that comes is a piece of work as a task's socket has it, the one that goes back its `finished`.
"""

from __future__ import annotations

import os
import resource
import sys
import traceback
from typing import Any

from tradewind import comms
from tradewind.comms import Link, LinkClosed, SocketSupervisor


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    from tradewind.execution import other

    try:
        return other.answer(question, None)
    except Exception as e:
        return {
            "state": "failed",
            "reason": f"{type(e).__name__}: {e}",
            "trace": _trace(e),
        }


def _trace(e: BaseException) -> str:
    """From the user's own file on."""
    here = os.path.dirname(os.path.abspath(__file__))
    where = e.__traceback__
    while where is not None and os.path.abspath(where.tb_frame.f_code.co_filename).startswith(here):
        where = where.tb_next
    return "".join(traceback.format_exception(type(e), e, where or e.__traceback__)).rstrip()


def main(argv: list[str] | None = None) -> int:
    args = sys.argv[1:] if argv is None else argv
    if len(args) != 1 or not args[0].isdigit():
        print("usage: python -m tradewind.ask_main FD", file=sys.stderr)
        return 2
    link = Link.from_fd(int(args[0]))
    try:
        question, _ = link.recv()
        limit = int(question.get("timeout") or 0)
        if limit > 0:  # whoever asked may be gone by then
            resource.setrlimit(resource.RLIMIT_CPU, (limit + 10, limit + 20))
        comms.set_supervisor(SocketSupervisor(link))
        link.send({"op": "finished", **_answer(question)})
    except LinkClosed:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
