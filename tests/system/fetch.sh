#!/usr/bin/env bash
# Goal: a server that asks for its sockets (libhandoff, or the words themselves) gets them, hears that
# it drains, and loses nothing under load; a stranger gets nothing; and servers that expect EINHORN_FDS,
# SERVER_STARTER_PORT or NGINX find what they expect.
. "$(dirname "$0")/lib.sh"
generation='s["services"][0]["generations"][0]'

port=$(free_port)
start_baton BATON_LISTEN="web=127.0.0.1:$port" BATON_WORKERS=2 -- "$build/handoff-example" "$port"
ready || fail "the example serves" "$(tail -n 5 "$work/log")"
equal "its workers are adopted by fetch" "fetch fetch" \
	"$(status "\" \".join(w['adoption'] for w in $generation['workers'])")"
load_start "libhandoff" --mode new --rate 150 --connections 8 --duration 60 "http://127.0.0.1:$port/"
for _ in 1 2 3; do
	wait_until 1 false
	baton reload --drained >"$work/reload" 2>&1 || fail "reload" "$(tail -n 5 "$work/reload")"
done
load_end "libhandoff" 200
count=$(curl -sm 5 "http://127.0.0.1:$port/")
check "a stored descriptor came along" test "${count##* }" -gt 200
socket=$(tr '\0' '\n' <"/proc/$(pgrep -n handoff-example)/environ" | sed -n 's/^BATON_SOCKET=//p')
equal "a stranger is sent away" "b''" "$(python3 -c "
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.settimeout(5)
s.connect(sys.argv[1].replace('@', '\0'))
print(s.recv(100))" "$socket")"
stop_baton

"$build/handoff-example" "$port" &
alone=$!
check "without baton it opens its own" wait_until 5 sh -c \
	"curl -sm 2 http://127.0.0.1:$port/ | grep -q 'generation 0 worker 0 count 1'"
kill "$alone"

# docs/libhandoff.md says how to do without the library
sed -n '/^```python/,/^```/p' docs/libhandoff.md | sed '1d;$d' >"$work/client.py"
port=$(free_port)
start_baton BATON_LISTEN="127.0.0.1:$port" BATON_ADOPT=fetch BATON_READY=notify -- python3 "$work/client.py"
ready || fail "the words serve" "$(tail -n 5 "$work/log")"
equal "the words of docs/libhandoff.md serve" "hello from generation 1" "$(curl -sm 5 "http://127.0.0.1:$port/")"
equal "... by fetch" fetch "$(status "$generation['workers'][0]['adoption']")"
baton reload --drained >/dev/null 2>&1
equal "... in the next generation as well" "hello from generation 2" "$(curl -sm 5 "http://127.0.0.1:$port/")"
stop_baton

cat >"$work/events.py" <<'END'
import os, signal, socket, sys
signal.signal(signal.SIGTERM, lambda *_: None)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(os.environ["BATON_SOCKET"].replace("@", "\0"))
s.send(b"READY=1")
with open(sys.argv[1] + os.environ["BATON_GENERATION"], "w", buffering=1) as f:
    while True:
        event = s.recv(256).decode()
        print(event, file=f)
        if event in ("", "stop"):
            break
END
port=$(free_port)
start_baton BATON_LISTEN="127.0.0.1:$port" BATON_ADOPT=fetch BATON_READY=notify BATON_DRAIN_TIMEOUT=3s \
	-- python3 "$work/events.py" "$work/events."
ready
baton reload --drained >/dev/null 2>&1
equal "a worker learns how it stands" "baton 1 1 0 serving drain 3000 stop" "$(xargs <"$work/events.1")"
stop_baton

if command -v pkg-config >/dev/null; then
	make -s install BUILD="$build" PREFIX="$work/usr" >"$work/install" 2>&1
	export PKG_CONFIG_PATH=$work/usr/lib/pkgconfig
	check "installed, it compiles" ${CC:-gcc} -o "$work/example" handoff/lib/example.c $(pkg-config --cflags --libs libhandoff)
else
	skip "installed, it compiles" "no pkg-config"
fi
if command -v g++ >/dev/null; then
	echo '#include "handoff.h"
