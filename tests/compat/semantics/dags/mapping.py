"""Dynamic task mapping. An Airflow dag file."""

from semantics_common import *


@task
def numbers(n=3):
    return list(range(1, n + 1))


@task
def nothing():
    return None


@task
def times(x, by=10):
    return x * by


@task
def join(a=None, b=None, c=None, item=None, k=None, n=None, square=None, t=None, x=None, y=None, shared=None):
    return {name: value for name, value in sorted(locals().items()) if value is not None}


@task(trigger_rule="all_done")
def collect(xs):
    return list(xs)


with probe("mp_literal"):
    collect(times.expand(x=[1, 2, 3]))

with probe("mp_partial"):
    collect(times.partial(by=2).expand(x=numbers()))

with probe("mp_cross"):
    collect(join.expand(a=[1, 2], b=numbers(2), c=["x", "y"]))

with probe("mp_dict_literal"):
    join.partial(k=0).expand(item={"p": 1, "q": 2})

with probe("mp_kwargs"):
    join.expand_kwargs([{"a": 1}, {"a": 2, "b": 3}, {}])

with probe("mp_kwargs_of_task"):
    join.partial(c=3).expand_kwargs(give([{"a": 1}, {"b": 2}]))

with probe("mp_kwargs_map"):
    join.expand_kwargs(numbers().map(lambda n: {"n": n, "square": n * n}))

with probe("mp_kwargs_not_dicts"):
    join.expand_kwargs(numbers())

with probe("mp_kwargs_over_partial"):
    join.partial(a=0).expand_kwargs(give([{"a": 1}]))

with probe("mp_zip"):
    a, b = numbers.override(task_id="a")(3), numbers.override(task_id="b")(2)
    join.override(task_id="short").expand(t=a.zip(b))
    join.override(task_id="filled").expand(t=a.zip(b, fillvalue="none"))
    join.override(task_id="three").expand(t=a.zip(b, a))

with probe("mp_concat"):
    a, b = numbers.override(task_id="a")(2), give.override(task_id="b")(["x"])
    collect(give.override(task_id="each").expand(x=a.concat(b)))
    collect.override(task_id="twice")(give.override(task_id="again").expand(x=a.concat(a, b)))

with probe("mp_map"):
    collect(give.expand(x=numbers().map(lambda n: f"n{n}")))


def only_odd(n):
    if n % 2 == 0:
        raise AirflowSkipException("even")
    return n


with probe("mp_map_skips"):
    collect(give.expand(x=numbers(5).map(only_odd)))


def breaks(n):
    return 1 / (n - 2)


with probe("mp_map_fails"):
    collect(give.expand(x=numbers(3).map(breaks)))

with probe("mp_map_twice"):
    give.expand(x=numbers(2).map(lambda n: n + 1).map(lambda n: str(n)))

with probe("mp_zip_of_maps"):
    join.expand(t=numbers(2).map(lambda n: -n).zip(give(["a", "b"]).map(lambda s: s.upper())))

with probe("mp_empty"):
    collect(times.expand(x=numbers(0)))
    empty("after")

with probe("mp_empty_cross"):
    collect(join.expand(a=numbers(2), b=[]))

with probe("mp_of_none"):
    collect(times.expand(x=nothing()))

with probe("mp_of_text"):
    times.expand(x=give("text"))

with probe("mp_of_number"):
    times.expand(x=give(5))

with probe("mp_of_dict"):
    collect(give.override(task_id="each").expand(x=give({"a": 1, "b": 2})))

with probe("mp_of_tuple"):
    collect(give.override(task_id="each").expand(x=give((1, 2))))

with probe("mp_of_set"):
    give.override(task_id="each").expand(x=give({1}))

with probe("mp_of_failed"):
    collect(times.expand(x=fail()))

with probe("mp_of_skipped"):
    collect(times.expand(x=skip()))

with probe("mp_two_one_fails"):
    collect(join.expand(a=fail(), b=numbers()))

with probe("mp_two_one_skips"):
    collect(join.expand(a=skip(), b=numbers()))

