#include "base/num.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds one to the last digit of "d.ddde±xx". */
static void next_up(char *sci)
{
	char *p = strchr(sci, 'e') - 1;
	for (; p > sci && (*p == '9' || *p == '.'); p--)
		if (*p == '9')
			*p = '0';
	++*p;
}

/*
 * The shortest digits that read back. 15 always survive a normal double, 17 always suffice;
 * below the normal range fewer than 15 may do. Above a power of two the doubles lie twice as far
 * apart as below, so there the nearest 16 digits may not read back where the next ones up do.
 */
static void shortest(char *out, size_t size, double f)
{
	int from = fabs(f) < 2.2250738585072014e-308 ? 1 : 15, exp;
	bool power = fabs(frexp(f, &exp)) == 0.5;
	for (int digits = from; digits <= 17; digits++) {
		snprintf(out, size, "%.*e", digits - 1, f);
		if (digits == 17 || strtod(out, NULL) == f)
			return;
		if (digits == 16 && power) {
			next_up(out);
			if (strtod(out, NULL) == f)
				return;
		}
	}
}

/* Whole numbers a double holds exactly and that print without exponent: the common case. */
static size_t repr_whole(char *out, double f)
{
	char rev[20], *q = out;
	int n = 0;
	if (signbit(f))
		*q++ = '-';
	unsigned long long u = (unsigned long long)fabs(f);
	do
		rev[n++] = (char)('0' + u % 10);
	while (u /= 10);
	while (n)
		*q++ = rev[--n];
	memcpy(q, ".0", 3);
	return (size_t)(q + 2 - out);
}

/*
 * Microseconds as seconds, the other common case: whole millionths are at most 15 digits, and no two numbers of 15 digits are the
 * same double, so these digits are the shortest. 0: it is none of them.
 */
static size_t repr_micro(char *out, double f)
{
	double a = fabs(f);
	unsigned long long u;
	char *end;
	int n;

	if (a < 1e-4 || a >= 1e9)
		return 0;
	u = (unsigned long long)(a * 1e6 + 0.5);
	if ((double)u / 1e6 != a)
		return 0;
	n = (int)repr_whole(out, copysign((double)(u / 1000000), f)) - 2; /* the point */
	end = out + n + 7;
	*end = '\0';
	for (u %= 1000000; end > out + n + 1; u /= 10)
		*--end = (char)('0' + u % 10);
	for (end = out + n + 7; end[-1] == '0';)
		*--end = '\0';
	return (size_t)(end - out);
}

size_t tw_num_repr(char out[TW_NUM_REPR], double f)
{
	size_t micro;


	if (isnan(f))
		return (size_t)snprintf(out, TW_NUM_REPR, "nan");
	if (isinf(f))
		return (size_t)snprintf(out, TW_NUM_REPR, f < 0 ? "-inf" : "inf");
	if (f == trunc(f) && fabs(f) < 1e15)
		return repr_whole(out, f);
	micro = repr_micro(out, f);
	if (micro)
		return micro;

	char sci[40], digits[20];
	shortest(sci, sizeof sci, f);
	const char *p = sci;
	char *q = out;
	if (*p == '-')
		*q++ = *p++;
	int n = 0;
	for (; *p != 'e'; p++)
		if (*p != '.')
			digits[n++] = *p;
	int exp = atoi(p + 1);
	while (n > 1 && digits[n - 1] == '0')
		n--;

	if (exp < -4 || exp >= 16) {
		*q++ = digits[0];
		if (n > 1) {
			*q++ = '.';
			memcpy(q, digits + 1, (size_t)n - 1);
			q += n - 1;
		}
		q += sprintf(q, "e%c%02d", exp < 0 ? '-' : '+', abs(exp));
		return (size_t)(q - out);
	}
	if (exp < 0) {
		*q++ = '0';
		*q++ = '.';
		for (int i = -1; i > exp; i--)
			*q++ = '0';
		memcpy(q, digits, (size_t)n);
		q += n;
	} else {
		for (int i = 0; i <= exp; i++)
			*q++ = i < n ? digits[i] : '0';
		*q++ = '.';
		if (n <= exp + 1)
			*q++ = '0';
		for (int i = exp + 1; i < n; i++)
			*q++ = digits[i];
	}
	*q = 0;
	return (size_t)(q - out);
}
