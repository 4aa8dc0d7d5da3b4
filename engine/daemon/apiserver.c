#include "daemon/apiserver.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "api/auth/auth.h"
#include "api/dag_stats.h"
#include "api/errand.h"
#include "api/auth/fab.h"
#include "api/auth/oauth.h"
#include "api/auth/session.h"
#include "api/hub.h"
#include "api/spec/spec.h"
#include "api/auth/throttle.h"
#include "base/log.h"
#include "daemon/crypt.h"
#include "daemon/job.h"
#include "daemon/pyask.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/zoneinfo.h"
#include "store/store.h"

#define BEAT_MS 5000
#define PATIENCE_MS 5000 /* of one question to the metastore: others want to be served, too */
#define SECRET_BYTES 48
#define ERRANDS_US (2 * TW_US_SEC) /* what is asked of others when the server stops is waited for so long */
#define PEM_MAX (1u << 20)

struct tw_apiserver {
	const struct tw_apiserver_options *opts;
	struct tw_api api;
	struct tw_crypt crypt;
	struct tw_buf jwt_secret, secret_key, cert, key;
	char *passwords_file;
	const char *host;
	const char *hosts[6];
	char *base_host; /* of [api] base_url; NULL: none */
	struct tw_throttle *throttle;
	struct tw_fab *fab;
	struct tw_oauth *oauth;
	struct tw_http_server *http;
	struct tw_hub *hub;

	uv_loop_t loop;
	uv_signal_t term, intr;
	uv_timer_t beat;
	struct tw_store *store;
	int64_t job_id;
};

static const char *given(const char *text, const char *dflt)
{
	return text && *text ? text : dflt;
}

static int64_t number(int64_t n, int64_t dflt)
{
	return n ? n : dflt;
}

