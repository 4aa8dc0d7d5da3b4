"""Groups, branches, gates, setups and lengths that meet three at a time, as pipelines have them. An Airflow dag file."""

from semantics_common import *

SOON = dt.timedelta(seconds=0.2)
AGAIN = {"retries": 1, "retry_delay": SOON}
MIN_ONE = "none_failed_min_one_success"


@task
def collect(xs):
    return list(xs)


def ends(upstream, prefix):
    """What people put below a group: one task for each of the rules that they use."""
    for rule in ("all_success", "none_failed", MIN_ONE, "all_done", "one_success", "one_failed", "all_skipped"):
        upstream >> empty(f"{prefix}_{rule}", trigger_rule=rule)


with probe("wg_branch_over_clusters"):
    # A branch takes the large way, which is a cluster for each region, or the small one, or none of them.

    @task_group
    def region(name):
        create = give.override(task_id="create")(name).as_setup()
        work = letter.override(task_id="work", **AGAIN)("S")
        drop = letter.override(task_id="drop")("S").as_teardown(setups=create)
        create >> work >> drop

    for way in ("large", "small"):
        with TaskGroup(f"{way}_way"):
            pick = BranchPythonOperator(task_id="pick", python_callable=lambda way: f"{way}_way.{way}", op_args=[way])
            with TaskGroup("large") as large:
                regions = region.expand(name=give.override(task_id="names")(["a", "b"]))
            small = empty("small")
            if way == "large":
                pick >> [large, small]
            else:
                pick >> large
                pick >> small
            [large, small] >> empty("join", trigger_rule=MIN_ONE) >> empty("publish")
            regions >> empty("strict")

with probe("wg_gates_in_nested_groups"):
    # A soft gate in the inner group, a hard one in its neighbour, and what stands around both.
    with TaskGroup("outer") as outer:
        first = empty("first")
        with TaskGroup("soft") as soft:
            gate = ShortCircuitOperator(task_id="gate", python_callable=beat, ignore_downstream_trigger_rules=False)
            gate >> empty("a") >> empty("b", trigger_rule="all_done")
        with TaskGroup("hard") as hard:
            gate = ShortCircuitOperator(task_id="gate", python_callable=lambda: {})
            gate >> empty("a") >> empty("b", trigger_rule="all_done")
            does("beside", "S", 1)
        first >> [soft, hard]
        soft >> empty("after_soft", trigger_rule="none_failed")
    ends(outer, "below")

with probe("wg_gate_over_mapped_group"):
    # The gate is open, the length is told by what is behind it; the other gate is closed.

    @task_group
    def each(x):
        return give.override(task_id="b")(give.override(task_id="a")(x))

    for word, opens in (("open", True), ("closed", False)):
        with TaskGroup(word) as g:
            gate = ShortCircuitOperator(task_id="gate", python_callable=lambda opens: opens, op_args=[opens], ignore_downstream_trigger_rules=False)
            xs = give.override(task_id="xs")([1, 2])
            gate >> xs
            collect.override(trigger_rule="all_done" if opens else "none_failed")(each.expand(x=xs))
        ends(g, word)

with probe("wg_zero_below_branch"):
    # Both ways end in a mapped group; the one that is taken has nothing to do.

    @task_group
    def each(x):
        give.override(task_id="a")(x) >> empty("b", trigger_rule="none_failed")

    pick = BranchPythonOperator(task_id="pick", python_callable=lambda: ["full"])
    with TaskGroup("full") as full:
        each.expand(x=give.override(task_id="list")([]))
    with TaskGroup("delta") as delta:
        each.expand(x=give.override(task_id="list")([1]))
    pick >> [full, delta]
    ends([full, delta], "both")
    ends(full, "full")
    ends(delta, "delta")

