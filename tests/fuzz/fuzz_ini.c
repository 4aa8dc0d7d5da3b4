/* airflow.cfg: any text gives keys or a message with its place; keys and values are whole texts, and lines go on. */
#include "fuzz.h"

#include "daemon/ini.h"

struct seen {
	int line, keys;
};

static void see(void *arg, const char *section, const char *key, const char *value, int line)
{
	struct seen *s = arg;

	TW_ASSERT(section && key && key[0] && value);
	TW_ASSERT(line > s->line);
	s->line = line;
	s->keys++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen s = { 0 };
	struct tw_err err = { 0 };

	if (tw_ini_parse("airflow.cfg", tw_strn((const char *)data, size), see, &s, &err) < 0)
		TW_ASSERT(strstr(err.msg, "airflow.cfg"));
	return 0;
}
