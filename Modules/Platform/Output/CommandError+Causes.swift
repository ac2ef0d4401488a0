import Archive
import Clustering
import Connectors
import Features
import Rules
import Storage

extension CommandError {
    /// Any error of the modules, in the words of commands.
    init(any error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case is CancellationError: self = .interrupted
        case let error as StoreError: self.init(error)
        case let error as SQLError: self.init(error)
        case let error as RuleError: self.init(error)
        case let error as ArchiveError: self.init(error)
        case let error as FormatError: self.init(.failed, error.description)
        case let error as FeatureError: self.init(.kind, error.description)
        case let error as ClusteringError: self.init(.data, error.description)
        default: self.init(.failed, String(describing: error))
        }
    }

    /// A store's refusal.
    init(_ error: StoreError) {
        let code: Code =
            switch error.reason {
            case .missing: .missing
            case .held: .held
            case .damaged: .damaged
            case .newer: .newer
            case .disk: .disk
            case .limit: .limit
            }
        self.init(code, error.description)
    }

    /// A statement in SQL that has no answer.
    init(_ error: SQLError) {
        let code: Code =
            switch error.reason {
            case .syntax: .syntax
            case .refused: .usage
            case .limit: .limit
            case .failed: .data
            }
        self.init(code, error.description, line: error.line, column: error.column)
    }

    /// A refused expression: the sentence for programs, the line with its carets for people.
    init(_ error: RuleError) {
        let code: Code =
            switch error.code {
            case .syntax: .syntax
            case .kind: .kind
            case .limit: .limit
            case .name: .name
            }
        let place = "\(error.place.source), line \(error.line), column \(error.column)"
        let message = "\(place): \(error.message)" + (error.hint.map { "; \($0)" } ?? "")
        self.init(
            code, message.hasSuffix("?") ? message : message + ".", line: error.line, column: error.column, display: error.description)
    }

    /// An archive that could not be read or written.
    init(_ error: ArchiveError) {
        let code: Code =
            switch error.reason {
            case .missing: .missing
            case .unreadable, .format, .key, .store: .failed
            case .damaged: .damaged
            case .limit: .limit
            case .disk: .disk
            case .newer: .newer
            case .interrupted: .interrupted
            }
        self.init(code, error.description)
    }
}
