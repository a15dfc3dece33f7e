#!/usr/bin/env bash
# build.sh [servers|browser|check]: builds the image of the bridge and its servers, and the one that checks generated servers;
# with `browser` also the one with Chromium, with `check` only the one for checks.
# Prints a line `NAME=IMAGE_ID` for each. BASE_IMAGE is the base; default: node:24-slim, pulled if absent, or the image of
# make-base.sh if that cannot be pulled.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
target=${1:-servers}
fallback_base=mcpnest-base:24

find_base() {
  local image=node:24-slim
  if docker image inspect "$image" >/dev/null 2>&1 || timeout 120 docker pull --quiet "$image" >/dev/null 2>&1; then
    echo "$image"
    return
  fi
  docker image inspect "$fallback_base" >/dev/null 2>&1 || ./make-base.sh "$fallback_base" >&2
  echo "$fallback_base"
}

build() {
  local log
  log=$(mktemp)
  # Without DOCKER_BUILDKIT, clients without buildx work too.
  docker build "$@" . >"$log" 2>&1 || { tail -n 40 "$log" >&2; exit 1; }
  rm -f "$log"
}

base=${BASE_IMAGE:-$(find_base)}
build_check() {
  rm -rf dist/check
  mkdir -p dist/check/node_modules
  local package
  for package in @modelcontextprotocol/server @modelcontextprotocol/core zod typescript @typescript @types/node undici-types \
    esbuild @esbuild; do
    mkdir -p "dist/check/node_modules/$(dirname "$package")"
    cp -r "$root/node_modules/$package" "dist/check/node_modules/$package"
  done
  "$root/node_modules/.bin/esbuild" "$root/container-host/checks/program.ts" --bundle --platform=node --target=node24 \
    --format=esm --external:esbuild --outfile=dist/check/program.mjs --log-level=warning
  build --build-arg "BASE_IMAGE=$base" --file Dockerfile.check --tag mcpnest-check
  echo "check=$(docker image inspect --format '{{.Id}}' mcpnest-check)"
}

if [ "$target" = check ]; then
  build_check
  exit
fi
"$root/node_modules/.bin/esbuild" "$root/bridge/main.ts" --bundle --platform=node --target=node24 --format=esm \
  --outfile=dist/bridge.mjs --log-level=warning
# Behind a proxy that inspects TLS, the build must trust this machine's certificates. The last stage does not contain them.
trap 'rm -f certs/ca.crt' EXIT
trusted=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}
if [ -f "$trusted" ]; then cp "$trusted" certs/ca.crt; fi

build --build-arg "BASE_IMAGE=$base" --tag mcpnest-servers
echo "servers=$(docker image inspect --format '{{.Id}}' mcpnest-servers)"
if [ "$target" = browser ]; then
  build --build-arg SERVERS_IMAGE=mcpnest-servers --file Dockerfile.browser --tag mcpnest-browser
  echo "browser=$(docker image inspect --format '{{.Id}}' mcpnest-browser)"
fi
build_check
