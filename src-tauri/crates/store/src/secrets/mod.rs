//! Where secrets lie: the operating system's keychain, or a sealed file in the home.
