/*
 * What templates and arguments of native operators need from the scheduler: asked for once each,
 * and kept for the renders that follow.
 */
#include <stdlib.h>

#include "runner/internal.h"

struct tw_render {
	struct tw_map answers; /* request as JSON → the reply's frame, in the attempt's arena */
	size_t waiting;
};

void tw_render_release(struct tw_attempt *a)
{
	if (!a->render)
		return;
	tw_map_release(&a->render->answers);
	free(a->render);
	a->render = NULL;
}

static void on_answer(struct tw_attempt *a, void *arg, struct tw_value reply)
{
	struct tw_value *kept = tw_arena_new(&a->arena, struct tw_value);
	*kept = tw_value_copy(&a->arena, reply);
	if (!a->render)
		return;
	tw_map_set(&a->render->answers, tw_str(arg), kept);
	if (--a->render->waiting == 0 && a->state == TW_ATTEMPT_FETCHING)
		tw_native_start(a);
}

enum tw_rc tw_fetch(struct tw_attempt *a, struct tw_value body, struct tw_value *ret,
		    struct tw_err *err)
{
	if (!a->render)
		a->render = tw_new(struct tw_render);
	TW_AUTO(tw_freep) char *key = tw_json_dump(body, TW_JSON_SORT);
	const struct tw_value *reply = tw_map_get(&a->render->answers, tw_str(key));
	if (!reply) {
		a->render->waiting++;
		tw_request_send(a, body, on_answer, tw_arena_strdup(&a->arena, key));
		return tw_err_set(err, TW_ERR_AGAIN, "waiting for %s", key);
	}
	struct tw_value error = tw_map_value(*reply, "error");
	if (error.kind == TW_V_MAP) {
		struct tw_str text = tw_map_str(error, "message", "refused");
		return tw_err_set(err, TW_ERR_NOT_FOUND, TW_STR_FMT, TW_STR_ARG(text));
	}
	*ret = tw_map_value(*reply, "result");
	return TW_OK;
}

/* Only what every reader agrees on; what Python wrapped stays Python's. */
static bool is_rich(struct tw_value v)
{
	if (v.kind == TW_V_MAP) {
		if (tw_map_findc(v, "__classname__"))
			return true;
		for (size_t i = 0; i < v.map->n; i++)
			if (is_rich(v.map->v[i].value))
				return true;
	}
	for (size_t i = 0; v.kind == TW_V_LIST && i < v.list->n; i++)
		if (is_rich(v.list->v[i]))
			return true;
	return false;
}

bool tw_xcom_is_plain(struct tw_value v)
{
	return !is_rich(v);
}

enum tw_rc tw_fetch_xcoms(struct tw_attempt *a, const struct tw_xcom_ref *ref, struct tw_value *ret,
			  struct tw_err *err)
{
	struct tw_arena *ar = &a->arena;
	struct tw_value body = tw_v_map(ar), tasks = tw_v_list(ar);
	tw_list_push(ar, tasks, tw_v_str(tw_str_copy(ar, ref->task_id)));
	tw_map_putc(ar, body, "do", tw_v_cstr("xcom_pull"));
	tw_map_putc(ar, body, "task_ids", tasks);
	tw_map_putc(ar, body, "key", tw_v_str(tw_str_copy(ar, ref->key)));
	if (ref->dag_id.p)
		tw_map_putc(ar, body, "dag_id", tw_v_str(tw_str_copy(ar, ref->dag_id)));
	if (ref->run_id.p)
		tw_map_putc(ar, body, "run_id", tw_v_str(tw_str_copy(ar, ref->run_id)));
	if (ref->item)
		tw_map_putc(ar, body, "item", tw_v_int(*ref->item));
	return tw_fetch(a, body, ret, err);
}

enum tw_rc tw_fetch_xcom(struct tw_attempt *a, const struct tw_xcom_ref *ref, struct tw_value *ret,
			 struct tw_err *err)
{
	struct tw_value rows;
	enum tw_rc rc = tw_fetch_xcoms(a, ref, &rows, err);
	if (rc < 0)
		return rc;
	if (rows.kind != TW_V_LIST || rows.list->n == 0) {
		*ret = TW_NULL;
		return TW_ERR_NOT_FOUND;
	}
	struct tw_value value = tw_map_value(rows.list->v[0], "value");
	if (rows.list->n > 1 || tw_map_int(rows.list->v[0], "map_index", -1) >= 0 || is_rich(value))
		return tw_err_set(err, TW_ERR_UNSUPPORTED, "an XCom that is more than JSON");
	*ret = value;
	return TW_OK;
}
