#include "io/ldap.h"

#include <ctype.h>
#include <curl/curl.h>
#include <string.h>

#include "io/token.h"

#define TIMEOUT_S 10L
#define ANSWER_MAX (1u << 20)

void tw_ldap_escape_filter(struct tw_buf *out, struct tw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr("*()\\", s.p[i])) /* and NUL, which strchr finds at the end */
			tw_buf_printf(out, "\\%02x", (unsigned char)s.p[i]);
		else
			tw_buf_addc(out, s.p[i]);
}

void tw_ldap_escape_dn(struct tw_buf *out, struct tw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr(",+\"\\<>;=#", s.p[i]) || ((i == 0 || i + 1 == s.n) && s.p[i] == ' '))
			tw_buf_printf(out, "\\%02x", (unsigned char)s.p[i]);
		else
			tw_buf_addc(out, s.p[i]);
}

/* ── the question ─────────────────────────────────────────────────────────────────────── */

static void add_quoted(struct tw_buf *out, const char *text)
{
	for (; *text; text++)
		if (isalnum((unsigned char)*text) || strchr("-._~=,", *text))
			tw_buf_addc(out, *text);
		else
			tw_buf_printf(out, "%%%02X", (unsigned char)*text);
}

static size_t take(char *p, size_t size, size_t n, void *arg)
{
	struct tw_buf *out = arg;

	if (out->n + size * n > ANSWER_MAX)
		return 0;
	tw_buf_add(out, p, size * n);
	return size * n;
}

static enum tw_rc ask(const struct tw_ldap *l, const char *url, struct tw_buf *out, struct tw_err *err)
{
	CURL *c = curl_easy_init();
	CURLcode code;

	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "ldap,ldaps");
	curl_easy_setopt(c, CURLOPT_TIMEOUT, TIMEOUT_S);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, out);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, l->insecure ? 0L : 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, l->insecure ? 0L : 2L);
	if (l->ca_file && *l->ca_file)
		curl_easy_setopt(c, CURLOPT_CAINFO, l->ca_file);
	if (l->user && *l->user) {
		curl_easy_setopt(c, CURLOPT_USERNAME, l->user);
		curl_easy_setopt(c, CURLOPT_PASSWORD, l->password ? l->password : "");
	}
	code = curl_easy_perform(c);
	curl_easy_cleanup(c);
	if (code == CURLE_OK)
		return TW_OK;
	if (code == CURLE_LOGIN_DENIED || code == CURLE_LDAP_CANNOT_BIND)
		return tw_err_set(err, TW_ERR_DENIED, "the LDAP server refuses that name and password");
	if (code == CURLE_REMOTE_FILE_NOT_FOUND)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "the LDAP server has nothing there");
	return tw_err_set(err, TW_ERR_IO, "the LDAP server %s: %s", l->url, curl_easy_strerror(code));
}

/* The root of the server's tree is for everybody to read: asking for it shows that the name was taken. */
enum tw_rc tw_ldap_bind(const struct tw_ldap *l, struct tw_err *err)
{
	struct tw_buf url TW_AUTO(tw_buf_release) = {0}, out TW_AUTO(tw_buf_release) = {0};
	enum tw_rc rc;

	if (!l->user || !*l->user || !l->password || !*l->password)
		return tw_err_set(err, TW_ERR_DENIED, "an empty name or password");
	tw_buf_printf(&url, "%s/?objectClass?base?(objectClass=*)", l->url);
	rc = ask(l, tw_buf_cstr(&url), &out, err);
	return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

/* ── the answer ───────────────────────────────────────────────────────────────────────── */

/* "name: value" or "name:: base64". */
static bool read_line(struct tw_str line, struct tw_arena *a, struct tw_str *ret_name, struct tw_str *ret_value)
{
	struct tw_str rest, name = tw_str_cut(line, ':', &rest);
	struct tw_buf plain TW_AUTO(tw_buf_release) = {0}, lower TW_AUTO(tw_buf_release) = {0};
	bool coded = rest.n && rest.p[0] == ':';

	if (!rest.p || !name.n)
		return false;
	for (size_t i = 0; i < name.n; i++)
		tw_buf_addc(&lower, (char)tolower((unsigned char)name.p[i]));
	rest = tw_str_trim(coded ? tw_strn(rest.p + 1, rest.n - 1) : rest);
	if (coded && !tw_base64_decode(&plain, rest))
		return false;
	*ret_name = tw_str_copy(a, tw_buf_str(&lower));
	*ret_value = tw_str_copy(a, coded ? tw_buf_str(&plain) : rest);
	return true;
}

static void read_entries(struct tw_str text, struct tw_arena *a, struct tw_value list)
{
	struct tw_value entry = TW_NULL;

	while (text.p) {
		struct tw_str line = tw_str_trim(tw_str_cut(text, '\n', &text)), name, value;
		struct tw_value values;

		if (!read_line(line, a, &name, &value))
			continue;
		if (tw_str_is(name, "dn")) {
			entry = tw_v_map(a);
			tw_map_put(a, entry, name, tw_v_str(value));
			tw_list_push(a, list, entry);
		} else if (entry.kind == TW_V_MAP) {
			const struct tw_value *there = tw_map_find(entry, name);

			values = there ? *there : tw_v_list(a);
			tw_list_push(a, values, tw_v_str(value));
			tw_map_put(a, entry, name, values);
		}
	}
}

enum tw_rc tw_ldap_search(const struct tw_ldap *l, const char *base, const char *filter, const char *const *attributes,
			  struct tw_arena *a, struct tw_value *ret_list, struct tw_err *err)
{
	struct tw_buf url TW_AUTO(tw_buf_release) = {0}, out TW_AUTO(tw_buf_release) = {0};
	struct tw_value list = tw_v_list(a);
	enum tw_rc rc;

	tw_buf_printf(&url, "%s/", l->url);
	add_quoted(&url, base);
	for (size_t i = 0; attributes[i]; i++) {
		tw_buf_addc(&url, i ? ',' : '?');
		add_quoted(&url, attributes[i]);
	}
	tw_buf_adds(&url, "?sub?");
	add_quoted(&url, filter);
	rc = ask(l, tw_buf_cstr(&url), &out, err);
	if (rc < 0 && rc != TW_ERR_NOT_FOUND)
		return rc;
	read_entries(tw_buf_str(&out), a, list);
	*ret_list = list;
	return TW_OK;
}
