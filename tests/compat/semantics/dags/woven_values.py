"""Values, templates and mapping that meet three at a time. An Airflow dag file."""

from semantics_common import *

SOON = dt.timedelta(seconds=0.2)
AGAIN = {"retries": 1, "retry_delay": SOON}


@task
def collect(xs):
    return list(xs)


class Query(BaseOperator):
    template_fields = ("sql", "parameters")
    template_ext = (".nothing",)

    def __init__(self, *, sql, parameters=None, **kwargs):
        super().__init__(**kwargs)
        self.sql, self.parameters = sql, parameters

    def execute(self, context):
        return {"sql": self.sql, "parameters": self.parameters, "index": context["ti"].map_index}


with probe("wv_templated_mapped_fields", params={"table": "sales", "n": 3}):
    # Templates in what is mapped and in what is partial, with values of tasks in both.

    @task(multiple_outputs=True)
    def day():
        return {"from": "2026-01-01", "days": [1, 2]}

    day = day()
    Query.partial(task_id="by_sql", parameters={"p": "{{ params.n + 1 }}", "d": day["from"], "l": ["{{ ti.map_index }}", day["days"]]}).expand(
        sql=["select {{ params.table }} {{ ds }}", "{% if ti.map_index %}{{ task.task_id }}{% endif %}", "{{ ti.xcom_pull(task_ids='day')['days'][1] }}"]
    )
    Query.partial(task_id="by_parameters", sql="{{ ti.map_index }} {{ params.table }}").expand(
        parameters=give.override(task_id="rows")([{"a": "{{ ds }}"}, {"a": ["{{ params.n }}"]}])
    )
    Query.partial(task_id="by_kwargs").expand_kwargs([{"sql": "{{ run_id[:6] }}", "parameters": day}, {"sql": "{{ ti.map_index }}"}])
    Query(task_id="plain", sql=day["from"], parameters=[day, {"x": day["days"]}])

with probe("wv_zip_of_group_values"):
    # What two tasks of a group give, zipped, put together, mapped and filtered.
    with TaskGroup("g"):
        names = give.override(task_id="names")(["a", "b", "c"])
        sizes = give.override(task_id="sizes")([1, 2])
        rows = give.override(task_id="rows")([{"n": 1}, {"n": 2}])

    def small(row):
        if row[1] is None:
            raise AirflowSkipException("no size")
        return {"x": [row[0].upper(), row[1]]}

    give.override(task_id="zipped").expand_kwargs(names.zip(sizes, fillvalue=None).map(small))
    collect.override(task_id="all", trigger_rule="all_done")(
        give.override(task_id="joined").expand(x=names.concat(sizes, rows.map(lambda r: r["n"] * 100)))
    )
    give.override(task_id="short").expand(x=names.map(lambda n: n * 2).zip(sizes, rows))
    give.override(task_id="again").expand(x=names.zip(names.map(lambda n: n.upper())).map(lambda p: "".join(p)))

with probe("wv_concat_of_mapped"):
    # Results of mapped tasks, of a plain one and of one that skipped some, in one list.
    a = give.override(task_id="a").expand(x=[1, 2])

    @task
    def odd(x):
        if x % 2 == 0:
            raise AirflowSkipException
        return x

    b = odd.expand(x=[3, 4, 5])
    c = give.override(task_id="c")([9])

    @task(trigger_rule="none_failed")
    def tens(x):
        return x * 10

    collect.override(trigger_rule="all_done")(tens.expand(x=a.concat(b).concat(c).map(lambda x: x + 0.5)))

with probe("wv_kwargs_of_group"):
    # A mapped group by dicts that a task makes; some of them are skipped by what maps them.

    @task
    def files():
        return [{"path": "a.csv", "rows": 1}, {"path": "b.tmp", "rows": 2}, {"path": "c.csv", "rows": 3}]

    @task_group
    def load(path, rows, where="default"):
        @task(map_index_template="{{ label }}")
        def read(path, rows):
            get_current_context()["label"] = f"{path}:{rows}"
            return rows

        @task
        def write(rows, where):
            return f"{where}/{rows}"

        return write(read(path, rows), where)

    def csv(file):
        return {"path": file["path"], "rows": file["rows"]}

    made = load.partial(where="{{ ds }}").expand_kwargs(files().map(csv))

    @task
    def total(xs):
        return sorted(xs)

    total(made)

with probe("wv_group_gives_dict"):
    # A group that gives several values by name; who takes them waits for them.

    @task_group
    def stats(x):
        low, high = give.override(task_id="low")(x), give.override(task_id="high")([x, x])
        letter.override(task_id="beside")("K")
        return {"low": low, "high": high}

    @task
    def uses(low, high, both):
        return [low, high, both]

    got = stats("four")
    uses(got["low"], high=got["high"], both=got)
    BashOperator(task_id="bash", bash_command="echo {{ ti.xcom_pull(task_ids='stats.low') }} $B", env={"B": got["low"]}, append_env=True)

