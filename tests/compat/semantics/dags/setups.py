"""Setup and teardown: where failures and skips fall, scopes, groups, context managers. An Airflow dag file."""

from semantics_common import *

# Every end of setup, work and teardown.
for s in "SFK":
    for w in "SFK":
        for t in "SF":
            with probe(f"st_{s}{w}{t}"):
                up = does("s", s).as_setup()
                down = does("t", t).as_teardown(setups=up)
                up >> does("w", w) >> empty("w2") >> down
                down >> empty("after")

for t in "SF":
    for w in "SF":
        with probe(f"st_counts_{w}{t}"):
            up = does("s", "S").as_setup()
            (
                up
                >> does("w", w)
                >> does("t", t).as_teardown(setups=up, on_failure_fail_dagrun=True)
            )

with probe("st_only_teardown"):
    does("w", "F") >> does("t", "S").as_teardown()

with probe("st_only_teardown_skipped"):
    does("w", "K") >> does("t", "S").as_teardown() >> empty("after")

with probe("st_only_setup"):
    (
        does("s", "F").as_setup()
        >> does("w", "S")
        >> empty("after", trigger_rule="all_done")
    )

for a in "SFK":
    for b in "SFK":
        if a <= b:
            with probe(f"st_two_setups_{a}{b}"):
                s1, s2 = does("s1", a).as_setup(), does("s2", b, 1).as_setup()
                (
                    [s1, s2]
                    >> does("w", "S")
                    >> does("t", "S").as_teardown(setups=[s1, s2])
                )

with probe("st_nested"):
    o, i = does("outer_s", "S").as_setup(), does("inner_s", "S").as_setup()
    ot, it = does("outer_t", "S"), does("inner_t", "F")
    o >> i >> does("w", "F") >> it.as_teardown(setups=i) >> ot.as_teardown(setups=o)
    it >> empty("after_inner") >> ot

with probe("st_nested_inner_fails"):
    o, i = does("outer_s", "S").as_setup(), does("inner_s", "F").as_setup()
    ot, it = does("outer_t", "S"), does("inner_t", "S")
    o >> i >> does("w", "S") >> it.as_teardown(setups=i)
    it >> ot.as_teardown(setups=o)
    o >> does("w_outer", "S") >> ot

with probe("st_nested_outer_fails"):
    o, i = does("outer_s", "F").as_setup(), does("inner_s", "S").as_setup()
    ot, it = does("outer_t", "S"), does("inner_t", "S")
    o >> i >> does("w", "S") >> it.as_teardown(setups=i)
    it >> ot.as_teardown(setups=o)

with probe("st_indirect"):
    # A setup far above is still needed: work two arrows down of a failed setup.
    s = does("s", "F").as_setup()
    (
        s
        >> empty("a")
        >> empty("b", trigger_rule="all_done")
        >> empty("c", trigger_rule="one_failed")
        >> does("t", "S").as_teardown(setups=s)
    )

with probe("st_indirect_skipped"):
    s = does("s", "K").as_setup()
    (
        s
        >> empty("a")
        >> empty("b", trigger_rule="always")
        >> empty("c", trigger_rule="all_done")
        >> does("t", "S").as_teardown(setups=s)
    )

with probe("st_rule_below"):
    s = does("s", "S").as_setup()
    w = does("w", "F")
    (
        s
        >> w
        >> empty("cleanup", trigger_rule="all_done")
        >> does("t", "S").as_teardown(setups=s)
    )
    w >> empty("on_failure", trigger_rule="one_failed")

with probe("st_context_manager"):
    with does("t", "S").as_teardown(setups=does("s", "S").as_setup()):
        does("w1", "S") >> does("w2", "F")
    empty("outside")

with probe("st_context_manager_fail"):
    with does("t", "S").as_teardown(
        setups=[does("s1", "S").as_setup(), does("s2", "F").as_setup()]
    ) as scope:
        w = does("w1", "S")
        scope.add_task(empty("added"))

with probe("st_decorated"):

    @setup
    def s():
        return "made"

    @task
    def w(x):
        return x

    @teardown
    def t(x):
        return x

    made = s()
    with t(made) as down:
        w(made) >> fail()

with probe("st_decorated_counts"):

    @setup
    def s():
        return 1

    @teardown(on_failure_fail_dagrun=True)
    def t(x):
        raise ValueError

    made = s()
    give(made) >> t(made)

