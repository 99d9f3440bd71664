# SPDX-License-Identifier: GPL-2.0-or-later
"""Small HTTP servers for what the local service can't play: a foreign host, a proxy, and answers
of the service that are changed on their way."""

import http.server
import json
import threading
import urllib.error
import urllib.request


class Listener:
    """Answers everything with one status and keeps what it was sent, as text."""

    def __init__(self, status=200, body=b""):
        self.seen = []
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                listener.seen.append(f"{self.requestline}\n{self.headers}")
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_CONNECT = answer

            def log_message(self, *_words):
                pass

        self.server, self.thread = serve(Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Relay:
    """Stands before a service and hands every call on; change(method, path, envelope) may alter
    the JSON of an answer, and returns another status or None."""

    def __init__(self, service, change):
        target = service.url.removesuffix("/client/v4")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def relay(self):
                length = int(self.headers.get("Content-Length", 0))
                request = urllib.request.Request(
                    target + self.path, self.rfile.read(length) or None, method=self.command
                )
                for name in ("Authorization", "Content-Type"):
                    if name in self.headers:
                        request.add_header(name, self.headers[name])
                try:
                    answer = opener.open(request, timeout=30)
                except urllib.error.HTTPError as refusal:
                    answer = refusal
                with answer:
                    self.hand_back(answer, answer.read())

            def hand_back(self, answer, body):
                status = None
                if answer.headers["Content-Type"] == "application/json":
                    envelope = json.loads(body)
                    status = change(self.command, self.path, envelope)
                    body = json.dumps(envelope).encode()
                self.send_response_only(status or answer.status)
                for name in ("Date", "Content-Type", "ETag"):
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = relay

            def log_message(self, *_words):
                pass

        self.server, self.thread = serve(Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/client/v4"

    close = Listener.close


def serve(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    return server, thread
