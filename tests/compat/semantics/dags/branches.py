"""Branches, short circuits, skips. An Airflow dag file."""

from semantics_common import *


def branch(choice, task_id="pick", **kwargs):
    return BranchPythonOperator(task_id=task_id, python_callable=lambda: choice, **kwargs)


def tree(pick):
    """pick → a → a2, pick → b → b2, and joins by rule."""
    a, a2, b, b2 = empties("a a2 b b2")
    pick >> a >> a2
    pick >> b >> b2
    for rule in ("all_success", "none_failed", "none_failed_min_one_success", "all_done", "one_success", "all_skipped"):
        [a2, b2] >> empty(f"join_{rule}", trigger_rule=rule)


for name, choice in (
    ("one", "a"),
    ("list", ["a"]),
    ("both", ["a", "b"]),
    ("none", None),
    ("empty_list", []),
    ("tuple", ("b",)),
    ("unknown", "nobody"),
    ("one_unknown", ["a", "nobody"]),
    ("number", 42),
    ("empty_text", ""),
    ("further_down", "a2"),
    ("itself", "pick"),
    ("join", "join_all_success"),
    ("set", {"a"}),
):
    with probe(f"br_{name}"):
        tree(branch(choice))

with probe("br_nested"):
    outer, inner = branch("inner", "outer"), branch("y", "inner")
    x, y, z = empties("x y z")
    outer >> [inner, z]
    inner >> [x, y]
    [x, y, z] >> empty("join", trigger_rule="none_failed_min_one_success")
    [x, y, z] >> empty("join_strict")

with probe("br_nested_not_taken"):
    outer, inner = branch("z", "outer"), branch("y", "inner")
    x, y, z = empties("x y z")
    outer >> [inner, z]
    inner >> [x, y]
    [x, y, z] >> empty("join", trigger_rule="none_failed_min_one_success")

with probe("br_straight_to_join"):
    pick, a, join = branch("join"), empty("a"), empty("join", trigger_rule="none_failed_min_one_success")
    pick >> a >> join
    pick >> join

with probe("br_past_join"):
    pick, a, join = branch("a"), empty("a"), empty("join")
    pick >> a >> join
    pick >> join

with probe("br_rules_below"):
    # A branch's skip comes before any trigger rule of what it skips.
    pick = branch("a")
    pick >> empty("a")
    for rule in RULES:
        pick >> empty(rule, trigger_rule=rule)

with probe("br_two_above_one"):
    one, two = branch("shared", "one"), branch("other", "two")
    shared, other = empties("shared other")
    one >> shared
    two >> [shared, other]

for name, choice in (("group", "g"), ("group_task", "g.a"), ("group_and_task", ["g", "out"]), ("inner_group", "g.h")):
    with probe(f"br_to_{name}"):
        pick = branch(choice)
        with TaskGroup("g") as g:
            ga, gb = empties("a b")
            ga >> gb
            with TaskGroup("h") as h:
                ha, hb = empties("ha hb")
                ha >> hb
        out = empty("out")
        pick >> [g, out]
        [g, out] >> empty("join", trigger_rule="none_failed_min_one_success")

with probe("br_in_group"):
    with TaskGroup("g") as g:
        pick = branch("g.a")
        a, b = empties("a b")
        pick >> [a, b]
    g >> empty("after", trigger_rule="none_failed")

with probe("br_in_group_without_prefix"):
    with TaskGroup("g") as g:
        pick = branch("a")
        a, b = empties("a b")
        pick >> [a, b]
    g >> empty("after", trigger_rule="all_done")

with probe("br_group_without_prefix"):
    with TaskGroup("g", prefix_group_id=False) as g:
        pick = branch("a")
        a, b = empties("a b")
        pick >> [a, b]
    g >> empty("after", trigger_rule="none_failed")

with probe("br_fails"):
    pick = BranchPythonOperator(task_id="pick", python_callable=end, op_args=["F"])
    tree(pick)

with probe("br_skips"):
    pick = BranchPythonOperator(task_id="pick", python_callable=end, op_args=["K"])
    tree(pick)

with probe("br_of_class"):

    class Choose(BaseBranchOperator):
        def choose_branch(self, context):
            return ["b"] if context["params"]["which"] == "b" else None

    tree(Choose(task_id="pick", params={"which": "b"}))

with probe("br_decorated"):

    @task.branch
    def pick(given):
        return f"way_{given}"

    @task
    def one():
        return 1

    pick(one()) >> empties("way_1 way_2")

with probe("br_on_xcom"):

    @task.branch
    def even(said):
        return "yes" if int(said) % 2 == 0 else "no"

    even(BashOperator(task_id="said", bash_command="echo 4").output) >> empties("yes no")

with probe("br_mapped"):
    # A branch of many indexes: each follows its own way.
    @task.branch
    def pick(x):
        return x

    pick.expand(x=["a", "b"]) >> empties("a b c")

