#!/usr/bin/env bash
# Starts a Docker engine on this machine; installs Debian's package if dockerd is missing.
# Exit 0: an engine responds. Exit 3: no engine, with the reason on stderr. `DOCKER_PIDFILE`: pid file of the started engine.
set -euo pipefail

socket=/var/run/docker.sock
pidfile=${DOCKER_PIDFILE:-/var/run/mcpnest-dockerd.pid}
log=/var/log/mcpnest-dockerd.log

responds() { curl -fsS --max-time 2 --unix-socket "$socket" http://engine/_ping >/dev/null 2>&1; }
give_up() {
  echo "start-docker: $1" >&2
  exit 3
}

responds && exit 0
[ "$(id -u)" = 0 ] || give_up "no engine responds on $socket, and only root can start one"
if ! command -v dockerd >/dev/null; then
  command -v apt-get >/dev/null || give_up "dockerd is not installed, and apt-get is missing to install it"
  apt-get -o DPkg::Lock::Timeout=120 update -qq >&2 || give_up "apt-get update failed"
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
    docker.io iptables iproute2 cgroupfs-mount >&2 </dev/null || give_up "apt-get install docker.io failed"
fi
# Without systemd, the cgroup v1 hierarchies are not mounted.
[ -e /sys/fs/cgroup/cgroup.controllers ] || [ -d /sys/fs/cgroup/memory ] || cgroupfs-mount
# --live-restore keeps containers running when the engine crashes.
setsid nohup dockerd --live-restore --pidfile "$pidfile" --log-opt max-size=10m --log-opt max-file=3 \
  >>"$log" 2>&1 </dev/null &
for _ in $(seq 300); do
  responds && exit 0
  sleep 0.1
done
give_up "dockerd does not respond after 30 s: $(tail -n 3 "$log" | tr '\n' ' ')"
