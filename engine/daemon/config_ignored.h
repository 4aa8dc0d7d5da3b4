/*
 * Options of Airflow that nothing here obeys, and why. One that is set to something else than its default is told of.
 * docs/configuration.md lists them. Included by config.c alone.
 *
 * IGNORED(section, option or "*", why)
 */
#pragma once

#define TW_CONFIG_IGNORED(IGNORED) \
	IGNORED("core", "mp_start_method", "tasks are forked from a process that has imported their file") \
	IGNORED("core", "mp_forkserver_preload", "tasks are forked from a process that has imported their file") \
	IGNORED("core", "dagbag_import_error_traceback_depth", "import errors keep the whole traceback") \
	IGNORED("core", "security", "hooks take their own Kerberos settings") \
	IGNORED("core", "unit_test_mode", "there is no configuration for tests apart") \
	IGNORED("core", "task_success_overtime", "a task that has succeeded is not waited for") \
	IGNORED("core", "min_serialized_dag_update_interval", "documents are written when they change") \
	IGNORED("core", "num_dag_runs_to_retain_rendered_fields", "rendered fields are kept as long as their task instance") \
	IGNORED("core", "compress_serialized_dags", "documents are kept as they are") \
	IGNORED("core", "lazy_load_plugins", "plugins are loaded where they are needed") \
	IGNORED("core", "lazy_discover_providers", "providers are looked up where they are needed") \
	IGNORED("core", "allow_double_dot_in_ids", "ids with two dots are taken: no path is made of an id alone") \
	IGNORED("core", "daemon_umask", "files have modes of their own, whatever the umask is") \
	IGNORED("core", "asset_manager_class", "assets are the engine's") \
	IGNORED("core", "asset_manager_kwargs", "assets are the engine's") \
	IGNORED("core", "multi_team", "there are no teams") \
	IGNORED("core", "team_name_cache_ttl", "there are no teams") \
	IGNORED("database", "alembic_ini_file_path", "migrations are the engine's") \
	IGNORED("database", "external_db_managers", "migrations are the engine's") \
	IGNORED("database", "migration_batch_size", "migrations are the engine's") \
	IGNORED("database", "check_migrations", "a schema of another version is always refused") \
	IGNORED("database", "sql_alchemy_conn_async", "there is no SQLAlchemy") \
	IGNORED("database", "sql_alchemy_engine_args", "there is no SQLAlchemy") \
	IGNORED("database", "sql_engine_encoding", "text is UTF-8") \
	IGNORED("database", "sql_engine_collation_for_ids", "ids are compared byte by byte") \
	IGNORED("database", "sql_alchemy_pool_enabled", "each thread has one connection") \
	IGNORED("database", "sql_alchemy_pool_size", "each thread has one connection") \
	IGNORED("database", "sql_alchemy_max_overflow", "each thread has one connection") \
	IGNORED("database", "sql_alchemy_pool_recycle", "each thread has one connection") \
	IGNORED("database", "sql_alchemy_pool_pre_ping", "each thread has one connection") \
	IGNORED("database", "sql_alchemy_schema", "SQLite has no schemas") \
	IGNORED("database", "sql_alchemy_connect_args", "there is no SQLAlchemy") \
	IGNORED("database", "sql_alchemy_connect_args_async", "there is no SQLAlchemy") \
	IGNORED("database", "sql_alchemy_session_maker", "there is no SQLAlchemy") \
	IGNORED("database", "max_db_retries", "a busy metastore is waited for") \
	IGNORED("logging", "remote_logging", "logs stay on this machine") \
	IGNORED("logging", "remote_log_conn_id", "logs stay on this machine") \
	IGNORED("logging", "remote_base_log_folder", "logs stay on this machine") \
	IGNORED("logging", "remote_task_handler_kwargs", "logs stay on this machine") \
	IGNORED("logging", "delete_local_logs", "logs stay on this machine") \
	IGNORED("logging", "google_key_path", "logs stay on this machine") \
	IGNORED("logging", "encrypt_s3_logs", "logs stay on this machine") \
	IGNORED("logging", "celery_logging_level", "there is no Celery executor") \
	IGNORED("logging", "celery_stdout_stderr_separation", "there is no Celery executor") \
	IGNORED("logging", "fab_logging_level", "there is no FAB") \
	IGNORED("logging", "uvicorn_logging_level", "there is no uvicorn") \
	IGNORED("logging", "json_logs", "logs of tasks are JSON lines, those of daemons are text") \
	IGNORED("logging", "colored_console_log", "logs have no colors") \
	IGNORED("logging", "color_log_error_keywords", "logs have no colors") \
	IGNORED("logging", "color_log_warning_keywords", "logs have no colors") \
	IGNORED("logging", "log_format", "logs of tasks are JSON lines") \
	IGNORED("logging", "simple_log_format", "logs of tasks are JSON lines") \
	IGNORED("logging", "log_formatter_class", "logs of tasks are JSON lines") \
	IGNORED("logging", "log_timestamp_format", "instants in logs are ISO 8601 in UTC") \
	IGNORED("logging", "callsite_parameters", "each line has its file and line number") \
	IGNORED("logging", "task_log_prefix_template", "logs of tasks are JSON lines") \
	IGNORED("logging", "task_log_reader", "the engine reads its own logs") \
	IGNORED("logging", "interleave_timestamp_parser", "the engine reads its own logs") \
	IGNORED("logging", "extra_logger_names", "all loggers go to the task's log") \
	IGNORED("logging", "dag_processor_log_target", "what a DAG file prints is in its file's log") \
	IGNORED("logging", "dag_processor_log_format", "what a DAG file prints is in its file's log") \
	IGNORED("logging", "secret_mask_adapter", "secrets are masked in the byte stream") \
	IGNORED("logging", "worker_log_server_port", "logs stay on this machine") \
	IGNORED("logging", "trigger_log_server_port", "logs stay on this machine") \
	IGNORED("logging", "file_task_handler_new_folder_permissions", "folders of logs are made with 0775, less the umask") \
	IGNORED("logging", "file_task_handler_new_file_permissions", "logs are made with 0664, less the umask") \
	IGNORED("metrics", "stat_name_handler", "names are made in C: use metrics_allow_list and metrics_block_list") \
	IGNORED("metrics", "statsd_custom_client_path", "StatsD is spoken in C") \
	IGNORED("metrics", "otel_on", "there is no OpenTelemetry output: scrape /metrics, or use StatsD") \
	IGNORED("metrics", "otel_host", "there is no OpenTelemetry output") \
	IGNORED("metrics", "otel_port", "there is no OpenTelemetry output") \
	IGNORED("metrics", "otel_prefix", "there is no OpenTelemetry output") \
	IGNORED("metrics", "otel_interval_milliseconds", "there is no OpenTelemetry output") \
	IGNORED("metrics", "otel_debugging_on", "there is no OpenTelemetry output") \
	IGNORED("metrics", "otel_service", "there is no OpenTelemetry output") \
	IGNORED("metrics", "otel_ssl_active", "there is no OpenTelemetry output") \
	IGNORED("traces", "*", "there is no OpenTelemetry output") \
	IGNORED("sentry", "*", "there is no Sentry output") \
	IGNORED("profiling", "*", "there is no profiler") \
	IGNORED("secrets", "use_cache", "a DAG file asks its secrets backend when it is parsed") \
	IGNORED("secrets", "cache_ttl_seconds", "a DAG file asks its secrets backend when it is parsed") \
	IGNORED("api", "theme", "there is no web interface") \
	IGNORED("api", "instance_name", "there is no web interface") \
	IGNORED("api", "enable_swagger_ui", "there is no web interface") \
	IGNORED("api", "grid_view_sorting_order", "there is no web interface") \
	IGNORED("api", "log_fetch_timeout_sec", "there is no web interface") \
	IGNORED("api", "hide_paused_dags_by_default", "there is no web interface") \
	IGNORED("api", "default_wrap", "there is no web interface") \
	IGNORED("api", "auto_refresh_interval", "there is no web interface") \
	IGNORED("api", "require_confirmation_dag_change", "there is no web interface") \
	IGNORED("api", "worker_timeout", "the engine is its own server") \
	IGNORED("api", "expose_stacktrace", "errors of the API have no stack traces") \
	IGNORED("api", "dag_cache_size", "documents are read from the metastore") \
	IGNORED("api", "dag_cache_ttl", "documents are read from the metastore") \
	IGNORED("api", "server_type", "the engine is its own server") \
	IGNORED("api", "worker_refresh_interval", "threads need no refreshing") \
	IGNORED("api", "worker_refresh_batch_size", "threads need no refreshing") \
	IGNORED("api", "log_config", "the engine is its own server") \
	IGNORED("api", "log_stream_buffer_size", "logs are streamed as they are read") \
	IGNORED("api", "ssl_ca_file", "clients are not asked for certificates") \
	IGNORED("api", "ssl_cert_reqs", "clients are not asked for certificates") \
	IGNORED("api", "client_ssl_cert", "tasks run on this machine and ask over a socket") \
	IGNORED("api", "client_ssl_key", "tasks run on this machine and ask over a socket") \
	IGNORED("api", "client_use_public_certs", "tasks run on this machine and ask over a socket") \
	IGNORED("api", "access_control_allow_headers", "other origins are not let in") \
	IGNORED("api", "access_control_allow_methods", "other origins are not let in") \
	IGNORED("api", "access_control_allow_origins", "other origins are not let in") \
	IGNORED("workers", "state_store_backend", "the state store is in the metastore") \
	IGNORED("workers", "min_heartbeat_interval", "the runner's heartbeat is of all its tasks") \
	IGNORED("workers", "max_failed_heartbeats", "the runner's heartbeat is of all its tasks") \
	IGNORED("workers", "execution_api_retries", "tasks run on this machine and ask over a socket") \
	IGNORED("workers", "execution_api_retry_wait_min", "tasks run on this machine and ask over a socket") \
	IGNORED("workers", "execution_api_retry_wait_max", "tasks run on this machine and ask over a socket") \
	IGNORED("workers", "execution_api_timeout", "tasks run on this machine and ask over a socket") \
	IGNORED("workers", "socket_cleanup_timeout", "the log is closed when the last writer has gone") \
	IGNORED("workers", "missing_dag_retries", "tasks run on the machine of the DAG folder") \
	IGNORED("workers", "missing_dag_retry_delay", "tasks run on the machine of the DAG folder") \
	IGNORED("sdk", "*", "tasks are in Python") \
	IGNORED("api_auth", "jwt_private_key_path", "tokens are signed with [api_auth] jwt_secret") \
	IGNORED("api_auth", "jwt_algorithm", "tokens are signed with HS512") \
	IGNORED("api_auth", "jwt_kid", "tokens are signed with [api_auth] jwt_secret") \
	IGNORED("api_auth", "trusted_jwks_url", "tokens are signed with [api_auth] jwt_secret") \
	IGNORED("execution_api", "otel_trace_propagation", "no traces are sent") \
	IGNORED("lineage", "*", "hooks' lineage is not collected") \
	IGNORED("operators", "default_cpus", "the local executor sets no limits") \
	IGNORED("operators", "default_ram", "the local executor sets no limits") \
	IGNORED("operators", "default_disk", "the local executor sets no limits") \
	IGNORED("operators", "default_gpus", "the local executor sets no limits") \
	IGNORED("scheduler", "task_instance_heartbeat_sec", "the runner's heartbeat is of all its tasks") \
	IGNORED("scheduler", "num_runs", "the scheduler has no rounds: it waits for what happens") \
	IGNORED("scheduler", "only_idle", "the scheduler has no rounds: it waits for what happens") \
	IGNORED("scheduler", "scheduler_idle_sleep_time", "the scheduler has no rounds: it waits for what happens") \
	IGNORED("scheduler", "parsing_cleanup_interval", "a file that goes away is seen at once") \
	IGNORED("scheduler", "pool_metrics_interval", "gauges are told with each heartbeat of the scheduler") \
	IGNORED("scheduler", "ti_metrics_interval", "gauges are told with each heartbeat of the scheduler") \
	IGNORED("scheduler", "dagrun_metrics_interval", "gauges are told with each heartbeat of the scheduler") \
	IGNORED("scheduler", "orphaned_tasks_check_interval", "a scheduler adopts at its start what still runs") \
	IGNORED("scheduler", "task_instance_heartbeat_timeout_detection_interval", "each limit has a timer of its own") \
	IGNORED("scheduler", "trigger_timeout_check_interval", "each limit has a timer of its own") \
	IGNORED("scheduler", "task_queued_timeout_check_interval", "each limit has a timer of its own") \
	IGNORED("scheduler", "max_tis_per_query", "the scheduler has no rounds: it waits for what happens") \
	IGNORED("scheduler", "use_row_level_locking", "schedulers own runs by lease") \
	IGNORED("scheduler", "max_dagruns_to_create_per_loop", "the scheduler has no rounds: it waits for what happens") \
	IGNORED("scheduler", "max_dagruns_per_loop_to_schedule", "the scheduler has no rounds: it waits for what happens") \
	IGNORED("scheduler", "enable_tracemalloc", "the scheduler is not in Python") \
	IGNORED("connection_test", "*", "the API tests no connections") \
	IGNORED("triggerer", "runner_health_check_threshold", "a loop that is blocked is seen by its heartbeat") \
	IGNORED("triggerer", "blocked_main_thread_warning_threshold", "a loop that is blocked is seen by its heartbeat") \
	IGNORED("triggerer", "max_trigger_to_select_per_loop", "triggers are taken as they come") \
	IGNORED("triggerer", "on_kill_timeout", "a trigger that is stopped is cancelled") \
	IGNORED("triggerer", "shared_stream_subscriber_queue_size", "each trigger has a stream of its own") \
	IGNORED("triggerer", "shared_stream_ack_timeout", "each trigger has a stream of its own") \
	IGNORED("triggerer", "shared_stream_cohort_grace_period", "each trigger has a stream of its own") \
	IGNORED("dag_processor", "dag_bundle_storage_path", "the one bundle is a folder on this machine") \
	IGNORED("dag_processor", "disable_bundle_versioning", "the one bundle is a folder on this machine") \
	IGNORED("dag_processor", "bundle_refresh_check_interval", "the one bundle is a folder on this machine") \
	IGNORED("dag_processor", "stale_bundle_cleanup_interval", "the one bundle is a folder on this machine") \
	IGNORED("dag_processor", "stale_bundle_cleanup_age_threshold", "the one bundle is a folder on this machine") \
	IGNORED("dag_processor", "stale_bundle_cleanup_min_versions", "the one bundle is a folder on this machine") \
	IGNORED("dag_processor", "parsing_pre_import_modules", "the SDK is always imported before") \
	IGNORED("dag_processor", "file_parsing_sort_mode", "a file is parsed when it changes") \
	IGNORED("dag_processor", "max_callbacks_per_loop", "callbacks run as they come") \
	IGNORED("dag_processor", "min_file_process_interval", "a file is parsed when it changes") \
	IGNORED("dag_processor", "stale_dag_threshold", "a file that goes away is seen at once") \
	IGNORED("dag_processor", "print_stats_interval", "`dags report` tells") \
	IGNORED("dag_processor", "health_check_threshold", "see [scheduler] scheduler_health_check_threshold") \
	IGNORED("dag_processor", "dag_version_inflation_check_level", "a file that has another document at each parse has many versions") \
	IGNORED("state_store", "backend", "the state store is in the metastore") \
	IGNORED("state_store", "clear_on_success", "state is kept for [state_store] default_retention_days") \
	IGNORED("state_store", "state_cleanup_batch_size", "state that is too old goes at once") \
	IGNORED("celery", "*", "there is no Celery executor") \
	IGNORED("celery_broker_transport_options", "*", "there is no Celery executor") \
	IGNORED("celery_result_backend_transport_options", "*", "there is no Celery executor") \
	IGNORED("celery_kubernetes_executor", "*", "there is no Celery executor") \
	IGNORED("kubernetes_executor", "*", "there is no Kubernetes executor") \
	IGNORED("local_kubernetes_executor", "*", "there is no Kubernetes executor") \
	IGNORED("fab", "cookie_secure", "the cookie is for TLS when the server or [api] base_url is") \
	IGNORED("fab", "cookie_samesite", "the cookie is SameSite=Lax") \
	IGNORED("fab", "navbar_color", "there is no web interface of FAB") \
	IGNORED("fab", "navbar_text_color", "there is no web interface of FAB") \
	IGNORED("fab", "navbar_hover_color", "there is no web interface of FAB") \
	IGNORED("fab", "navbar_text_hover_color", "there is no web interface of FAB") \
	IGNORED("fab", "access_denied_message", "there is no web interface of FAB") \
	IGNORED("fab", "expose_hostname", "there is no web interface of FAB") \
	IGNORED("fab", "auth_backends", "programs show a token") \
	IGNORED("fab", "session_backend", "sessions are tokens: see [api_auth] jwt_expiration_time") \
	IGNORED("fab", "session_lifetime_minutes", "sessions are tokens: see [api_auth] jwt_expiration_time") \
	IGNORED("fab", "session_max_lifetime_minutes", "sessions are tokens: see [api_auth] jwt_expiration_time") \
	IGNORED("fab", "proxy_fix_x_proto", "of what proxies say only the address of the client is taken") \
	IGNORED("fab", "proxy_fix_x_host", "of what proxies say only the address of the client is taken") \
	IGNORED("fab", "proxy_fix_x_port", "of what proxies say only the address of the client is taken") \
	IGNORED("fab", "proxy_fix_x_prefix", "of what proxies say only the address of the client is taken") \
	IGNORED("standard", "venv_install_method", "environments are made with venv and pip")
