import Connectors
import Secrets

extension RedisAddress {
    /// No server, or none any more.
    func lost(_ problem: String) -> ConnectorError {
        ConnectorError(
            .retry(after: nil), at: shown, "no connection (\(problem))",
            remedy: "It is tried again; where that goes on, look at the server, at the settings and the network.")
    }

    /// The server says something else than it should.
    var strange: ConnectorError {
        ConnectorError(
            .retry(after: nil), at: shown, "its answer is none that this command has",
            remedy: "It is tried again; where that goes on, look whether this is Redis 6.2 or newer.")
    }

    /// What the server refuses, in its own words.
    func refusal(_ text: String) -> ConnectorError {
        // What follows is what it was sent: that may be secret.
        var said = text.part(before: ", with args beginning").part(before: " script: ").replacing("\n", with: " ")
        if let value = password?.value, !value.isEmpty { said = said.replacing(value, with: "(secret)") }
        said = String(said.prefix(300))
        while let last = said.last, ".,` ".contains(last) { said.removeLast() }
        let (recovery, remedy) = Self.help(for: said)
        return ConnectorError(recovery, at: shown, said.isEmpty ? "the server refuses" : said, remedy: remedy)
    }

    /// What a refusal means. The first word is its code; where a script met it, that may stand further behind.
    private static func help(for text: String) -> (ConnectorError.Recovery, String) {
        func says(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        if says("WRONGPASS", "NOAUTH", "NOPERM", "invalid password", "without any password", "no password is set") {
            return (.mendSettings, "Mend `username` and `password`, or let the server allow it to this user.")
        }
        if says("WRONGTYPE") { return (.mendSettings, "Write the name of a stream, or of nothing that is there.") }
        if says("DB index is out of range", "invalid DB index") {
            return (.mendSettings, "Write the number of a database that the server has.")
        }
        if says("unknown command", "Unknown subcommand", "unknown subcommand") {
            return (.mendSettings, "Use Redis 6.2 or newer, and let it keep this command's name.")
        }
        if says("MOVED ", "ASK ", "CROSSSLOT", "CLUSTERDOWN") {
            return (.mendSettings, "This server is one of a cluster, which is not spoken to. Use a single server, or one with replicas.")
        }
        return (.retry(after: nil), "It is tried again; where that goes on, look at the server.")
    }
}

extension String {
    /// All before the first `text`.
    fileprivate func part(before text: String) -> String { firstRange(of: text).map { String(self[..<$0.lowerBound]) } ?? self }
}
