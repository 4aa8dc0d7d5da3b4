#include "base/utf8.h"

static bool is_cont(unsigned char c)
{
	return (c & 0xC0) == 0x80;
}

size_t tw_utf8_next(const char *p, size_t n, uint32_t *ret_cp)
{
	const unsigned char *s = (const unsigned char *)p;
	if (s[0] < 0x80) {
		*ret_cp = s[0];
		return 1;
	}
	if (s[0] >= 0xC2 && s[0] <= 0xDF) {
		if (n < 2 || !is_cont(s[1]))
			return 0;
		*ret_cp = (s[0] & 0x1Fu) << 6 | (s[1] & 0x3Fu);
		return 2;
	}
	if ((s[0] & 0xF0) == 0xE0) {
		if (n < 3 || !is_cont(s[1]) || !is_cont(s[2]) || (s[0] == 0xE0 && s[1] < 0xA0))
			return 0;
		*ret_cp = (s[0] & 0x0Fu) << 12 | (s[1] & 0x3Fu) << 6 | (s[2] & 0x3Fu);
		return 3;
	}
	if (s[0] >= 0xF0 && s[0] <= 0xF4) {
		if (n < 4 || !is_cont(s[1]) || !is_cont(s[2]) || !is_cont(s[3]) ||
		    (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
			return 0;
		*ret_cp = (s[0] & 0x07u) << 18 | (s[1] & 0x3Fu) << 12 | (s[2] & 0x3Fu) << 6 |
			  (s[3] & 0x3Fu);
		return 4;
	}
	return 0;
}

size_t tw_utf8_put(char out[4], uint32_t cp)
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

size_t tw_utf8_valid(struct tw_str s)
{
	size_t i = 0;
	while (i < s.n) {
		uint32_t cp;
		size_t n = tw_utf8_next(s.p + i, s.n - i, &cp);
		if (!n || tw_utf8_is_surrogate(cp))
			break;
		i += n;
	}
	return i;
}

size_t tw_utf8_len(struct tw_str s)
{
	size_t count = 0;
	for (size_t i = 0; i < s.n; count++) {
		uint32_t cp;
		size_t n = tw_utf8_next(s.p + i, s.n - i, &cp);
		i += n ? n : 1;
	}
	return count;
}
