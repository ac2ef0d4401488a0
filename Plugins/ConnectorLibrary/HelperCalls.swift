import CConnector
import Connectors
import EventModel
import Foundation
import Synchronization

/// A connector in a process of its own: one that traps, hangs, floods or speaks nonsense is stopped, and is started again for the next call.
final class HelperCalls: ConnectorCalls, @unchecked Sendable {
    private let path: String
    private let memory: Int
    private let settings: [(name: String, value: String)]
    private let patience: Duration
    private let isShown: Bool
    private let report: @Sendable (String) -> Void
    private let running = Mutex<HelperProcess?>(nil)

    /// How long a call that was asked to end may still take.
    private static let grace = Duration.seconds(3)

    /// - Parameter isShown: Whether what the library writes to standard error goes on to this process's.
    init(
        _ path: String, memory: Int, settings: [(name: String, value: String)], patience: Duration = .seconds(Int(TESSERA_PATIENCE)),
        isShown: Bool = false, report: @escaping @Sendable (String) -> Void
    ) {
        (self.path, self.memory, self.settings, self.patience, self.isShown, self.report) = (
            path, memory, settings, patience, isShown, report
        )
    }

    deinit { close() }

    /// What a library says of itself, asked in a process of its own.
    static func about(_ path: String, memory: Int) throws(ConnectorError) -> LibraryDescriptor {
        let calls = HelperCalls(path, memory: memory, settings: [], report: { _ in })
        defer { calls.close() }
        return try calls.started(Cancellation()).about
    }

    func probe(_ cancellation: Cancellation) throws(ConnectorError) -> String {
        let answer = try ask(Frame(.probe), "looked at the other side", cancellation)
        return answer.kind == .found ? String(answer.text(0).prefix(CallResults.longestSentence)) : ""
    }

    func read(after position: Checkpoint?, most: Int?, _ cancellation: Cancellation) throws(ConnectorError) -> ReadResult {
        let doing = "read"
        let texts = [most.map { "\($0)" } ?? ""] + (position.map { ["\($0.version)", $0.position] } ?? [])
        let answer = try ask(Frame(.read, texts: texts), doing, cancellation)
        guard let result = answer.result else { throw garbled(doing) }
        return result
    }

    func deliver(_ batch: DeliveryBatch, _ cancellation: Cancellation) throws(ConnectorError) -> DeliveryReceipt {
        let doing = "delivered"
        guard let receipt = try ask(Frame(batch), doing, cancellation).receipt else { throw garbled(doing) }
        return receipt
    }

    func close() { running.withLock { $0.take() }?.end() }

    // MARK: Asking

    private func ask(_ frame: Frame, _ doing: String, _ cancellation: Cancellation) throws(ConnectorError) -> Frame {
        if running.withLock({ $0 == nil }) {
            _ = try started(cancellation)
            let make = Frame(.make, settings.flatMap { [ContiguousArray($0.name.utf8), ContiguousArray($0.value.utf8)] })
            let made = try exchange(make, "was made", cancellation)
            if made.kind == .failed { throw made.error }
        }
        let answer = try exchange(frame, doing, cancellation)
        guard answer.kind != .failed else {
            var error = answer.error
            // What the library did wrong in its process names the library.
            if error.place.isEmpty { error.place = path }
            throw error
        }
        return answer
    }

    private func started(_ cancellation: Cancellation) throws(ConnectorError) -> (process: HelperProcess, about: LibraryDescriptor) {
        let process = try HelperProcess(path, memory: memory, isShown: isShown)
        running.withLock { $0 = process }
        let ready = try exchange(nil, "was loaded", cancellation)
        if ready.kind == .failed {
            close()
            throw ready.error
        }
        let text = ready.fields.first ?? []
        return (process, try text.withUnsafeBufferPointer { text throws(ConnectorError) in try LibraryDescriptor(text, of: path) })
    }

    /// Sends a frame and waits for its answer; whatever goes wrong ends the process.
    private func exchange(_ frame: Frame?, _ doing: String, _ cancellation: Cancellation) throws(ConnectorError) -> Frame {
        guard let process = running.withLock({ $0 }) else { throw garbled(doing) }
        var heard = ContinuousClock.now
        var asked: ContinuousClock.Instant?
        do throws(FrameChannel.Failure) {
            if let frame { try process.channel.send(frame) }
            while true {
                let answer = try process.channel.receive {
                    let now = ContinuousClock.now
                    if cancellation.hasHappened, asked == nil {
                        asked = now
                        try? process.channel.send(Frame(.cancel))
                    }
                    return now - heard < patience && asked.map { now - $0 < Self.grace } ?? true
                }
                heard = .now
                switch answer.kind {
                case .heard: continue
                case .lost:
                    close()
                    return Frame(answer.error)
                case .report: report(String(answer.text(0).prefix(CallResults.longestSentence)))
                default: return answer
                }
            }
        } catch {
            let process = running.withLock { $0.take() }
            switch error {
            case .garbled:
                process?.end()
                throw garbled(doing)
            case .silent where asked != nil:
                process?.end()
                throw .cancelled(path)
            case .silent:
                process?.end()
                throw ConnectorError(
                    .retry(after: nil), at: path, "the library hung: not a word for \(patience.components.seconds) s while it \(doing)",
                    remedy: "It was stopped. Mend the library where this comes again.")
            case .closed:
                let ending = process?.ended()
                throw ConnectorError(
                    .retry(after: nil), at: path, "the library took its process down while it \(doing): \(ending ?? "it ended")",
                    remedy: "Mend the library where this comes again.")
            }
        }
    }

    private func garbled(_ doing: String) -> ConnectorError {
        running.withLock { $0.take() }?.end()
        return ConnectorError(
            .retry(after: nil), at: path, "the process of the library spoke nonsense while it \(doing)",
            remedy: "It was stopped. Mend the library where this comes again.")
    }
}
