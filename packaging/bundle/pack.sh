#!/usr/bin/env bash
# Pack dist/thoravue as a .deb and as a self-extracting .run, with checksums and, given a key, their signature.
# usage: packaging/bundle/pack.sh
#   THORAVUE_SIGNING_KEY  64 hexadecimal digits of an Ed25519 key; without it the release is unsigned
#   XZ_LEVEL              0 to 9, default 6: lower packs sooner and larger
#   THORAVUE_VERSION      stands in for the program's version (tests of updates)
set -euo pipefail
cd "$(dirname "$0")/../.."

here=packaging/bundle
python=build/bundle/env/bin/python
version=${THORAVUE_VERSION:-$(sed -n 's/^__version__ = "\(.*\)"/\1/p' workstation/__init__.py)}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
unpacked_kb=$(du -sk dist/thoravue | cut -f1)
stage=build/bundle/stage
deb=dist/thoravue_${version}_amd64.deb
run=dist/thoravue-$version-linux-x86_64.run

# No maintainer scripts: what can fail half-way is dpkg's business, and `dpkg --configure -a` completes it.
debian_package() {
    local root=$stage/deb share
    share=$root/usr/share
    mkdir -p "$root/DEBIAN" "$root"/usr/{bin,lib} "$share"/{applications,doc/thoravue,mime/packages} \
        "$share/icons/hicolor/scalable/apps"
    cp -al dist/thoravue "$root/usr/lib/thoravue"
    ln -s ../lib/thoravue/thoravue "$root/usr/bin/thoravue"
    cp dist/thoravue/share/thoravue.desktop "$share/applications"
    cp dist/thoravue/share/thoravue-mime.xml "$share/mime/packages/thoravue.xml"
    cp dist/thoravue/share/install*.md "$share/doc/thoravue"
    cp dist/thoravue/share/thoravue.svg "$share/icons/hicolor/scalable/apps"
    cat LICENSE NOTICE dist/thoravue/_internal/resources/THIRD-PARTY-NOTICES.txt \
        >"$share/doc/thoravue/copyright"
    cat >"$root/DEBIAN/control" <<CONTROL
Package: thoravue
Version: $version
Architecture: amd64
Maintainer: The Thoravue authors <maintainers@thoravue.invalid>
Installed-Size: $unpacked_kb
Depends: $($python $here/report.py --depends), fontconfig-config, xkb-data
Recommends: fonts-noto-cjk | fonts-wqy-microhei, shared-mime-info, desktop-file-utils
Section: science
Priority: optional
Description: offline reading room for chest X-rays
 Opens folders of DICOM files, shows the film, scores it with a neural network, shows where its evidence
 lies, and writes the report. Nothing leaves the computer. Research use; not a registered medical device.
CONTROL
    (cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
    dpkg-deb --root-owner-group -Zxz "-z${XZ_LEVEL:-6}" --build "$root" "$deb"
}

rm -rf $stage
mkdir -p $stage
debian_package
$here/linux/make_run.sh "$deb" "$version" "$($python $here/report.py --floor)" "$run"
cp dist/thoravue/sbom.cdx.json "dist/thoravue-$version.cdx.json"
$python $here/sign.py "$deb" "$run" "dist/thoravue-$version.cdx.json"
rm -rf $stage
ls -l "$deb" "$run"
