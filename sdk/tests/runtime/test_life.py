"""Processes: how they start, what they are given, how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from harness import Attempt, Runner, pair, workload

SLEEPER = """
    from datetime import datetime
    from tradewind.dag import DAG
    from tradewind.operator import BaseOperator

    class Sleeper(BaseOperator):
        def execute(self, context):
            import time
            print("sleeping", flush=True)
            time.sleep(30)
        def on_kill(self):
            print("killed", flush=True)

    with DAG("d", start_date=datetime(2024, 1, 1), schedule=None):
        Sleeper(task_id="sleep")
"""

PLAIN = """
    from datetime import datetime
    from tradewind.dag import DAG
    from tradewind.operators.python import PythonOperator

    def f(ds, x):
        print("hello", ds, x)
        return {"a": 1, "b": (1, 2)}

    import os, sys
    imported, parent = [], os.getpid()
    sys.addaudithook(lambda event, args: event == "import" and os.getpid() != parent and imported.append(args[0]))

    def imports(ds, ti):
        return imported

    def process():
        import os, signal
        fds = sorted(int(n) for n in os.listdir("/proc/self/fd"))
        return {
            "pid": os.getpid(), "group": os.getpgid(0), "ppid": os.getppid(), "fds": len(fds),
            "stdin": os.readlink("/proc/self/fd/0"), "int": str(signal.getsignal(signal.SIGINT)),
            "env": {k: v for k, v in os.environ.items() if k.startswith("AIRFLOW_CTX")},
        }

    with DAG("d", start_date=datetime(2024, 1, 1), schedule=None):
        x = "{{ ds_nodash }}/{{ macros.ds_add(ds, 3) }}"
        PythonOperator(task_id="t", python_callable=f, op_kwargs={"x": x})
        PythonOperator(task_id="imports", python_callable=imports, op_kwargs={"x": x})
        PythonOperator(task_id="process", python_callable=process, owner="me")
