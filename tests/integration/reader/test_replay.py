"""Replay, Memento and the CDX server over real evidence, asked over real sockets."""

import gzip
import hashlib
import http.client
import json
import re
from urllib.parse import quote, urlsplit

import pytest

from shared.ledger.captured_urls import CapturedUrls, key_of
from shared.warc_reading import read_records
from tests.support.raw_server import page
from tests.support.running_reader import RunningReader
from tests.support.stored_evidence import StoredEvidence

HTML = b"Content-Type: text/html; charset=utf-8"
STORY = (
    '<!doctype html><html><head><meta charset="utf-8"><title>조선 뉴스</title>'
    '<link rel="stylesheet" href="/style.css"><link rel=dns-prefetch href=//tracker.example>'
    '<script>alert(1)</script></head><body onload="alert(2)"><p>본문 &amp; text</p>'
    '<img src="/picture.png" onerror=alert(3)><a href="../news/2?a=1&amp;b=2#part" ping=/p target=_top>next</a>'
    '<a href="javascript:alert(4)">no</a><a href="#note">note</a><iframe src="/frame">x</iframe></body></html>'
).encode()
STYLE = b"@import '/more.css'; body { background: url(/picture.png) }"
PICTURE = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32
NOT_MODIFIED = b'HTTP/1.1 304 Not Modified\r\nETag: "one"\r\n\r\n'


class Got:
    """One answer, without any redirect followed."""

    def __init__(self, address: str, *, headers: dict[str, str] | None = None, method: str = "GET") -> None:
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        path = address.partition(parts.netloc)[2]
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        self.status = answer.status
        self.body = answer.read()
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        connection.close()


@pytest.fixture
def urls(stored: StoredEvidence) -> dict[str, str]:
    """Every page looked at three times, the first: new, not modified, the same again; and one out of order."""
    answers = {
        "/news/1": page(STORY, HTML, b'ETag: "one"', b"Set-Cookie: a=b", b"Refresh: 1; url=/x", b"Alt-Svc: h3"),
        "/style.css": page(gzip.compress(STYLE), b"Content-Type: text/css", b"Content-Encoding: gzip"),
        "/picture.png": page(PICTURE, b"Content-Type: image/png"),
        "/drawing.svg": page(b"<svg><script>1</script></svg>", b"Content-Type: image/svg+xml"),
        "/moved": b"HTTP/1.1 301 Moved\r\nLocation: /news/1\r\nContent-Length: 0\r\n\r\n",
        "/gone": b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\ngone",
    }  # fmt: skip
    made = {path: stored.server.url(path, answer) for path, answer in answers.items()}
    stored.look(list(made.values()))
    stored.server.url("/news/1", NOT_MODIFIED)
    stored.look(list(made.values()))
    stored.server.url("/news/1", answers["/news/1"])
    # The last look: the host is left alone for a while after such an answer.
    answers["/broken"] = b"HTTP/1.1 503 Out\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\nout"
    made["/broken"] = stored.server.url("/broken", answers["/broken"])
    stored.look(list(made.values()))
    # Looks of one test happen within a second; archives keep more than one a second of no page.
    stored.run(
        "update captures set fetched_at = '2026-03-09 12:00:00+00'::timestamptz"
        " + (select count(*) from captures as earlier where earlier.target_id = captures.target_id"
        "    and earlier.capture_id < captures.capture_id) * interval '1 day'"
    )
    return made


def test_a_stored_page_is_replayed_with_nothing_that_acts(
    urls: dict[str, str], reading: RunningReader
) -> None:
    got = Got(f"{reading.replay_url}/20260309120000/{urls['/news/1']}")

    text = got.body.decode()
    assert got.status == 200
    assert got.headers["content-type"] == "text/html; charset=utf-8"
    assert "조선 뉴스" in text
    assert "본문 &amp; text" in text
    assert not re.search(r"alert|onload|onerror|ping=|target=|tracker|<iframe|<script", text)
    at = urls["/news/1"].removesuffix("/news/1")
    assert f'src="/20260309120000/{at}/picture.png"' in text
    assert f'href="/20260309120000/{at}/style.css"' in text
    assert f'href="/20260309120000/{at}/news/2?a=1&amp;b=2"' in text
    assert '<a>no</a><a href="#note">note</a>' in text


