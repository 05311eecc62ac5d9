"""mirror: web addresses, folders and zips, none of which is believed or waited for without end."""

from __future__ import annotations

import gzip
import shutil
import ssl
import stat
import subprocess
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from conftest import Folder
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from servers import Fault, Handler, Server, served

from rightsdata import manifest, mirror, release, site
from rightsdata.errors import MirrorError

VERSION = "2026.11.0"
NAME = "events.parquet"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("mirror")
    release.file(Folder(root / "data").dataset(VERSION), root / "releases")
    site.publish(root / "releases", root / "site")
    return root / "site"


@pytest.fixture
def web(published: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(mirror, "PAUSE", 0.01)
    with served(published) as server:
        yield server


@pytest.fixture(scope="module")
def data(published: Path) -> bytes:
    return (published / "releases" / VERSION / NAME).read_bytes()


def got(place: str | Path, size: int, offset: int = 0) -> bytes:
    return b"".join(mirror.of(str(place)).stream(VERSION, NAME, size, offset))


def test_every_kind_of_mirror_offers_and_gives_the_same(published: Path, web: Server, data: bytes) -> None:
    folder = published / "releases" / VERSION
    digest = manifest.sha256((folder / manifest.NAME).read_bytes())
    for place in (
        web.address,
        web.address + "/",
        published,
        published.as_uri(),
        published / "releases",
        folder,
        published / f"bundles/rightsdata-{VERSION}.zip",
        (published / f"bundles/rightsdata-{VERSION}.zip").as_uri(),
    ):
        one = mirror.of(str(place))
        assert one.offers() == {VERSION: mirror.Offer(digest)}
        assert got(place, len(data)) == data
        assert got(place, len(data), 100) == data[100:]
        assert one.read(VERSION, manifest.SIGNATURE) is None
        assert one.read(VERSION, manifest.SUMS) == (folder / manifest.SUMS).read_bytes()
        with pytest.raises(MirrorError, match="more than 100 bytes"):
            one.read(VERSION, manifest.SUMS, 100)
        with pytest.raises(MirrorError) as caught:
            got(place, len(data) + 1)
        assert caught.value.kind == "lying"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("ftp://a.example/", "ftp: is not supported"),
        ("file://other/x", "names another machine"),
        ("https://u:p@a.example/", "plain address"),
        ("https://a.example/?x=1", "plain address"),
        ("https:///x", "plain address"),
        ("/no/such/folder", "no such folder"),
        ("/no/such.zip", "no such file"),
        ("http://127.0.0.1:1/", "cannot be reached"),
        ("http://name.invalid/", "cannot be looked up"),
    ],
)
def test_a_place_that_is_none_is_told(place: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "PAUSE", 0.01)
    with pytest.raises(MirrorError, match=said) as caught:
        mirror.of(place).offers()
    assert caught.value.kind == "down"


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match="no version folder"):
        mirror.of(str(tmp_path)).offers()


def test_a_pipe_on_a_stick_is_not_waited_for(published: Path, tmp_path: Path) -> None:
    place = tmp_path / "stick"
    shutil.copytree(published / "releases" / VERSION, place)
    (place / manifest.SUMS).unlink()
    subprocess.run(["mkfifo", place / manifest.SUMS], check=True)
    assert mirror.of(str(place)).read(VERSION, manifest.SUMS) is None


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        "[" * 100_000,
        '{"dataset": "other", "format": 1, "versions": []}',
        '{"dataset": "rightsdata", "format": 1, "versions": [{"version": "../x", "manifest_sha256": "' + "0" * 64 + '"}]}',
        '{"dataset": "rightsdata", "format": 1, "versions": [{"version": "2026.11.0", "manifest_sha256": "x"}]}',
        '{"dataset": "rightsdata", "format": 1, "versions": [{"version": "2026.11.1' + "1" * 5000 + '", "manifest_sha256": "' + "0" * 64 + '"}]}',
        '{"dataset": "rightsdata", "format": 1, "versions": [{"version": "2026.11.0", "yanked": 1, "manifest_sha256": "' + "0" * 64 + '"}]}',
    ],
)  # fmt: skip
def test_an_index_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(MirrorError, match="is no index of rightsdata") as caught:
        mirror.of(str(tmp_path)).offers()
    assert caught.value.kind == "lying"


