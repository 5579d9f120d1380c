import psycopg
import redis

from tests.support.servers import ObjectStore, put_and_get


def test_the_three_servers_of_the_tests_answer(valkey_url: str, database_url: str, s3: ObjectStore) -> None:
    with redis.Redis.from_url(valkey_url) as client, psycopg.connect(database_url) as connection:
        assert client.ping()
        assert connection.execute("select 1").fetchone() == (1,)
    put_and_get(s3)
