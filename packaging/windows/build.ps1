# The program and its installers on a hosted Windows runner, signed if there is a certificate: the program first, then the installers around it.
# Never run on Debian, and so untested there; packaging/release/windows-cross tries the same two installers, made by other tools, under wine.
$ErrorActionPreference = "Stop"
$version = (Select-String -Path Cargo.toml -Pattern '^version = "(.*)"').Matches[0].Groups[1].Value
$out = "target/dist"
$stage = "$out/windows"
New-Item -ItemType Directory -Force $stage | Out-Null
# Before the program is built: it is a part of it. So is the channel of updates, which settings.sh names.
magick -background none assets/icons/app/ringfence.svg -define icon:auto-resize=256,128,64,48,32,24,16 "$stage/ringfence.ico"
$env:RINGFENCE_ICON = (Resolve-Path "$stage/ringfence.ico").Path -replace '\\', '/'
foreach ($line in & "C:/Program Files/Git/bin/bash.exe" -c '. packaging/release/settings.sh && env | grep ^RINGFENCE_') {
    $name, $value = $line -split '=', 2
    Set-Item "env:$name" $value
}
# Paths of the machine that builds are kept out of the program, and the list of its crates is put in.
$env:RUSTFLAGS = "--remap-path-prefix=$PWD=/ringfence --remap-path-prefix=$HOME\.cargo=/cargo"
cargo install --locked cargo-auditable@0.7.7 cargo-cyclonedx@0.5.9
if ($LASTEXITCODE -ne 0) { throw "the tools were not built" }
cargo auditable build --locked --release --bin ringfence
if ($LASTEXITCODE -ne 0) { throw "the program was not built" }
Copy-Item target/release/ringfence.exe $stage
# Names of authors are not all in Windows' own code page.
$env:PYTHONUTF8 = "1"
[Console]::OutputEncoding = [Text.Encoding]::UTF8
python packaging/release/licences --filter-platform x86_64-pc-windows-msvc | Set-Content -Encoding utf8 "$stage/licences.txt"
if ($LASTEXITCODE -ne 0) { throw "a licence has no text" }
python packaging/release/sbom ringfence x86_64-pc-windows-msvc "$stage/sbom.cdx.json"
if ($LASTEXITCODE -ne 0) { throw "no list of parts" }

function Sign($file) {
    if (-not $env:SIGNING_CERTIFICATE) { Write-Host "not signed: $file"; return }
    $pfx = Join-Path $env:RUNNER_TEMP "signing.pfx"
    [IO.File]::WriteAllBytes($pfx, [Convert]::FromBase64String($env:SIGNING_CERTIFICATE))
    try {
        $signtool = (Get-ChildItem "C:/Program Files (x86)/Windows Kits/10/bin/*/x64/signtool.exe" | Sort-Object FullName | Select-Object -Last 1).FullName
        & $signtool sign /fd sha256 /tr http://timestamp.digicert.com /td sha256 /f $pfx /p $env:SIGNING_PASSWORD $file
        if ($LASTEXITCODE -ne 0) { throw "signing $file failed" }
    } finally { Remove-Item $pfx }
}

Sign "$stage/ringfence.exe"
$makensis = "C:/Program Files (x86)/NSIS/makensis.exe"
& $makensis -V2 "-DVERSION=$version" "-DSOURCE=$((Resolve-Path $stage).Path)" "-DOUT=$((Resolve-Path $out).Path)/ringfence-$version-setup.exe" packaging/windows/installer.nsi
if ($LASTEXITCODE -ne 0) { throw "makensis failed" }
Sign "$out/ringfence-$version-setup.exe"

# Windows' own rules for packages (-sval) want every file in a person's folders to have a key of its own in the registry.
& "${env:WIX}bin/candle.exe" -nologo -arch x64 "-dVERSION=$version" "-dSOURCE=$((Resolve-Path $stage).Path)" "-dPRODUCT=*" -out "$stage/installer.wixobj" packaging/windows/installer.wxs
if ($LASTEXITCODE -ne 0) { throw "candle failed" }
& "${env:WIX}bin/light.exe" -nologo -sval -spdb -out "$out/ringfence-$version.msi" "$stage/installer.wixobj"
if ($LASTEXITCODE -ne 0) { throw "light failed" }
Sign "$out/ringfence-$version.msi"
