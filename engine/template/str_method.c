/* The methods of str. */
#include "template/eval.h"

typedef enum tw_rc str_fn(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			  struct tw_value *ret);

/* ---- arguments ---- */

static enum tw_rc want_str(struct tw_tpl *t, struct tw_value v, const char *what)
{
	if (v.kind == TW_V_UNDEFINED || v.kind != TW_V_STR)
		return tw_tpl_raise(t, "TypeError", "%s must be str, not %s", what,
				    tw_type_name(v));
	return TW_OK;
}

static enum tw_rc int_or(struct tw_tpl *t, struct tw_value v, int64_t dflt, int64_t *ret)
{
	*ret = dflt;
	if (!tw_v_given(v))
		return TW_OK;
	return tw_tpl_int_arg(t, v, ret);
}

static void give(struct tw_tpl *t, struct tw_value self, const struct tw_buf *b,
		 struct tw_value *ret)
{
	*ret = tw_v_markup(tw_tpl_mkstr(t, b), self.safe);
}

static void give_str(struct tw_value self, struct tw_str s, struct tw_value *ret)
{
	*ret = tw_v_markup(tw_v_str(s), self.safe);
}

/* ---- case ---- */

static enum tw_rc change_case(struct tw_tpl *t, struct tw_value self, enum tw_u8_case how,
			      struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};

	if (!tw_u8_case(&b, self.s, how))
		return tw_tpl_unsupported(t, "the case of a character that has several");
	give(t, self, &b, ret);
	return TW_OK;
}

#define CASE_METHOD(fn, how)                                                                       \
	static enum tw_rc fn(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,     \
			     struct tw_value *ret)                                                 \
	{                                                                                          \
		return change_case(t, self, how, ret);                                             \
	}
CASE_METHOD(m_upper, TW_U8_UPPER)
CASE_METHOD(m_lower, TW_U8_LOWER)
CASE_METHOD(m_casefold, TW_U8_FOLD)
CASE_METHOD(m_title, TW_U8_TITLE)
CASE_METHOD(m_capitalize, TW_U8_CAPITAL)
CASE_METHOD(m_swapcase, TW_U8_SWAP)

/* ---- stripping ---- */

static bool in_chars(int32_t c, struct tw_str chars)
{
	for (size_t i = 0; i < chars.n;)
		if (tw_u8_next(chars.p, chars.n, &i) == c)
			return true;
	return false;
}

static enum tw_rc strip(struct tw_tpl *t, struct tw_value self, struct tw_value chars, bool left,
			bool right, struct tw_value *ret)
{
	struct tw_str s = self.s;
	bool space = !tw_v_given(chars) || chars.kind == TW_V_NULL;

	if (!space && chars.kind != TW_V_STR)
		return tw_tpl_raise(t, "TypeError", "strip arg must be None or str");
	while (left && s.n) {
		size_t i = 0;
		int32_t c = tw_u8_next(s.p, s.n, &i);

		if (space ? !tw_u8_space(c) : !in_chars(c, chars.s))
			break;
		s = tw_strn(s.p + i, s.n - i);
	}
	while (right && s.n) {
		size_t i = s.n;
		int32_t c = tw_u8_prev(s.p, &i);

		if (space ? !tw_u8_space(c) : !in_chars(c, chars.s))
			break;
		s.n = i;
	}
	give_str(self, s, ret);
	return TW_OK;
}

static enum tw_rc m_strip(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			  struct tw_value *ret)
{
	return strip(t, self, a[0], true, true, ret);
}
static enum tw_rc m_lstrip(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			   struct tw_value *ret)
{
	return strip(t, self, a[0], true, false, ret);
}
static enum tw_rc m_rstrip(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			   struct tw_value *ret)
{
	return strip(t, self, a[0], false, true, ret);
}

static enum tw_rc m_removeprefix(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
				 struct tw_value *ret)
{
	struct tw_str s = self.s;

	TW_TRY(want_str(t, a[0], "removeprefix() argument"));
	if (s.n >= a[0].s.n && memcmp(s.p, a[0].s.p, a[0].s.n) == 0)
		s = tw_strn(s.p + a[0].s.n, s.n - a[0].s.n);
	give_str(self, s, ret);
	return TW_OK;
}

static enum tw_rc m_removesuffix(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
				 struct tw_value *ret)
{
	struct tw_str s = self.s, x = a[0].s;

