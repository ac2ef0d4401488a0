import Foundation

/// The plain bytes of a file: gzip of any number of members is inflated, an encrypted archive opened, any other file passed through.
///
/// Every member's CRC-32 and length are checked. A member of up to 8 MiB of text is handed over only after that check; a longer one
/// streams, so that memory stays bounded, and damage is reported where it is found. With `keepGoing` damage is noted in `damages` and
/// reading goes on at the next member that inflates and checks; where text is missing a line break stands in, so that the two halves of
/// a torn line are never read as one.
///
/// Confined to one thread at a time. About 1.1 GB of text a second with ISA-L.
public final class InflatingReader {
    /// What the bytes of the file were.
    public enum Encoding: String, Sendable { case plain, gzip, encrypted }

    /// The file as it was named.
    public var name: String { window.stream.name }
    /// Judged by the first bytes, and by `.gz` at the end of the name; an empty file is plain.
    public let encoding: Encoding
    /// Intact members so far.
    public private(set) var members = 0
    /// Bytes of text given so far.
    public private(set) var textBytes = 0
    /// Bytes of the file taken so far.
    public var bytesRead: Int { window.stream.bytesTaken }
    /// Bytes of the file, nil where that is not known (a pipe).
    public var size: Int? { window.stream.size }
    /// What was passed over, in order. Empty without `keepGoing`.
    public var damages: [ArchiveDamage] { (sealed?.damages ?? []) + gaps }

    private enum Phase { case between, streaming, plain, ended }

    private let options: InflateOptions
    private let window: InputWindow
    private let sealed: SealedStream?
    private var gaps: [ArchiveDamage] = []
    private let inflater = Inflater()
    private var phase: Phase
    /// The text of a member that is not yet proven, or was just proven: `stage[stageStart ..< stageEnd]` is to be handed over.
    private var stage: UnsafeMutablePointer<UInt8>?
    private var stageStart = 0
    private var stageEnd = 0
    private var memberNumber = 0
    private var memberOffset = 0
    private var memberBytes = 0
    private var crc: UInt32 = 0
    /// Looking for a member behind damage: what does not work is passed over without a word.
    private var searching = false
    /// Text is missing before what comes next.
    private var torn = false
    private var lastByte = UInt8(ascii: "\n")
    private var pending: ArchiveError?

    /// Text of one member that is held until the member is proven.
    static let held = 8 << 20

    /// Opens a file; `-` is standard input.
    public convenience init(path: String, options: InflateOptions = InflateOptions()) throws(ArchiveError) {
        try self.init(FileStream(path: path), isNamedGzip: path.hasSuffix(".gz"), options: options)
    }

    /// Reads a stream from where it stands.
    ///
    /// - Parameter isNamedGzip: Whether its name says that it is gzip, whatever its first bytes are.
    init(_ stream: any ByteStream, isNamedGzip: Bool = false, options: InflateOptions = InflateOptions()) throws(ArchiveError) {
        self.options = options
        let outer = InputWindow(stream)
        _ = try outer.require(SealedFrames.magic.count)
        let head = UnsafeBufferPointer(start: outer.base + outer.start, count: outer.count)
        if head.starts(with: SealedFrames.magic) {
            guard let key = options.key else {
                throw ArchiveError(.key, "\(outer.stream.name): this archive is encrypted. Give its key file with --key.")
            }
            let sealed = try SealedStream(outer, key: key, keepGoing: options.keepGoing)
            (self.sealed, window, encoding, phase) = (sealed, InputWindow(sealed), .encrypted, .between)
            return
        }
        (sealed, window) = (nil, outer)
        let isGzip = head.count >= 2 && head[0] == 0x1F && head[1] == 0x8B
        if head.isEmpty {
            (encoding, phase) = (.plain, .ended)
        } else if isGzip || isNamedGzip {
            (encoding, phase) = (.gzip, .between)
        } else {
            (encoding, phase) = (.plain, .plain)
        }
    }

    deinit { stage?.deallocate() }

