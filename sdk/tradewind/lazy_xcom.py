"""The results of a mapped task as one sequence, fetched a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tradewind import comms, xcom

_PAGE = 200
_KEPT = 8  # pages


class LazyXComSequence(Sequence):
    """The XComs of all instances of a task in the order of their map index;

    Those that pushed nothing are left out.
    """

    _tradewind_lazy_sequence = True

    def __init__(self, task_id: str, key: str, dag_id: str, run_id: str) -> None:
        self.task_id = task_id
        self.key = key
        self.dag_id = dag_id
        self.run_id = run_id
        self._length: int | None = None
        self._pages: dict[int, list[Any]] = {}

    def __len__(self) -> int:
        if self._length is None:
            self._length = int(
                comms.request(
                    "xcom_count",
                    dag_id=self.dag_id,
                    run_id=self.run_id,
                    task_ids=[self.task_id],
                    key=self.key,
                )
            )
        return self._length

    def _page(self, number: int) -> list[Any]:
        page = self._pages.get(number)
        if page is None:
            rows = xcom.rows_of(
                key=self.key,
                dag_id=self.dag_id,
                run_id=self.run_id,
                task_ids=[self.task_id],
                offset=number * _PAGE,
                limit=_PAGE,
            )
            cls = xcom.backend()
            page = [cls.unpack_row(self.key, row, self.dag_id, self.run_id) for row in rows]
            if len(self._pages) >= _KEPT:
                self._pages.pop(next(iter(self._pages)))
            self._pages[number] = page
        return page

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if index < 0:
            raise IndexError("list index out of range")
        page = self._page(index // _PAGE)
        try:
            return page[index % _PAGE]
        except IndexError:
            raise IndexError("list index out of range") from None

    def __iter__(self) -> Iterator[Any]:
        number = 0
        while True:
            page = self._page(number)
            yield from page
            if len(page) < _PAGE:
                return
            number += 1

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, LazyXComSequence) or isinstance(other, (list, tuple)):
            return len(self) == len(other) and all(a == b for a, b in zip(self, other))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"LazyXComSequence([{len(self)} items])"

    __str__ = __repr__
