/* /docs: the reference that people read and try, made by its own page from /openapi.json. */
#include "api/app.h"
#include "api/embedded.h"
#include "api/spec/spec.h"
#include "api/tables.h"

/* Nothing from elsewhere, no script but its own, and nobody frames it. */
#define POLICY                                                                                     \
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "            \
	"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static void send(struct tw_response *resp, const char *type, const char *text, size_t n)
{
	resp->content_type = type;
	resp->fixed = tw_strn(text, n);
	tw_reply_header(resp, TW_STR("Cache-Control"), TW_STR("no-cache"));
}

/* Made anew each time: it is asked for rarely. */
static void get_openapi(struct tw_request *req, struct tw_response *resp)
{
	tw_spec_openapi(tw_spec(), tw_api_routes, &resp->body);
}

static void get_page(struct tw_request *req, struct tw_response *resp)
{
	send(resp, "text/html; charset=utf-8", tw_embed_reference_html, tw_embed_reference_html_n);
	tw_reply_header(resp, TW_STR("Content-Security-Policy"), TW_STR(POLICY));
}

static void get_script(struct tw_request *req, struct tw_response *resp)
{
	send(resp, "text/javascript; charset=utf-8", tw_embed_reference_js, tw_embed_reference_js_n);
}

static void get_style(struct tw_request *req, struct tw_response *resp)
{
	send(resp, "text/css; charset=utf-8", tw_embed_reference_css, tw_embed_reference_css_n);
}

static void get_redoc(struct tw_request *req, struct tw_response *resp)
{
	resp->status = 307;
	tw_reply_header(resp, TW_STR("Location"), TW_STR("docs"));
}

const struct tw_route tw_routes_reference[] = {
	{"GET", "/openapi.json", {TW_OPEN}, get_openapi},
	{"GET", "/docs", {TW_OPEN}, get_page},
	{"GET", "/docs/reference.js", {TW_OPEN}, get_script},
	{"GET", "/docs/reference.css", {TW_OPEN}, get_style},
	{"GET", "/redoc", {TW_OPEN}, get_redoc},
	{0},
};
