/* A connection, as an URI or as JSON, is read or refused; what was read is written as an URI that means the same. */
#include "fuzz.h"

#include "cli/conn_uri.h"

static void same(struct tw_str a, struct tw_str b)
{
	TW_ASSERT(tw_str_eq(a, b) || (!a.n && !b.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tw_arena a = { 0 };
	struct tw_buf uri = { 0 };
	struct tw_err err = { 0 };
	struct tw_connection_row c = { 0 }, again = { 0 };
	bool json = size && data[0] == '{';

	if (tw_conn_from_uri(&a, tw_strn((const char *)data, size), &c, &err) < 0) {
		TW_ASSERT(err.msg[0]);
	} else {
		tw_conn_to_uri(&c, &uri);
		if (!json && tw_conn_from_uri(&a, tw_buf_str(&uri), &again, &err) == TW_OK) {
			same(c.conn_type, again.conn_type);
			same(c.login, again.login);
			same(c.password, again.password);
		}
	}
	tw_buf_release(&uri);
	tw_arena_release(&a);
	return 0;
}
