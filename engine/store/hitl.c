/* Questions to people, by the attempt that asks. */
#include "store/hitl.h"

#include <stdio.h>

#include "store/write.h"
#include "value/json.h"

#define COLUMNS                                                                                    \
	"h.ti_id, h.subject, h.body, h.options, h.defaults, h.params, h.assignees, h.multiple,"    \
	" h.created_at, h.responded_at, h.responded_by_user_id, h.responded_by_user_name,"         \
	" h.chosen_options, h.params_input"

static void read_row(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_hitl_row *h = row;

	h->ti_id = tw_q_get_uuid(q);
	h->subject = tw_q_get_str(q, a);
	h->body = tw_q_get_str(q, a);
	h->options = tw_q_get_str(q, a);
	h->defaults = tw_q_get_str(q, a);
	h->params = tw_q_get_str(q, a);
	h->assignees = tw_q_get_str(q, a);
	h->multiple = tw_q_get_int(q);
	h->created_at = tw_q_get_time(q);
	h->responded_at = tw_q_get_time(q);
	h->responded_by_id = tw_q_get_str(q, a);
	h->responded_by_name = tw_q_get_str(q, a);
	h->chosen_options = tw_q_get_str(q, a);
	h->params_input = tw_q_get_str(q, a);
}

enum tw_rc tw_store_hitl_ask(struct tw_store *s, const struct tw_hitl_row *h, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "insert into hitl_detail (ti_id, subject, body, options, defaults, params, assignees, multiple,"
	     " created_at, params_input) values (?, ?, ?, ?, ?, ?, ?, ?, ?, '{}')"
	     " on conflict (ti_id) do update set subject = excluded.subject, body = excluded.body,"
	     " options = excluded.options, defaults = excluded.defaults, params = excluded.params,"
	     " assignees = excluded.assignees, multiple = excluded.multiple, created_at = excluded.created_at,"
	     " responded_at = null, responded_by = null, responded_by_user_id = null,"
	     " responded_by_user_name = null, chosen_options = null, params_input = '{}'");
	tw_q_put_uuid(&q, h->ti_id);
	tw_q_put_str(&q, h->subject);
	tw_q_put_str(&q, h->body);
	tw_q_put_str(&q, h->options);
	tw_q_put_str(&q, h->defaults);
	tw_q_put_str(&q, h->params);
	tw_q_put_str(&q, h->assignees);
	tw_q_put_int(&q, h->multiple);
	tw_q_put_time(&q, tw_time_ok(h->created_at) ? h->created_at : tw_store_now(s));
	return tw_q_run(&q, NULL, err);
}

enum tw_rc tw_store_hitl(struct tw_store *s, struct tw_id ti_id, struct tw_arena *a, struct tw_hitl_row *ret_row,
			 struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select " COLUMNS " from hitl_detail h where h.ti_id = ?");
	tw_q_put_uuid(&q, ti_id);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc, "this attempt has asked nothing");
	if (rc < 0)
		return rc;
	read_row(&q, a, ret_row);
	tw_q_done(&q);
	return TW_OK;
}

/* {"id": …, "name": …}, as Airflow's column has it. */
static void responder(const struct tw_hitl_row *h, struct tw_buf *out)
{
	struct tw_jw w = { .out = out };

	if (!h->responded_by_id.p)
		return;
	tw_jw_obj(&w);
	tw_jw_key(&w, "id");
	tw_jw_str(&w, h->responded_by_id);
	tw_jw_key(&w, "name");
	tw_jw_str(&w, h->responded_by_name);
	tw_jw_end(&w);
}

enum tw_rc tw_write_hitl_answer(struct tw_store *s, const struct tw_hitl_row *h, int64_t *ret_changes,
				struct tw_err *err)
{
	struct tw_buf by TW_AUTO(tw_buf_release) = { 0 };
	struct tw_q q;

