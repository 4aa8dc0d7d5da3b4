/*
 * Every option of Airflow 3.3 and of the providers whose work the engine does, with the engine's defaults; what
 * older names have become. Included by config.c alone.
 *
 * OPTION(section, option, type, default, default with [core] compat = 2 (NULL: the same), sensitive, description)
 * Sensitive ones may also be given as OPTION_cmd and OPTION_secret, and are shown as ***. "{AIRFLOW_HOME}" is the home.
 */
#pragma once

#define TW_CONFIG_OPTIONS(OPTION) \
	OPTION("core", "dags_folder", STRING, "{AIRFLOW_HOME}/dags", NULL, false, NULL) \
	OPTION("core", "hostname_callable", STRING, "airflow.utils.net.getfqdn", NULL, false, NULL) \
	OPTION("core", "might_contain_dag_callable", STRING, "airflow.utils.file.might_contain_dag_via_default_heuristic", NULL, false, NULL) \
	OPTION("core", "default_timezone", STRING, "utc", NULL, false, NULL) \
	OPTION("core", "executor", STRING, "LocalExecutor", "SequentialExecutor", false, NULL) \
	OPTION("core", "mp_start_method", STRING, "", NULL, false, NULL) \
	OPTION("core", "mp_forkserver_preload", STRING, "", NULL, false, NULL) \
	OPTION("core", "auth_manager", STRING, "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager", NULL, false, NULL) \
	OPTION("core", "simple_auth_manager_users", STRING, "admin:admin", NULL, false, NULL) \
	OPTION("core", "simple_auth_manager_all_admins", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("core", "simple_auth_manager_passwords_file", STRING, "", NULL, false, NULL) \
	OPTION("core", "parallelism", INTEGER, "32", NULL, false, NULL) \
	OPTION("core", "max_active_tasks_per_dag", INTEGER, "16", NULL, false, NULL) \
	OPTION("core", "dags_are_paused_at_creation", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("core", "max_active_runs_per_dag", INTEGER, "16", NULL, false, NULL) \
	OPTION("core", "max_consecutive_failed_dag_runs_per_dag", INTEGER, "0", NULL, false, NULL) \
	OPTION("core", "load_examples", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("core", "plugins_folder", STRING, "{AIRFLOW_HOME}/plugins", NULL, false, NULL) \
	OPTION("core", "execute_tasks_new_python_interpreter", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("core", "fernet_key", STRING, "", NULL, true, NULL) \
	OPTION("core", "dagbag_import_timeout", FLOAT, "30.0", NULL, false, NULL) \
	OPTION("core", "dagbag_import_error_tracebacks", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("core", "dagbag_import_error_traceback_depth", INTEGER, "2", NULL, false, NULL) \
	OPTION("core", "default_impersonation", STRING, "", NULL, false, NULL) \
	OPTION("core", "security", STRING, "", NULL, false, NULL) \
	OPTION("core", "unit_test_mode", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("core", "allowed_deserialization_classes", STRING, "airflow.*", NULL, false, NULL) \
	OPTION("core", "allowed_deserialization_classes_regexp", STRING, "", NULL, false, NULL) \
	OPTION("core", "killed_task_cleanup_time", INTEGER, "60", NULL, false, NULL) \
	OPTION("core", "dag_run_conf_overrides_params", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("core", "dag_discovery_safe_mode", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("core", "dag_ignore_file_syntax", STRING, "glob", "regexp", false, NULL) \
	OPTION("core", "default_task_retries", INTEGER, "0", NULL, false, NULL) \
	OPTION("core", "default_task_retry_delay", INTEGER, "300", NULL, false, NULL) \
	OPTION("core", "max_task_retry_delay", INTEGER, "86400", NULL, false, NULL) \
	OPTION("core", "default_task_weight_rule", STRING, "downstream", NULL, false, NULL) \
	OPTION("core", "task_success_overtime", INTEGER, "20", NULL, false, NULL) \
	OPTION("core", "default_task_execution_timeout", INTEGER, "", NULL, false, NULL) \
	OPTION("core", "min_serialized_dag_update_interval", INTEGER, "30", NULL, false, NULL) \
	OPTION("core", "compress_serialized_dags", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("core", "num_dag_runs_to_retain_rendered_fields", INTEGER, "30", NULL, false, NULL) \
	OPTION("core", "xcom_backend", STRING, "airflow.sdk.execution_time.xcom.BaseXCom", NULL, false, NULL) \
	OPTION("core", "lazy_load_plugins", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("core", "lazy_discover_providers", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("core", "hide_sensitive_var_conn_fields", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("core", "sensitive_var_conn_names", STRING, "", NULL, false, NULL) \
	OPTION("core", "default_pool_task_slot_count", INTEGER, "128", NULL, false, NULL) \
	OPTION("core", "max_map_length", INTEGER, "1024", NULL, false, NULL) \
	OPTION("core", "allow_double_dot_in_ids", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("core", "daemon_umask", STRING, "0o077", NULL, false, NULL) \
	OPTION("core", "asset_manager_class", STRING, "", NULL, false, NULL) \
	OPTION("core", "asset_manager_kwargs", STRING, "", NULL, true, NULL) \
	OPTION("core", "test_connection", STRING, "Disabled", NULL, false, NULL) \
	OPTION("core", "max_templated_field_length", INTEGER, "4096", NULL, false, NULL) \
	OPTION("core", "execution_api_server_url", STRING, "", NULL, false, NULL) \
	OPTION("core", "multi_team", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("core", "team_name_cache_ttl", INTEGER, "30", NULL, false, NULL) \
	OPTION("core", "rerun_with_latest_version", BOOLEAN, "", NULL, false, NULL) \
	OPTION("core", "compat", INTEGER, "3", NULL, false, "The generation of Airflow, 2 or 3, whose defaults hold where they differ.") \
	OPTION("core", "native_operators", BOOLEAN, "True", NULL, false, "Run shipped operators without Python where that is the same thing.") \
	OPTION("database", "alembic_ini_file_path", STRING, "alembic.ini", NULL, false, NULL) \
	OPTION("database", "sql_alchemy_conn", STRING, "sqlite:///{AIRFLOW_HOME}/tradewind.db", NULL, true, NULL) \
	OPTION("database", "sql_alchemy_conn_async", STRING, "", NULL, true, NULL) \
	OPTION("database", "sql_alchemy_engine_args", STRING, "", NULL, true, NULL) \
	OPTION("database", "sql_engine_encoding", STRING, "utf-8", NULL, false, NULL) \
	OPTION("database", "sql_engine_collation_for_ids", STRING, "", NULL, false, NULL) \
	OPTION("database", "sql_alchemy_pool_enabled", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("database", "sql_alchemy_pool_size", INTEGER, "5", NULL, false, NULL) \
	OPTION("database", "sql_alchemy_max_overflow", INTEGER, "10", NULL, false, NULL) \
	OPTION("database", "sql_alchemy_pool_recycle", INTEGER, "1800", NULL, false, NULL) \
	OPTION("database", "sql_alchemy_pool_pre_ping", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("database", "sql_alchemy_schema", STRING, "", NULL, false, NULL) \
	OPTION("database", "sql_alchemy_connect_args", STRING, "", NULL, false, NULL) \
	OPTION("database", "sql_alchemy_connect_args_async", STRING, "", NULL, false, NULL) \
	OPTION("database", "sql_alchemy_session_maker", STRING, "", NULL, false, NULL) \
	OPTION("database", "max_db_retries", INTEGER, "3", NULL, false, NULL) \
	OPTION("database", "check_migrations", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("database", "external_db_managers", STRING, "", NULL, false, NULL) \
	OPTION("database", "migration_batch_size", INTEGER, "10000", NULL, false, NULL) \
	OPTION("logging", "base_log_folder", STRING, "{AIRFLOW_HOME}/logs", NULL, false, NULL) \
	OPTION("logging", "remote_logging", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("logging", "remote_log_conn_id", STRING, "", NULL, false, NULL) \
	OPTION("logging", "delete_local_logs", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("logging", "google_key_path", STRING, "", NULL, false, NULL) \
	OPTION("logging", "remote_base_log_folder", STRING, "", NULL, false, NULL) \
	OPTION("logging", "remote_task_handler_kwargs", STRING, "", NULL, true, NULL) \
	OPTION("logging", "encrypt_s3_logs", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("logging", "logging_level", STRING, "INFO", NULL, false, NULL) \
	OPTION("logging", "namespace_levels", STRING, "", NULL, false, NULL) \
	OPTION("logging", "celery_logging_level", STRING, "", NULL, false, NULL) \
	OPTION("logging", "fab_logging_level", STRING, "WARNING", NULL, false, NULL) \
	OPTION("logging", "json_logs", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("logging", "uvicorn_logging_level", STRING, "INFO", NULL, false, NULL) \
	OPTION("logging", "logging_config_class", STRING, "", NULL, false, NULL) \
	OPTION("logging", "colored_console_log", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("logging", "log_format", STRING, "", NULL, false, NULL) \
	OPTION("logging", "callsite_parameters", STRING, "filename,lineno", NULL, false, NULL) \
	OPTION("logging", "simple_log_format", STRING, "%(asctime)s %(levelname)s - %(message)s", NULL, false, NULL) \
	OPTION("logging", "dag_processor_log_target", STRING, "file", NULL, false, NULL) \
	OPTION("logging", "dag_processor_log_format", STRING, "[%(asctime)s] [SOURCE:DAG_PROCESSOR] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s", NULL, false, NULL) \
	OPTION("logging", "dag_processor_child_process_log_directory", STRING, "{AIRFLOW_HOME}/logs/dag_processor", NULL, false, NULL) \
	OPTION("logging", "log_formatter_class", STRING, "airflow.utils.log.timezone_aware.TimezoneAware", NULL, false, NULL) \
	OPTION("logging", "log_timestamp_format", STRING, "iso", NULL, false, NULL) \
	OPTION("logging", "secret_mask_adapter", STRING, "", NULL, false, NULL) \
	OPTION("logging", "min_length_masked_secret", INTEGER, "5", NULL, false, NULL) \
	OPTION("logging", "task_log_prefix_template", STRING, "", NULL, false, NULL) \
	OPTION("logging", "log_filename_template", STRING, "dag_id={{ ti.dag_id }}/run_id={{ ti.run_id }}/task_id={{ ti.task_id }}/{% if ti.map_index >= 0 %}map_index={{ ti.map_index }}/{% endif %}attempt={{ try_number|default(ti.try_number) }}.log", NULL, false, NULL) \
	OPTION("logging", "task_log_reader", STRING, "task", NULL, false, NULL) \
	OPTION("logging", "extra_logger_names", STRING, "", NULL, false, NULL) \
	OPTION("logging", "worker_log_server_port", INTEGER, "8793", NULL, false, NULL) \
	OPTION("logging", "trigger_log_server_port", INTEGER, "8794", NULL, false, NULL) \
	OPTION("logging", "interleave_timestamp_parser", STRING, "", NULL, false, NULL) \
	OPTION("logging", "file_task_handler_new_folder_permissions", STRING, "0o775", NULL, false, NULL) \
	OPTION("logging", "file_task_handler_new_file_permissions", STRING, "0o664", NULL, false, NULL) \
	OPTION("logging", "celery_stdout_stderr_separation", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("logging", "color_log_error_keywords", STRING, "error,exception", NULL, false, NULL) \
	OPTION("logging", "color_log_warning_keywords", STRING, "warn", NULL, false, NULL) \
	OPTION("metrics", "prometheus", STRING, "signed_in", NULL, false, NULL) \
	OPTION("metrics", "metrics_allow_list", STRING, "", NULL, false, NULL) \
	OPTION("metrics", "metrics_block_list", STRING, "", NULL, false, NULL) \
	OPTION("metrics", "legacy_names_on", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("metrics", "statsd_on", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("metrics", "statsd_host", STRING, "localhost", NULL, false, NULL) \
	OPTION("metrics", "statsd_ipv6", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("metrics", "statsd_port", INTEGER, "8125", NULL, false, NULL) \
	OPTION("metrics", "statsd_prefix", STRING, "airflow", NULL, false, NULL) \
	OPTION("metrics", "stat_name_handler", STRING, "", NULL, false, NULL) \
	OPTION("metrics", "statsd_datadog_enabled", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("metrics", "statsd_datadog_tags", STRING, "", NULL, false, NULL) \
	OPTION("metrics", "statsd_datadog_metrics_tags", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("metrics", "statsd_custom_client_path", STRING, "", NULL, false, NULL) \
	OPTION("metrics", "statsd_disabled_tags", STRING, "job_id,run_id", NULL, false, NULL) \
	OPTION("metrics", "statsd_influxdb_enabled", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("metrics", "otel_on", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("metrics", "otel_host", STRING, "localhost", NULL, false, NULL) \
	OPTION("metrics", "otel_port", INTEGER, "8889", NULL, false, NULL) \
	OPTION("metrics", "otel_prefix", STRING, "airflow", NULL, false, NULL) \
	OPTION("metrics", "otel_interval_milliseconds", INTEGER, "60000", NULL, false, NULL) \
	OPTION("metrics", "otel_debugging_on", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("metrics", "otel_service", STRING, "Airflow", NULL, false, NULL) \
	OPTION("metrics", "otel_ssl_active", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("traces", "otel_on", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("traces", "otel_host", STRING, "localhost", NULL, false, NULL) \
	OPTION("traces", "otel_port", INTEGER, "8889", NULL, false, NULL) \
	OPTION("traces", "otel_service", STRING, "Airflow", NULL, false, NULL) \
	OPTION("traces", "otel_debugging_on", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("traces", "otel_ssl_active", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("traces", "otel_debug_traces_on", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("traces", "task_runner_flush_timeout_milliseconds", INTEGER, "30000", NULL, false, NULL) \
	OPTION("secrets", "backend", STRING, "", NULL, false, NULL) \
	OPTION("secrets", "backend_kwargs", STRING, "", NULL, true, NULL) \
	OPTION("secrets", "use_cache", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("secrets", "cache_ttl_seconds", INTEGER, "900", NULL, false, NULL) \
	OPTION("api", "instance_name", STRING, "", NULL, false, NULL) \
	OPTION("api", "theme", STRING, "", NULL, false, NULL) \
	OPTION("api", "enable_swagger_ui", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("api", "secret_key", STRING, "", NULL, true, NULL) \
	OPTION("api", "expose_config", STRING, "False", NULL, false, NULL) \
	OPTION("api", "expose_stacktrace", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("api", "dag_cache_size", INTEGER, "64", NULL, false, NULL) \
	OPTION("api", "dag_cache_ttl", INTEGER, "3600", NULL, false, NULL) \
	OPTION("api", "base_url", STRING, "", NULL, false, NULL) \
	OPTION("api", "host", STRING, "127.0.0.1", NULL, false, NULL) \
	OPTION("api", "port", INTEGER, "8080", NULL, false, NULL) \
	OPTION("api", "workers", INTEGER, "1", NULL, false, NULL) \
	OPTION("api", "worker_timeout", INTEGER, "120", NULL, false, NULL) \
	OPTION("api", "server_type", STRING, "uvicorn", NULL, false, NULL) \
	OPTION("api", "worker_refresh_interval", INTEGER, "0", NULL, false, NULL) \
	OPTION("api", "worker_refresh_batch_size", INTEGER, "1", NULL, false, NULL) \
	OPTION("api", "log_config", STRING, "", NULL, false, NULL) \
	OPTION("api", "log_stream_buffer_size", INTEGER, "500", NULL, false, NULL) \
	OPTION("api", "ssl_cert", STRING, "", NULL, false, NULL) \
	OPTION("api", "ssl_key", STRING, "", NULL, false, NULL) \
	OPTION("api", "ssl_ca_file", STRING, "", NULL, false, NULL) \
	OPTION("api", "ssl_cert_reqs", STRING, "none", NULL, false, NULL) \
	OPTION("api", "maximum_page_limit", INTEGER, "100", NULL, false, NULL) \
	OPTION("api", "fallback_page_limit", INTEGER, "50", "100", false, NULL) \
	OPTION("api", "access_control_allow_headers", STRING, "", NULL, false, NULL) \
	OPTION("api", "access_control_allow_methods", STRING, "", NULL, false, NULL) \
	OPTION("api", "access_control_allow_origins", STRING, "", NULL, false, NULL) \
	OPTION("api", "grid_view_sorting_order", STRING, "topological", NULL, false, NULL) \
	OPTION("api", "log_fetch_timeout_sec", INTEGER, "5", NULL, false, NULL) \
	OPTION("api", "hide_paused_dags_by_default", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("api", "default_wrap", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("api", "auto_refresh_interval", INTEGER, "3", NULL, false, NULL) \
	OPTION("api", "require_confirmation_dag_change", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("api", "client_ssl_cert", STRING, "", NULL, false, NULL) \
	OPTION("api", "client_ssl_key", STRING, "", NULL, false, NULL) \
	OPTION("api", "client_use_public_certs", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("api", "yaml_editor", STRING, "auto", NULL, false, "Who may edit DAGs and connections may check and save YAML DAGs in the browser: off, check, write; auto: write where nobody has to sign in, else off.") \
	OPTION("workers", "secrets_backend", STRING, "", NULL, false, NULL) \
	OPTION("workers", "secrets_backend_kwargs", STRING, "", NULL, true, NULL) \
	OPTION("workers", "state_store_backend", STRING, "", NULL, false, NULL) \
	OPTION("workers", "min_heartbeat_interval", INTEGER, "5", NULL, false, NULL) \
	OPTION("workers", "max_failed_heartbeats", INTEGER, "3", NULL, false, NULL) \
	OPTION("workers", "execution_api_retries", INTEGER, "5", NULL, false, NULL) \
	OPTION("workers", "execution_api_retry_wait_min", FLOAT, "1.0", NULL, false, NULL) \
	OPTION("workers", "execution_api_retry_wait_max", FLOAT, "90.0", NULL, false, NULL) \
	OPTION("workers", "execution_api_timeout", FLOAT, "5.0", NULL, false, NULL) \
	OPTION("workers", "socket_cleanup_timeout", FLOAT, "60.0", NULL, false, NULL) \
	OPTION("workers", "missing_dag_retries", INTEGER, "3", NULL, false, NULL) \
	OPTION("workers", "missing_dag_retry_delay", INTEGER, "60", NULL, false, NULL) \
	OPTION("sdk", "coordinators", STRING, "", NULL, false, NULL) \
	OPTION("sdk", "queue_to_coordinator", STRING, "", NULL, false, NULL) \
	OPTION("api_auth", "jwt_audience", STRING, "", NULL, false, NULL) \
	OPTION("api_auth", "jwt_expiration_time", INTEGER, "86400", NULL, false, NULL) \
	OPTION("api_auth", "jwt_cli_expiration_time", INTEGER, "3600", NULL, false, NULL) \
	OPTION("api_auth", "jwt_secret", STRING, "", NULL, true, NULL) \
	OPTION("api_auth", "jwt_private_key_path", STRING, "", NULL, false, NULL) \
	OPTION("api_auth", "jwt_algorithm", STRING, "", NULL, false, NULL) \
	OPTION("api_auth", "jwt_kid", STRING, "", NULL, false, NULL) \
	OPTION("api_auth", "trusted_jwks_url", STRING, "", NULL, false, NULL) \
	OPTION("api_auth", "jwt_issuer", STRING, "", NULL, false, NULL) \
	OPTION("api_auth", "jwt_leeway", INTEGER, "10", NULL, false, NULL) \
	OPTION("execution_api", "jwt_expiration_time", INTEGER, "600", NULL, false, NULL) \
	OPTION("execution_api", "otel_trace_propagation", STRING, "only-authenticated", NULL, false, NULL) \
	OPTION("execution_api", "jwt_audience", STRING, "urn:airflow.apache.org:task", NULL, false, NULL) \
	OPTION("lineage", "max_assets_per_collector", INTEGER, "100", NULL, false, NULL) \
	OPTION("lineage", "max_extras_per_collector", INTEGER, "200", NULL, false, NULL) \
	OPTION("operators", "default_owner", STRING, "airflow", NULL, false, NULL) \
	OPTION("operators", "default_deferrable", BOOLEAN, "false", NULL, false, NULL) \
	OPTION("operators", "default_cpus", STRING, "1", NULL, false, NULL) \
	OPTION("operators", "default_ram", INTEGER, "512", NULL, false, NULL) \
	OPTION("operators", "default_disk", INTEGER, "512", NULL, false, NULL) \
	OPTION("operators", "default_gpus", INTEGER, "0", NULL, false, NULL) \
	OPTION("operators", "default_queue", STRING, "default", NULL, false, NULL) \
	OPTION("email", "email_backend", STRING, "airflow.utils.email.send_email_smtp", NULL, false, NULL) \
	OPTION("email", "email_conn_id", STRING, "smtp_default", NULL, false, NULL) \
	OPTION("email", "default_email_on_retry", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("email", "default_email_on_failure", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("email", "subject_template", STRING, "", NULL, false, NULL) \
	OPTION("email", "html_content_template", STRING, "", NULL, false, NULL) \
	OPTION("email", "from_email", STRING, "", NULL, false, NULL) \
	OPTION("email", "ssl_context", STRING, "default", NULL, false, NULL) \
	OPTION("smtp", "smtp_host", STRING, "localhost", NULL, false, NULL) \
	OPTION("smtp", "smtp_starttls", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("smtp", "smtp_ssl", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("smtp", "smtp_port", INTEGER, "25", NULL, false, NULL) \
	OPTION("smtp", "smtp_mail_from", STRING, "airflow@example.com", NULL, false, NULL) \
	OPTION("smtp", "smtp_timeout", INTEGER, "30", NULL, false, NULL) \
	OPTION("smtp", "smtp_retry_limit", INTEGER, "5", NULL, false, NULL) \
	OPTION("smtp", "smtp_user", STRING, "", NULL, false, NULL) \
	OPTION("smtp", "smtp_password", STRING, "", NULL, true, NULL) \
	OPTION("core", "check_slas", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("sentry", "sentry_on", BOOLEAN, "false", NULL, false, NULL) \
	OPTION("sentry", "sentry_dsn", STRING, "", NULL, true, NULL) \
	OPTION("sentry", "before_send", STRING, "", NULL, false, NULL) \
	OPTION("scheduler", "job_heartbeat_sec", FLOAT, "5", NULL, false, NULL) \
	OPTION("scheduler", "scheduler_heartbeat_sec", INTEGER, "5", NULL, false, NULL) \
	OPTION("scheduler", "task_instance_heartbeat_sec", INTEGER, "0", NULL, false, NULL) \
	OPTION("scheduler", "num_runs", INTEGER, "-1", NULL, false, NULL) \
	OPTION("scheduler", "only_idle", BOOLEAN, "false", NULL, false, NULL) \
	OPTION("scheduler", "scheduler_idle_sleep_time", FLOAT, "1", NULL, false, NULL) \
	OPTION("scheduler", "parsing_cleanup_interval", INTEGER, "60", NULL, false, NULL) \
	OPTION("scheduler", "pool_metrics_interval", FLOAT, "5.0", NULL, false, NULL) \
	OPTION("scheduler", "ti_metrics_interval", FLOAT, "30.0", NULL, false, NULL) \
	OPTION("scheduler", "dagrun_metrics_interval", FLOAT, "30.0", NULL, false, NULL) \
	OPTION("scheduler", "scheduler_health_check_threshold", INTEGER, "30", NULL, false, NULL) \
	OPTION("scheduler", "enable_health_check", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("scheduler", "scheduler_health_check_server_host", STRING, "0.0.0.0", NULL, false, NULL) \
	OPTION("scheduler", "scheduler_health_check_server_port", INTEGER, "8974", NULL, false, NULL) \
	OPTION("scheduler", "orphaned_tasks_check_interval", FLOAT, "300.0", NULL, false, NULL) \
	OPTION("scheduler", "task_instance_heartbeat_timeout", INTEGER, "300", NULL, false, NULL) \
	OPTION("scheduler", "task_instance_heartbeat_timeout_detection_interval", FLOAT, "10.0", NULL, false, NULL) \
	OPTION("scheduler", "catchup_by_default", BOOLEAN, "False", "True", false, NULL) \
	OPTION("scheduler", "ignore_first_depends_on_past_by_default", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("scheduler", "max_tis_per_query", INTEGER, "16", NULL, false, NULL) \
	OPTION("scheduler", "use_row_level_locking", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("scheduler", "max_dagruns_to_create_per_loop", INTEGER, "10", NULL, false, NULL) \
	OPTION("scheduler", "max_dagruns_per_loop_to_schedule", INTEGER, "20", NULL, false, NULL) \
	OPTION("scheduler", "partition_mapper_max_downstream_keys", INTEGER, "1000", NULL, false, NULL) \
	OPTION("scheduler", "use_job_schedule", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("scheduler", "trigger_timeout_check_interval", FLOAT, "15", NULL, false, NULL) \
	OPTION("scheduler", "task_queued_timeout", FLOAT, "600.0", NULL, false, NULL) \
	OPTION("scheduler", "task_queued_timeout_check_interval", FLOAT, "120.0", NULL, false, NULL) \
	OPTION("scheduler", "allowed_run_id_pattern", STRING, "^[A-Za-z0-9_.~:+-]+$", NULL, false, NULL) \
	OPTION("scheduler", "create_cron_data_intervals", BOOLEAN, "False", "True", false, NULL) \
	OPTION("scheduler", "create_delta_data_intervals", BOOLEAN, "False", "True", false, NULL) \
	OPTION("scheduler", "enable_tracemalloc", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("scheduler", "num_stuck_in_queued_retries", INTEGER, "2", NULL, false, "How often a task that its executor never started is queued again.") \
	OPTION("connection_test", "timeout", INTEGER, "60", NULL, false, NULL) \
	OPTION("connection_test", "max_concurrency", INTEGER, "4", NULL, false, NULL) \
	OPTION("connection_test", "reaper_interval", FLOAT, "30.0", NULL, false, NULL) \
	OPTION("triggerer", "capacity", INTEGER, "1000", NULL, false, NULL) \
	OPTION("triggerer", "job_heartbeat_sec", FLOAT, "5", NULL, false, NULL) \
	OPTION("triggerer", "triggerer_health_check_threshold", FLOAT, "30", NULL, false, NULL) \
	OPTION("triggerer", "runner_health_check_threshold", FLOAT, "30", NULL, false, NULL) \
	OPTION("triggerer", "blocked_main_thread_warning_threshold", FLOAT, "0.2", NULL, false, NULL) \
	OPTION("triggerer", "max_trigger_to_select_per_loop", INTEGER, "50", NULL, false, NULL) \
	OPTION("triggerer", "on_kill_timeout", INTEGER, "30", NULL, false, NULL) \
	OPTION("triggerer", "queues_enabled", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("triggerer", "shared_stream_subscriber_queue_size", INTEGER, "1024", NULL, false, NULL) \
	OPTION("triggerer", "shared_stream_ack_timeout", FLOAT, "300.0", NULL, false, NULL) \
	OPTION("triggerer", "shared_stream_cohort_grace_period", FLOAT, "0.0", NULL, false, NULL) \
	OPTION("kerberos", "ccache", STRING, "/tmp/airflow_krb5_ccache", NULL, false, NULL) \
	OPTION("kerberos", "principal", STRING, "airflow", NULL, false, NULL) \
	OPTION("kerberos", "reinit_frequency", INTEGER, "3600", NULL, false, NULL) \
	OPTION("kerberos", "kinit_path", STRING, "kinit", NULL, false, NULL) \
	OPTION("kerberos", "keytab", STRING, "airflow.keytab", NULL, false, NULL) \
	OPTION("kerberos", "forwardable", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("kerberos", "include_ip", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("sensors", "default_timeout", FLOAT, "604800", NULL, false, NULL) \
	OPTION("dag_processor", "dag_bundle_storage_path", STRING, "", NULL, false, NULL) \
	OPTION("dag_processor", "dag_bundle_config_list", STRING, "[{\"name\": \"dags-folder\", \"classpath\": \"airflow.dag_processing.bundles.local.LocalDagBundle\", \"kwargs\": {}}]", NULL, false, NULL) \
	OPTION("dag_processor", "refresh_interval", INTEGER, "300", NULL, false, NULL) \
	OPTION("dag_processor", "parsing_processes", INTEGER, "2", NULL, false, NULL) \
	OPTION("dag_processor", "file_parsing_sort_mode", STRING, "modified_time", NULL, false, NULL) \
	OPTION("dag_processor", "max_callbacks_per_loop", INTEGER, "20", NULL, false, NULL) \
	OPTION("dag_processor", "min_file_process_interval", INTEGER, "30", NULL, false, NULL) \
	OPTION("dag_processor", "stale_dag_threshold", INTEGER, "50", NULL, false, NULL) \
	OPTION("dag_processor", "dag_file_processor_timeout", INTEGER, "50", NULL, false, NULL) \
	OPTION("dag_processor", "print_stats_interval", INTEGER, "30", NULL, false, NULL) \
	OPTION("dag_processor", "health_check_threshold", INTEGER, "30", NULL, false, NULL) \
	OPTION("dag_processor", "disable_bundle_versioning", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("dag_processor", "bundle_refresh_check_interval", INTEGER, "5", NULL, false, NULL) \
	OPTION("dag_processor", "stale_bundle_cleanup_interval", INTEGER, "1800", NULL, false, NULL) \
	OPTION("dag_processor", "stale_bundle_cleanup_age_threshold", INTEGER, "21600", NULL, false, NULL) \
	OPTION("dag_processor", "stale_bundle_cleanup_min_versions", INTEGER, "10", NULL, false, NULL) \
	OPTION("dag_processor", "parsing_pre_import_modules", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("dag_processor", "dag_version_inflation_check_level", STRING, "warning", NULL, false, NULL) \
	OPTION("dag_processor", "parse_memory_limit_mib", INTEGER, "4096", NULL, false, "What one file may take while it is imported, in MiB.") \
	OPTION("state_store", "backend", STRING, "airflow.state.metastore.MetastoreBackend", NULL, false, NULL) \
	OPTION("state_store", "clear_on_success", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("state_store", "default_retention_days", INTEGER, "30", NULL, false, NULL) \
	OPTION("state_store", "state_cleanup_batch_size", INTEGER, "0", NULL, false, NULL) \
	OPTION("state_store", "max_value_storage_bytes", INTEGER, "65535", NULL, false, NULL) \
	OPTION("profiling", "memray_trace_components", STRING, "", NULL, false, NULL) \
	OPTION("profiling", "memray_detailed_tracing", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("callbacks", "callback_execution_timeout", INTEGER, "0", NULL, false, NULL) \
	OPTION("standard", "venv_install_method", STRING, "auto", NULL, false, NULL) \
	OPTION("celery_kubernetes_executor", "kubernetes_queue", STRING, "kubernetes", NULL, false, NULL) \
	OPTION("celery", "celery_app_name", STRING, "airflow.providers.celery.executors.celery_executor", NULL, false, NULL) \
	OPTION("celery", "worker_concurrency", INTEGER, "16", NULL, false, NULL) \
	OPTION("celery", "mp_start_method", STRING, "", NULL, false, NULL) \
	OPTION("celery", "mp_forkserver_preload", STRING, "", NULL, false, NULL) \
	OPTION("celery", "worker_autoscale", STRING, "", NULL, false, NULL) \
	OPTION("celery", "worker_prefetch_multiplier", INTEGER, "1", NULL, false, NULL) \
	OPTION("celery", "worker_enable_remote_control", BOOLEAN, "true", NULL, false, NULL) \
	OPTION("celery", "json_logs", BOOLEAN, "", NULL, false, NULL) \
	OPTION("celery", "task_logs_to_stdout", BOOLEAN, "", NULL, false, NULL) \
	OPTION("celery", "broker_url", STRING, "redis://redis:6379/0", NULL, true, NULL) \
	OPTION("celery", "result_backend", STRING, "", NULL, true, NULL) \
	OPTION("celery", "result_backend_sqlalchemy_engine_options", STRING, "", NULL, false, NULL) \
	OPTION("celery", "flower_host", STRING, "0.0.0.0", NULL, false, NULL) \
	OPTION("celery", "flower_url_prefix", STRING, "", NULL, false, NULL) \
	OPTION("celery", "flower_port", INTEGER, "5555", NULL, false, NULL) \
	OPTION("celery", "flower_basic_auth", STRING, "", NULL, true, NULL) \
	OPTION("celery", "sync_parallelism", INTEGER, "0", NULL, false, NULL) \
	OPTION("celery", "celery_config_options", STRING, "airflow.providers.celery.executors.default_celery.DEFAULT_CELERY_CONFIG", NULL, false, NULL) \
	OPTION("celery", "ssl_active", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("celery", "ssl_mutual_tls", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("celery", "ssl_key", STRING, "", NULL, false, NULL) \
	OPTION("celery", "ssl_cert", STRING, "", NULL, false, NULL) \
	OPTION("celery", "ssl_cacert", STRING, "", NULL, false, NULL) \
	OPTION("celery", "pool", STRING, "prefork", NULL, false, NULL) \
	OPTION("celery", "operation_timeout", FLOAT, "1.0", NULL, false, NULL) \
	OPTION("celery", "task_acks_late", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("celery", "task_track_started", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("celery", "task_publish_max_retries", INTEGER, "3", NULL, false, NULL) \
	OPTION("celery", "extra_celery_config", STRING, "{}", NULL, false, NULL) \
	OPTION("celery", "worker_umask", STRING, "", NULL, false, NULL) \
	OPTION("celery_broker_transport_options", "visibility_timeout", STRING, "", NULL, false, NULL) \
	OPTION("celery_broker_transport_options", "sentinel_kwargs", STRING, "", NULL, true, NULL) \
	OPTION("celery_result_backend_transport_options", "client-config", STRING, "", NULL, false, NULL) \
	OPTION("celery_result_backend_transport_options", "fetch_message_attributes", STRING, "", NULL, false, NULL) \
	OPTION("celery_result_backend_transport_options", "kafka_admin_config", STRING, "", NULL, false, NULL) \
	OPTION("celery_result_backend_transport_options", "kafka_common_config", STRING, "", NULL, false, NULL) \
	OPTION("celery_result_backend_transport_options", "kafka_consumer_config", STRING, "", NULL, false, NULL) \
	OPTION("celery_result_backend_transport_options", "kafka_producer_config", STRING, "", NULL, false, NULL) \
	OPTION("celery_result_backend_transport_options", "master_name", STRING, "", NULL, false, NULL) \
	OPTION("celery_result_backend_transport_options", "predefined_exchanges", STRING, "", NULL, false, NULL) \
	OPTION("celery_result_backend_transport_options", "predefined_queues", STRING, "", NULL, false, NULL) \
	OPTION("celery_result_backend_transport_options", "queue_tags", STRING, "", NULL, false, NULL) \
	OPTION("celery_result_backend_transport_options", "sentinel_kwargs", STRING, "", NULL, true, NULL) \
	OPTION("celery_result_backend_transport_options", "sqs-creation-attributes", STRING, "", NULL, false, NULL) \
	OPTION("local_kubernetes_executor", "kubernetes_queue", STRING, "kubernetes", NULL, false, NULL) \
	OPTION("kubernetes_executor", "api_client_retry_configuration", STRING, "", NULL, false, NULL) \
	OPTION("kubernetes_executor", "logs_task_metadata", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("kubernetes_executor", "running_pod_log_lines", INTEGER, "100", NULL, false, NULL) \
	OPTION("kubernetes_executor", "pod_template_file", STRING, "", NULL, false, NULL) \
	OPTION("kubernetes_executor", "worker_container_repository", STRING, "", NULL, false, NULL) \
	OPTION("kubernetes_executor", "worker_container_tag", STRING, "", NULL, false, NULL) \
	OPTION("kubernetes_executor", "namespace", STRING, "default", NULL, false, NULL) \
	OPTION("kubernetes_executor", "delete_worker_pods", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("kubernetes_executor", "delete_worker_pods_on_failure", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("kubernetes_executor", "worker_pod_pending_fatal_container_state_reasons", STRING, "CreateContainerConfigError,ErrImagePull,CreateContainerError,ImageInspectError,InvalidImageName", NULL, false, NULL) \
	OPTION("kubernetes_executor", "worker_pods_creation_batch_size", INTEGER, "1", NULL, false, NULL) \
	OPTION("kubernetes_executor", "async_pod_creation", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("kubernetes_executor", "pod_creation_max_concurrency", INTEGER, "0", NULL, false, NULL) \
	OPTION("kubernetes_executor", "multi_namespace_mode", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("kubernetes_executor", "multi_namespace_mode_namespace_list", STRING, "", NULL, false, NULL) \
	OPTION("kubernetes_executor", "in_cluster", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("kubernetes_executor", "cluster_context", STRING, "", NULL, false, NULL) \
	OPTION("kubernetes_executor", "config_file", STRING, "", NULL, false, NULL) \
	OPTION("kubernetes_executor", "client_factory", STRING, "", NULL, false, NULL) \
	OPTION("kubernetes_executor", "async_client_factory", STRING, "", NULL, false, NULL) \
	OPTION("kubernetes_executor", "kube_client_request_args", STRING, "", NULL, false, NULL) \
	OPTION("kubernetes_executor", "delete_option_kwargs", STRING, "", NULL, false, NULL) \
	OPTION("kubernetes_executor", "enable_tcp_keepalive", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("kubernetes_executor", "tcp_keep_idle", INTEGER, "120", NULL, false, NULL) \
	OPTION("kubernetes_executor", "tcp_keep_intvl", INTEGER, "30", NULL, false, NULL) \
	OPTION("kubernetes_executor", "tcp_keep_cnt", INTEGER, "6", NULL, false, NULL) \
	OPTION("kubernetes_executor", "verify_ssl", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("kubernetes_executor", "ssl_ca_cert", STRING, "", NULL, false, NULL) \
	OPTION("kubernetes_executor", "task_publish_max_retries", INTEGER, "0", NULL, false, NULL) \
	OPTION("kubernetes_executor", "pod_launch_failure_retries", INTEGER, "1", NULL, false, NULL) \
	OPTION("kubernetes_executor", "pod_launch_failure_excluded_container_reasons", STRING, "Error", NULL, false, NULL) \
	OPTION("fab", "cookie_secure", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("fab", "cookie_samesite", STRING, "Lax", NULL, false, NULL) \
	OPTION("fab", "navbar_color", STRING, "#fff", NULL, false, NULL) \
	OPTION("fab", "navbar_text_color", STRING, "#51504f", NULL, false, NULL) \
	OPTION("fab", "navbar_hover_color", STRING, "#eee", NULL, false, NULL) \
	OPTION("fab", "navbar_text_hover_color", STRING, "#51504f", NULL, false, NULL) \
	OPTION("fab", "access_denied_message", STRING, "Access is Denied", NULL, false, NULL) \
	OPTION("fab", "expose_hostname", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("fab", "auth_rate_limited", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("fab", "auth_rate_limit", STRING, "5 per 40 second", NULL, false, NULL) \
	OPTION("fab", "update_fab_perms", BOOLEAN, "True", NULL, false, NULL) \
	OPTION("fab", "custom_roles", STRING, "{}", NULL, false, NULL) \
	OPTION("fab", "auth_backends", STRING, "airflow.providers.fab.auth_manager.api.auth.backend.session", NULL, false, NULL) \
	OPTION("fab", "config_file", STRING, "{AIRFLOW_HOME}/webserver_config.py", NULL, false, NULL) \
	OPTION("fab", "session_backend", STRING, "database", NULL, false, NULL) \
	OPTION("fab", "session_lifetime_minutes", INTEGER, "43200", NULL, false, NULL) \
	OPTION("fab", "session_max_lifetime_minutes", INTEGER, "0", NULL, false, NULL) \
	OPTION("fab", "enable_proxy_fix", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("fab", "proxy_fix_x_for", INTEGER, "1", NULL, false, NULL) \
	OPTION("fab", "proxy_fix_x_proto", INTEGER, "1", NULL, false, NULL) \
	OPTION("fab", "proxy_fix_x_host", INTEGER, "1", NULL, false, NULL) \
	OPTION("fab", "proxy_fix_x_port", INTEGER, "1", NULL, false, NULL) \
	OPTION("fab", "proxy_fix_x_prefix", INTEGER, "1", NULL, false, NULL) \
	OPTION("fab", "cache_ttl", INTEGER, "30", NULL, false, NULL) \
	OPTION("fab", "auth_role_public", STRING, "", NULL, false, NULL) \
	OPTION("fab", "auth_type", STRING, "", NULL, false, NULL) \
	OPTION("fab", "auth_remote_user_env_var", STRING, "REMOTE_USER", NULL, false, NULL) \
	OPTION("fab", "auth_remote_user_from", STRING, "", NULL, false, NULL) \
	OPTION("fab", "oauth_providers", STRING, "", NULL, true, NULL) \
	OPTION("fab", "oauth_client_secret", STRING, "", NULL, true, NULL) \
	OPTION("fab", "auth_oauth_role_keys", STRING, "", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_server", STRING, "", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_use_tls", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_bind_user", STRING, "", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_bind_password", STRING, "", NULL, true, NULL) \
	OPTION("fab", "auth_ldap_search", STRING, "", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_search_filter", STRING, "", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_uid_field", STRING, "uid", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_firstname_field", STRING, "givenName", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_lastname_field", STRING, "sn", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_email_field", STRING, "mail", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_group_field", STRING, "memberOf", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_append_domain", STRING, "", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_username_format", STRING, "", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_tls_cacertfile", STRING, "", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_tls_cacertdir", STRING, "", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_tls_certfile", STRING, "", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_tls_keyfile", STRING, "", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_tls_demand", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_use_nested_groups_for_roles", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("fab", "auth_ldap_allow_self_signed", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("fab", "auth_roles_mapping", STRING, "", NULL, false, NULL) \
	OPTION("fab", "auth_roles_sync_at_login", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("fab", "auth_user_registration", BOOLEAN, "False", NULL, false, NULL) \
	OPTION("fab", "auth_user_registration_role", STRING, "Public", NULL, false, NULL) \
	OPTION("common.io", "xcom_objectstorage_path", STRING, "", NULL, false, NULL) \
	OPTION("common.io", "xcom_objectstorage_threshold", INTEGER, "-1", NULL, false, NULL) \
	OPTION("common.io", "xcom_objectstorage_compression", STRING, "", NULL, false, NULL) \
	OPTION("common.io", "state_store_objectstorage_path", STRING, "", NULL, false, NULL) \
	OPTION("common.io", "state_store_objectstorage_threshold", INTEGER, "0", NULL, false, NULL) \
	OPTION("common.io", "state_store_objectstorage_compression", STRING, "", NULL, false, NULL)

/* MOVED(old section, old option, new section, new option): the value still counts, with a warning. */
#define TW_CONFIG_MOVED(MOVED) \
	MOVED("admin", "hide_sensitive_variable_fields", "core", "hide_sensitive_var_conn_fields") \
	MOVED("admin", "sensitive_variable_fields", "core", "sensitive_var_conn_names") \
	MOVED("api", "access_control_allow_origin", "api", "access_control_allow_origins") \
	MOVED("api", "access_logfile", "api", "log_config") \
	MOVED("api", "auth_backend", "fab", "auth_backends") \
	MOVED("api", "auth_backends", "fab", "auth_backends") \
	MOVED("api", "page_size", "api", "fallback_page_limit") \
	MOVED("celery", "default_queue", "operators", "default_queue") \
	MOVED("celery", "task_adoption_timeout", "scheduler", "task_queued_timeout") \
	MOVED("celery", "worker_log_server_port", "logging", "worker_log_server_port") \
	MOVED("core", "base_log_folder", "logging", "base_log_folder") \
	MOVED("core", "colored_console_log", "logging", "colored_console_log") \
	MOVED("core", "dag_concurrency", "core", "max_active_tasks_per_dag") \
	MOVED("core", "dag_file_processor_timeout", "dag_processor", "dag_file_processor_timeout") \
	MOVED("core", "dataset_manager_class", "core", "asset_manager_class") \
	MOVED("core", "dataset_manager_kwargs", "core", "asset_manager_kwargs") \
	MOVED("core", "encrypt_s3_logs", "logging", "encrypt_s3_logs") \
	MOVED("core", "fab_logging_level", "logging", "fab_logging_level") \
	MOVED("core", "interleave_timestamp_parser", "logging", "interleave_timestamp_parser") \
	MOVED("core", "log_filename_template", "logging", "log_filename_template") \
	MOVED("core", "log_format", "logging", "log_format") \
	MOVED("core", "logging_config_class", "logging", "logging_config_class") \
	MOVED("core", "logging_level", "logging", "logging_level") \
	MOVED("core", "max_db_retries", "database", "max_db_retries") \
	MOVED("core", "max_num_rendered_ti_fields_per_task", "core", "num_dag_runs_to_retain_rendered_fields") \
	MOVED("core", "non_pooled_task_slot_count", "core", "default_pool_task_slot_count") \
	MOVED("core", "remote_base_log_folder", "logging", "remote_base_log_folder") \
	MOVED("core", "remote_log_conn_id", "logging", "remote_log_conn_id") \
	MOVED("core", "remote_logging", "logging", "remote_logging") \
	MOVED("core", "simple_log_format", "logging", "simple_log_format") \
	MOVED("core", "sql_alchemy_conn", "database", "sql_alchemy_conn") \
	MOVED("core", "sql_alchemy_connect_args", "database", "sql_alchemy_connect_args") \
	MOVED("core", "sql_alchemy_max_overflow", "database", "sql_alchemy_max_overflow") \
	MOVED("core", "sql_alchemy_pool_enabled", "database", "sql_alchemy_pool_enabled") \
	MOVED("core", "sql_alchemy_pool_pre_ping", "database", "sql_alchemy_pool_pre_ping") \
	MOVED("core", "sql_alchemy_pool_recycle", "database", "sql_alchemy_pool_recycle") \
	MOVED("core", "sql_alchemy_pool_size", "database", "sql_alchemy_pool_size") \
	MOVED("core", "sql_alchemy_schema", "database", "sql_alchemy_schema") \
	MOVED("core", "sql_engine_collation_for_ids", "database", "sql_engine_collation_for_ids") \
	MOVED("core", "sql_engine_encoding", "database", "sql_engine_encoding") \
	MOVED("core", "task_log_prefix_template", "logging", "task_log_prefix_template") \
	MOVED("core", "task_log_reader", "logging", "task_log_reader") \
	MOVED("kubernetes_executor", "worker_pods_pending_timeout_check_interval", "scheduler", "task_queued_timeout_check_interval") \
	MOVED("metrics", "statsd_allow_list", "metrics", "metrics_allow_list") \
	MOVED("metrics", "statsd_block_list", "metrics", "metrics_block_list") \
	MOVED("scheduler", "child_process_log_directory", "logging", "dag_processor_child_process_log_directory") \
	MOVED("scheduler", "dag_dir_list_interval", "dag_processor", "refresh_interval") \
	MOVED("scheduler", "deactivate_stale_dags_interval", "scheduler", "parsing_cleanup_interval") \
	MOVED("scheduler", "file_parsing_sort_mode", "dag_processor", "file_parsing_sort_mode") \
	MOVED("scheduler", "local_task_job_heartbeat_sec", "scheduler", "task_instance_heartbeat_sec") \
	MOVED("scheduler", "max_callbacks_per_loop", "dag_processor", "max_callbacks_per_loop") \
	MOVED("scheduler", "max_threads", "dag_processor", "parsing_processes") \
	MOVED("scheduler", "min_file_process_interval", "dag_processor", "min_file_process_interval") \
	MOVED("scheduler", "parsing_pre_import_modules", "dag_processor", "parsing_pre_import_modules") \
	MOVED("scheduler", "parsing_processes", "dag_processor", "parsing_processes") \
	MOVED("scheduler", "print_stats_interval", "dag_processor", "print_stats_interval") \
	MOVED("scheduler", "processor_poll_interval", "scheduler", "scheduler_idle_sleep_time") \
	MOVED("scheduler", "running_metrics_interval", "scheduler", "ti_metrics_interval") \
	MOVED("scheduler", "scheduler_zombie_task_threshold", "scheduler", "task_instance_heartbeat_timeout") \
	MOVED("scheduler", "stale_dag_threshold", "dag_processor", "stale_dag_threshold") \
	MOVED("scheduler", "stat_name_handler", "metrics", "stat_name_handler") \
	MOVED("scheduler", "statsd_allow_list", "metrics", "metrics_allow_list") \
	MOVED("scheduler", "statsd_custom_client_path", "metrics", "statsd_custom_client_path") \
	MOVED("scheduler", "statsd_datadog_enabled", "metrics", "statsd_datadog_enabled") \
	MOVED("scheduler", "statsd_datadog_metrics_tags", "metrics", "statsd_datadog_metrics_tags") \
	MOVED("scheduler", "statsd_datadog_tags", "metrics", "statsd_datadog_tags") \
	MOVED("scheduler", "statsd_host", "metrics", "statsd_host") \
	MOVED("scheduler", "statsd_on", "metrics", "statsd_on") \
	MOVED("scheduler", "statsd_port", "metrics", "statsd_port") \
	MOVED("scheduler", "statsd_prefix", "metrics", "statsd_prefix") \
	MOVED("scheduler", "zombie_detection_interval", "scheduler", "task_instance_heartbeat_timeout_detection_interval") \
	MOVED("triggerer", "default_capacity", "triggerer", "capacity") \
	MOVED("webserver", "access_denied_message", "fab", "access_denied_message") \
	MOVED("webserver", "access_logfile", "api", "log_config") \
	MOVED("webserver", "auth_rate_limit", "fab", "auth_rate_limit") \
	MOVED("webserver", "auth_rate_limited", "fab", "auth_rate_limited") \
	MOVED("webserver", "auto_refresh_interval", "api", "auto_refresh_interval") \
	MOVED("webserver", "base_url", "api", "base_url") \
	MOVED("webserver", "config_file", "fab", "config_file") \
	MOVED("webserver", "cookie_samesite", "fab", "cookie_samesite") \
	MOVED("webserver", "cookie_secure", "fab", "cookie_secure") \
	MOVED("webserver", "default_wrap", "api", "default_wrap") \
	MOVED("webserver", "enable_proxy_fix", "fab", "enable_proxy_fix") \
	MOVED("webserver", "enable_swagger_ui", "api", "enable_swagger_ui") \
	MOVED("webserver", "expose_config", "api", "expose_config") \
	MOVED("webserver", "expose_hostname", "fab", "expose_hostname") \
	MOVED("webserver", "expose_stacktrace", "api", "expose_stacktrace") \
	MOVED("webserver", "grid_view_sorting_order", "api", "grid_view_sorting_order") \
	MOVED("webserver", "hide_paused_dags_by_default", "api", "hide_paused_dags_by_default") \
	MOVED("webserver", "instance_name", "api", "instance_name") \
	MOVED("webserver", "log_fetch_timeout_sec", "api", "log_fetch_timeout_sec") \
	MOVED("webserver", "navbar_color", "fab", "navbar_color") \
	MOVED("webserver", "navbar_hover_color", "fab", "navbar_hover_color") \
	MOVED("webserver", "navbar_text_color", "fab", "navbar_text_color") \
	MOVED("webserver", "navbar_text_hover_color", "fab", "navbar_text_hover_color") \
	MOVED("webserver", "page_size", "api", "fallback_page_limit") \
	MOVED("webserver", "proxy_fix_x_for", "fab", "proxy_fix_x_for") \
	MOVED("webserver", "proxy_fix_x_host", "fab", "proxy_fix_x_host") \
	MOVED("webserver", "proxy_fix_x_port", "fab", "proxy_fix_x_port") \
	MOVED("webserver", "proxy_fix_x_prefix", "fab", "proxy_fix_x_prefix") \
	MOVED("webserver", "proxy_fix_x_proto", "fab", "proxy_fix_x_proto") \
	MOVED("webserver", "require_confirmation_dag_change", "api", "require_confirmation_dag_change") \
	MOVED("webserver", "secret_key", "api", "secret_key") \
	MOVED("webserver", "session_backend", "fab", "session_backend") \
	MOVED("webserver", "session_lifetime_minutes", "fab", "session_lifetime_minutes") \
	MOVED("webserver", "update_fab_perms", "fab", "update_fab_perms") \
	MOVED("webserver", "web_server_host", "api", "host") \
	MOVED("webserver", "web_server_port", "api", "port") \
	MOVED("webserver", "web_server_ssl_cert", "api", "ssl_cert") \
	MOVED("webserver", "web_server_ssl_key", "api", "ssl_key") \
	MOVED("webserver", "web_server_worker_timeout", "api", "worker_timeout") \
	MOVED("webserver", "worker_refresh_batch_size", "api", "worker_refresh_batch_size") \
	MOVED("webserver", "worker_refresh_interval", "api", "worker_refresh_interval") \
	MOVED("webserver", "workers", "api", "workers") \
	MOVED("workers", "execution_api_server_url", "core", "execution_api_server_url") \
	MOVED("workers", "missing_dag_retires", "workers", "missing_dag_retries")

/* GONE(section, option): nothing obeys it any more. */
#define TW_CONFIG_GONE(GONE) \
	GONE("api", "enable_experimental_api") \
	GONE("api", "enable_xcom_deserialize_support") \
	GONE("api", "google_key_path") \
	GONE("api", "google_oauth2_audience") \
	GONE("cli", "api_client") \
	GONE("cli", "endpoint_url") \
	GONE("core", "colored_formatter_class") \
	GONE("core", "colored_log_format") \
	GONE("core", "dag_processor_manager_log_location") \
	GONE("core", "database_access_isolation") \
	GONE("core", "donot_pickle") \
	GONE("core", "enable_xcom_pickling") \
	GONE("core", "internal_api_secret_key") \
	GONE("core", "internal_api_url") \
	GONE("core", "load_default_connections") \
	GONE("core", "log_processor_filename_template") \
	GONE("core", "min_serialized_dag_fetch_interval") \
	GONE("core", "strict_dataset_uri_validation") \
	GONE("core", "task_runner") \
	GONE("core", "worker_precheck") \
	GONE("database", "load_default_connections") \
	GONE("debug", "fail_fast") \
	GONE("lineage", "backend") \
	GONE("logging", "colored_formatter_class") \
	GONE("logging", "colored_log_format") \
	GONE("logging", "dag_processor_manager_log_location") \
	GONE("logging", "dag_processor_manager_log_stdout") \
	GONE("logging", "enable_task_context_logger") \
	GONE("logging", "log_processor_filename_template") \
	GONE("metrics", "metrics_use_pattern_match") \
	GONE("metrics", "timer_unit_consistency") \
	GONE("operators", "allow_illegal_arguments") \
	GONE("scheduler", "allow_trigger_in_future") \
	GONE("scheduler", "dag_stale_not_seen_duration") \
	GONE("scheduler", "schedule_after_task_execution") \
	GONE("scheduler", "standalone_dag_processor") \
	GONE("traces", "otel_task_log_event") \
	GONE("webserver", "access_logformat") \
	GONE("webserver", "allow_raw_html_descriptions") \
	GONE("webserver", "allowed_payload_size") \
	GONE("webserver", "analytics_id") \
	GONE("webserver", "analytics_tool") \
	GONE("webserver", "analytics_url") \
	GONE("webserver", "audit_view_excluded_events") \
	GONE("webserver", "audit_view_included_events") \
	GONE("webserver", "caching_hash_method") \
	GONE("webserver", "dag_default_view") \
	GONE("webserver", "dag_orientation") \
	GONE("webserver", "default_dag_run_display_number") \
	GONE("webserver", "default_ui_timezone") \
	GONE("webserver", "error_logfile") \
	GONE("webserver", "instance_name_has_markup") \
	GONE("webserver", "log_animation_speed") \
	GONE("webserver", "log_auto_tailing_offset") \
	GONE("webserver", "log_fetch_delay_sec") \
	GONE("webserver", "max_form_memory_size") \
	GONE("webserver", "max_form_parts") \
	GONE("webserver", "navbar_logo_text_color") \
	GONE("webserver", "num_recent_configurations_for_trigger") \
	GONE("webserver", "reload_on_plugin_change") \
	GONE("webserver", "run_internal_api") \
	GONE("webserver", "show_recent_stats_for_completed_runs") \
	GONE("webserver", "show_trigger_form_if_no_params") \
	GONE("webserver", "warn_deployment_exposure") \
	GONE("webserver", "web_server_master_timeout") \
	GONE("webserver", "worker_class") \
	GONE("webserver", "x_frame_enabled")
