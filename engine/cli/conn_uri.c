#include "cli/conn_uri.h"

#include <ctype.h>
#include <stdlib.h>

#include "value/json.h"

static struct tw_str json_text(struct tw_arena *a, struct tw_value v)
{
	char *text = tw_json_dump(v, TW_JSON_PYTHON);
	struct tw_str s = tw_str_copy(a, tw_str(text));

	free(text);
	return s;
}

static struct tw_str lower(struct tw_arena *a, struct tw_str s)
{
	char *copy = tw_arena_strndup(a, s.p, s.n);

	for (size_t i = 0; i < s.n; i++)
		copy[i] = (char)tolower((unsigned char)copy[i]);
	return tw_strn(copy, s.n);
}

static struct tw_str conn_type(struct tw_arena *a, struct tw_str scheme)
{
	struct tw_str t = tw_str_copy(a, scheme);

	if (tw_str_is(t, "postgresql"))
		return TW_STR("postgres");
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] == '-')
			((char *)t.p)[i] = '_';
	return t;
}

static int hex_digit(char ch)
{
	return tw_is_digit(ch)		? ch - '0'
	       : ch >= 'a' && ch <= 'f' ? ch - 'a' + 10
	       : ch >= 'A' && ch <= 'F' ? ch - 'A' + 10
					: -1;
}

/* As Python's unquote: a '%' without two digits behind it stands for itself (passwords are often
 * pasted in as they are). */
static struct tw_str decode(struct tw_arena *a, struct tw_str in, bool plus)
{
	char *out = tw_arena_alloc(a, in.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		int high = i + 2 < in.n ? hex_digit(in.p[i + 1]) : -1,
		    low = i + 2 < in.n ? hex_digit(in.p[i + 2]) : -1;

		if (in.p[i] == '%' && high >= 0 && low >= 0) {
			out[n++] = (char)(high * 16 + low);
			i += 2;
		} else {
			out[n++] = plus && in.p[i] == '+' ? ' ' : in.p[i];
		}
	}
	out[n] = '\0';
	return tw_strn(out, n);
}

/* ?a=1&b=x to a JSON object; each value is JSON when it parses; __extra__ is all of it. */
static enum tw_rc read_query(struct tw_arena *a, struct tw_str query, struct tw_connection_row *c,
			     struct tw_err *err)
{
	struct tw_value extra = tw_v_map(a);

	while (query.p && query.n) {
		struct tw_str pair = tw_str_cut(query, '&', &query), raw, key, text;
		struct tw_value v;

		key = decode(a, tw_str_cut(pair, '=', &raw), true);
		text = decode(a, raw.p ? raw : TW_STR(""), true);
		if (tw_str_is(key, "__extra__")) {
			if (text.n && tw_json_parse(a, text, &v, err) < 0)
				return tw_err_wrap(err, "a connection's __extra__ is no JSON");
			c->extra = text;
			return TW_OK;
		}
		tw_map_put(a, extra, key,
			   tw_json_parse(a, text, &v, NULL) == TW_OK ? v : tw_v_str(text));
	}
	if (tw_value_len(extra))
		c->extra = json_text(a, extra);
	return TW_OK;
}

/* host:port, [v6]:port. Host names have no case. */
static enum tw_rc read_host(struct tw_arena *a, struct tw_str text, struct tw_connection_row *c,
			    struct tw_err *err)
{
	size_t colon = text.n;
	int64_t port;

	for (size_t i = text.n; i-- > 0 && text.p[i] != ']';)
		if (text.p[i] == ':') {
			colon = i;
			break;
		}
	if (colon < text.n && colon + 1 < text.n) {
		if (!tw_str_to_int(tw_strn(text.p + colon + 1, text.n - colon - 1), &port) ||
		    port < 0 || port > 65535)
			return tw_err_set(
				err, TW_ERR_INVALID,
				"the connection URI's port '" TW_STR_FMT "' is no port",
				TW_STR_ARG(tw_strn(text.p + colon + 1, text.n - colon - 1)));
		c->port = port;
	}
	text = tw_strn(text.p, colon);
	if (text.n > 1 && text.p[0] == '[' && text.p[text.n - 1] == ']')
		text = tw_strn(text.p + 1, text.n - 2);
	c->host = decode(a, lower(a, text), false);
	return TW_OK;
}

