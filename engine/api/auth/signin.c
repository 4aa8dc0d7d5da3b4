#include "api/auth/signin.h"

#include <pthread.h>

#include "api/auth/auth.h"
#include "api/errand.h"
#include "api/auth/fab.h"
#include "api/auth/ldap.h"
#include "api/auth/session.h"
#include "api/auth/throttle.h"
#include "base/log.h"
#include "io/clock.h"
#include "io/passhash.h"

static enum tw_sign_in ask_simple(struct tw_request *req, struct tw_str name, struct tw_str password,
				  struct tw_http_user *ret_user)
{
	struct tw_http_user u = {.name = name, .id = name};

	if (!tw_auth_check(&tw_api_of(req)->auth, name, password, &u.role, req->arena))
		return TW_SIGN_IN_WRONG;
	*ret_user = u;
	return TW_SIGN_IN_OK;
}

/* ── FAB ──────────────────────────────────────────────────────────────────────────────── */

/*
 * Checking a password takes long on purpose, and much memory. One thread does it at a time; who comes
 * meanwhile is taken up again, and the other threads serve the others.
 */
static pthread_mutex_t hashing = PTHREAD_MUTEX_INITIALIZER;

/* What nobody's password is: so that a name that is not there takes as long as one that is. */
static const char no_hash[] = "scrypt:32768:8:1$0123456789abcdef$";

enum tw_sign_in tw_sign_in_known(struct tw_request *req, struct tw_store *s, const struct tw_user_row *u,
				 struct tw_http_user *ret_user)
{
	struct tw_err err = {0};

	if (tw_store_user_signed_in(s, u->id, true, &err) < 0)
		tw_warn("sign-in: %s", err.msg);
	*ret_user = (struct tw_http_user){.name = u->username,
					  .id = tw_str(tw_arena_printf(req->arena, "%lld", (long long)u->id))};
	return TW_SIGN_IN_OK;
}

/* What the directory is asked, and what it says. */
struct bind {
	const struct tw_ldap_sign_in *ldap;
	struct tw_str name, password;
	struct tw_newcomer who;
	enum tw_rc rc;
	struct tw_err err;
};

static void ask_directory(void *what, struct tw_arena *a)
{
	struct bind *b = what;

	b->rc = tw_ldap_sign_in(b->ldap, b->name, b->password, a, &b->who, &b->err);
}

static void send_to_directory(struct tw_request *req, struct tw_response *resp, struct tw_str name, struct tw_str password)
{
	struct tw_errand *e = tw_errand_new();
	struct bind *b = tw_arena_new(tw_errand_arena(e), struct bind);

	b->ldap = tw_api_of(req)->auth.ldap;
	b->name = tw_str_copy(tw_errand_arena(e), name);
	b->password = tw_str_copy(tw_errand_arena(e), password);
	tw_errand_send(req, resp, e, ask_directory, b);
}

/* LATER: it is being asked. WRONG: it does not know these two, the metastore may. */
static enum tw_sign_in by_directory(struct tw_request *req, struct tw_response *resp, struct tw_store *s, struct tw_str name,
				    struct tw_str password, struct tw_http_user *ret_user)
{
	struct bind *b;
	struct tw_user_row u;
	enum tw_rc rc;

	if (tw_errand_out(req, resp))
		return TW_SIGN_IN_LATER;
	b = tw_errand_back(req);
	if (!b) {
		send_to_directory(req, resp, name, password);
		return TW_SIGN_IN_LATER;
	}
	rc = b->rc;
	if (rc == TW_OK)
		rc = tw_newcomer_take(tw_api_of(req)->auth.newcomers, s, &b->who, req->arena, &u, &b->err);
	if (rc == TW_OK)
		return tw_sign_in_known(req, s, &u, ret_user);
	if (rc != TW_ERR_DENIED && b->rc != TW_ERR_DENIED) {
		tw_error("sign-in by LDAP: %s", b->err.msg);
		b->rc = TW_ERR_DENIED; /* told of */
	}
	return TW_SIGN_IN_WRONG;
}

static enum tw_sign_in by_password(struct tw_request *req, struct tw_response *resp, struct tw_store *s, struct tw_str name,
				   struct tw_str password, struct tw_http_user *ret_user)
{
	struct tw_user_row u = {0};
	struct tw_err err = {0};
	enum tw_rc rc;
	bool fits;

	if (pthread_mutex_trylock(&hashing) != 0) {
		req->memo = req;
		resp->again_ms = 20;
		return TW_SIGN_IN_LATER;
	}
	rc = tw_store_user(s, name, req->arena, &u, &err);
	if (rc == TW_ERR_NOT_FOUND) /* as FAB: the address will do */
		rc = tw_store_user_by_email(s, name, req->arena, &u, &err);
	fits = tw_passhash_fits(u.password.p ? u.password : tw_str(no_hash), password);
	pthread_mutex_unlock(&hashing);
	if (rc < 0 && rc != TW_ERR_NOT_FOUND)
		tw_error("sign-in: %s", err.msg);
	fits = fits && rc == TW_OK && u.active && u.password.p;
	if (fits)
		return tw_sign_in_known(req, s, &u, ret_user);
	if (rc == TW_OK && tw_store_user_signed_in(s, u.id, false, &err) < 0)
		tw_warn("sign-in: %s", err.msg);
	return TW_SIGN_IN_WRONG;
}

static enum tw_sign_in ask_fab(struct tw_request *req, struct tw_response *resp, struct tw_str name, struct tw_str password,
			       struct tw_http_user *ret_user)
{
	struct tw_store *s = tw_api_thread_store(req->thread);
	enum tw_sign_in outcome;

	if (!s) {
		tw_reply_error(resp, 503, "The metastore cannot be opened");
		return TW_SIGN_IN_LATER;
	}
	if (tw_api_of(req)->auth.ldap) {
		outcome = by_directory(req, resp, s, name, password, ret_user);
		if (outcome != TW_SIGN_IN_WRONG)
			return outcome;
	}
	return by_password(req, resp, s, name, password, ret_user);
}

/* Counted once, however often the request is taken up again. */
static int64_t wait_for(struct tw_request *req, struct tw_str address, struct tw_str name)
{
	struct tw_throttle *t = tw_api_of(req)->auth.throttle;

	return t && !req->memo ? tw_throttle_try(t, address, name, tw_monotonic()) : 0;
}

enum tw_sign_in tw_sign_in(struct tw_request *req, struct tw_response *resp, struct tw_str name, struct tw_str password,
			   struct tw_http_user *ret_user, int64_t *ret_wait_s)
{
	struct tw_str address = tw_client_address(req);
	int64_t wait = wait_for(req, address, name);
	enum tw_sign_in outcome;

	if (wait) {
		*ret_wait_s = (wait + TW_US_SEC - 1) / TW_US_SEC;
		return TW_SIGN_IN_WAIT;
	}
	outcome = tw_api_of(req)->auth.fab ? ask_fab(req, resp, name, password, ret_user)
					   : ask_simple(req, name, password, ret_user);
	if (outcome == TW_SIGN_IN_OK && tw_api_of(req)->auth.throttle)
		tw_throttle_passed(tw_api_of(req)->auth.throttle, address, name);
	if (outcome == TW_SIGN_IN_WRONG)
		tw_warn("sign-in of '" TW_STR_FMT "' from " TW_STR_FMT " failed", TW_STR_ARG(name), TW_STR_ARG(address));
	return outcome;
}
