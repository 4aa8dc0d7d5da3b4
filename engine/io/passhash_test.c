#include "base/testing.h"

#include "io/passhash.h"

/* Made by werkzeug 3. */
static void test_of_werkzeug(void **state)
{
	static const struct {
		const char *password, *hash;
	} made[] = {
		{"secret", "scrypt:32768:8:1$yT8n0Zin26DoUDn9$1515ca407fff95a10c52d675d52da6007295f472f4ab51909906b649034eea09e5f038a2cd5bfb4512e1c4367dc7760d4ac470ed539d116210b5f88f4f8a81f9"},
		{"pä ss$:", "scrypt:16384:8:2$QO85r2xtPPX7RxyV$e5410d6f45749019d96b136b3423bf0615e8db60151922b0d2062f2cdb7f1806f6112efda4dd2ce55c87e148ecd590ca72e67af16b8b1dd2bc1c80aa70fcb911"},
		{"secret", "pbkdf2:sha256:1000$5487UdNXqADqTxXk$8fd530676e8b0071c4aaba91100b74bb07b4d945ee6198992cfc9196addae2d3"},
		{"old", "pbkdf2:sha1:2000$6YaGhRBLv69KPkG0$412ef2009d69b86f1e4df2ae27896cb548706616"},
		{"x", "pbkdf2:sha512:1500$aRQnKbkgGDPTBw7Q$48b6a67f427970fa3a06bdbaccdaa6288afd22b08d2aa94bdd5b5b1dbb268a18c1bafc596ffa2280845a2759a3a67e7d3dbceb9bf1b4978f223ff86e82c0eb71"},
	};

	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		assert_true(tw_passhash_fits(tw_str(made[i].hash), tw_str(made[i].password)));
		assert_false(tw_passhash_fits(tw_str(made[i].hash), TW_STR("Secret")));
		assert_false(tw_passhash_fits(tw_str(made[i].hash), TW_STR("")));
	}
}

static void test_own(void **state)
{
	struct tw_buf one = {0}, two = {0};

	tw_passhash_make(TW_STR("geheim"), &one);
	tw_passhash_make(TW_STR("geheim"), &two);
	assert_true(tw_str_starts(tw_buf_str(&one), "scrypt:32768:8:1$"));
	assert_false(tw_str_eq(tw_buf_str(&one), tw_buf_str(&two)));
	assert_true(tw_passhash_fits(tw_buf_str(&one), TW_STR("geheim")));
	assert_false(tw_passhash_fits(tw_buf_str(&one), TW_STR("geheim ")));
	tw_buf_release(&one);
	tw_buf_release(&two);
}

static void test_none(void **state)
{
	static const char *const bad[] = {
		"", "$", "$$", "secret", "plain$$secret", "scrypt$a$b", "scrypt:1:2$a$b", "scrypt:3:1:1$a$b",
		"scrypt:1048576:8:1$a$b", "scrypt:32768:8:100$a$b", "scrypt:-1:8:1$a$b", "pbkdf2:sha256$a$b",
		"pbkdf2:md5:1000$a$b", "pbkdf2:sha256:99999999999$a$b", "pbkdf2:sha256:1000:1$a$b", "sha256$a$b",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(tw_passhash_fits(tw_str(bad[i]), TW_STR("secret")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_of_werkzeug), cmocka_unit_test(test_own),
					   cmocka_unit_test(test_none)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