static ptrdiff_t find_last(struct tw_str s, char ch)
{
	for (size_t i = s.n; i-- > 0;)
		if (s.p[i] == ch)
			return (ptrdiff_t)i;
	return -1;
}

enum tw_rc tw_conn_from_uri(struct tw_arena *a, struct tw_str uri, struct tw_connection_row *ret_c,
			    struct tw_err *err)
{
	struct tw_connection_row c = {0};
	ptrdiff_t sep, inner, slash, at;
	struct tw_str rest, query = {0}, authority, path = {0}, prefix = {0};
	enum tw_rc rc;

	uri = tw_str_trim(uri);
	if (uri.n && uri.p[0] == '{')
		return tw_conn_from_json(a, uri, ret_c, err);
	sep = tw_str_find(uri, TW_STR("://"), 0);
	if (sep < 0)
		return tw_err_set(err, TW_ERR_INVALID,
				  "'" TW_STR_FMT
				  "' is no connection URI (type://login:password@host:port/schema)",
				  TW_STR_ARG(uri.n > 12 ? tw_strn(uri.p, 12) : uri));
	c.conn_type = conn_type(a, lower(a, tw_strn(uri.p, (size_t)sep)));
	rest = tw_strn(uri.p + sep + 3, uri.n - (size_t)sep - 3);
	rest = tw_str_cut(rest, '?', &query);
	inner = tw_str_find(rest, TW_STR("://"), 0);
	if (inner >= 0) {
		prefix = tw_strn(rest.p, (size_t)inner + 3);
		if (tw_str_find(prefix, TW_STR("@"), 0) >= 0)
			return tw_err_set(
				err, TW_ERR_INVALID,
				"a connection URI has its host's own scheme in front of the login: "
				"type://https://login:password@host");
		rest = tw_strn(rest.p + inner + 3, rest.n - (size_t)inner - 3);
	}
	slash = tw_str_find(rest, TW_STR("/"), 0);
	authority = slash < 0 ? rest : tw_strn(rest.p, (size_t)slash);
	if (slash >= 0)
		path = tw_strn(rest.p + slash + 1, rest.n - (size_t)slash - 1);
	at = find_last(authority, '@');
	if (at >= 0) {
		struct tw_str password,
			login = tw_str_cut(tw_strn(authority.p, (size_t)at), ':', &password);

		c.login = decode(a, login, false);
		if (password.p)
			c.password = decode(a, password, false);
		authority = tw_strn(authority.p + at + 1, authority.n - (size_t)at - 1);
	}
	rc = read_host(a, authority, &c, err);
	if (path.n)
		c.schema = decode(a, path, false);
	if (rc == TW_OK && query.p)
		rc = read_query(a, query, &c, err);
	if (rc < 0)
		return rc;
	if (prefix.n)
		c.host = tw_str(tw_arena_printf(a, TW_STR_FMT TW_STR_FMT, TW_STR_ARG(prefix),
						TW_STR_ARG(c.host)));
	if (!c.host.n)
		c.host = (struct tw_str){0};
	*ret_c = c;
	return TW_OK;
}

enum tw_rc tw_conn_from_value(struct tw_arena *a, struct tw_value v,
			      struct tw_connection_row *ret_c, struct tw_err *err)
{
	struct tw_connection_row c = {0};
	struct tw_value extra = tw_map_value(v, "extra"), port = tw_map_value(v, "port");

