# lay_out.sh - one small project for each tool whose builds are measured. Source it.
#
# lay_out TOOL DIRECTORY: 0, or not 0 where the tool is not there. Then $command builds it into $BATON_OUT,
# and $settings are what baton is told besides. Those that need packages fetch them, once.

need() { type -P "$@" >/dev/null; }

lay_out_make() {
	need make gcc strip ar || return 1
	printf 'all:\n\tgcc -O2 -Wall -o $(BATON_OUT)/program a.c b.c\n\tstrip $(BATON_OUT)/program\n\tinstall -m 644 a.c $(BATON_OUT)/a.c\n' >Makefile
	printf 'int b(void);\nint main(void) { return b(); }\n' >a.c
	echo 'int b(void) { return 0; }' >b.c
	command='make -j2'
}
lay_out_python() {
	need python3 || return 1
	cat >build.py <<'PY'
import asyncio, multiprocessing, os, pathlib, shutil, sqlite3, subprocess, tempfile
from concurrent.futures import ThreadPoolExecutor

async def child():
    return await (await asyncio.create_subprocess_exec("true")).wait()

out = pathlib.Path(os.environ["BATON_OUT"])
with ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda i: (out / f"{i}.html").write_text(str(i)), range(50)))
with tempfile.TemporaryDirectory() as d:
    shutil.copytree(out, d + "/x")
    shutil.make_archive(str(out / "all"), "zip", d)
subprocess.run(["sh", "-c", "echo hello | cat"], check=True)
assert asyncio.run(child()) == 0
db = sqlite3.connect(str(out / "x.db"))
db.execute("create table t (a)")
db.commit()
context = multiprocessing.get_context("fork")
process = context.Process(target=print, args=("child",))
process.start()
process.join()
PY
	command='python3 build.py'
}
lay_out_node() {
	need node || return 1
	cat >build.mjs <<'JS'
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
const out = process.env.BATON_OUT;
mkdirSync(`${out}/assets`);
for (let i = 0; i < 50; i++) writeFileSync(`${out}/assets/${i}.js`, `${i}`);
copyFileSync("build.mjs", `${out}/build.mjs`);
utimesSync(`${out}/build.mjs`, 1, 1);
symlinkSync("assets/1.js", `${out}/latest.js`);
console.log(execFileSync("node", ["-p", "1 + 1"]).toString());
await new Promise((done) => spawn("sh", ["-c", "exit 0"]).on("exit", done));
await new Promise((done) => new Worker("1", { eval: true }).on("exit", done));
JS
	command='node build.mjs'
}
lay_out_go() {
	need go || return 1
	printf 'module site\n\ngo 1.19\n' >go.mod
	printf 'package main\n\nfunc main() { println("hello") }\n' >main.go
	# what is compiled once is kept, as in an image
	command='GOCACHE=$PWD/cache GOFLAGS=-buildvcs=false go build -o "$BATON_OUT/site" .'
	mkdir -p cache
}
lay_out_hugo() {
	need hugo || return 1
	mkdir -p content layouts/_default resources
	printf 'baseURL = "/"\ntitle = "site"\n' >config.toml
	for i in 1 2 3; do printf -- '---\ntitle: p%s\n---\nhello\n' $i >content/$i.md; done
	echo '<html>{{ .Content }}{{ range .Pages }}{{ .Title }}{{ end }}</html>' |
		tee layouts/_default/single.html >layouts/_default/list.html
	touch .hugo_build.lock
	command='hugo -d "$BATON_OUT"'
}
lay_out_mkdocs() {
	[ -x /usr/bin/mkdocs ] || return 1
	mkdir -p docs
	echo 'site_name: site' >mkdocs.yml
	echo '# hello' >docs/index.md
	command='PATH=/usr/bin:/bin mkdocs build -d "$BATON_OUT"'
}
lay_out_sphinx() {
	[ -x /usr/bin/sphinx-build ] || return 1
	echo 'project = "site"' >conf.py
	printf 'Site\n====\n\nhello\n' >index.rst
	command='PATH=/usr/bin:/bin sphinx-build -j2 . "$BATON_OUT"'
}
lay_out_vite() {
	need node npm || return 1
	echo '{ "private": true, "type": "module", "devDependencies": { "vite": "^5.4.0" } }' >package.json
	echo '<!doctype html><title>x</title><script type="module" src="/main.js"></script>' >index.html
	echo 'document.title = "built"' >main.js
	[ -e node_modules/.bin/vite ] || npm install --no-audit --no-fund >npm.log 2>&1 || return 1
	command='node_modules/.bin/vite build --emptyOutDir --outDir "$BATON_OUT"'
}
lay_out_astro() {
	need node npm || return 1
	cp -a "$root"/images/astro/. .
	[ -e node_modules/.bin/astro ] || npm install --no-audit --no-fund >npm.log 2>&1 || return 1
	command='ASTRO_TELEMETRY_DISABLED=1 node_modules/.bin/astro build --outDir "$BATON_OUT"'
}
lay_out_npm() {
	need node npm || return 1
	cp "$root"/images/astro/package*.json .
	mkdir -p node_modules cache
	command='rm -rf node_modules/* && npm install --cache cache --prefer-offline --no-audit --no-fund && cp package.json "$BATON_OUT"'
	settings=(BATON_SANDBOX_NET=all)
}
lay_out_pnpm() {
	need node npm || return 1
	cp "$root"/images/astro/package.json .
	mkdir -p node_modules store tool
	[ -e tool/node_modules/.bin/pnpm ] || npm install --prefix tool --no-audit --no-fund pnpm@9.8.0 >npm.log 2>&1 || return 1
	echo >pnpm-lock.yaml
	command='rm -rf node_modules/* && tool/node_modules/.bin/pnpm install --no-lockfile --prefer-offline --store-dir store && cp package.json "$BATON_OUT"'
	settings=(BATON_SANDBOX_NET=all)
}
lay_out_git() {
	need git || return 1
	git init -q . && git -c user.name=x -c user.email=x@x commit -q --allow-empty -m first || return 1
	command='git log --oneline >"$BATON_OUT/log" && git status --short'
}

lay_out() { # TOOL DIRECTORY
	settings=()
	mkdir -p "$2"
	cd "$2" || return 1
	"lay_out_$1"
}