with probe("mp_over_mapped"):
    collect(times.override(task_id="second").expand(x=times.expand(x=numbers())))

with probe("mp_over_mapped_skip"):
    collect(give.expand(x=letter.expand(x=["S", "K", "S"])))

with probe("mp_over_mapped_skip_none_failed"):
    collect(give.override(trigger_rule="none_failed").expand(x=letter.expand(x=["S", "K", "S"])))

with probe("mp_over_mapped_fail_done"):
    collect(give.override(trigger_rule="all_done").expand(x=letter.expand(x=["S", "F", "S"])))

with probe("mp_rules"):
    for rule in [r for r in RULES if r != "always"]:
        give.override(task_id=rule, trigger_rule=rule).expand(x=letter.override(task_id=f"up_{rule}").expand(x=["S", "F"]))

with probe("mp_some_none"):

    @task
    def maybe(x):
        return x if x != 2 else None

    got = maybe.expand(x=numbers())
    collect(got)
    give.expand(x=got)

with probe("mp_output_forms"):

    @task
    def pull(ti=None):
        lazy = ti.xcom_pull(task_ids="times")
        return {
            "list": list(lazy),
            "len": len(lazy),
            "first": lazy[0],
            "last": lazy[-1],
            "slice": list(lazy[1:]),
            "one": ti.xcom_pull(task_ids="times", map_indexes=1),
            "some": list(ti.xcom_pull(task_ids="times", map_indexes=[0, 2])),
            "none": ti.xcom_pull(task_ids="times", map_indexes=9),
        }

    times.expand(x=numbers()) >> pull()

with probe("mp_sum"):

    @task
    def total(xs):
        return sum(xs)

    total(times.expand(x=numbers(4)))

with probe("mp_label"):

    @task(map_index_template="{{ kind }}-{{ task.task_id }}")
    def named(x):
        get_current_context()["kind"] = f"k{x}"
        return x

    named.expand(x=numbers(2))
    give.override(task_id="by_params", map_index_template="{{ ti.map_index }}/{{ task.op_kwargs['x'] }}").expand(x=["a", "b"])
    if V3:
        EmptyOperator.partial(task_id="never_run", map_index_template="{{ ti.map_index }}").expand(doc=["x", "y"])
    letter.override(task_id="fails", map_index_template="{{ ti.task_id }}").expand(x=["F", "K"])

with probe("mp_label_bash"):
    BashOperator.partial(task_id="b", map_index_template="{{ task.bash_command }}", do_xcom_push=False).expand(
        bash_command=["true", "exit 0"]
    )

with probe("mp_classic"):
    BashOperator.partial(task_id="b", env={"A": "1"}, append_env=True).expand(bash_command=["echo $A", "echo {{ ti.map_index }}"])
    PythonOperator.partial(task_id="p", python_callable=lambda *a, **k: [list(a), k]).expand(
        op_args=[[1], [2, 3]], op_kwargs=[{}, {"k": 1}]
    )
    BashOperator.partial(task_id="k").expand_kwargs([{"bash_command": "echo a"}, {"bash_command": "echo $B", "env": {"B": "b"}}])

with probe("mp_classic_output"):
    first = BashOperator.partial(task_id="b").expand(bash_command=["echo 1", "echo 2"])
    PythonOperator(task_id="all", python_callable=lambda xs: sorted(xs), op_args=[first.output])

with probe("mp_template_in_literal"):
    give.expand(x=["{{ ti.map_index }}", "{{ ds }}"])

with probe("mp_multiple_outputs"):

    @task(multiple_outputs=True)
    def two(x):
        return {"a": x, "b": -x}

    got = two.expand(x=numbers(2))
    collect(got)
    collect.override(task_id="only_a")(got["a"]) if V3 else None

with probe("mp_retries"):

    @task(retries=1, retry_delay=dt.timedelta(seconds=0.1))
    def second_time(x, ti=None):
        if ti.try_number == 1 and x == 2:
            raise ValueError
        return [x, ti.try_number, ti.map_index]

    collect(second_time.expand(x=numbers()))

