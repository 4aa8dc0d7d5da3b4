#include "store/vault.h"

#include "store/secret.h"

static enum tw_rc missing(const char *what, struct tw_str name, struct tw_err *err)
{
	return tw_err_set(err, TW_ERR_NOT_FOUND, "there is no %s '" TW_STR_FMT "'", what,
			  TW_STR_ARG(name));
}

static enum tw_rc taken(const char *what, struct tw_str name, struct tw_err *err)
{
	return tw_err_set(err, TW_ERR_EXISTS, "the %s '" TW_STR_FMT "' exists already", what,
			  TW_STR_ARG(name));
}

/* What a put met: unique violations and rows that are not there, in words. */
static enum tw_rc outcome(const char *what, struct tw_str name, enum tw_rc rc, int64_t changes,
			  struct tw_err *err)
{
	if (rc == TW_ERR_EXISTS)
		return taken(what, name, err);
	if (rc == TW_OK && changes == 0)
		return missing(what, name, err);
	return rc;
}

/* A value that no key decrypts is told by name only: in a list it is p NULL. */
static enum tw_rc open_value(struct tw_store *s, struct tw_str *value, bool crypted, bool strict,
			     struct tw_arena *a, struct tw_err *err)
{
	enum tw_rc rc = tw_secret_get(s, *value, crypted, a, value, err);

	if (rc == TW_ERR_DENIED && !strict) {
		*value = (struct tw_str){0};
		return TW_OK;
	}
	return rc;
}

/* ── variables ──────────────────────────────────────────────────────────────────────── */

#define VARIABLE "v.id, v.key, v.val, v.description, v.team_name, v.is_encrypted"

static void read_variable(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_variable_row *v = row;

	v->id = tw_q_get_int(q);
	v->key = tw_q_get_str(q, a);
	v->value = tw_q_get_str(q, a);
	v->description = tw_q_get_str(q, a);
	v->team_name = tw_q_get_str(q, a);
	v->is_encrypted = tw_q_get_int(q);
}

static enum tw_rc open_variable(struct tw_store *s, struct tw_variable_row *v, bool strict,
				struct tw_arena *a, struct tw_err *err)
{
	enum tw_rc rc = open_value(s, &v->value, v->is_encrypted, strict, a, err);

	return rc < 0 ? tw_err_wrap(err, "variable '" TW_STR_FMT "'", TW_STR_ARG(v->key)) : TW_OK;
}

enum tw_rc tw_store_variables(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			      struct tw_variable_row **ret_v, size_t *ret_n, int64_t *ret_total,
			      struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"id", "v.id", TW_F_INT},
		{"key", "v.key", TW_F_TEXT},
		{"variable_key", "v.key", TW_F_TEXT},
		{"description", "v.description", TW_F_TEXT},
		{"is_encrypted", "v.is_encrypted", TW_F_BOOL},
		{"team_name", "v.team_name", TW_F_TEXT},
	};
	static const struct tw_list_def def = {"variable", VARIABLE, "variable v",    "", NULL,
					       "v.id",	   fields,   TW_COUNT(fields)};

	TW_TRY(TW_LIST(s, &def, ask, struct tw_variable_row, read_variable, a, ret_v, ret_n,
		       ret_total, err));
	for (size_t i = 0; i < *ret_n; i++)
		TW_TRY(open_variable(s, &(*ret_v)[i], false, a, err));
	return TW_OK;
}

enum tw_rc tw_store_variable(struct tw_store *s, struct tw_str key, struct tw_arena *a,
			     struct tw_variable_row *ret_v, struct tw_err *err)
{
	struct tw_variable_row v = {0};
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select " VARIABLE " from variable v where v.key = ?");
	tw_q_put_str(&q, key);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return missing("variable", key, err);
	if (rc < 0)
		return rc;
	read_variable(&q, a, &v);
	tw_q_done(&q);
	TW_TRY(open_variable(s, &v, true, a, err));
	*ret_v = v;
	return TW_OK;
}

#define VARIABLE_SET                                                                               \
	" val = excluded.val, description = excluded.description,"                                 \
	" is_encrypted = excluded.is_encrypted, team_name = excluded.team_name"
#define VARIABLE_NEW                                                                               \
	"insert into variable (val, description, is_encrypted, team_name, key) values (?, ?, ?, ?, ?)"

