#include "daemon/paths.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "io/file.h"

extern char **environ;

static char *absolute(const char *path)
{
	struct tw_buf joined = { 0 }, out = { 0 };
	char cwd[PATH_MAX];

	tw_buf_adds(&joined, "");
	if (path[0] != '/' && getcwd(cwd, sizeof cwd))
		tw_path_join(&joined, tw_str(cwd), tw_str(path));
	else
		tw_buf_adds(&joined, path);
	tw_path_normalise(&out, tw_buf_str(&joined));
	tw_buf_release(&joined);
	return tw_buf_steal(&out);
}

static char *find_home(void)
{
	const char *set = getenv("TRADEWIND_HOME");
	struct tw_buf b = { 0 };
	char *home;

	if (!set || !*set)
		set = getenv("AIRFLOW_HOME");
	if (!set || !*set)
		set = "~/.tradewind";
	tw_path_expand(&b, tw_str(set));
	home = absolute(tw_buf_cstr(&b));
	tw_buf_release(&b);
	return home;
}

/* fmt's file when it is there. */
static char *existing(char *path)
{
	if (tw_file_exists(path))
		return path;
	free(path);
	return NULL;
}

/*
 * A checkout has build/tradewind and sdk/; a wheel has tradewind/_bin/tradewind in site-packages, whose
 * virtualenv's bin/python is four folders up.
 */
static void find_root(struct tw_paths *p)
{
	struct tw_str dir = tw_path_dir(tw_str(p->self));
	char *sdk = tw_asprintf(TW_STR_FMT "/../sdk/tradewind", TW_STR_ARG(dir));

	if (tw_file_is_dir(sdk)) {
		struct tw_buf b = { 0 };

		tw_path_normalise(&b, tw_path_dir(dir));
		p->root = tw_buf_steal(&b);
		p->sdk = tw_asprintf("%s/sdk", p->root);
		p->python = existing(tw_asprintf("%s/build/venv/bin/python", p->root));
		p->examples = existing(tw_asprintf("%s/examples/dags", p->root));
	} else if (tw_str_is(tw_path_base(dir), "_bin")) {
		struct tw_str package = tw_path_dir(dir), site = tw_path_dir(package);
		struct tw_str prefix = tw_path_dir(tw_path_dir(tw_path_dir(site)));

		p->root = tw_str_dup(package);
		p->python = existing(tw_asprintf(TW_STR_FMT "/bin/python", TW_STR_ARG(prefix)));
		p->examples = existing(tw_asprintf(TW_STR_FMT "/_examples/dags", TW_STR_ARG(package)));
	}
	free(sdk);
}

enum tw_rc tw_paths_init(struct tw_paths *ret_paths, struct tw_err *err)
{
	struct tw_paths p = { 0 };
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	const char *python = getenv("TRADEWIND_PYTHON");
	enum tw_rc rc;

	if (n < 0)
		return tw_err_errno(err, errno, "/proc/self/exe");
	exe[n] = '\0';
	p.self = tw_strdup(exe);
	p.home = find_home();
	p.run_dir = tw_asprintf("%s/run", p.home);
	p.bell = tw_asprintf("%s/scheduler.bell", p.run_dir);
	p.triggerer_bell = tw_asprintf("%s/triggerer.bell", p.run_dir);
	p.dagproc_bell = tw_asprintf("%s/dag-processor.bell", p.run_dir);
	find_root(&p);
	if (python && *python) {
		free(p.python);
		p.python = tw_strdup(python);
	}
	if (!p.python)
		p.python = tw_strdup("python3");
	rc = tw_file_mkdirs(p.home, 0755, err);
	if (rc == TW_OK)
		rc = tw_file_mkdirs(p.run_dir, 0700, err);
	if (rc < 0) {
		tw_paths_release(&p);
		return tw_err_wrap(err, "cannot make the home folder (set TRADEWIND_HOME)");
	}
	*ret_paths = p;
	return TW_OK;
}

void tw_paths_release(struct tw_paths *p)
{
	free(p->self);
	free(p->home);
	free(p->run_dir);
	free(p->bell);
	free(p->triggerer_bell);
	free(p->dagproc_bell);
	free(p->root);
	free(p->sdk);
	free(p->python);
	free(p->examples);
	*p = (struct tw_paths){ 0 };
}

static bool is_named(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

static void add_path(struct tw_buf *b, const char *path)
{
	if (!path || !*path)
		return;
	if (b->n)
		tw_buf_addc(b, ':');
	tw_buf_adds(b, path);
}

char **tw_paths_python_env(const struct tw_paths *p, const char *dags_folder, const char *plugins_folder)
{
	TW_VEC(char *) env = { 0 };
	struct tw_buf path = { 0 };

	for (char **e = environ; *e; e++)
		if (!is_named(*e, "PYTHONPATH") && !is_named(*e, "TRADEWIND_HOME") &&
		    !is_named(*e, "AIRFLOW_HOME"))
			tw_vec_push(&env, tw_strdup(*e));
	add_path(&path, p->sdk);
	add_path(&path, getenv("PYTHONPATH"));
	add_path(&path, dags_folder);
	add_path(&path, plugins_folder);
	tw_vec_push(&env, tw_asprintf("PYTHONPATH=%s", tw_buf_cstr(&path)));
	tw_vec_push(&env, tw_asprintf("TRADEWIND_HOME=%s", p->home));
	tw_vec_push(&env, tw_asprintf("AIRFLOW_HOME=%s", getenv("AIRFLOW_HOME") ? getenv("AIRFLOW_HOME") : p->home));
	tw_vec_push(&env, NULL);
	tw_buf_release(&path);
	return env.v;
}

void tw_paths_free_env(char **env)
{
	for (char **e = env; e && *e; e++)
		free(*e);
	free(env);
}
