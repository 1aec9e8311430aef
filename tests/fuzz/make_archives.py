#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_archives.py - the hostile (and a few tame) archives of corpus/archive/

    make_archives.py tests/fuzz/corpus/archive

The files are kept in the repository; this tells how each came about and makes
them again, byte for byte. test_pack_hostile.c says what is expected of each.
"""
import gzip
import io
import os
import struct
import sys
import tarfile
import zipfile
import zlib

KINDS = {
    "file": tarfile.REGTYPE, "folder": tarfile.DIRTYPE, "link": tarfile.SYMTYPE,
    "hard": tarfile.LNKTYPE, "char": tarfile.CHRTYPE, "block": tarfile.BLKTYPE,
    "fifo": tarfile.FIFOTYPE,
}


def entry(name, kind="file", data=b"", target="", mode=0o644, size=None):
    info = tarfile.TarInfo(name)
    info.type = KINDS[kind]
    info.linkname = target
    info.mode = mode
    info.size = len(data) if size is None else size
    return info, data


def tar(*entries, format=tarfile.GNU_FORMAT, end=True):
    out = b""
    for info, data in entries:
        out += info.tobuf(format, "utf-8", "surrogateescape")
        out += data + bytes(-len(data) % 512)
    return out + (bytes(1024) if end else b"")


def checksummed(header):
    """A raw header block with its checksum set right."""
    header = header[:148] + b" " * 8 + header[156:]
    return header[:148] + b"%06o\0 " % sum(header) + header[156:]


def pax(records, *entries):
    body = b""
    for key, value in records:
        line = b" %s=%s\n" % (key, value)
        length = len(line)
        while len(b"%d" % length) + len(line) != length:
            length = len(b"%d" % length) + len(line)
        body += b"%d" % length + line
    info = tarfile.TarInfo("pax")
    info.type = tarfile.XHDTYPE
    info.size = len(body)
    return tar((info, body), *entries, format=tarfile.USTAR_FORMAT)


def squeeze(data):
    return gzip.compress(data, 9, mtime=0)


def zipped(*members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data, mode in members:
            info = zipfile.ZipInfo(name, (2001, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = mode << 16
            info.compress_type = method
            z.writestr(info, data)
    return out.getvalue()


def zip_local(name, packed, crc, size, flags=0, method=0):
    return struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, flags, method, 0, 0x2A21, crc, len(packed),
                       size, len(name), 0) + name + packed


def zip_central(name, packed, crc, size, offset, flags=0, method=0, mode=0o100644):
    return struct.pack("<4sBBHHHHHIIIHHHHHII", b"PK\1\2", 20, 3, 20, flags, method, 0, 0x2A21, crc,
                       len(packed), size, len(name), 0, 0, 0, 0, mode << 16, offset) + name


def zip_end(count, central, offset):
    return struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(central), offset, 0)


def zip_raw(local, central, count=1):
    return local + central + zip_end(count, central, len(local))


def overlapping_zip(count):
    """Each file's content is all that follows it, the other files included."""
    local = b""
    central = []
    for i in reversed(range(count)):
        name = b"%04d" % i
        header = zip_local(name, local, zlib.crc32(local), len(local))[:30 + len(name)]
        central.append((name, local, zlib.crc32(local), len(local)))
        local = header + local
    parts = b"".join(zip_central(*c, i * 34) for i, c in enumerate(reversed(central)))
    return zip_raw(local, parts, count)


def sparse_tar(real_size):
    """GNU sparse: a file that claims to be large and holds one block."""
    info, _ = entry("sparse", size=512)
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[156:157] = b"S"
    block[386:398] = b"%011o\0" % 0
    block[398:410] = b"%011o\0" % 512
    block[483:495] = b"\x80" + bytes(3) + struct.pack(">Q", real_size)
    return checksummed(bytes(block)) + bytes(512) + bytes(1024)


def special_header(kind, body, size=None):
    """A pax header: x for the next entry, g for all."""
    info, _ = entry("pax", size=len(body) if size is None else size)
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[156:157] = kind
    return checksummed(bytes(block)) + body + bytes(-len(body) % 512)


def damaged_checksum():
    data = bytearray(tar(entry("a", data=b"hello")))
    data[0:1] = b"b"
    return bytes(data)


