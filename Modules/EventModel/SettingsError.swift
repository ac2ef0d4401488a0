/// A setting that cannot be taken: where it stands, what is wrong with it, and what to write instead.
///
/// Settings reach the modules as `JSONValue`s, whatever file they were written in; who read the file adds its name and line.
public struct SettingsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Names of members and places in arrays (from 0, in digits) from the root of the settings to the one at fault.
    public var path: [String]
    /// A sentence without its full stop: what is wrong. Never shows a secret.
    public var problem: String
    /// A sentence: what to write instead.
    public var remedy: String

    /// Joins the place and the two sentences.
    public init(at path: [String], _ problem: String, remedy: String) { (self.path, self.problem, self.remedy) = (path, problem, remedy) }

    public var description: String { "\(path.joined(separator: ".")): \(problem). \(remedy)" }
}