with probe("st_group"):
    with TaskGroup("g") as g:
        s, t = does("s", "S").as_setup(), does("t", "F")
        s >> does("w", "S") >> t.as_teardown(setups=s)
    g >> empty("after")

with probe("st_group_work_fails"):
    with TaskGroup("g") as g:
        s, t = does("s", "S").as_setup(), does("t", "S")
        s >> does("w", "F") >> t.as_teardown(setups=s)
    g >> empty("after")

with probe("st_group_inside"):
    s, t = does("s", "S").as_setup(), does("t", "S")
    with TaskGroup("g") as g:
        does("w1", "S") >> does("w2", "F")
        empty("w3")
    s >> g >> t.as_teardown(setups=s)

with probe("st_groups_in_line"):
    for n in (1, 2):
        with TaskGroup(f"g{n}") as g:
            s, t = does("s", "S").as_setup(), does("t", "S")
            s >> does("w", "F" if n == 1 else "S") >> t.as_teardown(setups=s)
        if n == 1:
            first = g
    first >> g

with probe("st_teardown_in_the_middle"):
    s = does("s", "S").as_setup()
    t = does("t", "F").as_teardown(setups=s)
    s >> does("w", "S") >> t >> empty("after") >> empty("last", trigger_rule="all_done")

with probe("st_two_teardowns"):
    s = does("s", "S").as_setup()
    t1, t2 = (
        does("t1", "F").as_teardown(setups=s),
        does("t2", "S").as_teardown(setups=s),
    )
    s >> does("w", "S") >> [t1, t2]

with probe("st_chained_teardowns"):
    s1, s2 = does("s1", "S").as_setup(), does("s2", "S").as_setup()
    t1, t2 = (
        does("t1", "F").as_teardown(setups=s1),
        does("t2", "S").as_teardown(setups=s2),
    )
    s1 >> s2 >> does("w", "S") >> t2 >> t1

with probe("st_retries"):
    s = PythonOperator(
        task_id="s",
        python_callable=end,
        op_args=["F"],
        retries=1,
        retry_delay=dt.timedelta(seconds=0.1),
    ).as_setup()
    s >> does("w", "S") >> does("t", "S").as_teardown(setups=s)

with probe("st_mapped_work"):
    s = does("s", "S").as_setup()
    s >> letter.expand(x=["S", "F", "S"]) >> does("t", "S").as_teardown(setups=s)

with probe("st_mapped_setup"):
    s = letter.override(task_id="s").expand(x=["S", "F"]).as_setup()
    s >> does("w", "S") >> does("t", "S").as_teardown(setups=s)

with probe("st_mapped_group"):

    @task_group
    def g(x):
        s = letter.override(task_id="s")("S").as_setup()
        t = give.override(task_id="t")(x).as_teardown(setups=s)
        s >> letter.override(task_id="w")(x) >> t

    g.expand(x=["S", "F", "K"]) >> empty("after", trigger_rule="all_done")

with probe("st_short_work_waits"):
    # The teardown waits for all between its setup and itself, not for its own upstream only.
    s = does("s", "S").as_setup()
    t = PythonOperator(
        task_id="t", python_callable=lambda: (NOTES / "st_waits.left").exists()
    )

    def leave():
        beat(2)
        (NOTES / "st_waits.left").write_text("")

    slow = PythonOperator(task_id="slow", python_callable=leave)
    s >> slow
    s >> empty("quick") >> t.as_teardown(setups=s)
    slow >> t

with probe("st_branch_inside"):
    s, t = does("s", "S").as_setup(), does("t", "S")
    pick = BranchPythonOperator(task_id="pick", python_callable=lambda: "a")
    s >> pick >> [empty("a"), empty("b")] >> t.as_teardown(setups=s)


def nap_told(mark):
    (NOTES / mark).write_text("")
    nap()


def fail_beside(mark):
    """Fails as soon as the other is under way."""
    until = time.monotonic() + LONG
    while time.monotonic() < until and not (NOTES / mark).exists():
        time.sleep(0.05)
    beat(2)
    raise AirflowFailException("on purpose")


with probe("st_fail_fast", **{"fail_fast" if V3 else "fail_stop": True}):
    s, t = does("s", "S").as_setup(), does("t", "S")
    w = PythonOperator(
        task_id="w", python_callable=fail_beside, op_args=["fail_fast.naps"]
    )
    s >> w >> empty("w2") >> t.as_teardown(setups=s)
    (
        s
        >> PythonOperator(
            task_id="slow", python_callable=nap_told, op_args=["fail_fast.naps"]
        )
        >> t
    )