with probe("mp_sensor"):

    @task.sensor(poke_interval=0.2, timeout=beats(60))
    def see(x):
        return PokeReturnValue(True, xcom_value=x)

    collect(see.expand(x=[1, 2]))

with probe("mp_too_long"):
    collect(give.expand(x=numbers(1025)))

# Groups


with probe("mg_simple"):

    @task_group
    def g(x):
        return times.override(task_id="b")(times.override(task_id="a")(x))

    collect(g.expand(x=numbers()))

with probe("mg_literal"):

    @task_group
    def g(x, y):
        join(x=x, y=y) >> empty("e")

    g.partial(y="same").expand(x=[1, 2]) >> empty("after")

with probe("mg_kwargs"):

    @task_group
    def g(a, b):
        return join(a=a, b=b)

    collect(g.expand_kwargs([{"a": 1, "b": 2}, {"a": 3, "b": 4}]))

with probe("mg_kwargs_of_task"):

    @task_group
    def g(a, b):
        return join(a=a, b=b)

    collect(g.expand_kwargs(give([{"a": 1, "b": 2}, {"a": 3, "b": 4}])))

with probe("mg_cross"):

    @task_group
    def g(a, b):
        return join(a=a, b=b)

    collect(g.expand(a=[1, 2], b=numbers(2)))

with probe("mg_ends"):

    @task_group
    def g(x):
        first = letter.override(task_id="first")(x)
        first >> empty("second") >> empty("third", trigger_rule="all_done")
        first >> empty("any", trigger_rule="one_success")

    g.expand(x=["S", "F", "K2"]) >> [empty("after"), empty("after_done", trigger_rule="all_done")]

with probe("mg_empty"):

    @task_group
    def g(x):
        give(x) >> empty("second") >> empty("third", trigger_rule="all_done")

    g.expand(x=numbers(0)) >> [empty("after"), empty("after_done", trigger_rule="all_done")]

with probe("mg_of_failed"):

    @task_group
    def g(x):
        give(x) >> empty("second", trigger_rule="all_done")

    g.expand(x=fail()) >> [empty("after"), empty("after_done", trigger_rule="all_done")]

with probe("mg_of_skipped"):

    @task_group
    def g(x):
        give(x) >> empty("second", trigger_rule="all_done")

    g.expand(x=skip()) >> [empty("after"), empty("after_done", trigger_rule="all_done")]

with probe("mg_rules"):

    @task_group
    def g(x):
        a, b = letter.override(task_id="a")(x), give.override(task_id="b")(x)
        for rule in [r for r in RULES if r != "always"]:
            [a, b] >> empty(rule, trigger_rule=rule)

    g.expand(x=["S", "F", "K"])

with probe("mg_depth"):

    @task_group
    def outer(x):
        with TaskGroup("inner"):
            one = times.override(task_id="one")(x)
            one >> empty("two")
        return one

    collect(outer.expand(x=numbers(2)))

with probe("mg_mapped_inside"):

    @task_group
    def g(x):
        inside = empty("start") >> times.override(task_id="t")(x)
        return inside

    got = g.expand(x=numbers(2))
    give.override(task_id="each").expand(x=got)

with probe("mg_outside_value"):
    shared = give.override(task_id="shared")("s")

    @task_group
    def g(x):
        return join(x=x, shared=shared)

    collect(g.expand(x=numbers(2)))

with probe("mg_two_in_line"):

    @task_group
    def one(x):
        return times(x)

    @task_group
    def two(x):
        return times(x)

    collect(two.expand(x=one.expand(x=numbers(2))))

with probe("mg_label"):

    @task_group
    def g(x):
        give.override(task_id="t", map_index_template="{{ task.op_kwargs['x'] }}" if False else "i{{ ti.map_index }}")(x) >> empty("e")

    g.expand(x=["a", "b"])

with probe("mg_one_fails_rest_goes_on"):

    @task_group
    def g(x):
        a = letter.override(task_id="a")(x)
        b = letter.override(task_id="b")("S")
        c = letter.override(task_id="c")("S")
        a >> b >> c

    g.expand(x=["F", "S"]) >> empty("one", trigger_rule="one_success")