def test_every_answer_of_replay_has_its_policy_and_no_header_of_the_page(
    urls: dict[str, str], reading: RunningReader
) -> None:
    allowed = {
        "content-type", "content-length", "content-disposition", "date", "etag", "cache-control", "location",
        "link", "memento-datetime", "content-security-policy", "x-content-type-options", "referrer-policy",
        "x-robots-tag", "cross-origin-resource-policy", "x-dns-prefetch-control", "permissions-policy",
    }  # fmt: skip
    for path in (*urls.values(), f"{urls['/news/1']}/none", "nonsense"):
        for instant in ("20260309120000", "2026", "20260309120000id_", "x"):
            got = Got(f"{reading.replay_url}/{instant}/{path}")

            assert got.headers.keys() <= allowed
            assert got.headers["x-content-type-options"] == "nosniff"
            policy = got.headers["content-security-policy"]
            assert policy.startswith("sandbox; default-src 'none'; img-src 'self' data:")
            assert policy.endswith(f"frame-ancestors {reading.reader_url}")
            assert got.status < 500


def test_what_could_act_is_offered_as_a_file(urls: dict[str, str], reading: RunningReader) -> None:
    got = Got(f"{reading.replay_url}/20260309120000/{urls['/drawing.svg']}")

    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"] == "attachment"


def test_pictures_and_styles_come_as_they_were(urls: dict[str, str], reading: RunningReader) -> None:
    picture = Got(f"{reading.replay_url}/20260309120000/{urls['/picture.png']}")
    style = Got(f"{reading.replay_url}/20260309120000/{urls['/style.css']}")

    at = urls["/news/1"].removesuffix("/news/1")
    assert picture.body == PICTURE
    assert picture.headers["content-type"] == "image/png"
    assert f'@import "/20260309120000/{at}/more.css"'.encode() in style.body
    assert f'url("/20260309120000/{at}/picture.png")'.encode() in style.body


@pytest.mark.parametrize("day", ["09", "10", "11"])
def test_a_look_that_found_the_same_shows_the_page_it_found(
    urls: dict[str, str], reading: RunningReader, day: str
) -> None:
    got = Got(f"{reading.replay_url}/202603{day}120000/{urls['/news/1']}")

    assert got.status == 200
    assert "본문" in got.body.decode()
    assert got.headers["memento-datetime"].startswith(("Mon, 09", "Tue, 10", "Wed, 11"))
    assert got.headers["memento-datetime"][5:7] == day


def test_another_time_leads_to_the_closest_look(urls: dict[str, str], reading: RunningReader) -> None:
    early = Got(f"{reading.replay_url}/2020/{urls['/news/1']}")
    late = Got(f"{reading.replay_url}/20270101id_/{urls['/news/1']}")

    assert (early.status, early.headers["location"]) == (302, f"/20260309120000/{urls['/news/1']}")
    assert (late.status, late.headers["location"]) == (302, f"/20260311120000id_/{urls['/news/1']}")


def test_answers_that_were_no_page_are_replayed_as_what_they_were(
    urls: dict[str, str], reading: RunningReader
) -> None:
    moved = Got(f"{reading.replay_url}/20260309120000/{urls['/moved']}")
    gone = Got(f"{reading.replay_url}/20260309120000/{urls['/gone']}")
    broken = Got(f"{reading.replay_url}/20260309120000/{urls['/broken']}")

    assert (moved.status, moved.headers["location"]) == (302, f"/20260309120000/{urls['/news/1']}")
    assert (gone.status, gone.body) == (404, b"gone")
    assert (broken.status, broken.body) == (200, b"out")
    assert "memento-datetime" in moved.headers
    assert "memento-datetime" in gone.headers


def test_a_raw_page_is_the_bytes_that_were_sent(urls: dict[str, str], reading: RunningReader) -> None:
    got = Got(f"{reading.replay_url}/20260309120000id_/{urls['/news/1']}")

    assert got.body == STORY
    assert got.headers["content-type"] == "application/octet-stream"