with probe("wg_zero_and_some"):
    # Groups in line: nothing in the first, so what does the second say; and tasks mapped over tasks mapped over nothing.

    @task_group
    def first(x):
        return give.override(task_id="a")(x)

    @task_group
    def second(x):
        letter.override(task_id="b")(x) >> empty("c", trigger_rule="all_done")

    one = first.expand(x=give.override(task_id="none")([]))
    one >> second.expand(x=["S", "F"])
    over = give.override(task_id="over").expand(x=give.override(task_id="mapped").expand(x=give.override(task_id="none_too")([])))
    over >> [empty("strict"), empty("done", trigger_rule="all_done")]
    collect.override(trigger_rule="none_failed")(over)

with probe("wg_literal_and_none"):
    # An empty literal next to a full one, in groups that a setup stands above.
    s, t = does("s", "S").as_setup(), does("t", "S")

    @task_group
    def each(x):
        letter.override(task_id="a")(x) >> empty("b", trigger_rule="none_failed")

    with TaskGroup("empty") as nothing:
        each.expand(x=[])
    with TaskGroup("full") as full:
        each.expand(x=["S", "K"])
    s >> [nothing, full] >> t.as_teardown(setups=s)
    t >> empty("after")
    ends([nothing, full], "both")

with probe("wg_setup_fails_once"):
    # The setup of an index needs a second try, that of another never comes up; the teardown that fails fails the run.

    @task_group
    def each(n):
        @task(**AGAIN)
        def create(n, ti=None):
            if n == 2 or n == 1 and ti.try_number == 1:
                raise ValueError(n)
            return f"c{n}"

        @task
        def check(c):
            return [c]

        @task(trigger_rule="all_done")
        def report(checked):
            return checked

        @task
        def drop(c):
            if c == "c0":
                raise ValueError(c)

        c = create(n).as_setup()
        report(check(c)) >> drop(c).as_teardown(setups=c, on_failure_fail_dagrun=False)

    each.expand(n=[0, 1, 2]) >> empty("after", trigger_rule="all_done")

with probe("wg_scope_of_group"):
    # The scope is a group with a mapped task, a gate and a task that is skipped.
    s, t = does("s", "S").as_setup(), does("t", "S")
    with TaskGroup("scope") as scope:
        m = letter.override(task_id="m").expand(x=["S", "K", "S1"])
        gate = ShortCircuitOperator(task_id="gate", python_callable=lambda: 0, ignore_downstream_trigger_rules=False)
        m >> empty("strict")
        m >> empty("loose", trigger_rule="none_failed")
        gate >> empty("shut") >> empty("still", trigger_rule="all_done")
    s >> scope >> t.as_teardown(setups=s)
    [scope, t] >> empty("end", trigger_rule="none_failed")

with probe("wg_scope_in_scope_mapped"):
    # A database for all, a schema for each index; the work of one index fails.
    db, gone = does("db", "S").as_setup(), does("db_gone", "S")

    @task_group
    def schema(x):
        s = give.override(task_id="make")(x).as_setup()
        t = give.override(task_id="drop")("t").as_teardown(setups=s)
        s >> letter.override(task_id="fill")(x) >> empty("check") >> t

    every = schema.expand(x=["S", "F", "K"])
    db >> every >> gone.as_teardown(setups=db)
    every >> empty("report", trigger_rule=MIN_ONE)
    gone >> empty("after", trigger_rule="all_done")

with probe("wg_three_deep"):
    # Groups in groups, the inmost is mapped, its values go up and out.

    @task_group
    def inmost(x, y):
        a = give.override(task_id="a")([x, y])
        with TaskGroup("sub"):
            b = give.override(task_id="b", trigger_rule="none_failed")(a)
        return b

    with TaskGroup("one") as one:
        xs = give.override(task_id="xs")([1, 2])
        with TaskGroup("two"):
            with TaskGroup("three", prefix_group_id=False):
                made = inmost.partial(y="y").expand(x=xs)
            inner = collect.override(task_id="inner")(made)
        made >> letter.override(task_id="bad")("K")
    collect.override(task_id="outside", trigger_rule="all_done")(made)
    one >> empty("after", trigger_rule=MIN_ONE)
    inner >> empty("below_inner")

