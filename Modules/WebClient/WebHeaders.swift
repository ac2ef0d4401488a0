public import Connectors
public import EventModel

/// Headers of the settings: texts by their names.
public struct WebHeaders: Sendable {
    /// In the order they were written. What they say is never shown.
    public let fields: [(name: String, value: String)]

    /// Headers that describe the message and the connection: whoever sends the request writes them.
    private static let own = [
        "content-type", "content-length", "transfer-encoding", "connection", "host", "expect", "upgrade", "te", "trailer",
    ]

    /// Checks that each can be sent.
    ///
    /// - Parameter reserved: The beginning of names that the connector writes itself; nil: it writes none.
    public init(_ written: SettingObject?, reserved: String? = nil, at path: [String] = ["headers"]) throws(SettingsError) {
        var checked: [(name: String, value: String)] = []
        for member in written?.object.members ?? [] {
            let name = member.name.lowercased()
            func wrong(_ problem: String, _ remedy: String) -> SettingsError {
                SettingsError(at: path + [member.name], problem, remedy: remedy)
            }
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else {
                throw wrong("this is no name of a header", "Write letters, digits and `-`.")
            }
            guard !Self.own.contains(name), reserved.map({ !name.hasPrefix($0) }) ?? true else {
                throw wrong("this header is the connector's own", "Leave it out.")
            }
            guard let value = member.value.asString else { throw wrong("this is not a text", "Write it in quotes.") }
            guard value.utf8.allSatisfy({ (0x20...0x7e).contains($0) || $0 == 0x09 }) else {
                throw wrong("it has characters that no header can have", "Write ASCII without line ends.")
            }
            checked.append((member.name, value))
        }
        fields = checked
    }

    /// Of a token (RFC 9110, section 5.6.2).
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
