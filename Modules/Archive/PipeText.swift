public import Connectors
import Foundation

/// The text of a pipe, such as standard input: plain as it comes, gzip inflated. Nothing of it can be read twice.
///
/// The descriptor stays open. Confined to one thread at a time.
public final class PipeText: TextPieces {
    /// How sentences call it.
    public let path: String
    /// Whether nothing more will be read: its last record may lack its end.
    public private(set) var isEnded = false
    private let stream: PipeStream
    /// Nil until the first bytes tell what it is; they wait in `head`.
    private var encoding: Encoding?
    private var head: ContiguousArray<UInt8> = []
    /// Why nothing more can be read, where a part of it was taken and is in no text.
    private var failure: ConnectorError?

    private enum Encoding {
        case plain
        case gzip(FileText)
    }

    /// Bytes that are taken from the pipe at a time: what a pipe holds, usually.
    private static let piece = 64 << 10
    /// Milliseconds without a byte after which what came is given.
    private static let linger: Int32 = 20
    /// However many bytes go on coming, what came is given after so long.
    private static let longestLinger = Duration.milliseconds(200)

    /// - Parameter name: How sentences call it.
    public init(descriptor: Int32, name: String) {
        (path, stream) = (name, PipeStream(descriptor: descriptor, name: name))
    }

    var isPlain: Bool { if case .gzip = encoding { false } else { true } }
    var remedy: String { "Mend what is piped in, and give it again: what was stored before is a duplicate." }

    /// Whether whoever reads now still wants it.
    public var cancellation: Cancellation {
        get { stream.cancellation }
        set { stream.cancellation = newValue }
    }

    /// Waits until there is something to read, or the end, or nobody wants it.
    public func wait() throws(ConnectorError) {
        // Whoever inflates waits himself: text may be left of bytes that came long ago.
        if case .gzip = encoding { return }
        do throws(PipeStream.Failure) { try stream.wait() } catch { throw unreadable(error) }
    }

    func read(_ count: Int, into buffer: inout ContiguousArray<UInt8>) throws(ConnectorError) {
        if let failure { throw failure }
        do throws(ConnectorError) {
            switch try known() {
            case nil: return
            case .plain: try readPlain(count, into: &buffer)
            case .gzip(let text):
                let before = buffer.count
                try text.read(count, into: &buffer)
                isEnded = buffer.count - before < count
            }
        } catch {
            let problem = stream.wasLeft ? "the reading was stopped in the middle of gzip data" : error.problem
            let isEncrypted = error.recovery == .mendSettings
            let final = isEncrypted ? error : ConnectorError(.stop, at: path, problem, remedy: Self.again)
            failure = final
            throw final
        }
    }

    private func readPlain(_ count: Int, into buffer: inout ContiguousArray<UInt8>) throws(ConnectorError) {
        let (before, start) = (buffer.count, ContinuousClock.now)
        do throws(PipeStream.Failure) {
            while buffer.count - before < count, !isEnded {
                switch try take(min(Self.piece, count - (buffer.count - before)), into: &buffer) {
                case 0: isEnded = true
                case nil:
                    if buffer.count == before { return }
                    if try !stream.isReady(within: Self.linger) { return }
                default: if ContinuousClock.now - start > Self.longestLinger { return }
                }
            }
        } catch {
            // What came before it is given first; the next call finds it again.
            if buffer.count == before { throw unreadable(error) }
        }
    }

    /// What it is; nil where the bytes that came so far do not tell.
    private func known() throws(ConnectorError) -> Encoding? {
        if let encoding { return encoding }
        do throws(PipeStream.Failure) {
            while Self.isOpen(head), !stream.isEnded { if try take(Self.piece, into: &head) == nil { return nil } }
        } catch { throw unreadable(error) }
        stream.putBack(head)
        let found: Encoding
        if head.starts(with: SealedFrames.magic) {
            throw ConnectorError(.mendSettings, at: path, "it is encrypted", remedy: "Import it with tessera-archive import --key.")
        } else if head.starts(with: Self.gzipMark) {
            do throws(ArchiveError) { found = .gzip(FileText(try InflatingReader(stream))) } catch {
                throw ConnectorError(.stop, at: path, "it cannot be read: \(error)", remedy: Self.again)
            }
        } else {
            found = .plain
        }
        (encoding, head) = (found, [])
        return found
    }

    private static let gzipMark: [UInt8] = [0x1F, 0x8B]
    private static let again = "Give the whole input again: what was stored before is a duplicate."

    /// Whether more bytes could make it what it is not yet.
    private static func isOpen(_ head: ContiguousArray<UInt8>) -> Bool {
        head.count < gzipMark.count && gzipMark.starts(with: head)
            || head.count < SealedFrames.magic.count && SealedFrames.magic.starts(with: head)
    }

    /// Appends what is there: how many bytes, 0 at the end; nil where there is nothing now.
    private func take(_ count: Int, into buffer: inout ContiguousArray<UInt8>) throws(PipeStream.Failure) -> Int? {
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: count))
        let taken = buffer.withUnsafeMutableBytes { bytes in
            Result { () throws(PipeStream.Failure) in
                try stream.take(into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
            }
        }
        buffer.removeLast(count - (((try? taken.get()) ?? nil) ?? 0))
        return try taken.get()
    }

    private func unreadable(_ failure: PipeStream.Failure) -> ConnectorError {
        ConnectorError(.stop, at: path, "it cannot be read (\(String(cString: strerror(failure.code))))", remedy: Self.again)
    }
}
