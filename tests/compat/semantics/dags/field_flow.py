"""Branches, short circuits, groups, setups and mapping together, as pipelines in the field have them. An Airflow dag file."""

from semantics_common import *


def branch(choice, task_id="pick", **kwargs):
    return BranchPythonOperator(task_id=task_id, python_callable=lambda: choice, **kwargs)


def ways(names):
    """A group of a start, work and an end for each name; what a generator of model runs makes."""
    made = []
    for name in names.split():
        with TaskGroup(name) as g:
            run, test = empty("run"), empty("test")
            run >> test
        made.append(g)
    return made


with probe("ff_models"):
    # As dbt renders a project: run and test of each model, tests that fail stop what is below.
    with TaskGroup("models"):
        with TaskGroup("stg_a") as stg_a:
            does("run", "S") >> does("test", "S")
        with TaskGroup("stg_b") as stg_b:
            does("run", "S") >> does("test", "F")
        with TaskGroup("mart_a") as mart_a:
            does("run", "S") >> does("test", "S")
        with TaskGroup("mart_b") as mart_b:
            does("run", "S") >> does("test", "S")
        stg_a >> [mart_a, mart_b]
        stg_b >> mart_b
    [mart_a, mart_b] >> empty("report", trigger_rule="none_failed_min_one_success")
    [mart_a, mart_b] >> empty("always_report", trigger_rule="all_done")
    [mart_a, mart_b] >> empty("any", trigger_rule="one_success")
    [mart_a, mart_b] >> empty("alarm", trigger_rule="one_failed")

with probe("ff_branch_groups"):
    pick = branch(["full", "extra.run"])
    full, delta, extra = ways("full delta extra")
    pick >> [full, delta, extra]
    [full, delta, extra] >> empty("join", trigger_rule="none_failed_min_one_success") >> empty("publish")
    [full, delta, extra] >> empty("strict")
    delta >> empty("after_delta") >> empty("after_all", trigger_rule="all_done")

with probe("ff_branch_in_branch_group"):
    pick = branch("outer")
    with TaskGroup("outer") as outer:
        inner = branch("outer.b", "choose")
        a, b, c = empties("a b c")
        inner >> [a, b]
        [a, b] >> c
        b >> empty("d", trigger_rule="none_failed_min_one_success")
        [a, b] >> empty("e", trigger_rule="none_failed_min_one_success")
    other = empty("other")
    pick >> [outer, other]
    outer >> empty("after_outer", trigger_rule="none_failed_min_one_success")
    [outer, other] >> empty("end", trigger_rule="none_failed")

with probe("ff_gate_soft_groups"):
    gate = ShortCircuitOperator(
        task_id="gate", python_callable=lambda: 0, ignore_downstream_trigger_rules=False
    )
    one, two = ways("one two")
    gate >> one >> two
    two >> empty("last", trigger_rule="all_done")
    one >> empty("min_one", trigger_rule="none_failed_min_one_success")
    gate >> empty("direct_always", trigger_rule="all_done") >> empty("below_direct")

with probe("ff_gate_hard_teardowns"):
    # Two resources, one within the other; the gate closes inside of both.
    s1, s2 = does("s1", "S").as_setup(), does("s2", "S").as_setup()
    t1, t2 = does("t1", "S"), does("t2", "F")
    gate = ShortCircuitOperator(task_id="gate", python_callable=lambda: "")
    s1 >> s2 >> gate >> empty("w1") >> empty("w2", trigger_rule="all_done") >> t2.as_teardown(setups=s2)
    t2 >> t1.as_teardown(setups=s1)
    s1 >> t1
    t1 >> empty("after", trigger_rule="all_done")

with probe("ff_gate_soft_teardown"):
    s, t = does("s", "S").as_setup(), does("t", "S")
    gate = ShortCircuitOperator(
        task_id="gate", python_callable=lambda: False, ignore_downstream_trigger_rules=False
    )
    s >> gate >> empty("w1") >> empty("w2", trigger_rule="none_failed") >> t.as_teardown(setups=s)
    gate >> t
    t >> empty("after")

with probe("ff_gate_before_setup"):
    gate = ShortCircuitOperator(task_id="gate", python_callable=lambda: False)
    s, t = does("s", "S").as_setup(), does("t", "S")
    gate >> s >> does("w", "S") >> t.as_teardown(setups=s)
    t >> empty("after", trigger_rule="all_done")

with probe("ff_branch_past_setup"):
    pick = branch("plain")
    s, t = does("s", "S").as_setup(), does("t", "S")
    pick >> [s, empty("plain")]
    s >> does("w", "S") >> does("w2", "S", trigger_rule="none_failed") >> t.as_teardown(setups=s)
    empty("free") >> t