with probe("wg_branch_to_group_without_prefix"):
    pick = BranchPythonOperator(task_id="pick", python_callable=lambda: ["load", "odd_one"])
    with TaskGroup("load", prefix_group_id=False) as load:
        m = letter.override(task_id="m").expand(x=["S", "K"])
        m >> empty("m_after", trigger_rule=MIN_ONE)
    with TaskGroup("skip_me", prefix_group_id=False) as other:
        letter.override(task_id="n").expand(x=give.override(task_id="n_list")(["S"])) >> empty("n_after", trigger_rule="all_done")
    pick >> [load, other, empty("odd_one")]
    [load, other] >> empty("join", trigger_rule=MIN_ONE)
    ends(other, "other")

with probe("wg_defaults_of_groups", default_args={"retries": 1, "retry_delay": SOON, "trigger_rule": "none_failed"}):
    # Arguments come from the DAG, the group, the inner group and the task; and a mapped group has them, too.

    @task
    def who(task=None, ti=None, x=None):
        if ti.try_number == 1 and task.retries == 2:
            raise ValueError("once")
        return [str(task.trigger_rule) == "all_done", task.retries, task.pool, ti.try_number]

    @task_group(default_args={"retries": 2, "trigger_rule": "all_done"})
    def each(x):
        who.override(task_id="a")(x=x)
        who.override(task_id="own", retries=0)(x=x)
        with TaskGroup("h", default_args={"pool": "three_slots"}):
            who.override(task_id="b", trigger_rule="all_success")(x=x)

    each.expand(x=[1]) >> who()

with probe("wg_index_skips_then_joins"):
    # An index that skips itself: what is below it in its own index, a join over all, and what is mapped over the join.

    @task_group
    def each(x):
        @task
        def wanted(x):
            if x % 2:
                raise AirflowSkipException
            return x

        w = wanted(x)
        a, b = give.override(task_id="a")(w), letter.override(task_id="b", trigger_rule=MIN_ONE)("S")
        w >> b
        [a, b] >> empty("join", trigger_rule="all_done")
        return a

    @task(trigger_rule="all_done")
    def sums(xs):
        return [x * 10 for x in xs]

    give.override(task_id="again").expand(x=sums(each.expand(x=[0, 1, 2, 3])))

with probe("wg_two_branches_into_group"):
    # One branch stands before the group, one in it; a latest-only at its end, which lets a run by hand through.
    out = BranchPythonOperator(task_id="out", python_callable=lambda: ["g", "beside"])
    with TaskGroup("g") as g:
        inner = BranchPythonOperator(task_id="inner", python_callable=lambda: ["g.x", "g.m"])
        x, y = empty("x"), empty("y")
        m = letter.override(task_id="m").expand(x=["S", "S"])
        n = letter.override(task_id="n").expand(x=["S"])
        inner >> [x, y, m, n]
        [x, y] >> LatestOnlyOperator(task_id="latest", trigger_rule=MIN_ONE) >> empty("z", trigger_rule="all_done")
        [m, n] >> empty("maps", trigger_rule=MIN_ONE)
    out >> [g, empty("beside"), empty("left")]
    ends(g, "after")

with probe("wg_group_tasks_by_name"):
    # Arrows to single tasks in groups, across groups, and over a mapped group's edge.
    with TaskGroup("a") as a:
        a1, a2 = does("one", "S"), does("two", "F")
    with TaskGroup("b") as b:
        b1, b2 = does("one", "S"), does("two", "S", trigger_rule="one_failed")

    @task_group
    def m(x):
        letter.override(task_id="one")(x) >> letter.override(task_id="two", trigger_rule="all_done")("S")

    mapped = m.expand(x=["S", "F"])
    a1 >> b1
    a2 >> b2
    b1 >> mapped
    a >> empty("after_a", trigger_rule="one_success")
    b >> empty("after_b")
    [mapped, b2] >> empty("end")
    [a, b, mapped] >> empty("all", trigger_rule="none_skipped")
