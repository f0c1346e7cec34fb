#!/usr/bin/env bash
# Make a self-extracting installer for one user.
# usage: make_run.sh BUNDLE VERSION GLIBC OUT
#   BUNDLE  the program's folder, or a .deb, whose compressed archive is taken as it is: packing takes minutes
# SOURCE_DATE_EPOCH is the time of every file in it.
set -euo pipefail
bundle=$1 version=$2 glibc=$3 out=$4
here=$(dirname "$0")
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

pack() { # pack FOLDER NAME...: a tar archive on standard output, the same bytes every time
    tar -cf - --sort=name "--mtime=@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -C "$@"
}

if [ -d "$bundle" ]; then
    pack "$bundle" . | xz -T2 -6 >"$stage/thoravue.tar.xz"
    inside=. depth=0 unpacked_kb=$(du -sk "$bundle" | cut -f1)
else
    ar p "$bundle" data.tar.xz >"$stage/thoravue.tar.xz"
    inside=./usr/lib/thoravue depth=4 unpacked_kb=$(dpkg-deb -f "$bundle" Installed-Size)
fi
cp -L "$(command -v xz)" "$stage/xz"
cp -L "$(ldd "$(command -v xz)" | awk '/liblzma/ { print $3 }')" "$stage/liblzma.so.5"
pack "$stage" xz liblzma.so.5 thoravue.tar.xz >"$stage/payload.tar"
sum=$(sha256sum "$stage/payload.tar" | cut -d' ' -f1)
sed -e "s/@VERSION@/$version/g" -e "s/@NAME@/$version-${sum:0:8}/" -e "s/@SHA256@/$sum/" \
    -e "s/@UNPACKED_KB@/$unpacked_kb/" -e "s/@GLIBC@/$glibc/" \
    -e "s|@INSIDE@|$inside|" -e "s/@DEPTH@/$depth/" \
    "$here/install.sh" | cat - "$stage/payload.tar" >"$out"
chmod +x "$out"
