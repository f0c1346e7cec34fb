; The Windows installer: for one user (the default) or for all, with a window or silent, in English or Chinese.
;
;   makensis -DPAYLOAD=folder -DVERSION=1.2.3 -DLAUNCHER=Thoravue.exe -DOUT=thoravue-1.2.3-win64.exe [-DSIGN=command] thoravue.nsi
;   thoravue-1.2.3-win64.exe /S /CurrentUser | /AllUsers     silent; exit code 0 done, 2 nothing was changed
;   uninstall.exe /S [/PURGE]                 data stay unless /PURGE
;
; Versions lie in folders of their own. The new one is written beside the old, and current.txt, which the launcher
; reads, is replaced last by one rename: cut off anywhere before, the old version starts.

Unicode true
SetCompressor /SOLID lzma
!define MULTIUSER_EXECUTIONLEVEL Highest
!define MULTIUSER_INSTALLMODE_COMMANDLINE
!define MULTIUSER_INSTALLMODE_DEFAULT_CURRENTUSER
!define MULTIUSER_INSTALLMODE_INSTDIR "Thoravue"
!define MULTIUSER_USE_PROGRAMFILES64
!define MULTIUSER_MUI
!include MultiUser.nsh
!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include x64.nsh

Name "Thoravue ${VERSION}"
OutFile "${OUT}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "Thoravue"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "Thoravue: offline chest X-ray reading room"
VIAddVersionKey LegalCopyright "The Thoravue authors, Apache License 2.0"
!ifdef SIGN
  !finalize '${SIGN} "%1"'
  !uninstfinalize '${SIGN} "%1"'
!endif

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Thoravue"
!define MOVEFILE_REPLACE_EXISTING 1
!define MOVEFILE_WRITE_THROUGH 8

!insertmacro MULTIUSER_PAGE_INSTALLMODE
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "SimpChinese"

LangString NO_ROOM ${LANG_ENGLISH} "Writing failed, probably because the disk is full. The version before is untouched."
LangString NO_ROOM ${LANG_SIMPCHINESE} "写入失败，可能是磁盘已满。原有版本未受影响。"
LangString NOT_64 ${LANG_ENGLISH} "Thoravue needs a 64-bit Windows."
LangString NOT_64 ${LANG_SIMPCHINESE} "Thoravue 需要 64 位 Windows。"
LangString NOT_STARTING ${LANG_ENGLISH} "The new version does not start on this computer. The version before is untouched."
LangString NOT_STARTING ${LANG_SIMPCHINESE} "新版本无法在本机启动。原有版本未受影响。"
LangString DATA_STAY ${LANG_ENGLISH} "Your reviews and settings stay in $LOCALAPPDATA\thoravue."
LangString DATA_STAY ${LANG_SIMPCHINESE} "您的审核记录和设置保留在 $LOCALAPPDATA\thoravue。"

!macro GiveUp text
  RMDir /r "$INSTDIR\versions\.incoming"
  MessageBox MB_ICONSTOP "${text}" /SD IDOK
  SetErrorLevel 2
  Quit
!macroend

Function .onInit
  ${IfNot} ${RunningX64}
    MessageBox MB_ICONSTOP "$(NOT_64)" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
  !insertmacro MULTIUSER_INIT
  ${If} $MultiUser.InstallMode == CurrentUser
    StrCpy $INSTDIR "$LOCALAPPDATA\Programs\Thoravue"
  ${EndIf}
FunctionEnd

Function un.onInit
  !insertmacro MULTIUSER_UNINIT
FunctionEnd

