#!/bin/sh
# A build that keeps every processor busy and the disk, too, until the file `stop` is there. Then it says in state/ how
# many rounds it got through. In the project's directory: state/, and $BATON_OUT is made if there is none.
out=${BATON_OUT:-state/out}
mkdir -p "$out"
turn() {
	n=0
	while [ ! -e stop ]; do
		i=0
		while [ $i -lt 2000 ]; do i=$((i + 1)); done
		n=$((n + 1))
	done
	echo $n >"state/rounds.$1"
}
echo >state/running
for one in $(seq "$(nproc)"); do turn "$one" & done
while [ ! -e stop ]; do dd if=/dev/zero of="$out/io" bs=64k count=320 conv=fsync 2>/dev/null; done
wait
rm -f "$out/io"
echo page >"$out/index.html"
rm -f state/running
