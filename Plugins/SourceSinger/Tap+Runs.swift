import Connectors
import EventModel

extension Tap {
    /// What a tap answers to `--discover`.
    enum Answer {
        case catalog(Catalog)
        /// It speaks Singer, and does not know the question: it began to read.
        case lines
    }

    /// Asks the tap for its streams.
    func discover() async throws(ConnectorError) -> Answer {
        let folder = try TapFolder()
        let run = TapRun(self, try options(in: folder) + ["--discover"], in: folder)
        var text: [UInt8] = []
        while let piece = await run.next() {
            text += piece
            if Self.isSinger(text) {
                await run.stop()
                return .lines
            }
            guard text.count <= Catalog.longest else {
                await run.stop()
                throw ConnectorError(
                    .mendSettings, at: name, "its catalog has more than \(Catalog.longest) bytes",
                    remedy: "Write one by hand, and name it with `catalog`.")
            }
        }
        if let failure = failure(of: await run.end, run.words) { throw failure }
        guard let catalog = Catalog(text) else {
            throw ConnectorError(
                .mendSettings, at: name, "it answers --discover with something that is no catalog",
                remedy: "See that `command` starts a Singer tap.")
        }
        return .catalog(catalog)
    }

    /// Whether the first line is a line of a tap.
    private static func isSinger(_ text: [UInt8]) -> Bool {
        guard let end = text.firstIndex(of: UInt8(ascii: "\n")) else { return false }
        return (try? SingerLine(Array(text[..<end]))) != nil
    }

    /// The arguments of every run: its settings, where it has any.
    func options(in folder: TapFolder) throws(ConnectorError) -> [String] {
        guard let config else { return [] }
        return ["--config", try folder.write(config.text, as: "config.json")]
    }

    /// What an end means; nil where all is well.
    func failure(of end: TapRun.End, _ words: TapWords) -> ConnectorError? {
        let said = words.last.map { ": \($0.hasSuffix(".") ? String($0.dropLast()) : $0)" } ?? ""
        let remedy = "What it says stands in the log; it is tried again."
        switch end {
        case .exited(0): return nil
        case .exited(let status):
            return ConnectorError(.retry(after: nil), at: name, "it ended with status \(status)\(said)", remedy: remedy)
        case .signalled(let signal):
            return ConnectorError(.retry(after: nil), at: name, "it was ended by signal \(signal)\(said)", remedy: remedy)
        case .silent:
            return ConnectorError(
                .retry(after: nil), at: name, "it said nothing for \(idle.seconds) seconds, and was ended",
                remedy: "It is tried again; give it more time with `idle`, or see what it waits for.")
        case .unusable(let problem):
            return ConnectorError(
                .mendSettings, at: "command", problem, remedy: "Install it, write its whole path, or add its folder to PATH.")
        case .failed(let problem): return ConnectorError(.retry(after: nil), at: name, "it cannot be run (\(problem))", remedy: remedy)
        case .cancelled: return ConnectorError(.stop, at: name, "it was asked to end", remedy: "Start it again.")
        }
    }
}

extension Duration {
    /// In seconds, without a point where they are whole.
    fileprivate var seconds: String {
        let seconds = self / .seconds(1)
        return seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
    }
}
