/// The folder that relative paths of a settings file start from: the file's own.
public struct SettingsFolder: Sendable, Hashable {
    /// Empty: the folder of the process.
    public var folder: String

    /// That folder.
    public init(_ folder: String = "") { self.folder = folder }

    /// The folder of a settings file.
    public init(of file: String) {
        folder = file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? ""
    }

    /// A path of the settings as the process can open it.
    public func path(_ path: String) -> String {
        path.hasPrefix("/") || folder.isEmpty ? path : folder.hasSuffix("/") ? folder + path : folder + "/" + path
    }
}
