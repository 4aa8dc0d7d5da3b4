/* Files that somebody wants to be parsed again at once. */
#include "store/dags.h"
#include "store/write.h"

enum tw_rc tw_store_parse_ask(struct tw_store *s, struct tw_str bundle, struct tw_str relative, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "insert into dag_priority_parsing_request (bundle_name, relative_fileloc) values (?, ?)"
	     " on conflict do nothing");
	tw_q_put_str(&q, bundle);
	tw_q_put_str(&q, relative);
	return tw_q_run(&q, NULL, err);
}

static void read_file(struct tw_q *q, struct tw_arena *a, void *row)
{
	*(struct tw_str *)row = tw_q_get_str(q, a);
}

enum tw_rc tw_store_parse_asked(struct tw_store *s, struct tw_str bundle, struct tw_arena *a, struct tw_str **ret_v,
				size_t *ret_n, struct tw_err *err)
{
	enum tw_rc rc;
	struct tw_q q;
	bool own;

	tw_q(&q, s, "select relative_fileloc from dag_priority_parsing_request where bundle_name = ?");
	tw_q_put_str(&q, bundle);
	TW_TRY(TW_Q_ALL(&q, struct tw_str, read_file, a, ret_v, ret_n, err));
	if (!*ret_n) /* most looks find nothing: they should not take the lock of writers */
		return TW_OK;
	TW_TRY(tw_tx_enter(s, &own, err));
	rc = TW_OK;
	for (size_t i = 0; rc == TW_OK && i < *ret_n; i++) {
		tw_q(&q, s, "delete from dag_priority_parsing_request where bundle_name = ? and relative_fileloc = ?");
		tw_q_put_str(&q, bundle);
		tw_q_put_str(&q, (*ret_v)[i]);
		rc = tw_q_run(&q, NULL, err);
	}
	return tw_tx_leave(s, own, rc, err);
}
