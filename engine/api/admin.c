/* Event logs and configuration. */
#include "api/ask.h"
#include "api/tables.h"
#include "store/house.h"

/* ── event logs ───────────────────────────────────────────────────────────────────────── */

static void number_or_null(struct tw_jw *w, const char *key, int n)
{
	tw_jw_key(w, key);
	if (n < 0)
		tw_jw_null(w);
	else
		tw_jw_int(w, n);
}

static void event_object(struct tw_jw *w, const struct tw_audit_row *r)
{
	tw_jw_obj(w);
	tw_jw_int_at(w, "event_log_id", r->id);
	tw_jw_time(w, "when", r->at);
	tw_jw_str_at(w, "dag_id", r->dag_id);
	tw_jw_str_at(w, "task_id", r->task_id);
	tw_jw_str_at(w, "run_id", r->run_id);
	number_or_null(w, "map_index", r->map_index);
	number_or_null(w, "try_number", r->try_number);
	tw_jw_str_at(w, "event", r->event);
	tw_jw_time(w, "logical_date", r->logical_date);
	tw_jw_str_at(w, "owner", r->owner);
	tw_jw_str_at(w, "extra", r->extra);
	tw_jw_str_at(w, "dag_display_name", r->dag_id);
	tw_jw_str_at(w, "task_display_name", r->task_id);
	tw_jw_end(w);
}

static const struct tw_param event_params[] = {
	{"dag_id", TW_P_EQ, NULL},
	{"task_id", TW_P_EQ, NULL},
	{"run_id", TW_P_EQ, NULL},
	{"map_index", TW_P_INT, NULL},
	{"try_number", TW_P_INT, NULL},
	{"owner", TW_P_EQ, NULL},
	{"event", TW_P_EQ, NULL},
	{"excluded_events", TW_P_NOT_IN, "event"},
	{"included_events", TW_P_IN, "event"},
	{"before", TW_P_BEFORE, "dttm"},
	{"after", TW_P_AFTER, "dttm"},
	{"dag_id_pattern", TW_P_LIKE, "dag_id"},
	{"task_id_pattern", TW_P_LIKE, "task_id"},
	{"run_id_pattern", TW_P_LIKE, "run_id"},
	{"owner_pattern", TW_P_LIKE, "owner"},
	{"event_pattern", TW_P_LIKE, "event"},
	{"dag_id_prefix_pattern", TW_P_PREFIX, "dag_id"},
	{"task_id_prefix_pattern", TW_P_PREFIX, "task_id"},
	{"run_id_prefix_pattern", TW_P_PREFIX, "run_id"},
	{"owner_prefix_pattern", TW_P_PREFIX, "owner"},
	{"event_prefix_pattern", TW_P_PREFIX, "event"},
	{"", TW_P_READABLE, NULL},
	{0},
};
static const char *const event_names[] = {"id",	   "dttm",  "dag_id",	    "task_id", "run_id",
					  "event", "owner", "logical_date", "extra",   NULL};
static const char *const event_fields[] = {"when", "dttm", "event_log_id", "id", NULL};
static const struct tw_sort event_sort = {event_names, event_fields, "id"};

