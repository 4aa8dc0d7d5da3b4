#include "api/coming.h"

#include <string.h>

#include "value/json.h"

bool tw_coming_is_custom(const struct tw_timetable *tt)
{
	return tt && (tt->type == TW_TT_CUSTOM || (tt->inner && tw_coming_is_custom(tt->inner)));
}

static void write_time(struct tw_jw *w, const char *key, tw_time t)
{
	char iso[TW_ISO_MAX];

	tw_jw_key(w, key);
	if (t == TW_TIME_NONE || t == 0)
		tw_jw_null(w);
	else
		tw_jw_cstr(w, tw_time_iso_utc(iso, t));
}

static void write_dag(struct tw_jw *w, const struct tw_coming_ask *ask)
{
	tw_jw_key(w, "dag");
	tw_jw_obj(w);
	tw_jw_str_at(w, "dag_id", ask->dag->dag_id);
	tw_jw_str_at(w, "fileloc", ask->dag->fileloc);
	tw_jw_str_at(w, "bundle_path", tw_str(ask->dags_folder));
	tw_jw_key(w, "compat");
	tw_jw_int(w, ask->dag->compat);
	tw_jw_end(w);
}

void tw_coming_write(struct tw_buf *out, const struct tw_coming_ask *ask)
{
	struct tw_jw w = { .out = out };

	tw_jw_obj(&w);
	tw_jw_str_at(&w, "op", TW_STR("timetable"));
	tw_jw_str_at(&w, "what", tw_str(ask->what));
	tw_jw_str_at(&w, "dag_id", ask->dag->dag_id);
	tw_jw_str_at(&w, "fileloc", ask->dag->fileloc);
	tw_jw_str_at(&w, "dags_folder", tw_str(ask->dags_folder));
	write_dag(&w, ask);
	tw_jw_key(&w, "last");
	if (ask->last) {
		tw_jw_obj(&w);
		write_time(&w, "run_after", ask->last->run_after);
		write_time(&w, "start", ask->last->interval.start);
		write_time(&w, "end", ask->last->interval.end);
		tw_jw_end(&w);
	} else {
		tw_jw_null(&w);
	}
	write_time(&w, "earliest", ask->bounds.earliest);
	write_time(&w, "latest", ask->bounds.latest);
	tw_jw_key(&w, "catchup");
	tw_jw_bool(&w, ask->bounds.catchup);
	write_time(&w, "run_after", ask->run_after);
	write_time(&w, "now", ask->now);
	tw_jw_key(&w, "count");
	tw_jw_int(&w, ask->count ? ask->count : 1);
	tw_jw_key(&w, "timeout");
	tw_jw_int(&w, ask->timeout_s);
	tw_jw_end(&w);
}

static enum tw_rc read_time(struct tw_value v, const char *key, bool required, tw_time *ret, struct tw_err *err)
{
	struct tw_str s = tw_map_str(v, key, NULL);

	*ret = TW_TIME_NONE;
	if (!s.p)
		return required ? tw_err_set(err, TW_ERR_INVALID, "the timetable's answer has no %s", key) : TW_OK;
	return tw_time_parse(s, NULL, ret, err);
}

static enum tw_rc keep_text(struct tw_value v, const char *key, char *ret, struct tw_err *err)
{
	struct tw_str s = tw_map_str(v, key, "");

	if (s.n > TW_TT_KEY_MAX)
		return tw_err_set(err, TW_ERR_LIMIT, "the timetable's %s is longer than %d bytes", key, TW_TT_KEY_MAX);
	memcpy(ret, s.p, s.n);
	return TW_OK;
}

static enum tw_rc read_run(struct tw_value v, struct tw_run_info *ret, struct tw_err *err)
{
	*ret = (struct tw_run_info){ .why = TW_NO_RUN_NONE };
	if (read_time(v, "run_after", true, &ret->run_after, err) < 0 ||
	    read_time(v, "logical_date", false, &ret->logical_date, err) < 0 ||
	    read_time(v, "start", false, &ret->interval.start, err) < 0 ||
	    read_time(v, "end", false, &ret->interval.end, err) < 0 ||
	    read_time(v, "partition_date", false, &ret->partition_date, err) < 0 ||
	    keep_text(v, "partition_key", ret->partition_key, err) < 0)
		return TW_ERR_INVALID;
	return keep_text(v, "run_id", ret->run_id, err);
}

enum tw_rc tw_coming_read(struct tw_value answer, tw_run_infos *out, struct tw_err *err)
{
	struct tw_value runs = tw_map_value(answer, "runs");

	for (size_t i = 0; i < tw_value_len(runs); i++) {
		struct tw_run_info run;

		if (read_run(runs.list->v[i], &run, err) < 0)
			return TW_ERR_INVALID;
		tw_vec_push(out, run);
	}
	return TW_OK;
}

enum tw_rc tw_coming_read_interval(struct tw_value answer, struct tw_interval *ret, struct tw_err *err)
{
	struct tw_value v = tw_map_value(answer, "interval");
	enum tw_rc rc = read_time(v, "start", true, &ret->start, err);

	return rc < 0 ? rc : read_time(v, "end", true, &ret->end, err);
}