	TW_TRY(want_str(t, a[0], "removesuffix() argument"));
	if (x.n && s.n >= x.n && memcmp(s.p + s.n - x.n, x.p, x.n) == 0)
		s.n -= x.n;
	give_str(self, s, ret);
	return TW_OK;
}

/* ---- finding ---- */

/* The part of self between the optional bounds a[0], a[1] (code points), as Python slices. */
static enum tw_rc window(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			 struct tw_str *ret, int64_t *ret_from, bool *ret_valid)
{
	int64_t n = (int64_t)tw_u8_len(self.s), from = 0, to = n;

	if (tw_v_given(a[0]) && a[0].kind != TW_V_NULL)
		TW_TRY(tw_tpl_int_arg(t, a[0], &from));
	if (tw_v_given(a[1]) && a[1].kind != TW_V_NULL)
		TW_TRY(tw_tpl_int_arg(t, a[1], &to));
	if (from < 0)
		from = from + n < 0 ? 0 : from + n;
	if (to < 0)
		to = to + n < 0 ? 0 : to + n;
	if (to > n)
		to = n;
	*ret_valid = from <= to;
	*ret = from <= to ? tw_u8_sub(self.s, from, to) : TW_STR("");
	*ret_from = from;
	return TW_OK;
}

static ptrdiff_t rfind(struct tw_str s, struct tw_str x)
{
	if (x.n > s.n)
		return -1;
	for (size_t i = s.n - x.n + 1; i-- > 0;)
		if (memcmp(s.p + i, x.p, x.n) == 0)
			return (ptrdiff_t)i;
	return -1;
}

static enum tw_rc find(struct tw_tpl *t, struct tw_value self, const struct tw_value *a, bool last,
		       bool must, struct tw_value *ret)
{
	struct tw_str part;
	int64_t from;
	bool valid;
	ptrdiff_t i = -1;

	TW_TRY(want_str(t, a[0], "find() argument 1"));
	TW_TRY(window(t, self, a + 1, &part, &from, &valid));
	if (valid)
		i = last ? rfind(part, a[0].s) : a[0].s.n ? tw_str_find(part, a[0].s, 0) : 0;
	if (i < 0 && must)
		return tw_tpl_raise(t, "ValueError", "substring not found");
	*ret = tw_v_int(i < 0 ? -1 : from + (int64_t)tw_u8_len(tw_strn(part.p, i)));
	return TW_OK;
}

static enum tw_rc m_find(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			 struct tw_value *ret)
{
	return find(t, self, a, false, false, ret);
}
static enum tw_rc m_rfind(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			  struct tw_value *ret)
{
	return find(t, self, a, true, false, ret);
}
static enum tw_rc m_index(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			  struct tw_value *ret)
{
	return find(t, self, a, false, true, ret);
}
static enum tw_rc m_rindex(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			   struct tw_value *ret)
{
	return find(t, self, a, true, true, ret);
}

static enum tw_rc m_count(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			  struct tw_value *ret)
{
	struct tw_str part;
	int64_t from, n = 0;
	bool valid;

	TW_TRY(want_str(t, a[0], "count() argument 1"));
	TW_TRY(window(t, self, a + 1, &part, &from, &valid));
	if (valid && !a[0].s.n)
		n = (int64_t)tw_u8_len(part) + 1;
	else if (valid)
		for (ptrdiff_t i = 0; (i = tw_str_find(part, a[0].s, i)) >= 0;
		     i += (ptrdiff_t)a[0].s.n)
			n++;
	*ret = tw_v_int(n);
	return TW_OK;
}

static bool affix(struct tw_str s, struct tw_str x, bool end)
{
	return x.n <= s.n && memcmp(end ? s.p + s.n - x.n : s.p, x.p, x.n) == 0;
}

static enum tw_rc starts_ends(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			      bool end, struct tw_value *ret)
{
	struct tw_str part;
	int64_t from;
	bool valid, yes = false;

	TW_TRY(window(t, self, a + 1, &part, &from, &valid));
	if (a[0].kind == TW_V_TUPLE) {
		for (size_t i = 0; i < a[0].list->n; i++) {
			TW_TRY(want_str(t, a[0].list->v[i], "a prefix or suffix"));
			yes |= valid && affix(part, a[0].list->v[i].s, end);
		}
	} else {
		if (a[0].kind != TW_V_STR)
			return tw_tpl_raise(t, "TypeError",
					    "%s first arg must be str or a tuple of str, not %s",
					    end ? "endswith" : "startswith", tw_type_name(a[0]));
		yes = valid && affix(part, a[0].s, end);
	}
	*ret = tw_v_bool(yes);
	return TW_OK;
}

