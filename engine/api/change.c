#include "api/change.h"

#include "store/tis.h"

bool tw_choose(struct tw_request *req, struct tw_response *resp, struct tw_asker *q,
	       struct tw_chosen *ret)
{
	static const char *const order[] = {"dag_id", "run_id", "task_id", "map_index"};
	struct tw_err err = {0};
	struct tw_ask ask;

	q->limit = -1;
	if (!tw_asker_done(q, &ask))
		return false;
	ask.order_by = order;
	ask.norder = 4;
	ask.count = false;
	if (tw_store_tis(tw_api_store(req, resp), &ask, req->arena, &ret->v, &ret->n, NULL, &err) <
	    0) {
		tw_reply_err(resp, &err);
		return false;
	}
	return true;
}

static bool same_run(const struct tw_ti_row *a, const struct tw_ti_row *b)
{
	return tw_str_eq(a->run_id, b->run_id) && tw_str_eq(a->dag_id, b->dag_id);
}

static struct tw_str payload(struct tw_request *req, const struct tw_ti_view *v, size_t n,
			     const char *more)
{
	struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};
	struct tw_str text;

	tw_jw_obj(&w);
	tw_jw_key(&w, "tasks");
	tw_jw_list(&w);
	for (size_t i = 0; i < n; i++) {
		tw_jw_list(&w);
		tw_jw_str(&w, v[i].ti.task_id);
		tw_jw_int(&w, v[i].ti.map_index);
		tw_jw_end(&w);
	}
	tw_jw_end(&w);
	tw_jw_str_at(&w, "by", req->user.name);
	tw_jw_end(&w);
	b.n--;
	tw_buf_printf(&b, ",%s}", more);
	text = tw_str_copy(req->arena, tw_buf_str(&b));
	tw_buf_release(&b);
	return text;
}

void tw_posts_add(struct tw_request *req, struct tw_posts *posts, const char *kind,
		  const struct tw_chosen *chosen, const char *more)
{
	for (size_t i = 0, k; i < chosen->n; i = k) {
		struct tw_inbox_row row = {
			.at = TW_TIME_NONE,
			.kind = tw_str(kind),
			.dag_id = chosen->v[i].ti.dag_id,
			.run_id = chosen->v[i].ti.run_id,
		};

		for (k = i + 1; k < chosen->n && same_run(&chosen->v[i].ti, &chosen->v[k].ti); k++)
			;
		row.payload = payload(req, chosen->v + i, k - i, more);
		tw_vec_push(&posts->rows, row);
	}
}

void tw_reply_chosen(struct tw_request *req, struct tw_response *resp,
		     const struct tw_chosen *chosen)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_ti_view *now = tw_arena_array(req->arena, struct tw_ti_view, chosen->n + 1);
	size_t n = 0;

	if (!s)
		return;
	for (size_t i = 0; i < chosen->n; i++) {
		const struct tw_ti_row *t = &chosen->v[i].ti;

		if (tw_store_ti(s, t->dag_id, t->run_id, t->task_id, t->map_index, req->arena,
				&now[n], NULL) == TW_OK)
			n++;
	}
	tw_reply_tis(req, resp, now, n, (int64_t)n);
}

bool tw_note_chosen(struct tw_request *req, struct tw_response *resp,
		    const struct tw_chosen *chosen, struct tw_str note)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};

	if (!note.n)
		note = (struct tw_str){0};
	for (size_t i = 0; i < chosen->n; i++)
		if (tw_store_ti_note(s, chosen->v[i].ti.id, note, req->user.name, &err) < 0) {
			tw_reply_err(resp, &err);
			return false;
		}
	return true;
}
