//! How Windows says that the session ends: by a message to every top-level window. A process without one, such as the
//! agent, is killed unasked, and the phone's own window answers too fast for a call to be hung up. So there is one
//! more, on a thread of its own and never shown, which holds Windows up for a moment.
//!
//! The same window is how installers and `taskkill` ask the program to end: they send it `WM_CLOSE`.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use windows_sys::Win32::Foundation::{HWND, LPARAM, LRESULT, WPARAM};
use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DefWindowProcW, DispatchMessageW, GetMessageW, MSG, RegisterClassW, WM_CLOSE, WM_ENDSESSION,
    WM_QUERYENDSESSION, WNDCLASSW,
};
use windows_sys::core::{PCWSTR, w};

/// The window's class: `packaging/windows/installer.nsi` looks for it by this name.
const CLASS: PCWSTR = w!("Ringfence.Session");
/// How long calls and registrations may take to end. Windows itself waits for five seconds.
const GRACE: Duration = Duration::from_secs(4);

/// Tells every engine of this process; `None` until the window is there.
static ENDS: Mutex<Option<watch::Sender<bool>>> = Mutex::new(None);

/// Becomes `true` when the session ends or the program is asked to.
pub(super) fn ending() -> io::Result<watch::Receiver<bool>> {
    let mut ends = ENDS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(ends) = &*ends {
        return Ok(ends.subscribe());
    }
    let thread = std::thread::Builder::new().name("session".into());
    thread.spawn(|| {
        if let Err(error) = watch_messages() {
            tracing::warn!(%error, "log-out will not be noticed");
        }
    })?;
    let (tell, told) = watch::channel(false);
    *ends = Some(tell);
    Ok(told)
}

/// Makes the window and serves it until the process ends.
#[expect(unsafe_code, reason = "no crate among ours makes windows that are never shown")]
fn watch_messages() -> io::Result<()> {
    // SAFETY: null asks for the module of this program, which is never unloaded.
    let instance = unsafe { GetModuleHandleW(std::ptr::null()) };
    let class =
        WNDCLASSW { lpfnWndProc: Some(hear), hInstance: instance, lpszClassName: CLASS, ..WNDCLASSW::default() };
    // SAFETY: the class is complete, its name is static, and its procedure has the signature that Windows calls.
    if unsafe { RegisterClassW(&raw const class) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let none = std::ptr::null_mut();
    // SAFETY: the class is registered; no parent, no menu and no parameter are what null means here.
    let window = unsafe { CreateWindowExW(0, CLASS, CLASS, 0, 0, 0, 0, 0, none, none, instance, std::ptr::null()) };
    if window.is_null() {
        return Err(io::Error::last_os_error());
    }
    let mut message = MSG::default();
    loop {
        // SAFETY: `message` is ours and outlives both calls; null means every window of this thread.
        let got = unsafe { GetMessageW(&raw mut message, none, 0, 0) };
        match got {
            // -1 would be a window that does not exist: then there is nothing left to serve.
            -1 => return Err(io::Error::last_os_error()),
            0 => return Ok(()),
            // SAFETY: Windows has just filled it in.
            _ => unsafe { DispatchMessageW(&raw const message) },
        };
    }
}

/// The window's procedure, called by Windows on the window's thread.
#[expect(unsafe_code, reason = "Windows calls it with its own calling convention")]
unsafe extern "system" fn hear(window: HWND, message: u32, wparam: WPARAM, lparam: LPARAM) -> LRESULT {
    match message {
        // Nobody's log-out is refused.
        WM_QUERYENDSESSION => 1,
        WM_ENDSESSION if wparam != 0 => {
            tell();
            // As soon as this returns, Windows may kill the process; when all is said, the process ends by itself.
            std::thread::park_timeout(GRACE);
            0
        }
        WM_CLOSE => {
            tell();
            0
        }
        // SAFETY: the arguments are those that Windows gave us.
        _ => unsafe { DefWindowProcW(window, message, wparam, lparam) },
    }
}

fn tell() {
    if let Some(ends) = &*ENDS.lock().unwrap_or_else(PoisonError::into_inner) {
        ends.send_replace(true);
    }
}
