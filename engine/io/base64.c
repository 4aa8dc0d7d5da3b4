#include "io/token.h"

static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(struct tw_buf *out, struct tw_str s, const char *abc, bool pad)
{
	const unsigned char *p = (const unsigned char *)s.p;
	tw_buf_reserve(out, s.n / 3 * 4 + 4);
	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		uint32_t w = (uint32_t)p[i] << 16;
		if (left > 1)
			w |= (uint32_t)p[i + 1] << 8;
		if (left > 2)
			w |= p[i + 2];
		tw_buf_addc(out, abc[w >> 18]);
		tw_buf_addc(out, abc[w >> 12 & 63]);
		if (left > 1)
			tw_buf_addc(out, abc[w >> 6 & 63]);
		else if (pad)
			tw_buf_addc(out, '=');
		if (left > 2)
			tw_buf_addc(out, abc[w & 63]);
		else if (pad)
			tw_buf_addc(out, '=');
	}
}

static bool decode(struct tw_buf *out, struct tw_str s, const char *abc)
{
	size_t start = out->n;
	if (s.n && s.n % 4 == 0 && s.p[s.n - 1] == '=')
		s.n -= s.p[s.n - 2] == '=' ? 2 : 1;
	if (s.n % 4 == 1)
		return false;
	tw_buf_reserve(out, s.n);
	uint32_t w = 0;
	int bits = 0;
	for (size_t i = 0; i < s.n; i++) {
		const char *hit = s.p[i] ? strchr(abc, s.p[i]) : NULL;
		if (!hit) {
			out->n = start;
			out->p[start] = 0;
			return false;
		}
		w = w << 6 | (uint32_t)(hit - abc);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			tw_buf_addc(out, (char)(w >> bits));
		}
	}
	return true;
}

void tw_base64url(struct tw_buf *out, struct tw_str bytes, bool pad)
{
	encode(out, bytes, url, pad);
}

bool tw_base64url_decode(struct tw_buf *out, struct tw_str text)
{
	return decode(out, text, url);
}

void tw_base64(struct tw_buf *out, struct tw_str bytes)
{
	encode(out, bytes, plain, true);
}

bool tw_base64_decode(struct tw_buf *out, struct tw_str text)
{
	return decode(out, text, plain);
}
