/* Files that are compiled in (script/embed.py). */
#pragma once

#include <stddef.h>

extern const char tw_embed_operations[], tw_embed_models[], tw_embed_execution[], tw_embed_execution_models[];
extern const char tw_embed_reference_html[], tw_embed_reference_js[], tw_embed_reference_css[];
extern const size_t tw_embed_reference_html_n, tw_embed_reference_js_n, tw_embed_reference_css_n;
extern const size_t tw_embed_operations_n, tw_embed_models_n, tw_embed_execution_n, tw_embed_execution_models_n;
