/*
 * What a DAG says of assets (docs/dag-document.md): the condition of its schedule, the inlets and outlets of
 * its tasks, the assets themselves. Read once with the document; everything lives in the DAG's arena.
 */
#pragma once

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/value.h"

struct tw_dag;

/* One asset is the pair of both. */
struct tw_asset_key {
	struct tw_str name, uri;
};

struct tw_asset_watcher {
	struct tw_str name, classpath;
	struct tw_value kwargs;      /* encoded */
};

struct tw_asset {
	struct tw_asset_key key;
	struct tw_str group;
	struct tw_value extra;       /* a map, or TW_NULL */
	struct tw_asset_watcher *watchers;
	int nwatchers;
};

enum tw_asset_term_kind {
	TW_ASSET_EXACT,              /* name and uri */
	TW_ASSET_NAME_REF,           /* Asset.ref(name=): whichever active asset has the name */
	TW_ASSET_URI_REF,
	TW_ASSET_ALIAS,              /* name, group */
	TW_ASSET_ALL,                /* of what is below; true when there is nothing */
	TW_ASSET_ANY,
};

struct tw_asset_term {
	enum tw_asset_term_kind kind;
	struct tw_asset_key key;     /* EXACT both, refs one, ALIAS the name */
	struct tw_str group;         /* ALIAS */
	struct tw_asset_term *of;    /* ALL, ANY */
	int n;
};

#define TW_ASSET_MAX_DEPTH 32        /* of conditions within conditions */

/* The document's list of assets; where names the place for messages. */
enum tw_rc tw_assets_read(struct tw_dag *dag, struct tw_value list, struct tw_err *err);
/* One reference or expression. A reference by URI to an asset that the DAG describes is that asset. */
enum tw_rc tw_asset_term_read(struct tw_dag *dag, struct tw_value v, struct tw_asset_term *ret, struct tw_err *err);
/* A list of references: a task's inlets or outlets. */
enum tw_rc tw_asset_terms_read(struct tw_dag *dag, struct tw_value list, struct tw_asset_term **ret, int *ret_n,
			       struct tw_err *err);

bool tw_asset_key_eq(struct tw_asset_key a, struct tw_asset_key b);
/* Calls visit with every asset, reference and alias in the term. */
void tw_asset_term_each(const struct tw_asset_term *t, void (*visit)(void *arg, const struct tw_asset_term *leaf),
			void *arg);
/* What holds when `holds` says so of the leaves. */
bool tw_asset_term_met(const struct tw_asset_term *t, bool (*holds)(void *arg, const struct tw_asset_term *leaf),
		       void *arg);
/* As Airflow's API shows an expression: {"all": [{"asset": {"uri", "name", "group"}}, {"alias": …}, {"asset_ref": …}]}. */
struct tw_value tw_asset_term_value(const struct tw_dag *dag, struct tw_arena *a, const struct tw_asset_term *t);