with probe("ff_clusters"):
    # A cluster in each group; groups in line; the second's work fails, its teardown counts.
    groups = []
    for n, (work, counts) in enumerate((("S", False), ("F", True), ("S", False))):
        with TaskGroup(f"c{n}") as g:
            s = does("create", "S").as_setup()
            t = does("delete", "S" if n != 1 else "F")
            s >> [does("w1", work), does("w2", "S")] >> t.as_teardown(setups=s, on_failure_fail_dagrun=counts)
        groups.append(g)
    chain(*groups)
    groups[-1] >> empty("end", trigger_rule="all_done")

with probe("ff_setup_groups"):
    # Setups and teardowns in groups of their own.
    with TaskGroup("make") as make:
        s1, s2 = does("s1", "S").as_setup(), does("s2", "K").as_setup()
        s1 >> s2
    with TaskGroup("drop") as drop:
        t1, t2 = does("t1", "S").as_teardown(setups=s1), does("t2", "S").as_teardown(setups=s2)
    make >> does("work", "S") >> drop
    s1 >> does("only_one", "F") >> t1

with probe("ff_teardown_only_group"):
    with TaskGroup("g") as g:
        does("a", "F").as_teardown()
        does("b", "S").as_teardown()
    empty("before") >> g >> empty("after", trigger_rule="all_done")

with probe("ff_teardowns_alone"):
    does("a", "F").as_teardown()

with probe("ff_setup_alone"):
    does("a", "F").as_setup()
    does("b", "K").as_setup() >> does("t", "S").as_teardown()

with probe("ff_setup_mixes"):
    # One of the setups ends badly: which work goes on, which teardown runs.
    for n, (a, b) in enumerate((("S", "F"), ("S", "K"), ("F", "K"), ("K", "K"))):
        sa, sb = does(f"sa{n}", a).as_setup(), does(f"sb{n}", b).as_setup()
        t = does(f"t{n}", "S").as_teardown(setups=[sa, sb])
        sa >> empty(f"wa{n}") >> t
        sb >> empty(f"wb{n}") >> empty(f"wbb{n}", trigger_rule="all_done") >> t
        [sa, sb] >> empty(f"wab{n}") >> t

with probe("ff_setup_mapped"):
    s = letter.override(task_id="s").expand(x=["S", "K"]).as_setup()
    t = letter.override(task_id="t").expand(x=["S", "F"]).as_teardown(setups=s, on_failure_fail_dagrun=True)
    s >> letter.override(task_id="w").expand(x=["S", "S"]) >> t

with probe("ff_setup_in_mapped_group"):

    @task_group
    def each(x):
        s = letter.override(task_id="s")(x).as_setup()
        t = letter.override(task_id="t")("S").as_teardown(setups=s)
        s >> letter.override(task_id="w")("S") >> letter.override(task_id="w2", trigger_rule="all_done")("S") >> t

    each.expand(x=["S", "F", "K"]) >> [empty("after"), empty("done", trigger_rule="all_done")]

with probe("ff_rules_of_groups"):
    with TaskGroup("g") as g:
        does("s", "S"), does("k", "K"), does("f", "F", 2)
    with TaskGroup("h") as h:
        does("s", "S"), does("k", "K", 1)
    by_rule(g, prefix="g_")
    by_rule(h, prefix="h_")
    by_rule([g, h], prefix="gh_")

with probe("ff_one_done"):
    does("f", "F") >> does("uf", "S") >> empty("after_uf", trigger_rule="one_done")
    does("k", "K") >> empty("after_k", trigger_rule="one_done") >> empty("below")
    [empty("s"), does("k2", "K", 1)] >> empty("after_sk", trigger_rule="one_done")

with probe("ff_default_rule_in_group", default_args={"trigger_rule": "none_failed"}):
    with TaskGroup("g", default_args={"trigger_rule": "all_done"}):
        with TaskGroup("h", default_args={"retries": 1, "retry_delay": dt.timedelta(seconds=0.1)}):
            does("a", "F") >> PythonOperator(
                task_id="b", python_callable=lambda task=None: [task.trigger_rule == "all_done", task.retries]
            )
        does("c", "K") >> empty("d")
    does("e", "K") >> empty("f") >> empty("g2", trigger_rule="all_success")

