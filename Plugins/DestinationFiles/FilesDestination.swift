import Connectors
import EventModel
import Synchronization

/// Delivers into files `000001.ndjson`, `000002.ndjson`, ... of a folder: a line for each record, `{"kind","key","profile","record"}`.
///
/// A batch is on disk when it is delivered. What comes again is known by the keys of the last lines, which are read anew after a crash; a
/// line that a crash cut short is taken away.
final class FilesDestination: AudienceReporting {
    private let folder: String
    private let rotate: Int
    private let writer: Mutex<FolderWriter?>
    private let queue = BlockingQueue("files")

    init(folder: String, rotate: Int) {
        (self.folder, self.rotate) = (folder, rotate)
        writer = Mutex(nil)
    }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        try await onQueue { writer throws(ConnectorError) in
            if writer == nil { writer = try FolderWriter(folder: self.folder, rotate: self.rotate) }
            do throws(ConnectorError) { try writer?.write(batch) } catch {
                // What of it is on disk is looked at anew.
                writer = nil
                throw error
            }
        }
        return DeliveryReceipt()
    }

    func probe() async throws(ConnectorError) -> String {
        let files = try FolderWriter.files(folder)
        return files.isEmpty
            ? "\(folder) is empty, or will be made." : "\(folder) holds \(files.count) files, the last of them \(files[files.count - 1])."
    }

    /// What the lines say, folded: whoever takes files away takes their members away, too.
    func audiences() async throws(ConnectorError) -> [Audience] {
        try await onQueue { [folder] _ throws(ConnectorError) in try FolderWriter.audiences(folder) }
    }

    func close() async { try? await onQueue { writer throws(ConnectorError) in writer = nil } }

    private func onQueue<Answer: Sendable>(
        _ work: @escaping @Sendable (inout FolderWriter?) throws(ConnectorError) -> Answer
    ) async throws(ConnectorError) -> Answer {
        try await queue.run { _ throws(ConnectorError) in
            try self.writer.withLock { writer throws(ConnectorError) in try work(&writer) }
        }
    }
}