def test_the_page_of_a_capture_frames_the_stored_page_under_a_banner(
    stored: StoredEvidence, urls: dict[str, str], reading: RunningReader
) -> None:
    capture = CapturedUrls(stored.database).first(key_of(urls["/news/1"]))
    assert capture is not None

    got = Got(f"{reading.reader_url}/capture/{capture.capture_id}")

    text = got.body.decode()
    assert f"frame-src {reading.replay_url}" in got.headers["content-security-policy"]
    frame = re.search(r"<iframe[^>]*>", text)
    assert frame is not None
    assert 'sandbox=""' in frame[0]
    assert f'src="{reading.replay_url}/20260309120000/{urls["/news/1"]}"' in frame[0]
    assert capture.payload_digest is not None
    assert capture.payload_digest in text
    assert "9 March 2026, 12:00 UTC" in text


def test_the_timegate_leads_to_the_look_closest_to_a_time(
    urls: dict[str, str], reading: RunningReader
) -> None:
    gate = f"{reading.reader_url}/timegate/{urls['/news/1']}"

    near = Got(gate, headers={"Accept-Datetime": "Tue, 10 Mar 2026 20:00:00 GMT"})
    last = Got(gate)
    wrong = Got(gate, headers={"Accept-Datetime": "yesterday"})

    assert near.status == last.status == 302
    assert near.headers["location"] == f"{reading.replay_url}/20260310120000/{urls['/news/1']}"
    assert last.headers["location"] == f"{reading.replay_url}/20260311120000/{urls['/news/1']}"
    assert near.headers["vary"] == "accept-datetime"
    for rel in ("original", "timemap", "timegate", "first prev memento", "memento", "next last memento"):
        assert f'rel="{rel}"' in near.headers["link"]
    assert wrong.status == 400


def test_a_timemap_lists_every_look_in_both_forms(urls: dict[str, str], reading: RunningReader) -> None:
    links = Got(f"{reading.reader_url}/timemap/link/{urls['/news/1']}")
    listed = json.loads(Got(f"{reading.reader_url}/timemap/json/{urls['/news/1']}").body)
    none = Got(f"{reading.reader_url}/timemap/link/{urls['/news/1']}/none")

    assert links.headers["content-type"].startswith("application/link-format")
    assert len(re.findall(r'rel="[a-z ]*memento"', links.body.decode())) == 3
    assert [one["uri"][len(reading.replay_url) :][:15] for one in listed["mementos"]["list"]] == [
        f"/202603{day}120000" for day in ("09", "10", "11")
    ]
    assert none.status == 404


def test_a_long_timemap_comes_in_pages(
    stored: StoredEvidence, urls: dict[str, str], reading: RunningReader
) -> None:
    stored.run(
        "insert into batches (batch_id, trace_id, targets)"
        " select 'more' || number, 't', 1 from generate_series(1, 1200) as number"
    )
    stored.run(
        "insert into captures (batch_id, target_id, source_id, kind, url, fetched_at, status, record_id, warc_key,"
        " warc_offset, warc_length) select 'more' || number, target_id, source_id, kind, url,"
        " fetched_at + number * interval '1 hour', 404, 'r', 'w', 0, 1"
        " from (select * from captures where url like '%%/gone' order by capture_id limit 1) as one,"
        " generate_series(1, 1200) as number"
    )
    [counted] = stored.rows("select count(*) from captures where url like '%%/gone'")
    url = urls["/gone"]

    first = Got(f"{reading.reader_url}/timemap/link/{url}").body.decode()
    second = Got(f"{reading.reader_url}/timemap/link/2/{url}").body.decode()

    assert first.count("memento") + second.count("memento") == counted["count"]
    assert f'<{reading.reader_url}/timemap/link/2/{url}>; rel="timemap"' in first
    assert f'<{reading.reader_url}/timemap/link/{url}>; rel="timemap"' in second
    assert Got(f"{reading.reader_url}/timemap/link/3/{url}").status == 404


def lines(reading: RunningReader, query: str) -> list[dict[str, str]]:
    got = Got(f"{reading.reader_url}/cdx?output=json&{query}")
    assert got.status == 200, got.body
    return [json.loads(line) for line in got.body.splitlines()]


