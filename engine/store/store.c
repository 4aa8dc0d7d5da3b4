#include "store/store.h"

#include "io/clock.h"
#include "store/feed_write.h"

static const struct tw_db_ops *backend_for(const char *url)
{
	struct tw_str scheme = tw_str(url), rest;

	scheme = tw_str_cut(scheme, ':', &rest);
	scheme = tw_str_cut(scheme, '+', &rest); /* sqlite+aiosqlite: */
	if (tw_str_is(scheme, "sqlite") || !strstr(url, "://"))
		return &tw_db_sqlite;
	return NULL;
}

static enum tw_rc check_schema(struct tw_store *s, struct tw_err *err)
{
	int have, newest = tw_store_schema_newest();

	TW_TRY(tw_store_schema_version(s, &have, err));
	if (have == newest)
		return TW_OK;
	if (s->opts.mode == TW_STORE_MIGRATE && have < newest)
		return tw_store_migrate(s, 0, err);
	if (have > newest)
		return tw_err_set(
			err, TW_ERR_UNSUPPORTED,
			"the metastore's schema has version %d, this program knows %d: it was made by a "
			"newer tradewind",
			have, newest);
	return tw_err_set(
		err, TW_ERR_UNSUPPORTED,
		"the metastore's schema has version %d, this program needs %d: run 'tradewind db migrate'",
		have, newest);
}

enum tw_rc tw_store_open(const struct tw_store_opts *opts, struct tw_store **ret_s,
			 struct tw_err *err)
{
	const struct tw_db_ops *ops = backend_for(opts->url);
	struct tw_store *s;
	enum tw_rc rc;

	if (!ops) {
		struct tw_str rest, scheme = tw_str_cut(tw_str(opts->url), ':', &rest);

		return tw_err_set(err, TW_ERR_UNSUPPORTED,
				  "no metastore on '" TW_STR_FMT "': this build has sqlite",
				  TW_STR_ARG(scheme));
	}
	s = tw_new(struct tw_store);
	s->ops = ops;
	s->opts = *opts;
	s->opts.url = tw_strdup(opts->url);
	rc = ops->open(opts, &s->db, err);
	if (rc == TW_OK && opts->mode != TW_STORE_AS_IS)
		rc = check_schema(s, err);
	if (rc < 0) {
		tw_store_close(s);
		return rc;
	}
	*ret_s = s;
	return TW_OK;
}

static void drop_cache(struct tw_store *s)
{
	tw_map_foreach(&s->cache, e)
	{
		struct tw_cached *c = e->value;

		s->ops->stmt_free(c->st);
		free(c);
	}
	tw_map_release(&s->cache);
	tw_map_foreach(&s->texts, e) free(e->value);
	tw_map_release(&s->texts);
}

void tw_store_close(struct tw_store *s)
{
	if (!s)
		return;
	if (s->db) {
		tw_store_rollback(s);
		drop_cache(s);
		s->ops->close(s->db);
	}
	tw_buf_release(&s->said);
	free((char *)s->opts.url);
	free(s);
}

const char *tw_store_backend(const struct tw_store *s)
{
	return s->ops->name;
}

void tw_store_rest(struct tw_store *s)
{
	s->ops->rest(s->db);
}

enum tw_rc tw_store_ping(struct tw_store *s, struct tw_err *err)
{
	int64_t one;

	return tw_q_number(s, &one, err, "select 1", "");
}

uint64_t tw_store_stamp(struct tw_store *s)
{
	return s->ops->stamp(s->db);
}

int64_t tw_store_now(const struct tw_store *s)
{
	return s->opts.now ? s->opts.now() : tw_now();
}

enum tw_rc tw_store_fault(struct tw_store *s, const char *what, struct tw_err *err)
{
	if (s->opts.fault && s->opts.fault(s->opts.fault_arg, what))
		return tw_err_set(err, TW_ERR_IO, "%s failed (injected)", what);
	return TW_OK;
}

static enum tw_rc begin(struct tw_store *s, bool write, struct tw_err *err)
{
	TW_ASSERT(!s->in_tx);
	TW_TRY(s->ops->begin(s->db, write, err));
	s->in_tx = true;
	s->tx_writes = write;
	return TW_OK;
}

enum tw_rc tw_store_begin(struct tw_store *s, struct tw_err *err)
{
	return begin(s, true, err);
}

enum tw_rc tw_store_begin_read(struct tw_store *s, struct tw_err *err)
{
	return begin(s, false, err);
}

enum tw_rc tw_store_end(struct tw_store *s, struct tw_err *err)
{
	enum tw_rc rc = s->tx_writes ? tw_store_fault(s, "commit", err) : TW_OK;

	TW_ASSERT(s->in_tx);
	if (rc == TW_OK && s->said.n)
		rc = tw_feed_flush(s, err);
	if (rc == TW_OK)
		rc = s->ops->commit(s->db, err);
	if (rc < 0)
		s->ops->rollback(s->db);
	else if (s->said.n)
		s->ops->feed_announce(s->db);
	tw_buf_clear(&s->said);
	s->in_tx = false;
	return rc;
}

void tw_store_rollback(struct tw_store *s)
{
	if (s->in_tx)
		s->ops->rollback(s->db);
	tw_buf_clear(&s->said);
	s->in_tx = false;
}
