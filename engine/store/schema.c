/*
 * The schema, step by step. Tables and columns carry Airflow's names where they mean the same; ours are
 * marked in docs/metastore.md. There are no foreign keys: rows that hang on a run, a DAG or an
 * instance are deleted by purge.c, in the transaction that deletes what they hang on.
 */
#include "store/migrate.h"

static const char dags[] =
	"create table dag_bundle (name {key} not null primary key, active {bool} not null, version {key},"
	" last_refreshed {stamp});"
	"create table dag (dag_id {key} not null primary key, is_paused {bool} not null,"
	" is_stale {bool} not null, exceeds_max_non_backfill {bool} not null default 0,"
	" last_parsed_time {stamp}, last_parse_duration {real}, last_expired {stamp},"
	" fileloc {text}, relative_fileloc {text}, bundle_name {key} not null, bundle_version {key},"
	" owners {text}, dag_display_name {text} not null, description {text},"
	" timetable_type {key} not null, timetable_summary {text}, timetable_description {text},"
	" timetable_partitioned {bool} not null default 0, timetable_periodic {bool} not null default 0,"
	" asset_expression {json}, owner_links {json}, allowed_run_types {json},"
	" max_active_tasks integer not null, max_active_runs integer not null,"
	" max_consecutive_failed_dag_runs integer not null, has_task_concurrency_limits {bool} not null,"
	" has_import_errors {bool} not null default 0, fail_fast {bool} not null default 0,"
	" next_dagrun {stamp}, next_dagrun_data_interval_start {stamp},"
	" next_dagrun_data_interval_end {stamp}, next_dagrun_partition_key {key},"
	" next_dagrun_partition_date {stamp}, next_dagrun_create_after {stamp});"
	"create index dag_file on dag (bundle_name, relative_fileloc);"
	"create index dag_display on dag (dag_display_name);"
	"create index dag_stale on dag (is_stale, dag_id);"
	"create index dag_next on dag (next_dagrun_create_after);"
	"create table dag_tag (name {key} not null, dag_id {key} not null, primary key (name, dag_id));"
	"create index dag_tag_dag on dag_tag (dag_id);"
	"create table dag_warning (seq {rowid}, dag_id {key} not null, warning_type {key} not null, message {text} not null,"
	" timestamp {stamp} not null);"
	"create index dag_warning_dag on dag_warning (dag_id, warning_type);"
	"create table dag_version (id {uuid} not null primary key, version_number integer not null,"
	" dag_id {key} not null, bundle_name {key}, bundle_version {key}, created_at {stamp} not null,"
	" last_updated {stamp} not null, unique (dag_id, version_number));"
	"create table serialized_dag (id {uuid} not null primary key, dag_id {key} not null, data {json} not null,"
	" created_at {stamp} not null, last_updated {stamp} not null, dag_hash {key} not null,"
	" dag_version_id {uuid} not null unique);"
	"create index serialized_dag_dag on serialized_dag (dag_id);"
	"create table dag_code (id {uuid} not null primary key, dag_id {key} not null, fileloc {text} not null,"
	" created_at {stamp} not null, last_updated {stamp} not null, source_code {text} not null,"
	" dag_version_id {uuid} not null unique);"
	"create index dag_code_dag on dag_code (dag_id);"
	"create table import_error (id {rowid}, timestamp {stamp}, filename {text}, bundle_name {key},"
	" stacktrace {text});"
	"create index import_error_file on import_error (bundle_name, filename);";

