from __future__ import annotations


def test_python_operator_renders_runs_and_pushes(warm):
    file = warm(
        """
        from datetime import datetime
        from tradewind.dag import DAG
        from tradewind.operators.python import PythonOperator

        def f(ds, x):
            print("hello", ds, x)
            return {"a": 1, "b": (1, 2)}

        with DAG("d", start_date=datetime(2024, 1, 1), schedule=None):
            x = "{{ ds_nodash }}/{{ macros.ds_add(ds, 3) }}"
            PythonOperator(task_id="t", python_callable=f, op_kwargs={"x": x})
        """
    )
    assert file.ready["threads"] == 0 and file.ready["error"] is None
    result = file.run("t")
    assert result.state == "success", result.log
    assert result.stdout == "hello 2024-03-09 20240309/2024-03-12\n"
    b = {"__classname__": "builtins.tuple", "__version__": 1, "__data__": [1, 2]}
    assert result.xcom() == {"a": 1, "b": b}
    assert result.asked("rendered")[0]["fields"]["op_kwargs"] == {"x": "20240309/2024-03-12"}
    assert [f["op"] for f in result.frames] == ["running", "finished"]
    assert result.status == 0 and result.exited["maxrss"] > 1000000
