#!/usr/bin/env python3
"""A web server on the loopback interface that behaves as told by the first part of the path:

    /plain/FILE      the file; ranges are not offered
    /range/FILE      the file, ranges honoured, with an ETag
    /changed/FILE    as range, with an ETag that is another one at each request
    /cut/N/FILE      as range, but each answer breaks off after N bytes
    /hold/N/FILE     as range, but after N bytes nothing more comes until the file FOLDER/go exists
    /page/FILE       an HTML page with status 200
    /longer/FILE     the file and then rubbish without end
    /to/PLACE...     a redirection to /PLACE...

Usage: server.py FOLDER PORT-FILE LOG-FILE"""
import http.server, os, sys, time

folder, port_file, log_file = sys.argv[1:4]
count = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        global count
        count += 1
        with open(log_file, "a") as log:
            log.write(f"{self.path} {self.headers.get('Range', '-')}\n")
        kind, _, rest = self.path.lstrip("/").partition("/")
        limit = None
        if kind == "to":
            self.send_response(302)
            self.send_header("Location", "/" + rest)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if kind in ("cut", "hold"):
            limit, _, rest = rest.partition("/")
            limit = int(limit)
        path = os.path.join(folder, os.path.basename(rest))
        if kind == "page":
            data = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>\n"
        elif not os.path.isfile(path):
            self.send_error(404)
            return
        else:
            data = open(path, "rb").read()
        start = 0
        wanted = self.headers.get("Range")
        if kind in ("range", "changed", "cut", "hold") and wanted and wanted.startswith("bytes="):
            start = int(wanted[6:].split("-")[0])
            tag = self.headers.get("If-Range")
            if tag and kind == "changed":
                start = 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if kind in ("range", "cut", "hold"):
            self.send_header("ETag", '"constant"')
            self.send_header("Accept-Ranges", "bytes")
        if kind == "changed":
            self.send_header("ETag", f'"{count}"')
        if kind == "longer":
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        body = data[start:]
        try:
            if limit is not None:
                self.wfile.write(body[:limit])
                self.wfile.flush()
                while kind == "hold" and not os.path.exists(os.path.join(folder, "go")):
                    time.sleep(0.02)
                if kind == "cut" and len(body) > limit:
                    self.close_connection = True
                    return
                body = body[limit:]
            self.wfile.write(body)
            while kind == "longer":
                self.wfile.write(b"x" * 65536)
        except OSError:
            self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
with open(port_file + ".new", "w") as file:
    file.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
