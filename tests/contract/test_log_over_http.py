"""The log's files as a collector serves them: content types, caching, compression, and only what there is."""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Iterator

import pytest

from aboveboard.collector.http.public import takes_gzip
from aboveboard.core.merkle import leaf_hash, root_of_hashes
from aboveboard.core.tiles import parse_bundle
from tests.support.servers import Servers, running


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("servers")) as made:
        log = made.service.log
        log.append([b'{"kind":"policy","policy":"%064x"}' % n for n in range(300 - log.size)])
        log.publish()
        yield made


def raw(servers: Servers, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    url = servers.http.base_url
    connection = http.client.HTTPConnection(url.host, url.port or 80, timeout=10)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


def test_a_reader_with_nothing_but_the_files_finds_the_root(servers: Servers) -> None:
    status, headers, note = raw(servers, "/checkpoint")
    assert (status, headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert headers["Cache-Control"] == "no-cache"
    checkpoint, _ = servers.world.charter.check_checkpoint(note.decode())
    assert checkpoint.size == 300
    entries = parse_bundle(raw(servers, "/tile/entries/000")[2], 256)
    entries += parse_bundle(raw(servers, "/tile/entries/001.p/44")[2], 44)
    hashes = [leaf_hash(entry) for entry in entries]
    assert root_of_hashes(hashes) == checkpoint.root
    assert raw(servers, "/tile/0/000")[2] == b"".join(hashes[:256])
    assert raw(servers, "/tile/0/001.p/44")[2] == b"".join(hashes[256:])
    assert raw(servers, "/tile/1/000.p/1")[2] == root_of_hashes(hashes[:256])


@pytest.mark.parametrize("path", ["/tile/0/000", "/tile/0/001.p/44", "/tile/entries/000", "/tile/entries/001.p/44"])
def test_tiles_are_for_good(path: str, servers: Servers) -> None:
    status, headers, _ = raw(servers, path)
    assert (status, headers["Content-Type"]) == (200, "application/octet-stream")
    assert "immutable" in headers["Cache-Control"]
    assert int(headers["Cache-Control"].partition("max-age=")[2].partition(",")[0]) >= 86400


@pytest.mark.parametrize("width", [1, 2, 100, 255])
def test_a_partial_tile_of_an_older_checkpoint_can_be_had(width: int, servers: Servers) -> None:
    whole = raw(servers, "/tile/0/000")[2]
    assert raw(servers, f"/tile/0/000.p/{width}")[2] == whole[: width * 32]
    entries = parse_bundle(raw(servers, "/tile/entries/000")[2], 256)[:width]
    assert parse_bundle(raw(servers, f"/tile/entries/000.p/{width}")[2], width) == entries


def test_bundles_are_compressed_for_whoever_takes_that(servers: Servers) -> None:
    _, headers, plain = raw(servers, "/tile/entries/000", **{"Accept-Encoding": "identity"})
    assert headers["Content-Encoding"] is None
    _, headers, packed = raw(servers, "/tile/entries/000", **{"Accept-Encoding": "br, gzip;q=0.5"})
    assert (headers["Content-Encoding"], headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 2
    assert raw(servers, "/tile/0/000", **{"Accept-Encoding": "gzip"})[1]["Content-Encoding"] is None, "hashes: no gain"


@pytest.mark.parametrize(
    ("accepts", "takes"),
    [("", False), ("gzip", True), ("GZIP ; q=1", True), ("gzip;q=0", False), ("*", True), ("*;q=0", False),
     ("*, gzip;q=0", False), ("deflate", False), ("gzip;q=much", False)],
)  # fmt: skip
def test_what_an_accept_encoding_says(accepts: str, takes: bool) -> None:
    assert takes_gzip(accepts) is takes


@pytest.mark.parametrize(
    "path",
    ["/tile/0/001", "/tile/0/001.p/45", "/tile/0/002.p/1", "/tile/1/001", "/tile/2/000.p/1", "/tile/entries/002",
     "/tile/0/0", "/tile/0/x000/000", "/tile/0/000.p/0", "/tile/0/000.p/256", "/tile/8/000", "/tile/entries/000.p/"],
)  # fmt: skip
def test_what_is_not_there_is_404_and_not_cached(path: str, servers: Servers) -> None:
    status, headers, _ = raw(servers, path)
    assert status == 404
    assert headers["Cache-Control"] == "no-store"
