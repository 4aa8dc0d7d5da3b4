/* Finds, for every scope of a template, the names that are empty when it begins. */
#pragma once

#include "template/ast.h"

void tw_names_find(struct tw_template *tpl);