static void event_logs_now(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_audit_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	if (!tw_asker_list(&q, req, resp, event_params, &event_sort, &ask))
		return;
	if (tw_store_audits(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "event_logs");
	for (size_t i = 0; i < n; i++)
		event_object(&w, &v[i]);
	tw_jw_page_end(&w, total);
}

static void get_event_logs(struct tw_request *req, struct tw_response *resp)
{
	tw_api_list(req, resp, event_logs_now);
}

static void get_event_log(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_cond cond = {.field = "id", .op = TW_OP_EQ};
	struct tw_ask ask = {.conds = &cond, .nconds = 1, .limit = 1};
	struct tw_audit_row *v;
	struct tw_err err = {0};
	size_t n;

	if (!s || !tw_path_int(req, resp, 0, "event_log_id", &cond.num))
		return;
	if (tw_store_audits(s, &ask, req->arena, &v, &n, NULL, &err) < 0)
		tw_reply_err(resp, &err);
	else if (!n)
		tw_reply_error(resp, 404, "The Event Log with id: `%lld` not found",
			       (long long)cond.num);
	else if (tw_need(req, resp, TW_ON_AUDIT_LOG, TW_READ, v[0].dag_id))
		event_object(&w, &v[0]);
}

/* ── configuration ────────────────────────────────────────────────────────────────────── */

static bool exposed(struct tw_request *req, struct tw_response *resp)
{
	if (tw_api_of(req)->expose_config)
		return true;
	tw_reply_error(resp, 403,
		       "Your Airflow administrator chose not to expose the configuration, most "
		       "likely for security "
		       "reasons.");
	return false;
}

static struct tw_str open_or_hidden(const struct tw_api_setting *o, struct tw_str text)
{
	return !text.n ? TW_STR("") : o->sensitive ? TW_STR("< hidden >") : text;
}

static struct tw_str shown(const struct tw_api_setting *o)
{
	return open_or_hidden(o, o->value);
}

/* One option is looked for without case. */
static bool meant(const struct tw_api_setting *o, struct tw_str section, struct tw_str key)
{
	if (key.p)
		return tw_str_caseeq(section, o->section.p) && tw_str_caseeq(key, o->key.p);
	return !section.p || tw_str_eq(o->section, section);
}

/* The options of one section, wherever in the list they stand. */
static struct tw_value section_options(struct tw_request *req, struct tw_str section,
				       struct tw_str key)
{
	const struct tw_api *api = tw_api_of(req);
	struct tw_value list = tw_v_list(req->arena);

	for (size_t i = 0; i < api->nsettings; i++) {
		const struct tw_api_setting *o = &api->settings[i];
		struct tw_value option;

		if (!meant(o, section, key))
			continue;
		option = tw_v_map(req->arena);
		tw_map_putc(req->arena, option, "key", tw_v_str(key.p ? key : o->key));
		tw_map_putc(req->arena, option, "value", tw_v_str(shown(o)));
		tw_list_push(req->arena, list, option);
	}
	return list;
}

static void write_section(struct tw_response *resp, struct tw_jw *w, bool text, struct tw_str name,
			  struct tw_value options)
{
	if (!text) {
		tw_jw_obj(w);
		tw_jw_str_at(w, "name", name);
		tw_jw_key(w, "options");
		tw_jw_value(w, options);
		tw_jw_end(w);
		return;
	}
	tw_buf_printf(&resp->body, "%s[" TW_STR_FMT "]\n", resp->body.n ? "\n" : "",
		      TW_STR_ARG(name));
	for (size_t i = 0; i < tw_value_len(options); i++)
		tw_buf_printf(&resp->body, TW_STR_FMT " = " TW_STR_FMT "\n",
			      TW_STR_ARG(tw_map_str(options.list->v[i], "key", "")),
			      TW_STR_ARG(tw_map_str(options.list->v[i], "value", "")));
}

/* Only those of section (p NULL: all), and of these only key. */
static void reply_settings(struct tw_request *req, struct tw_response *resp, struct tw_str section,
			   struct tw_str key)
{
	const struct tw_api *api = tw_api_of(req);
	bool text = tw_str_starts(req->accept, "text/plain");
	struct tw_jw w = {.out = &resp->body};
	struct tw_value done = tw_v_map(req->arena);

	if (text) {
		resp->content_type = "text/plain; charset=utf-8";
	} else {
		tw_jw_obj(&w);
		tw_jw_key(&w, "sections");
		tw_jw_list(&w);
	}
	for (size_t i = 0; i < api->nsettings; i++) {
		struct tw_str name = api->settings[i].section;

		if (!meant(&api->settings[i], section, key) || tw_map_find(done, name))
			continue;
		tw_map_put(req->arena, done, name, TW_NULL);
		write_section(resp, &w, text, key.p ? section : name, section_options(req, name, key));
	}
	if (!text) {
		tw_jw_end(&w);
		tw_jw_end(&w);
	}
}

static bool has_setting(const struct tw_api *api, struct tw_str section, struct tw_str key)
{
	for (size_t i = 0; i < api->nsettings; i++)
		if (meant(&api->settings[i], section, key))
			return true;
	return false;
}

static void get_config(struct tw_request *req, struct tw_response *resp)
{
	struct tw_str section = tw_query(req, "section"), none = {0};

	if (!tw_accepts(req, resp, "text/plain", NULL) || !exposed(req, resp))
		return;
	if (section.n && !has_setting(tw_api_of(req), section, none))
		tw_reply_error(resp, 404, "Section " TW_STR_FMT " not found.", TW_STR_ARG(section));
	else
		reply_settings(req, resp, section.n ? section : none, none);
}

static void get_config_value(struct tw_request *req, struct tw_response *resp)
{
	if (!tw_accepts(req, resp, "text/plain", NULL) || !exposed(req, resp))
		return;
	if (!has_setting(tw_api_of(req), req->params[0], req->params[1]))
		tw_reply_error(resp, 404, "Option [" TW_STR_FMT "/" TW_STR_FMT "] not found.",
			       TW_STR_ARG(req->params[0]), TW_STR_ARG(req->params[1]));
	else
		reply_settings(req, resp, req->params[0], req->params[1]);
}

/* For our pages: each option with where its value comes from. */
static void get_sources(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_api *api = tw_api_of(req);
	struct tw_jw w = {.out = &resp->body};

	if (!exposed(req, resp))
		return;
	tw_jw_list(&w);
	for (size_t i = 0; i < api->nsettings; i++) {
		const struct tw_api_setting *o = &api->settings[i];

		tw_jw_obj(&w);
		tw_jw_str_at(&w, "section", o->section);
		tw_jw_str_at(&w, "key", o->key);
		tw_jw_str_at(&w, "value", shown(o));
		tw_jw_str_at(&w, "default", open_or_hidden(o, o->dflt));
		tw_jw_str_at(&w, "source", tw_str(o->source));
		tw_jw_str_at(&w, "where", o->where);
		tw_jw_str_at(&w, "description", o->description);
		tw_jw_bool_at(&w, "sensitive", o->sensitive);
		tw_jw_end(&w);
	}
	tw_jw_end(&w);
}

const struct tw_route tw_routes_admin[] = {
	{"GET", "/api/v2/eventLogs", {TW_ON_AUDIT_LOG}, get_event_logs},
	{"GET", "/api/v2/eventLogs/{event_log_id}", {TW_ON_AUDIT_LOG}, get_event_log},
	{"GET", "/api/v2/config", {TW_ON_CONFIG}, get_config},
	{"GET", "/api/v2/config/section/{section}/option/{option}", {TW_ON_CONFIG},
	 get_config_value},
	{"GET", "/ui/config", {TW_ON_CONFIG}, get_sources},
	{0},
};
