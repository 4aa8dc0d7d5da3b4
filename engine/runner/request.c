/*
 * What tasks ask: each request gets a number of the runner's own, and waits here until it is
 * answered. A scheduler that comes anew gets all that is unanswered again.
 */
#include <stdlib.h>

#include "runner/internal.h"

struct request {
	int64_t id;
	char *attempt;
	tw_reply_fn fn; /* NULL: goes when it is sent */
	void *arg;
	struct tw_buf frame;
	char *what, *name; /* do, and the variable's key or the connection's id */
};

static struct tw_str key_of(const int64_t *id)
{
	return tw_strn((const char *)id, sizeof *id);
}

static void request_free(struct request *q)
{
	free(q->attempt);
	free(q->what);
	free(q->name);
	tw_buf_release(&q->frame);
	free(q);
}

static void write_frame(struct request *q, struct tw_value body)
{
	struct tw_jw w = {.out = &q->frame};
	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "request");
	if (q->fn) {
		tw_jw_key(&w, "id");
		tw_jw_int(&w, q->id);
	}
	tw_jw_key(&w, "attempt");
	tw_jw_cstr(&w, q->attempt);
	for (size_t i = 0; i < tw_value_len(body); i++) {
		struct tw_str key = body.map->v[i].key.s;
		if (tw_str_is(key, "op") || tw_str_is(key, "id") || tw_str_is(key, "attempt"))
			continue;
		tw_jw_keyn(&w, key);
		tw_jw_value(&w, body.map->v[i].value);
	}
	tw_jw_end(&w);
}

void tw_request_send(struct tw_attempt *a, struct tw_value body, tw_reply_fn fn, void *arg)
{
	struct tw_runner *r = a->r;
	struct request *q = tw_new(struct request);
	q->id = ++r->next_request;
	q->attempt = tw_strdup(a->id);
	q->fn = fn;
	q->arg = arg;
	q->what = tw_str_dup(tw_map_str(body, "do", ""));
	q->name = tw_str_dup(tw_map_str(body, "key", ""));
	write_frame(q, body);
	if (r->link) {
		tw_server_send(r, tw_buf_str(&q->frame));
		if (!fn) {
			request_free(q);
			return;
		}
	}
	tw_map_set(&r->requests, key_of(&q->id), q);
}

void tw_request_reply(struct tw_runner *r, struct tw_value reply)
{
	int64_t id = tw_map_int(reply, "id", 0);
	struct request *q = tw_map_del(&r->requests, key_of(&id));
	if (!q)
		return;
	struct tw_attempt *a = tw_attempt_find(r, tw_str(q->attempt));
	if (a && q->fn) {
		struct tw_value asked = tw_v_map(&a->arena);
		tw_map_putc(&a->arena, asked, "key", tw_v_cstr(q->name));
		tw_masker_learn(&a->masker, &a->arena, tw_str(q->what), asked, tw_map_value(reply, "result"));
		q->fn(a, q->arg, reply);
	}
	request_free(q);
}

static const struct request *first_waiting(const struct tw_runner *r)
{
	tw_map_foreach(&r->requests, e)
	{
		const struct request *q = e->value;
		if (q->fn)
			return q;
	}
	return NULL;
}

void tw_request_refuse(struct tw_runner *r)
{
	const struct request *q;
	while ((q = first_waiting(r))) { /* whoever gets the answer may ask again */
		TW_AUTO(tw_arena_release) struct tw_arena a = {0};
		struct tw_value reply = tw_v_map(&a), error = tw_v_map(&a);
		tw_map_putc(&a, error, "kind", tw_v_cstr("unavailable"));
		tw_map_putc(&a, error, "message",
			    tw_v_cstr("the runner is shutting down and has no scheduler to ask"));
		tw_map_putc(&a, reply, "id", tw_v_int(q->id));
		tw_map_putc(&a, reply, "error", error);
		tw_request_reply(r, reply);
	}
}

void tw_request_resend(struct tw_runner *r)
{
	tw_map_foreach(&r->requests, e)
	{
		struct request *q = e->value;
		tw_server_send(r, tw_buf_str(&q->frame));
		if (!q->fn) {
			tw_map_del(&r->requests, key_of(&q->id));
			request_free(q);
		}
	}
}

/* Of an attempt that is freed. What it told without wanting an answer is still to be told. */
void tw_request_forget(struct tw_attempt *a)
{
	if (!a->r->requests.len)
		return;
	tw_map_foreach(&a->r->requests, e)
	{
		struct request *q = e->value;
		if (!q->fn || strcmp(q->attempt, a->id) != 0)
			continue;
		tw_map_del(&a->r->requests, key_of(&q->id));
		request_free(q);
	}
}

void tw_request_release(struct tw_runner *r)
{
	tw_map_foreach(&r->requests, e) request_free(e->value);
	tw_map_release(&r->requests);
}