enum tw_rc tw_store_variable_put(struct tw_store *s, const struct tw_variable_row *v,
				 enum tw_put how, struct tw_err *err)
{
	static const char *const sql[] = {
		[TW_PUT_INSERT] = VARIABLE_NEW,
		[TW_PUT_UPSERT] = VARIABLE_NEW " on conflict (key) do update set" VARIABLE_SET,
		[TW_PUT_UPDATE] =
			"update variable set val = ?, description = ?, is_encrypted = ?, team_name = ?"
			" where key = ?",
	};
	struct tw_buf value TW_AUTO(tw_buf_release) = {0};
	int64_t n = 0;
	enum tw_rc rc;
	bool crypted;

	TW_TRY(tw_secret_put(s, v->value.p ? v->value : TW_STR(""), &value, &crypted, err));
	rc = tw_q_exec(s, &n, err, sql[how], "ssiss", tw_buf_str(&value), v->description,
		       (int64_t)crypted, v->team_name, v->key);
	return outcome("variable", v->key, rc, n, err);
}

enum tw_rc tw_store_variable_delete(struct tw_store *s, struct tw_str key, struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_exec(s, &n, err, "delete from variable where key = ?", "s", key));
	return n ? TW_OK : missing("variable", key, err);
}

/* ── connections ────────────────────────────────────────────────────────────────────── */

#define CONNECTION                                                                                 \
	"c.id, c.conn_id, c.conn_type, c.description, c.host, c.schema, c.login, c.password,"      \
	" c.extra, c.port, c.team_name, c.is_encrypted, c.is_extra_encrypted"

static void read_connection(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_connection_row *c = row;

	c->id = tw_q_get_int(q);
	c->conn_id = tw_q_get_str(q, a);
	c->conn_type = tw_q_get_str(q, a);
	c->description = tw_q_get_str(q, a);
	c->host = tw_q_get_str(q, a);
	c->schema = tw_q_get_str(q, a);
	c->login = tw_q_get_str(q, a);
	c->password = tw_q_get_str(q, a);
	c->extra = tw_q_get_str(q, a);
	c->port = tw_q_get_int(q);
	c->team_name = tw_q_get_str(q, a);
	c->is_encrypted = tw_q_get_int(q);
	c->is_extra_encrypted = tw_q_get_int(q);
}

static enum tw_rc open_connection(struct tw_store *s, struct tw_connection_row *c, bool strict,
				  struct tw_arena *a, struct tw_err *err)
{
	enum tw_rc rc = open_value(s, &c->password, c->is_encrypted, strict, a, err);

	if (rc == TW_OK)
		rc = open_value(s, &c->extra, c->is_extra_encrypted, strict, a, err);
	return rc < 0 ? tw_err_wrap(err, "connection '" TW_STR_FMT "'", TW_STR_ARG(c->conn_id))
		      : TW_OK;
}

enum tw_rc tw_store_connections(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
				struct tw_connection_row **ret_v, size_t *ret_n, int64_t *ret_total,
				struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"id", "c.id", TW_F_INT},
		{"conn_id", "c.conn_id", TW_F_TEXT},
		{"connection_id", "c.conn_id", TW_F_TEXT},
		{"conn_type", "c.conn_type", TW_F_TEXT},
		{"description", "c.description", TW_F_TEXT},
		{"host", "c.host", TW_F_TEXT},
		{"port", "c.port", TW_F_INT},
		{"schema", "c.schema", TW_F_TEXT},
		{"login", "c.login", TW_F_TEXT},
		{"team_name", "c.team_name", TW_F_TEXT},
	};
	static const struct tw_list_def def = {"connection", CONNECTION, "connection c",  "", NULL,
					       "c.id",	     fields,	 TW_COUNT(fields)};

	TW_TRY(TW_LIST(s, &def, ask, struct tw_connection_row, read_connection, a, ret_v, ret_n,
		       ret_total, err));
	for (size_t i = 0; i < *ret_n; i++)
		TW_TRY(open_connection(s, &(*ret_v)[i], false, a, err));
	return TW_OK;
}

enum tw_rc tw_store_connection(struct tw_store *s, struct tw_str conn_id, struct tw_arena *a,
			       struct tw_connection_row *ret_c, struct tw_err *err)
{
	struct tw_connection_row c = {0};
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select " CONNECTION " from connection c where c.conn_id = ?");
	tw_q_put_str(&q, conn_id);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return missing("connection", conn_id, err);
	if (rc < 0)
		return rc;
	read_connection(&q, a, &c);
	tw_q_done(&q);
	TW_TRY(open_connection(s, &c, true, a, err));
	*ret_c = c;
	return TW_OK;
}

