#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A web server on the loopback interface that fails as it is told: one thread a connection, sockets written by hand,
because no library writes what a broken server writes.

The first part of the path is the name of a case, the second one is a mode: a function fault_MODE below, which gets the
connection `c` and answers one request with it. What was asked is kept in Server.requests[case]. Further parts of the path
are the mode's: c.args.

Used by cases.py; alone: server.py FILE serves FILE at /x/MODE of a port of its own and prints what is asked."""
import gzip
import os
import random
import socket
import ssl
import struct
import sys
import threading
import time


class Gone(Exception):
    """The connection is at its end, as the mode wants it."""


class Connection:
    def __init__(self, server, sock, secure):
        self.server, self.sock, self.secure = server, sock, secure
        self.buffer = b""
        self.sent = 0

    def read_request(self):
        while b"\r\n\r\n" not in self.buffer:
            got = self.sock.recv(65536)
            if not got:
                return False
            self.buffer += got
            if self.buffer[0] < 32:  # TLS at a port of http
                self.sock.sendall(b"HTTP/1.1 400 What\r\nContent-Length: 0\r\n\r\n")
                return False
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = lines[0].split(" ", 2)
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        return True

    def send(self, data):
        self.sock.sendall(data)
        self.sent += len(data)
        self.server.sent[self.case] = self.server.sent.get(self.case, 0) + len(data)

    def head(self, status="200 OK", length=None, **headers):
        lines = ["HTTP/1.1 " + status]
        if length is not None:
            lines.append("Content-Length: %d" % length)
        for name, value in headers.items():
            lines.append("%s: %s" % (name.replace("_", "-"), value))
        self.send("\r\n".join(lines + ["", ""]).encode("latin-1"))

    def slowly(self, data, seconds):
        for at in range(0, len(data), max(1, len(data) // 20)):
            self.send(data[at : at + max(1, len(data) // 20)])
            time.sleep(seconds / 20)

    def reset(self):
        """RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def wait(self):
        """Until the other side has had enough of waiting."""
        self.sock.settimeout(60)
        try:
            while self.sock.recv(65536):
                pass
        except OSError:
            pass
        raise Gone

    @property
    def number(self):
        """Of this request in its case, from 1."""
        return len(self.server.requests[self.case])

    @property
    def asked_from(self):
        wanted = self.headers.get("range", "")
        return int(wanted[6:].split("-")[0]) if wanted.startswith("bytes=") else 0

    def file(self, data=None, tag='"one"', status=None, upto=None, length=None):
        """What a good server answers; `upto`: the body breaks off there, at that place in the file."""
        data = self.server.data if data is None else data
        start = self.asked_from if tag is not None and self.headers.get("if-range") == tag else 0
        headers = {"Accept_Ranges": "bytes"} if tag is not None else {}
        if tag is not None:
            headers["ETag"] = tag
        if start:
            headers["Content_Range"] = "bytes %d-%d/%d" % (start, len(data) - 1, len(data))
        self.head(status or ("206 Partial Content" if start else "200 OK"), length or len(data) - start, **headers)
        self.send(data[start:upto])
        if upto is not None and upto < len(data):
            raise Gone

    @property
    def half(self):
        return len(self.server.data) // 2


# ---- answers of good servers

def fault_plain(c):
    c.file(tag=None)

def fault_ranges(c):
    c.file()

def fault_no_length(c):
    c.head()
    c.send(c.server.data)
    raise Gone

def fault_chunked(c):
    c.head(Transfer_Encoding="chunked")
    for at in range(0, len(c.server.data), 50000):
        piece = c.server.data[at : at + 50000]
        c.send(b"%x;note=\"a word\"\r\n%s\r\n" % (len(piece), piece))
    c.send(b"0\r\nX-Trailer: yes\r\n\r\n")

def fault_steady(c):
    c.head(length=len(c.server.data))
    c.slowly(c.server.data, float(c.args[0]))

def fault_status(c):
    """status/CODE[/RETRY-AFTER][/N]: so answered the first N times, then well."""
    if len(c.args) > 2 and c.number > int(c.args[2]):
        return c.file()
    extra = {"Retry_After": c.args[1].replace("_", " ")} if len(c.args) > 1 and c.args[1] != "-" else {}
    c.head(c.args[0] + " So", 0, **extra)

def fault_basic(c):
    """Wants a name and a password."""
    if "authorization" in c.headers:
        return c.file()
    c.head("401 Who", 0, WWW_Authenticate='Basic realm="test"')


# ---- bodies that are not what they should be

