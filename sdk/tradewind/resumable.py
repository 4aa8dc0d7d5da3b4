"""Operators that start a job elsewhere and can find it again."""

from __future__ import annotations

from typing import Any


class ResumableJobMixin:
    """Remembers the job's id in an XCom, so that a later attempt goes on with the same job."""

    external_id_key = "external_job_id"

    def submit_job(self, context: Any) -> str:
        raise NotImplementedError

    def get_job_status(self, external_id: str) -> Any:
        raise NotImplementedError

    def is_job_active(self, status: Any) -> bool:
        raise NotImplementedError

    def is_job_succeeded(self, status: Any) -> bool:
        raise NotImplementedError

    def poll_until_complete(self, external_id: str, context: Any) -> Any:
        raise NotImplementedError

    def get_job_result(self, external_id: str, context: Any) -> Any:
        return None

    def execute_resumable(self, context: Any) -> Any:
        """Find the job of an earlier attempt if it lives; else start one. Then wait for it."""
        ti = context["ti"]
        job = ti.xcom_pull(task_ids=ti.task_id, key=self.external_id_key)
        if job:
            status = self.get_job_status(job)
            if self.is_job_succeeded(status):
                return self.get_job_result(job, context)
            if not self.is_job_active(status):
                job = None
        if not job:
            job = self.submit_job(context)
            ti.xcom_push(key=self.external_id_key, value=job)
        self.poll_until_complete(job, context)
        return self.get_job_result(job, context)
