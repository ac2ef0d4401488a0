package import Connectors

extension Program {
    /// What an end means; nil where all is well.
    package func failure(of end: ProgramRun.End, _ words: ProgramWords?) -> ConnectorError? {
        let said = words?.last.map { ": \($0.hasSuffix(".") ? String($0.dropLast()) : $0)" } ?? ""
        let remedy = "What it says stands in the log."
        switch end {
        case .exited(0): return nil
        case .exited(let status):
            return ConnectorError(.retry(after: nil), at: name, "it ended with status \(status)\(said)", remedy: remedy)
        case .signalled(let signal):
            return ConnectorError(.retry(after: nil), at: name, "it was ended by signal \(signal)\(said)", remedy: remedy)
        case .silent:
            return ConnectorError(.retry(after: nil), at: name, "\(impatience.problem), and was ended", remedy: impatience.remedy)
        case .unusable(let problem):
            return ConnectorError(
                .mendSettings, at: "command", problem, remedy: "Install it, write its whole path, or add its folder to PATH.")
        case .failed(let problem): return ConnectorError(.retry(after: nil), at: name, "it cannot be run (\(problem))", remedy: remedy)
        case .cancelled: return .cancelled(name)
        }
    }
}

extension Duration {
    /// In seconds, without a point where they are whole.
    package var inSeconds: String {
        let seconds = self / .seconds(1)
        return seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
    }
}
