# SPDX-License-Identifier: Apache-2.0
# web_server.py - smart HTTP for Git, and files that misbehave, on a loopback port
#
#   web_server.py PORT FOLDER [CERTIFICATE KEY]
#
#   /git/REPO      smart HTTP of FOLDER/REPO        /v0/REPO   the same, protocol version 0 only
#   /secret/REPO   401 without the user "ci" and the password "letmein"
#   /files/NAME    FOLDER/NAME                      /status/N  answers N
#   /to/URL        redirects to URL                 /loop      redirects to itself
#   /cut           promises 1000 bytes, sends 10    /endless   sends until nobody listens
import base64
import http.server
import os
import ssl
import subprocess
import sys
import urllib.parse

FOLDER = sys.argv[2]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *args):
        pass

    def do_GET(self):
        kind, _, rest = self.path[1:].partition("/")
        getattr(self, "serve_" + kind, self.serve_nothing)(rest)

    do_POST = do_GET

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def serve_nothing(self, rest):
        self.answer(404)

    def serve_status(self, rest):
        self.answer(int(rest.partition("/")[0]))

    def serve_to(self, rest):
        self.answer(302, Location=urllib.parse.unquote(rest))

    def serve_loop(self, rest):
        self.answer(302, Location="/loop")

    def serve_cut(self, rest):
        self.answer(200, b"0123456789", Content_Length="1000")

    def serve_endless(self, rest):
        self.answer(200)
        try:
            while True:
                self.wfile.write(bytes(65536))
        except OSError:
            pass

    def serve_files(self, rest):
        try:
            with open(os.path.join(FOLDER, rest), "rb") as file:
                self.answer(200, file.read())
        except OSError:
            self.answer(404)

    def serve_secret(self, rest):
        wanted = "Basic " + base64.b64encode(b"ci:letmein").decode()
        if self.headers.get("Authorization") != wanted:
            self.answer(401, WWW_Authenticate='Basic realm="git"')
        else:
            self.serve_git(rest)

    def serve_v0(self, rest):
        del self.headers["Git-Protocol"]
        self.serve_git(rest)

    def serve_git(self, rest):
        path, _, query = rest.partition("?")
        env = dict(os.environ, GIT_PROJECT_ROOT=FOLDER, GIT_HTTP_EXPORT_ALL="1",
                   PATH_INFO="/" + path, QUERY_STRING=query, REQUEST_METHOD=self.command,
                   CONTENT_TYPE=self.headers.get("Content-Type", ""),
                   HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""),
                   GIT_PROTOCOL=self.headers.get("Git-Protocol", ""))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        done = subprocess.run(["git", "http-backend"], env=env, input=body,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
