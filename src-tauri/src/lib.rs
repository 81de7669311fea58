//! The desktop shell: IPC, events and tray over the engine's Desk, and no logic of its own.
//!
//! Empty until the window exists; `tauri.conf.json` and this package already stand where Tauri expects them.
