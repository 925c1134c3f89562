//! What I/O errors are called.

use std::io::ErrorKind;

/// The kind as the name of a type.
pub(super) const fn name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "io::NotFound",
        ErrorKind::PermissionDenied => "io::PermissionDenied",
        ErrorKind::ConnectionRefused => "io::ConnectionRefused",
        ErrorKind::ConnectionReset => "io::ConnectionReset",
        ErrorKind::HostUnreachable => "io::HostUnreachable",
        ErrorKind::NetworkUnreachable => "io::NetworkUnreachable",
        ErrorKind::ConnectionAborted => "io::ConnectionAborted",
        ErrorKind::NotConnected => "io::NotConnected",
        ErrorKind::AddrInUse => "io::AddrInUse",
        ErrorKind::AddrNotAvailable => "io::AddrNotAvailable",
        ErrorKind::NetworkDown => "io::NetworkDown",
        ErrorKind::BrokenPipe => "io::BrokenPipe",
        ErrorKind::AlreadyExists => "io::AlreadyExists",
        ErrorKind::WouldBlock => "io::WouldBlock",
        ErrorKind::NotADirectory => "io::NotADirectory",
        ErrorKind::IsADirectory => "io::IsADirectory",
        ErrorKind::DirectoryNotEmpty => "io::DirectoryNotEmpty",
        ErrorKind::ReadOnlyFilesystem => "io::ReadOnlyFilesystem",
        ErrorKind::StaleNetworkFileHandle => "io::StaleNetworkFileHandle",
        ErrorKind::InvalidInput => "io::InvalidInput",
        ErrorKind::InvalidData => "io::InvalidData",
        ErrorKind::TimedOut => "io::TimedOut",
        ErrorKind::WriteZero => "io::WriteZero",
        ErrorKind::StorageFull => "io::StorageFull",
        ErrorKind::QuotaExceeded => "io::QuotaExceeded",
        ErrorKind::FileTooLarge => "io::FileTooLarge",
        ErrorKind::ResourceBusy => "io::ResourceBusy",
        ErrorKind::Deadlock => "io::Deadlock",
        ErrorKind::Interrupted => "io::Interrupted",
        ErrorKind::Unsupported => "io::Unsupported",
        ErrorKind::UnexpectedEof => "io::UnexpectedEof",
        ErrorKind::OutOfMemory => "io::OutOfMemory",
        _ => "io::Error",
    }
}