int main() { struct handoff h; return handoff_receive(&h, 0) + handoff_event(&h, NULL); }' >"$work/t.cc"
	check "C++ takes the header" g++ -Wall -Wextra -Werror -pedantic -Ihandoff/lib -o "$work/t" "$work/t.cc" "$build/libhandoff.a"
	check "... and without baton nothing happens" "$work/t"
else
	skip "C++ takes the header" "no g++"
fi

# One that is given its socket in one of the other ways; fails unless that is what it should be.
cat >"$work/styled.py" <<'END'
import os, socket, sys
e, style, port = os.environ, sys.argv[1], sys.argv[2]
if style == "einhorn":
    assert e["EINHORN_MASTER_PID"] == str(os.getppid()) and e["EINHORN_FD_COUNT"] == "1"
    assert e["EINHORN_FDS"] == e["EINHORN_FD_0"] and e["EINHORN_FD_FAMILY_0"] == "AF_INET"
    fd = int(e["EINHORN_FD_0"])
else:
    address, _, fd = e["SERVER_STARTER_PORT"].partition("=")
    assert address == "127.0.0.1:" + port and e["SERVER_STARTER_GENERATION"] == e["BATON_GENERATION"]
s = socket.socket(fileno=int(fd))
assert s.getsockname() == ("127.0.0.1", int(port))
s.setblocking(True)
while True:
    c, _ = s.accept()
    if c.recv(4096):
        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(style) + style.encode())
    c.close()
END
for style in einhorn server-starter; do
	port=$(free_port)
	start_baton BATON_LISTEN="127.0.0.1:$port" BATON_ADOPT=$style -- python3 "$work/styled.py" $style "$port"
	ready || fail "$style" "$(tail -n 5 "$work/log")"
	equal "$style is served what it expects" $style "$(curl -sm 5 "http://127.0.0.1:$port/")"
	stop_baton
done

if command -v starman >/dev/null && perl -MServer::Starter -e 1 2>/dev/null; then
	port=$(free_port)
	echo 'sub { [200, ["Content-Type" => "text/plain"], ["starman\n"]] }' >"$work/app.psgi"
	start_baton BATON_LISTEN="127.0.0.1:$port" BATON_ADOPT=server-starter -- starman --workers 2 "$work/app.psgi"	# which would bind port 5000
	ready || fail "starman" "$(tail -n 5 "$work/log")"
	load_start "starman" --mode new --rate 50 --connections 4 --duration 60 "http://127.0.0.1:$port/"
	wait_until 1 false
	baton reload --drained >"$work/reload" 2>&1 || fail "starman: reload" "$(tail -n 5 "$work/reload")"
	wait_until 1 false
	load_end "starman" 20
	stop_baton
else
	skip "starman" "no starman, or no Server::Starter"
fi

if command -v nginx >/dev/null; then
	port=$(free_port)
	mkdir "$work/nginx"
	cat >"$work/nginx.conf" <<END
daemon off; pid $work/nginx/pid; error_log $work/nginx/error.log notice; worker_processes 1;
events { }
http {
	access_log off; client_body_temp_path $work/nginx/b; proxy_temp_path $work/nginx/p;
	fastcgi_temp_path $work/nginx/f; uwsgi_temp_path $work/nginx/u; scgi_temp_path $work/nginx/s;
	server { listen 127.0.0.1:$port; location / { return 200 "nginx\n"; } }
}
END
	start_baton BATON_LISTEN="127.0.0.1:$port" BATON_ADOPT=nginx BATON_STOP_SIGNAL=QUIT -- nginx -c "$work/nginx.conf"
	ready || fail "nginx" "$(tail -n 5 "$work/log" "$work/nginx/error.log")"
	load_start "nginx" --mode new --rate 150 --connections 8 --duration 60 "http://127.0.0.1:$port/"
	wait_until 1 false
	baton reload --drained >"$work/reload" 2>&1 || fail "nginx: reload" "$(tail -n 5 "$work/reload")"
	wait_until 1 false
	load_end "nginx" 50
	check "nginx uses the inherited socket" grep -q "using inherited sockets from \"3;\"" "$work/log"
	stop_baton
else
	skip "nginx uses the inherited socket" "no nginx"
fi
finish