static const char runs[] =
	"create table dag_run (id {rowid}, dag_id {key} not null, run_id {key} not null, state {key} not null,"
	" run_type {key} not null, queued_at {stamp}, logical_date {stamp}, start_date {stamp},"
	" end_date {stamp}, duration {real}, triggered_by {key}, triggering_user_name {text}, conf {json},"
	" data_interval_start {stamp}, data_interval_end {stamp}, run_after {stamp} not null,"
	" last_scheduling_decision {stamp}, created_at {stamp}, updated_at {stamp},"
	" clear_number integer not null default 0, backfill_id integer, bundle_version {key},"
	" created_dag_version_id {uuid}, partition_key {key}, note {text}, note_user_id {key},"
	" unique (dag_id, run_id), unique (dag_id, logical_date));"
	"create index dag_run_live on dag_run (state, id) where state in ('queued', 'running');"
	"create index dag_run_state on dag_run (dag_id, state);"
	"create index dag_run_dag_after on dag_run (dag_id, run_after);"
	"create index dag_run_after on dag_run (run_after);"
	"create index dag_run_start on dag_run (start_date);"
	"create index dag_run_version on dag_run (created_dag_version_id);"
	"create view dag_run_note as select id as dag_run_id, note_user_id as user_id, note as content,"
	" updated_at as created_at, updated_at from dag_run where note is not null;";

/* What an instance and an attempt of the history both have. */
#define ATTEMPT                                                                                    \
	" dag_id {key} not null, run_id {key} not null, task_id {key} not null,"                   \
	" map_index integer not null default -1, state {key}, try_number integer not null,"        \
	" max_tries integer not null default -1, start_date {stamp}, end_date {stamp},"            \
	" duration {real}, scheduled_dttm {stamp}, queued_dttm {stamp}, last_heartbeat_at {stamp}," \
	" hostname {text}, unixname {text}, pid integer, pool {key} not null,"                     \
	" pool_slots integer not null, queue {key}, priority_weight integer, executor {key},"      \
	" operator {text}, custom_operator_name {text}, external_executor_id {text},"              \
	" rendered_map_index {key}, task_display_name {text}, dag_version_id {uuid},"              \
	" trigger_id integer, trigger_timeout {stamp}, next_method {text}, next_kwargs {json},"    \
	" next_retry_at {stamp}, reschedule_start {stamp}, state_reason {text}, note {text},"   \
	" note_user_id {key}, updated_at {stamp}"

static const char tis[] =
	"create table task_instance (seq {rowid}, id {uuid} not null unique," ATTEMPT
	", unique (dag_id, run_id, task_id, map_index));"
	"create index ti_state on task_instance (state);"
	"create index ti_start on task_instance (start_date);"
	"create index ti_trigger on task_instance (trigger_id) where trigger_id is not null;"
	"create table task_instance_history (seq {rowid}, task_instance_id {uuid} not null unique," ATTEMPT ");"
	"create index tih_key on task_instance_history (dag_id, run_id, task_id, map_index, try_number);"
	"create view task_instance_note as select id as ti_id, note_user_id as user_id, note as content,"
	" updated_at as created_at, updated_at from task_instance where note is not null;"
	"create table task_reschedule (id {rowid}, ti_id {uuid} not null, start_date {stamp} not null,"
	" end_date {stamp} not null, duration integer not null, reschedule_date {stamp} not null);"
	"create index task_reschedule_ti on task_reschedule (ti_id, id);"
	"create table task_map (dag_id {key} not null, run_id {key} not null, task_id {key} not null,"
	" map_index integer not null, length integer not null, keys {json},"
	" primary key (dag_id, run_id, task_id, map_index));"
	"create table xcom (seq {rowid}, dag_run_id integer not null, task_id {key} not null,"
	" map_index integer not null default -1, key {text} not null, dag_id {key} not null,"
	" run_id {key} not null, value {json}, timestamp {stamp} not null,"
	" unique (dag_run_id, task_id, map_index, key));"
	"create index xcom_dag on xcom (dag_id, task_id, key);"
	"create table rendered_task_instance_fields (dag_id {key} not null, run_id {key} not null,"
	" task_id {key} not null, map_index integer not null default -1, rendered_fields {json} not null,"
	" k8s_pod_yaml {json}, primary key (dag_id, run_id, task_id, map_index));"
	"create table \"trigger\" (id integer not null primary key, classpath {text} not null, kwargs {text} not null,"
	" created_date {stamp} not null, triggerer_id integer, queue {key});";

