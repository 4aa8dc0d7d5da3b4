"""Where a story may come to another end here, and why (docs/differences.md): the beginnings of what differs."""

from __future__ import annotations

GONE = "/cleared/0/tasks/"  # 3.3.2 raises max_tries of an instance whose task is gone when it is cleared; nothing ever runs it

KNOWN: dict[str, dict[str, tuple[str, ...]]] = {
    "3": {
        "cl_marker": ("/answers/0/1", "/runs/0 POST /clearTaskInstances/cl_marker_child"),
        "ed_all_gone": (f"{GONE}hold/try/1",),
        "ed_done_gone": (f"{GONE}done/try/1",),
        "ed_deferred_gone": (f"{GONE}s/try/1",),
        # The process of a task that was removed lives on for some seconds in Airflow, and may still end by itself.
        "ed_running_gone": (f"{GONE}hold/try/1", f"{GONE}py/try/1", f"{GONE}py/xcom", "/lived/0/tasks/py/xcom"),
        # 3.3.2 sets a task that runs to upstream_failed when a new one above it fails.
        "ed_before_hold": ("/lived/0/", "/cleared/0/tasks/hold/xcom", "/cleared/0/tasks/t/"),
        # 3.3.2 removes the instance of a task that is mapped from now on and makes no others until the run is cleared.
        "ed_unmapped": ("/lived/0/tasks/n", "/cleared/0/tasks/n["),
    },
    "2": {
        "ed_before_hold": ("/lived/0/", "/cleared/0/tasks/hold/xcom", "/cleared/0/tasks/t/"),
        # 2.11's command line clears nothing of a DAG that is not there; and it gives out tasks of a broken file until that is stale.
        "ed_broken": ("/clear", "/lived/0/"),
        "ed_deleted": ("/clear",),
        "ed_renamed": ("/clear",),
        # An instance of a task that is mapped no more has nothing to expand in 2.11, and fails.
        "ed_group_unmapped": ("/lived/0/", "/cleared/0/"),
        "ed_unmapped": ("/lived/0/", "/cleared/0/"),
        # 2.11 asks the document, not the instance, whether there is a retry left.
        "ed_less_retries": ("/lived/0/",),
        # 2.11's worker takes the pool of the file that it reads, and gives the instance back when that is full.
        "ed_pool": ("/lived/0/", "/cleared/0/"),
        "ed_running_gone": ("/lived/0/tasks/py", "/cleared/0/tasks/py"),
        # Below removed instances 2.11 waits for ever.
        "ed_running_list": ("/lived/0/", "/cleared/0/"),
        "ed_tasks": ("/lived/0/", "/cleared/0/"),
        # A run that times out: tasks that were not begun keep no state in 2.11.
        "ed_timeout": ("/lived/0/tasks/t/state",),
    },
}
