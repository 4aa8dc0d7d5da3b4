/* What tasks ask about assets and keep in the state store: words of execution.c's table. */
#pragma once

#include "api/exec/execution_ask.h"

/* An event as tasks see it (docs/runner-protocol.md); its aliases must have been read. */
struct tw_value tw_asset_event_value(struct tw_arena *a, const struct tw_asset_event_row *e);

struct tw_task;
/* A task's inlets and outlets that are no active assets: a list of {"name", "uri"}. */
enum tw_rc tw_inactive_assets(struct tw_store *s, const struct tw_task *task, struct tw_arena *a, struct tw_value *ret,
			      struct tw_err *err);

enum tw_rc tw_task_asset_get(struct ask *q, struct tw_err *err);
enum tw_rc tw_task_asset_events(struct ask *q, struct tw_err *err);
enum tw_rc tw_task_assets_by_alias(struct ask *q, struct tw_err *err);
enum tw_rc tw_task_state_get(struct ask *q, struct tw_err *err);
enum tw_rc tw_task_state_set(struct ask *q, struct tw_err *err);
enum tw_rc tw_task_state_delete(struct ask *q, struct tw_err *err);
enum tw_rc tw_task_state_clear(struct ask *q, struct tw_err *err);
enum tw_rc tw_asset_state_get(struct ask *q, struct tw_err *err);
enum tw_rc tw_asset_state_set(struct ask *q, struct tw_err *err);
enum tw_rc tw_asset_state_delete(struct ask *q, struct tw_err *err);
enum tw_rc tw_asset_state_clear(struct ask *q, struct tw_err *err);
