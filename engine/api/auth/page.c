#include "api/auth/page.h"

#include "io/token.h"
#include "template/text.h"

static const char style[] =
	"body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.5 system-ui,sans-serif;"
	"background:Canvas;color:CanvasText;color-scheme:light dark}"
	"form{width:min(20rem,90vw)}h1{font-size:1.5rem;margin:0 0 1rem}label{display:block;margin:.75rem 0 .25rem}"
	"input{box-sizing:border-box;width:100%;padding:.5rem;font:inherit;border:1px solid GrayText;border-radius:4px;"
	"background:Field;color:FieldText}"
	"button{margin-top:1.25rem;width:100%;padding:.6rem;font:inherit;border:0;border-radius:4px;background:#1a56db;"
	"color:#fff;cursor:pointer}"
	"a{display:block;margin-top:1rem;text-align:center;color:LinkText}"
	"a.way{box-sizing:border-box;padding:.6rem;border-radius:4px;background:#1a56db;color:#fff;text-decoration:none}"
	"[role=alert]{padding:.5rem .75rem;border-left:4px solid #c81e1e;background:#c81e1e22}";

/* Only this page's own style may apply, no script at all, and what is typed goes nowhere else. */
static void head(struct tw_response *resp, struct tw_arena *a)
{
	struct tw_str nonce = tw_random_text(a, 16);

	resp->content_type = "text/html; charset=utf-8";
	tw_reply_header(resp, TW_STR("Content-Security-Policy"),
			tw_str(tw_arena_printf(a,
					       "default-src 'none'; style-src 'nonce-" TW_STR_FMT "'; form-action 'self'; "
					       "frame-ancestors 'none'; base-uri 'none'",
					       TW_STR_ARG(nonce))));
	tw_buf_printf(&resp->body,
		      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sign in</title>"
		      "<meta name=\"viewport\" content=\"width=device-width\"><style nonce=\"" TW_STR_FMT "\">%s</style></head><body>",
		      TW_STR_ARG(nonce), style);
}

static void ask_password(struct tw_buf *out, struct tw_str next, struct tw_str name)
{
	tw_buf_adds(out, "<label for=\"u\">User name</label><input id=\"u\" name=\"username\" required"
			 " autocomplete=\"username\" autofocus value=\"");
	tw_escape_html(out, name);
	tw_buf_adds(out, "\"><label for=\"p\">Password</label><input id=\"p\" name=\"password\" type=\"password\" required"
			 " autocomplete=\"current-password\"><input type=\"hidden\" name=\"next\" value=\"");
	tw_escape_html(out, next);
	tw_buf_adds(out, "\"><button>Sign in</button>");
}

void tw_page_sign_in(struct tw_response *resp, struct tw_arena *a, struct tw_str next, struct tw_str name,
		     const char *fault, const char *const *other, bool password)
{
	struct tw_buf *out = &resp->body;

	tw_buf_clear(out);
	head(resp, a);
	tw_buf_adds(out, "<form method=\"post\" action=\"/auth/login\"><h1>Sign in to Tradewind</h1>");
	if (fault) {
		tw_buf_adds(out, "<p role=\"alert\">");
		tw_escape_html(out, tw_str(fault));
		tw_buf_adds(out, "</p>");
	}
	if (password)
		ask_password(out, next, name);
	for (; other && *other; other += 2) {
		tw_buf_printf(out, "<a%s href=\"", password ? "" : " class=\"way\"");
		tw_escape_html(out, tw_str(other[0]));
		tw_buf_adds(out, "\">");
		tw_escape_html(out, tw_str(other[1]));
		tw_buf_adds(out, "</a>");
	}
	tw_buf_adds(out, "</form></body></html>");
}