#define CONNECTION_NEW                                                                                \
	"insert into connection (conn_type, description, host, schema, login, port, password, extra," \
	" is_encrypted, is_extra_encrypted, team_name, conn_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define CONNECTION_SET                                                                               \
	" conn_type = excluded.conn_type, description = excluded.description, host = excluded.host," \
	" schema = excluded.schema, login = excluded.login, port = excluded.port,"                   \
	" password = excluded.password, extra = excluded.extra,"                                     \
	" is_encrypted = excluded.is_encrypted, is_extra_encrypted = excluded.is_extra_encrypted,"   \
	" team_name = excluded.team_name"

enum tw_rc tw_store_connection_put(struct tw_store *s, const struct tw_connection_row *c,
				   enum tw_put how, struct tw_err *err)
{
	static const char *const sql[] = {
		[TW_PUT_INSERT] = CONNECTION_NEW,
		[TW_PUT_UPSERT] =
			CONNECTION_NEW " on conflict (conn_id) do update set" CONNECTION_SET,
		[TW_PUT_UPDATE] =
			"update connection set conn_type = ?, description = ?, host = ?, schema = ?,"
			" login = ?, port = ?, password = ?, extra = ?, is_encrypted = ?,"
			" is_extra_encrypted = ?, team_name = ? where conn_id = ?",
	};
	struct tw_buf password TW_AUTO(tw_buf_release) = {0}, extra TW_AUTO(tw_buf_release) = {0};
	bool crypted, extra_crypted;
	int64_t n = 0;
	enum tw_rc rc;
	struct tw_q q;

	TW_TRY(tw_secret_put(s, c->password, &password, &crypted, err));
	TW_TRY(tw_secret_put(s, c->extra, &extra, &extra_crypted, err));
	tw_q(&q, s, sql[how]);
	tw_q_put_str(&q, c->conn_type.p ? c->conn_type : TW_STR(""));
	tw_q_put_str(&q, c->description);
	tw_q_put_str(&q, c->host);
	tw_q_put_str(&q, c->schema);
	tw_q_put_str(&q, c->login);
	tw_q_put_id(&q, c->port);
	tw_q_put_str(&q, tw_strn(password.p, password.n));
	tw_q_put_str(&q, tw_strn(extra.p, extra.n));
	tw_q_put_int(&q, crypted);
	tw_q_put_int(&q, extra_crypted);
	tw_q_put_str(&q, c->team_name);
	tw_q_put_str(&q, c->conn_id);
	rc = tw_q_run(&q, &n, err);
	return outcome("connection", c->conn_id, rc, n, err);
}

enum tw_rc tw_store_connection_delete(struct tw_store *s, struct tw_str conn_id, struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_exec(s, &n, err, "delete from connection where conn_id = ?", "s", conn_id));
	return n ? TW_OK : missing("connection", conn_id, err);
}

/* ── rotation ───────────────────────────────────────────────────────────────────────── */

static enum tw_rc rotate(struct tw_store *s, struct tw_arena *a, int64_t *n, struct tw_err *err)
{
	struct tw_connection_row *conns;
	struct tw_variable_row *vars;
	size_t nconns, nvars;

	TW_TRY(tw_store_variables(s, &TW_ASK_ALL, a, &vars, &nvars, NULL, err));
	TW_TRY(tw_store_connections(s, &TW_ASK_ALL, a, &conns, &nconns, NULL, err));
	for (size_t i = 0; i < nvars; i++) {
		struct tw_variable_row v;

		TW_TRY(tw_store_variable(s, vars[i].key, a, &v, err));
		TW_TRY(tw_store_variable_put(s, &v, TW_PUT_UPDATE, err));
		*n += 1;
	}
	for (size_t i = 0; i < nconns; i++) {
		struct tw_connection_row c;

		TW_TRY(tw_store_connection(s, conns[i].conn_id, a, &c, err));
		TW_TRY(tw_store_connection_put(s, &c, TW_PUT_UPDATE, err));
		*n += (c.password.n > 0) + (c.extra.n > 0);
	}
	return TW_OK;
}

enum tw_rc tw_store_vault_rotate(struct tw_store *s, int64_t *ret_n, struct tw_err *err)
{
	struct tw_arena a = {0};
	enum tw_rc rc;
	int64_t n = 0;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = rotate(s, &a, &n, err);
	tw_arena_release(&a);
	TW_TRY(tw_tx_leave(s, own, rc, err));
	*ret_n = n;
	return TW_OK;
}
