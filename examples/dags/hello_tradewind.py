"""The first DAG a newcomer sees succeed: it runs once, by itself, as soon as the engine is up."""

from datetime import datetime

from airflow.sdk import dag, task


@dag(schedule="@once", start_date=datetime(2026, 1, 1), catchup=False, tags=["example", "start-here"], is_paused_upon_creation=False)
def hello_tradewind():
    @task.bash
    def greet():
        return 'echo "hello from $(hostname), the time is $(date)"'

    @task
    def count_words(line: str) -> int:
        words = line.split()
        print(f"{line!r} has {len(words)} words")
        return len(words)

    @task
    def applaud(words: int):
        print("bravo " * words)

    applaud(count_words(greet()))


hello_tradewind()
