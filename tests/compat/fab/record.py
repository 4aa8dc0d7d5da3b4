"""What Airflow with its FAB provider refuses to each role: writes golden.json beside this file.

python record.py http://127.0.0.1:8080

The server has users viewer, user, op, admin, public and team, whose password is "secret", with the role of that name. `team` is a role of
its own, which may read DAG Runs, Task Instances, XComs, DAG Versions, DAG Code, DAG Warnings, ImportError and Website, and the DAG `mine`
says access_control={"team": {"DAGs": {"can_read", "can_edit"}, "DAG Runs": {"can_create"}}}. tests/story/fab_test.py asks the same here.
"""

from __future__ import annotations

import json
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path

FOLDER = Path(__file__).parent
USERS = {"Viewer": "viewer", "User": "user", "Op": "op", "Admin": "admin", "Public": "public", "team": "team"}
# Not asked: what needs a token or is switched off by default, and the configuration, which is hidden by default.
APART = re.compile(r"parseDagFile|enqueue-test|connections/test|connections/defaults|/config|/auth/(login|logout)$|monitor/health|/version$")
VALUES = {"dag_id": "mine", "dag_run_id": "r", "task_id": "t", "username": "nobody", "name": "norole", "pool_name": "nopool"}


def ask(host: str, method: str, path: str, token: str | None, body: object = None) -> tuple[int, str]:
    request = urllib.request.Request(host + path, method=method)
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, data, timeout=60) as r:
            return r.status, r.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()


def operations(host: str) -> list[str]:
    found = []
    for document, prefix in (("/openapi.json", "/api/v2"), ("/auth/openapi.json", "/auth/fab/v1")):
        spec = json.loads(ask(host, "GET", document, None)[1])
        for path, item in spec["paths"].items():
            whole = path if path.startswith(prefix) else "/auth" + path
            if not whole.startswith(prefix) or APART.search(whole):
                continue
            for method in item:
                filled = re.sub(r"\{(\w+)(:path)?\}", lambda m: VALUES.get(m[1], "1"), whole)
                if (method, whole) == ("delete", "/api/v2/dags/{dag_id}"):
                    filled = filled.replace("mine", "ghost")  # it would be gone
                if whole == "/api/v2/backfills" and method == "get":
                    filled += "?dag_id=mine"
                found.append(f"{method.upper()} {filled}")
                if method == "get" and "/dags/{dag_id}/" in whole:
                    found.append(f"GET {filled.replace('/mine', '/~').replace('/r/', '/~/')}")
    return sorted(set(found))


def main(host: str) -> None:
    asked = operations(host)
    golden: dict[str, list[str]] = {}
    for role, name in USERS.items():
        token = json.loads(ask(host, "POST", "/auth/token", None, {"username": name, "password": "secret"})[1])["access_token"]
        statuses = {}
        for operation in asked:
            method, path = operation.split(" ", 1)
            statuses[operation] = ask(host, method, path, token, None if method in ("GET", "DELETE") else {})[0]
        golden[role] = [o for o in asked if statuses[o] == 403]
    refused = {o for listed in golden.values() for o in listed}
    golden["allowed"] = [o for o in asked if o not in refused]
    (FOLDER / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
