from airflow.sdk import DAG  # noqa: F401
import no_such_module_at_all  # noqa: F401
