public import EventModel
import Foundation

/// Where requests of a connector go.
public struct WebAddress: Sendable, Hashable {
    /// As it was written.
    public let url: String
    /// Scheme, host and port: all of it that messages show, since the rest of such an address is often a secret itself.
    public let shown: String

    /// Checks an address of the settings.
    ///
    /// - Parameter isInsecure: Whether `http` may leave this machine.
    /// - Parameter path: Of the setting.
    public init(_ text: String, isInsecure: Bool, at path: [String] = ["url"]) throws(SettingsError) {
        func wrong(_ problem: String, _ remedy: String) -> SettingsError { SettingsError(at: path, problem, remedy: remedy) }
        guard let parts = URLComponents(string: text, encodingInvalidCharacters: false), let scheme = parts.scheme?.lowercased(),
            scheme == "https" || scheme == "http", let host = parts.host, !host.isEmpty
        else { throw wrong("this is no address", "Write one such as https://example.com/hooks/tessera.") }
        guard parts.user == nil, parts.password == nil else {
            throw wrong("an address with a name or password is not taken", "Write them as headers: {Authorization: env:NAME}.")
        }
        guard scheme == "https" || isInsecure || Self.isLoopback(host) else {
            throw wrong(
                "http can be read and changed on its way", "Write an https address, or `insecure: true` where the network is your own.")
        }
        url = text
        shown = "\(scheme)://\(host)" + (parts.port.map { ":\($0)" } ?? "")
    }

    private static func isLoopback(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        let isIPv4 = parts.count == 4 && parts.allSatisfy { $0 != nil }
        return ["localhost", "::1", "[::1]"].contains(host.lowercased()) || (isIPv4 && parts[0] == 127)
    }
}
