"""Asks real Airflow: `PYTHON_OF_AIRFLOW make_golden.py OUT.json`. Each DAG of probe.py once, by dag.test()."""

import json
import os
import subprocess
import sys
import tempfile


def main() -> None:
    home = tempfile.mkdtemp()
    os.environ.update(
        AIRFLOW_HOME=home,
        AIRFLOW__CORE__DAGS_FOLDER=os.path.dirname(os.path.abspath(__file__)),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__UNIT_TEST_MODE="False",
        PROBE_OUT=os.path.join(home, "out.jsonl"),
    )
    command = [os.path.join(os.path.dirname(sys.executable), "airflow")]
    subprocess.run([*command, "db", "migrate"], check=True, capture_output=True)
    import airflow

    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "probe.py")
    if airflow.__version__.startswith("3"):
        from airflow.dag_processing.dagbag import DagBag

        subprocess.run([*command, "dags", "reserialize"], check=True, capture_output=True)
        bag = DagBag(path)
    else:
        from airflow.models.dagbag import DagBag

        bag = DagBag(path, include_examples=False)
    found = {}
    for dag_id in sorted(bag.dags):
        open(os.environ["PROBE_OUT"], "w").close()
        try:
            bag.dags[dag_id].test()
        except BaseException as e:
            print(dag_id, repr(e), file=sys.stderr)
        with open(os.environ["PROBE_OUT"]) as f:
            found[dag_id] = [json.loads(line) for line in f]
    with open(sys.argv[1], "w") as f:
        json.dump({"airflow": airflow.__version__, "calls": found}, f, indent=1, sort_keys=True)
        f.write("\n")


if __name__ == "__main__":
    main()
