#include <stdio.h>

#include "base/utf8.h"
#include "operator/operator.h"

static const struct tw_op_type *const table[] = {
	&tw_op_empty,
	&tw_op_bash,
	&tw_op_file_sensor,
	&tw_op_date_time_sensor,
	&tw_op_time_sensor,
	&tw_op_time_delta_sensor,
	&tw_op_wait_sensor,
	&tw_op_day_of_week_sensor,
	&tw_op_external_task_sensor,
};

const struct tw_op_type *tw_op_find(struct tw_str name)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (tw_str_is(name, table[i]->name))
			return table[i];
	return NULL;
}

void tw_op_fail(struct tw_op *op, const char *exception, const char *fmt, ...)
{
	TW_AUTO(tw_buf_release) struct tw_buf reason = {0};
	va_list ap;
	va_start(ap, fmt);
	tw_buf_vprintf(&reason, fmt, ap);
	va_end(ap);
	const struct tw_op_outcome o = {
		.state = "failed",
		.reason = tw_buf_str(&reason),
		.exception = exception,
		.exit_code = -1,
	};
	op->host->done(op, &o);
}

static void repr_char(struct tw_buf *out, uint32_t cp, struct tw_str bytes, char quote)
{
	if (cp == '\\' || cp == (unsigned char)quote) {
		tw_buf_addc(out, '\\');
		tw_buf_addc(out, (char)cp);
	} else if (cp == '\n') {
		tw_buf_adds(out, "\\n");
	} else if (cp == '\r') {
		tw_buf_adds(out, "\\r");
	} else if (cp == '\t') {
		tw_buf_adds(out, "\\t");
	} else if (cp < 0x20 || (cp >= 0x7f && cp <= 0xa0) || cp == 0xad) {
		tw_buf_printf(out, "\\x%02x", cp);
	} else if (tw_utf8_is_surrogate(cp)) {
		tw_buf_printf(out, "\\u%04x", cp);
	} else {
		tw_buf_addstr(out, bytes);
	}
}

void tw_op_repr(struct tw_buf *out, struct tw_str s)
{
	char quote = memchr(s.p, '\'', s.n) && !memchr(s.p, '"', s.n) ? '"' : '\'';
	tw_buf_addc(out, quote);
	for (size_t i = 0; i < s.n;) {
		uint32_t cp;
		size_t n = tw_utf8_next(s.p + i, s.n - i, &cp);
		if (!n) {
			tw_buf_printf(out, "\\x%02x", (unsigned char)s.p[i++]);
			continue;
		}
		repr_char(out, cp, tw_strn(s.p + i, n), quote);
		i += n;
	}
	tw_buf_addc(out, quote);
}
