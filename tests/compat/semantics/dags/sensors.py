"""Sensors: modes, time-outs, soft failures, values. An Airflow dag file."""

from semantics_common import *


def see(text, ti=None):
    """t: seen; f: not yet; n: not yet, then seen; x: raises; s: skips; F: fails for good."""
    path = NOTES / f"{ti.dag_id}.{ti.task_id}.pokes"
    with open(path, "a") as f:
        f.write("x")
    poke = path.stat().st_size
    now = text[min(poke, len(text)) - 1]
    if now == "x":
        raise ValueError("poke")
    if now == "s":
        raise AirflowSkipException("poke")
    if now == "F":
        raise AirflowFailException("poke")
    return now == "t"


# Airflow's executor takes a task that comes back too quickly for one that was killed.
PAUSE = {"poke": 0.2, "reschedule": beats(2)}

for mode in ("poke", "reschedule"):
    for text in ("t", "fft", "f", "x", "fx", "s", "F"):
        for soft in (False, True):
            with probe(f"se_{mode}_{'fail' if text == 'F' else text}_{'soft' if soft else 'hard'}"):
                PythonSensor(
                    task_id="see",
                    python_callable=see,
                    op_args=[text],
                    mode=mode,
                    soft_fail=soft,
                    poke_interval=0.2,
                    timeout=0.5 if text == "f" else beats(60),
                ) >> empty("after") >> empty("done", trigger_rule="all_done")

for mode in ("poke", "reschedule"):
    with probe(f"se_retry_{mode}"):
        PythonSensor(
            task_id="see",
            python_callable=see,
            op_args=["xft"],
            mode=mode,
            retries=1,
            retry_delay=dt.timedelta(seconds=0.1),
            poke_interval=PAUSE[mode],
            timeout=beats(60),
        ) >> empty("after")

with probe("se_timeout_retries"):
    PythonSensor(
        task_id="see", python_callable=lambda: False, retries=2, retry_delay=dt.timedelta(seconds=0.1), poke_interval=0.1, timeout=0.5
    ) >> empty("after")

with probe("se_never_fail"):
    PythonSensor(task_id="error", python_callable=see, op_args=["x"], never_fail=True, poke_interval=0.1, timeout=0.5) >> empty("a")
    PythonSensor(task_id="late", python_callable=lambda: False, never_fail=True, poke_interval=0.1, timeout=0.5) >> empty("b")

with probe("se_silent_fail"):
    PythonSensor(
        task_id="error", python_callable=see, op_args=["xt"], silent_fail=True, poke_interval=0.1, timeout=beats(60)
    ) >> empty("a")

with probe("se_value"):

    @task.sensor(poke_interval=0.1, timeout=beats(60))
    def value(ti=None):
        return PokeReturnValue(is_done=True, xcom_value={"a": 1})

    @task.sensor(poke_interval=0.1, timeout=beats(60))
    def bare():
        return True

    @task.sensor(poke_interval=0.1, timeout=beats(60), mode="reschedule")
    def truthy():
        return [1]

    give(value())
    give.override(task_id="of_bare")(bare())
    truthy()

with probe("se_exponential"):
    PythonSensor(
        task_id="see", python_callable=see, op_args=["fft"], exponential_backoff=True, poke_interval=0.1, max_wait=0.3, timeout=beats(60)
    ) >> empty("after")

with probe("se_of_class"):

    class Mine(BaseSensorOperator):
        template_fields = ("day",)

        def __init__(self, day, **kwargs):
            super().__init__(**kwargs)
            self.day = day

        def poke(self, context):
            return PokeReturnValue(True, self.day)

    Mine(task_id="mine", day="{{ ds }}", poke_interval=0.1)
    Mine(task_id="again", day="{{ ds }}", poke_interval=0.1, mode="reschedule")

with probe("se_execution_timeout"):
    PythonSensor(
        task_id="see", python_callable=lambda: False, poke_interval=0.2, timeout=beats(100), execution_timeout=dt.timedelta(seconds=1)
    ) >> empty("after")

with probe("se_execution_timeout_soft"):
    PythonSensor(
        task_id="see",
        python_callable=lambda: False,
        poke_interval=0.2,
        timeout=beats(100),
        execution_timeout=dt.timedelta(seconds=1),
        soft_fail=True,
    ) >> empty("after")


# Deferral
class Defers(BaseOperator):
    """Defers so often; then ends as the letter says."""

    def __init__(self, times=1, how="S", wait=None, limit=None, **kwargs):
        super().__init__(**kwargs)
        self.times, self.how, self.wait, self.limit = times, how, wait or beats(2), limit

    def execute(self, context, event=None, done=0):
        if done < self.times:
            self.defer(
                trigger=TimeDeltaTrigger(dt.timedelta(seconds=self.wait)),
                method_name="execute",
                kwargs={"done": done + 1},
                timeout=dt.timedelta(seconds=self.limit) if self.limit else None,
            )
        end(self.how)
        return [done, event is not None]


with probe("df_once"):
    Defers(task_id="d") >> empty("after")

with probe("df_thrice"):
    Defers(task_id="d", times=3) >> empty("after")

with probe("df_then_fails"):
    Defers(task_id="d", how="F") >> empty("after")

with probe("df_then_skips"):
    Defers(task_id="d", how="K") >> empty("after")

with probe("df_retries"):
    Defers(task_id="d", how="F", retries=1, retry_delay=dt.timedelta(seconds=0.1)) >> empty("after")

with probe("df_times_out"):
    Defers(task_id="d", wait=beats(100), limit=1) >> empty("after")

with probe("df_mapped"):
    Defers.partial(task_id="d").expand(how=["S", "K", "F"]) >> empty("after", trigger_rule="all_done")

with probe("df_keeps_xcom"):

    class Pushes(Defers):
        def execute(self, context, event=None, done=0):
            context["ti"].xcom_push(key=f"k{done}", value=done)
            return super().execute(context, event, done)

    Pushes(task_id="d", times=2)