	if (v.kind != TW_V_MAP)
		return tw_err_set(err, TW_ERR_INVALID, "a connection is a JSON object or a URI");
	c.conn_type = conn_type(a, tw_map_str(v, "conn_type", ""));
	c.description = tw_map_str(v, "description", NULL);
	c.host = tw_map_str(v, "host", NULL);
	c.login = tw_map_str(v, "login", NULL);
	c.password = tw_map_str(v, "password", NULL);
	c.schema = tw_map_str(v, "schema", NULL);
	if (extra.kind == TW_V_STR)
		c.extra = extra.s;
	else if (extra.kind != TW_V_NULL && !(extra.kind == TW_V_MAP && !tw_value_len(extra)))
		c.extra = json_text(a, extra);
	if (port.kind == TW_V_INT)
		c.port = port.i;
	else if (port.kind == TW_V_STR && port.s.n && !tw_str_to_int(port.s, &c.port))
		return tw_err_set(err, TW_ERR_INVALID, "port '" TW_STR_FMT "' is no number",
				  TW_STR_ARG(port.s));
	*ret_c = c;
	return TW_OK;
}

enum tw_rc tw_conn_from_json(struct tw_arena *a, struct tw_str json,
			     struct tw_connection_row *ret_c, struct tw_err *err)
{
	struct tw_value v;
	enum tw_rc rc = tw_json_parse(a, json, &v, err);

	return rc < 0 ? rc : tw_conn_from_value(a, v, ret_c, err);
}

/* plus: a blank is '+', as in queries. */
static void quote(struct tw_buf *out, struct tw_str s, bool plus)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
		    (ch >= '0' && ch <= '9') || strchr("_.-~", ch))
			tw_buf_addc(out, (char)ch);
		else if (ch == ' ' && plus)
			tw_buf_addc(out, '+');
		else
			tw_buf_printf(out, "%%%02X", ch);
	}
}

static void write_extra(struct tw_buf *out, struct tw_str extra)
{
	struct tw_arena a = {0};
	struct tw_value v;
	bool flat = tw_json_parse(&a, extra, &v, NULL) == TW_OK && v.kind == TW_V_MAP &&
		    tw_value_len(v);

	for (size_t i = 0; flat && i < v.map->n; i++)
		flat = v.map->v[i].value.kind == TW_V_STR;
	if (!flat) {
		tw_buf_adds(out, "?__extra__=");
		quote(out, extra, true);
	}
	for (size_t i = 0; flat && i < v.map->n; i++) {
		tw_buf_addc(out, i ? '&' : '?');
		quote(out, v.map->v[i].key.s, true);
		tw_buf_addc(out, '=');
		quote(out, v.map->v[i].value.s, true);
	}
	tw_arena_release(&a);
}

void tw_conn_to_uri(const struct tw_connection_row *c, struct tw_buf *out)
{
	ptrdiff_t inner = tw_str_find(c->host, TW_STR("://"), 0);
	struct tw_str host = c->host;

	for (size_t i = 0; i < c->conn_type.n; i++)
		tw_buf_addc(out, c->conn_type.p[i] == '_'
					 ? '-'
					 : (char)tolower((unsigned char)c->conn_type.p[i]));
	tw_buf_adds(out, "://");
	if (c->host.p && inner >= 0) {
		tw_buf_add(out, host.p, (size_t)inner + 3);
		host = tw_strn(host.p + inner + 3, host.n - (size_t)inner - 3);
	}
	if (c->login.n || c->password.n) {
		quote(out, c->login, false);
		if (c->password.n) {
			tw_buf_addc(out, ':');
			quote(out, c->password, false);
		}
		tw_buf_addc(out, '@');
	} else if (!host.n && c->port)
		tw_buf_addc(out, '@');
	if (host.n)
		quote(out, host, false);
	if (c->port)
		tw_buf_printf(out, ":%lld", (long long)c->port);
	if (c->schema.n || c->extra.n) {
		tw_buf_addc(out, '/');
		quote(out, c->schema, false);
	}
	if (c->extra.n)
		write_extra(out, c->extra);
}
