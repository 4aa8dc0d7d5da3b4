#include "operator/decode.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>

#include "base/utf8.h"

struct tw_decoder {
	bool utf8;
	iconv_t cd; /* to UTF-8, when not utf8 */
};

/* "UTF_8", "utf8" → "utf-8"; the rest as iconv knows it. */
static const char *iconv_name(struct tw_str encoding, char out[64])
{
	size_t n = 0;
	for (size_t i = 0; i < encoding.n && n < 63; i++) {
		char c = encoding.p[i];
		out[n++] = c == '_' ? '-' : c;
	}
	out[n] = '\0';
	struct tw_str s = tw_strn(out, n);
	if (tw_str_caseeq(s, "utf8") || tw_str_caseeq(s, "utf-8") || tw_str_caseeq(s, "u8"))
		return "utf-8";
	if (tw_str_caseeq(s, "latin-1") || tw_str_caseeq(s, "latin1") || tw_str_caseeq(s, "l1"))
		return "iso-8859-1";
	return out;
}

enum tw_rc tw_decoder_new(struct tw_str encoding, struct tw_decoder **ret_d, struct tw_err *err)
{
	char space[64];
	const char *name = iconv_name(encoding, space);
	struct tw_decoder *d = tw_new(struct tw_decoder);
	d->utf8 = strcmp(name, "utf-8") == 0;
	if (!d->utf8) {
		d->cd = iconv_open("UTF-8", name);
		if (d->cd == (iconv_t)-1) {
			free(d);
			return tw_err_set(err, TW_ERR_UNSUPPORTED,
					  "unknown output_encoding '" TW_STR_FMT "'",
					  TW_STR_ARG(encoding));
		}
	}
	*ret_d = d;
	return TW_OK;
}

void tw_decoder_free(struct tw_decoder *d)
{
	if (!d)
		return;
	if (!d->utf8)
		iconv_close(d->cd);
	free(d);
}

static void from_utf8(struct tw_str s, struct tw_buf *out)
{
	while (s.n) {
		size_t n = tw_utf8_valid(s);
		tw_buf_add(out, s.p, n);
		s = tw_strn(s.p + n, s.n - n);
		if (s.n) {
			tw_buf_printf(out, "\\x%02x", (unsigned char)*s.p);
			s = tw_strn(s.p + 1, s.n - 1);
		}
	}
}

static void from_other(iconv_t cd, struct tw_str s, struct tw_buf *out)
{
	char *in = (char *)s.p, chunk[1024];
	size_t left = s.n;
	iconv(cd, NULL, NULL, NULL, NULL);
	while (left) {
		char *to = chunk;
		size_t room = sizeof chunk;
		size_t rc = iconv(cd, &in, &left, &to, &room);
		tw_buf_add(out, chunk, sizeof chunk - room);
		if (rc == (size_t)-1 && errno != E2BIG && left) {
			tw_buf_printf(out, "\\x%02x", (unsigned char)*in++);
			left--;
		}
	}
}

/* str.isspace's characters at the end of the first n bytes: how many bytes they take. */
static size_t space_at_end(const char *p, size_t n)
{
	unsigned char c = (unsigned char)p[n - 1];
	if (c < 0x80)
		return (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
	size_t len = 1;
	while (len < 4 && len < n && ((unsigned char)p[n - len] & 0xC0) == 0x80)
		len++;
	uint32_t cp;
	if (tw_utf8_next(p + n - len, len, &cp) != len)
		return 0;
	bool space = cp == 0x85 || cp == 0xA0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) ||
		     cp == 0x2028 || cp == 0x2029 || cp == 0x202F || cp == 0x205F || cp == 0x3000;
	return space ? len : 0;
}

void tw_decoder_line(struct tw_decoder *d, struct tw_str bytes, struct tw_buf *out)
{
	size_t start = out->n;
	if (d->utf8)
		from_utf8(bytes, out);
	else
		from_other(d->cd, bytes, out);
	for (size_t n; out->n > start && (n = space_at_end(out->p, out->n));)
		out->n -= n;
	if (out->p)
		out->p[out->n] = '\0';
}
