#include "store/stamp.h"

static void put2(char *p, int v)
{
	p[0] = (char)('0' + v / 10);
	p[1] = (char)('0' + v % 10);
}

void tw_stamp_write(char out[TW_STAMP_LEN + 1], tw_time t)
{
	struct tw_civil c;

	TW_ASSERT(tw_time_ok(t));
	tw_civil_from(t, &c);
	put2(out, c.year / 100);
	put2(out + 2, c.year % 100);
	out[4] = '-';
	put2(out + 5, c.month);
	out[7] = '-';
	put2(out + 8, c.day);
	out[10] = ' ';
	put2(out + 11, c.hour);
	out[13] = ':';
	put2(out + 14, c.minute);
	out[16] = ':';
	put2(out + 17, c.second);
	out[19] = '.';
	put2(out + 20, c.us / 10000);
	put2(out + 22, c.us / 100 % 100);
	put2(out + 24, c.us % 100);
	out[26] = '\0';
}

static bool get2(const char *p, int *ret)
{
	if (!tw_is_digit(p[0]) || !tw_is_digit(p[1]))
		return false;
	*ret = (p[0] - '0') * 10 + (p[1] - '0');
	return true;
}

tw_time tw_stamp_read(struct tw_str s)
{
	struct tw_civil c = {0};
	int hi, lo, us = 0, digits = 0;
	size_t i = 19;
	tw_time t;

	if (s.n < 19 || !get2(s.p, &hi) || !get2(s.p + 2, &lo) || s.p[4] != '-' ||
	    !get2(s.p + 5, &c.month) || s.p[7] != '-' || !get2(s.p + 8, &c.day) ||
	    (s.p[10] != ' ' && s.p[10] != 'T') || !get2(s.p + 11, &c.hour) || s.p[13] != ':' ||
	    !get2(s.p + 14, &c.minute) || s.p[16] != ':' || !get2(s.p + 17, &c.second))
		return TW_TIME_NONE;
	c.year = hi * 100 + lo;
	if (i < s.n && s.p[i] == '.')
		for (i++; i < s.n && tw_is_digit(s.p[i]); i++)
			if (digits < 6) {
				us = us * 10 + (s.p[i] - '0');
				digits++;
			}
	for (; digits < 6; digits++)
		us *= 10;
	c.us = us;
	if (!tw_civil_valid(&c))
		return TW_TIME_NONE;
	t = tw_civil_us(&c);
	/* "+02:00" behind it: somebody else's writing */
	if (i + 6 == s.n && (s.p[i] == '+' || s.p[i] == '-') && get2(s.p + i + 1, &hi) &&
	    get2(s.p + i + 4, &lo))
		t -= (s.p[i] == '-' ? -1 : 1) * (hi * TW_US_HOUR + lo * TW_US_MIN);
	else if (i != s.n && !(i + 1 == s.n && s.p[i] == 'Z'))
		return TW_TIME_NONE;
	return tw_time_ok(t) ? t : TW_TIME_NONE;
}