static const char house[] =
	"create table variable (id {rowid}, key {key} not null unique, val {text} not null, description {text},"
	" is_encrypted {bool} not null, team_name {key});"
	"create table connection (id {rowid}, conn_id {key} not null unique, conn_type {key} not null,"
	" description {text}, host {text}, schema {text}, login {text}, port integer, password {text},"
	" extra {text}, is_encrypted {bool} not null, is_extra_encrypted {bool} not null, team_name {key});"
	"create table slot_pool (id {rowid}, pool {key} not null unique, slots integer not null, description {text},"
	" include_deferred {bool} not null, team_name {key});"
	"insert into slot_pool (pool, slots, description, include_deferred)"
	" values ('default_pool', 128, 'Default pool', 0);"
	"create table log (id {rowid}, dttm {stamp} not null, dag_id {key}, task_id {key}, map_index integer,"
	" event {key} not null, logical_date {stamp}, run_id {key}, owner {key}, owner_display_name {key},"
	" extra {text}, try_number integer);"
	"create index log_dttm on log (dttm);"
	"create index log_event on log (event);"
	"create index log_ti on log (dag_id, run_id, task_id, map_index);"
	"create table job (id {rowid}, dag_id {key}, state {key}, job_type {key}, start_date {stamp},"
	" end_date {stamp}, latest_heartbeat {stamp}, executor_class {key}, hostname {key}, unixname {key});"
	"create index job_type_beat on job (job_type, latest_heartbeat);"
	"create table inbox (id {serial}, posted_at {stamp} not null, kind {key} not null, dag_id {key}, run_id {key},"
	" payload {json});"
	"create table scheduler_lease (name {key} not null primary key, owner {key} not null, epoch integer not null,"
	" expires_at {stamp} not null);"
	"create table meta (key {key} not null primary key, value {text});";

/* What follows a run or an attempt: callbacks, deadlines, SLAs, questions to people. */
static const char after[] =
	"create table callback (id {uuid} not null primary key, type {key} not null, fetch_method {key} not null,"
	" data {json} not null, bundle_name {key}, state {key}, output {text}, priority_weight integer not null,"
	" created_at {stamp} not null, trigger_id integer, job_id integer, attempts integer not null default 0);"
	"create index callback_due on callback (type, state, priority_weight);"
	"create table deadline (id {uuid} not null primary key, created_at {stamp} not null,"
	" last_updated_at {stamp} not null, dagrun_id integer, deadline_time {stamp} not null, missed {bool} not null,"
	" callback_id {uuid}, deadline_alert_id {uuid}, dag_id {key} not null, run_id {key} not null,"
	" alert integer not null default 0, name {text});"
	"create index deadline_due on deadline (missed, deadline_time);"
	"create index deadline_run on deadline (dag_id, run_id);"
	"create table sla_miss (task_id {key} not null, dag_id {key} not null, execution_date {stamp} not null,"
	" email_sent {bool} not null default 0, timestamp {stamp}, description {text},"
	" notification_sent {bool} not null default 0, primary key (task_id, dag_id, execution_date));"
	"create index sla_miss_dag on sla_miss (dag_id);"
	"create table hitl_detail (ti_id {uuid} not null primary key, options {json} not null, subject {text} not null,"
	" body {text}, defaults {json}, multiple {bool} not null default 0, params {json} not null, assignees {json},"
	" created_at {stamp} not null, responded_at {stamp}, responded_by {json}, chosen_options {json},"
	" params_input {json} not null);";
