; Thoravue.exe: starts the version that current.txt names, with the same arguments, and ends.
; makensis -DOUT=Thoravue.exe [-DICON=app.ico] launcher.nsi
Unicode true
!include FileFunc.nsh
!include LogicLib.nsh
Name "Thoravue"
OutFile "${OUT}"
!ifdef ICON
  Icon "${ICON}"
!endif
RequestExecutionLevel user
SilentInstall silent
AutoCloseWindow true

Section
  ClearErrors
  FileOpen $0 "$EXEDIR\current.txt" r
  ${If} ${Errors}
    MessageBox MB_ICONSTOP "current.txt is missing: run the installer again.$\n找不到 current.txt，请重新运行安装程序。"
    SetErrorLevel 1
    Quit
  ${EndIf}
  FileRead $0 $1
  FileClose $0
  ${Do} ; line ends
    StrCpy $2 $1 1 -1
    ${If} $2 != "$\r"
    ${AndIf} $2 != "$\n"
      ${ExitDo}
    ${EndIf}
    StrCpy $1 $1 -1
  ${Loop}
  ${GetParameters} $3
  Exec '"$EXEDIR\versions\$1\thoravue.exe" $3'
SectionEnd
