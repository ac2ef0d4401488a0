import EventModel
import Foundation

/// Writes refused records down, in the order of their lines, one JSON object a line.
///
/// What is written may run ahead of what is committed; an import that goes on cuts the file back to the committed line first.
final class RejectsWriter {
    /// Files written, in order of their first reject.
    private(set) var files: [String] = []
    private let place: RejectsPlace
    private let resume: Bool
    private var names: Set<ContiguousArray<UInt8>> = []
    private var path: String?
    private var source = ""
    private var descriptor: Int32 = -1
    private var buffer = ContiguousArray<UInt8>()

    init(place: RejectsPlace, resume: Bool) { (self.place, self.resume) = (place, resume) }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Starts with a source of which `doneLines` lines are stored: rejects behind them are cut off, since they come again.
    func begin(source: String, doneLines: Int) throws(ArchiveError) {
        self.source = source
        // What is cut may be moved: nothing is to be written to the file as it was.
        try end()
        switch place {
        case .nowhere: return
        case .file(let path):
            if self.path == nil && !resume { try RejectsWriter.check(unlink(path), path, ignoring: ENOENT) }
            self.path = path
        case .folder(let folder):
            let path = "\(folder)/\(reserveName(source)).ndjson"
            self.path = path
            if doneLines == 0 { try RejectsWriter.check(unlink(path), path, ignoring: ENOENT) }
        }
        if resume, let path, access(path, F_OK) == 0 {
            try RejectsFile(path: path).drop { $0.isOf(source) && $0.line > doneLines }
        }
    }

    /// Passes over a source that is not read now: its rejects, if any, stay, and their file's name stays its own.
    func pass(source: String) {
        if case .folder = place { _ = reserveName(source) }
    }

    /// A name for the source's rejects that no source before it has; the same whenever the same sources come in the same order.
    private func reserveName(_ source: String) -> String {
        var name =
            source == "standard input" ? "standard-input" : String(decoding: source.utf8.split(separator: 47).last ?? [], as: UTF8.self)
        var number = 1
        while !names.insert(ContiguousArray(name.utf8)).inserted {
            number += 1
            name = "\(name)-\(number)"
        }
        return name
    }

    func write(_ rejects: [Reject]) throws(ArchiveError) {
        guard let path else { return }
        for reject in rejects {
            reject.record(from: source).append(to: &buffer)
            buffer.append(10)
            if buffer.count > 1 << 20 { try flush() }
        }
        if !rejects.isEmpty && !files.contains(where: { $0.sameScalars(as: path) }) { files.append(path) }
    }

    /// Hands everything to the system.
    func flush() throws(ArchiveError) {
        guard let path, !buffer.isEmpty else { return }
        if descriptor < 0 {
            if case .folder(let folder) = place { try RejectsWriter.check(mkdir(folder, 0o700), folder, ignoring: EEXIST) }
            descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            try RejectsWriter.check(descriptor, path)
        }
        try FileWriting.write(buffer, to: descriptor, name: path)
        buffer.removeAll(keepingCapacity: true)
    }

    /// Flushes and closes the present file.
    func end() throws(ArchiveError) {
        try flush()
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    static func check(_ code: Int32, _ path: String, ignoring: Int32? = nil) throws(ArchiveError) {
        if code < 0 && errno != ignoring { throw FileWriting.failure(path, errno) }
    }
}
