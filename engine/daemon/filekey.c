/* What the documents of each DAG file say, as one number: it changes when any of them does. */
#include <inttypes.h>
#include <sys/stat.h>

#include "daemon/shell.h"

/* A document's part in its file's number. */
struct part {
	char *file;
	uint64_t hash;
};

static void add(struct shell *sh, const struct part *p)
{
	uint64_t *sum = tw_map_get(&sh->file_sums, tw_str(p->file));

	if (!sum) {
		sum = tw_new(uint64_t);
		tw_map_set(&sh->file_sums, tw_str(p->file), sum);
	}
	*sum ^= p->hash;
}

void filekey_told(struct shell *sh, struct tw_str dag_id, const struct tw_dag *dag)
{
	struct part *p = tw_map_get(&sh->file_parts, dag_id);

	if (p) {
		add(sh, p); /* twice is never */
		free(p->file);
	}
	if (!dag) {
		free(tw_map_del(&sh->file_parts, dag_id));
		return;
	}
	if (!p) {
		p = tw_new(struct part);
		tw_map_set(&sh->file_parts, dag_id, p);
	}
	p->file = tw_str_dup(dag->fileloc);
	p->hash = tw_hash(dag->hash, strlen(dag->hash));
	add(sh, p);
}

void filekey_write(const struct shell *sh, const struct tw_dag *dag, struct tw_buf *out)
{
	const uint64_t *sum = tw_map_get(&sh->file_sums, dag->fileloc);
	char *path = tw_str_dup(dag->fileloc);
	struct stat st;

	tw_buf_printf(out, "%016" PRIx64 "-%s", sum ? *sum : 0, path);
	if (stat(path, &st) == 0)
		tw_buf_printf(out, "-%lld.%09ld-%lld", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			      (long long)st.st_size);
	free(path);
}

void filekey_release(struct shell *sh)
{
	tw_map_foreach(&sh->file_parts, e) {
		free(((struct part *)e->value)->file);
		free(e->value);
	}
	tw_map_foreach(&sh->file_sums, e)
		free(e->value);
	tw_map_release(&sh->file_parts);
	tw_map_release(&sh->file_sums);
}
