/*
 * What all resources of the REST API share: the options of the server, a thread's store handle, who
 * asks, what a change leaves in the audit log, and waiting until the scheduler has applied it.
 */
#pragma once

#include "api/exec/exec_token.h"
#include "api/http.h"
#include "io/token.h"
#include "store/store.h"
#include "time/zone.h"

struct tw_api_setting {
	struct tw_str section, key, value;
	bool sensitive; /* shown as "< hidden >" */
	const char *source;	    /* default file environment command secret */
	struct tw_str where;	    /* "airflow.cfg:12", a variable's name, "default" */
	struct tw_str dflt, description;
};

struct tw_api_auth {
	bool all_admins; /* everybody is Anonymous, an admin, with or without a token */
	enum tw_jwt_alg algorithm;
	struct tw_str secret;	       /* signs tokens */
	const char *audience, *issuer; /* NULL: none */
	int64_t ttl, cli_ttl, leeway;  /* seconds */
	struct tw_str users;	       /* "name:role,name:role": [core] simple_auth_manager_users */
	const char *passwords_file;    /* {"name": "password"}, read at each sign-in */
	bool secure_cookie;	       /* the server, or what stands before it, speaks TLS */
	struct tw_fab *fab;	       /* users of the metastore; NULL: those of the configuration */
	const struct tw_ldap_sign_in *ldap; /* asked before fab's own passwords; NULL: not asked */
	const struct tw_newcomers *newcomers; /* what becomes of whom others vouch for; with fab */
	const char *remote_header, *remote_from; /* a proxy names the user in that header, from those addresses; NULL: it does not */
	struct tw_oauth *oauth; /* providers of sign-ins; NULL: none */
	struct tw_throttle *throttle;  /* NULL: sign-ins are not slowed down */
	int proxies; /* how many of our own stand before us and tell whom they speak for; 0: none */
};

struct tw_api {
	struct tw_store_opts store; /* how each thread opens its handle */
	struct tw_api_auth auth;
	struct tw_exec_keys exec; /* of workers' tokens */
	int64_t max_map_length;	  /* [core] max_map_length */
	struct tw_str secret_key;     /* signs page tokens and file tokens: [api] secret_key */
	const char *bell;	      /* the scheduler's */
	const char *dagproc_bell;     /* the dag-processor's; NULL: nobody hears */
	const char *log_folder;	      /* absolute */
	const struct tw_log_name *log_name; /* where below it a log is; NULL: the default */
	int64_t page_limit, page_max; /* [api] fallback_page_limit, maximum_page_limit */
	int64_t scheduler_alive, triggerer_alive, processor_alive; /* µs that a heartbeat counts */
	bool expose_config;
	const char *test_connection;  /* [core] test_connection: "Enabled", or it is not done; NULL: not */
	const char *yaml_editor;      /* [api] yaml_editor: off check write auto; NULL: off */
	/* Must a value under this name be masked? NULL: by Airflow's words alone. */
	bool (*sensitive)(void *arg, struct tw_str name);
	void *sensitive_arg;
	const struct tw_api_setting *settings;
	size_t nsettings;
	const char *const *hosts; /* Host names a browser may use in all-admins mode,
				     NULL-terminated; NULL: any */
	const char *base_url;	  /* where "/" leads; NULL: the health page */
	tw_zone_loader load_zone;
	/* Asks a user's own timetable (api/backfill.h); NULL: nobody can. */
	enum tw_rc (*ask_python)(void *arg, struct tw_store *s, struct tw_str question,
				 struct tw_arena *a, struct tw_value *ret_answer, struct tw_err *err);
	void *ask_arg;
	const char *dags_folder;
	const char *run_id_pattern; /* [scheduler] allowed_run_id_pattern; NULL: Airflow's */
	struct tw_hub *hub; /* what streams wait for (api/hub.h) */
	struct tw_dag_stats *dag_stats; /* how many runs each DAG has (api/dag_stats.h) */
	int rerun_latest; /* [core] rerun_with_latest_version; 1, -1 for false; 0: not set */
};

/* What /monitor/health answers, appended; and to statuses what of it is more than the time. */
void tw_api_health(const struct tw_api *api, struct tw_store *s, struct tw_buf *json, struct tw_buf *statuses);

/* Tables of routes, for tw_http_server_opts.routes. */
extern const struct tw_route *const tw_api_routes[];

/* For tw_http_server_opts. app is a struct tw_api. */
void *tw_api_thread_new(void *app);
void tw_api_thread_free(void *thread);
void tw_api_authenticate(struct tw_request *req);
bool tw_api_admit(struct tw_request *req, struct tw_response *resp);
/* A browser that is lost gets the page that says so (ui/ui.c). */
bool tw_api_stray(struct tw_request *req, struct tw_response *resp);
/* A change by cookie must not come from somebody else's page; false: it has replied 403. */
bool tw_api_admit_change(struct tw_request *req, struct tw_response *resp);
void tw_api_audit(struct tw_request *req); /* audit.c */
void tw_api_finish(struct tw_request *req);
void tw_api_release(struct tw_request *req);
/* What the process' handlers have done so far. */
struct tw_api_load {
	uint64_t requests, us;
};
struct tw_api_load tw_api_load(void);

/* ── for handlers ───────────────────────────────────────────────────────────────────────── */

static inline const struct tw_api *tw_api_of(const struct tw_request *req)
{
	return req->app;
}
/*
 * The thread's handle; NULL when it cannot be opened, and then it has replied 503. All that a GET
 * asks is of one moment of the metastore.
 */
struct tw_store *tw_api_store(struct tw_request *req, struct tw_response *resp);
/* A list that tells nothing but what is in the metastore: it is not written again while nobody has changed anything (recall.h). */
void tw_api_list(struct tw_request *req, struct tw_response *resp, tw_http_handler list);
struct tw_zones *tw_api_zones(struct tw_request *req);
/* The same for streams, by the thread that asks; NULL when it cannot be opened. */
struct tw_store *tw_api_thread_store(void *thread);

/* The frame of every list: {name: [ … what comes between … ], "total_entries": total}. */
void tw_jw_page(struct tw_jw *w, const char *name);
void tw_jw_page_end(struct tw_jw *w, int64_t total);
/* Seconds between two instants, null when either is none. */
void tw_jw_duration(struct tw_jw *w, const char *key, tw_time from, tw_time to);
/* JSON text as it is; null when p is NULL; as a string when it is no JSON. */
void tw_jw_json_at(struct tw_jw *w, const char *key, struct tw_str json, struct tw_arena *a);

/* Posts rows and rings the bell; false: it has replied. Sets req->memo, so that tw_api_settled may
 * follow. */
bool tw_api_post(struct tw_request *req, struct tw_response *resp, const struct tw_inbox_row *rows,
		 size_t n);
/* The same for a row that the handler has posted together with something else; it has rung the bell. */
void tw_api_await(struct tw_request *req, int64_t inbox_id);
/* What a handler wants to have when it goes on after waiting; after tw_api_post. */
void tw_api_keep(struct tw_request *req, void *what);
void *tw_api_kept(const struct tw_request *req);
/*
 * Has the scheduler applied what was posted? Also true after ten seconds, or when no scheduler
 * lives: the answer is then what is stored. false: resp->again_ms is set, return.
 */
bool tw_api_settled(struct tw_request *req, struct tw_response *resp);
/* And has he taken it, in fact? */
bool tw_api_taken(struct tw_request *req);
void tw_api_ring(const struct tw_request *req);

/* 409 as Airflow words a unique violation. */
void tw_reply_unique(struct tw_response *resp);
