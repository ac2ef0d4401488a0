import Connectors
import EventModel
import Rules
import Storage

/// One command's view of the world: a state of the store, an instant, and the definitions that hold then.
struct Question: Sendable {
    let snapshot: any StoreSnapshot
    let now: Instant
    let interruption: Interruption
    /// Definitions by kind and name, sorted by name; the workspace's in place of the store's where both have one.
    let definitions: [Definition]
    let checker: Checker
    /// Threads that evaluation may use.
    let threads: Int
    /// Answers that are kept between commands; nil: none are.
    let cache: AnswerCache?
    /// Takes sentences for standard error.
    let warn: @Sendable (String) -> Void

    /// - Parameter snapshot: The state of the store that is asked.
    init(
        snapshot base: any StoreSnapshot, workspace: Workspace?, now: Instant, threads: Int, cache: AnswerCache? = nil,
        interruption: Interruption, warn: @escaping @Sendable (String) -> Void
    ) throws(CommandError) {
        let saved = try attempt { try base.definitions() }
        let definitions = Self.merged(store: saved, workspace: try workspace?.definitions() ?? [], warn: warn)
        try self.init(
            snapshot: base, definitions: definitions, now: now, threads: threads, cache: cache, interruption: interruption, warn: warn)
    }

    /// - Parameter definitions: What counts, sorted by name, whatever the store holds.
    init(
        snapshot base: any StoreSnapshot, definitions: [Definition], now: Instant, threads: Int, cache: AnswerCache? = nil,
        interruption: Interruption, warn: @escaping @Sendable (String) -> Void
    ) throws(CommandError) {
        let snapshot = InterruptibleSnapshot(base: base, interruption: interruption)
        self.snapshot = snapshot
        self.now = now
        self.interruption = interruption
        self.definitions = definitions
        self.threads = threads
        self.cache = cache
        self.warn = warn
        checker = Checker(definitions: Definitions(definitions), catalogue: try attempt { try Catalogue(snapshot) })
    }

    /// The definitions of one kind, by name.
    func definitions(_ kind: Definition.Kind) -> [Definition] { definitions.filter { $0.kind == kind } }

    /// The definition of that kind and name.
    func definition(_ kind: Definition.Kind, _ name: String) -> Definition? {
        definitions.first { $0.kind == kind && $0.name.sameScalars(as: name) }
    }

    /// A checked expression; warnings are passed on where it was typed just now, not where it was saved before.
    func rule(_ text: String, source: RuleSource = .expression) throws(CommandError) -> Rule {
        let checked = try attempt { try checker.rule(text, source: source) }
        if source == .expression { for warning in checked.warnings { warn(warning.description) } }
        return checked.tree
    }

    /// A checked value; warnings are passed on.
    func formula(_ text: String, source: RuleSource = .expression) throws(CommandError) -> Formula {
        let checked = try attempt { try checker.formula(text, source: source) }
        for warning in checked.warnings { warn(warning.description) }
        return checked.tree
    }

    /// What can be asked; decisions about people are not among it.
    static func merged(store: [Definition], workspace: [Definition], warn: (String) -> Void) -> [Definition] {
        var all = workspace
        for definition in store where definition.kind != .identity && definition.kind != .unmerge {
            if workspace.contains(where: { $0.kind == definition.kind && $0.name.sameScalars(as: definition.name) }) {
                if WorkspaceMark.removed(from: definition.body) != nil { continue }
                warn("\(definition.kind.rawValue) '\(definition.name)' is in the workspace and in the store: the workspace's counts.")
            } else {
                all.append(definition)
            }
        }
        return all.sorted { a, b in a.name.precedesByScalars(b.name) }
    }
}

extension Definitions {
    /// The segments and features among saved definitions, and how often sources say traits anew: the most often where several do.
    init(_ definitions: [Definition]) {
        self.init()
        for definition in definitions {
            switch definition.kind {
            case .segment: segments[Text(definition.name)] = definition.body
            case .feature: features[Text(definition.name)] = definition.body
            case .source:
                // One that cannot be read promises nothing; `audit sources` tells of it.
                guard let agreement = try? definition.agreement(), let every = agreement.every?.milliseconds else { continue }
                for trait in agreement.traits { refresh[Text(trait)] = min(refresh[Text(trait)] ?? .max, every) }
            case .model, .offer, .identity, .unmerge: break
            }
        }
    }
}

extension Catalogue {
    /// The names that a store has seen; its paths are read when an expression mentions one.
    init(_ snapshot: any StoreSnapshot) throws {
        var names: [Text: Int] = [:]
        for (name, rows) in try snapshot.eventNames() { names[Text(name)] = rows }
        self.init(events: names) {
            // A store that cannot be read says so when the question is answered.
            (try? Paths(snapshot)) ?? Paths()
        }
    }
}

extension Catalogue.Paths {
    fileprivate init(_ snapshot: any StoreSnapshot) throws {
        var (properties, context, traits) = (Set<[Text]>(), Set<[Text]>(), Set<[Text]>())
        for kind in Message.Kind.allCases {
            for path in try snapshot.paths(kind: kind, event: nil) {
                let rest = path.dropFirst().map { Text($0) }
                switch path.first {
                case "properties": properties.insert(rest)
                case "context": context.insert(rest)
                case "traits" where kind == .identify: traits.insert(rest)
                default: break
                }
            }
        }
        self.init(properties: properties, context: context, traits: traits)
    }
}

/// Runs `body` and turns whatever it throws into the error that commands speak.
func attempt<Value>(_ body: () throws -> Value) throws(CommandError) -> Value {
    do { return try body() } catch { throw CommandError(any: error) }
}