with probe("br_mapped_group"):

    @task_group
    def g(x):
        @task.branch
        def pick(x):
            return f"g.{x}"

        pick(x) >> empties("a b")

    g.expand(x=["a", "b", "a"]) >> empty("after", trigger_rule="none_failed")

with probe("br_labels"):
    pick, a, b = branch("a"), empty("a"), empty("b")
    pick >> Label("taken") >> a
    pick >> Label("left") >> b

with probe("br_before_teardown"):
    s, t = empty("s").as_setup(), empty("t")
    pick, a, b = branch("a"), empty("a"), empty("b")
    s >> pick >> [a, b] >> t.as_teardown(setups=s)

with probe("br_with_retry"):

    @task.branch(retries=1, retry_delay=dt.timedelta(seconds=0.1))
    def pick(ti=None):
        if ti.try_number == 1:
            raise ValueError
        return "b"

    pick() >> empties("a b")

with probe("br_no_push"):
    tree(branch("a", do_xcom_push=False))


# Short circuits
def tail(first):
    first >> empty("next") >> empty("then", trigger_rule="all_done") >> empty("last", trigger_rule="always")
    first >> empty("side", trigger_rule="none_failed") >> empty("side_last", trigger_rule="all_done")


for name, value in (("true", True), ("false", False), ("none", None), ("zero", 0), ("text", "x"), ("empty_list", [])):
    for hard in (True, False):
        with probe(f"sc_{name}_{'hard' if hard else 'soft'}"):
            tail(
                ShortCircuitOperator(
                    task_id="gate", python_callable=lambda v=value: v, ignore_downstream_trigger_rules=hard
                )
            )

with probe("sc_fails"):
    tail(ShortCircuitOperator(task_id="gate", python_callable=end, op_args=["F"]))

with probe("sc_skips"):
    tail(ShortCircuitOperator(task_id="gate", python_callable=end, op_args=["K"]))

with probe("sc_teardown"):
    s, t = empty("s").as_setup(), empty("t")
    gate = ShortCircuitOperator(task_id="gate", python_callable=lambda: False)
    s >> gate >> empty("work") >> t.as_teardown(setups=s)
    t >> empty("after")

with probe("sc_half"):
    gate = ShortCircuitOperator(task_id="gate", python_callable=lambda: False)
    join = empty("join", trigger_rule="one_success")
    gate >> empty("a") >> join
    does("b", "S", 4) >> join
    join >> empty("after")

with probe("sc_half_soft"):
    gate = ShortCircuitOperator(
        task_id="gate", python_callable=lambda: False, ignore_downstream_trigger_rules=False
    )
    join = empty("join", trigger_rule="none_failed_min_one_success")
    gate >> empty("a") >> join
    does("b", "S", 4) >> join
    join >> empty("after")

with probe("sc_mapped"):

    @task.short_circuit
    def gate(x):
        return x

    gate.expand(x=[True, False]) >> empty("after") >> empty("last", trigger_rule="all_done")

with probe("sc_in_mapped_group"):

    @task_group
    def g(x):
        @task.short_circuit
        def gate(x):
            return x > 1

        gate(x) >> empty("work")

    g.expand(x=[1, 2, 3]) >> empty("after", trigger_rule="none_failed")

with probe("sc_into_group"):
    gate = ShortCircuitOperator(task_id="gate", python_callable=lambda: False)
    with TaskGroup("g") as g:
        a, b = empties("a b")
        a >> b
    gate >> g >> empty("after", trigger_rule="all_done")

# Skips
with probe("sk_middle"):
    does("a", "S") >> does("b", "K") >> empty("c") >> empty("d", trigger_rule="none_failed") >> empty("e")

with probe("sk_not_retried"):
    does("a", "K", retries=2) >> empty("b")

with probe("sk_bash"):
    BashOperator(task_id="default", bash_command="exit 99") >> empty("after_default")
    BashOperator(task_id="seven", bash_command="exit 7", skip_on_exit_code=7) >> empty("after_seven")
    BashOperator(task_id="many", bash_command="exit 8", skip_on_exit_code=[7, 8]) >> empty("after_many")
    BashOperator(task_id="never", bash_command="exit 99", skip_on_exit_code=None) >> empty("after_never")
    BashOperator(task_id="other", bash_command="exit 5", skip_on_exit_code=[7, 8]) >> empty("after_other")

with probe("sk_python_exit_code"):
    PythonOperator(task_id="sys_exit", python_callable=lambda: __import__("sys").exit(1)) >> empty("after")

with probe("sk_run_of_skips"):
    does("a", "K")
    does("b", "K")

with probe("sk_callable_wrong"):
    PythonOperator(task_id="takes_one", python_callable=lambda x: x) >> empty("after")
