from airflow.sdk import DAG

DAG("rest_broken", nonsense_argument=1)
raise ValueError("broken on purpose")
