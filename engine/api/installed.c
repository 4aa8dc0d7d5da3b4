/*
 * What is installed beside the engine: providers, plugins, the forms of connection types. Only Python knows: it is
 * asked once by a process of its own, and again when the answer is old; meanwhile the old one counts.
 */
#include <pthread.h>
#include <stdlib.h>

#include "api/ask.h"
#include "api/tables.h"
#include "io/clock.h"

#define FRESH_US (5 * TW_US_MIN)
#define AGAIN_MS 100

/* One for the process; texts are JSON. */
static struct {
	pthread_mutex_t lock;
	char *text;   /* NULL: never asked */
	int64_t at;   /* monotonic */
	bool asking;  /* somebody does */
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

enum turn { ASK, WAIT, TAKE };

/* Whose turn is it? TAKE: *ret_text is a copy in the arena. */
static enum turn my_turn(struct tw_arena *a, struct tw_str *ret_text)
{
	enum turn turn = TAKE;

	pthread_mutex_lock(&kept.lock);
	if (!kept.asking && (!kept.text || tw_monotonic() - kept.at > FRESH_US)) {
		kept.asking = true;
		turn = ASK;
	} else if (!kept.text) {
		turn = WAIT;
	} else {
		*ret_text = tw_str(tw_arena_strdup(a, kept.text));
	}
	pthread_mutex_unlock(&kept.lock);
	return turn;
}

/* text NULL: it could not be told, what was there stays. */
static void keep(char *text)
{
	pthread_mutex_lock(&kept.lock);
	kept.asking = false;
	kept.at = tw_monotonic();
	if (text) {
		free(kept.text);
		kept.text = text;
	}
	pthread_mutex_unlock(&kept.lock);
}

static enum tw_rc ask(struct tw_request *req, struct tw_store *s, struct tw_value *ret, struct tw_err *err)
{
	const struct tw_api *api = tw_api_of(req);
	enum tw_rc rc;

	if (!api->ask_python) {
		keep(NULL);
		return tw_err_set(err, TW_ERR_UNSUPPORTED, "there is no Python here that could tell what is installed");
	}
	rc = api->ask_python(api->ask_arg, s, TW_STR("{\"op\":\"installed\",\"timeout\":60}"), req->arena, ret, err);
	keep(rc == TW_OK ? tw_json_dump(*ret, TW_JSON_COMPACT) : NULL);
	return rc;
}

/* false: it has replied, or is to be called again. */
static bool installed(struct tw_request *req, struct tw_response *resp, struct tw_value *ret)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_str text = {0};
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s)
		return false;
	switch (my_turn(req->arena, &text)) {
	case WAIT:
		req->memo = req;
		resp->again_ms = AGAIN_MS;
		return false;
	case ASK:
		rc = ask(req, s, ret, &err);
		break;
	default:
		rc = tw_json_parse(req->arena, text, ret, &err);
	}
	if (rc < 0)
		tw_reply_error(resp, 503, "What is installed cannot be told: %s", err.msg);
	return rc == TW_OK;
}

/* {name: list, "total_entries"}: the page of the list that limit and offset ask for. */
static void reply_list(struct tw_request *req, struct tw_response *resp, const char *name, const char *key)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_value all, list;
	struct tw_asker q;
	struct tw_ask page;
	size_t n;

	tw_asker_init(&q, req, resp);
	tw_asker_page(&q);
	if (!tw_asker_done(&q, &page) || !installed(req, resp, &all))
		return;
	list = tw_map_value(all, key);
	n = tw_value_len(list);
	tw_jw_page(&w, name);
	for (size_t i = (size_t)page.offset; i < n && i - (size_t)page.offset < (size_t)page.limit; i++)
		tw_jw_value(&w, list.list->v[i]);
	tw_jw_page_end(&w, (int64_t)n);
}

static void get_plugins(struct tw_request *req, struct tw_response *resp)
{
	reply_list(req, resp, "plugins", "plugins");
}

static void get_plugin_errors(struct tw_request *req, struct tw_response *resp)
{
	reply_list(req, resp, "import_errors", "plugin_errors");
}

static void get_providers(struct tw_request *req, struct tw_response *resp)
{
	reply_list(req, resp, "providers", "providers");
}

/* As Airflow's own pages ask for them. */
static void get_hook_meta(struct tw_request *req, struct tw_response *resp)
{
	struct tw_value all;

	if (installed(req, resp, &all))
		tw_reply_value(resp, tw_map_value(all, "connection_types"));
}

const struct tw_route tw_routes_installed[] = {
	{"GET", "/api/v2/plugins", {TW_ON_PLUGIN}, get_plugins},
	{"GET", "/api/v2/plugins/importErrors", {TW_ON_PLUGIN}, get_plugin_errors},
	{"GET", "/api/v2/providers", {TW_ON_PROVIDER}, get_providers},
	{"GET", "/ui/connections/hook_meta", {TW_ON_CONNECTION}, get_hook_meta},
	{0},
};
