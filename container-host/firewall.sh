#!/bin/sh
# Isolates hosted containers from the host, private networks and each other, and other machines from the containers.
# Workspace networks are bridges named mcp*, so these rules cover existing and future ones. `up` is idempotent and must
# run before the first container starts; the rules survive restarts of the Docker engine, but not of the machine.
# usage: firewall.sh up|check|down [workspace networks' addresses] [egress proxy ports]
# `down` removes the rules of all hosts on this machine.
set -eu

pool=${2:-10.201.0.0/16}
ports=${3:-3128:3129}
ipt() { iptables -w 5 "$@"; }
has() { ipt -C "$@" 2>/dev/null; }

# Without this setting, packets between two containers of one bridge bypass the rules.
bridge_rules=/proc/sys/net/bridge/bridge-nf-call-iptables

# Packets to the host. Containers: responses and the egress proxy only. Others: nothing to the pool's addresses, which
# exist for containers only. Hosts with other pools add rules to the same chain, so each rule stands alone.
input_rules() {
  "$1" MCPNEST-INPUT -i mcp+ -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN &&
    "$1" MCPNEST-INPUT -i mcp+ -j DROP &&
    "$1" MCPNEST-INPUT -i lo -j RETURN
}

pool_rules() {
  "$1" MCPNEST-INPUT -i mcp+ -d "$pool" -p tcp --dport "$ports" -j RETURN &&
    "$2" MCPNEST-INPUT -d "$pool" -j DROP
}

# Packets through the host. Workspace networks are internal, so this is the second layer: drops private, link-local
# (metadata), carrier-grade NAT and multicast ranges, and mail.
out_rules() {
  "$1" MCPNEST-OUT -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN || return 1
  for range in 0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 \
    198.18.0.0/15 224.0.0.0/3; do
    "$1" MCPNEST-OUT -d "$range" -j DROP || return 1
  done
  "$1" MCPNEST-OUT -p tcp -m multiport --dports 25,465,587 -j DROP
}

# Docker accepts connections to published ports and, where ip_forward was on before it, everything: DOCKER-USER is the
# chain that it evaluates first and never flushes.
forward_jumps() {
  "$1" DOCKER-USER -i mcp+ -j MCPNEST-OUT &&
    "$1" DOCKER-USER -o mcp+ ! -i mcp+ -m conntrack --ctstate NEW -j DROP
}

append() { ipt -A "$@"; }
add_first() { has "$@" || ipt -I "$@"; }
add_last() { has "$@" || ipt -A "$@"; }
delete() { ! has "$@" || ipt -D "$@"; }
insert() {
  chain=$1
  shift
  delete "$chain" "$@" && ipt -I "$chain" 1 "$@"
}

check_shared() {
  [ "$(cat $bridge_rules 2>/dev/null)" = 1 ] &&
    [ "$(ipt -S INPUT | sed -n 2p)" = "-A INPUT -j MCPNEST-INPUT" ] &&
    input_rules has && out_rules has && forward_jumps has
}

check() { check_shared && pool_rules has has; }

up() {
  ! check || return 0
  check_shared || set_shared
  # Kept: the rules of hosts with other pools.
  pool_rules add_first add_last
  check
}

# Hosts with other pools set their rules again at their next check, within a minute.
set_shared() {
  [ -e $bridge_rules ] || modprobe -q br_netfilter || true
  [ "$(cat $bridge_rules)" = 1 ] || echo 1 >$bridge_rules
  # The engine creates DOCKER-USER when it starts, and uses an existing one.
  ! ipt -N DOCKER-USER 2>/dev/null || ipt -A DOCKER-USER -j RETURN
  ipt -N MCPNEST-INPUT 2>/dev/null || true
  ipt -N MCPNEST-OUT 2>/dev/null || true
  # While the chains are filled, containers reach nothing.
  ipt -I INPUT 1 -i mcp+ -j DROP
  ipt -F MCPNEST-INPUT
  ipt -F MCPNEST-OUT
  input_rules append
  out_rules append
  forward_jumps insert
  insert INPUT -j MCPNEST-INPUT
  ipt -D INPUT -i mcp+ -j DROP
}

down() {
  delete INPUT -j MCPNEST-INPUT
  forward_jumps delete
  for chain in MCPNEST-INPUT MCPNEST-OUT; do
    ! ipt -F "$chain" 2>/dev/null || ipt -X "$chain"
  done
}

case "${1:-}" in
up | check | down) "$1" ;;
*)
  echo "usage: $0 up|check|down [workspace networks' addresses] [egress proxy ports]" >&2
  exit 2
  ;;
esac
