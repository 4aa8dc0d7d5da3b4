/*
 * StatsD over UDP ([metrics] statsd_…): counters, gauges and timers under Airflow's names. What is said is put together into datagrams
 * that leave at flush; nobody waits for them, and nobody hears when no one listens.
 */
#pragma once

#include "base/str.h"

struct tw_statsd_opts {
	bool on;
	const char *host;
	int port;
	bool ipv6;
	const char *prefix;
	const char *allow, *block; /* regular expressions separated by commas; "" or NULL: none */
	bool legacy;               /* also the names with DAG and task in them */
	bool influx, datadog;      /* how tags are written; neither: not at all */
	bool datadog_tags;         /* metrics have tags, not only the constant ones */
	const char *constant_tags; /* "key:value,key:value", Datadog's */
	const char *disabled_tags; /* names separated by commas */
};

struct tw_statsd;
/* *ret NULL when it is off. TW_ERR_INVALID: a host or an expression. */
enum tw_rc tw_statsd_new(const struct tw_statsd_opts *o, struct tw_statsd **ret, struct tw_err *err);
void tw_statsd_free(struct tw_statsd *s);

struct tw_stat_tag {
	const char *name;
	struct tw_str value;
};

/*
 * legacy: NULL, or the old name, in which {0}, {1} … are the tags' values. kind: 'c' counter, 'g' gauge, 'm' timer (value: milliseconds).
 * All are nothing when s is NULL.
 */
void tw_statsd_say(struct tw_statsd *s, char kind, const char *name, const char *legacy, double value,
		   const struct tw_stat_tag *tags, size_t ntags);
void tw_statsd_flush(struct tw_statsd *s);

#define tw_statsd_plain(s, kind, name, value) tw_statsd_say(s, kind, name, NULL, value, NULL, 0)
