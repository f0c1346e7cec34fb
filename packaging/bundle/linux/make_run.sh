#!/usr/bin/env bash
# Pack a bundle's folder into a self-extracting installer for one user.
# usage: make_run.sh BUNDLE VERSION GLIBC OUT    SOURCE_DATE_EPOCH is the time of every file in it
set -euo pipefail
bundle=$1 version=$2 glibc=$3 out=$4
here=$(dirname "$0")
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

pack() { # pack FOLDER NAME...: a tar archive on standard output, the same bytes every time
    tar -cf - --sort=name "--mtime=@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -C "$@"
}

pack "$bundle" . | xz -T2 -6 >"$stage/thoravue.tar.xz"
cp -L "$(command -v xz)" "$stage/xz"
cp -L "$(ldd "$(command -v xz)" | awk '/liblzma/ { print $3 }')" "$stage/liblzma.so.5"
pack "$stage" xz liblzma.so.5 thoravue.tar.xz >"$stage/payload.tar"
sum=$(sha256sum "$stage/payload.tar" | cut -d' ' -f1)
sed -e "s/@VERSION@/$version/g" -e "s/@NAME@/$version-${sum:0:8}/" -e "s/@SHA256@/$sum/" \
    -e "s/@UNPACKED_KB@/$(du -sk "$bundle" | cut -f1)/" -e "s/@GLIBC@/$glibc/" \
    "$here/install.sh" | cat - "$stage/payload.tar" >"$out"
chmod +x "$out"