static enum tw_rc m_startswith(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			       struct tw_value *ret)
{
	return starts_ends(t, self, a, false, ret);
}
static enum tw_rc m_endswith(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			     struct tw_value *ret)
{
	return starts_ends(t, self, a, true, ret);
}

/* ---- splitting ---- */

static void push_part(struct tw_tpl *t, struct tw_value list, struct tw_value self, const char *p,
		      size_t n)
{
	tw_list_push(t->a, list, tw_v_markup(tw_v_str(tw_strn(p, n)), self.safe));
}

static enum tw_rc split_space(struct tw_tpl *t, struct tw_value self, int64_t max,
			      struct tw_value list)
{
	struct tw_str s = tw_u8_lstrip(self.s);

	while (s.n) {
		size_t i = 0, j;

		TW_TRY(tw_tpl_step(t));
		if (max == 0) {
			push_part(t, list, self, s.p, s.n);
			break;
		}
		while (i < s.n) {
			j = i;
			if (tw_u8_space(tw_u8_next(s.p, s.n, &j)))
				break;
			i = j;
		}
		push_part(t, list, self, s.p, i);
		s = tw_u8_lstrip(tw_strn(s.p + i, s.n - i));
		max--;
	}
	return TW_OK;
}

static enum tw_rc rsplit_space(struct tw_tpl *t, struct tw_value self, int64_t max,
			       struct tw_value list)
{
	struct tw_str s = tw_u8_rstrip(self.s);

	while (s.n) {
		size_t i = s.n, j;

		TW_TRY(tw_tpl_step(t));
		if (max == 0) {
			push_part(t, list, self, s.p, s.n);
			break;
		}
		while (i > 0) {
			j = i;
			if (tw_u8_space(tw_u8_prev(s.p, &j)))
				break;
			i = j;
		}
		push_part(t, list, self, s.p + i, s.n - i);
		s = tw_u8_rstrip(tw_strn(s.p, i));
		max--;
	}
	return TW_OK;
}

static void reverse(struct tw_list *l)
{
	for (size_t i = 0; i < l->n / 2; i++) {
		struct tw_value x = l->v[i];

		l->v[i] = l->v[l->n - 1 - i];
		l->v[l->n - 1 - i] = x;
	}
}

static enum tw_rc split(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			bool right, struct tw_value *ret)
{
	struct tw_value list = tw_tpl_new_list(t, 0);
	struct tw_str s = self.s;
	int64_t max;
	ptrdiff_t i;

	TW_TRY(int_or(t, a[1], -1, &max));
	if (!tw_v_given(a[0]) || a[0].kind == TW_V_NULL) {
		if (right)
			TW_TRY(rsplit_space(t, self, max, list));
		else
			TW_TRY(split_space(t, self, max, list));
	} else {
		TW_TRY(want_str(t, a[0], "separator"));
		if (!a[0].s.n)
			return tw_tpl_raise(t, "ValueError", "empty separator");
		for (; max != 0; max--) {
			TW_TRY(tw_tpl_step(t));
			i = right ? rfind(s, a[0].s) : tw_str_find(s, a[0].s, 0);
			if (i < 0)
				break;
			if (right) {
				push_part(t, list, self, s.p + i + a[0].s.n, s.n - i - a[0].s.n);
				s.n = i;
			} else {
				push_part(t, list, self, s.p, i);
				s = tw_strn(s.p + i + a[0].s.n, s.n - i - a[0].s.n);
			}
		}
		push_part(t, list, self, s.p, s.n);
	}
	if (right)
		reverse(list.list);
	*ret = list;
	return tw_tpl_room(t, 0);
}

static enum tw_rc m_split(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			  struct tw_value *ret)
{
	return split(t, self, a, false, ret);
}
static enum tw_rc m_rsplit(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			   struct tw_value *ret)
{
	return split(t, self, a, true, ret);
}

static bool line_end(int32_t c)
{
	return (c >= 10 && c <= 13) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 ||
	       c == 0x2029;
}

