/* A connection as a body describes it, for those who change one and those who only try it. */
#pragma once

#include "api/ask.h"
#include "store/vault.h"

/* What no model can say of its fields; false: it has replied 422. */
bool tw_connection_ok(struct tw_request *req, struct tw_response *resp, struct tw_value body);
/* Puts what the body says over the row; what is still masked in it stays as it was. mask: a list of fields, or null. */
void tw_connection_apply(struct tw_request *req, struct tw_connection_row *row, struct tw_value body, struct tw_value mask);
