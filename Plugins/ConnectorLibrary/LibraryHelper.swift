import Connectors
import Foundation
import Synchronization

/// The process that a library runs in: it answers frames on its descriptor 3 until that is closed.
public enum LibraryHelper {
    /// The worker's command that serves.
    public static let command = "connector-process"
    static let descriptor: Int32 = 3

    /// Serves, and never returns.
    ///
    /// - Parameter path: The library.
    /// - Parameter bytes: The memory that it may use.
    public static func serve(_ path: String, bytes: UInt) -> Never {
        // What the worker had open is none of the library's.
        for open in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
            if let number = Int32(open), number > descriptor { close(number) }
        }
        var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
        setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
        MemoryWatch.begin(bytes: Int(clamping: bytes))
        let channel = FrameChannel(descriptor: descriptor)
        let answers = Answers(channel)
        let table: LibraryTable
        do throws(ConnectorError) { table = try LibraryTable(opening: path) } catch {
            answers.send(Frame(error))
            exit(1)
        }
        answers.send(Frame(.ready, texts: [table.about.text]))
        let work = Work(table, answers)
        // Requests are read beside the calls, so that a call can be cancelled and the end of the worker is seen.
        Thread.detachNewThread {
            while true {
                guard let frame = try? channel.receive(whilst: { true }) else { _exit(0) }
                if frame.kind == .cancel { work.cancel() } else { work.take(frame) }
            }
        }
        while true { work.answerNext() }
    }

    /// Sends one frame at a time.
    private final class Answers: Sendable {
        private let channel: Mutex<FrameChannel>
        private let lastHeard = Mutex(ContinuousClock.now)
        init(_ channel: FrameChannel) { self.channel = Mutex(channel) }

        func send(_ frame: Frame) { channel.withLock { if (try? $0.send(frame)) == nil { _exit(0) } } }

        /// Says that the library is alive, once a second at most.
        func heard() {
            let isNews = lastHeard.withLock { last in
                let now = ContinuousClock.now
                guard now - last > .seconds(1) else { return false }
                last = now
                return true
            }
            if isNews { send(Frame(.heard)) }
        }
    }

    /// The connector, and the request that waits.
    private final class Work: Sendable {
        private let table: LibraryTable
        private let answers: Answers
        private let connector = Mutex<TableCalls?>(nil)
        private let waiting = Mutex<[Frame]>([])
        private let cancellation = Mutex(Cancellation())
        private let came = DispatchSemaphore(value: 0)

        init(_ table: LibraryTable, _ answers: Answers) { (self.table, self.answers) = (table, answers) }

        func take(_ frame: Frame) {
            waiting.withLock { $0.append(frame) }
            came.signal()
        }

        func cancel() { cancellation.withLock { $0 }.happen() }

        func answerNext() {
            came.wait()
            let frame = waiting.withLock { $0.removeFirst() }
            do throws(ConnectorError) { answers.send(try answer(frame)) } catch { answers.send(Frame(error)) }
        }

        private func answer(_ frame: Frame) throws(ConnectorError) -> Frame {
            if frame.kind == .make {
                let settings = stride(from: 0, to: frame.fields.count - 1, by: 2).map { (frame.text($0), frame.text($0 + 1)) }
                let answers = answers
                connector.withLock {
                    $0 = TableCalls(
                        table, settings: settings, report: { answers.send(Frame(.report, texts: [$0])) }, heard: { answers.heard() },
                        flooded: { error in
                            answers.send(Frame(error, .lost))
                            _exit(1)
                        })
                }
                return Frame(.ready, texts: [table.about.text])
            }
            guard let connector = connector.withLock({ $0 }) else { throw Self.strange }
            let cancellation = Cancellation()
            self.cancellation.withLock { $0 = cancellation }
            switch frame.kind {
            case .probe: return Frame(.found, texts: [try connector.probe(cancellation)])
            case .read:
                let version = UInt16(frame.text(1))
                let position = version.map { Checkpoint(version: $0, position: frame.text(2)) }
                return Frame(try connector.read(after: position, most: Int(frame.text(0)), cancellation))
            case .deliver:
                guard let batch = frame.batch else { throw Self.strange }
                return Frame(try connector.deliver(batch, cancellation))
            default: throw Self.strange
            }
        }

        private static let strange = ConnectorError(
            .stop, at: "tessera-worker", "the process of a library was asked something that it does not know",
            remedy: "Restart the worker: another version of it may have been installed.")
    }
}
