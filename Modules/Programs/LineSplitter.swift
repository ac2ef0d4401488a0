import EventModel

/// Cuts bytes into lines, and holds no more than one line of the longest length.
package struct LineSplitter {
    package enum Line {
        case whole([UInt8])
        /// A line beyond `longest`: how it begins.
        case tooLong([UInt8])
    }
    /// Bytes of a line, at most.
    package static let longest = 8 << 20

    /// Nothing was read.
    package init() {}

    private var window: [UInt8] = []
    /// Bytes of the window that were given.
    private var given = 0
    /// Bytes behind those in which there is no line end.
    private var searched = 0
    /// Of a line that is too long and has not ended: how it began.
    private var skipped: [UInt8]?

    /// Adds what was read.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        if given > 0 {
            window.removeFirst(given)
            given = 0
        }
        window.append(contentsOf: bytes)
    }

    /// The next line; nil where more has to be read first.
    ///
    /// - Parameter atEnd: Nothing more will be read: what is left is a line.
    package mutating func next(atEnd: Bool) -> Line? {
        let end = window[(given + searched)...].firstIndex(of: UInt8(ascii: "\n"))
        guard let end = end ?? (atEnd && (window.count > given || skipped != nil) ? window.count : nil) else {
            searched = window.count - given
            if searched > Self.longest {
                if skipped == nil { skipped = Array(window[given...].prefix(Reject.longestText)) }
                (window, given, searched) = ([], 0, 0)
            }
            return nil
        }
        let line = window[given..<end]
        (given, searched) = (min(end + 1, window.count), 0)
        if let head = skipped {
            skipped = nil
            return .tooLong(head)
        }
        if line.count > Self.longest { return .tooLong(Array(line.prefix(Reject.longestText))) }
        return .whole(Array(line))
    }
}
