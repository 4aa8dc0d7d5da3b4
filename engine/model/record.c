#include "model/record.h"

void tw_id_text(struct tw_id id, char ret_text[37])
{
	static const char hex[] = "0123456789abcdef";
	char *p = ret_text;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = hex[id.b[i] >> 4];
		*p++ = hex[id.b[i] & 15];
	}
	*p = '\0';
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool tw_id_parse(struct tw_str text, struct tw_id *ret_id)
{
	struct tw_id id = { 0 };
	size_t at = 0;

	if (text.n != 36)
		return false;
	for (int i = 0; i < 16; i++) {
		if ((i == 4 || i == 6 || i == 8 || i == 10) && text.p[at++] != '-')
			return false;
		int hi = nibble(text.p[at]), lo = nibble(text.p[at + 1]);
		if (hi < 0 || lo < 0)
			return false;
		id.b[i] = (uint8_t)(hi << 4 | lo);
		at += 2;
	}
	*ret_id = id;
	return true;
}