static const char assets[] =
	"create table asset (id {rowid}, name {key} not null, uri {key} not null, \"group\" {key} not null,"
	" extra {json} not null, created_at {stamp} not null, updated_at {stamp} not null, unique (name, uri));"
	"create index asset_uri on asset (uri);"
	"create table asset_active (name {key} not null unique, uri {key} not null unique, primary key (name, uri));"
	"create table asset_alias (id {rowid}, name {key} not null unique, \"group\" {key} not null);"
	"create table asset_alias_asset (alias_id integer not null, asset_id integer not null,"
	" primary key (alias_id, asset_id));"
	"create index asset_alias_asset_asset on asset_alias_asset (asset_id);"
	"create table asset_event (id {rowid}, asset_id integer not null, extra {json} not null,"
	" source_task_id {key}, source_dag_id {key}, source_run_id {key}, source_map_index integer default -1,"
	" timestamp {stamp} not null, partition_key {key});"
	"create index asset_event_asset on asset_event (asset_id, timestamp);"
	"create index asset_event_time on asset_event (timestamp);"
	"create table asset_alias_asset_event (alias_id integer not null, event_id integer not null,"
	" primary key (alias_id, event_id));"
	"create index asset_alias_asset_event_event on asset_alias_asset_event (event_id);"
	"create table dagrun_asset_event (dag_run_id integer not null, event_id integer not null,"
	" primary key (dag_run_id, event_id));"
	"create index dagrun_asset_event_event on dagrun_asset_event (event_id);"
	"create table asset_dag_run_queue (asset_id integer not null, target_dag_id {key} not null,"
	" created_at {stamp} not null, primary key (asset_id, target_dag_id));"
	"create index asset_dag_run_queue_dag on asset_dag_run_queue (target_dag_id);"
	"create table dag_schedule_asset_reference (asset_id integer not null, dag_id {key} not null,"
	" created_at {stamp} not null, updated_at {stamp} not null, primary key (asset_id, dag_id));"
	"create index dag_schedule_asset_reference_dag on dag_schedule_asset_reference (dag_id);"
	"create table dag_schedule_asset_alias_reference (alias_id integer not null, dag_id {key} not null,"
	" created_at {stamp} not null, updated_at {stamp} not null, primary key (alias_id, dag_id));"
	"create index dag_schedule_asset_alias_reference_dag on dag_schedule_asset_alias_reference (dag_id);"
	"create table dag_schedule_asset_name_reference (name {key} not null, dag_id {key} not null,"
	" created_at {stamp} not null, primary key (name, dag_id));"
	"create index dag_schedule_asset_name_reference_dag on dag_schedule_asset_name_reference (dag_id);"
	"create table dag_schedule_asset_uri_reference (uri {key} not null, dag_id {key} not null,"
	" created_at {stamp} not null, primary key (uri, dag_id));"
	"create index dag_schedule_asset_uri_reference_dag on dag_schedule_asset_uri_reference (dag_id);"
	"create table task_outlet_asset_reference (asset_id integer not null, dag_id {key} not null,"
	" task_id {key} not null, created_at {stamp} not null, updated_at {stamp} not null,"
	" primary key (asset_id, dag_id, task_id));"
	"create index task_outlet_asset_reference_dag on task_outlet_asset_reference (dag_id);"
	"create table task_inlet_asset_reference (asset_id integer not null, dag_id {key} not null,"
	" task_id {key} not null, created_at {stamp} not null, updated_at {stamp} not null,"
	" primary key (asset_id, dag_id, task_id));"
	"create index task_inlet_asset_reference_dag on task_inlet_asset_reference (dag_id);"
	"create table asset_watcher (name {text} not null, asset_id integer not null, trigger_id integer not null,"
	" primary key (asset_id, trigger_id));"
	"create index asset_watcher_trigger on asset_watcher (trigger_id);"
	"create table task_state_store (id {rowid}, dag_run_id integer not null, task_id {key} not null,"
	" map_index integer not null default -1, key {key} not null, dag_id {key} not null, run_id {key} not null,"
	" value {text} not null, updated_at {stamp} not null, expires_at {stamp},"
	" unique (dag_run_id, task_id, map_index, key));"
	"create table asset_state_store (asset_id integer not null, key {key} not null, value {text} not null,"
	" updated_at {stamp} not null, last_updated_by_kind {key}, last_updated_by_dag_id {key},"
	" last_updated_by_run_id {key}, last_updated_by_task_id {key}, last_updated_by_map_index integer,"
	" primary key (asset_id, key));";

/* Who answered, apart from the JSON, so that lists can be narrowed by it. */
static const char answers[] = "alter table hitl_detail add column responded_by_user_id {key};"
			      "alter table hitl_detail add column responded_by_user_name {text};";

