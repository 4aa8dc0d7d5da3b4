#include "model/spread.h"

#include <openssl/evp.h>

uint64_t tw_spread(struct tw_str text, uint64_t m)
{
	unsigned char sum[20];
	uint64_t rest = 0;

	TW_ASSERT(EVP_Digest(text.p, text.n, sum, NULL, EVP_sha1(), NULL) == 1);
	for (int i = 0; i < 20; i++)
		rest = (uint64_t)(((unsigned __int128)rest * 256 + sum[i]) % m);
	return rest;
}