static enum tw_rc m_splitlines(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			       struct tw_value *ret)
{
	struct tw_value list = tw_tpl_new_list(t, 0);
	struct tw_str s = self.s;
	bool keep = false;
	size_t start = 0;

	if (tw_v_given(a[0]))
		TW_TRY(tw_tpl_truth(t, a[0], &keep));
	for (size_t i = 0; i < s.n;) {
		size_t at = i;
		int32_t c = tw_u8_next(s.p, s.n, &i);

		if (!line_end(c))
			continue;
		TW_TRY(tw_tpl_step(t));
		if (c == '\r' && i < s.n && s.p[i] == '\n')
			i++;
		push_part(t, list, self, s.p + start, (keep ? i : at) - start);
		start = i;
	}
	if (start < s.n)
		push_part(t, list, self, s.p + start, s.n - start);
	*ret = list;
	return TW_OK;
}

static enum tw_rc partition(struct tw_tpl *t, struct tw_value self, struct tw_value sep, bool right,
			    struct tw_value *ret)
{
	struct tw_value r = tw_tpl_new_tuple(t, 3);
	struct tw_str s = self.s;
	ptrdiff_t i;

	TW_TRY(want_str(t, sep, "separator"));
	if (!sep.s.n)
		return tw_tpl_raise(t, "ValueError", "empty separator");
	i = right ? rfind(s, sep.s) : tw_str_find(s, sep.s, 0);
	if (i < 0) {
		push_part(t, r, self, s.p, right ? 0 : s.n);
		push_part(t, r, self, s.p, 0);
		push_part(t, r, self, s.p, right ? s.n : 0);
	} else {
		push_part(t, r, self, s.p, i);
		push_part(t, r, self, s.p + i, sep.s.n);
		push_part(t, r, self, s.p + i + sep.s.n, s.n - i - sep.s.n);
	}
	*ret = r;
	return TW_OK;
}

static enum tw_rc m_partition(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			      struct tw_value *ret)
{
	return partition(t, self, a[0], false, ret);
}
static enum tw_rc m_rpartition(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			       struct tw_value *ret)
{
	return partition(t, self, a[0], true, ret);
}

static enum tw_rc m_join(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			 struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_list items;

	if (!tw_tpl_iterable(a[0]))
		return tw_tpl_raise(t, "TypeError", "can only join an iterable");
	TW_TRY(tw_tpl_iter(t, a[0], &items));
	for (size_t i = 0; i < items.n; i++) {
		if (items.v[i].kind != TW_V_STR)
			return tw_tpl_raise(t, "TypeError",
					    "sequence item %zu: expected str instance, %s found", i,
					    tw_type_name(items.v[i]));
		if (i)
			tw_buf_addstr(&b, self.s);
		tw_buf_addstr(&b, items.v[i].s);
		TW_TRY(tw_tpl_room(t, b.n));
	}
	give(t, self, &b, ret);
	return TW_OK;
}

static enum tw_rc m_replace(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			    struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_str s = self.s;
	int64_t max;
	size_t i = 0;

	TW_TRY(want_str(t, a[0], "replace() argument 1"));
	TW_TRY(want_str(t, a[1], "replace() argument 2"));
	TW_TRY(int_or(t, a[2], -1, &max));
	while (i <= s.n && max != 0) {
		ptrdiff_t at = a[0].s.n ? tw_str_find(s, a[0].s, i) : (ptrdiff_t)i;

		if (at < 0)
			break;
		TW_TRY(tw_tpl_step(t));
		TW_TRY(tw_tpl_room(t, b.n + a[1].s.n));
		tw_buf_add(&b, s.p + i, at - i);
		tw_buf_addstr(&b, a[1].s);
		max--;
		i = at + a[0].s.n;
		if (!a[0].s.n) {
			size_t j = i;

			if (i == s.n) {
				i = s.n + 1;
				break;
			}
			tw_u8_next(s.p, s.n, &j);
			tw_buf_add(&b, s.p + i, j - i);
			i = j;
		}
	}
	if (i < s.n)
		tw_buf_add(&b, s.p + i, s.n - i);
	give(t, self, &b, ret);
	return TW_OK;
}

/* ---- padding ---- */

