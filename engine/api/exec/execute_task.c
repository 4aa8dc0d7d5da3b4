#include "api/exec/execute_task.h"

#include "time/instant.h"

static void copy(struct tw_jw *w, struct tw_value from, const char *key, const char *as)
{
	tw_jw_key(w, as);
	tw_jw_value(w, tw_map_value(from, key));
}

static void write_ti(struct tw_jw *w, struct tw_value run)
{
	static const char *const fields[] = { "task_id", "dag_id", "run_id", "try_number" };
	struct tw_str queue = tw_map_str(run, "queue", "default");

	tw_jw_key(w, "ti");
	tw_jw_obj(w);
	copy(w, run, "attempt", "id");
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		copy(w, run, fields[i], fields[i]);
	copy(w, tw_map_value(run, "dag"), "version", "dag_version_id");
	copy(w, run, "map_index", "map_index");
	tw_jw_key(w, "hostname");
	tw_jw_null(w);
	tw_jw_key(w, "context_carrier");
	tw_jw_null(w);
	tw_jw_key(w, "queue");
	tw_jw_str(w, queue.n ? queue : TW_STR("default"));
	copy(w, run, "pool_slots", "pool_slots");
	copy(w, run, "priority_weight", "priority_weight");
	tw_jw_end(w);
}

/* Below the worker's own folder of logs. */
static void write_log_path(struct tw_jw *w, const struct tw_execute_task *t)
{
	struct tw_str text = tw_map_str(tw_map_value(t->run, "run"), "logical_date", NULL);
	struct tw_log_of of = {
		tw_map_str(t->run, "dag_id", ""), tw_map_str(t->run, "run_id", ""), tw_map_str(t->run, "task_id", ""),
		(int)tw_map_int(t->run, "map_index", -1), (int)tw_map_int(t->run, "try_number", 1), TW_TIME_NONE,
	};
	struct tw_buf path = { 0 };

	if (text.p)
		(void)tw_time_parse(text, NULL, &of.logical_date, NULL);
	tw_log_name(t->log_name, &of, &path);
	tw_jw_key(w, "log_path");
	tw_jw_str(w, tw_buf_str(&path));
	tw_buf_release(&path);
}

void tw_execute_task_write(struct tw_jw *w, const struct tw_execute_task *t)
{
	tw_jw_obj(w);
	tw_jw_key(w, "token");
	tw_jw_str(w, t->token);
	copy(w, tw_map_value(t->run, "dag"), "relative_fileloc", "dag_rel_path");
	tw_jw_key(w, "bundle_info");
	tw_jw_obj(w);
	tw_jw_key(w, "name");
	tw_jw_str(w, t->bundle_name);
	tw_jw_key(w, "version");
	tw_jw_str(w, t->bundle_version);
	tw_jw_end(w);
	write_log_path(w, t);
	write_ti(w, t->run);
	tw_jw_key(w, "sentry_integration");
	tw_jw_cstr(w, "");
	tw_jw_key(w, "type");
	tw_jw_cstr(w, "ExecuteTask");
	tw_jw_end(w);
}
