import EventModel

/// What an archive holds.
public enum ArchiveContents: String, Sendable, CaseIterable {
    /// Definitions, profiles, messages, and memberships.
    case all
    /// Profiles without their messages: who they are and their traits.
    case profiles
    /// Messages only.
    case events
    /// Memberships only.
    case memberships
}

/// The first line of an archive.
public struct ArchiveHeader: Sendable, Hashable {
    /// Version of the text; this program writes and reads `current`.
    public var version: Int
    /// What the archive holds.
    public var contents: ArchiveContents
    /// The expression that chose the profiles; nil: all of them.
    public var selection: String?

    /// The version this program writes, and the latest it reads.
    public static let current = 1

    /// Describes an archive of the given contents, by default of all profiles and in the current version.
    public init(contents: ArchiveContents, selection: String? = nil, version: Int = current) {
        (self.version, self.contents, self.selection) = (version, contents, selection)
    }

    var json: JSONObject {
        var json = JSONObject([
            .init("archive", .string("tessera")), .init("version", .integer(Int64(version))), .init("what", .string(contents.rawValue)),
        ])
        if let selection { json.set("where", .string(selection)) }
        return json
    }

    /// Reads a header; nil where the line is none.
    /// - Throws: `ArchiveError.newer` for a later version.
    init?(line: UnsafeBufferPointer<UInt8>) throws(ArchiveError) {
        guard line.count < 1 << 20, let json = (try? JSONValue(parsing: line))?.asObject,
            json["archive"]?.asString?.sameScalars(as: "tessera") == true, case .integer(let version) = json["version"] ?? .null
        else { return nil }
        guard version <= Int64(ArchiveHeader.current) else {
            throw ArchiveError(
                .newer,
                "the archive has version \(version), and this program reads up to version \(ArchiveHeader.current): "
                    + "a newer Tessera wrote it. Read it with that one.")
        }
        guard let contents = (json["what"]?.asString).flatMap(ArchiveContents.init(rawValue:)) else { return nil }
        self.init(contents: contents, selection: json["where"]?.asString, version: Int(version))
    }
}

/// The last line of an archive: how many lines of each sort it has, and the SHA-256 of all text before this line.
public struct ArchiveSummary: Sendable, Hashable {
    /// Lines that hold a definition.
    public var definitions = 0
    /// Lines that hold a profile.
    public var profiles = 0
    /// Lines that hold a message.
    public var messages = 0
    /// Lines of memberships; a long list of one segment takes several.
    public var memberships = 0
    /// 64 hexadecimal digits.
    public var sha256 = ""

    /// Counts of 0 and an empty hash.
    public init() {}

    var json: JSONObject {
        JSONObject([
            .init("definitions", .integer(Int64(definitions))), .init("profiles", .integer(Int64(profiles))),
            .init("messages", .integer(Int64(messages))), .init("memberships", .integer(Int64(memberships))),
            .init("sha256", .string(sha256)),
        ])
    }

    init?(_ json: JSONObject) {
        guard case .integer(let definitions)? = json["definitions"], case .integer(let profiles)? = json["profiles"],
            case .integer(let messages)? = json["messages"], case .integer(let memberships)? = json["memberships"],
            let sha256 = json["sha256"]?.asString
        else { return nil }
        self.definitions = Int(definitions)
        self.profiles = Int(profiles)
        self.messages = Int(messages)
        self.memberships = Int(memberships)
        self.sha256 = sha256
    }
}

/// The sorts of lines between the first and the last, each an object with one name.
enum ArchiveLine: CaseIterable {
    case definition, profile, message, membership, end

    /// What a line of the sort starts with; it ends with `}`.
    var prefix: ContiguousArray<UInt8> { ContiguousArray("{\"\(self)\":".utf8) }

    /// The sort of a line, nil when it is none. Looks at its first and last bytes only.
    @inline(__always)
    static func sort(of line: UnsafeBufferPointer<UInt8>) -> ArchiveLine? {
        guard line.count > 13, line[0] == UInt8(ascii: "{"), line[1] == UInt8(ascii: "\""), line[line.count - 1] == UInt8(ascii: "}") else {
            return nil
        }
        // The second letter of the name and its length tell the sorts apart; the rest is then compared.
        let sort: ArchiveLine
        switch (line[2], line[4]) {
        case (UInt8(ascii: "m"), UInt8(ascii: "s")): sort = .message
        case (UInt8(ascii: "p"), _): sort = .profile
        case (UInt8(ascii: "m"), _): sort = .membership
        case (UInt8(ascii: "d"), _): sort = .definition
        case (UInt8(ascii: "e"), _): sort = .end
        default: return nil
        }
        return line.starts(with: prefixes[sort.index]) ? sort : nil
    }

    var index: Int {
        switch self {
        case .definition: 0
        case .profile: 1
        case .message: 2
        case .membership: 3
        case .end: 4
        }
    }

    static let prefixes = allCases.map(\.prefix)
}