def fault_truncated(c):
    """truncated[/N]: no ranges; N times only."""
    if c.args and c.number > int(c.args[0]):
        return c.file(tag=None)
    c.file(tag=None, upto=c.half)

def fault_breaks(c):
    """breaks/STEP: with ranges; each answer ends after STEP bytes."""
    c.file(upto=c.asked_from + int(c.args[0]))

def fault_no_length_short(c):
    if c.number > 1:
        return c.file(tag=None)
    c.head()
    c.send(c.server.data[: c.half])
    raise Gone

def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]

def fault_flip(c):
    """flip[/N]"""
    again = c.args and c.number > int(c.args[0])
    c.file(c.server.data if again else flipped(c.server.data, c.half), tag=None)

def fault_flip_before_break(c):
    """The part that is resumed holds a flipped bit."""
    if c.number == 1:
        return c.file(flipped(c.server.data, 1000), upto=c.half)
    c.file()

def fault_replaced(c):
    """Another file at first; the right one, with another tag, when the rest is asked for."""
    if c.number == 1:
        return c.file(bytes(len(c.server.data)), tag='"other"', upto=c.half)
    c.file()

def fault_replaced_by_other(c):
    if c.number == 1:
        return c.file(upto=c.half)
    c.file(bytes(len(c.server.data)), tag='"other"')

def fault_replaced_unsaid(c):
    """The same, by a server that does not look at If-Range."""
    other = bytes(len(c.server.data))
    if c.number == 1:
        return c.file(other, upto=c.half)
    c.file()

def fault_weak(c):
    """A weak tag, or none but a date that is the date of the answer: the rest must not be asked for."""
    if c.number > 1:
        return c.file(tag=None)
    date = "Mon, 05 Oct 2026 10:00:00 GMT"
    tags = {"etag": {"ETag": 'W/"one"'}, "date": {"Last_Modified": date, "Date": date}, "bare": {"ETag": "one"}}[c.args[0]]
    c.head(length=len(c.server.data), **tags)
    c.send(c.server.data[: c.half])
    raise Gone

def fault_dated(c):
    """Resumed by its date."""
    date, now = "Mon, 05 Oct 2026 10:00:00 GMT", "Mon, 05 Oct 2026 10:00:09 GMT"
    if c.headers.get("if-range") == date:
        c.head("206 Part", len(c.server.data) - c.asked_from, Last_Modified=date, Date=now, Content_Range="bytes %d-%d/*"
               % (c.asked_from, len(c.server.data) - 1))
        return c.send(c.server.data[c.asked_from :])
    c.head(length=len(c.server.data), Last_Modified=date, Date=now)
    c.send(c.server.data[: c.half])
    raise Gone

def fault_empty(c):
    c.head(length=0)

def fault_page(c):
    page = b"\n<!DOCTYPE html><html><head><title>Sign in</title></head></html>\n"
    c.head(length=len(page), Content_Type="text/html")
    c.send(page)

def fault_page_on_resume(c):
    """A hotel's network gets in between once; the part that is there stays."""
    if c.number == 1:
        return c.file(upto=c.half)
    if c.number == 2:
        return fault_page(c)
    c.file()

def fault_longer(c):
    c.head(length=len(c.server.data) + 1000)
    c.send(c.server.data + bytes(1000))

def fault_shorter(c):
    c.head(length=len(c.server.data) - 1000)
    c.send(c.server.data[:-1000])

def fault_lying_length(c):
    """Announces the right length and sends more."""
    c.head(length=len(c.server.data))
    c.send(c.server.data + b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxyz")
    raise Gone

def fault_length(c):
    c.send(b"HTTP/1.1 200 OK\r\nContent-Length: " + c.args[0].encode() + b"\r\n\r\n" + c.server.data)
    raise Gone

def fault_two_lengths(c):
    c.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Length: 5\r\n\r\n" % len(c.server.data) + c.server.data)
    raise Gone

def endless(c, wrap=lambda piece: piece):
    c.send(wrap(c.server.data))
    while True:
        c.send(wrap(b"more" * 16384))

def fault_endless(c):
    c.head()
    endless(c)

def fault_endless_chunked(c):
    c.head(Transfer_Encoding="chunked")
    endless(c, lambda piece: b"%x\r\n%s\r\n" % (len(piece), piece))

def fault_tiny_chunks(c):
    """A chunk for each byte, without end."""
    c.head(Transfer_Encoding="chunked")
    while True:
        c.send(b"1\r\nx\r\n" * 10000)

def fault_gzip(c):
    """Compressed on the way though nobody asked for it."""
    data = gzip.compress(c.server.data)
    c.head(length=len(data), Content_Encoding="gzip")
    c.send(data)

def fault_gzip_label(c):
    """A server that takes .tar.gz for a coding of .tar: the bytes are right."""
    c.head(length=len(c.server.data), Content_Encoding="gzip")
    c.send(c.server.data)

def fault_gzip_bomb(c):
    c.head(Content_Encoding="gzip")
    for _ in range(100):  # many members are one stream
        c.send(gzip.compress(bytes(3 * 1000 * 1000), 1))
    raise Gone

def fault_transfer_gzip(c):
    c.head(Transfer_Encoding="gzip, chunked")
    data = gzip.compress(c.server.data)
    c.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))


