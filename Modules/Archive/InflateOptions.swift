/// How a file of an import is opened, and how far it is trusted.
public struct InflateOptions: Sendable {
    /// Most bytes of text for each byte of the file, once the text is past `floor`; against files made to fill memory and disks.
    public var ratio: Int
    /// Text up to here is never held against `ratio`.
    public var floor: Int
    /// Most bytes of text from one file.
    public var longestText: Int
    /// Goes past damaged members, and takes every intact one.
    public var keepGoing: Bool
    /// Opens encrypted archives.
    public var key: ArchiveKey?

    /// `--max-ratio` when it is not given. JSON rarely passes 40; deflate itself ends at 1 032.
    public static let usualRatio = 200

    /// Settles how to open files: by default 200 times the file past 64 MiB of text, 4 TiB at most, and an end at the first damage.
    public init(
        ratio: Int = usualRatio, floor: Int = 64 << 20, longestText: Int = 1 << 42, keepGoing: Bool = false, key: ArchiveKey? = nil
    ) {
        (self.ratio, self.floor, self.longestText, self.keepGoing, self.key) = (ratio, floor, longestText, keepGoing, key)
    }
}