static enum tw_rc pad(struct tw_tpl *t, struct tw_value self, const struct tw_value *a, int where,
		      struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_str fill = TW_STR(" ");
	int64_t width, n = (int64_t)tw_u8_len(self.s), left = 0, right = 0;

	TW_TRY(tw_tpl_int_arg(t, a[0], &width));
	if (tw_v_given(a[1])) {
		if (a[1].kind != TW_V_STR || tw_u8_len(a[1].s) != 1)
			return tw_tpl_raise(
				t, "TypeError",
				"The fill character must be exactly one character long");
		fill = a[1].s;
	}
	if (width > n) {
		TW_TRY(tw_tpl_room(t, (size_t)width * fill.n));
		if (where == '<')
			right = width - n;
		else if (where == '>')
			left = width - n;
		else
			left = (width - n) / 2 + ((width - n) & width & 1);
		if (where == '^')
			right = width - n - left;
	}
	while (left-- > 0)
		tw_buf_addstr(&b, fill);
	tw_buf_addstr(&b, self.s);
	while (right-- > 0)
		tw_buf_addstr(&b, fill);
	give(t, self, &b, ret);
	return TW_OK;
}

static enum tw_rc m_center(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			   struct tw_value *ret)
{
	return pad(t, self, a, '^', ret);
}
static enum tw_rc m_ljust(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			  struct tw_value *ret)
{
	return pad(t, self, a, '<', ret);
}
static enum tw_rc m_rjust(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			  struct tw_value *ret)
{
	return pad(t, self, a, '>', ret);
}

static enum tw_rc m_zfill(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			  struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_str s = self.s;
	int64_t width, n = (int64_t)tw_u8_len(s);

	TW_TRY(tw_tpl_int_arg(t, a[0], &width));
	if (width > n)
		TW_TRY(tw_tpl_room(t, (size_t)width));
	if (width > n && s.n && (s.p[0] == '+' || s.p[0] == '-')) {
		tw_buf_addc(&b, s.p[0]);
		s = tw_strn(s.p + 1, s.n - 1);
	}
	for (; width > n; width--)
		tw_buf_addc(&b, '0');
	tw_buf_addstr(&b, s);
	give(t, self, &b, ret);
	return TW_OK;
}

static enum tw_rc m_expandtabs(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			       struct tw_value *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	int64_t size, col = 0;

	TW_TRY(int_or(t, a[0], 8, &size));
	for (size_t i = 0; i < self.s.n;) {
		size_t at = i;
		int32_t c = tw_u8_next(self.s.p, self.s.n, &i);

		if (c == '\t') {
			int64_t n = size > 0 ? size - col % size : 0;

			TW_TRY(tw_tpl_room(t, b.n + (size_t)n));
			col += n;
			while (n-- > 0)
				tw_buf_addc(&b, ' ');
			continue;
		}
		col = c == '\n' || c == '\r' ? 0 : col + 1;
		tw_buf_add(&b, self.s.p + at, i - at);
	}
	give(t, self, &b, ret);
	return TW_OK;
}

/* ---- questions ---- */

static bool is_digit(int32_t c)
{
	return tw_u8_decimal(c);
}
static bool is_alnum(int32_t c)
{
	return tw_u8_alpha(c) || tw_u8_decimal(c);
}
static bool is_cased(int32_t c)
{
	return tw_u8_upper(c) || tw_u8_lower(c);
}

static enum tw_rc all_chars(struct tw_tpl *t, struct tw_value self, bool (*fn)(int32_t),
			    bool only_ascii, struct tw_value *ret)
{
	bool yes = self.s.n > 0;

	if (only_ascii && !tw_u8_ascii(self.s))
		return tw_tpl_unsupported(t, "this question about characters beyond ASCII");
	for (size_t i = 0; yes && i < self.s.n;)
		yes = fn(tw_u8_next(self.s.p, self.s.n, &i));
	*ret = tw_v_bool(yes);
	return TW_OK;
}

#define CHARS_METHOD(name, fn, only_ascii)                                                         \
	static enum tw_rc name(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,   \
			       struct tw_value *ret)                                               \
	{                                                                                          \
		return all_chars(t, self, fn, only_ascii, ret);                                    \
	}
CHARS_METHOD(m_isdigit, is_digit, true)
CHARS_METHOD(m_isdecimal, is_digit, false)
CHARS_METHOD(m_isnumeric, is_digit, true)
CHARS_METHOD(m_isalpha, tw_u8_alpha, false)
CHARS_METHOD(m_isalnum, is_alnum, true)
CHARS_METHOD(m_isspace, tw_u8_space, false)

