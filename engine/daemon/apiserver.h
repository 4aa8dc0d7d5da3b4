/*
 * The api-server: the REST API over HTTP, on threads that each have a handle of the metastore of
 * their own. It listens on the loopback address unless told otherwise; keys and passwords that are
 * missing are made at the first start and kept below home, mode 0600.
 */
#pragma once

#include "api/app.h"
#include "api/auth/newcomer.h"
#include "daemon/paths.h"

struct tw_apiserver_options {
	const struct tw_paths *paths;
	const char *store_url;
	bool store_relaxed;
	const char *fernet_keys;	  /* "" = secrets are stored plain */
	const char *host;		  /* NULL or "": 127.0.0.1 */
	unsigned port;			  /* 0: any */
	unsigned threads;		  /* 0: 4 */
	const char *cert_path, *key_path; /* [api] ssl_cert, ssl_key; NULL or "": no TLS */
	const char *base_url;		  /* [api] base_url; NULL or "": none */

	bool fab; /* [core] auth_manager names FAB's: users are in the metastore */
	const char *fab_public_role, *fab_custom_roles; /* [fab] auth_role_public; custom_roles, JSON; NULL or "": none */
	int64_t fab_cache_ttl; /* seconds; 0: 30 */
	bool fab_keep_roles; /* [fab] update_fab_perms is off: the built-in roles are left as they are */
	bool all_admins;   /* [core] simple_auth_manager_all_admins: only on a loopback address */
	const char *users; /* [core] simple_auth_manager_users */
	const char
		*passwords_file; /* NULL or "": home/simple_auth_manager_passwords.json.generated */
	const struct tw_ldap_sign_in *ldap; /* [fab] auth_type = AUTH_LDAP; NULL: not asked */
	const struct tw_oauth_opts *oauth;  /* AUTH_OAUTH; NULL: no providers. The secret key is the server's */
	const char *remote_header, *remote_from; /* AUTH_REMOTE_USER: a header, and from which addresses it counts; NULL: not */
	struct tw_newcomers newcomers;	    /* what becomes of whom those vouch for */
	int sign_in_tries; /* how often a name may fail before it waits; 0: 5, negative: sign-ins are not slowed down */
	int proxies;	   /* how many of our own stand before us: [fab] proxy_fix_x_for */
	const char *jwt_secret; /* [api_auth] jwt_secret; NULL or "": home/run/jwt_secret, made when
				   missing */
	const char *jwt_algorithm;		  /* NULL or "": HS512 */
	const char *jwt_audience;		  /* NULL or "": "apache-airflow" */
	const char *jwt_issuer;			  /* NULL or "": none */
	int64_t jwt_ttl, jwt_cli_ttl, jwt_leeway; /* seconds; 0: 86400, 3600, 10 */
	const char *task_audience;	/* [execution_api] jwt_audience; NULL or "": Airflow's */
	int64_t task_ttl, queued_ttl;	/* seconds: [execution_api] jwt_expiration_time, [scheduler]
					   task_queued_timeout; 0: 600 */
	int64_t max_map_length;		/* [core] max_map_length; 0: 1024 */
	const char *secret_key; /* [api] secret_key; NULL or "": home/run/secret_key, made when
				   missing */

	const char *log_folder;	      /* [logging] base_log_folder, absolute */
	const char *dags_folder, *plugins_folder; /* for timetables of the users' own */
	const struct tw_log_name *log_name; /* [logging] log_filename_template; NULL: the default */
	int64_t page_limit, page_max; /* 0: 50, 100 */
	int64_t scheduler_health, triggerer_health,
		processor_health; /* seconds that a heartbeat counts; 0: 30 */
	bool expose_config;	  /* [api] expose_config */
	const char *test_connection; /* [core] test_connection */
	const char *yaml_editor;     /* [api] yaml_editor; NULL: off */
	const char *run_id_pattern; /* [scheduler] allowed_run_id_pattern; NULL: Airflow's */
	int rerun_latest;	  /* [core] rerun_with_latest_version; 1, -1 for false; 0: not set */
	/* Must a value under this name be masked (tw_config_is_sensitive_name)? NULL: by Airflow's
	 * words alone. */
	bool (*sensitive)(void *arg, struct tw_str name);
	void *sensitive_arg;
	const struct tw_api_setting *settings; /* what GET /config shows */
	size_t nsettings;

	/* Called once when it listens, with the port. NULL is fine. */
	void (*on_ready)(void *arg, const char *host, unsigned port);
	/* A password was made for a user: shown once. NULL: it is logged where the file is. */
	void (*on_password)(void *arg, struct tw_str user, const char *password);
	void *arg;
};

/* Runs until SIGTERM or SIGINT; the exit status. */
int tw_apiserver_run(const struct tw_apiserver_options *opts, struct tw_err *err);

/*
 * What run does before it listens, for tests and for whoever serves it elsewhere: fills api from
 * opts, making keys and passwords that are missing. opts must outlive it. Release when the server
 * has stopped.
 */
struct tw_apiserver;
enum tw_rc tw_apiserver_prepare(const struct tw_apiserver_options *opts,
				struct tw_apiserver **ret_s, struct tw_err *err);
enum tw_rc tw_apiserver_listen(struct tw_apiserver *s, struct tw_err *err);
unsigned tw_apiserver_port(const struct tw_apiserver *s);
void tw_apiserver_free(struct tw_apiserver *s); /* stops listening */
/* The built-in roles and those of [fab] custom_roles (JSON; NULL or "": none). */
enum tw_rc tw_roles_prepare(struct tw_store *store, const char *custom_roles, struct tw_err *err);
/*
 * A token as the server would give it to the user (id, role), without the server. Keys that are missing are made.
 * ret_jti goes into the arena.
 */
enum tw_rc tw_apiserver_token(const struct tw_apiserver_options *opts, const struct tw_http_user *user, int64_t ttl_s,
			      struct tw_arena *a, struct tw_buf *out, struct tw_str *ret_jti, struct tw_err *err);
/* Is it 127.0.0.0/8, ::1 or localhost? */
bool tw_is_loopback(const char *host);
/* The key of all tokens: as given, else home/run/jwt_secret, made when missing. Appends. */
enum tw_rc tw_apiserver_jwt_secret(const struct tw_paths *paths, const char *given, struct tw_buf *out,
				   struct tw_err *err);
