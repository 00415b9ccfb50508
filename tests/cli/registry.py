#!/usr/bin/env python3
"""What stands around a real registry, on the loopback interface: a registry that behaves as told by the first component
of the repository, and forwards to the real one what is left of it; a token server; a proxy.

    /v2/MODE/REPOSITORY/manifests|blobs/WHAT
        plain     as the real one
        token     only with a token of /token
        revoke    the same, and the first token is no longer one after the manifest
        hidden    not there for who has not logged in, which only /v2/ wants
        never     no token is ever good enough
        basic     only for me:sesame
        away      blobs are to be had at the other host
        trap      blobs are to be had at the other host, which wants to know who asks
        busy      503 at first, 429 then, and what it is asked for at the third time
        sNNN      manifests: status NNN with an error as registries write it; bNNN: the same of blobs
        page      an HTML page with status 200
        other     another manifest than the one of that digest
        cut       half of the manifest, with the digest of the whole
        endless   a manifest without end
        mixed     a manifest that the server calls an index
        old       the manifest of schema 1
        realmX    wants a token, of the address that is number X of REALMS
    /v2/        for me:sesame
    /token      for me:sesame, for the refresh token "identity", and for nobody of scope repository:token/...
    /jwt        as /token, for the real registry with JWT
    GET http://HOST/...     as a proxy: the path of it, whatever the host
    CONNECT HOST:PORT       as a proxy: a tunnel to the TLS port

Usage: registry.py FOLDER UPSTREAM-PORT [TLS-PORT]   FOLDER has key.pem and cert.pem for /jwt, and gets port, away-port
and the logs: one line a request, "METHOD HOST PATH AUTHORIZATION"; log of the first server, away of the other host."""
import base64, http.client, http.server, json, os, select, socket, subprocess, sys, threading, time
import urllib.parse

folder, upstream = sys.argv[1], int(sys.argv[2])
tls = int(sys.argv[3]) if len(sys.argv) > 3 else 0
LOGIN = "Basic " + base64.b64encode(b"me:sesame").decode()
REALMS = ["http://auth.test/token", "file:///etc/passwd", "https:" "//me:sesame@auth.test/token", "",
          "http://127.0.0.1:1/token"]
lock = threading.Lock()
tokens = {}  # token: how many requests it is good for
given = 0
asked = {}


def error(code, message):
    return json.dumps({"errors": [{"code": code, "message": message, "detail": None}]}).encode()


