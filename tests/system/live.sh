#!/usr/bin/env bash
# Goal: there is no instant without BATON_LIVE, over 1,000 swaps; and what an old generation reads
# late, it still finds in its own release.
. "$(dirname "$0")/lib.sh"
swaps=${SWAPS:-1000}
site=$work/site
mkdir -p "$site/.baton/releases/1" "$site/.baton/releases/2"
echo page >"$site/.baton/releases/1/page"
echo page >"$site/.baton/releases/2/page"
cd "$site" || exit 1
ln -s .baton/releases/1 dist

# The store role, driven as PID 1 drives it, against a loop of opens.
python3 - "$build/baton" "$swaps" <<'PY'
import os, socket, subprocess, sys, threading
baton, swaps = sys.argv[1], int(sys.argv[2])
opens = failed = 0
done = False

def publish(n):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    exe = os.open(baton, os.O_PATH)
    def place():
        a, b = os.dup2(theirs.fileno(), 100), os.dup2(exe, 101)
        os.dup2(100, 3); os.dup2(101, 4)
    env = dict(os.environ, BATON_LIVE='dist', BATON_BUILD='true', BATON_LOG_LEVEL='error')
    env.pop('BATON_CONTROL', None)
    subprocess.run([baton, 'store', 'web', 'publish', str(n)], env=env, close_fds=False, preexec_fn=place, check=True)
    for s in (ours, theirs): s.close()
    os.close(exe)

def look():
    global opens, failed
    while not done:
        opens += 1
        try:
            os.close(os.open('dist/page', os.O_RDONLY))
        except OSError:
            failed += 1

t = threading.Thread(target=look); t.start()
for i in range(swaps):
    publish(1 + (i + 1) % 2)
done = True; t.join()
last = os.readlink('dist')
print(f'{"ok" if failed == 0 and opens > swaps else "FAIL"} {swaps} swaps, {opens} opens of dist, {failed} failed')
sys.exit(failed != 0 or opens <= swaps)
PY
failures=$((failures + $?))

# A server that reads a file of its release only when it is asked to, long after the swap.
rm -rf dist .baton
port=$(free_port)
mkdir src
echo one >src/chunk
cat >server.py <<'PY'
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        body = open(sys.argv[1] + '/chunk', 'rb').read()
        self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[2])), H).serve_forever()
PY
# the build moves a file from one directory of its output into another, as bundlers do
cat >src/build.py <<'PY'
import os, shutil
out = os.environ['BATON_OUT']
os.mkdir(out + '/raw')
shutil.copy('src/chunk', out + '/raw/chunk')
os.rename(out + '/raw/chunk', out + '/chunk')
PY
start_baton BATON_BUILD='python3 src/build.py' BATON_LIVE=dist BATON_DRAIN_TIMEOUT=20s \
	BATON_QUIET=10s -- python3 server.py dist "$port"
check "the first release serves" ready
# a connection of the old generation is held open over the handoff, then asks for the chunk
coproc HELD { python3 -c '
import http.client, sys
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
for line in sys.stdin:
    c.request("GET", "/"); print(c.getresponse().read().decode().strip(), flush=True)' "$port"; }
ask() { echo >&"${HELD[1]}" && read -rt 10 -u "${HELD[0]}" answer && echo "$answer"; }
equal "before" one "$(ask)"
echo two >src/chunk
check "a build is handed over" "$build/baton" build
equal "the old generation still reads its own release" one "$(ask)"
equal "the new one serves the new release" two "$(curl -s "http://127.0.0.1:$port/")"
wait_until 5 grep -q two dist/chunk
equal "dist is the new release" two "$(cat dist/chunk)"
stop_baton
finish
