"""`aboveboard download`: everything that is held, in one archive that survives interruption, checked by the audit."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.audit.laptop import read_laptop
from aboveboard.cli import main
from aboveboard.collector.settings import Settings
from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.core.ids import SegmentId
from aboveboard.recorder.archive import BLOCK, Archive
from aboveboard.recorder.home import Config, Home, json_bytes
from aboveboard.recorder.seal import Sent, name_of
from aboveboard.recorder.upload import Uplink
from tests.support.attackers import guardian_server, reader_of
from tests.support.servers import Person, Researcher, Servers, running


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("servers"), settings) as made:
        yield made


def _home(servers: Servers, person: Person, folder: Path, guardian: str, notes: int) -> Home:
    """As the recorder leaves it, with the notes of the first few segments."""
    home = Home(folder / "home")
    home.make()
    charter = servers.world.charter
    home.write(charter.to_bytes(), "charter.json")
    home.write(Config("DE", str(servers.http.base_url).rstrip("/"), guardian).to_bytes(), "config.json")
    for name, key in (("contributor", person.key), ("device", person.device_key)):
        home.write(key.encode().encode(), f"{name}.key")
    home.write(person.token.encode(), "token")
    home.write(person.identity.encode(), "epochs", f"{person.epoch}.key")
    assert person.consent is not None
    name = person.consent.record.consent_id
    home.write(person.consent.to_bytes(), "consents", f"{name}.json")
    home.write(servers.proven(f"/v1/consents/{name}/proof", person.headers).content, "consents", f"{name}.proof.json")
    for seq in range(notes):
        home.write(json_bytes(Sent("0" * 64, 1, 2)), "sent", f"{name_of(seq)}.json")
    return home


@pytest.fixture
def told(servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Person, Home]]:
    """A person with five segments, of which one is deleted, that somebody has read."""
    person = Person(servers).ready()
    names = []
    for _ in range(5):
        segment = person.sealed()
        assert person.send(segment).status_code == 201
        names.append(SegmentId(segment.manifest.segment_id))
        assert servers.proven(f"/v1/segments/{person.device}/{person.seq - 1}/proof", person.headers).is_success
    body = person.delete("segments", segments=(names[3],))
    assert servers.http.post("/v1/deletions", content=body, headers=person.headers).status_code == 202
    with guardian_server(servers) as guardian:
        reader = reader_of(servers, Researcher(servers, 2, {"contributors": (person.contributor,)}), guardian)
        assert reader.unlock() == 1
        reader.close()
        request = Uplink.given
        monkeypatch.setattr(Uplink, "given", lambda self, _url, body: request(self, guardian, body))
        yield person, _home(servers, person, tmp_path, guardian, 0)


def _unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as tar:
        for member in tar:
            path = folder / member.name
            assert member.isreg(), member.name
            assert path.resolve().is_relative_to(folder.resolve()), member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            content = tar.extractfile(member)
            assert content is not None
            path.write_bytes(content.read())
    return folder


def test_everything_is_there_and_the_audit_checks_it_with_no_key_of_the_laptop(
    servers: Servers, told: tuple[Person, Home], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, home = told
    out = tmp_path / "everything.tar"
    assert main(["download", "--home", str(home.folder), "--out", str(out)]) == 0
    assert "4 segments, 1 deleted" in capsys.readouterr().out
    folder = _unpacked(out, tmp_path / "unpacked")
    assert not [name for name in ("contributor.key", "device.key", "token") if (folder / name).exists()]
    assert {path.name for path in (folder / "sent").glob("*.seg")} == {f"{name_of(n)}.seg" for n in (0, 1, 2, 4)}
    laptop = read_laptop(folder)
    assert (len(laptop.segments), laptop.problems, len(laptop.given or ())) == (4, [], 1)
    words = ["audit", "monitor", "--charter", str(folder / "charter.json"), "--home", str(folder),
             "--state", str(tmp_path / "state"), str(servers.http.base_url)]  # fmt: skip
    main(words)
    said = capsys.readouterr().out
    checks = {line.split()[2]: line.split()[1] for line in said.splitlines() if len(line.split()) > 2}
    wanted = ("own_chain", "own_segments_held", "own_segments_logged", "own_consents", "own_accesses",
              "own_accesses_complete", "own_segments_consented", "own_withdrawal_ends_reading")  # fmt: skip
    assert {name: checks.get(name) for name in wanted} == dict.fromkeys(wanted, "holds"), said
    segment = next((folder / "sent").glob("*.seg"))
    damaged = bytearray(segment.read_bytes())
    damaged[-1] ^= 1
    segment.write_bytes(damaged)
    main(words)
    assert "fails   own_chain" in capsys.readouterr().out


def test_what_was_interrupted_is_gone_on_with_and_comes_once(
    told: tuple[Person, Home], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is lost again and again, and once the last bytes written are torn off."""
    _, home = told
    out, asked = tmp_path / "torn.tar", []
    fetch = Uplink.my_segment

    def lossy(self: Uplink, seq: int) -> bytes:
        asked.append(seq)
        if len(asked) % 3 == 2:
            raise Unavailable("no connection")
        return fetch(self, seq)

    monkeypatch.setattr(Uplink, "my_segment", lossy)
    codes: list[int] = []
    while not codes or codes[-1]:
        codes.append(main(["download", "--home", str(home.folder), "--out", str(out)]))
        assert len(codes) < 20
        if codes[-1] and len(codes) == 2:
            os.truncate(out, out.stat().st_size - 700)  # as a power cut would leave it
    assert codes[:-1] == [1] * (len(codes) - 1)
    assert len(codes) > 2
    with tarfile.open(out) as tar:
        names = tar.getnames()
    assert len(names) == len(set(names))
    laptop = read_laptop(_unpacked(out, tmp_path / "unpacked"))
    assert (len(laptop.segments), laptop.problems) == (4, [])


SIZES = (0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 5000)


def _fill(archive: Archive) -> None:
    for n, size in enumerate(SIZES):
        archive.add(f"folder/{n}", bytes([n]) * size)


@pytest.mark.parametrize("cut", range(0, 8192, 509))
def test_an_archive_cut_anywhere_keeps_its_whole_members(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.tar"
    with Archive(path) as archive:
        _fill(archive)
        archive.finish()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - cut])
    with Archive(path) as archive:
        _fill(archive)
        archive.finish()
    with tarfile.open(path) as tar:
        found = {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]
    assert found == {f"folder/{n}": bytes([n]) * size for n, size in enumerate(SIZES)}


def test_another_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Dear Jane, " * 200)
    with pytest.raises(BadInput, match="no archive"):
        Archive(path)
    assert path.read_bytes() == b"Dear Jane, " * 200
