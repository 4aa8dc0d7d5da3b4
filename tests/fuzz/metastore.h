/* A metastore in memory with the DAG "d" in it, for fuzzers of what stands on one. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/file.h"
#include "store/dags.h"
#include "store/store.h"

static char metastore_home[64], metastore_url[128];

static inline void metastore_remove(void)
{
	tw_file_remove_tree(metastore_home, NULL);
}

static inline void metastore_put_dag(struct tw_store *s)
{
	struct tw_arena a = { 0 };
	struct tw_dag_put dag = {
		.dag = { .dag_id = TW_STR("d"), .display_name = TW_STR("d"), .bundle_name = TW_STR("dags-folder"),
			 .fileloc = TW_STR("/d.py"), .relative_fileloc = TW_STR("d.py"), .owners = TW_STR("anna"),
			 .last_parsed_time = 1767225600000000, .last_expired = TW_TIME_NONE, .max_active_tasks = 16,
			 .max_active_runs = 16 },
		.document = TW_STR("{\"format\":1,\"dag_id\":\"d\",\"tasks\":[{\"task_id\":\"t\",\"native\":\"empty\"}]}"),
		.hash = TW_STR("d"), .source = TW_STR("d"),
	};
	struct tw_file_put file = { .bundle_name = TW_STR("dags-folder"), .fileloc = TW_STR("/d.py"),
				    .relative_fileloc = TW_STR("d.py"), .dags = &dag, .ndags = 1,
				    .parsed_at = 1767225600000000 };

	TW_ASSERT(tw_store_bundle_put(s, TW_STR("dags-folder"), true, (struct tw_str){ 0 }, 1767225600000000, NULL) == TW_OK);
	TW_ASSERT(tw_store_files_put(s, &file, 1, &a, NULL) == TW_OK);
	tw_arena_release(&a);
}

static inline struct tw_store *metastore_new(void)
{
	struct tw_store_opts opts = { .url = metastore_url, .mode = TW_STORE_MIGRATE, .relaxed = true };
	struct tw_store *s;

	snprintf(metastore_home, sizeof metastore_home, "/dev/shm/tradewind-fuzz-%d", (int)getpid());
	snprintf(metastore_url, sizeof metastore_url, "sqlite:///%s/tw.db", metastore_home);
	metastore_remove();
	TW_ASSERT(tw_file_mkdirs(metastore_home, 0700, NULL) == TW_OK);
	TW_ASSERT(tw_store_open(&opts, &s, NULL) == TW_OK);
	metastore_put_dag(s);
	return s;
}
