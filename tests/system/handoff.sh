#!/usr/bin/env bash
# Goal: real servers, unchanged, with nothing set but the command, are handed over under load by
# `baton reload`, and not one request is lost.
. "$(dirname "$0")/lib.sh"
reloads=${RELOADS:-3}

# hand_over NAME URL -- COMMAND...: reload under load with new connections.
hand_over() {
	local name=$1 url=$2 i
	shift 3
	start_baton BATON_DRAIN_TIMEOUT=4s -- "$@"
	if ! ready 20; then
		fail "$name: starts" "not ready: $(tail -n 5 "$work/log")"
		stop_baton
		return
	fi
	equal "$name: adopted by" inject "$(status 's["services"][0]["generations"][0]["workers"][0]["adoption"]')"
	load_start "$name" --mode new --rate 200 --connections 16 --duration 60 "$url"
	for ((i = 0; i < reloads; i++)); do
		wait_until 1 false	# so that each generation serves some of the load
		baton reload --drained >"$work/reload" 2>&1 || fail "$name: reload" "$(tail -n 5 "$work/reload")"
	done
	load_end "$name" 300
	equal "$name: handoffs" "$reloads" "$(status 's["services"][0]["handoffs"]["done"]')"
	equal "$name: left behind" 0 "$(status 's["services"][0]["handoffs"]["left_behind"]')"
	stop_baton
}

have() { command -v "$1" >/dev/null 2>&1; }
mkdir -p "$work/site"
echo "hello from baton" >"$work/site/index.html"
chmod -R a+rX "$work"

if have node; then
	port=$(free_port)
	cat >"$work/server.js" <<-JS
		require('http').createServer((q, s) => s.end('hello')).listen($port)
	JS
	hand_over node "http://127.0.0.1:$port/" -- node "$work/server.js"
else
	skip node "node is not installed"
fi

if have python3; then
	port=$(free_port)
	hand_over python "http://127.0.0.1:$port/" -- \
		python3 -m http.server --directory "$work/site" "$port"
else
	skip python "python3 is not installed"
fi

gunicorn=$(command -v gunicorn || ls /usr/bin/gunicorn 2>/dev/null)
if [ -n "$gunicorn" ] && /usr/bin/python3 -c 'import gunicorn' 2>/dev/null; then
	port=$(free_port)
	cat >"$work/app.py" <<-PY
		def app(environ, start):
		    start('200 OK', [('Content-Length', '5')])
		    return [b'hello']
	PY
	hand_over gunicorn "http://127.0.0.1:$port/" -- /usr/bin/python3 -m gunicorn \
		--chdir "$work" --bind "127.0.0.1:$port" --workers 2 app:app
else
	skip gunicorn "gunicorn is not installed"
fi

if have nginx; then
	port=$(free_port)
	mkdir -p "$work/nginx"
	cat >"$work/nginx.conf" <<-CONF
		pid $work/nginx/pid; error_log $work/nginx/error.log; worker_processes 2; daemon off;
		events {}
		http { access_log off; server { listen 127.0.0.1:$port; root $work/site; }
		  client_body_temp_path $work/nginx/b; proxy_temp_path $work/nginx/p;
		  fastcgi_temp_path $work/nginx/f; uwsgi_temp_path $work/nginx/u; scgi_temp_path $work/nginx/s; }
	CONF
	hand_over nginx "http://127.0.0.1:$port/" -- nginx -c "$work/nginx.conf"
else
	skip nginx "nginx is not installed"
fi

if have go; then
	port=$(free_port)
	cat >"$work/server.go" <<-GO
		package main

		import "net/http"

		func main() {
			http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("hello")) })
			panic(http.ListenAndServe(":$port", nil))
		}
	GO
	if (cd "$work" && HOME=$work CGO_ENABLED=0 GO111MODULE=off go build -o go-server server.go) 2>"$work/go.log"; then
		hand_over go "http://127.0.0.1:$port/" -- "$work/go-server"
	else
		fail "go: builds" "$(tail -n 3 "$work/go.log")"
	fi
else
	skip go "go is not installed"
fi

port=$(free_port)
hand_over "c epoll" "http://127.0.0.1:$port/" -- "$build/workers/epoll" --port "$port"
port=$(free_port)
hand_over "c blocking" "http://127.0.0.1:$port/" -- "$build/workers/blocking" --port "$port"
finish
