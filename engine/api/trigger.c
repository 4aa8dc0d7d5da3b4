#include "api/trigger.h"

#include <stdlib.h>

#include "api/coming.h"
#include "io/token.h"
#include "model/dag.h"
#include "model/params.h"
#include "model/partition.h"
#include "store/dags.h"
#include "store/runs.h"
#include "store/tis.h"
#include "time/timetable.h"
#include "value/json.h"

void tw_run_id_draw(char out[9])
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	unsigned char raw[8];

	tw_random(raw, sizeof raw);
	for (int i = 0; i < 8; i++)
		out[i] = letters[raw[i] % (sizeof letters - 1)];
	out[8] = '\0';
}

static bool allows(const struct tw_dag *dag, enum tw_run_type type)
{
	for (int i = 0; i < dag->nallowed_run_types; i++)
		if (tw_str_is(dag->allowed_run_types[i], tw_run_type_name(type)))
			return true;
	return dag->nallowed_run_types == 0;
}

/* A timetable of the author's own is asked by the scheduler: the run goes to it without an interval. */
static enum tw_rc infer(const struct tw_dag *dag, const struct tw_trigger_opts *o,
			struct tw_run_row *run, struct tw_err *err)
{
	bool of_date = o->interval_of_logical_date || dag->compat == 2;
	tw_time from = of_date ? run->logical_date : run->run_after;
	struct tw_interval interval = {from, from};
	enum tw_rc rc;

	if (run->logical_date == TW_TIME_NONE)
		return TW_OK;
	if (o->interval_start != TW_TIME_NONE && o->interval_end != TW_TIME_NONE &&
	    o->interval_end != 0) {
		run->interval_start = o->interval_start;
		run->interval_end = o->interval_end;
		return TW_OK;
	}
	if (tw_coming_is_custom(dag->timetable))
		return TW_OK;
	rc = dag->timetable ? tw_timetable_manual_interval(dag->timetable, from, &interval, err)
			    : TW_OK;
	if (rc < 0)
		return rc == TW_ERR_NOT_FOUND
			       ? tw_err_set(err, TW_ERR_INVALID, "%s", err ? err->msg : "")
			       : rc;
	run->interval_start = interval.start;
	run->interval_end = interval.end;
	return TW_OK;
}

static struct tw_str form_id(const struct tw_dag *dag, const struct tw_run_row *run,
			     struct tw_arena *a)
{
	struct tw_run_info info = {.run_after = run->run_after, .logical_date = run->logical_date};
	bool partitioned = dag->timetable && dag->timetable->type == TW_TT_CRON_PARTITION;
	struct tw_buf buf TW_AUTO(tw_buf_release) = {0};
	char random[9];

	tw_run_id_draw(random);
	if (partitioned) {
		char iso[TW_ISO_MAX];

		tw_buf_printf(&buf, "%s__%s", tw_run_type_name(run->type),
			      tw_time_iso_utc(iso, run->run_after));
		tw_buf_printf(&buf, "__%s", random);
	} else {
		/* The random part is for runs that the scheduler makes; a person's has none. */
		if (info.logical_date == TW_TIME_NONE)
			info.logical_date = run->run_after;
		tw_run_id_format(&buf, tw_run_type_name(run->type), &info, random, dag->compat);
	}
	return tw_str_copy(a, tw_buf_str(&buf));
}

static enum tw_rc make_conf(const struct tw_dag *dag, struct tw_value conf, struct tw_arena *a,
			    struct tw_str *ret_json, struct tw_err *err)
{
	struct tw_value checked = conf.kind == TW_V_NULL ? tw_v_map(a) : conf;
	enum tw_rc rc;

	if (checked.kind != TW_V_MAP)
		return tw_err_set(err, TW_ERR_INVALID, "DagRun conf must be a JSON object or null");
	rc = tw_params_check(dag, checked, err);
	if (rc == TW_OK && conf.kind == TW_V_MAP) {
		char *text = tw_json_dump(conf, TW_JSON_COMPACT);

		*ret_json = tw_str_copy(a, tw_str(text));
		free(text);
	}
	return rc;
}

