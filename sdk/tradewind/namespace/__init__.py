"""Airflow's names: what each module of the `airflow` package re-exports, and the finder that makes it so."""