# Mapped groups
with probe("fm_files"):
    # List, and for each: read, check, load; then a summary of what went well.

    @task
    def listing():
        return [{"name": "a", "rows": 3}, {"name": "b", "rows": 0}, {"name": "c", "rows": 5}]

    @task
    def read(file):
        return file["rows"]

    @task
    def check(rows):
        if not rows:
            raise AirflowSkipException("empty")
        return rows

    @task(retries=1, retry_delay=dt.timedelta(seconds=0.1))
    def load(rows, ti=None):
        if rows == 5 and ti.try_number == 1:
            raise ValueError("again")
        return {"rows": rows, "index": ti.map_index}

    @task(trigger_rule="none_failed")
    def summary(loaded):
        return [r for r in loaded]

    @task_group
    def per_file(file):
        return load(check(read(file)))

    done = summary(per_file.expand(file=listing()))
    done >> empty("end")

with probe("fm_rules_inside"):

    @task_group
    def each(how, other):
        a, b = letter.override(task_id="a")(how), letter.override(task_id="b")(other)
        join = give.override(task_id="join", trigger_rule="none_failed_min_one_success")("j")
        [a, b] >> join
        a >> give.override(task_id="strict")("x") >> give.override(task_id="last", trigger_rule="all_done")("y")

    each.expand(how=["S", "K"], other=["S", "K", "F"]) >> [
        empty(r, trigger_rule=r) for r in ("all_success", "none_failed", "all_done", "one_success", "one_failed", "none_skipped")
    ]

with probe("fm_nested_plain"):

    @task_group
    def outer(x, tag):
        with TaskGroup("deep"):
            first = give.override(task_id="first")([x, tag])
            with TaskGroup("deeper", default_args={"trigger_rule": "all_done"}):
                second = letter.override(task_id="second")("K")
                third = empty("third")
                second >> third
        first >> second
        return give.override(task_id="result", trigger_rule="none_failed")(first)

    @task(trigger_rule="all_done")
    def collect(xs):
        return list(xs)

    collect(outer.partial(tag="t").expand(x=[1, 2]))

with probe("fm_expand_inside"):
    # A task that is mapped again inside of a mapped group.

    @task
    def numbers(n):
        return list(range(n))

    try:

        @task_group
        def each(n):
            got = give.override(task_id="inner").expand(x=numbers(n))
            return got

        each.expand(n=[2, 3])
    except NotImplementedError:
        give.override(task_id="refused")(1)

with probe("fm_two_groups_share"):

    @task_group
    def first(x):
        a = give.override(task_id="a")(x)
        a >> letter.override(task_id="b")("S")
        return a

    @task_group
    def second(x):
        return letter.override(task_id="c")(x)

    xs = give.override(task_id="xs")(["S", "F", "K"])
    one, two = first.expand(x=xs), second.expand(x=xs)
    one >> two if False else None
    [one, two] >> empty("end", trigger_rule="all_done")

with probe("fm_group_after_mapped"):
    # Who is below a group as a whole waits for all of it, task by task.

    @task_group
    def each(x):
        letter.override(task_id="a")(x) >> letter.override(task_id="b", trigger_rule="all_done")("S1")

    each.expand(x=["S", "F"]) >> letter.override(task_id="mapped_after", trigger_rule="none_failed").expand(x=["S", "S"])

with probe("fm_zero_everything"):

    @task
    def none_at_all():
        return []

    @task_group
    def each(x):
        give.override(task_id="a")(x) >> empty("b", trigger_rule="all_done")

    each.expand(x=none_at_all()) >> [
        empty("join", trigger_rule="none_failed_min_one_success"),
        empty("none_failed", trigger_rule="none_failed"),
        empty("done", trigger_rule="all_done"),
        empty("one", trigger_rule="one_success"),
    ]

with probe("fm_gate_each"):

    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def gate(x):
        return x % 2

    gate.expand(x=[1, 2, 3]) >> [empty("strict"), empty("loose", trigger_rule="none_failed"), empty("done", trigger_rule="all_done")]

with probe("fm_gate_all"):

    @task.short_circuit
    def gate(x):
        return False

    gate.expand(x=[1, 2]) >> empty("a") >> empty("b", trigger_rule="all_done")

with probe("fm_branch_each"):

    @task.branch
    def pick(x):
        return [f"w{x}", "w0"] if x else None

    pick.expand(x=[0, 1, 2]) >> empties("w0 w1 w2 w3")

if V3:
    with probe("ff_min_one_done"):
        R = "all_done_min_one_success"
        for n, mix in enumerate(("S F", "S K", "F F", "F K", "K K", "S S")):
            hows = mix.split()
            [does(f"p{n}{i}", how, i) for i, how in enumerate(hows)] >> empty(f"t{n}", trigger_rule=R)
        with TaskGroup("g") as g:
            pick = branch("g.a")
            a, b = empties("a b")
            pick >> [a, b]
        g >> empty("after", trigger_rule=R)
        does("x", "F") >> empty("y") >> empty("z", trigger_rule=R)