Section
  ; The folder's name: version, and a number where that version is there already (installing again repairs it).
  StrCpy $1 "${VERSION}"
  StrCpy $2 1
  ${DoWhile} ${FileExists} "$INSTDIR\versions\$1\*"
    IntOp $2 $2 + 1
    StrCpy $1 "${VERSION}.$2"
  ${Loop}

  RMDir /r "$INSTDIR\versions\.incoming"
  SetOutPath "$INSTDIR\versions\.incoming"
  SetOverwrite try ; a write that fails sets the error flag
  ClearErrors
  File /r "${PAYLOAD}\*"
  ${If} ${Errors}
    !insertmacro GiveUp "$(NO_ROOM)"
  ${EndIf}
  nsExec::Exec '"$INSTDIR\versions\.incoming\thoravue.exe" --version'
  Pop $0
  ${If} $0 != 0
    !insertmacro GiveUp "$(NOT_STARTING)"
  ${EndIf}
  SetOutPath "$INSTDIR" ; the folder in use could not be renamed
  Rename "$INSTDIR\versions\.incoming" "$INSTDIR\versions\$1"
  ${If} ${Errors}
    !insertmacro GiveUp "$(NO_ROOM)"
  ${EndIf}

  File "/oname=Thoravue.exe" "${LAUNCHER}"
  FileOpen $0 "$INSTDIR\thoravue.cmd" w ; for the command line, which waits for the program and sees its output
  FileWrite $0 '@for /f "usebackq" %%v in ("%~dp0current.txt") do @"%~dp0versions\%%v\thoravue.exe" %*$\r$\n'
  FileClose $0
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Thoravue.lnk" "$INSTDIR\Thoravue.exe"
  WriteRegStr SHCTX "Software\Classes\Thoravue.DICOM\shell\open\command" "" '"$INSTDIR\Thoravue.exe" "%1"'
  WriteRegNone SHCTX "Software\Classes\.dcm\OpenWithProgids" "Thoravue.DICOM"
  WriteRegStr SHCTX "${UNINSTALL}" DisplayName "Thoravue"
  WriteRegStr SHCTX "${UNINSTALL}" DisplayVersion "${VERSION}"
  WriteRegStr SHCTX "${UNINSTALL}" Publisher "The Thoravue authors"
  WriteRegStr SHCTX "${UNINSTALL}" UninstallString '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode'
  WriteRegStr SHCTX "${UNINSTALL}" QuietUninstallString '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode /S'

  ; The one step that makes the new version the present one.
  ClearErrors
  FileOpen $0 "$INSTDIR\current.txt.new" w
  FileWrite $0 "$1"
  FileClose $0
  ${If} ${Errors}
    !insertmacro GiveUp "$(NO_ROOM)"
  ${EndIf}
  StrCpy $4 "" ; the version before
  FileOpen $0 "$INSTDIR\current.txt" r
  ${IfNot} ${Errors}
    FileRead $0 $4
    FileClose $0
  ${EndIf}
  IntOp $3 ${MOVEFILE_REPLACE_EXISTING} | ${MOVEFILE_WRITE_THROUGH}
  System::Call 'kernel32::MoveFileExW(w "$INSTDIR\current.txt.new", w "$INSTDIR\current.txt", i r3) i .r0'
  ${If} $0 = 0
    !insertmacro GiveUp "$(NO_ROOM)"
  ${EndIf}

  ; Only the present version and the one before it stay.
  FindFirst $0 $2 "$INSTDIR\versions\*"
  ${DoWhile} $2 != ""
    ${If} $2 != "."
    ${AndIf} $2 != ".."
    ${AndIf} $2 != $1
    ${AndIf} $2 != $4
      RMDir /r "$INSTDIR\versions\$2"
    ${EndIf}
    FindNext $0 $2
  ${Loop}
  FindClose $0
SectionEnd

Section Uninstall
  Delete "$INSTDIR\current.txt" ; from here on nothing starts any more
  Delete "$SMPROGRAMS\Thoravue.lnk"
  DeleteRegKey SHCTX "Software\Classes\Thoravue.DICOM"
  DeleteRegValue SHCTX "Software\Classes\.dcm\OpenWithProgids" "Thoravue.DICOM"
  DeleteRegKey SHCTX "${UNINSTALL}"
  RMDir /r "$INSTDIR\versions"
  Delete "$INSTDIR\Thoravue.exe"
  Delete "$INSTDIR\thoravue.cmd"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  SetShellVarContext current ; $LOCALAPPDATA is this user's, also where the program was everybody's
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/PURGE" $1
  ${If} ${Errors}
    DetailPrint "$(DATA_STAY)"
  ${Else} ; this user's library, its key, settings and logs
    RMDir /r "$LOCALAPPDATA\thoravue"
  ${EndIf}
SectionEnd
