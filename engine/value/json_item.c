#include <string.h>

#include "value/json.h"

/* Past the string that begins at p; NULL: it does not end. */
static const char *past_string(const char *p, const char *end)
{
	for (p++; (p = memchr(p, '"', (size_t)(end - p))); p++) {
		const char *back = p;

		while (back[-1] == '\\')
			back--;
		if ((p - back) % 2 == 0)
			return p + 1;
	}
	return NULL;
}

/* Past the value that begins at p: where the comma or bracket is that ends it. */
static const char *past_value(const char *p, const char *end)
{
	for (int depth = 0; p && p < end;) {
		if (*p == '"') {
			p = past_string(p, end);
			continue;
		}
		if (depth == 0 && (*p == ',' || *p == ']'))
			return p;
		if (*p == '[' || *p == '{')
			depth++;
		else if (*p == ']' || *p == '}')
			depth--;
		p++;
	}
	return NULL;
}

bool tw_json_item(struct tw_str text, size_t n, struct tw_str *ret_item)
{
	text = tw_str_trim(text);
	if (text.n < 3 || text.p[0] != '[')
		return false;
	for (const char *p = text.p + 1, *end = text.p + text.n;;) {
		const char *stop = past_value(p, end);

		if (!stop || (n && *stop == ']'))
			return false;
		if (n-- == 0) {
			struct tw_str item = tw_str_trim(tw_strn(p, (size_t)(stop - p)));

			if (item.n)
				*ret_item = item;
			return item.n > 0;
		}
		p = stop + 1;
	}
}
