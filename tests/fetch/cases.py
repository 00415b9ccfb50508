#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each fault of server.py, by name, with what `sciwrap pull` must make of it; and with --random N, N transfers with any
faults anywhere. Never may a wrong byte be accepted, nothing may hang, memory must not grow with what a server sends.

    cases.py [--random N] [--only NAME] SCIWRAP WORK-FOLDER"""
import argparse
import hashlib
import io
import os
import random
import re
import shutil
import subprocess
import sys
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import server as web

arguments = argparse.ArgumentParser()
arguments.add_argument("--random", type=int, default=0)
arguments.add_argument("--seed", type=int, default=random.randrange(10**9))
arguments.add_argument("--only")
arguments.add_argument("--jobs", type=int, default=4)
arguments.add_argument("sciwrap")
arguments.add_argument("work")
options = arguments.parse_args()
work, options.sciwrap = os.path.abspath(options.work), os.path.abspath(options.sciwrap)


def make_archive(size):
    text = io.BytesIO()
    with tarfile.open(fileobj=text, mode="w") as tar:
        for name, content in (("etc/version", b"one\n"), ("data", random.Random(5).randbytes(size))):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return text.getvalue()


data = make_archive(400_000)
digest = hashlib.sha256(data).hexdigest()
server = web.Server(data)


# ---- certificates

def openssl(*words):
    subprocess.run(["openssl", *words], check=True, cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_certificate(name, alternative, *days):
    with open(work + "/" + name + ".ext", "w") as file:
        file.write("subjectAltName=" + alternative + "\n")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key", "-out",
            name + ".csr", "-subj", "/CN=" + name)
    openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
            name + ".pem", "-extfile", name + ".ext", *days)


METER = """
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    int status = 1;
    struct rusage usage = {0};
    FILE *out = argc > 2 ? fopen(argv[1], "w") : NULL;
    pid_t pid = out != NULL ? fork() : -1;
    if (pid == 0) {
        execv(argv[2], argv + 2);
        _exit(99);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) {
        return 98;
    }
    fprintf(out, "%ld\\n", usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 97;
}
"""


def make_meter():
    """A small program in between: a child's peak memory counts from before its exec, and Python's would hide it."""
    subprocess.run(["cc", "-O2", "-x", "c", "-o", work + "/meter", "-"], input=METER.encode(), check=True)


def make_certificates():
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out",
            "ca.pem", "-subj", "/CN=authority of a test", "-days", "2")
    make_certificate("good", "IP:127.0.0.1,DNS:good.example.org", "-days", "2")
    make_certificate("wrong-host", "DNS:elsewhere.test", "-days", "2")
    make_certificate("expired", "IP:127.0.0.1", "-days", "-1")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "self.key", "-out",
            "self.pem", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2")
    server.secure_port = server.listen_secure(work + "/good.pem", work + "/good.key")
    return {name: server.listen_secure("%s/%s.pem" % (work, name), "%s/%s.key" % (work, name))
            for name in ("wrong-host", "expired", "self")}


# ---- one pull

class Pull:
    """`sciwrap pull` into a store of its own."""

    def __init__(self, name):
        self.name, self.folder = name, "%s/%s" % (work, name)
        os.makedirs(self.folder + "/home", exist_ok=True)

    def run(self, urls, environment={}, size=None):
        with open(self.folder + "/it.ini", "w") as file:
            file.write("[environment]\ncommand = x\n[artifact]\nsha256 = %s\n" % digest)
            if size != 0:
                file.write("size = %d\n" % (size or len(data)))
            file.writelines("url = %s\n" % url for url in urls)
        own = {"PATH": os.environ["PATH"], "HOME": self.folder + "/home", "SCIWRAP_STORE": self.folder + "/store",
               "SCIWRAP_FETCH_WAIT": "10", "SCIWRAP_FETCH_STALL": "20"}
        own.update({name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")})
        own.update(environment)
        start = time.monotonic()
        with open(self.folder + "/stderr", "wb") as errors:
            self.status = subprocess.run(
                [work + "/meter", self.folder + "/memory", options.sciwrap, "pull", self.folder + "/it.ini"], env=own,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, cwd=self.folder, timeout=300).returncode
        self.seconds = time.monotonic() - start
        with open(self.folder + "/memory") as file:
            self.memory_kb = int(file.read())
        with open(self.folder + "/stderr", errors="replace") as file:
            self.messages = file.read()
        self.last = self.messages.rstrip("\n").split("\n")[-1]
        return self

    def wrong(self):
        """What no outcome excuses, or None."""
        blobs = self.folder + "/store/blobs/sha256"
        trees = self.folder + "/store/trees"
        for name in os.listdir(blobs) if os.path.isdir(blobs) else ():
            with open(blobs + "/" + name, "rb") as file:
                if hashlib.sha256(file.read()).hexdigest() != name:
                    return "a wrong byte was accepted in " + name
        there = os.listdir(trees) if os.path.isdir(trees) else []
        if self.status == 0 and there != [digest]:
            return "success, and no tree"
        if self.status != 0 and there:
            return "failure, and a tree"
        if self.status not in (0, 125):
            return "status %d: %s" % (self.status, self.messages)
        if self.status != 0 and not re.match(r"sciwrap: pull it: \S", self.last):
            return "no reason: " + self.last
        if re.search(r"[\x00-\x08\x0e-\x1f\x7f]", self.messages):
            return "control characters in a message: " + repr(self.messages)
        return None


# ---- the cases: path below the case's own, outcome ("" is success, else a pattern of the last line), and more

class Case:
    def __init__(self, name, path, says="", requests=None, scheme="http", port=None, env={}, size=None, quick=10, also=None, at=None):
        self.name, self.path, self.says, self.requests, self.scheme = name, path, says, requests, scheme
        self.port, self.env, self.size, self.quick, self.also, self.at = port, env, size, quick, also, at

    def url(self):
        if self.at:  # a name, which only a proxy resolves
            return self.at
        port = self.port or (server.secure_port if self.scheme == "https" else server.port)
        return "%s://127.0.0.1:%d/%s/%s" % (self.scheme, port, self.name, self.path)

    def judge(self):
        pull = Pull(self.name).run([self.url()], self.env, self.size)
        asked = server.requests.get(self.name, [])
        if pull.wrong():
            return pull.wrong()
        if (pull.status == 0) != (self.says == ""):
            return "status %d: %s" % (pull.status, pull.messages)
        if not re.search(self.says, pull.last):
            return "no '%s' in: %s" % (self.says, pull.last)
        if self.requests is not None and len(asked) != self.requests:
            return "%d requests instead of %d: %s\n%s" % (len(asked), self.requests, asked, pull.messages)
        if pull.seconds > self.quick:
            return "took %.1f s" % pull.seconds
        if server.sent.get(self.name, 0) > 12 * len(data) + (16 << 20):
            return "let the server send %d bytes" % server.sent[self.name]
        if pull.memory_kb > plain_memory_kb + 16 * 1024:
            return "needed %d kB, a plain transfer %d kB" % (pull.memory_kb, plain_memory_kb)
        return self.also(pull, asked) if self.also else None


def resumed(pull, asked):
    return None if any("range" in one for one in asked[1:]) else "the rest was not asked for: %s" % asked


def not_resumed(pull, asked):
    return "the rest was asked for: %s" % asked if any("range" in one for one in asked) else None


def told(pull, asked):
    return None if len(asked) == 1 and "authorization" in asked[0] else "the password was not sent: %s" % asked


def told_first_only(pull, asked):
    others = server.requests.get(pull.name + "-2", [])
    if "authorization" not in asked[0] or not others or any("authorization" in one for one in others):
        return "%s, then %s" % (asked, others)
    return None


def told_nobody(pull, asked):
    return "the password was sent: %s" % asked if not asked or any("authorization" in one for one in asked) else None


def warned(pattern, check):
    return lambda pull, asked: check(pull, asked) or (None if re.search(pattern, pull.messages) else "no warning: " + pull.messages)


def by_proxy(pull, asked):
    return None if asked and all(one["proxied"] for one in asked) else "not by the proxy: %s" % asked


def by_tunnel(pull, asked):
    targets = [one["target"] for one in server.requests.get("tunnel", [])]
    return None if "good.example.org:443" in targets and asked else "no tunnel: %s" % targets


def waited(seconds):
    return lambda pull, asked: None if pull.seconds >= seconds else "waited %.2f s only" % pull.seconds


def netrc(name, text, mode=0o600):
    path = "%s/netrc/%s" % (work, name)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def good_cases():
    yield Case("plain", "plain", requests=1)
    yield Case("ranges", "ranges", requests=1)
    yield Case("no-length", "no-length", requests=1)
    yield Case("no-pinned-size", "plain", size=0)
    yield Case("chunked", "chunked", requests=1)
    yield Case("slow-but-steady", "steady/2.5", env={"SCIWRAP_FETCH_STALL": "2"}, requests=1)
    yield Case("gzip-label", "gzip-label")
    yield Case("lying-length", "lying-length")
    yield Case("redirect-relative", "to/relative/-/redirect-relative-2/plain")
    yield Case("redirect-chain-10", "chain/10", requests=11)
    yield Case("redirect-wordy", "wordy", requests=2)


def body_cases():
    broken = "closed|end of response|Recv failure|reset|transfer"
    yield Case("truncated", "truncated", "HTTP|" + broken, requests=4)
    yield Case("truncated-once", "truncated/1", requests=2, also=not_resumed)
    yield Case("breaks-off", "breaks/150000", requests=3, also=resumed)
    yield Case("no-length-truncated", "no-length-short", requests=2)
    yield Case("bit-flipped", "flip", "its sha256 is [0-9a-f]{64}, pinned is", requests=2)
    yield Case("bit-flipped-once", "flip/1", requests=2)
    yield Case("bit-flipped-no-size", "flip", "its sha256 is", size=0)
    yield Case("bit-flipped-before-break", "flip-before-break", requests=3)
    yield Case("replaced-on-resume", "replaced", requests=2, also=resumed)
    yield Case("replaced-by-other", "replaced-by-other", "other content")
    yield Case("replaced-unsaid", "replaced-unsaid", requests=3)
    yield Case("weak-tag", "weak/etag", requests=2, also=not_resumed)
    yield Case("bare-tag", "weak/bare", requests=2, also=not_resumed)
    yield Case("date-of-now", "weak/date", requests=2, also=not_resumed)
    yield Case("resumed-by-date", "dated", requests=2, also=resumed)
    yield Case("empty", "empty", "has 0 bytes, pinned are", requests=1)
    yield Case("page", "page", "HTML page instead", requests=1)
    yield Case("page-on-resume", "page-on-resume", requests=3, also=resumed)
    yield Case("longer", "longer", "has [0-9]+ bytes, pinned are", requests=1)
    yield Case("shorter", "shorter", "has [0-9]+ bytes, pinned are", requests=1)
    yield Case("length-negative", "length/-5", ".")
    yield Case("length-huge", "length/99999999999999999999999")
    yield Case("length-words", "length/many", ".")
    yield Case("two-lengths", "two-lengths", ".")
    yield Case("endless", "endless", "more than the pinned", requests=1)
    yield Case("endless-chunked", "endless-chunked", "more than the pinned", requests=1)
    yield Case("tiny-chunks", "tiny-chunks", "more than the pinned", requests=1)
    yield Case("gzip", "gzip", "pinned.*coding 'gzip'")
    yield Case("gzip-bomb", "gzip-bomb", "pinned")
    yield Case("transfer-gzip", "transfer-gzip", "transfer coding", requests=1)


def time_cases():
    hasty = {"SCIWRAP_FETCH_STALL": "1", "SCIWRAP_FETCH_TRIES": "2"}
    slow = "too slow|[Tt]imed? ?out|timeout"
    for where in ("connection", "head", "body", "chunk"):
        yield Case("stall-" + where, "stall/" + where, slow, requests=2, env=hasty)
    yield Case("stall-once", "stall/body/1", env=hasty, requests=2, also=resumed)
    yield Case("slow-header", "slow-header", slow, requests=2, env=hasty)
    yield Case("slow-headers", "slow-headers", slow, requests=2, env=hasty)
    yield Case("slow-body", "slow-body", slow, requests=2, env=hasty)
    yield Case("chunk-extension", "chunk-extension", ".", env=hasty)
    yield Case("interim-flood", "interim", "headers", requests=1)


def connection_cases():
    for where in ("connection", "head", "body"):
        yield Case("reset-" + where, "reset/" + where, ".", requests=4)
        yield Case("reset-once-" + where, "reset/%s/1" % where, requests=2)
    yield Case("closes", "closes", "Empty reply", requests=4)
    yield Case("refused", "", "[Cc]onnect", port=1)
    yield Case("tries", "reset/head", ".", requests=7, env={"SCIWRAP_FETCH_TRIES": "7"})
    yield Case("setting-refused", "plain", "SCIWRAP_FETCH_STALL is '0'", requests=0, env={"SCIWRAP_FETCH_STALL": "0"})
    yield Case("setting-words", "plain", "SCIWRAP_FETCH_TRIES is 'many'", requests=0, env={"SCIWRAP_FETCH_TRIES": "many"})


def status_cases():
    for code in (408, 500, 502, 503, 504, 429):
        yield Case("status-%d-once" % code, "status/%d/-/1" % code, requests=2)
    for code in (503, 429):
        yield Case("status-%d" % code, "status/%d" % code, "HTTP status %d" % code, requests=4)
    for code in (400, 401, 403, 404, 410, 416, 204, 304, 451, 501):
        yield Case("status-%d" % code, "status/%d" % code, "HTTP status %d" % code, requests=1)
    yield Case("retry-after", "status/429/1/1", requests=2, also=waited(1))
    yield Case("retry-after-long", "status/429/3600", "come back in 3600 s", requests=1)
    yield Case("retry-after-date", "status/503/Fri,_01_Jan_2100_00:00:00_GMT", "come back in", requests=1)
    yield Case("retry-after-words", "status/503/soon/1", requests=2)


def redirect_cases():
    yield Case("redirect-loop", "loop", "redirects more than 10 times", requests=11)
    yield Case("redirect-chain-11", "chain/11", "redirects more than 10 times", requests=11)
    yield Case("redirect-nowhere", "nowhere", "HTTP status 302", requests=1)
    for scheme in ("file", "ftp", "gopher", "javascript", "data", "scp", "smb"):
        yield Case("redirect-" + scheme, "location/%s~!!127.0.0.1!etc!passwd" % scheme, "no http or https address", requests=1)
    yield Case("redirect-file-upper", "location/FILE~!!!etc!passwd", "no http or https address", requests=1)
    yield Case("redirect-garbage", "location/http~!!", ".", requests=1)


def range_cases():
    yield Case("206-unasked", "part-unasked", "206.*not asked", requests=1)
    for kind in ("earlier", "later", "short", "other-size", "none", "words", "unit", "huge"):
        yield Case("206-" + kind, "range/" + kind, requests=3)
    yield Case("206-lying", "range/lying", requests=3)
    yield Case("416-on-resume", "unsatisfiable", requests=3)
    yield Case("ignores-range", "ignores-range", requests=2)


def protocol_cases():
    yield Case("http-0.9", "old", "0.9", requests=1)
    yield Case("header-long", "header-line/10000000", "too long|headers", requests=1)
    yield Case("header-90k", "header-line/90000")
    yield Case("header-flood", "header-flood", "headers", requests=1)
    yield Case("trailer-flood", "trailer-flood", ".", requests=1)
    yield Case("header-nul", "raw/" + b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n".hex(), "(?i)nul", requests=1)
    yield Case("header-no-colon", "raw/" + b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n".hex(), ".", requests=1)
    yield Case("header-escape", "raw/" + b"HTTP/1.1 302 x\r\nLocation: file:///\x1b[2J\xc2\x9b\r\n\r\n".hex(), "no http or https address")
    yield Case("status-words", "raw/" + b"HTTP/1.1 abc\r\n\r\n".hex(), ".")
    yield Case("status-zero", "raw/" + b"HTTP/1.1 000 x\r\n\r\n".hex(), ".")
    yield Case("chunk-garbage", "chunk-garbage/" + b"zzz".hex(), ".")
    yield Case("chunk-negative", "chunk-garbage/" + b"-5".hex(), ".")
    yield Case("chunk-overflow", "chunk-garbage/" + (b"f" * 40).hex(), ".")
    yield Case("chunk-wrap", "chunk-garbage/" + b"10000000000000000".hex(), ".")
    yield Case("chunk-cut", "chunk-cut", requests=2)


def secure_cases(ports):
    trust = {"SSL_CERT_FILE": work + "/ca.pem"}
    yield Case("https", "plain", scheme="https", env=trust, requests=1)
    yield Case("https-curl-bundle", "plain", scheme="https", env={"CURL_CA_BUNDLE": work + "/ca.pem"})
    yield Case("https-unknown-authority", "plain", "SSL_CERT_FILE", scheme="https", requests=0)
    yield Case("https-no-such-file", "plain", "SSL_CERT_FILE", scheme="https", requests=0, env={"SSL_CERT_FILE": "/nonexistent"})
    yield Case("https-self-signed", "plain", "(?i)self.signed", scheme="https", port=ports["self"], env=trust, requests=0)
    yield Case("https-other-host", "plain", "127.0.0.1", scheme="https", port=ports["wrong-host"], env=trust, requests=0)
    yield Case("https-expired", "plain", "expired", scheme="https", port=ports["expired"], env=trust, requests=0)
    yield Case("https-at-http", "plain", "SSL|TLS|ssl", scheme="https", port=server.port, env=trust)
    yield Case("http-at-https", "plain", ".", port=server.secure_port)
    yield Case("https-to-http", "to/http/http/https-to-http/plain", "from https to", scheme="https", env=trust, requests=1)
    yield Case("https-to-https", "to/https/https/https-to-https-2/plain", scheme="https", env=trust)
    yield Case("http-to-https", "to/https/https/http-to-https-2/plain", env=trust)
    yield Case("http-to-https-to-http", "to/https/https/down-1/to/http/http/down-2/plain", "from https to", env=trust)
    yield Case("proxy-https", "plain", scheme="https", env={**trust, "https_proxy": "http://127.0.0.1:%d" % server.port}, also=by_tunnel,
               at="https://good.example.org/proxy-https/plain")
    yield Case("proxy-https-refused", "plain", "407.*https_proxy", scheme="https",
               env={**trust, "https_proxy": "http://127.0.0.1:%d" % server.port}, at="https://refused.example.org/x/plain")


def proxy_cases():
    proxy = "http://127.0.0.1:%d" % server.port
    yield Case("proxy-http", "plain", env={"http_proxy": proxy}, also=by_proxy)
    yield Case("proxy-all", "plain", env={"all_proxy": proxy}, also=by_proxy)
    yield Case("proxy-not-for", "plain", env={"http_proxy": "http://127.0.0.1:1", "no_proxy": "127.0.0.1"}, requests=1)
    yield Case("proxy-gone", "plain", "(?i)connect", env={"http_proxy": "http://127.0.0.1:1"}, requests=0)
    yield Case("proxy-no-name", "plain", "resolve proxy.*http_proxy", env={"http_proxy": "http://no-such-proxy.invalid:80"}, requests=0)


def password_cases():
    mine = "machine 127.0.0.1 login me password secret\n"
    name = "machine good.example.org login me password secret\n"
    yield Case("netrc", "basic", env={"NETRC": netrc("good", "# a remark\nmachine other login x password y\n" + mine)}, also=told)
    yield Case("netrc-absent", "basic", "HTTP status 401", requests=1, env={"NETRC": "/nonexistent"})
    yield Case("netrc-default", "basic", "HTTP status 401", env={"NETRC": netrc("default", "default login me password secret\n")},
               also=told_nobody)
    yield Case("netrc-redirect", "to/http/other/netrc-redirect-2/plain", env={"NETRC": netrc("good", mine)}, also=told_first_only)
    yield Case("netrc-open", "basic", env={"NETRC": netrc("open", mine, 0o644)}, also=warned("chmod 600", told))
    yield Case("netrc-garbage", "basic", "HTTP status 401", env={"NETRC": netrc("bad", "nonsense secret\n")},
               also=warned("netrc/bad", told_nobody))
    yield Case("netrc-http", "plain", env={"NETRC": netrc("name", name), "http_proxy": "http://127.0.0.1:%d" % server.port},
               also=told_nobody, at="http://good.example.org/netrc-http/plain")
    if os.geteuid() == 0:
        path = netrc("foreign", mine)
        os.chown(path, 12345, 12345)
        yield Case("netrc-foreign", "basic", "HTTP status 401", env={"NETRC": path}, also=warned("another user", told_nobody))


def judge_home_netrc():
    """~/.netrc, and a mirror after one that fails."""
    pull = Pull("netrc-home")
    with open(pull.folder + "/home/.netrc", "w") as file:
        file.write('machine 127.0.0.1\n\tlogin "me"\n\tpassword "a \\"word\\""\n')
    os.chmod(pull.folder + "/home/.netrc", 0o600)
    first = "http://127.0.0.1:%d/netrc-home/" % server.port
    pull.run([first + "status/404", first + "flip", first + "basic"])
    asked = server.requests["netrc-home"]
    if pull.status != 0 or asked[-1].get("authorization") != "Basic bWU6YSAid29yZCI=" or len(asked) != 4:
        return "%s %s" % (asked, pull.messages)
    return pull.wrong()


def judge_masked():
    """A password in an address is not shown."""
    pull = Pull("masked").run(["http://" + "me:secret@127.0.0.1:%d/masked/status/404" % server.port])
    return None if pull.status == 125 and "secret" not in pull.messages else pull.messages


def judge_later_pulls():
    """A transfer that breaks off each time goes on with the next pull, and nothing stays behind."""
    pull = Pull("later-pulls")
    url = "http://127.0.0.1:%d/later-pulls/breaks/60000" % server.port
    for _ in range(10):
        if pull.run([url], {"SCIWRAP_FETCH_TRIES": "1"}).status == 0:
            break
    starts = [one.get("range", "-") for one in server.requests["later-pulls"]]
    if pull.status != 0 or len(starts) != len(set(starts)):
        return "%s: %s" % (starts, pull.messages)
    left = os.listdir(pull.folder + "/store/tmp")
    return "left in tmp: %s" % left if left else pull.wrong()


def all_cases(ports):
    for some in (good_cases(), body_cases(), time_cases(), connection_cases(), status_cases(), redirect_cases(), range_cases(),
                 protocol_cases(), secure_cases(ports), proxy_cases(), password_cases()):
        yield from some


# ---- any faults anywhere

def campaign(count, seed):
    results = {}

    def one(number):
        name = "random-%d" % number
        pull = Pull(name)
        percent = random.Random("%d/%d" % (seed, number)).choice((30, 60, 95))
        url = "http://127.0.0.1:%d/%s/random/%d-%d/%d" % (server.port, name, seed, number, percent)
        pull.run([url], {"SCIWRAP_FETCH_WAIT": "0", "SCIWRAP_FETCH_STALL": "5"})
        wrong = pull.wrong() or ("took %.1f s" % pull.seconds if pull.seconds > 60 else None)
        kind = "right bytes" if pull.status == 0 else re.sub(r".*/\d+': |; see the url lines.*|[0-9a-f]{64}|\d+", "", pull.last)
        if wrong is None and pull.status != 0:
            # What is left of it must not spoil the next pull, from a good server under the same address.
            server.requests[name] = []
            good = url.rsplit("/", 1)[0] + "/0"
            for part in os.listdir(pull.folder + "/store/tmp"):
                if part.endswith(".from"):
                    path = pull.folder + "/store/tmp/" + part
                    with open(path) as file:
                        text = file.read()
                    with open(path, "w") as file:
                        file.write(text.replace(url, good, 1))
            pull.run([good], {"SCIWRAP_FETCH_WAIT": "0"})
            wrong = pull.wrong() or (None if pull.status == 0 else "the next pull failed: " + pull.messages)
        if wrong is None:
            shutil.rmtree(pull.folder)
        server.requests.pop(name, None)
        return kind, wrong

    start = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        for number, (kind, wrong) in enumerate(pool.map(one, range(count))):
            results[kind] = results.get(kind, 0) + 1
            if wrong:
                print("not ok fetch random-%d of seed %d: %s" % (number, seed, wrong))
                return False
    print("# seed %d, %d transfers in %.0f s, faults: %s" % (seed, count, time.monotonic() - start,
          ", ".join("%d %s" % (n, k) for k, n in sorted(server.chosen.items()))))
    for kind, number in sorted(results.items(), key=lambda item: -item[1]):
        print("#   %5d %s" % (number, kind))
    print("ok fetch %d random transfers: right bytes or a named error" % count)
    return True


make_meter()
os.makedirs(work + "/netrc")
ports = make_certificates()
plain_memory_kb = max(Pull("memory-%d" % n).run(["http://127.0.0.1:%d/memory/plain" % server.port]).memory_kb for n in range(2))
cases = [case for case in all_cases(ports) if not options.only or case.name == options.only]
judges = [(case.name, case.judge) for case in cases]
judges += [(name, judge) for name, judge in (("netrc-home", judge_home_netrc), ("password-not-shown", judge_masked),
                                             ("later-pulls", judge_later_pulls)) if options.only in (None, name)]
bad = 0
if options.random:
    bad = not campaign(options.random, options.seed)
else:
    with ThreadPoolExecutor(options.jobs) as pool:
        for (name, _), wrong in zip(judges, pool.map(lambda item: item[1](), judges)):
            bad += wrong is not None
            print("%s fetch %s%s" % ("not ok" if wrong else "ok", name, "\n# " + wrong.replace("\n", "\n# ") if wrong else ""))
sys.stdout.flush()
os._exit(1 if bad else 0)  # the server's threads are still waiting