"""


def test_a_task_renders_runs_and_pushes(warm):
    file = warm(PLAIN)
    assert file.ready["threads"] == 0 and file.ready["error"] is None and file.ready["rss"] > 1000000
    result = file.run("t")
    assert result.state == "success", result.log
    assert result.stdout == "hello 2024-03-09 20240309/2024-03-12\n"
    b = {"__classname__": "builtins.tuple", "__version__": 1, "__data__": [1, 2]}
    assert result.xcom() == {"a": 1, "b": b}
    assert result.asked("rendered")[0]["fields"]["op_kwargs"] == {"x": "20240309/2024-03-12"}
    assert [f["op"] for f in result.frames] == ["running", "finished"]
    assert result.status == 0 and result.exited["maxrss"] > 1000000


def test_nothing_is_imported_on_the_way(warm):
    file = warm(PLAIN)
    result = file.run("imports")
    assert result.xcom() == [], result.xcom()


def test_the_process_is_clean(warm):
    file = warm(PLAIN)
    result = file.run("process")
    found = result.xcom()
    assert found["pid"] == result.pid == found["group"]
    assert found["ppid"] == file.ready["pid"]
    assert found["stdin"] == "/dev/null"
    assert found["fds"] <= 7  # 0 1 2, the socket, the log, the listing itself, random
    assert found["env"] == {
        "AIRFLOW_CTX_DAG_ID": "d",
        "AIRFLOW_CTX_TASK_ID": "process",
        "AIRFLOW_CTX_LOGICAL_DATE": "2024-03-09T00:00:00+00:00",
        "AIRFLOW_CTX_TRY_NUMBER": "1",
        "AIRFLOW_CTX_DAG_RUN_ID": "r",
        "AIRFLOW_CTX_DAG_OWNER": "me",
    }


def test_a_cold_start_from_the_zygote(runner, dag_file):
    path = dag_file(PLAIN)
    result = runner.run(runner.zygote, workload(path, "d", "t"))
    assert result.state == "success" and result.xcom()["a"] == 1


def test_a_cold_start_says_what_for(runner, dag_file):
    path = dag_file("""
        from tradewind.context_types import get_parsing_context
        from tradewind.dag import DAG
        from tradewind.operators.python import PythonOperator
        asked = get_parsing_context()
        for name in ("a", "b"):
            if asked.dag_id in (None, name):
                with DAG(name, schedule=None) as globals()[name]:
                    PythonOperator(task_id="t", python_callable=lambda: [asked.task_id, "b" in globals()])
    """)
    result = runner.run(runner.zygote, workload(path, "a", "t"))
    assert result.xcom() == ["t", False]


def test_a_start_without_zygote(runner, dag_file, store):
    peer, theirs = pair()
    read, write = os.pipe()
    peer.send(workload(dag_file(PLAIN), "d", "t"))
    env = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(os.path.dirname(__file__)))}
    env["AIRFLOW_HOME"] = runner.home
    done = subprocess.run(
        [sys.executable, "-m", "tradewind.task_runner", str(theirs.fileno()), str(write)],
        pass_fds=[theirs.fileno(), write],
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("hello 2024-03-09")
    assert peer.expect("request", do="rendered")
    peer.expect("running")
    peer.expect("finished", state="success")
    os.close(read), os.close(write), theirs.close(), peer.close()


def test_a_file_that_does_not_import(warm):
    file = warm("import airflow_dag\nraise ValueError('no')\n")
    assert "ModuleNotFoundError: No module named 'airflow_dag'" in file.ready["error"]
    result = file.run("t")
    assert result.state == "failed" and "ModuleNotFoundError" in result.finished["reason"]
    assert "line 1" in result.log[-1]["event"]


def test_a_file_that_takes_too_long(warm):
    file = warm("""
        import time
        time.sleep(30)
    """)
    assert "DagBag import timeout" in file.ready["error"] and "line 3" in file.ready["error"]


def test_a_file_that_exits(warm):
    file = warm("import sys\nsys.exit(3)\n")
    assert "SystemExit: 3" in file.ready["error"]
    assert file.run("t").state == "failed"


def test_a_task_that_is_gone(warm):
    file = warm(PLAIN)
    result = file.run("nobody")
    assert result.state == "failed"
    assert result.finished["reason"].startswith("task 'nobody' is not in DAG 'd'")


def test_threads_after_import(runner, dag_file):
    path = dag_file(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "from tradewind.dag import DAG\nDAG('d', schedule=None)\n"
    )
    peer = runner.warm(path)
    assert peer.seen[0]["threads"] == 1
    _, theirs = pair()
    pipes = [os.pipe() for _ in range(3)]
    peer.send({"op": "task", "attempt": "x"}, [theirs.fileno(), *(w for _, w in pipes)])
    peer.expect("fork_failed", attempt="x", error="threads")
    peer.send({"op": "stop"})
    assert peer.at_end()
    runner.zygote.expect("exited")


def test_sigterm_calls_on_kill(warm, store):
    file = warm(SLEEPER)
    attempt = Attempt(file.peer, workload(file.path, "d", "sleep"))
    attempt.until("running", store)
    time.sleep(0.1)
    attempt.kill()
    result = attempt.finish(store)
    assert result.state == "failed" and "AirflowTaskTerminated" in result.finished["reason"]
    assert result.stdout == "sleeping\nkilled\n"
    assert result.status == 0


def test_sigkill_leaves_no_finished(warm, store):
    file = warm(SLEEPER)
    attempt = Attempt(file.peer, workload(file.path, "d", "sleep"))
    attempt.until("running", store)
    attempt.kill(signal.SIGKILL)
    result = attempt.finish(store)
    assert result.finished is None and os.WTERMSIG(result.status) == signal.SIGKILL


def test_stop_waits_for_tasks(runner, dag_file, store):
    file = dag_file(PLAIN.replace('return {"a": 1, "b": (1, 2)}', "import time; time.sleep(0.5); return 1"))
    peer = runner.warm(file)
    attempt = Attempt(peer, workload(file, "d", "t"))
    runner.zygote.send({"op": "drop", "key": peer.seen[0]["key"]})
    attempt.until("running", store)
    assert attempt.finish(store).state == "success"
    assert peer.at_end()
    runner.zygote.expect("exited", status=0)


def test_the_runner_goes_away(tmp_path, dag_file, store):
    runner = Runner(str(tmp_path))
    file = dag_file(SLEEPER)
    peer = runner.warm(file)
    attempt = Attempt(peer, workload(file, "d", "sleep"))
    attempt.until("running", store)
    began = time.monotonic()
    attempt.peer.close()
    peer.close()
    assert runner.close() == 0
    assert time.monotonic() - began < 4.9  # before anything was killed
    with pytest.raises(ProcessLookupError):
        os.kill(attempt.result.pid, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_run_as_user(warm):
    import pwd

    text = """
    import os
    PythonOperator(task_id="who", python_callable=lambda: [os.getuid(), os.environ["HOME"]], dag=dag)
    """
    file = warm(PLAIN.replace("schedule=None):", "schedule=None) as dag:") + text)
    nobody = pwd.getpwnam("nobody")
    result = file.run("who", task={"run_as_user": "nobody"})
    assert result.xcom() == [nobody.pw_uid, nobody.pw_dir]
    result = file.run("who", task={"run_as_user": "nobody-of-this-name"})
    assert result.state == "failed" and "nobody-of-this-name" in result.finished["reason"]


def test_many_at_once(warm, store):
    file = warm(PLAIN)
    attempts = [Attempt(file.peer, workload(file.path, "d", "t")) for _ in range(8)]
    for result in [attempt.finish(store) for attempt in attempts]:
        assert result.state == "success" and result.status == 0


def test_bad_frames_are_answered(runner):
    runner.zygote.send({"op": "dance"})
    runner.zygote.expect("error", message="unknown op 'dance'")
    runner.zygote.send({"op": "task", "attempt": "x"})
    runner.zygote.expect("fork_failed", attempt="x")
    runner.zygote.send({"op": "parse", "id": 5})
    runner.zygote.expect("fork_failed", id=5)


def test_parse(runner, dag_file, store):
    path = dag_file(PLAIN.replace("import DAG", "import DAG  # airflow"))
    peer, theirs = pair()
    message = {"op": "parse", "id": 7, "file": path, "bundle_path": os.path.dirname(path)}
    runner.zygote.send(message, [theirs.fileno()])
    theirs.close()
    runner.zygote.expect("forked", id=7)
    parsed = peer.expect("parsed")
    assert [d["dag_id"] for d in parsed["documents"]] == ["d"], parsed["errors"]
    assert path in [i["path"] for i in parsed["inputs"]]
    peer.close()  # no other file for it
    runner.zygote.expect("exited", id=7, status=0)


@pytest.mark.parametrize(
    "text,status", [("import os; os.abort()", signal.SIGABRT), ("import os; os._exit(9)", 9 << 8)]
)
def test_parse_that_dies(runner, dag_file, text, status):
    path = dag_file(f"{text} # airflow dag")
    peer, theirs = pair()
    runner.zygote.send({"op": "parse", "id": 1, "file": path, "bundle_path": None}, [theirs.fileno()])
    theirs.close()
    runner.zygote.expect("forked", id=1)
    assert peer.at_end()
    assert runner.zygote.expect("exited", id=1)["status"] & ~0x80 == status


def test_a_task_in_a_spare_is_as_clean(warm):
    file = warm(PLAIN)
    file.run("t")
    first = file.run("process")
    assert only_child(file.ready["pid"])  # the spare
    second = file.run("process", try_number=2)
    for result in (first, second):
        found = result.xcom()
        assert found["pid"] == result.pid == found["group"] and found["ppid"] == file.ready["pid"]
        assert found["fds"] <= 7 and found["stdin"] == "/dev/null"
        assert found["env"]["AIRFLOW_CTX_TASK_ID"] == "process" and len(found["env"]) == 6
    assert second.xcom()["env"]["AIRFLOW_CTX_TRY_NUMBER"] == "2"
    assert file.run("imports").xcom() == []


def only_child(pid: int) -> int:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            found = f.read().split()
        if len(found) == 1:
            return int(found[0])
        time.sleep(0.02)
    raise AssertionError(f"{pid} has no single child")


def test_a_spare_goes_with_its_warm_child(runner, dag_file):
    path = dag_file(PLAIN)
    peer = runner.warm(path)
    assert runner.run(peer, workload(path, "d", "t")).state == "success"
    warm_pid = peer.seen[0]["pid"]
    spare = only_child(warm_pid)
    os.kill(warm_pid, signal.SIGKILL)
    assert peer.at_end()
    runner.zygote.expect("exited", status=signal.SIGKILL)
    deadline = time.monotonic() + 5
    while os.path.exists(f"/proc/{spare}") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{spare}")
