# Build the Windows installer: the bundle in a clean environment, then NSIS. Not run yet: see docs/install.md.
# inventory.py knows Linux alone: the list of components and the notices of their licences are missing here.
# usage: packaging\bundle\windows\build.ps1    needs Python 3.11 (or $env:PYTHON) and makensis
#   THORAVUE_SIGNTOOL  command that signs the file it is given, for instance signtool with its options; none: unsigned
$ErrorActionPreference = "Stop"
$PSNativeCommandUseErrorActionPreference = $true
Set-Location "$PSScriptRoot\..\..\.."

$environment = "build\bundle\env"
$python = if ($env:PYTHON) { $env:PYTHON } else { "python" }
$version = (Select-String '__version__ = "(.*)"' workstation\__init__.py).Matches.Groups[1].Value
$env:SOURCE_DATE_EPOCH = git log -1 --format=%ct
$env:PYTHONHASHSEED = "0"

& $python -m venv $environment
& $environment\Scripts\pip install --quiet torch==2.13.0
& $environment\Scripts\pip install --quiet --no-deps --require-hashes -r packaging\requirements.lock
& $environment\Scripts\pip install --quiet --no-deps --require-hashes -r packaging\bundle\requirements.lock
# Reports are drawn with Microsoft YaHei, which every Windows has: no font is carried.
& $environment\Scripts\pyinstaller --noconfirm --clean --log-level WARN `
    --workpath build\bundle\pyinstaller --distpath dist packaging\bundle\thoravue.spec
& dist\thoravue\thoravue.exe self-test

$installer = "dist\thoravue-$version-win64.exe"
$defines = @("-DPAYLOAD=$PWD\dist\thoravue", "-DVERSION=$version", "-DOUT=$PWD\$installer",
    "-DLAUNCHER=$PWD\build\bundle\Thoravue.exe")
if ($env:THORAVUE_SIGNTOOL) { $defines += "-DSIGN=$env:THORAVUE_SIGNTOOL" } else { Write-Output "unsigned" }
& makensis -V2 -WX "-DOUT=$PWD\build\bundle\Thoravue.exe" packaging\bundle\windows\launcher.nsi
& makensis -V2 -WX @defines packaging\bundle\windows\thoravue.nsi
& $environment\Scripts\python packaging\bundle\sign.py $installer