static const char backfill[] =
	"create table backfill (id {rowid}, dag_id {key} not null, from_date {stamp} not null, to_date {stamp} not null,"
	" dag_run_conf {json}, is_paused {bool} not null default 0, reprocess_behavior {key} not null,"
	" max_active_runs integer not null default 10, created_at {stamp} not null, completed_at {stamp},"
	" updated_at {stamp} not null, triggering_user_name {text});"
	"create index backfill_dag on backfill (dag_id, completed_at);"
	"create table backfill_dag_run (id {rowid}, backfill_id integer not null, dag_run_id integer,"
	" exception_reason {key}, logical_date {stamp}, partition_key {key}, sort_ordinal integer not null);"
	"create index backfill_dag_run_backfill on backfill_dag_run (backfill_id, sort_ordinal);"
	"create index backfill_dag_run_run on backfill_dag_run (dag_run_id) where dag_run_id is not null;"
	"create index dag_run_backfill on dag_run (backfill_id, state) where backfill_id is not null;";

static const char partitions[] =
	"create table asset_partition_dag_run (id {rowid}, target_dag_id {key} not null, created_dag_run_id integer,"
	" partition_key {key} not null, created_at {stamp} not null, updated_at {stamp} not null);"
	"create index asset_partition_dag_run_key on asset_partition_dag_run (target_dag_id, partition_key);"
	"create table partitioned_asset_key_log (id {rowid}, asset_id integer not null, asset_event_id integer not null,"
	" asset_partition_dag_run_id integer not null, source_partition_key {key} not null,"
	" target_dag_id {key} not null, target_partition_key {key} not null, created_at {stamp} not null);"
	"create index partitioned_asset_key_log_run on partitioned_asset_key_log (asset_partition_dag_run_id);";

static const char trigger_owner[] = "create index trigger_owner on \"trigger\" (triggerer_id, id);";

static const char favourites[] = "create table dag_favorite (user_id {key} not null, dag_id {key} not null,"
				 " primary key (user_id, dag_id));"
				 "create index dag_favorite_dag on dag_favorite (dag_id);";

/*
 * Flask-AppBuilder's tables with its columns in its order, so that they can be moved over by insert … select *.
 * Names of users are looked up without case. What is ours: auth_change, which grows with each change that
 * permissions are asked anew for, and api_token.
 */
static const char users[] =
	"create table ab_permission (id {rowid}, name {key} not null unique);"
	"create table ab_view_menu (id {rowid}, name {key} not null unique);"
	"create table ab_role (id {rowid}, name {key} not null unique);"
	"create table ab_user (id {serial}, first_name {text} not null, last_name {text} not null,"
	" username {text} not null, password {text}, active {bool}, email {text} not null,"
	" last_login {stamp}, login_count integer, fail_login_count integer, created_on {stamp}, changed_on {stamp},"
	" created_by_fk integer, changed_by_fk integer);"
	"create unique index idx_ab_user_username on ab_user (lower(username));"
	"create unique index idx_ab_user_email on ab_user (email);"
	"create table ab_user_role (id {rowid}, user_id integer, role_id integer, unique (user_id, role_id));"
	"create index idx_user_role_role on ab_user_role (role_id);"
	"create table ab_permission_view (id {rowid}, permission_id integer not null, view_menu_id integer not null,"
	" unique (permission_id, view_menu_id));"
	"create index idx_permission_view_menu on ab_permission_view (view_menu_id);"
	"create table ab_permission_view_role (id {rowid}, permission_view_id integer, role_id integer,"
	" unique (permission_view_id, role_id));"
	"create index idx_role_id on ab_permission_view_role (role_id);"
	"create table auth_change (id integer not null primary key, n integer not null);"
	"insert into auth_change (id, n) values (1, 1);"
	"create table revoked_token (jti {key} not null primary key, exp {stamp} not null);"
	"create index revoked_token_exp on revoked_token (exp);"
	"create table api_token (id {serial}, jti {key} not null unique, name {text} not null, owner {key} not null,"
	" created_at {stamp} not null, expires_at {stamp} not null, revoked_at {stamp});"
	"create index api_token_owner on api_token (owner, id);";

