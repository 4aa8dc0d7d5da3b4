#include "daemon/statsd.h"

#include <netdb.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"

#define DATAGRAM 1400

struct tw_statsd {
	struct tw_statsd_opts o;
	int fd;
	TW_VEC(regex_t) allow, block;
	struct tw_buf out;
};

static enum tw_rc compile(const char *list, const char *option, void *vec, struct tw_err *err)
{
	TW_VEC(regex_t) *v = vec;
	struct tw_str rest = tw_str(list ? list : "");

	while (rest.p && rest.n) {
		char *one = tw_str_dup(tw_str_trim(tw_str_cut(rest, ',', &rest)));
		regex_t re;
		int rc = *one ? regcomp(&re, one, REG_EXTENDED | REG_NOSUB) : 0;

		if (rc) {
			tw_err_set(err, TW_ERR_INVALID, "[metrics] %s: '%s' is no regular expression", option, one);
			free(one);
			return TW_ERR_INVALID;
		}
		if (*one)
			tw_vec_push(v, re);
		free(one);
	}
	return TW_OK;
}

static enum tw_rc open_socket(struct tw_statsd *s, struct tw_err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_family = s->o.ipv6 ? AF_INET6 : AF_INET}, *found;
	char port[16];
	int rc;

	snprintf(port, sizeof port, "%d", s->o.port);
	rc = getaddrinfo(s->o.host, port, &hints, &found);
	if (rc)
		return tw_err_set(err, TW_ERR_INVALID, "[metrics] statsd_host '%s': %s", s->o.host, gai_strerror(rc));
	s->fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd >= 0 && connect(s->fd, found->ai_addr, found->ai_addrlen) < 0) {
		close(s->fd);
		s->fd = -1;
	}
	freeaddrinfo(found);
	return s->fd < 0 ? tw_err_set(err, TW_ERR_IO, "[metrics] statsd_host '%s': no socket", s->o.host) : TW_OK;
}

enum tw_rc tw_statsd_new(const struct tw_statsd_opts *o, struct tw_statsd **ret, struct tw_err *err)
{
	struct tw_statsd *s;
	enum tw_rc rc;

	*ret = NULL;
	if (!o->on)
		return TW_OK;
	s = tw_new(struct tw_statsd);
	s->o = *o;
	s->fd = -1;
	rc = compile(o->allow, "metrics_allow_list", &s->allow, err);
	if (rc == TW_OK)
		rc = compile(o->block, "metrics_block_list", &s->block, err);
	if (rc == TW_OK)
		rc = open_socket(s, err);
	if (rc < 0)
		tw_statsd_free(s);
	else
		*ret = s;
	return rc;
}

void tw_statsd_free(struct tw_statsd *s)
{
	if (!s)
		return;
	tw_statsd_flush(s);
	if (s->fd >= 0)
		close(s->fd);
	for (size_t i = 0; i < s->allow.n; i++)
		regfree(&s->allow.v[i]);
	for (size_t i = 0; i < s->block.n; i++)
		regfree(&s->block.v[i]);
	tw_vec_release(&s->allow);
	tw_vec_release(&s->block);
	tw_buf_release(&s->out);
	free(s);
}

void tw_statsd_flush(struct tw_statsd *s)
{
	if (!s || !s->out.n)
		return;
	(void)!send(s->fd, s->out.p, s->out.n - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	tw_buf_clear(&s->out);
}

/* The block list is asked when there is no allow list, as Airflow does. */
static bool wanted(const struct tw_statsd *s, const char *name)
{
	const regex_t *v = s->allow.n ? s->allow.v : s->block.v;
	size_t n = s->allow.n ? s->allow.n : s->block.n;

	for (size_t i = 0; i < n; i++)
		if (regexec(&v[i], name, 0, NULL, 0) == 0)
			return s->allow.n;
	return !s->allow.n;
}

/* What means something to the protocol is none of a name's business. */
static void put_clean(struct tw_buf *out, struct tw_str text, bool tag)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool bad = (unsigned char)c <= ' ' || c == ':' || c == '|' || c == '@' || c == '#' ||
			   (tag && (c == ',' || c == '='));

		tw_buf_addc(out, bad ? '_' : c);
	}
}

static bool disabled(const struct tw_statsd *s, const char *tag)
{
	struct tw_str rest = tw_str(s->o.disabled_tags ? s->o.disabled_tags : "");

	while (rest.p && rest.n)
		if (tw_str_is(tw_str_trim(tw_str_cut(rest, ',', &rest)), tag))
			return true;
	return false;
}

static void put_tags(const struct tw_statsd *s, struct tw_buf *out, const struct tw_stat_tag *tags, size_t n)
{
	bool first = true;

	if (s->o.datadog && s->o.constant_tags && *s->o.constant_tags) {
		tw_buf_printf(out, "|#%s", s->o.constant_tags);
		first = false;
	}
	for (size_t i = 0; i < n; i++) {
		if (disabled(s, tags[i].name) || (s->o.datadog && !s->o.datadog_tags))
			continue;
		tw_buf_adds(out, s->o.influx ? "," : first ? "|#" : ",");
		tw_buf_printf(out, "%s%c", tags[i].name, s->o.influx ? '=' : ':');
		put_clean(out, tags[i].value, true);
		first = false;
	}
}

static void put(struct tw_statsd *s, char kind, const char *name, double value, const struct tw_stat_tag *tags, size_t n)
{
	struct tw_buf line = {0};

	if (s->o.prefix && *s->o.prefix)
		tw_buf_printf(&line, "%s.", s->o.prefix);
	tw_buf_adds(&line, name);
	if (s->o.influx)
		put_tags(s, &line, tags, n);
	if (kind == 'm')
		tw_buf_printf(&line, ":%.6f|ms", value);
	else
		tw_buf_printf(&line, ":%.15g|%c", value, kind);
	if (s->o.datadog)
		put_tags(s, &line, tags, n);
	if (s->out.n + line.n + 1 > DATAGRAM)
		tw_statsd_flush(s);
	tw_buf_addstr(&s->out, tw_buf_str(&line));
	tw_buf_addc(&s->out, '\n');
	tw_buf_release(&line);
}

void tw_statsd_say(struct tw_statsd *s, char kind, const char *name, const char *legacy, double value,
		   const struct tw_stat_tag *tags, size_t ntags)
{
	struct tw_buf old = {0};

	if (!s)
		return;
	if (wanted(s, name))
		put(s, kind, name, value, tags, ntags);
	if (!legacy || !s->o.legacy)
		return;
	for (const char *p = legacy; *p; p++) {
		if (*p == '{' && p[1] >= '0' && (size_t)(p[1] - '0') < ntags && p[2] == '}') {
			put_clean(&old, tags[p[1] - '0'].value, false);
			p += 2;
		} else {
			tw_buf_addc(&old, *p);
		}
	}
	if (wanted(s, tw_buf_cstr(&old)))
		put(s, kind, tw_buf_cstr(&old), value, NULL, 0);
	tw_buf_release(&old);
}
