#include "daemon/ini.h"

#include <ctype.h>

struct ini {
	const char *file;
	tw_ini_fn fn;
	void *arg;
	struct tw_buf section, key, value;
	size_t indent; /* of the key's line */
	size_t blank;  /* empty lines since the value's last one */
	int key_line;
	bool has_section, has_key;
};

static void lower(struct tw_buf *b)
{
	for (size_t i = 0; i < b->n; i++)
		b->p[i] = (char)tolower((unsigned char)b->p[i]);
}

static void unescape(struct tw_buf *out, struct tw_str raw)
{
	for (size_t i = 0; i < raw.n; i++) {
		tw_buf_addc(out, raw.p[i]);
		if (raw.p[i] == '%' && i + 1 < raw.n && raw.p[i + 1] == '%')
			i++;
	}
}

static void flush(struct ini *in)
{
	if (in->has_key)
		in->fn(in->arg, tw_buf_cstr(&in->section), tw_buf_cstr(&in->key),
		       tw_buf_cstr(&in->value), in->key_line);
	in->has_key = false;
	tw_buf_clear(&in->value);
	tw_buf_clear(&in->key);
	in->blank = 0;
}

static enum tw_rc section_line(struct ini *in, struct tw_str line, int no, struct tw_err *err)
{
	ptrdiff_t close = tw_str_find(line, TW_STR("]"), 0);

	if (close < 1)
		return tw_err_set(err, TW_ERR_INVALID, "%s:%d: '[' without a ']'", in->file, no);
	flush(in);
	tw_buf_clear(&in->section);
	tw_buf_addstr(&in->section, tw_str_trim(tw_strn(line.p + 1, (size_t)close - 1)));
	lower(&in->section);
	in->has_section = true;
	return TW_OK;
}

static enum tw_rc key_line(struct ini *in, struct tw_str line, size_t indent, int no,
			   struct tw_err *err)
{
	size_t i = 0;

	while (i < line.n && line.p[i] != '=' && line.p[i] != ':')
		i++;
	if (i == line.n || i == 0)
		return tw_err_set(err, TW_ERR_INVALID,
				  "%s:%d: expected 'option = value', found '" TW_STR_FMT "'",
				  in->file, no, (int)(line.n > 80 ? 80 : line.n), line.p);
	if (!in->has_section)
		return tw_err_set(err, TW_ERR_INVALID,
				  "%s:%d: an option before the first [section]", in->file, no);
	flush(in);
	tw_buf_addstr(&in->key, tw_str_trim(tw_strn(line.p, i)));
	lower(&in->key);
	unescape(&in->value, tw_str_trim(tw_strn(line.p + i + 1, line.n - i - 1)));
	in->has_key = true;
	in->key_line = no;
	in->indent = indent;
	return TW_OK;
}

static enum tw_rc take_line(struct ini *in, struct tw_str raw, int no, struct tw_err *err)
{
	struct tw_str line = tw_str_trim(raw);
	size_t indent = line.n ? (size_t)(line.p - raw.p) : 0;

	if (!line.n) {
		in->blank += in->has_key;
		return TW_OK;
	}
	if (memchr(raw.p, '\0', raw.n))
		return tw_err_set(err, TW_ERR_INVALID, "%s:%d: a NUL byte: this is no text file", in->file, no);
	if (line.p[0] == '#' || line.p[0] == ';')
		return TW_OK;
	if (in->has_key && indent > in->indent) {
		for (; in->blank; in->blank--)
			tw_buf_addc(&in->value, '\n');
		if (in->value.n)
			tw_buf_addc(&in->value, '\n');
		unescape(&in->value, line);
		return TW_OK;
	}
	if (line.p[0] == '[')
		return section_line(in, line, no, err);
	return key_line(in, line, indent, no, err);
}

enum tw_rc tw_ini_parse(const char *file, struct tw_str text, tw_ini_fn fn, void *arg,
			struct tw_err *err)
{
	struct ini in = {.file = file, .fn = fn, .arg = arg};
	enum tw_rc rc = TW_OK;

	if (tw_str_starts(text, "\xef\xbb\xbf"))
		text = tw_strn(text.p + 3, text.n - 3);
	for (int no = 1; rc == TW_OK && text.p && text.n; no++)
		rc = take_line(&in, tw_str_cut(text, '\n', &text), no, err);
	if (rc == TW_OK)
		flush(&in);
	tw_buf_release(&in.section);
	tw_buf_release(&in.key);
	tw_buf_release(&in.value);
	return rc;
}
