import CPostgres
import Connectors

/// Why a server did not do what was asked. Shows names of tables and columns, and no value.
struct ServerFailure: Error, Sendable {
    /// What helps.
    enum Remedy: Sendable, Hashable {
        /// The record at fault has to stay away.
        case withoutRecord
        /// Somebody has to change settings, rights or tables.
        case mend
        /// The same, some time later.
        case again
    }
    /// SQLSTATE, five characters; nil where it did not come from a server.
    var state: String?
    /// A sentence without its full stop.
    var problem: String
    var remedy: Remedy

    /// No server said it: the way there, or the time.
    init(passing problem: String) { (state, self.problem, remedy) = (nil, problem, .again) }

    /// - Parameter message: What the server says, shown where it can only speak of names.
    init(state: String, message: String?, object: String?) {
        (self.state, remedy) = (state, Self.remedy(of: state))
        let names = object.map { " (\($0))" } ?? ""
        let known = Self.sentences[state].map { $0 + names }
        // Class 42 speaks of tables, columns and rights.
        problem = known ?? (state.hasPrefix("42") ? message : nil) ?? "the server refuses it with SQLSTATE \(state)\(names)"
    }

    /// Why a connection was not made.
    init(connecting handle: OpaquePointer?) {
        let text = handle.map { String(cString: PQerrorMessage($0)) } ?? ""
        // Servers say only their SQLSTATE, as the connection asks for that.
        let words = text.split(whereSeparator: \.isWhitespace)
        if let state = words.last, words.dropLast().last?.hasSuffix(":") == true, Self.isState(state) {
            self.init(state: String(state), message: nil, object: nil)
        } else if let handle, PQconnectionNeedsPassword(handle) == 1 {
            self.init(state: "28P01", message: nil, object: nil)
        } else {
            let reason = text.split(separator: "\n").first.map { $0.part(behind: "failed: ").prefix(200) } ?? "the memory is full"
            self.init(passing: "no connection (\(reason))")
        }
    }

    /// What a result says.
    init(result: OpaquePointer) {
        func field(_ code: UnicodeScalar) -> String? { PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) } }
        guard let state = field("C") else {
            self.init(passing: "the connection broke")
            return
        }
        // Table, column, constraint.
        let names = [field("t"), field("c"), field("n")].compactMap { $0 }
        self.init(state: state, message: field("M"), object: names.isEmpty ? nil : names.joined(separator: ", "))
    }

    private static func isState(_ text: Substring) -> Bool {
        text.utf8.count == 5 && text.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
    }

    private static func remedy(of state: String) -> Remedy {
        switch state.prefix(2) {
        // Data, its rules, and those of triggers; more than a row or an index takes.
        case "22", "23", "44", "54", "P0": .withoutRecord
        case "0A", "0L", "0P", "28", "3D", "3F", "42": .mend
        // Connections, transactions (a standby takes no changes), resources, an administrator, the system.
        default: .again
        }
    }

    private static let sentences = [
        "22001": "a text is longer than its column",
        "22003": "a number is larger than its column takes",
        "22007": "a time cannot be read",
        "22008": "a time is beyond what the server knows",
        "22021": "a text has characters that the server cannot keep",
        "22P02": "a value cannot be read",
        "22P05": "a text has characters that the server cannot keep, such as \\u0000",
        "23502": "a column needs a value that is not there",
        "25006": "the server takes no changes now",
        "28000": "the server does not let the user in",
        "28P01": "the password is wrong, or missing",
        "3D000": "there is no such database",
        "3F000": "there is no such schema",
        "42501": "the role may not do this",
        "53100": "the server's disk is full",
        "53200": "the server's memory is full",
        "53300": "the server has too many connections",
        "54000": "it is larger than the server takes",
        "57014": "a statement took longer than statementTimeout",
        "57P01": "the server ended the connection",
        "57P02": "the server broke down",
        "57P03": "the server is starting or stopping",
    ]

    /// As connectors say it.
    func error(at place: String) -> ConnectorError {
        switch remedy {
        case .again: ConnectorError(.retry(after: nil), at: place, problem, remedy: "It is tried again.")
        case .mend, .withoutRecord:
            ConnectorError(
                .mendSettings, at: place, problem, remedy: "Mend the settings, or what the role may do there, and let it begin again.")
        }
    }
}

extension Substring {
    /// What follows the last place of a word, or all of it where the word is not there.
    fileprivate func part(behind word: String) -> Substring { ranges(of: word).last.map { self[$0.upperBound...] } ?? self }
}
