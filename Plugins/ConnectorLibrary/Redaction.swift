import Connectors

/// Takes secrets that a library was given out of what it says.
///
/// They are found as they were given; another spelling of one (percent encoding, base64) is not.
struct Redaction: Sendable {
    private let secrets: [String]

    /// - Parameter secrets: The longer ones are taken out first: one may be part of another.
    init(_ secrets: [String]) { self.secrets = secrets.filter { !$0.isEmpty }.sorted { $0.utf8.count > $1.utf8.count } }

    func callAsFunction(_ text: String) -> String { secrets.reduce(text) { $0.replacing($1, with: "(secret)") } }

    func callAsFunction(_ error: ConnectorError) -> ConnectorError {
        ConnectorError(error.recovery, at: self(error.place), self(error.problem), remedy: self(error.remedy))
    }
}
