# As providers and cross-version projects import
from __future__ import annotations
import os
from datetime import datetime
from airflow.providers.common.compat.sdk import dag, task, DAG, BaseHook, BaseOperator, AirflowException, AirflowSkipException, Connection, Variable, TaskGroup, chain, timezone, TriggerRule, BaseSensorOperator, conf  # noqa
from airflow.providers.common.compat.assets import Asset
from airflow.providers.standard.version_compat import AIRFLOW_V_3_0_PLUS
try:
    from airflow.sdk import Asset as A2
except ImportError:
    from airflow.datasets import Dataset as A2
try:
    from airflow.providers.standard.operators.python import PythonOperator
except ImportError:
    from airflow.operators.python import PythonOperator
from airflow import __version__ as airflow_version
from airflow.utils.module_loading import import_string
from airflow.models.xcom_arg import XComArg
from airflow.models.mappedoperator import MappedOperator
from airflow.models.dagbag import DagBag
from airflow.models.taskinstancekey import TaskInstanceKey
from airflow.decorators.base import DecoratedOperator, task_decorator_factory, TaskDecorator
from airflow.sdk.bases.decorator import DecoratedOperator as D2
from airflow.utils.types import DagRunType, DagRunTriggeredByType
from airflow.utils.operator_helpers import determine_kwargs
from airflow.utils.process_utils import execute_in_subprocess
from airflow.utils.log.secrets_masker import mask_secret
from airflow.sdk.log import mask_secret as m2
from airflow.sdk.execution_time.context import context_to_airflow_vars
from airflow.stats import Stats
from airflow.io.path import ObjectStoragePath  # noqa
from airflow.lineage.entities import File  # noqa
from airflow.hooks.filesystem import FSHook
from airflow.hooks.subprocess import SubprocessHook
from airflow.models.crypto import get_fernet
from airflow.utils.helpers import merge_dicts, at_most_one, exactly_one, chunks, prune_dict, is_container
from airflow.utils.hashlib_wrapper import md5
from airflow.utils.json import XComEncoder, XComDecoder
from airflow.utils.yaml import safe_load
from airflow.template.templater import LiteralValue


class _Deco(DecoratedOperator, PythonOperator):
    custom_operator_name = "@task.mine"

    def __init__(self, *, python_callable, op_args, op_kwargs, **kwargs):
        super().__init__(kwargs_to_upstream={"python_callable": python_callable, "op_args": op_args, "op_kwargs": op_kwargs},
                         python_callable=python_callable, op_args=op_args, op_kwargs=op_kwargs, **kwargs)

    def execute(self, context):
        return (self.python_callable(*self.op_args, **self.op_kwargs), "mine")


def mine(python_callable=None, multiple_outputs=None, **kwargs):
    return task_decorator_factory(python_callable=python_callable, multiple_outputs=multiple_outputs, decorated_operator_class=_Deco, **kwargs)


with DAG("wild3_compat", start_date=datetime(2025, 1, 1), schedule=None, catchup=False) as d:
    @mine
    def f(x):
        return x

    @task
    def see(v):
        assert tuple(v) == (3, "mine"), v
        assert AIRFLOW_V_3_0_PLUS
        mask_secret("hush-hush")
        result = SubprocessHook().run_command(["bash", "-c", "echo $AIRFLOW_CTX_DAG_ID"], env={**os.environ})
        assert result.exit_code == 0 and result.output == "wild3_compat", result
        Stats.incr("x")
        assert list(chunks([1, 2, 3], 2)) == [[1, 2], [3]]
        assert merge_dicts({"a": {"b": 1}}, {"a": {"c": 2}}) == {"a": {"b": 1, "c": 2}}
    see(f(3))