with probe("wv_lazy_lists"):
    # What tasks do with the results of a mapped one: as a list, in slices, in templates.
    xs = give.override(task_id="xs").expand(x=[5, 6, 7, 8])

    @task
    def look(xs):
        return {
            "len": len(xs),
            "first": xs[0],
            "last": xs[-1],
            "middle": list(xs[1:3]),
            "back": list(xs[-2:]),
            "steps": list(xs[::2]),
            "in": 7 in xs,
            "sum": sum(xs),
            "twice": [list(xs), sorted(xs, reverse=True)],
            "zip": list(zip(xs, xs[1:])),
            "bool": bool(xs),
            "equal": list(xs) == [5, 6, 7, 8],
        }

    look(xs)

    @task
    def outside(xs):
        try:
            return xs[9]
        except IndexError:
            return "IndexError"

    outside(xs)
    xs >> BashOperator(task_id="sum", bash_command="echo {{ ti.xcom_pull(task_ids='xs') | sum }} {{ ti.xcom_pull(task_ids='xs') | list | length }} {{ ti.xcom_pull(task_ids='xs', map_indexes=2) }}")
    xs >> BashOperator.partial(task_id="own").expand(bash_command=["echo {{ ti.xcom_pull(task_ids='xs', map_indexes=ti.map_index) }}", "echo {{ ti.xcom_pull(task_ids='xs')[ti.map_index] }}"])

with probe("wv_native_mapped", render_template_as_native_obj=True, params={"n": 5}):
    # Native rendering: what comes out of the templates of mapped fields keeps its type.
    Query.partial(task_id="q", parameters=["{{ params.n }}", "{{ [ti.map_index, None] }}"]).expand(sql=["{{ params.n }}", "{{ {'a': ds} }}", "0{{ params.n }}", "{{ none }}"])
    PythonOperator.partial(task_id="p", python_callable=lambda *a, **k: [list(a), k.get("x")], op_kwargs={"x": "{{ params.n * 2 }}"}).expand(op_args=[["{{ params.n }}"], ["{{ true }}", "x{{ 1 }}"]])

    @task
    def typed(a, b):
        return [a, type(b).__name__]

    typed.partial(a="{{ params.n }}").expand(b=["{{ 1.5 }}", "{{ '1' }}"])

with probe(
    "wv_macros_in_mapped_group",
    user_defined_macros={"shift": lambda d, n: f"{d}+{n}", "CITY": {"a": "Berlin"}},
    user_defined_filters={"twice": lambda x: f"{x}{x}"},
    params={"city": "a"},
):

    @task_group
    def each(x):
        Query(task_id="q", sql="{{ CITY[params.city] }} {{ shift(ds, 2) }} {{ ti.map_index | twice }}", parameters={"x": x})
        BashOperator(task_id="b", bash_command="echo {{ ti.task_id }} {{ ds_nodash | twice }}")

    each.expand(x=["{{ CITY.a }}", "z"])

with probe("wv_outputs_of_mapped"):
    # Several outputs of each index, by key; pulled, templated and mapped over.

    @task(multiple_outputs=True)
    def stats(x):
        return {"x": x, "square": x * x}

    made = stats.expand(x=[2, 3])

    @task
    def keys(ti=None):
        return [
            list(ti.xcom_pull(task_ids="stats", key="square")),
            ti.xcom_pull(task_ids="stats", key="square", map_indexes=1),
            list(ti.xcom_pull(task_ids="stats")),
        ]

    made >> keys()
    collect(made)
    give.override(task_id="over").expand(x=made)

with probe("wv_label_in_group"):

    @task_group
    def each(x):
        @task(map_index_template="{{ task.op_kwargs['x'] }}-{{ ti.map_index }}")
        def by_args(x):
            if x == "bad":
                raise ValueError(x)

        @task(map_index_template="{{ ti.try_number }} {{ ds }}", trigger_rule="all_done", **AGAIN)
        def by_try(ti=None):
            if ti.map_index == 1 and ti.try_number == 1:
                raise ValueError

        by_args(x) >> by_try()

    each.expand(x=["a", "bad"])
    BashOperator.partial(task_id="plain", map_index_template="{{ task.bash_command }}").expand(bash_command=["true", "exit 99", "exit 1"])

with probe("wv_params_by_type", params={"names": ["x", "y"], "limit": 2, "mode": Param("full", enum=["full", "delta"]), "when": Param("2026-01-05", type="string", format="date")}):
    # Params decide how many and which way.

    @task
    def names(params=None):
        return params["names"][: params["limit"]]

    @task.branch
    def pick(params=None):
        return [params["mode"], "always"]

    pick() >> [letter.override(task_id="full").expand(x=["S", "K"]), empty("delta"), empty("always")]
    BashOperator.partial(task_id="say").expand(bash_command=names().map(lambda n: f"echo {n} {{{{ params.mode }}}} {{{{ params.when }}}}"))

with probe("wv_cross_of_everything"):
    # A cross product of a literal, a dict of outputs and a mapped task's results.

    @task
    def cell(a, b, c):
        return [a, b, c]

    one = give.override(task_id="one")(1)
    m = give.override(task_id="m").expand(x=["p", "q"])
    cell.expand(a=m, b=[one, "two"], c=give.override(task_id="c")({"k": "v"}))