def jwt(scopes, service, seconds):
    now = int(time.time())
    access = []
    for scope in scopes:
        kind, name, actions = scope.split(":")
        access.append({"type": kind, "name": name, "actions": actions.split(",")})
    certificate = "".join(open(folder + "/cert.pem").read().split("-----")[2].split())
    claims = {"iss": "tests", "sub": "me", "aud": service, "iat": now, "nbf": now - 100, "exp": now + seconds,
              "jti": os.urandom(8).hex(), "access": access}

    def part(thing):
        data = thing if isinstance(thing, bytes) else json.dumps(thing).encode()
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    text = part({"typ": "JWT", "alg": "RS256", "x5c": [certificate]}) + "." + part(claims)
    sign = subprocess.run(["openssl", "dgst", "-sha256", "-sign", folder + "/key.pem"], input=text.encode(),
                          stdout=subprocess.PIPE, check=True)
    return text + "." + part(sign.stdout)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log_name = "log"

    def log_message(self, *args):
        pass

    def note(self):
        with lock, open(f"{folder}/{self.log_name}", "a") as log:
            log.write(f"{self.command} {self.headers.get('Host', '-')} {self.path} "
                      f"{self.headers.get('Authorization', '-')}\n")

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def forward(self, path):
        real = http.client.HTTPConnection("127.0.0.1", upstream, timeout=20)
        wanted = {name: self.headers[name] for name in ("Accept", "Range", "If-Range") if name in self.headers}
        real.request("GET", path, headers=wanted)
        answer = real.getresponse()
        headers = {name: value for name, value in answer.getheaders()
                   if name in ("Content-Type", "Docker-Content-Digest", "Etag", "Content-Range", "Accept-Ranges")}
        return answer.status, answer.read(), headers

    def want(self, kind, realm=None, scope="", **more):
        realm = f"http://127.0.0.1:{port}/token" if realm is None else realm
        challenge = 'Basic realm="tests"' if kind == "Basic" else f'Bearer realm="{realm}",service="tests"' + scope
        for name, value in more.items():
            challenge += f',{name}="{value}"'
        self.answer(401, error("UNAUTHORIZED", "authentication required"), WWW_Authenticate=challenge,
                    Content_Type="application/json")

    def let_in(self, mode, repository):
        """Whether the request may go on; else it is answered."""
        authorization = self.headers.get("Authorization", "")
        scope = f',scope="repository:{mode}/{repository}:pull"'
        if mode == "basic":
            if authorization != LOGIN:
                self.want("Basic")
            return authorization == LOGIN
        if mode == "hidden" and authorization != LOGIN:
            self.answer(404, error("NAME_UNKNOWN", "no such repository"))
            return False
        if mode.startswith("realm"):
            self.want("Bearer", realm=REALMS[int(mode[5:])])
            return False
        if mode not in ("token", "revoke", "never"):
            return True
        word = authorization.removeprefix("Bearer ")
        with lock:
            good = tokens.get(word, 0) > 0 and mode != "never"
            if good:
                tokens[word] -= 1
        if not good:
            self.want("Bearer", scope=scope, **({"error": "invalid_token"} if word else {}))
        return good

    def manifest(self, mode, path):
        if mode == "endless":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            while True:
                self.wfile.write(b" " * 65536)
        if mode == "page":
            return self.answer(200, b"<!DOCTYPE html><title>Sign in</title>", Content_Type="text/html")
        status, body, headers = self.forward(path)
        if mode == "other":
            body = body.replace(b"{", b"{ ", 1)
        elif mode == "cut":
            body = body[:len(body) // 2]
        elif mode == "mixed":
            headers["Content-Type"] = "application/vnd.oci.image.index.v1+json"
        elif mode == "old":
            headers["Content-Type"] = "application/vnd.docker.distribution.manifest.v1+prettyjws"
            body = b'{"schemaVersion": 1}'
            headers.pop("Docker-Content-Digest", None)
        return self.answer(status, body, **headers)

    def blob(self, mode, path):
        if mode in ("away", "trap"):
            return self.answer(307, Location=f"http://localhost:{away_port}/{mode}{path}?signature=x")
        status, body, headers = self.forward(path)
        return self.answer(status, body, **headers)

    def registry(self, path):
        mode, _, rest = path.removeprefix("/v2/").partition("/")
        repository, _, what = rest.rpartition("/")
        repository, _, kind = repository.rpartition("/")
        if not self.let_in(mode, repository):
            return None
        if mode == "busy":
            with lock:
                asked[path] = asked.get(path, 0) + 1
                count = asked[path]
            if count < 3:
                return self.answer((503, 429)[count - 1], error("UNAVAILABLE", "later"), Retry_After="0")
        status = {"s": "manifests", "b": "blobs"}.get(mode[0])
        if status == kind and mode[1:].isdigit():
            codes = {"403": "DENIED", "404": "MANIFEST_UNKNOWN" if mode[0] == "s" else "BLOB_UNKNOWN",
                     "429": "TOOMANYREQUESTS"}
            return self.answer(int(mode[1:]), error(codes.get(mode[1:], "UNKNOWN"), "the words of the server"))
        return (self.manifest if kind == "manifests" else self.blob)(mode, "/v2/" + rest)

    def token(self, fields, refreshed, make):
        authorization = self.headers.get("Authorization")
        scopes = fields.get("scope", [])
        public = all(scope.startswith(("repository:token/", "repository:open")) for scope in scopes)
        if authorization not in (None, LOGIN) or (authorization is None and not refreshed and not public):
            return self.answer(401, json.dumps({"details": "incorrect username or password"}).encode())
        return self.answer(200, json.dumps(make(fields, refreshed)).encode(), Content_Type="application/json")

    def opaque(self, fields, refreshed):
        global given
        with lock:
            given += 1
            word = f"opaque-{given}"
            first = not any(name.startswith("once") for name in tokens)
            if any("revoke/" in scope for scope in fields.get("scope", [])) and first:
                word = "once"
            tokens[word] = 1 if word == "once" else 1000
        return {"access_token" if refreshed else "token": word, "expires_in": 300}

    def signed(self, fields, refreshed):
        return {"token": jwt(fields.get("scope", []), fields["service"][0], 300), "expires_in": 300}

    def do_GET(self):
        self.note()
        address = urllib.parse.urlsplit(self.path)
        fields = urllib.parse.parse_qs(address.query)
        if address.path == "/token":
            self.token(fields, False, self.opaque)
        elif address.path == "/jwt":
            self.token(fields, False, self.signed)
        elif address.path == "/v2/":
            self.want("Basic")
        elif address.path.startswith("/v2/"):
            self.registry(address.path)
        else:
            self.answer(404)

    def do_POST(self):
        self.note()
        fields = urllib.parse.parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        if self.path != "/token" or fields.get("refresh_token") != ["identity"]:
            self.answer(400, json.dumps({"error": "invalid_grant", "error_description": "no such token"}).encode())
        else:
            self.token(fields, True, self.opaque)

    def do_CONNECT(self):
        self.note()
        if not tls:
            self.answer(403)
            return
        with socket.create_connection(("127.0.0.1", tls)) as real:
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            ends = {self.connection: real, real: self.connection}
            while True:
                for end in select.select(list(ends), [], [], 20)[0] or [None]:
                    data = end.recv(65536) if end else b""
                    if not data:
                        return
                    ends[end].sendall(data)

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass


class Away(Handler):
    """The other host, to which blobs are redirected: only who knows the signature gets them."""
    log_name = "away"

    def do_GET(self):
        self.note()
        address = urllib.parse.urlsplit(self.path)
        mode, _, rest = address.path.removeprefix("/").partition("/")
        if mode == "trap":
            self.want("Bearer", realm=f"http://localhost:{away_port}/token")
        elif address.query != "signature=x":
            self.answer(403)
        else:
            status, body, headers = self.forward("/" + rest)
            self.answer(status, body, **headers)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def serve(handler, name):
    server = Server(("127.0.0.1", 0), handler)
    with open(f"{folder}/{name}.new", "w") as file:
        file.write(str(server.server_address[1]))
    os.rename(f"{folder}/{name}.new", f"{folder}/{name}")
    return server


away = serve(Away, "away-port")
away_port = away.server_address[1]
front = serve(Handler, "port")
port = front.server_address[1]
threading.Thread(target=away.serve_forever, daemon=True).start()
front.serve_forever()
