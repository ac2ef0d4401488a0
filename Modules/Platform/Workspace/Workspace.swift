import EventModel
import Foundation
import Rules
import Storage

/// A folder of definitions under version control; what is in it is what runs.
///
/// `segments/*.segment` holds one expression a file, named after the file, with settings in the comments at its top; `features/*.yaml`
/// computed traits (`Documentation/Segments.md` shows both); `offers/*.yaml` what is shown to whom (`Documentation/Offers.md`); `sources/*.yaml` what
/// sources of messages have agreed to (`Documentation/Sources.md`).
public struct Workspace: Sendable, Equatable {
    /// The folder.
    public let folder: String

    /// The workspace in `folder`; nothing is read yet.
    public init(folder: String) { self.folder = folder }

    /// The definitions of the workspace, those that its taxonomies make included.
    ///
    /// - Throws: `CommandError` naming the folder that is not there, or every file that cannot be read or understood.
    func definitions() throws(CommandError) -> [Definition] {
        let contents = try contents()
        if let error = CommandError(contents.problems) { throw error }
        return contents.definitions
    }

    /// Everything in the folder; what is wrong with its files is collected.
    ///
    /// - Throws: `CommandError` where there is no such folder.
    func contents() throws(CommandError) -> WorkspaceContents {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw CommandError(.missing, "\(folder): there is no such folder. Name the workspace's folder with --workspace.")
        }
        var contents = WorkspaceContents()
        for (path, stem) in files(in: "segments", endings: [".segment"]) {
            do { contents.add(SegmentFile(try text(of: path), name: stem, file: path)) } catch { contents.unreadable.append(error) }
        }
        for (path, stem) in files(in: "features", endings: [".yaml", ".yml"]) {
            do { contents.add(FeatureFile(try text(of: path), file: path, stem: stem)) } catch { contents.unreadable.append(error) }
        }
        for (path, stem) in files(in: "offers", endings: [".yaml", ".yml"]) {
            do { contents.add(OfferFile(try text(of: path), file: path, stem: stem)) } catch { contents.unreadable.append(error) }
        }
        for (path, stem) in files(in: "sources", endings: [".yaml", ".yml"]) {
            do { contents.add(SourceFile(try text(of: path), file: path, stem: stem)) } catch { contents.unreadable.append(error) }
        }
        if let error = contents.unreadable.first {
            throw contents.unreadable.count == 1
                ? error : CommandError(error.code, contents.unreadable.map(\.message).joined(separator: "\n"))
        }
        contents.addTaxonomies()
        return contents
    }

    /// The tracking plan of `tessera.yaml`; nil where there is none.
    ///
    /// - Throws: What is wrong with the file.
    func trackingPlan(_ plugins: Plugins) throws(CommandError) -> TrackingPlan? {
        let file = folder + "/tessera.yaml"
        return FileManager.default.fileExists(atPath: file) ? try SettingsFile(path: file).trackingPlan(plugins) : nil
    }

    /// Whether the folder holds what a workspace holds.
    var isThere: Bool {
        Self.folders.contains { FileManager.default.fileExists(atPath: folder + "/" + $0) }
    }

    /// What a workspace's folder holds.
    static let folders = ["segments", "features", "offers", "sources"]

    private func files(in name: String, endings: [String]) -> [(path: String, stem: String)] {
        let place = folder + "/" + name
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: place) else { return [] }
        return files.sorted { $0.precedesByScalars($1) }.compactMap { file in
            endings.first { file.hasSuffix($0) && file.count > $0.count && !file.hasPrefix(".") }.map { ending in
                (place + "/" + file, String(file.dropLast(ending.count)))
            }
        }
    }

    private func text(of path: String) throws(CommandError) -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError(.missing, "\(path) cannot be read. Check its permissions.")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CommandError(.damaged, "\(path) is not UTF-8. Save it as UTF-8.")
        }
        return text
    }
}
