import EventModel
import Foundation
import Storage

/// A folder of definitions under version control. Here: `segments/*.segment`, one expression a file, named after the file.
public struct Workspace: Sendable, Equatable {
    /// The folder.
    public let folder: String

    /// The workspace in `folder`; nothing is read yet.
    public init(folder: String) { self.folder = folder }

    /// The segments of the workspace, by name.
    ///
    /// - Throws: `CommandError` naming the folder or the file that cannot be read.
    func definitions() throws(CommandError) -> [Definition] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw CommandError(.missing, "\(folder): there is no such folder. Name the workspace's folder with --workspace.")
        }
        let place = folder + "/segments"
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: place) else { return [] }
        var definitions: [Definition] = []
        for file in files.filter({ $0.hasSuffix(".segment") }).sorted(by: { $0.precedesByScalars($1) }) {
            guard let data = FileManager.default.contents(atPath: place + "/" + file) else {
                throw CommandError(.missing, "\(place)/\(file) cannot be read. Check its permissions.")
            }
            guard let body = String(validating: data, as: UTF8.self) else {
                throw CommandError(.damaged, "\(place)/\(file) is not UTF-8. Save it as UTF-8.")
            }
            definitions.append(Definition(kind: .segment, name: String(file.dropLast(".segment".count)), body: body))
        }
        return definitions
    }
}