static enum tw_rc m_isprintable(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
				struct tw_value *ret)
{
	TW_TRY(all_chars(t, self, tw_u8_printable, false, ret));
	ret->b |= self.s.n == 0;
	return TW_OK;
}

static enum tw_rc m_isascii(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			    struct tw_value *ret)
{
	*ret = tw_v_bool(tw_u8_ascii(self.s));
	return TW_OK;
}

static enum tw_rc is_case(struct tw_value self, bool upper, struct tw_value *ret)
{
	bool any = false, all = true;

	for (size_t i = 0; i < self.s.n;) {
		int32_t c = tw_u8_next(self.s.p, self.s.n, &i);

		any |= upper ? tw_u8_upper(c) : tw_u8_lower(c);
		if (upper ? tw_u8_lower(c) : tw_u8_upper(c))
			all = false;
	}
	*ret = tw_v_bool(any && all);
	return TW_OK;
}

static enum tw_rc m_isupper(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			    struct tw_value *ret)
{
	return is_case(self, true, ret);
}
static enum tw_rc m_islower(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			    struct tw_value *ret)
{
	return is_case(self, false, ret);
}

static enum tw_rc m_istitle(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
			    struct tw_value *ret)
{
	bool any = false, prev = false, yes = true;

	for (size_t i = 0; yes && i < self.s.n;) {
		int32_t c = tw_u8_next(self.s.p, self.s.n, &i);

		if (tw_u8_upper(c))
			yes = !prev;
		else if (tw_u8_lower(c))
			yes = prev;
		prev = is_cased(c);
		any |= prev;
	}
	*ret = tw_v_bool(any && yes);
	return TW_OK;
}

static enum tw_rc m_isidentifier(struct tw_tpl *t, struct tw_value self, const struct tw_value *a,
				 struct tw_value *ret)
{
	size_t i = 0;
	bool yes = self.s.n && tw_u8_ident_start(tw_u8_next(self.s.p, self.s.n, &i));

	while (yes && i < self.s.n)
		yes = tw_u8_word(tw_u8_next(self.s.p, self.s.n, &i));
	*ret = tw_v_bool(yes);
	return TW_OK;
}

/* ---- the table ---- */

#define MAX_ARGS 3

