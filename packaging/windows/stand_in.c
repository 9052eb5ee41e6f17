/* Stands in for the program when only the installers are tried: it has the window through which the program is asked to end
   (src/io/platform/session.rs), takes a moment for it, and does nothing else. */
#include <windows.h>

static LRESULT CALLBACK hear(HWND window, UINT message, WPARAM wparam, LPARAM lparam) {
    if (message == WM_CLOSE) {
        Sleep(700);
        ExitProcess(0);
    }
    return DefWindowProcA(window, message, wparam, lparam);
}

int WINAPI WinMain(HINSTANCE instance, HINSTANCE none, LPSTR arguments, int show) {
    WNDCLASSA class = {.lpfnWndProc = hear, .hInstance = instance, .lpszClassName = "Ringfence.Session"};
    MSG message;
    (void)none, (void)arguments, (void)show;
    if (!RegisterClassA(&class) || !CreateWindowExA(0, class.lpszClassName, "", 0, 0, 0, 0, 0, NULL, NULL, instance, NULL)) return 1;
    while (GetMessageA(&message, NULL, 0, 0) > 0) DispatchMessageA(&message);
    return 0;
}
