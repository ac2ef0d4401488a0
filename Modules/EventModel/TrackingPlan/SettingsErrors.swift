/// Everything that is wrong with a section of settings, found in one reading; never empty.
public struct SettingsErrors: Error, Sendable, Hashable, CustomStringConvertible {
    /// In the order in which the settings were read.
    public var errors: [SettingsError]

    /// Gathers the errors of one reading.
    public init(_ errors: [SettingsError]) { self.errors = errors }

    /// One error a line.
    public var description: String { errors.map(\.description).joined(separator: "\n") }
}
