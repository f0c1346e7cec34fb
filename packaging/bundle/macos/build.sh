#!/usr/bin/env bash
# Build Thoravue.app and its disk image on a Mac. Not run yet: see docs/install.md.
# inventory.py knows Linux alone: the list of components and the notices of their licences are missing here.
# usage: packaging/bundle/macos/build.sh    needs Python 3.11 (or $PYTHON)
#   THORAVUE_CODESIGN  a Developer ID identity in the key chain; without it the application is unsigned
#   THORAVUE_NOTARY    a profile of `notarytool store-credentials`; without it nothing is notarised
set -euo pipefail
cd "$(dirname "$0")/../../.."

here=packaging/bundle
environment=build/bundle/env
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' workstation/__init__.py)
image=dist/thoravue-$version-macos-$(uname -m).dmg
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH PYTHONHASHSEED=0

"${PYTHON:-python3}" -m venv $environment
$environment/bin/pip install --quiet torch==2.13.0
$environment/bin/pip install --quiet --no-deps --require-hashes -r packaging/requirements.lock
$environment/bin/pip install --quiet --no-deps --require-hashes -r $here/requirements.lock
# Reports are drawn with Hiragino Sans GB, which every Mac has: no font is carried.
$environment/bin/pyinstaller --noconfirm --clean --log-level WARN \
    --workpath build/bundle/pyinstaller --distpath dist $here/thoravue.spec
dist/Thoravue.app/Contents/MacOS/thoravue self-test

if [ -n "${THORAVUE_CODESIGN:-}" ]; then
    codesign --force --deep --options runtime --timestamp --sign "$THORAVUE_CODESIGN" \
        --entitlements $here/macos/entitlements.plist dist/Thoravue.app
else
    echo "unsigned: THORAVUE_CODESIGN is not set"
fi
hdiutil create -quiet -ov -fs HFS+ -volname Thoravue -srcfolder dist/Thoravue.app "$image"
if [ -n "${THORAVUE_NOTARY:-}" ]; then
    xcrun notarytool submit "$image" --keychain-profile "$THORAVUE_NOTARY" --wait
    xcrun stapler staple "$image"
fi
$environment/bin/python $here/sign.py "$image"