static const struct {
	const char *name;
	str_fn *fn; /* NULL: str has it, we do not */
	const char *args[MAX_ARGS];
	int n, required;
	bool keywords;	 /* takes its arguments by name too */
	bool plain_only; /* not for Markup */
} methods[] = {
	{"capitalize", m_capitalize, {0}, 0, 0, false, false},
	{"casefold", m_casefold, {0}, 0, 0, false, false},
	{"center", m_center, {"width", "fillchar"}, 2, 1, false, false},
	{"count", m_count, {"sub", "start", "end"}, 3, 1, false, false},
	{"encode", NULL, {0}, 0, 0, false, false},
	{"endswith", m_endswith, {"suffix", "start", "end"}, 3, 1, false, false},
	{"expandtabs", m_expandtabs, {"tabsize"}, 1, 0, true, false},
	{"find", m_find, {"sub", "start", "end"}, 3, 1, false, false},
	{"format", NULL, {0}, 0, 0, false, false},
	{"format_map", NULL, {0}, 0, 0, false, false},
	{"index", m_index, {"sub", "start", "end"}, 3, 1, false, false},
	{"isalnum", m_isalnum, {0}, 0, 0, false, false},
	{"isalpha", m_isalpha, {0}, 0, 0, false, false},
	{"isascii", m_isascii, {0}, 0, 0, false, false},
	{"isdecimal", m_isdecimal, {0}, 0, 0, false, false},
	{"isdigit", m_isdigit, {0}, 0, 0, false, false},
	{"isidentifier", m_isidentifier, {0}, 0, 0, false, false},
	{"islower", m_islower, {0}, 0, 0, false, false},
	{"isnumeric", m_isnumeric, {0}, 0, 0, false, false},
	{"isprintable", m_isprintable, {0}, 0, 0, false, false},
	{"isspace", m_isspace, {0}, 0, 0, false, false},
	{"istitle", m_istitle, {0}, 0, 0, false, false},
	{"isupper", m_isupper, {0}, 0, 0, false, false},
	{"join", m_join, {"iterable"}, 1, 1, false, true},
	{"ljust", m_ljust, {"width", "fillchar"}, 2, 1, false, false},
	{"lower", m_lower, {0}, 0, 0, false, false},
	{"lstrip", m_lstrip, {"chars"}, 1, 0, false, false},
	{"maketrans", NULL, {0}, 0, 0, false, false},
	{"partition", m_partition, {"sep"}, 1, 1, false, true},
	{"removeprefix", m_removeprefix, {"prefix"}, 1, 1, false, true},
	{"removesuffix", m_removesuffix, {"suffix"}, 1, 1, false, true},
	{"replace", m_replace, {"old", "new", "count"}, 3, 2, false, true},
	{"rfind", m_rfind, {"sub", "start", "end"}, 3, 1, false, false},
	{"rindex", m_rindex, {"sub", "start", "end"}, 3, 1, false, false},
	{"rjust", m_rjust, {"width", "fillchar"}, 2, 1, false, false},
	{"rpartition", m_rpartition, {"sep"}, 1, 1, false, true},
	{"rsplit", m_rsplit, {"sep", "maxsplit"}, 2, 0, true, true},
	{"rstrip", m_rstrip, {"chars"}, 1, 0, false, false},
	{"split", m_split, {"sep", "maxsplit"}, 2, 0, true, true},
	{"splitlines", m_splitlines, {"keepends"}, 1, 0, true, true},
	{"startswith", m_startswith, {"prefix", "start", "end"}, 3, 1, false, false},
	{"strip", m_strip, {"chars"}, 1, 0, false, false},
	{"swapcase", m_swapcase, {0}, 0, 0, false, false},
	{"title", m_title, {0}, 0, 0, false, false},
	{"translate", NULL, {0}, 0, 0, false, false},
	{"upper", m_upper, {0}, 0, 0, false, false},
	{"zfill", m_zfill, {"width"}, 1, 1, false, false},
};

static int method_of(struct tw_str name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (tw_str_is(name, methods[i].name))
			return (int)i;
	return -1;
}

bool tw_str_has_method(struct tw_str name)
{
	return method_of(name) >= 0;
}

static enum tw_rc format_map(struct tw_tpl *t, struct tw_value v, const struct tw_args *args,
			     struct tw_value *ret)
{
	struct tw_kwarg *kw;
	struct tw_value map;
	struct tw_args as = {0};

	if (args->npos != 1 || args->nkw || args->pos[0].kind != TW_V_MAP)
		return tw_tpl_unsupported(t, "format_map() of anything but a dict");
	map = args->pos[0];
	kw = tw_arena_alloc(t->a, (map.map->n + 1) * sizeof(*kw));
	for (size_t i = 0; i < map.map->n; i++)
		if (map.map->v[i].key.kind == TW_V_STR)
			kw[as.nkw++] = (struct tw_kwarg){map.map->v[i].key.s, map.map->v[i].value};
	as.kw = kw;
	return tw_tpl_format(t, v, &as, ret);
}

enum tw_rc tw_str_method(struct tw_tpl *t, struct tw_value v, struct tw_str name,
			 const struct tw_args *args, struct tw_value *ret)
{
	struct tw_value a[MAX_ARGS];
	int m = method_of(name);

	if (m < 0)
		return TW_ERR_NOT_FOUND;
	if (v.safe && (methods[m].plain_only || !methods[m].fn))
		return tw_tpl_unsupported(t, "Markup.%s()", methods[m].name);
	if (tw_str_is(name, "format"))
		return tw_tpl_format(t, v, args, ret);
	if (tw_str_is(name, "format_map"))
		return format_map(t, v, args, ret);
	if (!methods[m].fn)
		return tw_tpl_unsupported(t, "str.%s()", methods[m].name);
	if (args->nkw && !methods[m].keywords)
		return tw_tpl_raise(t, "TypeError", "str.%s() takes no keyword arguments",
				    methods[m].name);
	for (int i = 0; i < MAX_ARGS; i++)
		a[i] = (struct tw_value){.kind = TW_V_ABSENT};
	TW_TRY(tw_tpl_bind(t, methods[m].name, args, methods[m].args, methods[m].n,
			   methods[m].required, a));
	return methods[m].fn(t, v, a, ret);
}
