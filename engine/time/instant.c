#include "time/instant.h"

bool tw_is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int tw_days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && tw_is_leap(year));
}

/*
 * Both ways by eras of 400 years (146,097 days), with the year counted from 1 March so that the
 * leap day comes last.
 */
int64_t tw_days_from_civil(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = tw_floor_div(y, 400);
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

void tw_civil_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
	int64_t z = days + 719468;
	int64_t era = tw_floor_div(z, 146097);
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t m = (5 * day_of_year + 2) / 153;

	*ret_day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
	*ret_month = (int)(m < 10 ? m + 3 : m - 9);
	*ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

int tw_weekday(int64_t days)
{
	int64_t wd = (days + 3) % 7; /* 1970-01-01 was a Thursday */

	return (int)(wd < 0 ? wd + 7 : wd);
}

int tw_day_of_year(int year, int month, int day)
{
	return (int)(tw_days_from_civil(year, month, day) - tw_days_from_civil(year, 1, 1)) + 1;
}

void tw_iso_week(int year, int month, int day, int *ret_iso_year, int *ret_week, int *ret_weekday)
{
	int64_t days = tw_days_from_civil(year, month, day);
	int wd = tw_weekday(days);
	int64_t thursday = days - wd + 3;
	int y, m, d;

	tw_civil_from_days(thursday, &y, &m, &d);
	*ret_iso_year = y;
	*ret_week = (int)((thursday - tw_days_from_civil(y, 1, 1)) / 7) + 1;
	*ret_weekday = wd + 1;
}

bool tw_civil_valid(const struct tw_civil *c)
{
	return c->year >= 1 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= tw_days_in_month(c->year, c->month) && c->hour >= 0 && c->hour <= 23 &&
	       c->minute >= 0 && c->minute <= 59 && c->second >= 0 && c->second <= 59 &&
	       c->us >= 0 && c->us <= 999999;
}

void tw_civil_from(int64_t local_us, struct tw_civil *ret)
{
	int64_t days = tw_floor_div(local_us, TW_US_DAY);
	int64_t rest = local_us - days * TW_US_DAY;

	tw_civil_from_days(days, &ret->year, &ret->month, &ret->day);
	ret->hour = (int)(rest / TW_US_HOUR);
	ret->minute = (int)(rest / TW_US_MIN % 60);
	ret->second = (int)(rest / TW_US_SEC % 60);
	ret->us = (int)(rest % TW_US_SEC);
}

int64_t tw_civil_us(const struct tw_civil *c)
{
	return tw_days_from_civil(c->year, c->month, c->day) * TW_US_DAY + c->hour * TW_US_HOUR +
	       c->minute * TW_US_MIN + c->second * TW_US_SEC + c->us;
}