def test_the_cdx_server_tells_what_the_index_beside_the_warc_tells(
    urls: dict[str, str], reading: RunningReader
) -> None:
    found = lines(reading, f"url={quote(urls['/news/1'], safe='')}")

    assert [line["timestamp"] for line in found] == ["20260309120000", "20260310120000", "20260311120000"]
    assert [line["mime"] for line in found] == ["text/html", "text/html", "warc/revisit"]
    assert {line["status"] for line in found} == {"200"}
    assert found[0]["offset"] == found[1]["offset"]
    assert {line["digest"] for line in found} == {f"sha256:{hashlib.sha256(STORY).hexdigest()}"}


def test_a_record_can_be_had_by_the_place_that_the_cdx_server_names(
    urls: dict[str, str], reading: RunningReader
) -> None:
    line = lines(reading, f"url={urls['/style.css']}")[0]
    begin, length = int(line["offset"]), int(line["length"])
    place = f"{reading.replay_url}/warc/{line['filename']}"

    got = Got(place, headers={"Range": f"bytes={begin}-{begin + length - 1}"})

    record = next(read_records(got.body))
    assert (got.status, record.target_uri) == (206, urls["/style.css"])
    assert Got(place).status == 400
    assert Got(place, headers={"Range": f"bytes={begin + 1}-{begin + length}"}).status == 404
    assert Got(f"{reading.replay_url}/warc/articles/x", headers={"Range": "bytes=0-9"}).status == 404
    assert Got(f"{reading.replay_url}/warc/../x", headers={"Range": "bytes=0-9"}).status in (400, 404)


def test_questions_to_the_cdx_server_are_understood_as_pywb_does(
    urls: dict[str, str], reading: RunningReader
) -> None:
    home = urls["/gone"].removesuffix("/gone")
    host = urlsplit(home).netloc

    assert {line["url"] for line in lines(reading, f"url={home}/news/*")} == {urls["/news/1"]}
    assert {line["url"] for line in lines(reading, f"url={home}/new&matchType=prefix")} == {urls["/news/1"]}
    assert len(lines(reading, f"url={home}/&matchType=host")) == 3 * len(urls) - 2
    assert lines(reading, f"url=*.{host}&fl=url") == lines(reading, f"url={home}/&matchType=domain&fl=url")
    assert {one["url"] for one in lines(reading, f"url={home}/*&filter==status:404")} == {urls["/gone"]}
    assert [one["url"] for one in lines(reading, f"url={home}/*&filter=~mime:image/p.*&limit=1")] == [
        urls["/picture.png"]
    ]
    news = quote(urls["/news/1"], safe="")
    assert [one["timestamp"][:8] for one in lines(reading, f"url={news}&from=20260310&to=20260310")] == [
        "20260310"
    ]
    assert [one["timestamp"][:8] for one in lines(reading, f"url={news}&sort=reverse&limit=1")] == [
        "20260311"
    ]
    assert [one["timestamp"][:8] for one in lines(reading, f"url={news}&closest=20260310130000&limit=2")] == [
        "20260310", "20260311"
    ]  # fmt: skip
    assert lines(reading, f"url={news}&fl=urlkey,statuscode&limit=1") == [
        {"urlkey": key_of(urls["/news/1"]), "status": "200"}
    ]
    pages = json.loads(Got(f"{reading.reader_url}/cdx?url={home}/*&showNumPages=true&pageSize=4").body)
    assert pages["pages"] == 5
    some = [line for page in range(5) for line in lines(reading, f"url={home}/*&page={page}&pageSize=4")]
    assert some == lines(reading, f"url={home}/*")
    assert Got(f"{reading.reader_url}/cdx?url={home}/*&page=5&pageSize=4").status == 400
    assert Got(f"{reading.reader_url}/cdx?url={home}/none").status == 404
    for wrong in ("", "url=x:y", f"url={news}&filter=~url:(", f"url={news}&from=x", f"url={news}&output=xml"):
        assert Got(f"{reading.reader_url}/cdx?{wrong}").status == 400
