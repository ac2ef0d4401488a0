import Archive
public import EventModel

/// What an import did, file by file and in all.
public struct ImportSummary: CommandResult, Equatable {
    /// One file.
    public struct File: Sendable, Equatable {
        /// The file as messages call it.
        public var name: String
        /// Lines (rows) of it that were read; like all counts, with what earlier runs did where it was resumed.
        public var rows: Int
        /// `accepted + duplicates + rejected`.
        public var messages: Int
        /// Messages that were new to the store.
        public var accepted: Int
        /// Messages whose messageId was there before.
        public var duplicates: Int
        /// Records that were refused with a reason.
        public var rejected: Int
    }

    /// The files that were opened or passed over, in order.
    public var files: [File]
    /// Sum of the files' rows.
    public var rows: Int
    /// `accepted + duplicates + rejected`.
    public var messages: Int
    /// Sum of the files' messages that were new to the store.
    public var accepted: Int
    /// Sum of the files' messages whose messageId was there before.
    public var duplicates: Int
    /// Sum of the files' refused records.
    public var rejected: Int
    /// Profiles in the store afterwards.
    public var profiles: Int
    /// Bytes of the files as they lie on disk.
    public var bytesIn: Int
    /// Time of the whole run.
    public var seconds: Double
    /// Files with the refused records.
    public var rejectsFiles: [String]
    /// Places that were not whole and were passed over.
    public var damages: [String]
    /// Sentences worth reading.
    public var remarks: [String]

    init(_ result: ImportResult) {
        files = result.sources.map {
            File(
                name: $0.file, rows: $0.position.rows, messages: $0.position.messages, accepted: $0.position.accepted,
                duplicates: $0.position.duplicates, rejected: $0.position.rejected)
        }
        (rows, messages) = (result.counts.rows, result.counts.messages)
        (accepted, duplicates, rejected) = (result.counts.accepted, result.counts.duplicates, result.counts.rejected)
        profiles = result.profiles
        bytesIn = result.bytesIn
        seconds = result.seconds
        rejectsFiles = result.rejectsFiles
        damages = result.damages.map(\.description)
        remarks = result.notes
    }

    public var json: JSONObject {
        var object = JSONObject([
            "files": .integer(Int64(files.count)), "rows": .integer(Int64(rows)), "messages": .integer(Int64(messages)),
            "accepted": .integer(Int64(accepted)), "duplicates": .integer(Int64(duplicates)), "rejected": .integer(Int64(rejected)),
            "profiles": .integer(Int64(profiles)), "bytes_in": .integer(Int64(bytesIn)),
            "seconds": .finite((seconds * 1000).rounded() / 1000),
        ])
        if !rejectsFiles.isEmpty { object.set("rejects", .list(rejectsFiles)) }
        if !damages.isEmpty { object.set("damages", .list(damages)) }
        return object
    }
    public var records: [JSONObject] {
        files.map {
            JSONObject([
                "file": .string($0.name), "rows": .integer(Int64($0.rows)), "messages": .integer(Int64($0.messages)),
                "accepted": .integer(Int64($0.accepted)), "duplicates": .integer(Int64($0.duplicates)),
                "rejected": .integer(Int64($0.rejected)),
            ])
        }
    }
    public var table: ResultTable {
        let numbers = ["rows", "messages", "accepted", "duplicates", "rejected"].map { ResultTable.Column($0, numeric: true) }
        return ResultTable(
            [.init("file")] + numbers,
            rows: files.map {
                [.text($0.name), .count($0.rows), .count($0.messages), .count($0.accepted), .count($0.duplicates), .count($0.rejected)]
            })
    }
    public var notes: [String] {
        let speed = seconds > 0 ? Double(messages) / seconds : 0
        var notes = [
            "\(Figures.count(accepted, "message")) accepted, \(Figures.grouped(duplicates)) duplicates, \(Figures.grouped(rejected)) rejected; "
                + "\(Figures.count(profiles, "profile")) in the store.",
            "\(Figures.bytes(Double(bytesIn))) in \(Figures.seconds(seconds)): \(Figures.short(speed)) messages/s.",
        ]
        if !rejectsFiles.isEmpty { notes.append("Refused records, with their reasons: " + rejectsFiles.joined(separator: ", ")) }
        return notes + damages + remarks
    }
}
