import Connectors
import EventModel
import Programs

extension Program {
    /// What a tap answers to `--discover`.
    enum Answer {
        case catalog(Catalog)
        /// It speaks Singer, and does not know the question: it began to read.
        case lines
    }

    /// Asks the tap for its streams.
    func discover() async throws(ConnectorError) -> Answer {
        let folder = try ProgramFolder()
        let run = ProgramRun(self, try options(in: folder) + ["--discover"], in: folder)
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
}
