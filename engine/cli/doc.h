/* What is written from the tables of verbs: the reference, the man page, the shells' completion. */
#pragma once

#include <stdio.h>

void tw_doc_markdown(FILE *to); /* docs/cli.md */
void tw_doc_man(FILE *to);      /* tradewind.1 */
