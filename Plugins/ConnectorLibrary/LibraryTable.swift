import CConnector
import Connectors
import EventModel
import Foundation

/// What a library exports: its table, checked, and what it says of itself.
struct LibraryTable: @unchecked Sendable {
    // The table and what it points to live as long as the process, and nobody changes them.
    let pointer: UnsafePointer<tessera_connector_table>
    let path: String
    let about: LibraryDescriptor

    private typealias Entry = @convention(c) (UInt32) -> UnsafePointer<tessera_connector_table>?

    /// Loads a library; it stays loaded.
    init(opening path: String) throws(ConnectorError) {
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw ConnectorError(.mendSettings, at: path, "there is no library that can be read", remedy: "Build it, or mend `path`.")
        }
        // A name without a folder would be looked for among the system's libraries.
        guard let library = dlopen(path.contains("/") ? path : "./" + path, RTLD_NOW | RTLD_LOCAL) else {
            let why = String(cString: dlerror()).replacing("\n", with: " ")
            throw ConnectorError(
                .mendSettings, at: path, "it cannot be loaded (\(why))", remedy: "Build it for this machine, as a shared library.")
        }
        guard let entry = dlsym(library, "tessera_connector") else {
            throw ConnectorError(
                .mendSettings, at: path, "it has no function `tessera_connector`",
                remedy: "Export it as tessera_connector.h says; it may be another kind of library.")
        }
        try self.init(unsafeBitCast(entry, to: Entry.self)(UInt32(TESSERA_CONNECTOR_INTERFACE)), of: path)
    }

    /// Checks a table.
    init(_ table: UnsafePointer<tessera_connector_table>?, of path: String) throws(ConnectorError) {
        let own = TESSERA_CONNECTOR_INTERFACE
        guard let table else {
            throw ConnectorError(
                .mendSettings, at: path, "it does not serve a host of interface \(own)", remedy: "Update Tessera, or build it for \(own).")
        }
        guard table.pointee.interface == UInt32(own) else {
            throw ConnectorError(
                .mendSettings, at: path, "it was built for interface \(table.pointee.interface), and this is \(own)",
                remedy: table.pointee.interface > UInt32(own) ? "Update Tessera." : "Build it anew with the header of today.")
        }
        let text = table.pointee.descriptor
        let about = try LibraryDescriptor(UnsafeBufferPointer(start: text.bytes, count: text.count), of: path)
        let works = about.role == .source ? table.pointee.read != nil : table.pointee.deliver != nil
        guard table.pointee.make != nil, table.pointee.probe != nil, table.pointee.close != nil, works else {
            throw ConnectorError(
                .mendSettings, at: path, "its table lacks a function that a \(about.role.rawValue) has",
                remedy: "Set make, probe, close and \(about.role == .source ? "read" : "deliver").")
        }
        (pointer, self.path, self.about) = (table, path, about)
    }
}
