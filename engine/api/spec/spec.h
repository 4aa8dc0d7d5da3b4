/*
 * What the API promises: spec/operations.txt and spec/models.txt, compiled in. They are the one
 * source of /openapi.json and of the check that every request passes before its handler sees it.
 *
 * A type is what stands behind a name there: `str{len<=200}?`, `int{>=0}=50`, `TaskResponse[]`,
 * `(str|PoolBody)[]`, `enum(any|all)`, `map<str>`, `[str,int]`, `'delete'`.
 */
#pragma once

#include "api/http.h"
#include "base/map.h"
#include "base/vec.h"

enum tw_type_kind {
	TW_T_ANY,
	TW_T_STR,
	TW_T_INT,
	TW_T_NUM,
	TW_T_BOOL,
	TW_T_TIME, /* datetime: an instant with a zone */
	TW_T_DATE,
	TW_T_UUID,
	TW_T_DURATION,
	TW_T_MAP,   /* object, map<…>: of[0], when it matters, is its values' type */
	TW_T_LIST,  /* of[0] */
	TW_T_TUPLE, /* of[…] */
	TW_T_UNION, /* of[…] */
	TW_T_ENUM,  /* words; one of them alone: 'word' */
	TW_T_MODEL,
};

struct tw_bound {
	bool set, open; /* open: the bound itself is out */
	int64_t at;
};

struct tw_type {
	enum tw_type_kind kind;
	bool nullable;
	bool naive;		     /* TIME: without a zone it is UTC */
	struct tw_bound min, max;    /* INT, NUM: of the value; STR: characters; LIST, TUPLE: items */
	struct tw_str pattern;	     /* STR: p NULL: any */
	const void *regex;	     /* the pattern, compiled: regex_t */
	struct tw_str *words;	     /* ENUM; MODEL, an enum: those of it that count here */
	const struct tw_type **of;
	const struct tw_model *model;
	size_t n; /* words, of */
};

struct tw_field {
	struct tw_str name;
	const struct tw_type *type;
	bool required, read_only;
	struct tw_str dflt; /* JSON; p NULL: none */
};

struct tw_fields {
	struct tw_field *v;
	size_t n, cap;
};

struct tw_model {
	struct tw_str name;
	const struct tw_type *alias; /* an enum or anything; NULL: an object with fields */
	bool closed;		     /* refuses what it does not know */
	bool parts;		     /* a group of parameters, no schema of its own */
	bool defined;
	struct tw_fields fields;
};

struct tw_answer {
	int status;
	struct tw_str media; /* p NULL: application/json */
	const struct tw_type *type; /* NULL: no body */
};

struct tw_operation {
	struct tw_str method, path, id, tags; /* tags: "Extra Links, Task Instance" */
	struct tw_fields query, headers, params; /* params: of the path, in order */
	const struct tw_type *body; /* NULL: none */
	bool body_optional, body_form; /* form: may come as one, too */
	struct tw_answer answers[6];
	size_t nanswers;
	int fails[8];
	size_t nfails;
};

struct tw_spec {
	struct tw_arena arena;
	struct tw_map models; /* struct tw_model by name */
	struct tw_map ops;    /* struct tw_operation by "GET /path" */
	TW_VEC(void *) patterns; /* regex_t, to be freed */
};

/* Reads both texts; err names the line. */
enum tw_rc tw_spec_read(struct tw_spec *spec, struct tw_str operations, struct tw_str models,
			struct tw_err *err);
void tw_spec_release(struct tw_spec *spec);
/* The one that is compiled in, read at the first call. */
const struct tw_spec *tw_spec(void);
/* NULL when nothing is said about that route: it is not part of the published API. */
const struct tw_operation *tw_spec_op(const struct tw_spec *spec, const struct tw_route *route);

/*
 * The field that tells a model of several from the others: its first one, when that takes one word
 * alone. NULL: it has none.
 */
const struct tw_field *tw_type_tag(const struct tw_type *t);

/* The document /openapi.json, of those routes that are in the spec. */
void tw_spec_openapi(const struct tw_spec *spec, const struct tw_route *const *tables,
		     struct tw_buf *out);

/*
 * Before a handler: are path, query and body of the promised kinds? false: it has replied 422, with
 * all faults. The body, read, is in req->json then. A number or a truth that came as text in a body
 * ("5", "true") is what it says.
 */
bool tw_spec_admits(struct tw_request *req, struct tw_response *resp);
/* The same by one operation, whichever spec it is of. A body that is no object is left to the handler. */
bool tw_spec_check(const struct tw_operation *op, struct tw_request *req, struct tw_response *resp);
/* A body that has been read (req->json), by one of several models that the operation takes; tag: what its faults call it. */
bool tw_spec_check_as(const struct tw_model *m, const char *tag, struct tw_request *req, struct tw_response *resp);