/* Its tasks would not be made: an empty run that succeeds. The API takes such a date all the same, as Airflow's. */
static enum tw_rc check_date(const struct tw_dag *dag, const struct tw_trigger_opts *o, const struct tw_run_row *run,
			     struct tw_err *err)
{
	char date[TW_ISO_MAX], start[TW_ISO_MAX];

	if (o->interval_of_logical_date || run->logical_date == TW_TIME_NONE ||
	    dag->default_start_date == TW_TIME_NONE || run->logical_date >= dag->default_start_date)
		return TW_OK;
	return tw_err_set(err, TW_ERR_INVALID, "Logical date [%s] should be >= start_date [%s] from Dag's default_args",
			  tw_time_iso_utc(date, run->logical_date), tw_time_iso_utc(start, dag->default_start_date));
}

static enum tw_rc make_run(const struct tw_dag *dag, const struct tw_trigger_opts *o,
			   struct tw_arena *a, struct tw_run_row *run, struct tw_err *err)
{
	enum tw_rc rc;

	*run = (struct tw_run_row){
		.dag_id = o->dag_id,
		.type = o->type,
		.state = TW_RUN_QUEUED,
		.triggered_by = o->triggered_by,
		.triggering_user = o->triggering_user,
		.logical_date = o->logical_date,
		.interval_start = TW_TIME_NONE,
		.interval_end = TW_TIME_NONE,
		.run_after = o->run_after == TW_TIME_NONE ? o->now : o->run_after,
		.queued_at = o->now,
		.start_date = TW_TIME_NONE,
		.end_date = TW_TIME_NONE,
		.updated_at = TW_TIME_NONE,
		.last_scheduling_decision = TW_TIME_NONE,
		.note = o->note,
		.partition_key = o->partition_key,
	};
	if (dag->compat == 2 && run->logical_date == TW_TIME_NONE)
		run->logical_date = run->run_after;
	if (o->partition_key.n && !dag->timetable->partitioned)
		return tw_err_set(err, TW_ERR_INVALID, "Dag '" TW_STR_FMT "' is not a partitioned Dag and does not accept a partition_key.",
				  TW_STR_ARG(o->dag_id));
	run->partition_date = TW_TIME_NONE;
	if (o->partition_key.n && tw_dag_partition_date(dag, o->partition_key, &run->partition_date, err) < 0)
		return TW_ERR_INVALID;
	rc = check_date(dag, o, run, err);
	if (rc == TW_OK)
		rc = infer(dag, o, run, err);
	if (rc < 0)
		return rc;
	run->run_id = o->run_id.n ? o->run_id : form_id(dag, run, a);
	rc = tw_run_id_check(run->run_id, o->type, err);
	if (rc == TW_OK && o->run_id.n)
		rc = tw_run_id_allowed(o->run_id, o->run_id_pattern, err);
	return rc < 0 ? rc : make_conf(dag, o->conf, a, &run->conf, err);
}

static enum tw_rc load_dag(struct tw_store *s, const struct tw_trigger_opts *o, struct tw_arena *a,
			   struct tw_dag **ret_dag, struct tw_str *ret_version, struct tw_err *err)
{
	struct tw_dag_doc doc;
	enum tw_rc rc = tw_store_dag_doc(s, o->dag_id, a, &doc, err);

	if (rc == TW_ERR_NOT_FOUND || (rc == TW_OK && doc.dag.is_stale))
		return tw_err_set(err, TW_ERR_NOT_FOUND,
				  "Dag with dag_id: '" TW_STR_FMT "' not found",
				  TW_STR_ARG(o->dag_id));
	if (rc == TW_OK && doc.dag.has_import_errors)
		return tw_err_set(err, TW_ERR_INVALID,
				  "Dag with dag_id: '" TW_STR_FMT
				  "' has import errors and cannot be triggered",
				  TW_STR_ARG(o->dag_id));
	if (rc == TW_OK)
		rc = tw_dag_parse_json(doc.document, o->zones, ret_dag, err);
	*ret_version = doc.version_id;
	return rc;
}

