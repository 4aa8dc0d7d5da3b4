#include "api/log_path.h"

#include "template/log_name.h"

static bool piece_ok(struct tw_str s)
{
	return s.n && tw_str_find(s, TW_STR("/"), 0) < 0 && tw_str_find(s, TW_STR(".."), 0) < 0 &&
	       !memchr(s.p, '\0', s.n);
}

/* The ids come from rows of the metastore; they are looked at all the same. */
char *tw_log_path(const struct tw_api *api, const struct tw_ti_row *t, int number, tw_time logical_date, struct tw_arena *a)
{
	struct tw_log_of of = {t->dag_id, t->run_id, t->task_id, t->map_index, number, logical_date};
	struct tw_buf path TW_AUTO(tw_buf_release) = {0};

	if (!piece_ok(t->dag_id) || !piece_ok(t->run_id) || !piece_ok(t->task_id))
		return NULL;
	tw_buf_printf(&path, "%s/", api->log_folder);
	tw_log_name(api->log_name, &of, &path);
	return tw_arena_strdup(a, path.p);
}
