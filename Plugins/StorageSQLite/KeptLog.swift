import EventModel
import Foundation
import Storage

/// Tails that stay when their messages are in blocks, for whoever passes messages on in the order in which they were accepted.
///
/// The name of an empty file beside the store, `F.kept-N`, says from which generation on; it is there before a log would go.
struct KeptLog: MessageLog {
    private let store: String

    init(store: String) { self.store = store }

    /// The first generation that stays; nil: none is asked for.
    var first: Int64? { numbers(of: ".kept-").min() }

    /// - Parameter generation: nil: none is to stay.
    func keep(from generation: Int64?) throws(StoreError) {
        if let generation {
            let path = "\(store).kept-\(generation)"
            let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0, fsync(descriptor) == 0 else {
                let reason = String(cString: strerror(errno))
                if descriptor >= 0 { close(descriptor) }
                throw StoreError(.disk, "\(path) cannot be made (\(reason)). Free some space or mend the disk.")
            }
            close(descriptor)
            syncFolder()
        }
        for other in numbers(of: ".kept-") where other != generation { unlink("\(store).kept-\(other)") }
    }

    func removeLogs(before generation: Int64) {
        for number in numbers(of: ".tail-") where number < generation { unlink(TailLog.path(store: store, generation: number)) }
    }

    func messages(from place: LogPlace, to limit: LogPlace, bytes: Int) throws(StoreError) -> (batch: MessageBatch, end: LogPlace)? {
        var place = place
        while place < limit {
            // Looked for before the log is read: one that has a next one grows no more.
            let next = numbers(of: ".tail-").filter { $0 > place.generation }.min()
            let bytes = place.generation == limit.generation ? min(bytes, Int(limit.offset - place.offset)) : bytes
            if let log = FileHandle(forReadingAtPath: TailLog.path(store: store, generation: place.generation)) {
                let (batches, end) = TailLog.read(log, from: place.offset, bytes: bytes)
                if !batches.isEmpty { return (Self.joined(batches), LogPlace(generation: place.generation, offset: end)) }
            }
            guard let next else { return nil }
            if place.offset == 0, let first, first > place.generation {
                throw StoreError(.missing, "The log before generation \(first) was let go. Begin again from the present.")
            }
            place = LogPlace(generation: next, offset: 0)
        }
        return nil
    }

    func bytes(from place: LogPlace, to limit: LogPlace) -> Int {
        numbers(of: ".tail-").filter { $0 >= place.generation && $0 <= limit.generation }.reduce(0) { sum, number in
            let attributes = try? FileManager.default.attributesOfItem(atPath: TailLog.path(store: store, generation: number))
            let size = number == limit.generation ? Int(limit.offset) : attributes?[.size] as? Int ?? 0
            return sum + max(0, size - (number == place.generation ? Int(place.offset) : 0))
        }
    }

    private static func joined(_ batches: [MessageBatch]) -> MessageBatch {
        guard batches.count > 1 else { return batches[0] }
        var all = MessageBatch()
        for batch in batches {
            all.text.append(contentsOf: batch.text[..<batch.count])
            all.derivedIDs += batch.derivedIDs
        }
        all.count = all.text.count
        all.sourceLines = all.derivedIDs.count
        all.text.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
        return all
    }

    /// Numbers at the end of the names of files beside the store.
    private func numbers(of kind: String) -> [Int64] {
        let folder = (store as NSString).deletingLastPathComponent
        let start = (store as NSString).lastPathComponent + kind
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        return names.compactMap { $0.hasPrefix(start) ? Int64($0.dropFirst(start.count)) : nil }
    }

    private func syncFolder() {
        let folder = (store as NSString).deletingLastPathComponent
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
