/* The web UI: its files, and its page for every path that a person may have in the address bar. */
#include "api/auth/session.h"
#include "api/ui/ui.h"

#include <stdlib.h>
#include <string.h>

#include "api/tables.h"

/* Scripts only from here, none in the page; styles also in elements, which the components set; what plugins show stands in frames. */
#define POLICY                                                                                     \
	"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "                \
	"img-src 'self' data:; frame-src http: https:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; " \
	"object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
#define FOREVER "public, max-age=31536000, immutable"
#define BASE "<base href=\"/\""

static int compare(const void *key, const void *row)
{
	return tw_str_cmp(*(const struct tw_str *)key, tw_str(((const struct tw_ui_file *)row)->name));
}

static const struct tw_ui_file *find(struct tw_str name)
{
	return bsearch(&name, tw_ui_files, tw_ui_nfiles, sizeof *tw_ui_files, compare);
}

static struct tw_str bytes(struct tw_ui_span span)
{
	return tw_strn(tw_ui_blob + span.at, span.n);
}

/* Is this coding among those that the client takes? "br;q=0" is a no. */
static bool takes(struct tw_str codings, const char *name)
{
	while (codings.p && codings.n) {
		struct tw_str params, one = tw_str_trim(tw_str_cut(codings, ',', &codings));

		if (tw_str_caseeq(tw_str_trim(tw_str_cut(one, ';', &params)), name))
			return tw_str_find(params, TW_STR("q=0"), 0) < 0 || tw_str_find(params, TW_STR("q=0."), 0) >= 0;
	}
	return false;
}

/* Whoever says nothing about codings takes any: gzip is what everybody can read. */
static void send_file(struct tw_request *req, struct tw_response *resp, const struct tw_ui_file *f)
{
	bool br = f->br.n && takes(req->accept_encoding, "br");
	bool gz = !br && f->gz.n && (takes(req->accept_encoding, "gzip") || !f->plain.n);

	resp->content_type = f->type;
	tw_reply_header(resp, TW_STR("Cache-Control"), TW_STR(FOREVER));
	resp->fixed = bytes(br ? f->br : gz ? f->gz : f->plain);
	tw_reply_header(resp, TW_STR("Vary"), TW_STR("Accept-Encoding"));
	if (br || gz)
		tw_reply_header(resp, TW_STR("Content-Encoding"), br ? TW_STR("br") : TW_STR("gzip"));
}

static void get_static(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_ui_file *f = find(tw_str(tw_arena_printf(req->arena, "static/" TW_STR_FMT, TW_STR_ARG(req->params[0]))));

	if (f)
		send_file(req, resp, f);
	else
		tw_reply_error(resp, 404, "Not Found");
}

static void get_page(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_ui_file *f = find(TW_STR("index.html"));
	struct tw_str html, to = tw_str(tw_api_of(req)->base_url);
	ptrdiff_t at;

	if (!f) {
		resp->status = 307;
		tw_reply_header(resp, TW_STR("Location"), to.p && to.n ? to : TW_STR("/api/v2/monitor/health"));
		return;
	}
	html = bytes(f->plain);
	at = tw_str_find(html, TW_STR(BASE), 0);
	TW_ASSERT(at >= 0);
	tw_buf_add(&resp->body, html.p, (size_t)at);
	tw_buf_printf(&resp->body, "<base href=\"%s\"", tw_base_path(req));
	at += (ptrdiff_t)strlen(BASE);
	tw_buf_add(&resp->body, html.p + at, html.n - (size_t)at);
	resp->content_type = f->type;
	tw_reply_header(resp, TW_STR("Cache-Control"), TW_STR("no-cache"));
	tw_reply_header(resp, TW_STR("Content-Security-Policy"), TW_STR(POLICY));
}

bool tw_api_stray(struct tw_request *req, struct tw_response *resp)
{
	static const char *const others[] = {"/api/", "/ui/", "/auth/", "/execution/", "/static/"};

	if ((strcmp(req->method, "GET") != 0 && strcmp(req->method, "HEAD") != 0) || !find(TW_STR("index.html")) ||
	    !req->accept.p || tw_str_find(req->accept, TW_STR("text/html"), 0) < 0)
		return false;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (tw_str_starts(req->path, others[i]))
			return false;
	get_page(req, resp);
	resp->status = 404;
	return true;
}

#define PAGE(path) {"GET", path, {TW_OPEN}, get_page}

const struct tw_route tw_routes_ui[] = {
	{"GET", "/static/{path...}", {TW_OPEN}, get_static},
	PAGE("/"),
	PAGE("/login"),
	PAGE("/dags"),
	PAGE("/dags/{path...}"),
	PAGE("/dag_runs"),
	PAGE("/task_instances"),
	PAGE("/xcoms"),
	PAGE("/assets"),
	PAGE("/assets/{path...}"),
	PAGE("/backfills"),
	PAGE("/required_actions"),
	PAGE("/import_errors"),
	PAGE("/variables"),
	PAGE("/connections"),
	PAGE("/pools"),
	PAGE("/plugins"),
	PAGE("/providers"),
	PAGE("/configs"),
	PAGE("/jobs"),
	PAGE("/events"),
	PAGE("/settings"),
	PAGE("/settings/{path...}"),
	PAGE("/styles"),
	PAGE("/users"),
	PAGE("/roles"),
	PAGE("/tokens"),
	PAGE("/account"),
	PAGE("/needs"),
	PAGE("/deadlines"),
	PAGE("/plugin/{path...}"),
	PAGE("/log_search"),
	PAGE("/editor"),
	{0},
};
