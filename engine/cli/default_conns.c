/* `tradewind connections create-default-connections`: the names that examples and providers' hooks go by. */
#include <stdio.h>

#include "cli/context.h"
#include "store/vault.h"

static const struct {
	const char *id, *type, *host, *login, *password, *schema;
	int port;
	const char *extra;
} defaults[] = {
	{"airflow_db", "mysql", "mysql", "root", NULL, "airflow", 0, NULL},
	{"athena_default", "athena", NULL, NULL, NULL, NULL, 0, NULL},
	{"aws_default", "aws", NULL, NULL, NULL, NULL, 0, NULL},
	{"azure_batch_default", "azure_batch", NULL, "<ACCOUNT_NAME>", NULL, NULL, 0, "{\"account_url\":\"<ACCOUNT_URL>\"}"},
	{"azure_cosmos_default", "azure_cosmos", NULL, NULL, NULL, NULL, 0, "{\"database_name\":\"<DATABASE_NAME>\",\"collection_name\":\"<COLLECTION_NAME>\"}"},
	{"azure_data_explorer_default", "azure_data_explorer", "https://<CLUSTER>.kusto.windows.net", NULL, NULL, NULL, 0, "{\"auth_method\":\"<AAD_APP | AAD_APP_CERT | AAD_CREDS | AAD_DEVICE>\",\"tenant\":\"<TENANT ID>\",\"certificate\":\"<APPLICATION PEM CERTIFICATE>\",\"thumbprint\":\"<APPLICATION CERTIFICATE THUMBPRINT>\"}"},
	{"azure_data_lake_default", "azure_data_lake", NULL, NULL, NULL, NULL, 0, "{\"tenant\":\"<TENANT>\",\"account_name\":\"<ACCOUNTNAME>\"}"},
	{"azure_default", "azure", NULL, NULL, NULL, NULL, 0, NULL},
	{"cassandra_default", "cassandra", "cassandra", NULL, NULL, NULL, 9042, NULL},
	{"databricks_default", "databricks", "localhost", NULL, NULL, NULL, 0, NULL},
	{"dingding_default", "http", NULL, NULL, NULL, NULL, 0, NULL},
	{"drill_default", "drill", "localhost", NULL, NULL, NULL, 8047, "{\"dialect_driver\":\"drill+sadrill\",\"storage_plugin\":\"dfs\"}"},
	{"druid_broker_default", "druid", "druid-broker", NULL, NULL, NULL, 8082, "{\"endpoint\":\"druid/v2/sql\"}"},
	{"druid_ingest_default", "druid", "druid-overlord", NULL, NULL, NULL, 8081, "{\"endpoint\":\"druid/indexer/v1/task\"}"},
	{"elasticsearch_default", "elasticsearch", "localhost", NULL, NULL, "http", 9200, NULL},
	{"emr_default", "emr", NULL, NULL, NULL, NULL, 0, NULL},
	{"facebook_default", "facebook_social", NULL, NULL, NULL, NULL, 0, "{\"account_id\":\"<AD_ACCOUNT_ID>\",\"app_id\":\"<FACEBOOK_APP_ID>\",\"app_secret\":\"<FACEBOOK_APP_SECRET>\",\"access_token\":\"<FACEBOOK_AD_ACCESS_TOKEN>\"}"},
	{"fs_default", "fs", NULL, NULL, NULL, NULL, 0, "{\"path\":\"/\"}"},
	{"ftp_default", "ftp", "localhost", "airflow", "airflow", NULL, 21, "{\"key_file\":\"~/.ssh/id_rsa\",\"no_host_key_check\":true}"},
	{"google_cloud_default", "google_cloud_platform", NULL, NULL, NULL, "default", 0, NULL},
	{"gremlin_default", "gremlin", "gremlin", NULL, NULL, NULL, 8182, NULL},
	{"hive_cli_default", "hive_cli", "localhost", NULL, NULL, "default", 10000, "{\"use_beeline\":true,\"auth\":\"\"}"},
	{"hiveserver2_default", "hiveserver2", "localhost", NULL, NULL, "default", 10000, NULL},
	{"http_default", "http", "https://www.httpbin.org/", NULL, NULL, NULL, 0, NULL},
	{"iceberg_default", "iceberg", "https://api.iceberg.io/ws/v1", NULL, NULL, NULL, 0, NULL},
	{"impala_default", "impala", "localhost", NULL, NULL, NULL, 21050, NULL},
	{"kafka_default", "kafka", NULL, NULL, NULL, NULL, 0, "{\"bootstrap.servers\":\"broker:29092\",\"group.id\":\"my-group\"}"},
	{"kubernetes_default", "kubernetes", NULL, NULL, NULL, NULL, 0, NULL},
	{"kylin_default", "kylin", "localhost", "ADMIN", "KYLIN", NULL, 7070, NULL},
	{"leveldb_default", "leveldb", "localhost", NULL, NULL, NULL, 0, NULL},
	{"livy_default", "livy", "livy", NULL, NULL, NULL, 8998, NULL},
	{"local_mysql", "mysql", "localhost", "airflow", "airflow", "airflow", 0, NULL},
	{"metastore_default", "hive_metastore", "localhost", NULL, NULL, NULL, 9083, "{\"authMechanism\":\"PLAIN\"}"},
	{"mongo_default", "mongo", "mongo", NULL, NULL, NULL, 27017, NULL},
	{"mssql_default", "mssql", "localhost", NULL, NULL, NULL, 1433, NULL},
	{"mysql_default", "mysql", "mysql", "root", NULL, "airflow", 0, NULL},
	{"opensearch_default", "opensearch", "localhost", NULL, NULL, "http", 9200, NULL},
	{"opsgenie_default", "http", NULL, NULL, NULL, NULL, 0, NULL},
	{"oracle_default", "oracle", "localhost", "root", "password", "schema", 1521, NULL},
	{"oss_default", "oss", NULL, NULL, NULL, NULL, 0, "{\"auth_type\":\"AK\",\"access_key_id\":\"<ACCESS_KEY_ID>\",\"access_key_secret\":\"<ACCESS_KEY_SECRET>\",\"region\":\"<YOUR_OSS_REGION>\"}"},
	{"pig_cli_default", "pig_cli", NULL, NULL, NULL, "default", 0, NULL},
	{"pinot_admin_default", "pinot", "localhost", NULL, NULL, NULL, 9000, NULL},
	{"pinot_broker_default", "pinot", "localhost", NULL, NULL, NULL, 9000, "{\"endpoint\":\"/query\",\"schema\":\"http\"}"},
	{"postgres_default", "postgres", "postgres", "postgres", "airflow", "airflow", 0, NULL},
	{"presto_default", "presto", "localhost", NULL, NULL, "hive", 3400, NULL},
	{"qdrant_default", "qdrant", "qdrant", NULL, NULL, NULL, 6333, NULL},
	{"redis_default", "redis", "redis", NULL, NULL, NULL, 6379, "{\"db\":0}"},
	{"redshift_default", "redshift", NULL, NULL, NULL, NULL, 0, "{\"iam\":true,\"cluster_identifier\":\"<REDSHIFT_CLUSTER_IDENTIFIER>\",\"port\":5439,\"profile\":\"default\",\"db_user\":\"awsuser\",\"database\":\"dev\",\"region\":\"\"}"},
	{"salesforce_default", "salesforce", NULL, "username", "password", NULL, 0, "{\"security_token\":\"security_token\"}"},
	{"segment_default", "segment", NULL, NULL, NULL, NULL, 0, "{\"write_key\":\"my-segment-write-key\"}"},
	{"sftp_default", "sftp", "localhost", "airflow", NULL, NULL, 22, "{\"key_file\":\"~/.ssh/id_rsa\",\"no_host_key_check\":true}"},
	{"spark_default", "spark", "yarn", NULL, NULL, NULL, 0, "{\"queue\":\"root.default\"}"},
	{"sqlite_default", "sqlite", "/tmp/sqlite_default.db", NULL, NULL, NULL, 0, NULL},
	{"ssh_default", "ssh", "localhost", NULL, NULL, NULL, 0, NULL},
	{"tableau_default", "tableau", "https://tableau.server.url", "user", "password", NULL, 0, "{\"site_id\":\"my_site\"}"},
	{"teradata_default", "teradata", "localhost", "user", "password", "schema", 0, NULL},
	{"trino_default", "trino", "localhost", NULL, NULL, "hive", 3400, NULL},
	{"vertica_default", "vertica", "localhost", NULL, NULL, NULL, 5433, NULL},
	{"wasb_default", "wasb", NULL, NULL, NULL, NULL, 0, "{\"sas_token\":null}"},
	{"webhdfs_default", "hdfs", "localhost", NULL, NULL, NULL, 50070, NULL},
	{"yandexcloud_default", "yandexcloud", NULL, NULL, NULL, "default", 0, NULL},
	{"ydb_default", "ydb", "grpc://localhost", NULL, NULL, NULL, 2135, "{\"database\":\"/local\"}"},
};

static struct tw_str text(const char *s)
{
	return s ? tw_str(s) : (struct tw_str){0};
}

/* Those that are there stay as they are. */
static int cmd_create_defaults(const struct tw_args *args)
{
	int made = 0;

	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
		struct tw_connection_row c = {
			.conn_id = text(defaults[i].id),
			.conn_type = text(defaults[i].type),
			.host = text(defaults[i].host),
			.login = text(defaults[i].login),
			.password = text(defaults[i].password),
			.schema = text(defaults[i].schema),
			.port = defaults[i].port,
			.extra = text(defaults[i].extra),
		};
		struct tw_err err = {0};
		enum tw_rc rc = tw_store_connection_put(tw_cli_store(), &c, TW_PUT_INSERT, &err);

		if (rc < 0 && rc != TW_ERR_EXISTS)
			tw_cli_die(&err);
		made += rc == TW_OK;
	}
	printf("%d connections created, %d were there\n", made, (int)(sizeof defaults / sizeof *defaults) - made);
	return 0;
}

const struct tw_verb tw_default_conns_verbs[] = {
	{"connections", "create-default-connections", "Add the Connections that Airflow begins with; those that are there stay.", NULL,
	 NULL, cmd_create_defaults, false, false},
	{0},
};
