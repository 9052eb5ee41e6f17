//! The build script: version and icon of the Windows program. Elsewhere there is nothing to do.
#![expect(clippy::print_stdout, reason = "that is how a build script speaks to cargo")]

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=packaging/windows/resources.rs");
    println!("cargo::rerun-if-env-changed=RINGFENCE_ICON");
    if std::env::var("CARGO_CFG_TARGET_OS")? != "windows" {
        return Ok(());
    }
    let mut resource = winresource::WindowsResource::new();
    resource.set("ProductName", "Ringfence").set("FileDescription", "Ringfence: a telephone for this computer");
    resource.set("LegalCopyright", "The Ringfence contributors, MIT OR Apache-2.0");
    // Made from the logo by packaging/windows/icon; a build without it has no icon.
    if let Ok(icon) = std::env::var("RINGFENCE_ICON") {
        resource.set_icon(&icon);
    }
    resource.compile()?;
    Ok(())
}