# ---- time

def fault_stall(c):
    """stall/WHERE[/N]: at: the connection, head, body, chunk; N times only."""
    where = c.args[0]
    if len(c.args) > 1 and c.number > int(c.args[1]):
        return c.file()
    if where == "head":
        c.send(b"HTTP/1.1 200 OK\r\nContent-Le")
    if where == "body":
        c.head(length=len(c.server.data), ETag='"one"')
        c.send(c.server.data[: c.half])
    if where == "chunk":
        c.head(Transfer_Encoding="chunked")
        c.send(b"10000\r\n")
    c.wait()

def drip(c, piece, pause=0.05):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        c.send(piece)
        time.sleep(pause)

def fault_slow_header(c):
    c.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    drip(c, b"x")

def fault_slow_headers(c):
    c.send(b"HTTP/1.1 200 OK\r\n")
    drip(c, b"X-More: y\r\n")

def fault_slow_body(c):
    c.head(length=len(c.server.data))
    drip(c, b"x")

def fault_chunk_extension(c):
    c.head(Transfer_Encoding="chunked")
    c.send(b"5;")
    while True:
        c.send(b"x" * 4096)
        time.sleep(0.001)

def fault_interim(c):
    """100 Continue for ever."""
    while True:
        c.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


# ---- connections

def fault_reset(c):
    """reset/WHERE[/N]"""
    if len(c.args) > 1 and c.number > int(c.args[1]):
        return c.file()
    if c.args[0] == "head":
        c.send(b"HTTP/1.1 200 OK\r\nConte")
    if c.args[0] == "body":
        c.head(length=len(c.server.data), ETag='"one"')
        c.send(c.server.data[: c.half])
        time.sleep(0.1)
    c.reset()

def fault_closes(c):
    raise Gone


# ---- redirects

def fault_to(c):
    """to/SCHEME/PORT/CASE/MODE...: there, with a Location of that scheme; PORT "-" is this one."""
    scheme, port, rest = c.args[0], c.args[1], "/".join(c.args[2:])
    if scheme == "relative":
        where = "/" + rest
    else:
        port = {"-": c.server.port, "http": c.server.port, "https": c.server.secure_port, "other": c.server.other_port}[port]
        where = "%s://127.0.0.1:%d/%s" % (scheme, port, rest)
    c.head("302 There", 0, Location=where)

def fault_location(c):
    """location/TEXT, with ! for / and ~ for a colon."""
    c.head("302 There", 0, Location=c.args[0].replace("!", "/").replace("~", ":"))

def fault_nowhere(c):
    c.head("302 There", 0)

def fault_loop(c):
    c.head("301 Round", 0, Location=c.target)

def fault_chain(c):
    """chain/N: N redirects, then the file."""
    left = int(c.args[0])
    if left == 0:
        return c.file()
    c.head("307 On", 0, Location="/%s/chain/%d" % (c.case, left - 1))

def fault_wordy(c):
    """A redirect whose own body never ends."""
    if c.number > 1:
        return c.file()
    c.head("302 There", None, Location="/%s/wordy" % c.case)
    while True:
        c.send(bytes(65536))


# ---- ranges

def fault_part_unasked(c):
    c.head("206 Part", c.half, Content_Range="bytes %d-%d/%d" % (c.half, len(c.server.data) - 1, len(c.server.data)))
    c.send(c.server.data[c.half :])

