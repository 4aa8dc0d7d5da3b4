/* One table of routes for each file of resources, and the objects that several of them write. */
#pragma once

#include "api/app.h"
#include "store/dags.h"
#include "store/runs.h"
#include "store/tis.h"

extern const struct tw_route tw_routes_login[];
extern const struct tw_route tw_routes_login_oauth[];
extern const struct tw_route tw_routes_ui[];
extern const struct tw_route tw_routes_ui_data[];
extern const struct tw_route tw_routes_ui_run[];
extern const struct tw_route tw_routes_ui_days[];
extern const struct tw_route tw_routes_log_pages[];
extern const struct tw_route tw_routes_needs[];
extern const struct tw_route tw_routes_deadlines[];
extern const struct tw_route tw_routes_editor[];
extern const struct tw_route tw_routes_log_search[];
extern const struct tw_route tw_routes_whoami[];
extern const struct tw_route tw_routes_account[];
extern const struct tw_route tw_routes_api_tokens[];
extern const struct tw_route tw_routes_fab_users[];
extern const struct tw_route tw_routes_fab_roles[];
extern const struct tw_route tw_routes_monitor[];
extern const struct tw_route tw_routes_metrics[];
extern const struct tw_route tw_routes_events[];
/* Appends a process' memory and CPU time (metrics.c). */
void tw_metrics_process(struct tw_buf *out, const char *daemon);
extern const struct tw_route tw_routes_run_wait[];
extern const struct tw_route tw_routes_dags[];
extern const struct tw_route tw_routes_favourites[];
extern const struct tw_route tw_routes_dag_meta[];
extern const struct tw_route tw_routes_dag_stats[];
extern const struct tw_route tw_routes_reparse[];
extern const struct tw_route tw_routes_reference[];
extern const struct tw_route tw_routes_runs[];
extern const struct tw_route tw_routes_run_change[];
extern const struct tw_route tw_routes_bulk_live[];
extern const struct tw_route tw_routes_links[];
extern const struct tw_route tw_routes_tis[];
extern const struct tw_route tw_routes_ti_change[];
extern const struct tw_route tw_routes_ti_mapped[];
extern const struct tw_route tw_routes_hitl[];
extern const struct tw_route tw_routes_why[];
extern const struct tw_route tw_routes_logs[];
extern const struct tw_route tw_routes_xcoms[];
extern const struct tw_route tw_routes_variables[];
extern const struct tw_route tw_routes_connection_try[];
extern const struct tw_route tw_routes_connections[];
extern const struct tw_route tw_routes_backfills[];
extern const struct tw_route tw_routes_run_clear[];
extern const struct tw_route tw_routes_pools[];
extern const struct tw_route tw_routes_admin[];
extern const struct tw_route tw_routes_installed[];
extern const struct tw_route tw_routes_tasks[];
extern const struct tw_route tw_routes_assets[];
extern const struct tw_route tw_routes_asset_queue[];
extern const struct tw_route tw_routes_state_store[];
extern const struct tw_route tw_routes_exec[];

struct tw_asker;
struct tw_dag;

/* What the pages draw a DAG's graph of (ui_data.c). */
void tw_jw_structure(struct tw_jw *w, const struct tw_dag *dag);
void tw_jw_job(struct tw_jw *w, const struct tw_job_row *job);

/* A page's versions by id: asked for once, looked up for every row. */
struct tw_versions {
	struct tw_version_row *v;
	size_t n;
};
/* ids may repeat and be empty. Failing leaves none. */
void tw_versions_load(struct tw_store *s, const struct tw_str *ids, size_t n, struct tw_arena *a,
		      struct tw_versions *ret);
/* The version's object, null when it is not there. */
void tw_jw_version(struct tw_jw *w, const struct tw_versions *versions, struct tw_str id);
void tw_jw_version_row(struct tw_jw *w, const struct tw_version_row *v);

/* Is there such a DAG ("~" always is)? false: it has replied 404. */
bool tw_dag_there(struct tw_request *req, struct tw_response *resp, struct tw_str dag_id);
/* The DAG's runs that q asks for, newest first: ?limit=, else `usual`, at most `most`. false: it has replied. */
bool tw_ui_newest_runs(struct tw_asker *q, struct tw_request *req, struct tw_response *resp, int64_t usual, int64_t most,
		       struct tw_run_view **ret_v, size_t *ret_n);
/* A page of runs, one after the other, inside of a list that the caller has opened. */
void tw_jw_runs(struct tw_jw *w, struct tw_store *s, const struct tw_run_view *v, size_t n,
		struct tw_arena *a);
/* The run, or it has replied 404 (500) and returns false. */
bool tw_run_find(struct tw_request *req, struct tw_response *resp, struct tw_str dag_id,
		 struct tw_str run_id, struct tw_run_view *ret_run);

/* The same of task instances. history: without what only the present attempt has. */
void tw_jw_tis(struct tw_jw *w, struct tw_store *s, const struct tw_ti_view *v, size_t n,
	       bool history, struct tw_arena *a);
/* Why the instance of the path does not run (why.c), as GET …/dependencies answers; null when that cannot be told. */
void tw_why_write(struct tw_request *req, struct tw_store *s, int64_t index, struct tw_buf *out);
/* {"task_instances": […], "total_entries": n} */
void tw_reply_tis(struct tw_request *req, struct tw_response *resp, const struct tw_ti_view *v,
		  size_t n, int64_t total);

/*
 * The DAG's newest document, or a version's; the caller unrefs. false: it has replied: 404 with
 * Airflow's words when there is no such DAG.
 */
bool tw_dag_load(struct tw_request *req, struct tw_response *resp, struct tw_str dag_id,
		 struct tw_str version_id, const struct tw_dag **ret_dag);
