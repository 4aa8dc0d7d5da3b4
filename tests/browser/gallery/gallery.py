"""What the gallery (gallery.mjs) takes pictures of beside the DAGs of the walk: many tasks, long words, Korean, every state."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import BranchPythonOperator
from airflow.providers.standard.sensors.bash import BashSensor
from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync
from airflow.sdk import DAG, Asset, Label, Param, TaskGroup, task

BEGIN = datetime(2026, 1, 1)
LONG = "the_nightly_import_of_everything_that_the_shops_of_all_countries_have_sold_returned_and_promised"

with DAG(
    "three",
    schedule="@daily",
    start_date=BEGIN,
    catchup=False,
    end_date=datetime(2026, 1, 31),
    tags=["small"],
    description="Three tasks",
):
    (
        EmptyOperator(task_id="extract")
        >> EmptyOperator(task_id="transform")
        >> EmptyOperator(task_id="load")
    )

with DAG(
    "orders",
    schedule="@hourly",
    start_date=BEGIN,
    catchup=False,
    end_date=datetime(2026, 1, 31),
    tags=["sales", "hourly"],
    description="Takes in the orders of each hour",
):
    nth = "n={{ dag_run.run_id[5:] }}"
    fetch = BashOperator(
        task_id="fetch", bash_command=f"{nth}; sleep 0.$(( n * 37 % 8 ))"
    )
    with TaskGroup("clean", tooltip="Takes out what is odd") as clean:
        dedupe = BashOperator(
            task_id="dedupe", bash_command="echo 12 rows were there twice"
        )
        dedupe >> [
            BashOperator(task_id="enrich", bash_command="sleep 0.1"),
            BashOperator(
                task_id="check", bash_command=f"{nth}; test $(( n % 7 )) -ne 5"
            ),
        ]
    load = BashOperator.partial(task_id="load").expand(
        bash_command=[f"{nth}; test $(( n % 11 )) -ne {i + 6}" for i in range(5)]
    )
    (
        fetch
        >> Label("raw rows")
        >> clean
        >> load
        >> EmptyOperator(
            task_id="publish", outlets=[Asset("orders", "s3://orders/hourly")]
        )
    )

with DAG(
    "thousand",
    schedule=None,
    start_date=BEGIN,
    tags=["large"],
    description="A thousand tasks in twenty-five groups",
):
    before = EmptyOperator(task_id="begin")
    for g in range(25):
        with TaskGroup(f"region_{g:02}") as group:
            row = [EmptyOperator(task_id=f"table_{n:02}") for n in range(40)]
            for n in range(1, 40):
                row[(n - 1) // 3] >> row[n]
        before >> group
        if g % 5 == 4:
            before = EmptyOperator(task_id=f"gate_{g // 5}")
            group >> before

with DAG("mapped_thousand", schedule=None, start_date=BEGIN, tags=["large"]):

    @task
    def parts():
        return [{"n": n} for n in range(1000)]

    BashOperator.partial(task_id="part", max_active_tis_per_dag=8).expand(
        bash_command=[
            f"test $(( {n} % 17 )) -ne 3" if n < 60 else "true" for n in range(1000)
        ]
    )
    parts()

with DAG(
    LONG,
    schedule="15 3 * * 1-5",
    start_date=BEGIN,
    catchup=False,
    end_date=datetime(2026, 1, 31),
    tags=[
        "a tag that is rather long",
        "finance",
        "nightly",
        "sox-relevant",
        "country:germany",
        "tier-1",
        "on-call:data-platform",
    ],
    description="Takes in what the shops of all countries have sold, returned and promised, puts it beside what was planned, and tells the people in charge where the two differ by more than they should",
    owner_links={
        "data-platform-and-friends": "https://example.org/teams/data-platform"
    },
    default_args={"owner": "data-platform-and-friends"},
    doc_md="# What it does\n\nA table:\n\n| country | rows |\n|---|---|\n| de | 1 |\n\n```python\nprint('hello')\n```\n\n- one\n- two\n",
):
    with TaskGroup(
        "a_group_whose_name_is_longer_than_any_column_of_a_grid_should_have_to_be"
    ):
        first = BashOperator(
            task_id="read_the_tables_of_the_warehouse_that_nobody_has_dared_to_rename_since_1998",
            bash_command="echo " + "wide " * 120,
        )

        @task(retries=1, retry_delay=timedelta(seconds=1))
        def fail_with_a_trace():
            def deeper(n):
                if n:
                    return deeper(n - 1)
                raise RuntimeError(
                    "The file s3://warehouse/raw/"
                    + "year=2026/" * 20
                    + " has 17 columns where 18 were expected: "
                    + "x" * 300
                )

            print("looking at it")
            deeper(12)

        first >> fail_with_a_trace()

with DAG(
    "korean",
    dag_display_name="주간 매출 집계 및 검증 파이프라인",
    schedule="@weekly",
    start_date=BEGIN,
    catchup=False,
    end_date=datetime(2026, 1, 31),
    tags=["매출", "주간", "재무팀"],
    description="모든 매장의 주간 매출을 모아 계획과 비교하고 차이를 담당자에게 알립니다",
    default_args={"owner": "데이터팀"},
    params={
        "국가": Param(
            "한국",
            enum=["한국", "독일", "미국"],
            title="국가",
            description="집계할 국가",
        ),
        "건수": Param(100, type="integer", minimum=1, maximum=500, title="최대 건수"),
    },
):
    collect = BashOperator(
        task_id="collect",
        task_display_name="매장별 매출 수집",
        bash_command="echo 수집 완료: {{ params['국가'] }}",
    )
    with TaskGroup("check", group_display_name="검증"):
        a = EmptyOperator(task_id="totals", task_display_name="합계 검증")
        b = EmptyOperator(task_id="missing", task_display_name="누락 매장 확인")
    (
        collect
        >> Label("원시 데이터")
        >> [a, b]
        >> EmptyOperator(task_id="report", task_display_name="담당자 보고서 발송")
    )

with DAG(
    "states",
    schedule=None,
    start_date=BEGIN,
    tags=["states"],
    description="A task in every state",
):
    BashOperator(
        task_id="fails", bash_command="echo no disk >&2; exit 2"
    ) >> EmptyOperator(task_id="never")
    BashOperator(
        task_id="tries_again",
        bash_command="echo not yet; exit 1",
        retries=5,
        retry_delay=timedelta(hours=2),
    )
    BranchPythonOperator(task_id="chooses", python_callable=lambda: "chosen") >> [
        EmptyOperator(task_id="chosen"),
        EmptyOperator(task_id="passed_over"),
    ]
    DateTimeSensorAsync(task_id="is_deferred", target_time="2099-01-01T00:00:00+00:00")
    BashSensor(
        task_id="looks_again_later",
        bash_command="false",
        mode="reschedule",
        poke_interval=3600,
        timeout=360000,
    )
    BashOperator(
        task_id="runs_long",
        bash_command="for i in $(seq 1 7200); do echo line $i; sleep 1; done",
    ) >> EmptyOperator(task_id="waits_for_it")
    BashOperator(
        task_id="waits_for_a_slot", bash_command="true", pool="narrow", pool_slots=2
    )

with DAG(
    "everything_sold",
    schedule=(
        Asset("daily_report", "file://reports/daily")
        & Asset("stock", "s3://stock/today")
    ),
    start_date=BEGIN,
):
    EmptyOperator(
        task_id="join",
        outlets=[
            Asset(
                "yearly_figures_of_all_countries_and_all_currencies",
                "s3://figures/" + "very/" * 12 + "deep",
            )
        ],
    )

with DAG("stocktaking", schedule=None, start_date=BEGIN):
    EmptyOperator(task_id="count", outlets=[Asset("stock", "s3://stock/today")])