def test_an_index_of_a_newer_format_asks_for_an_upgrade(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text('{"dataset": "rightsdata", "format": 2}')
    with pytest.raises(MirrorError, match="pip install --upgrade rightsdata") as caught:
        mirror.of(str(tmp_path)).offers()
    assert caught.value.kind == "down"


# ------------------------------------------------------------------- servers that misbehave


def page(handler: Handler, _: bytes) -> None:
    handler.answer(b"  <!DOCTYPE html><title>Log in to the network</title>", Content_Type="text/html; charset=utf-8")


def endless(handler: Handler, _: bytes) -> None:
    handler.server.faults["*"] = endless  # before the client can ask again
    handler.answer(b"", 302, Location=handler.path + "x")


def away(target: str) -> Fault:
    return lambda handler, _: handler.answer(b"", 302, Location=target)


def stops(handler: Handler, data: bytes) -> None:
    handler.answer(data[: len(data) // 2], length=len(data))
    handler.close_connection = True


def too_much(handler: Handler, data: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(10_000):
        handler.wfile.write(data)


def short(handler: Handler, data: bytes) -> None:
    handler.answer(data[:-1])


def long(handler: Handler, data: bytes) -> None:
    handler.answer(data + b"x")


def packed(handler: Handler, _: bytes) -> None:
    handler.answer(gzip.compress(bytes(10_000_000)), Content_Encoding="gzip")


def other_part(handler: Handler, data: bytes) -> None:
    handler.answer(data[:100], 206, Content_Range=f"bytes 0-99/{len(data)}")


def forbidden(handler: Handler, _: bytes) -> None:
    handler.answer(b"", 403)


def no_http(handler: Handler, _: bytes) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")
    handler.close_connection = True


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (page, "lying", "answered with a web page instead of events.parquet"),
        (endless, "down", "redirects more than 5 times"),
        (away("file:///etc/passwd"), "down", "which is not followed"),
        (away("ftp://a.example/x"), "down", "which is not followed"),
        (stops, "down", "4 times in a row"),
        (too_much, "lying", "sends more than"),
        (short, "lying", "instead of"),
        (long, "lying", "instead of"),
        (packed, "lying", "packed .gzip., though it was asked not to"),
        (forbidden, "down", "answered 403"),
        (no_http, "lying", "does not speak HTTP"),
    ],
)
def test_a_server_that_misbehaves_is_told(web: Server, data: bytes, fault: Fault, kind: str, said: str) -> None:
    web.faults[NAME] = fault
    with pytest.raises(MirrorError, match=said) as caught:
        got(web.address, len(data))
    assert caught.value.kind == kind


def test_another_part_than_asked_for_is_refused(web: Server, data: bytes) -> None:
    web.faults[NAME] = other_part
    with pytest.raises(MirrorError, match="another part"):
        got(web.address, len(data), 10)


def test_a_server_that_knows_no_parts_is_read_past_what_is_there(web: Server, data: bytes) -> None:
    web.faults[NAME] = lambda handler, whole: handler.answer(whole)
    assert got(web.address, len(data), 1000) == data[1000:]


def test_a_lost_connection_is_resumed_where_it_broke(web: Server, data: bytes) -> None:
    def once(handler: Handler, whole: bytes) -> None:
        del web.faults[NAME]
        stops(handler, whole)

    web.faults[NAME] = once
    assert got(web.address, len(data)) == data
    assert [asked for _, asked in web.asked] == [None, f"bytes={len(data) // 2}-"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_fault_is_tried_again_but_not_a_missing_file(web: Server, data: bytes, status: int) -> None:
    def busy(handler: Handler, whole: bytes) -> None:
        if len(web.asked) < 3:
            handler.answer(b"", status, Retry_After="0")
        else:
            handler.whole(whole)

    web.faults[NAME] = busy
    assert got(web.address, len(data)) == data
    assert len(web.asked) == 3
    with pytest.raises(MirrorError) as caught:
        list(mirror.of(web.address).stream(VERSION, "none", 1))
    assert (caught.value.kind, len(web.asked)) == ("lacking", 4)


def test_the_wait_that_a_server_asks_for_is_kept_within_bounds(
    web: Server, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    web.faults[NAME] = lambda handler, _: handler.answer(b"", 503, Retry_After=str(len(waits) and 86_400))
    with pytest.raises(MirrorError, match="answered 503"):
        got(web.address, len(data))
    assert len(waits) == mirror.TRIES - 1
    assert waits[1:] == [mirror.LONGEST_PAUSE] * 2


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file, that nobody trusts yet."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "tls.pem").write_bytes(made.public_bytes(Encoding.PEM) + plain)
    return tmp_path / "tls.pem"


def test_https_is_proven_and_never_left(
    published: Path, data: bytes, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with served(published, tls) as web, served(published) as plain:
        with pytest.raises(MirrorError, match="shows a certificate that does not fit"):
            got(web.address, len(data))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert got(web.address, len(data)) == data
        web.faults[NAME] = away(f"{plain.address}/releases/{VERSION}/{NAME}")
        with pytest.raises(MirrorError, match="which is not followed"):
            got(web.address, len(data))
        assert plain.asked == []
        plain.faults[NAME] = away(f"{web.address}/releases/{VERSION}/{NAME}")  # the other way is welcome
        del web.faults[NAME]
        assert got(plain.address, len(data)) == data


def drip(pieces: Callable[[bytes], Iterator[bytes]]) -> Fault:
    def fault(handler: Handler, whole: bytes) -> None:
        for piece in pieces(whole):
            handler.wfile.write(piece)
            time.sleep(0.1)

    return fault


def body(data: bytes) -> Iterator[bytes]:
    yield f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n\r\n".encode()
    yield from (data[at : at + 1] for at in range(len(data)))


def chunks(data: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield from (b"0" for _ in data)  # the length of one chunk, digit by digit


def header(data: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX: "
    yield from (b"x" for _ in data)


@pytest.mark.parametrize("pieces", [body, chunks, header])
def test_a_server_that_drips_is_given_up(
    web: Server, data: bytes, pieces: Callable[[bytes], Iterator[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "PATIENCE", 1.0)
    web.faults[NAME] = drip(pieces)
    begun = time.monotonic()
    with pytest.raises(MirrorError, match="for 1 s"):
        got(web.address, len(data))
    assert time.monotonic() - begun < 3


def test_a_slow_line_that_moves_is_waited_for(web: Server, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "PATIENCE", 0.5)

    def slow(handler: Handler, whole: bytes) -> None:
        handler.answer(b"", length=len(whole))
        for at in range(0, len(whole), len(whole) // 12):
            handler.wfile.write(whole[at : at + len(whole) // 12])
            time.sleep(0.1)

    web.faults[NAME] = slow
    assert got(web.address, len(data)) == data


# ------------------------------------------------------------------- zips that attack


def info(name: str, kind: int = stat.S_IFREG, **fields: int) -> zipfile.ZipInfo:
    one = zipfile.ZipInfo("x")
    one.filename = name
    one.external_attr = (kind | 0o644) << 16
    for field, value in fields.items():
        setattr(one, field, value)
    return one


ENTRIES: dict[str, tuple[zipfile.ZipInfo, str]] = {
    "a way up": (info(f"rightsdata-{VERSION}/../evil"), "no plain file name"),
    "a way up at once": (info("../evil"), "other entries"),
    "an absolute path": (info("/etc/passwd"), "other entries"),
    "a drive letter": (info("C:/evil"), "other entries"),
    "a drive letter inside": (info(f"rightsdata-{VERSION}/C:evil"), "no plain file name"),
    "backslashes": (info(f"rightsdata-{VERSION}/..\\evil"), "no plain file name"),
    "a link": (info(f"rightsdata-{VERSION}/link", stat.S_IFLNK), "a link or another special file"),
    "a folder": (info(f"rightsdata-{VERSION}/more/", stat.S_IFDIR), "no plain file name"),
    "a name twice": (info(f"rightsdata-{VERSION}/{NAME}"), "is there twice"),
    "another folder": (info("rightsdata-2026.12.0/x"), "other entries"),
    "a hidden file": (info(f"rightsdata-{VERSION}/.bashrc"), "no plain file name"),
    "a strange packing": (info(f"rightsdata-{VERSION}/x", compress_type=zipfile.ZIP_LZMA), "packed in a way"),
}


@pytest.fixture
def bundle(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(published / f"bundles/rightsdata-{VERSION}.zip", tmp_path / "b.zip"))


@pytest.mark.parametrize("attack", ENTRIES)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_entry_that_no_bundle_holds_is_refused(bundle: Path, attack: str) -> None:
    entry, said = ENTRIES[attack]
    with zipfile.ZipFile(bundle, "a") as file:
        file.writestr(entry, b"evil", compress_type=entry.compress_type)
    with pytest.raises(MirrorError, match=said) as caught:
        mirror.of(str(bundle)).offers()
    assert caught.value.kind == "lying"


def test_an_encrypted_zip_is_refused(bundle: Path) -> None:
    data = bytearray(bundle.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    bundle.write_bytes(data)
    with pytest.raises(MirrorError, match="encrypted"):
        mirror.of(str(bundle)).offers()


ZEROS = 10 << 30


@pytest.mark.parametrize("declared", ["what it unpacks to", "the size of the true file"])
def test_ten_gigabytes_of_zeros_are_never_unpacked(bundle: Path, data: bytes, tmp_path: Path, declared: str) -> None:
    squeeze = zlib.compressobj(9, wbits=-15)
    block = squeeze.compress(bytes(ZEROS // 100)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    packed = block * 100 + squeeze.flush()
    zeros = tmp_path / "zeros.zip"
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(zeros, "w") as new:
        for one in old.infolist():
            bomb = one.filename.endswith((NAME, manifest.SUMS))
            new.writestr(one.filename, packed if bomb else old.read(one))
            if bomb:  # what the list of entries says of it
                new.filelist[-1].compress_type = zipfile.ZIP_DEFLATED
                new.filelist[-1].file_size = ZEROS if declared == "what it unpacks to" else len(data)
    begun = time.monotonic()
    said = f"with {ZEROS} bytes instead of" if declared == "what it unpacks to" else "no sound zip"
    with pytest.raises(MirrorError, match=said):
        got(zeros, len(data))
    with pytest.raises(MirrorError, match="sends more than 100 bytes"):
        mirror.of(str(zeros)).read(VERSION, manifest.SUMS, 100)
    assert time.monotonic() - begun < 2


def test_a_damaged_zip_is_told(bundle: Path) -> None:
    data = bundle.read_bytes()
    bundle.write_bytes(data[: len(data) // 2])
    with pytest.raises(MirrorError, match="no sound zip"):
        mirror.of(str(bundle)).offers()