    /// Fills `buffer` with the next bytes of the text.
    ///
    /// - Returns: How many bytes were written: `buffer.count`, less only at the end and before damage; 0 at the end.
    /// - Throws: The first damage, limit or failure; everything before it was given by earlier calls. Thrown again when called again.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        guard let base = buffer.bindMemory(to: UInt8.self).baseAddress else { return 0 }
        if let pending { throw pending }
        var filled = 0
        do {
            while filled < buffer.count && (phase != .ended || stageStart < stageEnd) {
                let count = try readSome(base + filled, buffer.count - filled)
                if count == 0 { continue }
                filled += count
                textBytes += count
                lastByte = base[filled - 1]
            }
        } catch {
            pending = error
        }
        if filled == 0, let pending { throw pending }
        return filled
    }

    /// Writes some bytes, perhaps none while it moves on to the next state.
    private func readSome(_ out: UnsafeMutablePointer<UInt8>, _ room: Int) throws(ArchiveError) -> Int {
        if stageStart < stageEnd, let stage {
            if torn {
                torn = false
                if lastByte != UInt8(ascii: "\n") {
                    out[0] = UInt8(ascii: "\n")
                    return 1
                }
            }
            let count = min(room, stageEnd - stageStart)
            memcpy(out, stage + stageStart, count)
            stageStart += count
            return count
        }
        switch phase {
        case .ended: return 0
        case .between:
            try openMember()
            return 0
        case .streaming:
            let (produced, ended) = try inflate(out, room)
            if ended && phase == .streaming { phase = .between }
            return produced
        case .plain:
            if window.count == 0, try !window.refill() {
                phase = .ended
                return 0
            }
            let count = min(room, window.count)
            memcpy(out, window.base + window.start, count)
            window.start += count
            if textBytes + count > options.longestText { throw tooLong() }
            return count
        }
    }

    // MARK: Members

    /// Reads the header of the next member and as much of its text as is held; sets the phase that follows.
    private func openMember() throws(ArchiveError) {
        if searching, try !findCandidate() { return }
        guard try window.require(1) else {
            phase = .ended
            return
        }
        if members > 0 && !searching, try skipPadding() { return }
        (memberOffset, memberBytes, crc) = (window.offset, 0, 0)
        memberNumber += searching ? 0 : 1
        let length = try headerLength()
        guard case .complete(let length) = length else {
            if case .invalid(let problem) = length {
                try damaged(members > 0 ? "\(problem); what follows the last member is not gzip" : problem, at: window.offset)
            } else {
                try damaged("the file ends inside a member's header", at: window.offset + window.count)
            }
            return
        }
        window.start += length
        inflater.reset()
        let stage = self.stage ?? .allocate(capacity: InflatingReader.held)
        self.stage = stage
        (stageStart, stageEnd) = (0, 0)
        let proven = members
        let (produced, ended) = try inflate(stage, InflatingReader.held)
        if ended {
            if members > proven { stageEnd = produced }  // Otherwise it is damaged, and dropped.
        } else {
            // Long, and good so far: from here on it streams.
            if searching { (searching, memberNumber) = (false, memberNumber + 1) }
            (stageEnd, phase) = (produced, .streaming)
        }
    }

    private func headerLength() throws(ArchiveError) -> GzipHeader.Found {
        while true {
            let found = GzipHeader.parse(UnsafeBufferPointer(start: window.base + window.start, count: window.count))
            guard found == .partial, try window.refill() else { return found }
        }
    }

    /// Inflates until `room` is full or the member ends, well or badly.
    private func inflate(_ out: UnsafeMutablePointer<UInt8>, _ room: Int) throws(ArchiveError) -> (produced: Int, ended: Bool) {
        var produced = 0
        while true {
            let step = inflater.step(
                input: window.base + window.start, count: window.count, output: out + produced, room: room - produced)
            window.start += step.consumed
            crc = Inflater.crc32(crc, out + produced, step.produced)
            produced += step.produced
            memberBytes += step.produced
            try checkLimits(given: produced)
            switch step.state {
            case .finished:
                try closeMember()
                return (produced, true)
            case .damaged(let problem):
                try damaged(problem, at: window.offset)
                return (produced, true)
            case .outputFull: return (produced, false)
            case .needsInput:
                if step.consumed == 0 && step.produced == 0 && window.count > 0 {
                    try damaged("the compressed data stop making sense", at: window.offset)
                    return (produced, true)
                }
                if window.count == 0, try !window.refill() {
                    try damaged("the file ends inside this member; it was cut off", at: window.offset)
                    return (produced, true)
                }
            }
        }
    }

    /// Checks the trailer.
    private func closeMember() throws(ArchiveError) {
        guard try window.require(8) else {
            return try damaged("the file ends inside this member's checksum; it was cut off", at: window.offset + window.count)
        }
        let trailer = window.base + window.start
        let word = { (at: Int) in (0..<4).reduce(UInt32(0)) { $0 | UInt32(trailer[at + $1]) << (8 * UInt32($1)) } }
        if word(0) != crc {
            return try damaged("the checksum of its text is \(hex(crc)) and should be \(hex(word(0)))", at: window.offset)
        }
        if word(4) != UInt32(truncatingIfNeeded: memberBytes) {
            return try damaged(
                "its text is \(memberBytes) bytes long and should be \(word(4)) (modulo 2^32)", at: window.offset + 4)
        }
        window.start += 8
        if searching { (searching, memberNumber) = (false, memberNumber + 1) }
        members += 1
    }

    /// Damage: the end, or a search for the next member. The text that a long member gave before it stays given.
    private func damaged(_ problem: String, at offset: Int) throws(ArchiveError) {
        if !searching {
            let damage = ArchiveDamage(
                file: name, member: memberNumber, memberOffset: memberOffset, offset: offset, problem: problem)
            if !options.keepGoing {
                (pending, phase) = (InflatingReader.error(damage), .ended)
                return
            }
            gaps.append(damage)
            (searching, torn) = (true, true)
        }
        phase = .between
        try window.rewind(to: memberOffset + 1)
    }

    static func error(_ damage: ArchiveDamage) -> ArchiveError {
        ArchiveError(.damaged, "\(damage) Fetch the file again, or take every intact member with --keep-going.")
    }

    /// Moves to the next two bytes that could start a member; false at the end.
    private func findCandidate() throws(ArchiveError) -> Bool {
        while true {
            guard try window.require(3) else {
                window.start += window.count
                phase = .ended
                return false
            }
            let from = window.base + window.start
            guard let hit = memchr(from, 0x1F, window.count - 2) else {
                window.start += window.count - 2
                continue
            }
            window.start += hit.assumingMemoryBound(to: UInt8.self) - UnsafeMutablePointer(from)
            if window.base[window.start + 1] == 0x8B && window.base[window.start + 2] == 8 { return true }
            window.start += 1
        }
    }

    /// Passes over zeros behind the last member, which some tools add; true when the file ends with them.
    private func skipPadding() throws(ArchiveError) -> Bool {
        let start = window.offset
        while true {
            while window.count > 0 && window.base[window.start] == 0 { window.start += 1 }
            if window.count > 0 {
                if window.offset > start { try window.rewind(to: start) }
                return false
            }
            if try !window.refill() {
                phase = .ended
                return true
            }
        }
    }

    private func checkLimits(given: Int) throws(ArchiveError) {
        let text = max(memberBytes, textBytes + given)
        if text > options.longestText { throw tooLong() }
        guard text > options.floor else { return }
        let taken = max(1, window.offset)
        let takenByMember = max(1, window.offset - memberOffset)
        guard memberBytes > options.floor && memberBytes / takenByMember >= options.ratio || text / taken >= options.ratio else { return }
        throw ArchiveError(
            .limit,
            "\(name): member \(memberNumber) grows to more than \(options.ratio) times its size (\(memberBytes) bytes of text by byte \(window.offset)), "
                + "as files made to fill a disk do. If you trust the file, raise the limit with --max-ratio.")
    }

    private func tooLong() -> ArchiveError {
        ArchiveError(
            .limit, "\(name): the file holds more than \(options.longestText) bytes of text. Split it, and import the parts.")
    }

    private func hex(_ word: UInt32) -> String {
        "0x" + String(repeating: "0", count: 8 - String(word, radix: 16).count) + String(word, radix: 16)
    }
}
