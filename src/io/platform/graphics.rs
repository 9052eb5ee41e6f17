//! What the window's library does not tell the graphics driver.

use std::ffi::{CStr, c_void};

/// Finds a function of OpenGL by its name; null if the driver has none.
pub type Find<'a> = &'a dyn Fn(&CStr) -> *const c_void;

/// Says that no shader is going to be compiled for a while: the window compiles both of its at its start. Mesa then gives
/// back the tables of its compiler, 7 MiB. (`glReleaseShaderCompiler`: OpenGL 4.1 core profile, §2.11; a driver without
/// it loses nothing.)
///
/// To be called in the thread in which the window's OpenGL context is current.
#[expect(unsafe_code, reason = "functions of the graphics driver")]
pub fn free_shader_compiler(find: Find<'_>) {
    let (release, error) = (find(c"glReleaseShaderCompiler"), find(c"glGetError"));
    if release.is_null() || error.is_null() {
        return;
    }
    // SAFETY: the driver's own functions of these names, with the types that OpenGL's registry gives them; neither takes
    // an argument, and both may be called at any time while a context is current.
    let code = unsafe {
        let release = std::mem::transmute::<*const c_void, extern "system" fn()>(release);
        let error = std::mem::transmute::<*const c_void, extern "system" fn() -> u32>(error);
        release();
        // An old driver hands out a function that only reports an error: taken back, so that nobody wonders later.
        error()
    };
    tracing::debug!(code, "the shader compiler is not needed any more");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_without_the_function_is_left_alone() {
        free_shader_compiler(&|_| std::ptr::null());
    }
}
