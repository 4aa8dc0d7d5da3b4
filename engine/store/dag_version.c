/* Versions, documents, source code; what files said of themselves. */
#include "store/dags.h"

#include "store/query.h"

#define VERSION                                                                                    \
	"v.id, v.dag_id, coalesce(d.dag_display_name, v.dag_id), v.bundle_name, v.bundle_version," \
	" s.dag_hash, v.version_number, v.created_at, v.last_updated"
#define JOINS                                                                                      \
	"left join dag d on d.dag_id = v.dag_id left join serialized_dag s on s.dag_version_id = v.id"

static void read_version(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_version_row *v = row;

	v->id = tw_q_get_uuid_text(q, a);
	v->dag_id = tw_q_get_str(q, a);
	v->dag_display_name = tw_q_get_str(q, a);
	v->bundle_name = tw_q_get_str(q, a);
	v->bundle_version = tw_q_get_str(q, a);
	v->hash = tw_q_get_str(q, a);
	v->number = (int)tw_q_get_int(q);
	v->created_at = tw_q_get_time(q);
	v->last_updated = tw_q_get_time(q);
}

enum tw_rc tw_store_versions(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			     struct tw_version_row **ret_v, size_t *ret_n, int64_t *ret_total,
			     struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"id", "v.id", TW_F_UUID},
		{"dag_id", "v.dag_id", TW_F_TEXT},
		{"version_number", "v.version_number", TW_F_INT},
		{"bundle_name", "v.bundle_name", TW_F_TEXT},
		{"bundle_version", "v.bundle_version", TW_F_TEXT},
		{"created_at", "v.created_at", TW_F_TIME},
		TW_READABLE("v.dag_id", false),
	};
	static const struct tw_list_def def = {"dag version", VERSION, "dag_version v", JOINS, NULL,
					       "v.id",	      fields,  TW_COUNT(fields), .text_key = true};

	return TW_LIST(s, &def, ask, struct tw_version_row, read_version, a, ret_v, ret_n,
		       ret_total, err);
}

static enum tw_rc no_version(struct tw_str dag_id, int number, struct tw_err *err)
{
	if (number)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "dag '" TW_STR_FMT "' has no version %d",
				  TW_STR_ARG(dag_id), number);
	return tw_err_set(err, TW_ERR_NOT_FOUND, "there is no dag '" TW_STR_FMT "'",
			  TW_STR_ARG(dag_id));
}

#define OF_DAG                                                                                     \
	" where v.dag_id = ? and (? = 0 or v.version_number = ?) order by v.version_number desc limit 1"

static void put_version(struct tw_q *q, struct tw_str dag_id, int number)
{
	tw_q_put_str(q, dag_id);
	tw_q_put_int(q, number);
	tw_q_put_int(q, number);
}

enum tw_rc tw_store_version(struct tw_store *s, struct tw_str dag_id, int number,
			    struct tw_arena *a, struct tw_version_row *ret_v, struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select " VERSION " from dag_version v " JOINS OF_DAG);
	put_version(&q, dag_id, number);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return no_version(dag_id, number, err);
	if (rc < 0)
		return rc;
	read_version(&q, a, ret_v);
	tw_q_done(&q);
	return TW_OK;
}

enum tw_rc tw_store_document(struct tw_store *s, struct tw_str version_id, struct tw_arena *a,
			     struct tw_str *ret_json, struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select data from serialized_dag where dag_version_id = ?");
	tw_q_put_uuid_text(&q, version_id);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc, "there is no dag version %.*s", TW_STR_ARG(version_id));
	if (rc < 0)
		return rc;
	*ret_json = tw_q_get_str(&q, a);
	tw_q_done(&q);
	return TW_OK;
}

enum tw_rc tw_store_document_newest(struct tw_store *s, struct tw_str dag_id, struct tw_arena *a,
				    struct tw_str *ret_json, struct tw_version_row *ret_version,
				    struct tw_err *err)
{
	struct tw_version_row v;

	TW_TRY(tw_store_version(s, dag_id, 0, a, &v, err));
	TW_TRY(tw_store_document(s, v.id, a, ret_json, err));
	if (ret_version)
		*ret_version = v;
	return TW_OK;
}

enum tw_rc tw_store_source(struct tw_store *s, struct tw_str dag_id, int number, struct tw_arena *a,
			   struct tw_str *ret_source, struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s,
	     "select c.source_code from dag_version v join dag_code c on c.dag_version_id = v.id" OF_DAG);
	put_version(&q, dag_id, number);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return no_version(dag_id, number, err);
	if (rc < 0)
		return rc;
	*ret_source = tw_q_get_str(&q, a);
	tw_q_done(&q);
	return TW_OK;
}

/* ── import errors and warnings ─────────────────────────────────────────────────────── */

static void read_error(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_import_error_row *e = row;

	e->id = tw_q_get_int(q);
	e->timestamp = tw_q_get_time(q);
	e->filename = tw_q_get_str(q, a);
	e->bundle_name = tw_q_get_str(q, a);
	e->stacktrace = tw_q_get_str(q, a);
}

#define OF_FILE " where d.relative_fileloc = e.filename and d.bundle_name = e.bundle_name"

enum tw_rc tw_store_import_errors(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
				  struct tw_import_error_row **ret_v, size_t *ret_n,
				  int64_t *ret_total, struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"id", "e.id", TW_F_INT},
		{"import_error_id", "e.id", TW_F_INT},
		{"timestamp", "e.timestamp", TW_F_TIME},
		{"filename", "e.filename", TW_F_TEXT},
		{"bundle_name", "e.bundle_name", TW_F_TEXT},
		{"stacktrace", "e.stacktrace", TW_F_TEXT},
		/* Of a file that no DAG is known of, or one that the roles may read. */
		TW_READABLE_OR("not exists (select 1 from dag d" OF_FILE ") or exists (select 1 from dag d" OF_FILE " and ",
			       "d.dag_id", ")"),
	};
	static const struct tw_list_def def = {
		"import error",
		"e.id, e.timestamp, e.filename, e.bundle_name, e.stacktrace",
		"import_error e",
		"",
		NULL,
		"e.id",
		fields,
		TW_COUNT(fields),
	};

	return TW_LIST(s, &def, ask, struct tw_import_error_row, read_error, a, ret_v, ret_n,
		       ret_total, err);
}

static void read_warning(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_warning_row *w = row;

	w->dag_id = tw_q_get_str(q, a);
	w->warning_type = tw_q_get_str(q, a);
	w->message = tw_q_get_str(q, a);
	w->timestamp = tw_q_get_time(q);
}

enum tw_rc tw_store_warnings(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			     struct tw_warning_row **ret_v, size_t *ret_n, int64_t *ret_total,
			     struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"dag_id", "w.dag_id", TW_F_TEXT},
		{"warning_type", "w.warning_type", TW_F_TEXT},
		{"message", "w.message", TW_F_TEXT},
		{"timestamp", "w.timestamp", TW_F_TIME},
		TW_READABLE("w.dag_id", false),
	};
	static const struct tw_list_def def = {
		"dag warning",
		"w.dag_id, w.warning_type, w.message, w.timestamp",
		"dag_warning w",
		"",
		NULL,
		"w.seq",
		fields,
		TW_COUNT(fields),
	};

	return TW_LIST(s, &def, ask, struct tw_warning_row, read_warning, a, ret_v, ret_n,
		       ret_total, err);
}
