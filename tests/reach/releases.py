"""Releases of GitHub on this machine: a server that answers as `…/releases` does, with archives whose program is a script."""

import contextlib
import hashlib
import http.server
import io
import tarfile
import threading


def archive(name, program):
    """What a release has for one target: a folder with the program and its company."""
    packed = io.BytesIO()
    files = {"exitwise": program, "LICENSE": b"Apache-2.0\n", "README.md": b"# exitwise\n", "completions/_exitwise": b"", "man/exitwise.1": b""}
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for path, content in files.items():
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size, entry.mode = len(content), 0o755 if path == "exitwise" else 0o644
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def release(version, target, program):
    """The files of a release, by their paths on the server."""
    name = f"exitwise-{version}-{target}"
    packed = archive(name, program)
    path = f"/releases/download/v{version}/{name}.tar.gz"
    return {path: packed, f"{path}.sha256": f"{hashlib.sha256(packed).hexdigest()}  {name}.tar.gz\n".encode()}


@contextlib.contextmanager
def server(files, latest):
    """Serves files, and redirects `/releases/latest` to the tag of `latest`, if there is one; yields the URL of the releases."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            content = files.get(self.path, b"a page" if self.path.startswith("/releases/tag/") or self.path == "/releases" else None)
            if self.path == "/releases/latest":
                self.send_response(302)
                self.send_header("Location", f"/releases/tag/v{latest}" if latest else "/releases")
                content = b""
            else:
                self.send_response(200 if content is not None else 404)
            content = content or b""
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{serving.server_port}/releases"
    finally:
        serving.shutdown()
        serving.server_close()
