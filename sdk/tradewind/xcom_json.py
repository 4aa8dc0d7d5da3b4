"""JSON of XComs, as `airflow.utils.json` has it."""

from __future__ import annotations

import json
from typing import Any


class XComEncoder(json.JSONEncoder):
    """Encodes what XCom can carry."""

    def encode(self, o: Any) -> str:
        from tradewind import serde

        return super().encode(serde.serialize(o))

    def default(self, o: Any) -> Any:
        from tradewind import serde

        return serde.serialize(o)


class XComDecoder(json.JSONDecoder):
    def decode(self, s: str, *args: Any) -> Any:
        from tradewind import serde

        return serde.deserialize(super().decode(s, *args))


class WebEncoder(json.JSONEncoder):
    def default(self, o: Any) -> Any:
        if hasattr(o, "isoformat"):
            return o.isoformat()
        return str(o)


AirflowJsonEncoder = WebEncoder
JSONEncoder = json.JSONEncoder
