#include "api/recall.h"

#include <stdlib.h>

#define BYTES_MAX (4u << 20)

void tw_recall_release(struct tw_recall *r)
{
	tw_map_foreach(&r->answers, e) tw_blob_unref(e->value);
	tw_map_release(&r->answers);
	r->bytes = 0;
}

static void put(struct tw_buf *out, struct tw_str s)
{
	tw_buf_printf(out, "%zu:", s.n);
	tw_buf_addstr(out, s);
}

static void key_of(const struct tw_request *req, struct tw_buf *out)
{
	put(out, req->path);
	put(out, req->user.name);
	put(out, req->user.role);
	put(out, req->user.id);
	put(out, req->accept);
	for (size_t i = 0; i < req->nquery; i++) {
		put(out, req->query[i].name);
		put(out, req->query[i].value);
	}
}

bool tw_recall_answer(struct tw_recall *r, struct tw_store *s, const struct tw_request *req, struct tw_response *resp)
{
	struct tw_buf key TW_AUTO(tw_buf_release) = {0};
	uint64_t stamp = tw_store_stamp(s);
	struct tw_blob *a;

	if (!stamp || stamp != r->stamp)
		tw_recall_release(r);
	r->stamp = stamp;
	key_of(req, &key);
	a = tw_map_get(&r->answers, tw_buf_str(&key));
	if (a)
		tw_reply_pieces(resp, &a, 1);
	return a;
}

void tw_recall_keep(struct tw_recall *r, const struct tw_request *req, const struct tw_response *resp)
{
	struct tw_buf key TW_AUTO(tw_buf_release) = {0};
	if (!r->stamp || (resp->status && resp->status != 200) || resp->nheaders || resp->pieces || resp->body.n > BYTES_MAX / 8)
		return;
	if (r->bytes + resp->body.n > BYTES_MAX)
		tw_recall_release(r);
	key_of(req, &key);
	r->bytes += resp->body.n;
	tw_blob_unref(tw_map_set(&r->answers, tw_buf_str(&key), tw_blob_new(tw_buf_str(&resp->body))));
}
