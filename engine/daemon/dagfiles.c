#include "daemon/dagfiles.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/log.h"
#include "model/yaml.h"
#include "io/file.h"

#define IGNORE_FILE ".airflowignore"
#define FILE_LIMIT (64u << 20)

struct finder {
	const char *folder;
	enum tw_ignore_syntax syntax;
	struct tw_dagfiles *out;
	struct tw_map ignores; /* folder's path → struct tw_ignore, or &none */
};

static char none;

static void *load_ignore(struct finder *f, struct tw_str dir)
{
	char *path = tw_asprintf(TW_STR_FMT "/" IGNORE_FILE, TW_STR_ARG(dir));
	struct tw_buf text = { 0 };
	void *ig = &none;

	if (tw_file_read(path, FILE_LIMIT, &text, NULL) == TW_OK)
		ig = tw_ignore_parse(tw_buf_str(&text), f->syntax, path);
	tw_buf_release(&text);
	free(path);
	tw_map_set(&f->ignores, dir, ig);
	return ig;
}

/* The nearest .airflowignore that mentions the path decides; a folder's rules reach all below it. */
static bool is_ignored(struct finder *f, const char *path, bool is_dir)
{
	struct tw_str dir = tw_path_dir(tw_str(path)), top = tw_str(f->folder);

	for (;; dir = tw_path_dir(dir)) {
		void *ig = tw_map_get(&f->ignores, dir);

		if (!ig)
			ig = load_ignore(f, dir);
		if (ig != &none) {
			int hit = tw_ignore_match(ig, path + dir.n + 1, is_dir);

			if (hit >= 0)
				return hit;
		}
		if (dir.n <= top.n)
			return false;
	}
}

static bool has_dag_suffix(const char *name)
{
	struct tw_str s = tw_str(name);

	return tw_str_ends(s, ".py") || tw_str_ends(s, ".zip") || tw_str_ends(s, ".yaml") || tw_str_ends(s, ".yml");
}

static enum tw_walk visit(void *arg, const struct tw_walk_entry *e)
{
	struct finder *f = arg;
	bool is_dir = S_ISDIR(e->st->st_mode);
	struct tw_str base = tw_path_base(tw_str(e->path));

	if (is_dir) {
		if (tw_str_is(base, "__pycache__") || tw_str_is(base, ".git") || is_ignored(f, e->path, true))
			return TW_WALK_SKIP;
		tw_vec_push(&f->out->folders, tw_strdup(e->path));
		return TW_WALK_ON;
	}
	if (S_ISREG(e->st->st_mode) && has_dag_suffix(e->path) && !is_ignored(f, e->path, false))
		tw_vec_push(&f->out->files,
			    ((struct tw_dagfile){ tw_strdup(e->path), tw_strdup(e->relative) }));
	return TW_WALK_ON;
}

enum tw_rc tw_dagfiles_find(const char *folder, enum tw_ignore_syntax syntax, struct tw_dagfiles *ret_files,
			    struct tw_err *err)
{
	struct tw_dagfiles out = { 0 };
	struct finder f = { .folder = folder, .syntax = syntax, .out = &out };
	enum tw_rc rc;

	tw_vec_push(&out.folders, tw_strdup(folder));
	rc = tw_file_walk(folder, visit, &f, err);
	tw_map_foreach(&f.ignores, e)
		if (e->value != &none)
			tw_ignore_free(e->value);
	tw_map_release(&f.ignores);
	if (rc < 0) {
		tw_dagfiles_release(&out);
		return tw_err_wrap(err, "DAG folder");
	}
	*ret_files = out;
	return TW_OK;
}

void tw_dagfiles_release(struct tw_dagfiles *f)
{
	for (size_t i = 0; i < f->files.n; i++) {
		free(f->files.v[i].path);
		free(f->files.v[i].relative);
	}
	for (size_t i = 0; i < f->folders.n; i++)
		free(f->folders.v[i]);
	tw_vec_release(&f->files);
	tw_vec_release(&f->folders);
}

/* Is the lower-case word in the text, in any case? */
static bool mentions(struct tw_str text, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= text.n; i++) {
		size_t k = 0;

		while (k < n && tolower((unsigned char)text.p[i + k]) == word[k])
			k++;
		if (k == n)
			return true;
	}
	return false;
}

/* A DAG, or no YAML at all: that is told, too. */
static bool yaml_may_define(struct tw_str text)
{
	struct tw_arena a = { 0 };
	struct tw_value v;
	bool may = (mentions(text, "dag_id") && mentions(text, "tasks")) || tw_yaml_parse(&a, text, &v, NULL) < 0;

	tw_arena_release(&a);
	return may;
}

bool tw_dagfile_may_define(const char *path)
{
	struct tw_buf text = { 0 };
	bool may = true;

	if (tw_str_ends(tw_str(path), ".zip"))
		return true;
	if (tw_file_read(path, FILE_LIMIT, &text, NULL) == TW_OK) {
		struct tw_str s = tw_buf_str(&text);

		if (tw_str_ends(tw_str(path), ".py"))
			may = (mentions(s, "airflow") || mentions(s, "tradewind")) &&
			      (mentions(s, "dag") || mentions(s, "asset"));
		else
			may = yaml_may_define(s);
	}
	tw_buf_release(&text);
	return may;
}
