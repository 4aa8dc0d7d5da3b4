"""Trigger rules over mapped upstreams, over chains, and what does not wait. An Airflow dag file."""

from semantics_common import *

# A mapped upstream whose instances end so; digits: beats to wait, where the order matters.
for mix in ("S S", "S F", "S K", "F F", "K K", "F K2", "K F2", "S F K2", "S K F2", "S S S S"):
    with probe("tr_map_" + mix.replace(" ", "")):
        by_rule(letter.expand(x=mix.split()))

with probe("tr_map_nothing"):
    by_rule(letter.expand(x=[]))

with probe("tr_map_upstream_failed"):
    by_rule(letter.expand(x=fail()))

with probe("tr_map_upstream_skipped"):
    by_rule(letter.expand(x=skip()))

for plain in "SFK":
    with probe(f"tr_map_SS_and_{plain}"):
        by_rule([letter.expand(x=["S", "S"]), does("plain", plain, 1)])

with probe("tr_nothing_and_S"):
    by_rule([letter.expand(x=[]), does("plain", "S", 1)])

with probe("tr_nothing_and_F"):
    by_rule([letter.expand(x=[]), does("plain", "F", 1)])

with probe("tr_two_maps"):
    by_rule([letter.expand(x=["S", "F"]), letter.override(task_id="other").expand(x=["S", "S1"])])

with probe("tr_roots"):
    for rule in RULES:
        empty(rule, trigger_rule=rule) >> empty(f"after_{rule}")

# What one end does to a chain: rule, then the default, then all_done.
for how in "FK":
    for rule in RULES:
        with probe(f"tr_chain_{how}_{rule}"):
            (
                does("first", how)
                >> empty("second", trigger_rule=rule)
                >> empty("third")
                >> empty("fourth", trigger_rule="all_done")
            )

# A leaf's end is the run's.
for how in "SFK":
    for other in "SFK":
        if how <= other:
            with probe(f"tr_leaves_{how}{other}"):
                does("one", how)
                does("other", other, 1)


def was_there(name):
    there = (NOTES / name).exists()
    (NOTES / f"{name}.seen").write_text("")
    return there


def leave(name):
    """Waits until the other has looked, if it does before this ends."""
    until = time.monotonic() + max(beats(8), 0.75 * LONG)
    while time.monotonic() < until and not (NOTES / f"{name}.seen").exists():
        time.sleep(0.05)
    (NOTES / name).write_text("")


def slow_and_watcher(mark, rule, watcher):
    slow = PythonOperator(task_id="slow", python_callable=leave, op_args=[mark])
    sees = PythonOperator(task_id=watcher, python_callable=was_there, op_args=[mark], trigger_rule=rule)
    return slow, sees


for rule, quick in (("one_success", "S"), ("one_failed", "F"), ("one_done", "S"), ("one_done", "F"), ("always", "S")):
    with probe(f"tr_early_{rule}_{quick}"):
        # The quick one's end is enough: the rule's task runs while the slow one still does.
        slow, sees = slow_and_watcher(f"{rule}_{quick}.left", rule, "sees")
        [slow, does("quick", quick)] >> sees

for rule in ("all_success", "none_failed", "none_skipped", "all_failed", "all_skipped", "none_failed_min_one_success"):
    for quick in "FK":
        with probe(f"tr_certain_{rule}_{quick}"):
            # What is certain is set before the others end: the watcher below it sees the slow one's mark missing or not.
            slow, watcher = slow_and_watcher(f"c_{rule}_{quick}.left", "all_done", "watcher")
            decided = empty("decided", trigger_rule=rule)
            [slow, does("quick", quick)] >> decided >> watcher

with probe("tr_waits_for_all_done"):
    slow, sees = slow_and_watcher("all_done.left", "all_done", "sees")
    [slow, does("quick", "F")] >> sees

with probe("tr_diamond"):
    top, left, right = does("top", "S"), does("left", "K"), does("right", "F", 6)
    top >> [left, right] >> empty("bottom")
    [left, right] >> empty("bottom_any", trigger_rule="one_done")
    [left, right] >> empty("bottom_none", trigger_rule="none_failed")

with probe("tr_twice_the_same_arrow"):
    a, b = does("a", "S"), empty("b", trigger_rule="all_success")
    a >> b
    a.set_downstream(b)
    b.set_upstream(a)

with probe("tr_default_args_rule", default_args={"trigger_rule": "all_done"}):
    does("a", "F") >> empty("b") >> empty("c", trigger_rule="all_success")
