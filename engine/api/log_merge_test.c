/* A task's lines and its triggers' lines become one log. */
#include "api/log_merge.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/testing.h"
#include "io/file.h"

static char folder[] = "/tmp/tw-merge-XXXXXX";

static char *at(const char *name)
{
	static char path[200];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(at(name), "w");

	fputs(text, f);
	fclose(f);
}

#define LINE(second, word) "{\"timestamp\":\"2026-01-01T00:00:0" second ".000000Z\",\"event\":\"" word "\"}\n"

static void lines_come_by_their_instant(void **state)
{
	struct tw_log_files f;
	char got[1000];
	ssize_t n;
	int fd;

	put("attempt=1.log", LINE("1", "before") "no stamp\n" LINE("5", "after"));
	put("attempt=1.log.trigger.3.log", LINE("2", "waiting") LINE("5", "same") "half a li");
	put("attempt=1.log.trigger.4.log", LINE("3", "again"));
	put("attempt=11.log", LINE("0", "another"));
	tw_log_files_find(at("attempt=1.log"), &f);
	assert_int_equal(f.v.n, 3);
	fd = tw_log_merge(&f);
	assert_true(fd >= 0);
	n = pread(fd, got, sizeof got - 1, 0);
	got[n] = '\0';
	assert_string_equal(got, LINE("1", "before") "no stamp\n" LINE("2", "waiting") LINE("3", "again") LINE("5", "after")
				 LINE("5", "same"));
	close(fd);
	tw_log_files_release(&f);
}

static void without_the_tasks_own_file(void **state)
{
	struct tw_log_files f;

	put("attempt=2.log.trigger.3.log", LINE("2", "waiting"));
	tw_log_files_find(at("attempt=2.log"), &f);
	assert_int_equal(f.v.n, 1);
	tw_log_files_release(&f);
	tw_log_files_find(at("attempt=9.log"), &f);
	assert_int_equal(f.v.n, 0);
	tw_log_files_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_by_their_instant),
		cmocka_unit_test(without_the_tasks_own_file),
	};
	int rc;

	if (!mkdtemp(folder))
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	for (const char *const *n = (const char *const[]){ "attempt=1.log", "attempt=1.log.trigger.3.log",
							   "attempt=1.log.trigger.4.log", "attempt=11.log",
							   "attempt=2.log.trigger.3.log", NULL };
	     *n; n++)
		unlink(at(*n));
	rmdir(folder);
	return rc;
}
