"""A WSGI application, for gunicorn."""
import os
import time

GENERATION = f"generation={os.environ.get('BATON_GENERATION')}\n".encode()


def lines():
    for line in range(5):
        if line > 0:
            time.sleep(0.2)
        yield GENERATION


def app(environ, start):
    path = environ["PATH_INFO"]
    if path == "/slow":
        time.sleep(0.3)
    if path == "/stream":
        start("200 OK", [("Content-Length", str(5 * len(GENERATION)))])
        return lines()
    start("200 OK", [("Content-Length", str(len(GENERATION)))])
    return [GENERATION]