def negative_size():
    info, _ = entry("a")
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[124:136] = b"\xff" * 12
    return checksummed(bytes(block)) + bytes(1024)


def archives():
    hello = b"hello\n"
    tame = (entry("a/b.txt", data=hello), entry("run.sh", data=b"#!/bin/sh\n", mode=0o755),
            entry("empty", "folder", mode=0o755), entry("a/link", "link", target="b.txt"),
            entry("again", "hard", target="a/b.txt"), entry("\u00e9t\u00e9", data=b"x"))
    yield "tame.tar", tar(*tame)
    yield "tame.tar.gz", squeeze(tar(*tame))
    yield "tame-pax.tar", tar(*tame, format=tarfile.PAX_FORMAT)
    yield "tame-dot-slash.tar", tar(entry("./", "folder"), entry("./a/", "folder"), entry("./a/b", data=hello))
    yield "tame.zip", zipped(("a/b.txt", hello, 0o100644), ("run.sh", b"#!/bin/sh\n", 0o100755),
                             ("\u00e9t\u00e9", b"x", 0o100644), ("a/link", b"b.txt", 0o120777),
                             method=zipfile.ZIP_DEFLATED)
    yield "tame-setuid.tar", tar(entry("su", data=hello, mode=0o6755), entry("d", "folder", mode=0o2777))
    yield "tame-setuid.zip", zipped(("su", hello, 0o106755))

    yield "path-absolute.tar", tar(entry("/tmp/x", data=hello))
    yield "path-up.tar", tar(entry("../x", data=hello))
    yield "path-up-later.tar", tar(entry("a/../../x", data=hello))
    yield "path-up-pax.tar", pax([(b"path", b"../../x")], entry("harmless", data=hello))
    yield "path-control.tar", tar(entry("a\nb\x1b[2J", data=hello))
    yield "path-empty.tar", checksummed(bytes(100) + tar(entry("a"))[100:512]) + bytes(1024)
    yield "path-long.tar", pax([(b"path", b"n" * 5000)], entry("a", data=hello))
    yield "path-deep.tar", tar(entry("/".join(["d"] * 100), data=hello))
    yield "path-twice.tar", tar(entry("a", data=hello), entry("a", data=b"other"))
    yield "path-twice-dotted.tar", tar(entry("a", data=hello), entry("./a", data=b"other"))
    yield "path-below-file.tar", tar(entry("a", data=hello), entry("a/b", data=hello))
    yield "path-folder-and-file.tar", tar(entry("a", "folder"), entry("a", data=hello))
    yield "path-absolute.zip", zipped(("/tmp/x", hello, 0o100644))
    yield "path-up.zip", zipped(("../x", hello, 0o100644))
    yield "path-backslash.zip", zip_raw(
        zip_local(b"..\\..\\x", hello, zlib.crc32(hello), 6),
        zip_central(b"..\\..\\x", hello, zlib.crc32(hello), 6, 0).replace(b"\x14\3", b"\x14\0", 1))
    yield "path-twice.zip", zip_raw(
        zip_local(b"a", hello, zlib.crc32(hello), 6) + zip_local(b"a", b"other!", zlib.crc32(b"other!"), 6),
        zip_central(b"a", hello, zlib.crc32(hello), 6, 0) +
        zip_central(b"a", b"other!", zlib.crc32(b"other!"), 6, 37), 2)
    yield "path-two-names.zip", zip_raw(zip_local(b"../x", hello, zlib.crc32(hello), 6),
                                        zip_central(b"good", hello, zlib.crc32(hello), 6, 0))

    yield "link-absolute.tar", tar(entry("l", "link", target="/etc/passwd"))
    yield "link-up.tar", tar(entry("a/l", "link", target="../../x"))
    yield "link-up-late.tar", tar(entry("d", "link", target="."), entry("l", "link", target="d/../x"))
    yield "link-then-below.tar", tar(entry("l", "link", target="/tmp"), entry("l/x", data=hello))
    yield "link-inside-then-below.tar", tar(entry("d", "folder"), entry("l", "link", target="d"),
                                            entry("l/x", data=hello))
    yield "link-empty.tar", tar(entry("l", "link"))
    yield "link-absolute.zip", zipped(("l", b"/etc/passwd", 0o120777))
    yield "link-up.zip", zipped(("l", b"../x", 0o120777))

    yield "hard-absolute.tar", tar(entry("h", "hard", target="/etc/passwd"))
    yield "hard-up.tar", tar(entry("h", "hard", target="../../etc/passwd"))
    yield "hard-missing.tar", tar(entry("h", "hard", target="nothing"))
    yield "hard-later.tar", tar(entry("h", "hard", target="a"), entry("a", data=hello))
    yield "hard-to-link.tar", tar(entry("l", "link", target="a"), entry("h", "hard", target="l"))
    yield "hard-to-itself.tar", tar(entry("h", "hard", target="h"))
    yield "hard-with-content.tar", pax([(b"comment", b"x")], entry("a", data=hello),
                                       entry("h", "hard", target="a", data=b"other"))

    yield "special-char.tar", tar(entry("null", "char"))
    yield "special-block.tar", tar(entry("disk", "block"))
    yield "special-fifo.tar", tar(entry("fifo", "fifo"))
    yield "special-fifo.zip", zipped(("fifo", b"", 0o010644))
    yield "special-socket.zip", zipped(("socket", b"", 0o140644))
    yield "special-char.zip", zipped(("null", b"", 0o020644))

    yield "bomb-ratio.tar.gz", squeeze(tar(entry("zeros", data=bytes(80 << 20))))
    yield "bomb-ratio.zip", zipped(("zeros", bytes(80 << 20), 0o100644), method=zipfile.ZIP_DEFLATED)
    yield "bomb-nested.tar.gz", squeeze(squeeze(tar(entry("zeros", data=bytes(80 << 20)))))
    yield "bomb-overlap.zip", overlapping_zip(2200)
    yield "bomb-sparse.tar", sparse_tar(1 << 42)
    yield "bomb-count.tar.gz", squeeze(tar(*[entry("f%d" % i) for i in range(3000)]))
    yield "bomb-headers.tar.gz", squeeze(special_header(b"g", b"13 comment=x\n") * 5000 +
                                         tar(entry("a", data=hello)))
    yield "bomb-pax-header.tar", special_header(b"x", bytes(1024), size=1 << 32)

    whole = tar(entry("a", data=hello * 1000))
    yield "damaged-cut.tar", whole[:2000]
    yield "damaged-checksum.tar", damaged_checksum()
    yield "damaged-negative-size.tar", negative_size()
    yield "damaged-huge-size.tar", tar(entry("a", data=hello, size=1 << 50), end=False)
    yield "damaged-cut.tar.gz", squeeze(whole)[:-20]
    yield "damaged-cut.zip", zipped(("a", hello * 1000, 0o100644))[:3000]
    yield "damaged-crc.zip", zip_raw(zip_local(b"a", hello, 1, 6), zip_central(b"a", hello, 1, 6, 0))
    yield "damaged-size.zip", zip_raw(zip_local(b"a", hello, zlib.crc32(hello), 6),
                                      zip_central(b"a", hello, zlib.crc32(hello), 1 << 30, 0))
    yield "damaged-offset.zip", zip_raw(zip_local(b"a", hello, zlib.crc32(hello), 6),
                                        zip_central(b"a", hello, zlib.crc32(hello), 6, 1 << 30))
    yield "encrypted.zip", zip_raw(
        zip_local(b"a", b"0123456789ab" + hello, zlib.crc32(hello), 6, flags=1),
        zip_central(b"a", b"0123456789ab" + hello, zlib.crc32(hello), 6, 0, flags=1))

    yield "other-empty", b""
    yield "other-text", b"this is no archive\n" * 100
    yield "other-zeros", bytes(4096)
    yield "other-cpio", b"070701" + b"0" * 104 + b"TRAILER!!!\0" + bytes(400)
    yield "other-7z", b"7z\xbc\xaf\x27\x1c" + bytes(500)
    yield "other-xz", b"\xfd7zXZ\0" + bytes(500)
    yield "other-gzip-of-text", squeeze(b"this is no archive\n")


def main():
    folder = sys.argv[1]
    for name, data in archives():
        with open(os.path.join(folder, name), "wb") as out:
            out.write(data)


main()
