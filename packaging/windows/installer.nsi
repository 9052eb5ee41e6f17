; The installer for Windows, for the person who runs it: no administrator needed. Silent with /S, as is the uninstaller.
; A Ringfence that is open is closed first.
Unicode true
; Debian's NSIS can make a 64-bit installer, which is what a 64-bit wine can run. Others make a 32-bit one, as most installers are.
!ifdef TARGET
  Target "${TARGET}"
!endif
!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "LogicLib.nsh"
!include "WinMessages.nsh"
Name "Ringfence"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Ringfence"
InstallDirRegKey HKCU "Software\Ringfence" "Directory"
RequestExecutionLevel user
SetCompressor /SOLID lzma
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Ringfence"
VIAddVersionKey "FileDescription" "Ringfence setup"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "The Ringfence contributors, MIT OR Apache-2.0"

!define MUI_ICON "${SOURCE}\ringfence.ico"
!define MUI_UNICON "${SOURCE}\ringfence.ico"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Ringfence"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_RUN "$INSTDIR\ringfence.exe"
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

!macro Link scheme
  WriteRegStr HKCU "Software\Ringfence\Capabilities\URLAssociations" "${scheme}" "Ringfence.Url"
!macroend

; Ends every Ringfence of this person as its own menu would, calls and registrations first: src/io/platform/session.rs has the
; window that is asked for here. No file can be replaced while the program runs.
!macro CloseRunning
  StrCpy $1 0
  ${Do}
    FindWindow $0 "Ringfence.Session"
    ${If} $0 == 0
      ${ExitDo}
    ${EndIf}
    ${If} $1 == 0
      MessageBox MB_OKCANCEL|MB_ICONQUESTION "Ringfence is open and will be closed. A call would end." /SD IDOK IDOK +2
      Abort
    ${EndIf}
    ${If} $1 > 40
      MessageBox MB_OK|MB_ICONSTOP "Ringfence does not close. Please close it and try again." /SD IDOK
      SetErrorLevel 2
      Abort
    ${EndIf}
    SendMessage $0 ${WM_CLOSE} 0 0 /TIMEOUT=2000
    Sleep 250
    IntOp $1 $1 + 1
  ${Loop}
  ${If} $1 > 0
    Sleep 500
  ${EndIf}
!macroend

Section
  !insertmacro CloseRunning
  SetOutPath "$INSTDIR"
  File "${SOURCE}\ringfence.exe"
  File "${SOURCE}\licences.txt"
  File "${SOURCE}\sbom.cdx.json"
  CreateShortcut "$SMPROGRAMS\Ringfence.lnk" "$INSTDIR\ringfence.exe"
  WriteRegStr HKCU "Software\Ringfence" "Directory" "$INSTDIR"
  ; Links that this program can open. Windows asks the person which program to use: nothing is taken over.
  WriteRegStr HKCU "Software\Classes\Ringfence.Url" "" "Telephone link"
  WriteRegStr HKCU "Software\Classes\Ringfence.Url" "URL Protocol" ""
  WriteRegStr HKCU "Software\Classes\Ringfence.Url\DefaultIcon" "" "$INSTDIR\ringfence.exe,0"
  WriteRegStr HKCU "Software\Classes\Ringfence.Url\shell\open\command" "" '"$INSTDIR\ringfence.exe" "%1"'
  WriteRegStr HKCU "Software\Ringfence\Capabilities" "ApplicationName" "Ringfence"
  WriteRegStr HKCU "Software\Ringfence\Capabilities" "ApplicationDescription" "Call from your computer, with built-in account security"
  !insertmacro Link "sip"
  !insertmacro Link "sips"
  !insertmacro Link "tel"
  !insertmacro Link "callto"
  ; The name under which Windows shows its notifications.
  WriteRegStr HKCU "Software\Classes\AppUserModelId\Ringfence" "DisplayName" "Ringfence"
  WriteRegStr HKCU "Software\RegisteredApplications" "Ringfence" "Software\Ringfence\Capabilities"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Ringfence"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\ringfence.exe"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "Ringfence contributors"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  WriteUninstaller "$INSTDIR\uninstall.exe"
SectionEnd

Section "Uninstall"
  !insertmacro CloseRunning
  ; Accounts, settings and recent calls are the person's: they stay.
  Delete "$INSTDIR\ringfence.exe"
  Delete "$INSTDIR\licences.txt"
  Delete "$INSTDIR\sbom.cdx.json"
  Delete "$INSTDIR\uninstall.exe"
  ; Where the program puts a newer setup.exe before it runs it.
  RMDir /r "$INSTDIR\update"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Ringfence.lnk"
  DeleteRegValue HKCU "Software\RegisteredApplications" "Ringfence"
  DeleteRegKey HKCU "Software\Classes\Ringfence.Url"
  DeleteRegKey HKCU "Software\Classes\AppUserModelId\Ringfence"
  DeleteRegKey HKCU "Software\Ringfence"
  DeleteRegKey HKCU "${UNINSTALL}"
  ; Start at login, if the person had it switched on.
  DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Run" "Ringfence"
  DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run" "Ringfence"
SectionEnd
