#include "daemon/hostname.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "daemon/config_command.h"
#include "io/hostname.h"

/* The name's first address: with its full name, or as a number. */
static void of_address(const char *host, bool number, char out[TW_HOSTNAME_MAX])
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_CANONNAME }, *found = NULL;

	snprintf(out, TW_HOSTNAME_MAX, "%s", host);
	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return;
	if (number)
		getnameinfo(found->ai_addr, found->ai_addrlen, out, TW_HOSTNAME_MAX, NULL, 0, NI_NUMERICHOST);
	else if (found->ai_canonname && strcmp(found->ai_canonname, "localhost") != 0)
		snprintf(out, TW_HOSTNAME_MAX, "%s", found->ai_canonname);
	freeaddrinfo(found);
}

static bool is_path(struct tw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("._", s.p[i]) && !((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9'))
			return false;
	return s.n > 0;
}

/* "pkg.module.function", called in the Python that tasks have. */
static enum tw_rc by_python(const char *callable, const struct tw_paths *paths, const char *plugins_folder,
			    char out[TW_HOSTNAME_MAX], struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf text = { 0 };
	TW_AUTO(tw_freep) char *command = NULL;
	enum tw_rc rc;

	if (!is_path(tw_str(callable)))
		return tw_err_set(err, TW_ERR_INVALID, "'%s' is no path of a function", callable);
	command = tw_asprintf("PYTHONPATH='%s':'%s':\"$PYTHONPATH\" '%s' -c 'import sys; from tradewind.module_loading import"
			      " import_string; sys.stdout.write(str(import_string(\"%s\")()))'",
			      paths->sdk ? paths->sdk : "", plugins_folder, paths->python, callable);
	rc = tw_config_command(command, &text, err);
	if (rc == TW_OK)
		snprintf(out, TW_HOSTNAME_MAX, TW_STR_FMT, TW_STR_ARG(tw_str_trim(tw_buf_str(&text))));
	return rc;
}

enum tw_rc tw_hostname_decide(const char *callable, const struct tw_paths *paths, const char *plugins_folder,
			      struct tw_err *err)
{
	char host[TW_HOSTNAME_MAX], name[TW_HOSTNAME_MAX];
	struct tw_str c = tw_str(callable);

	if (getenv("TRADEWIND_HOSTNAME"))
		return TW_OK;
	tw_hostname(host);
	if (!c.n || tw_str_ends(c, ".getfqdn"))
		of_address(host, false, name);
	else if (tw_str_ends(c, ".get_host_ip_address"))
		of_address(host, true, name);
	else if (tw_str_is(c, "socket.gethostname"))
		snprintf(name, sizeof name, "%s", host);
	else if (by_python(callable, paths, plugins_folder, name, err) < 0)
		return tw_err_wrap(err, "[core] hostname_callable");
	setenv("TRADEWIND_HOSTNAME", *name ? name : host, 1);
	return TW_OK;
}