def fault_range(c):
    """range/KIND: the answer to a request for the rest is wrong in this way."""
    data, kind = c.server.data, c.args[0]
    if c.number == 1:
        return c.file(upto=c.half)
    if not c.asked_from:
        return c.file()
    start, size = c.asked_from, len(data)
    shown, sent = {"earlier": (b"bytes %d-%d/%d" % (start - 7, size - 1, size), data[start - 7 :]),
                   "later": (b"bytes %d-%d/%d" % (start + 7, size - 1, size), data[start + 7 :]),
                   "short": (b"bytes %d-%d/%d" % (start, size - 9, size), data[start : size - 8]),
                   "other-size": (b"bytes %d-%d/%d" % (start, size + 9, size + 10), data[start:] + bytes(10)),
                   "none": (None, data[start:]), "words": (b"bytes all of it", data[start:]),
                   "unit": (b"lines %d-%d/%d" % (start, size - 1, size), data[start:]),
                   "huge": (b"bytes 99999999999999999999-99999999999999999999/*", data[start:]),
                   "lying": (b"bytes %d-%d/%d" % (start, size - 1, size), data[: size - start])}[kind]
    lines = [b"HTTP/1.1 206 Part", b"Content-Length: %d" % len(sent), b'ETag: "one"']
    if shown is not None:
        lines.append(b"Content-Range: " + shown)
    c.send(b"\r\n".join(lines + [b"", b""]) + sent)

def fault_unsatisfiable(c):
    """416 to a request for the rest."""
    if c.number == 1:
        return c.file(upto=c.half)
    if c.asked_from:
        return c.head("416 No", 0, Content_Range="bytes */%d" % len(c.server.data))
    c.file()

def fault_ignores_range(c):
    if c.number == 1:
        return c.file(upto=c.half)
    c.file(tag=None)


# ---- what is no HTTP

def fault_old(c):
    """HTTP/0.9: a body and nothing else."""
    c.send(c.server.data)
    raise Gone

def fault_raw(c):
    """raw/TEXT: these bytes (hexadecimal) and the file."""
    c.send(bytes.fromhex(c.args[0]) + c.server.data)
    raise Gone

def fault_header_line(c):
    c.send(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * int(c.args[0]) + b"\r\nContent-Length: %d\r\n\r\n" % len(c.server.data))
    c.send(c.server.data)

def fault_header_flood(c):
    """A GiB of headers, if anybody reads so much."""
    c.send(b"HTTP/1.1 200 OK\r\n")
    for _ in range(16384):
        c.send((b"X-More: " + b"y" * 1014 + b"\r\n") * 64)

def fault_trailer_flood(c):
    c.head(Transfer_Encoding="chunked")
    c.send(b"%x\r\n%s\r\n0\r\n" % (len(c.server.data), c.server.data))
    for _ in range(16384):
        c.send((b"X-More: " + b"y" * 1014 + b"\r\n") * 64)

def fault_chunk_garbage(c):
    """chunk-garbage/HEX: this where the size of the second chunk should be."""
    c.head(Transfer_Encoding="chunked")
    c.send(b"%x\r\n%s\r\n" % (c.half, c.server.data[: c.half]))
    c.send(bytes.fromhex(c.args[0]) + b"\r\n" + c.server.data[c.half :] + b"\r\n0\r\n\r\n")
    raise Gone

def fault_chunk_cut(c):
    """Ends without the last chunk; well the second time."""
    if c.number > 1:
        return fault_chunked(c)
    c.head(Transfer_Encoding="chunked")
    c.send(b"%x\r\n%s\r\n" % (c.half, c.server.data[: c.half]))
    raise Gone


# ---- anything, for the campaign

