#!/usr/bin/env bash
# Goal: images/kubernetes/pod.yaml as it stands (uid 1000, no capability, the runtime's seccomp profile, a
# read-only root and one emptyDir) is played by podman, says that it is ready, and reloads under load
# without losing a request. Its end, with slow requests in flight, is 0.
. "$(dirname "$0")/lib.sh"
. "$root/tests/system/engine.sh"
container=relay-server url=http://127.0.0.1:8080

type -P node >/dev/null || { skip kubernetes "node is not installed"; finish; }
engine_podman_start || { skip kubernetes "$engine_reason"; finish; }
engine_base_image localhost/node "$(type -P node)" || { skip kubernetes "no base image: $engine_reason"; finish; }
engine_baton_image
engine_build localhost/server images/kubernetes || { fail "kubernetes: build" "$engine_reason"; finish; }
engine play kube --network=host images/kubernetes/pod.yaml >"$work/play" 2>&1 ||
	{ fail "kubernetes: pod.yaml is played" "$(tail -n 1 "$work/play")"; finish; }

wait_until 20 engine_baton ready ||
	{ fail "kubernetes: baton ready" "$(engine logs relay-server 2>&1 | tail -n 5)"; finish; }
ok "kubernetes: baton ready, as the readinessProbe asks"
equal "kubernetes: capabilities" 0000000000000000 \
	"$(engine exec relay-server sed -n 's/CapBnd:[[:space:]]*//p' /proc/1/status)"
engine_hand_over kubernetes "${RELOADS:-5}"
engine_end kubernetes 60
finish
