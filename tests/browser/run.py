"""The UI in a real browser, on a real engine with real runs: starts both and hands over to walk.mjs, whose TAP goes through.

tests/browser/run.py [WORD]      only the steps with the word in their name
SHOTS=folder                     leaves pictures there
tests/browser/run.py --gallery FOLDER [WORD]    takes every page (with the word in its name) in both themes and languages, on a desk
                                                and on a tablet, into the folder, and writes there what looks wrong (gallery.mjs)
tests/browser/run.py --serve                    starts the same for a look by hand, until it is interrupted
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "story"))

from engine import BINARY, Engine, free_port, wait_until  # noqa: E402

DAGS = Path(__file__).parent / "dags"
GALLERY = Path(__file__).parent / "gallery"
FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"


ACME = """
def info():
    kind = {"connection-type": "acme", "hook-class-name": "acme_provider.AcmeHook"}
    return {"package-name": "acme", "name": "Acme", "description": "d", "connection-types": [kind]}

class AcmeHook:
    def __init__(self, conn_id): self.conn_id = conn_id
    def test_connection(self):
        from airflow.sdk import BaseHook
        conn = BaseHook.get_connection(self.conn_id)
        if conn.host == "good": return True, f"hello {conn.login or 'nobody'}"
        return False, f"{conn.host} refuses {conn.password}"
"""


def provider(folder: Path) -> Path:
    """A provider whose connections can be tried without a service behind them."""
    site = folder / "site"
    dist = site / "acme-1.0.dist-info"
    dist.mkdir(parents=True)
    (site / "acme_provider.py").write_text(ACME)
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (dist / "entry_points.txt").write_text(
        "[apache_airflow_provider]\nprovider_info=acme_provider:info\n"
    )
    return site


PLUGIN = """
from airflow.plugins_manager import AirflowPlugin

class Shown(AirflowPlugin):
    name = "shown"
    external_views = [
        {"name": "Handbook", "href": "AT/handbook", "url_route": "handbook", "category": "browse"},
        {"name": "Far away", "href": "AT/far"},
        {"name": "Costs", "href": "AT/costs?dag={DAG_ID}", "url_route": "costs", "destination": "dag"},
        {"name": "Lineage", "href": "AT/of/{DAG_ID}/{RUN_ID}", "url_route": "lineage", "destination": "dag_run"},
        {"name": "Trace", "href": "AT/of/{TASK_ID}", "url_route": "trace", "destination": "task_instance"},
    ]
    appbuilder_menu_items = [{"name": "Old link", "href": "AT/old", "category": "Elsewhere"}]
    fastapi_apps = [{"app": object(), "url_prefix": "/shown", "name": "an app"}]
"""


class Elsewhere(BaseHTTPRequestHandler):
    """Where the views of the plugin are: says what it was asked for."""

    def do_GET(self) -> None:
        text = f"<!doctype html><title>t</title><p>told of {self.path}</p>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: object) -> None:
        pass


def plugin(engine: Engine) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    folder = engine.home / "plugins"
    folder.mkdir(exist_ok=True)
    at = f"http://127.0.0.1:{server.server_address[1]}"
    (folder / "shown.py").write_text(PLUGIN.replace("AT/", f"{at}/"))
    return server


def browser() -> str:
    for name in (
        os.environ.get("CHROMIUM", ""),
        "chromium",
        "chromium-browser",
        "google-chrome",
    ):
        path = shutil.which(name) if name else None
        if path:
            return path
    sys.exit("no browser: script/bootstrap test installs chromium")


def node() -> str:
    return shutil.which("node") or str(ROOT / "build" / "venv" / "bin" / "node")


def end(*_: object) -> None:
    """Asked to end: by way of all that is to be tidied up, so that no daemon and no folder is left."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(128 + signal.SIGTERM)


def main() -> int:
    signal.signal(signal.SIGTERM, end)
    parser = argparse.ArgumentParser()
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--gallery", metavar="FOLDER")
    parser.add_argument("--serve", action="store_true")
    args = parser.parse_args()
    path = browser()
    if not (ROOT / "ui" / "node_modules" / "playwright-core").exists():
        sys.exit("ui/node_modules is missing: script/build-ui makes it")
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(
            Path(folder),
            TRADEWIND__CORE__TEST_CONNECTION="Enabled",
            TRADEWIND__API__EXPOSE_CONFIG="non-sensitive-only",
        )
        engine.env["PYTHONPATH"] += f":{provider(Path(folder))}"
        elsewhere = plugin(engine)
        guarded = free_port()
        wide = args.gallery or args.serve
        for f in [*sorted(DAGS.iterdir()), *([GALLERY / "gallery.py"] if wide else [])]:
            shutil.copy(f, engine.dags / f.name)
        if wide:
            shutil.copytree(ROOT / "examples" / "dags", engine.dags, dirs_exist_ok=True)
        try:
            engine.parse()
            engine.run("pools", "set", "narrow", "1", "one at a time")
            for verb in ("scheduler", "dag-processor", "triggerer", "api-server"):
                engine.start(verb)
            # The same home once more, where people have to sign in.
            passwords = Path(folder) / "passwords.json"
            passwords.write_text(
                json.dumps({"anna": "open sesame", "vic": "only looks"})
            )
            passwords.chmod(0o600)
            users = {
                "TRADEWIND__API__PORT": str(guarded),
                "TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
                "TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_USERS": "anna:admin,vic:viewer",
                "TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            }
            # And once more with users in the metastore, one for each role.
            fab = free_port()
            people = {
                "TRADEWIND__API__PORT": str(fab),
                "TRADEWIND__CORE__AUTH_MANAGER": FAB,
            }
            for role in ("Admin", "Op", "User", "Viewer", "Public"):
                name = role.lower()
                engine.run(
                    "users",
                    "create",
                    "-u",
                    name,
                    "-f",
                    role,
                    "-l",
                    "Person",
                    "-e",
                    f"{name}@example.org",
                    "-r",
                    role,
                    "-p",
                    f"{name} knows",
                    env=people,
                )
            for name, more in (("guarded", users), ("fab", people)):
                log = open(engine.home / f"{name}.log", "wb")
                engine.processes[name] = subprocess.Popen(
                    [BINARY, "api-server"],
                    env={**engine.env, **more},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
                log.close()
            wait_until(
                lambda: all(answers(p) for p in (engine.port, guarded, fab)),
                60,
                "the api-servers do not answer",
            )
            env = {
                **os.environ,
                "BASE": f"http://localhost:{engine.port}",
                "GUARDED": f"http://localhost:{guarded}",
                "FAB": f"http://localhost:{fab}",
                "CHROMIUM": path,
                "DAGS": str(engine.dags),
                "ONLY": args.word,
            }
            if args.serve:
                print(
                    "\n".join(
                        f"export {k}={env[k]}"
                        for k in ("BASE", "GUARDED", "FAB", "CHROMIUM", "DAGS")
                    ),
                    flush=True,
                )
                signal.pause()
            script = Path(__file__).parent / "walk.mjs"
            if args.gallery:
                env["SHOTS"] = str(Path(args.gallery).resolve())
                script = GALLERY / "gallery.mjs"
            return subprocess.run([node(), str(script)], env=env, cwd=ROOT).returncode
        finally:
            engine.stop()
            elsewhere.shutdown()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/api/v2/version") as r:
            return r.status == 200
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