def fault_random(c):
    """random/SEED/PERCENT: so many of a hundred requests get a fault, anywhere."""
    choose = random.Random("%s %d" % (c.args[0], c.number))
    if choose.randrange(100) >= int(c.args[1]):
        return c.file()
    data, size = c.server.data, len(c.server.data)
    at = choose.randrange(size)
    kind = choose.choice(RANDOM)
    c.server.chosen[kind] = c.server.chosen.get(kind, 0) + 1
    if kind == "cut":
        return c.file(upto=max(at, c.asked_from))
    if kind == "reset":
        c.head(length=size, ETag='"one"')
        c.send(data[:at])
        c.reset()
    if kind == "flip":
        return c.file(flipped(data, at))
    if kind == "flip-and-cut":
        return c.file(flipped(data, at // 2), upto=max(at, c.asked_from))
    if kind == "other":
        return c.file(choose.randbytes(size), tag='"%d"' % at)
    if kind == "other-same-tag":
        return c.file(choose.randbytes(size), upto=max(at, c.asked_from))
    if kind == "longer":
        return c.file(data + bytes(at + 1))
    if kind == "shorter":
        return c.file(data[:at])
    if kind == "inserted":
        c.head(Transfer_Encoding="chunked", ETag='"one"')
        body = data[:at] + choose.randbytes(7) + data[at:]
        return c.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    if kind == "range":
        shift = choose.choice((-1, 1)) * choose.randrange(1, 100)
        start = min(max(c.asked_from + shift, 0), size - 1)
        c.head("206 Part", size - start, ETag='"one"', Content_Range="bytes %d-%d/%d" % (start, size - 1, size))
        return c.send(data[start:])
    if kind == "range-lying":
        start = min(max(c.asked_from + choose.randrange(-50, 50), 0), size - 1)
        c.head("206 Part", size - start, ETag='"one"', Content_Range="bytes %d-%d/%d" % (c.asked_from, size - 1, size))
        return c.send(data[start:])
    if kind == "status":
        return c.head(choose.choice(("500", "502", "503", "504", "408", "429", "404", "403", "416", "204", "304")) + " So", 0)
    if kind == "garbage-head":
        c.send(choose.randbytes(choose.randrange(1, 2000)))
        raise Gone
    if kind == "spoiled-head":
        head = bytearray(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: "one"\r\n\r\n' % size)
        for _ in range(choose.randrange(1, 4)):
            head[choose.randrange(len(head))] = choose.randrange(256)
        c.send(bytes(head) + data)
        raise Gone
    if kind == "spoiled-chunks":
        body = bytearray(b"".join(b"%x\r\n%s\r\n" % (len(data[i : i + 9999]), data[i : i + 9999]) for i in range(0, size, 9999)))
        for _ in range(choose.randrange(1, 4)):
            body[choose.randrange(len(body))] = choose.randrange(256)
        c.head(Transfer_Encoding="chunked", ETag='"one"')
        c.send(bytes(body) + b"0\r\n\r\n")
        raise Gone
    if kind == "redirect":
        return c.head("302 On", 0, Location=choose.choice((c.target, c.target, "file:///etc/passwd", "//", "http://127.0.0.1:1/")))
    raise Gone


RANDOM = ("cut", "cut", "cut", "reset", "flip", "flip-and-cut", "other", "other-same-tag", "longer", "shorter", "inserted", "range",
          "range-lying", "status", "status", "garbage-head", "spoiled-head", "spoiled-chunks", "redirect", "close")


class Server:
    """Three ports of 127.0.0.1: http, https (if there is a certificate), and another http one, for another origin."""

    def __init__(self, data):
        self.data = data
        self.requests, self.sent, self.chosen = {}, {}, {}
        self.lock = threading.Lock()
        self.port = self.listen(None)
        self.other_port = self.listen(None)
        self.secure_port = 0

    def listen(self, context):
        sock = socket.create_server(("127.0.0.1", 0), backlog=128)
        threading.Thread(target=self.accept, args=(sock, context), daemon=True).start()
        return sock.getsockname()[1]

    def listen_secure(self, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return self.listen(context)

    def accept(self, sock, context):
        while True:
            peer, _ = sock.accept()
            threading.Thread(target=self.serve, args=(peer, context), daemon=True).start()

    def serve(self, sock, context):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                sock = context.wrap_socket(sock, server_side=True)
            connection = Connection(self, sock, context is not None)
            while connection.read_request():
                self.answer(connection)
        except (Gone, OSError):
            pass
        finally:
            sock.close()

    def answer(self, c):
        if c.method == "CONNECT":
            return self.tunnel(c)
        path = c.target
        proxied = path.startswith("http://")
        if proxied:
            path = "/" + path.split("/", 3)[3]
        parts = path.lstrip("/").split("/")
        c.case, mode, c.args = parts[0], parts[1] if len(parts) > 1 else "", parts[2:]
        with self.lock:
            self.requests.setdefault(c.case, []).append(
                {"target": c.target, "secure": c.secure, "proxied": proxied, "port": c.sock.getsockname()[1], **c.headers})
        globals().get("fault_" + mode.replace("-", "_"), lambda c: c.head("404 None", 0))(c)

    def tunnel(self, c):
        """As a proxy does for https; always to ourselves."""
        c.case = "tunnel"
        with self.lock:
            self.requests.setdefault("tunnel", []).append({"target": c.target, **c.headers})
        if c.target.startswith("refused."):
            c.head("407 Who", 0, Proxy_Authenticate="Basic")
            raise Gone
        c.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        to = socket.create_connection(("127.0.0.1", self.secure_port))
        thread = threading.Thread(target=self.pump, args=(to, c.sock), daemon=True)
        thread.start()
        self.pump(c.sock, to)
        raise Gone

    @staticmethod
    def pump(one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        try:
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        alone = Server(file.read())
    print("http://127.0.0.1:%d/x/MODE: %s" % (alone.port, " ".join(sorted(n[6:] for n in globals() if n.startswith("fault_")))))
    seen = 0
    while True:
        time.sleep(0.2)
        for request in alone.requests.get("x", [])[seen:]:
            print(request)
            seen += 1