enum tw_rc tw_trigger_run(struct tw_store *s, const struct tw_trigger_opts *opts,
			  struct tw_arena *a, struct tw_run_row *ret_run, struct tw_err *err)
{
	struct tw_inbox_row post = {
		.at = TW_TIME_NONE, .kind = TW_STR("run_new"), .dag_id = opts->dag_id};
	struct tw_dag *dag = NULL;
	struct tw_str version = {0};
	struct tw_run_row run;
	enum tw_rc rc = load_dag(s, opts, a, &dag, &version, err);

	if (rc < 0)
		return rc;
	if (!allows(dag, opts->type))
		rc = tw_err_set(err, TW_ERR_INVALID,
				"Dag with dag_id: '" TW_STR_FMT "' does not allow %s runs",
				TW_STR_ARG(opts->dag_id), tw_run_type_name(opts->type));
	if (rc == TW_OK)
		rc = make_run(dag, opts, a, &run, err);
	tw_dag_unref(dag);
	if (rc < 0)
		return rc;
	run.version_id = version;
	post.run_id = run.run_id;
	rc = tw_store_run_new(s, &run, &post, &run.id, err);
	if (rc == TW_OK)
		*ret_run = run;
	return rc;
}

/* Every task of the run, each once: rows come ordered by task. */
static struct tw_str clear_payload(const struct tw_ti_row *tis, size_t n, struct tw_arena *a)
{
	struct tw_buf b TW_AUTO(tw_buf_release) = {0};
	struct tw_jw w = {.out = &b};

	tw_jw_obj(&w);
	tw_jw_key(&w, "tasks");
	tw_jw_list(&w);
	for (size_t i = 0; i < n; i++) {
		if (i && tw_str_eq(tis[i].task_id, tis[i - 1].task_id))
			continue;
		tw_jw_list(&w);
		tw_jw_str(&w, tis[i].task_id);
		tw_jw_null(&w);
		tw_jw_end(&w);
	}
	tw_jw_end(&w);
	tw_jw_key(&w, "reset_run");
	tw_jw_bool(&w, true);
	tw_jw_end(&w);
	return tw_str_copy(a, tw_buf_str(&b));
}

static enum tw_rc find_run(struct tw_store *s, const struct tw_trigger_opts *o, struct tw_arena *a,
			   struct tw_run_view *ret, struct tw_err *err)
{
	enum tw_rc rc = TW_ERR_NOT_FOUND;

	if (o->run_id.n)
		rc = tw_store_run(s, o->dag_id, o->run_id, a, ret, err);
	if (rc == TW_ERR_NOT_FOUND && o->logical_date != TW_TIME_NONE)
		rc = tw_store_run_by_date(s, o->dag_id, o->logical_date, a, ret, err);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc, "the dag '" TW_STR_FMT "' has no such run",
				  TW_STR_ARG(o->dag_id));
	return rc;
}

enum tw_rc tw_trigger_reset(struct tw_store *s, const struct tw_trigger_opts *opts,
			    struct tw_arena *a, struct tw_run_row *ret_run, struct tw_err *err)
{
	struct tw_inbox_row post = {
		.at = TW_TIME_NONE, .kind = TW_STR("clear"), .dag_id = opts->dag_id};
	struct tw_run_view view;
	struct tw_ti_row *tis;
	size_t n;
	int64_t id;
	enum tw_rc rc = find_run(s, opts, a, &view, err);

	if (rc == TW_OK)
		rc = tw_store_tis_of_run(s, opts->dag_id, view.run.run_id, a, &tis, &n, err);
	if (rc < 0)
		return rc;
	post.run_id = view.run.run_id;
	post.payload = clear_payload(tis, n, a);
	rc = tw_store_inbox_post(s, &post, 1, &id, err);
	if (rc == TW_OK)
		*ret_run = view.run;
	return rc;
}