static const char feed[] = "create table change_feed (seq {rowid}, total bigint not null, at {stamp} not null,"
			   " text {text} not null);";
/* What workers elsewhere may take, while its attempt is queued. */
static const char workloads[] =
	"create table workload (attempt {uuid} not null primary key, executor {key} not null, queue {key} not null,"
	" priority_weight integer not null, data {json} not null, posted_at {stamp} not null, worker {text},"
	" taken_at {stamp});"
	"create index workload_next on workload (queue, priority_weight) where worker is null;";
static const char parse_asks[] = "create table dag_priority_parsing_request (bundle_name {key} not null,"
				 " relative_fileloc {key} not null, primary key (bundle_name, relative_fileloc));";

/* Each taking has a name: a worker's last word about one must not be taken for another's. */
static const char claims[] = "alter table workload add column claim {key};";

/* What lists over all DAGs are ordered and narrowed by. Those of instances are the ones that change least. */
static const char list_orders[] = "create index dag_run_end on dag_run (end_date);"
				  "create index dag_run_logical on dag_run (logical_date);"
				  "create index dag_run_state_after on dag_run (state, run_after);"
				  "create index dag_run_type_after on dag_run (run_type, run_after);"
				  "create index ti_map on task_instance (map_index);"
				  "create index ti_end on task_instance (end_date);";

/*
 * And what else runs are ordered by. A state is mostly asked for together with a DAG, and a DAG's instances by when they started or as
 * they came.
 */
static const char more_orders[] = "create index ti_state_dag on task_instance (state, dag_id);"
				  "drop index ti_state;"
				  "create index ti_dag_start on task_instance (dag_id, start_date);"
				  "create index ti_dag_map on task_instance (dag_id, map_index);"
				  "create index ti_duration on task_instance (duration);"
				  "create index dag_run_run on dag_run (run_id);"
				  "create index dag_run_duration on dag_run (duration);"
				  "create index dag_run_updated on dag_run (updated_at);"
				  "create index dag_run_interval_start on dag_run (data_interval_start);"
				  "create index dag_run_interval_end on dag_run (data_interval_end);"
				  "create index log_owner on log (owner);"
				  "create index dag_tag_of on dag_tag (dag_id, name);"
				  "drop index dag_tag_dag;";

/*
 * How many rows a table has and how many of them share the first, the first two, … columns of an index, told to SQLite's planner once and
 * for all. It would take equality with a state for as rare as that with a DAG. Nobody measures them (ANALYZE): what a small or a young
 * metastore is like is no plan for a large one, and so every installation asks in the same way, the tests too. No index is skipped through
 * for its second column: with ten thousand DAGs that is ten thousand searches.
 */
