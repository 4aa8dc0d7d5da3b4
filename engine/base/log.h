/*
 * One structured line per message on stderr: time, level, component, message, then
 * key=value pairs. Only io, store and above log; the pure folders return errors.
 */
#pragma once

#include "base/err.h"

enum tw_log_level { TW_LOG_DEBUG, TW_LOG_INFO, TW_LOG_WARNING, TW_LOG_ERROR, TW_LOG_CRITICAL };

extern enum tw_log_level tw_log_min;       /* default TW_LOG_INFO */
void tw_log_component(const char *name);   /* "scheduler"; kept by pointer */
bool tw_log_level_parse(const char *name, enum tw_log_level *ret_level); /* Airflow's names, any case */
/* fmt is the sentence and its pairs: tw_log(TW_LOG_INFO, "run started dag=%s run=%s", ...). Newlines are escaped. */
void tw_log(enum tw_log_level level, const char *fmt, ...) TW_PRINTF(2, 3);

#define tw_debug(...) (tw_log_min <= TW_LOG_DEBUG ? tw_log(TW_LOG_DEBUG, __VA_ARGS__) : (void)0)
#define tw_info(...) tw_log(TW_LOG_INFO, __VA_ARGS__)
#define tw_warn(...) tw_log(TW_LOG_WARNING, __VA_ARGS__)
#define tw_error(...) tw_log(TW_LOG_ERROR, __VA_ARGS__)