	responder(h, &by);
	tw_q(&q, s,
	     "update hitl_detail set responded_at = ?, responded_by = ?, responded_by_user_id = ?,"
	     " responded_by_user_name = ?, chosen_options = ?, params_input = ?"
	     " where ti_id = ? and responded_at is null");
	tw_q_put_time(&q, h->responded_at);
	tw_q_put_str(&q, by.n ? tw_buf_str(&by) : (struct tw_str){ 0 });
	tw_q_put_str(&q, h->responded_by_id);
	tw_q_put_str(&q, h->responded_by_name);
	tw_q_put_str(&q, h->chosen_options);
	tw_q_put_str(&q, h->params_input.p ? h->params_input : TW_STR("{}"));
	tw_q_put_uuid(&q, h->ti_id);
	return tw_q_run(&q, ret_changes, err);
}

static enum tw_rc answer_and_post(struct tw_store *s, const struct tw_hitl_row *h, struct tw_str dag_id,
				  struct tw_str run_id, struct tw_err *err)
{
	struct tw_inbox_row post = { .at = TW_TIME_NONE, .kind = TW_STR("answered"), .dag_id = dag_id,
				     .run_id = run_id };
	char id[37], payload[80];
	int64_t n;

	TW_TRY(tw_write_hitl_answer(s, h, &n, err));
	if (!n)
		return tw_err_set(err, TW_ERR_CONFLICT, "it has an answer already");
	tw_id_text(h->ti_id, id);
	snprintf(payload, sizeof payload, "{\"attempt\":\"%s\"}", id);
	post.payload = tw_str(payload);
	return tw_write_inbox(s, &post, err);
}

enum tw_rc tw_store_hitl_answer(struct tw_store *s, const struct tw_hitl_row *h, struct tw_str dag_id,
				struct tw_str run_id, struct tw_err *err)
{
	enum tw_rc rc;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = answer_and_post(s, h, dag_id, run_id, err);
	return tw_tx_leave(s, own, rc, err);
}

static const struct tw_field fields[] = {
	{ "ti_id", "h.ti_id", TW_F_UUID },
	{ "subject", "h.subject", TW_F_TEXT },
	{ "body", "h.body", TW_F_TEXT },
	{ "created_at", "h.created_at", TW_F_TIME },
	{ "responded_at", "h.responded_at", TW_F_TIME },
	{ "responded_by_user_id", "h.responded_by_user_id", TW_F_TEXT },
	{ "responded_by_user_name", "h.responded_by_user_name", TW_F_TEXT },
	{ "response_received", "(h.responded_at is not null)", TW_F_BOOL },
	{ "dag_id", "ti.dag_id", TW_F_TEXT, true },
	{ "run_id", "ti.run_id", TW_F_TEXT, true },
	{ "task_id", "ti.task_id", TW_F_TEXT, true },
	{ "task_display_name", "ti.task_display_name", TW_F_TEXT, true },
	{ "map_index", "ti.map_index", TW_F_INT, true },
	{ "rendered_map_index", "ti.rendered_map_index", TW_F_TEXT, true },
	{ "task_instance_operator", "ti.operator", TW_F_TEXT, true },
	{ "state", "ti.state", TW_F_STATE, true },
	{ "task_instance_state", "ti.state", TW_F_STATE, true },
	{ "run_after", "r.run_after", TW_F_TIME, true },
	TW_READABLE("ti.dag_id", true),
};

static const struct tw_list_def list = {
	"question",
	COLUMNS,
	"hitl_detail h",
	"join task_instance ti on ti.id = h.ti_id join dag_run r on r.dag_id = ti.dag_id and r.run_id = ti.run_id",
	"exists (select 1 from task_instance i where i.id = h.ti_id)",
	"h.ti_id",
	fields,
	TW_COUNT(fields),
	.text_key = true,
};

enum tw_rc tw_store_hitls(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a, struct tw_hitl_row **ret_v,
			  size_t *ret_n, int64_t *ret_total, struct tw_err *err)
{
	return TW_LIST(s, &list, ask, struct tw_hitl_row, read_row, a, ret_v, ret_n, ret_total, err);
}