#define STAT(tbl, idx, numbers) "insert into sqlite_stat1 (tbl, idx, stat) values ('" tbl "', '" idx "', '" numbers "');"
static const char planning[] =
	"analyze sqlite_schema; delete from sqlite_stat1;" /* the first makes the table */
	STAT("task_instance", "sqlite_autoindex_task_instance_1", "1000000 1")
	STAT("task_instance", "sqlite_autoindex_task_instance_2", "1000000 1000 10 1 1 noskipscan")
	STAT("task_instance", "ti_state_dag", "1000000 100000 500 noskipscan")
	STAT("task_instance", "ti_start", "1000000 2")
	STAT("task_instance", "ti_end", "1000000 2")
	STAT("task_instance", "ti_duration", "1000000 100")
	STAT("task_instance", "ti_dag_start", "1000000 1000 1 noskipscan")
	STAT("task_instance", "ti_dag_map", "1000000 1000 500 noskipscan")
	STAT("task_instance", "ti_map", "1000000 200000")
	STAT("task_instance", "ti_trigger", "1000 1")
	STAT("dag_run", "sqlite_autoindex_dag_run_1", "100000 100 1 noskipscan")
	STAT("dag_run", "sqlite_autoindex_dag_run_2", "100000 100 1 noskipscan")
	STAT("dag_run", "dag_run_live", "1000 500 1 noskipscan")
	STAT("dag_run", "dag_run_state", "100000 100 50 noskipscan")
	STAT("dag_run", "dag_run_dag_after", "100000 100 1 noskipscan")
	STAT("dag_run", "dag_run_after", "100000 10")
	STAT("dag_run", "dag_run_start", "100000 2")
	STAT("dag_run", "dag_run_end", "100000 2")
	STAT("dag_run", "dag_run_logical", "100000 10")
	STAT("dag_run", "dag_run_version", "100000 100")
	STAT("dag_run", "dag_run_state_after", "100000 30000 5 noskipscan")
	STAT("dag_run", "dag_run_type_after", "100000 50000 10 noskipscan")
	STAT("dag_run", "dag_run_backfill", "1000 100 50 noskipscan")
	STAT("dag_run", "dag_run_run", "100000 50")
	STAT("dag_run", "dag_run_duration", "100000 10")
	STAT("dag_run", "dag_run_updated", "100000 2")
	STAT("dag_run", "dag_run_interval_start", "100000 10")
	STAT("dag_run", "dag_run_interval_end", "100000 10")
	STAT("dag", "sqlite_autoindex_dag_1", "10000 1")
	STAT("dag", "dag_stale", "10000 9000 1 noskipscan")
	STAT("dag", "dag_display", "10000 1")
	STAT("dag", "dag_file", "10000 10000 2 noskipscan")
	STAT("dag", "dag_next", "10000 2")
	STAT("log", "log_dttm", "100000 1")
	STAT("log", "log_event", "100000 5000")
	STAT("log", "log_ti", "100000 500 50 5 5 noskipscan")
	STAT("log", "log_owner", "100000 10000")
	STAT("xcom", "sqlite_autoindex_xcom_1", "1000000 10 2 1 1 noskipscan")
	STAT("xcom", "xcom_dag", "1000000 1000 100 50 noskipscan")
	"analyze sqlite_schema;"; /* reads it */

/* FAB 5's groups of users: a role of the group is one of its users'. */
static const char groups[] =
	"create table ab_group (id {rowid}, name {key} not null unique, label {text}, description {text});"
	"create table ab_group_role (id {rowid}, group_id integer, role_id integer, unique (group_id, role_id));"
	"create index idx_group_role_id on ab_group_role (role_id);"
	"create table ab_user_group (id {rowid}, user_id integer, group_id integer, unique (user_id, group_id));"
	"create index idx_user_group_id on ab_user_group (group_id);";
/* A duration comes anywhere in its index: a third of what all a task's writes cost, for a list that is seldom asked for. */
static const char no_durations[] = "drop index ti_duration;";

static const char partition_dates[] = "alter table dag_run add column partition_date {stamp};"
				      "alter table asset_partition_dag_run add column partition_date {stamp};";

const struct tw_schema_step tw_schema_steps[] = {
	{ 1, "dags", dags },
	{ 2, "runs", runs },
	{ 3, "task instances", tis },
	{ 4, "house", house },
	{ 5, "after", after },
	{ 6, "answers", answers },
	{ 7, "backfill", backfill },
	{ 8, "assets", assets },
	{ 9, "partitions", partitions },
	{ 10, "triggers by owner", trigger_owner },
	{ 11, "favourites", favourites },
	{ 12, "users", users },
	{ 13, "feed", feed },
	{ 14, "workloads", workloads },
	{ 15, "parse requests", parse_asks },
	{ 16, "claims", claims },
	{ 17, "orders of lists", list_orders },
	{ 18, "more orders", more_orders },
	{ 19, "planning", planning, .only = "sqlite" },
	{ 20, "groups of users", groups },
	{ 21, "no durations", no_durations },
	{ 22, "partition dates", partition_dates },
};
const size_t tw_schema_nsteps = sizeof tw_schema_steps / sizeof tw_schema_steps[0];
