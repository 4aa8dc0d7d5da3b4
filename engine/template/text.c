#include "template/text.h"

#include <utf8proc.h>

#include "base/utf8.h"

int32_t tw_u8_next(const char *s, size_t n, size_t *i)
{
	const unsigned char *p = (const unsigned char *)s + *i;
	size_t left = n - *i;
	int32_t c = p[0];
	size_t len = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;

	if (len == 1 || len > left) {
		(*i)++;
		return c;
	}
	c &= 0xff >> (len + 1);
	for (size_t k = 1; k < len; k++) {
		if ((p[k] & 0xc0) != 0x80) {
			(*i)++;
			return p[0];
		}
		c = c << 6 | (p[k] & 0x3f);
	}
	*i += len;
	return c;
}

int32_t tw_u8_prev(const char *s, size_t *i)
{
	size_t j = *i - 1, k;
	int32_t c;

	for (k = 0; k < 3 && j > 0 && ((unsigned char)s[j] & 0xc0) == 0x80; k++)
		j--;
	k = j;
	c = tw_u8_next(s, *i, &k);
	if (k == *i) {
		*i = j;
		return c;
	}
	(*i)--;
	return (unsigned char)s[*i];
}

size_t tw_u8_put(char *p, int32_t c)
{
	return tw_utf8_put(p, (uint32_t)c);
}

bool tw_u8_ascii(struct tw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

size_t tw_u8_len(struct tw_str s)
{
	size_t len = 0;

	for (size_t i = 0; i < s.n; len++) {
		if ((unsigned char)s.p[i] < 0x80)
			i++;
		else
			tw_u8_next(s.p, s.n, &i);
	}
	return len;
}

size_t tw_u8_index(struct tw_str s, size_t k)
{
	size_t i = 0;

	while (k-- > 0 && i < s.n)
		tw_u8_next(s.p, s.n, &i);
	return i;
}

struct tw_str tw_u8_sub(struct tw_str s, size_t from, size_t to)
{
	size_t a = tw_u8_index(s, from), b;

	if (to <= from)
		return tw_strn(s.p + a, 0);
	b = a + tw_u8_index(tw_strn(s.p + a, s.n - a), to - from);
	return tw_strn(s.p + a, b - a);
}

static utf8proc_category_t category(int32_t c)
{
	if (c >= 0xd800 && c < 0xe000)
		return UTF8PROC_CATEGORY_CS;
	return utf8proc_category(c);
}

bool tw_u8_space(int32_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f);
	switch (category(c)) {
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return true;
	default:
		return c == 0x85;
	}
}

bool tw_u8_alpha(int32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	switch (category(c)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
		return true;
	default:
		return false;
	}
}

bool tw_u8_decimal(int32_t c)
{
	return c < 0x80 ? c >= '0' && c <= '9' : category(c) == UTF8PROC_CATEGORY_ND;
}

bool tw_u8_word(int32_t c)
{
	if (c < 0x80)
		return tw_u8_alpha(c) || tw_u8_decimal(c) || c == '_';
	switch (category(c)) {
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return true;
	default:
		return tw_u8_alpha(c);
	}
}

bool tw_u8_ident_start(int32_t c)
{
	return tw_u8_alpha(c) || c == '_' || (c >= 0x80 && category(c) == UTF8PROC_CATEGORY_NL);
}

bool tw_u8_printable(int32_t c)
{
	if (c < 0x80)
		return c >= 0x20 && c < 0x7f;
	switch (category(c)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	default:
		return true;
	}
}

bool tw_u8_upper(int32_t c)
{
	return c < 0x80 ? c >= 'A' && c <= 'Z' : category(c) == UTF8PROC_CATEGORY_LU;
}

bool tw_u8_lower(int32_t c)
{
	return c < 0x80 ? c >= 'a' && c <= 'z' : category(c) == UTF8PROC_CATEGORY_LL;
}

struct tw_str tw_u8_lstrip(struct tw_str s)
{
	size_t i = 0;

	while (i < s.n) {
		size_t j = i;

		if (!tw_u8_space(tw_u8_next(s.p, s.n, &j)))
			break;
		i = j;
	}
	return tw_strn(s.p + i, s.n - i);
}

struct tw_str tw_u8_rstrip(struct tw_str s)
{
	size_t i = s.n;

	while (i > 0) {
		size_t j = i;

		if (!tw_u8_space(tw_u8_prev(s.p, &j)))
			break;
		i = j;
	}
	return tw_strn(s.p, i);
}

/* Characters whose other case is more than one character, or depends on the neighbours. */
static bool special_case(int32_t c)
{
	return c == 0xdf || c == 0x130 || c == 0x149 || c == 0x1f0 || c == 0x345 || c == 0x390 ||
	       c == 0x3a3 || c == 0x3b0 || c == 0x587 || (c >= 0x1e96 && c <= 0x1e9e) ||
	       (c >= 0x1f50 && c <= 0x1fff) || (c >= 0xfb00 && c <= 0xfb17) ||
	       (c >= 0x10a0 && c <= 0x10ff) || (c >= 0x13a0 && c <= 0x13fd) ||
	       (c >= 0xab70 && c <= 0xabbf);
}

bool tw_u8_case(struct tw_buf *out, struct tw_str s, enum tw_u8_case how)
{
	bool first = true, after_letter = false;

	tw_buf_reserve(out, s.n + 1);
	for (size_t i = 0; i < s.n;) {
		int32_t c = tw_u8_next(s.p, s.n, &i), d = c;
		char tmp[4];

		if (special_case(c))
			return false;
		switch (how) {
		case TW_U8_UPPER:
			d = utf8proc_toupper(c);
			break;
		case TW_U8_LOWER:
		case TW_U8_FOLD:
			d = utf8proc_tolower(c);
			break;
		case TW_U8_TITLE:
			d = after_letter ? utf8proc_tolower(c) : utf8proc_totitle(c);
			break;
		case TW_U8_CAPITAL:
			d = first ? utf8proc_totitle(c) : utf8proc_tolower(c);
			break;
		case TW_U8_SWAP:
			d = tw_u8_upper(c) ? utf8proc_tolower(c) : utf8proc_toupper(c);
			break;
		}
		after_letter = tw_u8_upper(c) || tw_u8_lower(c) ||
			       (c >= 0x80 && utf8proc_category(c) == UTF8PROC_CATEGORY_LT);
		first = false;
		tw_buf_add(out, tmp, tw_u8_put(tmp, d));
	}
	return true;
}
