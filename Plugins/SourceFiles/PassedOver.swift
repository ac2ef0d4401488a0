import Connectors
import Synchronization

/// The files of a folder that cannot be read as they are: the others are read meanwhile, and each is told once.
///
/// It outlives one reading, so that a try after an error tells nothing twice. It is forgotten with the source: a worker that starts again, or
/// takes other settings over, tries each file anew.
final class PassedOver: Sendable {
    private struct File {
        var entry: FileList.Entry
        var error: ConnectorError
        /// Whether the settings are silent about it, and not that its text is wrong.
        var isForeign: Bool
        /// Seconds since 1970: when it is tried again as it is; nil: not before it changes.
        var again: Double?
    }
    private let files = Mutex<[String: File]>([:])
    private let report: @Sendable (String) -> Void

    /// Seconds after which a file is tried again that the system did not let be read.
    private static let rest = 60.0

    init(report: @escaping @Sendable (String) -> Void) { self.report = report }

    /// Passes over a file until it changes; where trying again may help, for a while.
    func add(_ entry: FileList.Entry, _ error: ConnectorError, isForeign: Bool, now: Double) {
        let again: Double? = if case .retry = error.recovery { now + Self.rest } else { nil }
        let isNews = files.withLock { files in
            let known = files.updateValue(.init(entry: entry, error: error, isForeign: isForeign, again: again), forKey: entry.name)
            return known?.entry.number != entry.number || known?.error.problem != error.problem
        }
        if isNews { report(Self.sentence(error)) }
    }

    /// What is told of a file.
    static func sentence(_ error: ConnectorError) -> String { "\(error.place) is passed over: \(error.problem). \(error.remedy)" }

    /// Whether a file is passed over as it is now.
    func contains(_ entry: FileList.Entry, now: Double) -> Bool {
        files.withLock { files in
            guard let file = files[entry.name] else { return false }
            return file.entry.isSame(as: entry) && file.again.map { now < $0 } ?? true
        }
    }

    /// Forgets files that are there no more.
    func keep(_ names: Set<String>) { files.withLock { files in files = files.filter { names.contains($0.key) } } }

    /// Why the first file, by its name, could not be read that should have been; nil where each of them was.
    var failure: ConnectorError? {
        files.withLock { files in
            files.values.filter { !$0.isForeign }.min { $0.entry.name.utf8.lexicographicallyPrecedes($1.entry.name.utf8) }?.error
        }
    }

    /// Lets those that should have been read be tried again.
    func retry() {
        files.withLock { files in for (name, file) in files where !file.isForeign { files[name]?.again = 0 } }
    }
}