bool tw_is_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (strcmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* ── keys and passwords ───────────────────────────────────────────────────────────────── */

static enum tw_rc secret(const struct tw_apiserver_options *opts, const char *text,
			 const char *file, struct tw_buf *out, struct tw_err *err)
{
	char *path;
	enum tw_rc rc;

	if (text && *text) {
		tw_buf_adds(out, text);
		return TW_OK;
	}
	path = tw_asprintf("%s/%s", opts->paths->run_dir, file);
	rc = tw_secret_file(path, SECRET_BYTES, out, err);
	free(path);
	return rc;
}

enum tw_rc tw_apiserver_jwt_secret(const struct tw_paths *paths, const char *text, struct tw_buf *out,
				   struct tw_err *err)
{
	const struct tw_apiserver_options o = {.paths = paths};

	return secret(&o, text, "jwt_secret", out, err);
}

static void told_password(void *arg, struct tw_str user, const char *password)
{
	struct tw_apiserver *s = arg;

	if (s->opts->on_password)
		s->opts->on_password(s->opts->arg, user, password);
	else
		tw_info("a password was made for user '" TW_STR_FMT "': see %s", TW_STR_ARG(user),
			s->passwords_file);
}

static enum tw_rc make_secrets(struct tw_apiserver *s, struct tw_err *err)
{
	const struct tw_apiserver_options *o = s->opts;
	enum tw_rc rc = secret(o, o->jwt_secret, "jwt_secret", &s->jwt_secret, err);

	if (rc == TW_OK)
		rc = secret(o, o->secret_key, "secret_key", &s->secret_key, err);
	if (rc == TW_OK && !o->all_admins && !o->fab)
		rc = tw_auth_passwords_make(tw_str(given(o->users, "admin:admin")),
					    s->passwords_file, told_password, s, err);
	if (rc == TW_OK && o->cert_path && *o->cert_path) {
		rc = tw_file_read(o->cert_path, PEM_MAX, &s->cert, err);
		if (rc == TW_OK)
			rc = tw_file_read(given(o->key_path, ""), PEM_MAX, &s->key, err);
	}
	return rc;
}

static enum tw_rc check_host(const struct tw_apiserver *s, struct tw_err *err)
{
	if (s->opts->all_admins && !tw_is_loopback(s->host))
		return tw_err_set(err, TW_ERR_DENIED,
				  "[core] simple_auth_manager_all_admins makes everybody an admin, "
				  "so the api-server listens on "
				  "the loopback address only: set [api] host to 127.0.0.1, or the "
				  "option to False (host is '%s')",
				  s->host);
	return TW_OK;
}

/* ── what the API needs to know ───────────────────────────────────────────────────────── */

static void fill_auth(struct tw_apiserver *s)
{
	const struct tw_apiserver_options *o = s->opts;
	struct tw_api_auth *auth = &s->api.auth;

	*auth = (struct tw_api_auth){
		.all_admins = o->all_admins,
		.secret = tw_buf_str(&s->jwt_secret),
		.audience = given(o->jwt_audience, "apache-airflow"),
		.issuer = given(o->jwt_issuer, NULL),
		.ttl = number(o->jwt_ttl, 86400),
		.cli_ttl = number(o->jwt_cli_ttl, 3600),
		.leeway = number(o->jwt_leeway, 10),
		.users = tw_str(given(o->users, "admin:admin")),
		.passwords_file = s->passwords_file,
		.secure_cookie = s->cert.n > 0 || strncmp(given(o->base_url, ""), "https://", 8) == 0,
		.fab = s->fab,
		.ldap = o->ldap,
		.newcomers = &o->newcomers,
		.oauth = s->oauth,
		.remote_header = o->remote_header,
		.remote_from = o->remote_from,
		.throttle = s->throttle,
		.proxies = o->proxies,
	};
}

/* Of workers' tokens: the same key, another audience, so that neither kind opens the other's door. */
static void fill_exec(struct tw_apiserver *s)
{
	const struct tw_apiserver_options *o = s->opts;

	s->api.exec = (struct tw_exec_keys){
		.alg = s->api.auth.algorithm,
		.secret = tw_buf_str(&s->jwt_secret),
		.audiences = tw_str(given(o->task_audience, "urn:airflow.apache.org:task")),
		.issuer = given(o->jwt_issuer, NULL),
		.ttl = number(o->task_ttl, 600),
		.queued_ttl = number(o->queued_ttl, 600),
		.leeway = number(o->jwt_leeway, 10),
	};
	s->api.max_map_length = number(o->max_map_length, 1024);
}

/* "name" of "https://name:8080/path"; the caller frees. */
static char *host_of_url(const char *url)
{
	const char *from = url ? strstr(url, "://") : NULL;

	return from ? tw_strndup(from + 3, strcspn(from + 3, ":/?#")) : NULL;
}

static void fill_hosts(struct tw_apiserver *s)
{
	size_t n = 0;

	s->hosts[n++] = "localhost";
	s->hosts[n++] = "127.0.0.1";
	s->hosts[n++] = "::1";
	s->hosts[n++] = s->host;
	s->base_host = host_of_url(s->opts->base_url);
	if (s->base_host)
		s->hosts[n++] = s->base_host;
	s->hosts[n] = NULL;
	s->api.hosts = s->hosts;
}

/* A thread of the pool waits for the process. */
static enum tw_rc ask_python(void *arg, struct tw_store *store, struct tw_str question, struct tw_arena *a,
			     struct tw_value *ret_answer, struct tw_err *err)
{
	const struct tw_apiserver *s = arg;
	struct tw_zones zones = { .load = tw_zoneinfo_load };
	struct tw_pyask_env env = {
		.paths = s->opts->paths,
		.dags_folder = s->opts->dags_folder,
		.plugins_folder = s->opts->plugins_folder,
		.store = store,
		.zones = &zones,
		.timeout_s = 60,
	};
	enum tw_rc rc = tw_pyask_wait(&env, question, a, ret_answer, err);

	tw_zones_release(&zones);
	return rc;
}

static void fill_api(struct tw_apiserver *s)
{
	const struct tw_apiserver_options *o = s->opts;

	s->api = (struct tw_api){
		.store =
			{
				.url = o->store_url,
				.mode = TW_STORE_CHECK,
				.patience_ms = PATIENCE_MS,
				.relaxed = o->store_relaxed
			},
		.secret_key = tw_buf_str(&s->secret_key),
		.bell = o->paths->bell,
		.dagproc_bell = o->paths->dagproc_bell,
		.log_folder = o->log_folder,
		.log_name = o->log_name,
		.page_limit = number(o->page_limit, 50),
		.page_max = number(o->page_max, 100),
		.scheduler_alive = number(o->scheduler_health, 30) * TW_US_SEC,
		.triggerer_alive = number(o->triggerer_health, 30) * TW_US_SEC,
		.processor_alive = number(o->processor_health, 30) * TW_US_SEC,
		.expose_config = o->expose_config,
		.test_connection = o->test_connection,
		.yaml_editor = o->yaml_editor,
		.rerun_latest = o->rerun_latest,
		.run_id_pattern = o->run_id_pattern,
		.sensitive = o->sensitive,
		.sensitive_arg = o->sensitive_arg,
		.settings = o->settings,
		.nsettings = o->nsettings,
		.base_url = given(o->base_url, NULL),
		.load_zone = tw_zoneinfo_load,
		.ask_python = o->paths->python ? ask_python : NULL,
		.ask_arg = s,
		.dags_folder = o->dags_folder,
	};
	tw_crypt_hook(&s->crypt, &s->api.store);
	fill_auth(s);
	fill_hosts(s);
}

/* Roles that are there from the start, before the first request asks for them. */
static enum tw_rc prepare_fab(struct tw_apiserver *s, struct tw_err *err)
{
	struct tw_store *store;
	enum tw_rc rc;

	if (s->opts->fab_keep_roles)
		return TW_OK;
	rc = tw_store_open(&s->api.store, &store, err);
	if (rc < 0)
		return rc;
	rc = tw_roles_prepare(store, s->opts->fab_custom_roles, err);
	tw_store_close(store);
	return rc;
}

static enum tw_rc prepare_oauth(struct tw_apiserver *s, struct tw_err *err)
{
	struct tw_oauth_opts o = *s->opts->oauth;

	o.secret_key = tw_buf_str(&s->secret_key);
	return tw_oauth_new(&o, &s->oauth, err);
}

enum tw_rc tw_roles_prepare(struct tw_store *store, const char *custom_roles, struct tw_err *err)
{
	struct tw_arena a = {0};
	struct tw_value custom = TW_NULL;
	enum tw_rc rc = TW_OK;

	if (custom_roles && *custom_roles)
		rc = tw_json_parse(&a, tw_str(custom_roles), &custom, err);
	if (rc == TW_OK && custom.kind != TW_V_NULL && custom.kind != TW_V_MAP)
		rc = tw_err_set(err, TW_ERR_INVALID, "it must be an object");
	if (rc < 0)
		rc = tw_err_wrap(err, "[fab] custom_roles");
	else
		rc = tw_store_roles_sync(store, custom, err);
	tw_arena_release(&a);
	return rc;
}

enum tw_rc tw_apiserver_prepare(const struct tw_apiserver_options *opts,
				struct tw_apiserver **ret_s, struct tw_err *err)
{
	struct tw_apiserver *s = tw_new(struct tw_apiserver);
	enum tw_rc rc;

	s->opts = opts;
	s->host = given(opts->host, "127.0.0.1");
	if (opts->passwords_file && *opts->passwords_file)
		s->passwords_file = tw_strdup(opts->passwords_file);
	else
		s->passwords_file = tw_asprintf("%s/simple_auth_manager_passwords.json.generated",
						opts->paths->home);
	rc = check_host(s, err);
	if (rc == TW_OK)
		rc = tw_crypt_init(&s->crypt, tw_str(given(opts->fernet_keys, "")), err);
	if (rc == TW_OK)
		rc = make_secrets(s, err);
	if (opts->sign_in_tries >= 0) {
		uint64_t seed;

		tw_random(&seed, sizeof seed);
		s->throttle = tw_throttle_new(opts->sign_in_tries ? (unsigned)opts->sign_in_tries : 5, seed);
	}
	if (opts->fab)
		s->fab = tw_fab_new(number(opts->fab_cache_ttl, 30) * TW_US_SEC, opts->fab_public_role);
	if (rc == TW_OK && opts->oauth)
		rc = prepare_oauth(s, err);
	fill_api(s);
	if (rc == TW_OK &&
	    !tw_jwt_alg_parse(given(opts->jwt_algorithm, "HS512"), &s->api.auth.algorithm))
		rc = tw_err_set(err, TW_ERR_UNSUPPORTED,
				"[api_auth] jwt_algorithm: '%s' is not one of HS256, HS512",
				opts->jwt_algorithm);
	fill_exec(s);
	if (rc == TW_OK && opts->fab)
		rc = prepare_fab(s, err);
	if (rc < 0) {
		tw_apiserver_free(s);
		return rc;
	}
	*ret_s = s;
	return TW_OK;
}

static void health(void *arg, struct tw_store *store, struct tw_buf *json, struct tw_buf *statuses)
{
	const struct tw_apiserver *s = arg;

	tw_api_health(&s->api, store, json, statuses);
}

enum tw_rc tw_apiserver_token(const struct tw_apiserver_options *opts, const struct tw_http_user *user, int64_t ttl_s,
			      struct tw_arena *a, struct tw_buf *out, struct tw_str *ret_jti, struct tw_err *err)
{
	struct tw_apiserver *s;
	enum tw_rc rc = tw_apiserver_prepare(opts, &s, err);

	if (rc < 0)
		return rc;
	rc = tw_token_sign(&s->api.auth, a, user, ttl_s, out, ret_jti, err);
	tw_apiserver_free(s);
	return rc;
}

enum tw_rc tw_apiserver_listen(struct tw_apiserver *s, struct tw_err *err)
{
	struct tw_http_server_opts http = {
		.host = s->host,
		.port = s->opts->port,
		.threads = s->opts->threads ? s->opts->threads : 4,
		.cert_pem = s->cert.n ? tw_buf_cstr(&s->cert) : NULL,
		.key_pem = s->cert.n ? tw_buf_cstr(&s->key) : NULL,
		.https = s->api.auth.secure_cookie,
		.routes = tw_api_routes,
		.app = &s->api,
		.thread_new = tw_api_thread_new,
		.thread_free = tw_api_thread_free,
		.authenticate = tw_api_authenticate,
		.authorize = tw_api_authorize,
		.audit = tw_api_audit,
		.check = tw_spec_admits,
		.admit = tw_api_admit,
		.stray = tw_api_stray,
		.finish = tw_api_finish,
		.release = tw_api_release,
	};

	struct tw_hub_opts hub = {.store = s->api.store, .health = health, .arg = s};

	s->hub = s->api.hub = tw_hub_new(&hub);
	s->api.dag_stats = tw_dag_stats_new();
	return tw_http_server_start(&http, &s->http, err);
}

unsigned tw_apiserver_port(const struct tw_apiserver *s)
{
	return tw_http_server_port(s->http);
}

void tw_apiserver_free(struct tw_apiserver *s)
{
	if (!s)
		return;
	tw_http_server_stop(s->http);
	if (!tw_errands_home(ERRANDS_US))
		return; /* the process is about to end, and somebody still looks at all this */
	tw_hub_free(s->hub);
	tw_dag_stats_free(s->api.dag_stats);
	tw_store_close(s->store);
	tw_buf_release(&s->jwt_secret);
	tw_buf_release(&s->secret_key);
	tw_buf_release(&s->cert);
	tw_buf_release(&s->key);
	tw_throttle_free(s->throttle);
	tw_fab_free(s->fab);
	tw_oauth_free(s->oauth);
	free(s->passwords_file);
	free(s->base_host);
	free(s);
}

/* ── the process ──────────────────────────────────────────────────────────────────────── */

static void on_signal(uv_signal_t *sig, int signum)
{
	tw_info("stopping");
	uv_stop(sig->loop);
}

static void on_beat(uv_timer_t *t)
{
	struct tw_apiserver *s = t->data;
	struct tw_err err = {0};

	if (tw_store_job_beat(s->store, s->job_id, tw_now(), &err) < 0)
		tw_warn("heartbeat: %s", err.msg);
}

static enum tw_rc start_job(struct tw_apiserver *s, struct tw_err *err)
{
	enum tw_rc rc = tw_store_open(&s->api.store, &s->store, err);

	return rc < 0 ? rc : tw_job_begin(s->store, "ApiServerJob", NULL, &s->job_id, err);
}

static void loop_start(struct tw_apiserver *s)
{
	uv_loop_init(&s->loop);
	uv_signal_init(&s->loop, &s->term);
	uv_signal_init(&s->loop, &s->intr);
	uv_timer_init(&s->loop, &s->beat);
	s->beat.data = s;
	uv_signal_start(&s->term, on_signal, SIGTERM);
	uv_signal_start(&s->intr, on_signal, SIGINT);
	uv_timer_start(&s->beat, on_beat, BEAT_MS, BEAT_MS);
}

static void loop_stop(struct tw_apiserver *s)
{
	uv_close((uv_handle_t *)&s->term, NULL);
	uv_close((uv_handle_t *)&s->intr, NULL);
	uv_close((uv_handle_t *)&s->beat, NULL);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	uv_loop_close(&s->loop);
}

/* Signals go to the loop's thread: those of the server have them blocked. */
static enum tw_rc listen_quietly(struct tw_apiserver *s, struct tw_err *err)
{
	sigset_t all, before;
	enum tw_rc rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = tw_apiserver_listen(s, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

int tw_apiserver_run(const struct tw_apiserver_options *opts, struct tw_err *err)
{
	struct tw_apiserver *s;
	enum tw_rc rc;

	signal(SIGPIPE, SIG_IGN);
	rc = tw_apiserver_prepare(opts, &s, err);
	if (rc < 0)
		return 1;
	rc = start_job(s, err);
	if (rc == TW_OK)
		rc = listen_quietly(s, err);
	if (rc == TW_OK) {
		if (opts->on_ready)
			opts->on_ready(opts->arg, s->host, tw_apiserver_port(s));
		else
			tw_info("listening on http%s://%s:%u", s->cert.n ? "s" : "", s->host,
				tw_apiserver_port(s));
		loop_start(s);
		uv_run(&s->loop, UV_RUN_DEFAULT);
		loop_stop(s);
	}
	tw_http_server_stop(s->http);
	s->http = NULL;
	if (s->job_id)
		tw_store_job_end(s->store, s->job_id, rc == TW_OK ? "success" : "failed", tw_now(),
				 NULL);
	tw_apiserver_free(s);
	return rc == TW_OK ? 0 : 1;
}
