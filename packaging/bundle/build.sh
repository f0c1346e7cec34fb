#!/usr/bin/env bash
# Build dist/thoravue, the folder that every installer carries, in a clean environment of its own.
# usage: packaging/bundle/build.sh
#   PYTHON       interpreter to build with and to ship (its glibc floor is the bundle's); default: python3
#   THORAVUE_SIGNING_KEY  as for pack.sh: its public half goes into the bundle
#   TORCH_INDEX  index to take torch from (PyTorch's own CPU index); default: pip's own sources
# The same commit, interpreter and packages give the same bytes: times come from the commit, hashes are not random.
set -euo pipefail
cd "$(dirname "$0")/../.."

here=packaging/bundle
work=build/bundle
environment=$work/env
torch=torch==2.13.0
export THORAVUE_BUNDLE_FONT=$PWD/$work/font
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export PYTHONHASHSEED=0

clean_environment() {
    local index=() wanted
    [ -z "${TORCH_INDEX:-}" ] || index=(--index-url "$TORCH_INDEX")
    wanted="$torch $(cat packaging/requirements.lock $here/requirements.lock | sha256sum)"
    [ "$(cat $environment/.made 2>/dev/null)" != "$wanted" ] || return 0
    rm -rf $environment
    "${PYTHON:-python3}" -m venv $environment
    $environment/bin/pip install --quiet "${index[@]}" $torch
    $environment/bin/pip install --quiet --no-deps --require-hashes -r packaging/requirements.lock
    $environment/bin/pip install --quiet --no-deps --require-hashes -r $here/requirements.lock
    echo "$wanted" >$environment/.made
}

# The font of reports, and its licence, from the distribution's package: no font lies in the repository.
font() {
    [ ! -e "$THORAVUE_BUNDLE_FONT/NotoSansCJK-Regular.ttc" ] || return 0
    rm -rf $work/font-package
    mkdir -p $work/font-package "$THORAVUE_BUNDLE_FONT"
    (cd $work/font-package && apt-get download -qq fonts-noto-cjk && dpkg-deb -x ./*.deb .)
    cp $work/font-package/usr/share/doc/fonts-noto-cjk/copyright \
        "$THORAVUE_BUNDLE_FONT/NotoSansCJK-copyright.txt"
    cp $work/font-package/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc \
        "$THORAVUE_BUNDLE_FONT"
}

# Symbol tables are 160 MB. The loader refuses numpy's and scipy's libraries once they are stripped.
strip_symbols() {
    find dist/thoravue -type f -name '*.so*' ! -path '*/numpy.libs/*' ! -path '*/scipy.libs/*' \
        -exec strip {} +
}

# Wheels bring the same libraries twice (OpenSSL, libgfortran): 7 MB.
share_identical_files() {
    hardlink --quiet --ignore-time --ignore-mode dist/thoravue >/dev/null
}

clean_environment
font
rm -rf dist/thoravue
$environment/bin/pyinstaller --noconfirm --clean --log-level WARN \
    --workpath $work/pyinstaller --distpath dist $here/thoravue.spec
strip_symbols
share_identical_files
mkdir dist/thoravue/share
cp $here/linux/{launcher.sh,uninstall.sh,thoravue.desktop,thoravue-mime.xml} docs/install{,.zh}.md dist/thoravue/share
cp resources/icons/app.svg dist/thoravue/share/thoravue.svg
$environment/bin/python $here/inventory.py write
# A bundle that does not work is not packed.
THORAVUE_HOME=$PWD/$work/home dist/thoravue/thoravue self-test --lang en
