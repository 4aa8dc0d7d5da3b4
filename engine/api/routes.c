#include "api/tables.h"

/* The first route that fits is taken, so tables with fixed words stand before those with a
 * parameter there. */
const struct tw_route *const tw_api_routes[] = {
	tw_routes_ui,	     tw_routes_ui_data,  tw_routes_ui_run,   tw_routes_ui_days, tw_routes_log_pages,
	tw_routes_needs, tw_routes_deadlines, tw_routes_log_search, tw_routes_editor,
	tw_routes_asset_queue, tw_routes_state_store, tw_routes_assets,
	tw_routes_metrics,
	tw_routes_events, tw_routes_run_wait,
	tw_routes_monitor,   tw_routes_login, tw_routes_login_oauth, tw_routes_whoami, tw_routes_account, tw_routes_api_tokens, tw_routes_fab_users, tw_routes_fab_roles,	   tw_routes_dags, tw_routes_favourites,
	tw_routes_bulk_live, tw_routes_runs,	     tw_routes_run_change, tw_routes_logs,
	tw_routes_xcoms,     tw_routes_hitl,     tw_routes_why,	   tw_routes_links, tw_routes_tis,
	tw_routes_ti_mapped, tw_routes_ti_change,  tw_routes_tasks,
	tw_routes_dag_meta,  tw_routes_dag_stats, tw_routes_reparse, tw_routes_variables,  tw_routes_connection_try, tw_routes_connections,
	tw_routes_backfills, tw_routes_run_clear, tw_routes_pools,     tw_routes_admin, tw_routes_installed, tw_routes_reference,
	tw_routes_exec,	     NULL,
};
