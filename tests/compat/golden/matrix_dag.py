# ruff: noqa
# A probe that was run on real Airflow; what it ended as is in ../core/*.tsv. It must run unmodified, so it keeps its shape.
import datetime as dt, itertools
try:
    from airflow.sdk import DAG
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.operators.python import PythonOperator, ShortCircuitOperator
    V3=True
except ImportError:
    from airflow import DAG
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.python import PythonOperator, ShortCircuitOperator
    V3=False
def boom(): raise ValueError("x")
RULES=["all_success","all_failed","all_done","one_success","one_failed","one_done","none_failed","none_failed_min_one_success","none_skipped","all_skipped","always","all_done_setup_success"]+(["all_done_min_one_success"] if V3 else [])
with DAG("matrix", schedule=None, start_date=dt.datetime(2026,1,1), max_active_tasks=400) as d:
    roots={}
    def mk(kind,i):
        k=f"{kind}{i}"
        if kind=="S": t=EmptyOperator(task_id=k)
        if kind=="F": t=PythonOperator(task_id=k, python_callable=boom)
        if kind=="K":
            sc=ShortCircuitOperator(task_id="sc"+k, python_callable=lambda: False, ignore_downstream_trigger_rules=False)
            t=EmptyOperator(task_id=k); sc>>t
        if kind=="U":
            f=PythonOperator(task_id="f"+k, python_callable=boom); t=EmptyOperator(task_id=k); f>>t
        return t
    for kind in "SFKU":
        for i in (1,2): roots[kind+str(i)]=mk(kind,i)
    combos=[(a,) for a in "SFKU"]+list(itertools.combinations_with_replacement("SFKU",2))+[("S","F","K")]
    for r in RULES:
        for c in combos:
            t=EmptyOperator(task_id=f"{r}__{''.join(c)}", trigger_rule=r)
            seen={}
            for k in c:
                seen[k]=seen.get(k,0)+1
                roots[k+str(seen[k])]>>t
