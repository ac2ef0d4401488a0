import Connectors
public import EventModel
import Foundation
public import Jobs
import Rules
public import Storage
import Yams

/// A settings file (`tessera.yaml`): its sections as values, and where in the file each of them stands.
public struct SettingsFile {
    private let path: String
    private let root: Node?
    /// The sections that a worker knows.
    private static let sections = ["cache", "caches", "connectors", "enrichers", "http", "identity", "jobs", "schemas", "trackingPlan"]

    /// No settings: every section has its defaults.
    public init() { (path, root) = ("", nil) }

    /// Reads a file.
    ///
    /// - Throws: `.missing` where it cannot be read; `.syntax`, with line and column, where it is not YAML or has an unknown section.
    public init(path: String) throws(CommandError) { try self.init(path: path, data: Self.data(path)) }

    /// What a file holds.
    static func data(_ path: String) throws(CommandError) -> Data {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError(.missing, "\(path) cannot be read. Check its name and permissions.")
        }
        return data
    }

    /// - Parameter data: What the file holds.
    init(path: String, data: Data) throws(CommandError) {
        self.path = path
        guard let text = String(validating: data, as: UTF8.self) else { throw CommandError(.damaged, "\(path) is not UTF-8.") }
        do { root = try Yams.compose(yaml: text) } catch let error as YamlError {
            throw CommandError(notYAML: error, in: path)
        } catch { throw CommandError(any: error) }
        guard let root else { return }
        if let error = CommandError(notUnderstood: root, in: path) { throw error }
        guard let mapping = root.mapping else {
            throw CommandError(.syntax, "\(path): sections such as `http:` were expected.", line: 1, column: 1)
        }
        for (key, _) in mapping where !Self.sections.contains(key.string ?? "") {
            let near = nearMatch(to: key.string ?? "", among: Self.sections).map { " Did you mean `\($0)`?" } ?? ""
            throw CommandError(
                .syntax,
                "\(path):\(key.mark?.line ?? 1): there is no section `\(key.string ?? "")`.\(near) Known: \(Self.sections.joined(separator: ", ")).",
                line: key.mark?.line, column: key.mark?.column)
        }
    }

    /// Whether there is nothing in it.
    public var isEmpty: Bool { root == nil }

    /// A section; nil where the file has none of that name.
    public subscript(section: String) -> JSONValue? { root?.mapping?[Node(section)].map { JSONValue($0) } }

    /// Where a section begins, for sentences: `tessera.yaml:7`; nil where the file has none of that name.
    public func place(of section: String) -> String? {
        guard let key = root?.mapping?.first(where: { $0.key.string == section })?.key else { return nil }
        return "\(path):\(key.mark?.line ?? 1)"
    }

    /// An error in a section, with the file and the line it stands in.
    public func located(_ error: SettingsError, in section: String) -> CommandError {
        guard let node = root?.mapping?[Node(section)] else { return CommandError(.usage, error.description) }
        let mark = node.mark(at: error.path)
        let place = "\(path):\(mark?.line ?? 1), \(([section] + error.path).joined(separator: "."))"
        return CommandError(.syntax, "\(place): \(error.problem). \(error.remedy)", line: mark?.line, column: mark?.column)
    }

    /// The tracking plan; nil where the file has none. Relative paths of its verifiers start from the file's folder.
    ///
    /// - Throws: `.syntax` with everything that is wrong, each with its line.
    public func trackingPlan(_ plugins: Plugins) throws(CommandError) -> TrackingPlan? {
        guard let section = self["trackingPlan"] else { return nil }
        do throws(SettingsErrors) {
            return try TrackingPlan(
                section, at: [],
                compiling: { text throws(PatternRefusal) in
                    do throws(PatternError) {
                        let pattern = try Pattern(text)
                        return { pattern.isFound(in: $0) }
                    } catch { throw PatternRefusal(error.message, remedy: error.hint) }
                }, verifiers: plugins.verifiers, folder: SettingsFolder(of: path), nearest: { nearMatch(to: $0, among: $1) })
        } catch {
            throw located(error.errors, in: "trackingPlan")
        }
    }

    /// What links identifiers; nil where the file does not say: the store's own rules then stand.
    ///
    /// - Throws: `.syntax` with everything that is wrong, each with its line.
    public func identityRules() throws(CommandError) -> IdentityRules? {
        guard let section = self["identity"] else { return nil }
        do throws(SettingsErrors) { return try IdentityRules(settings: section) } catch {
            throw located(error.errors, in: "identity")
        }
    }

    /// The bounds of kept answers about people; the defaults where the file does not say.
    ///
    /// - Throws: `.syntax` with everything that is wrong, each with its line.
    public func cacheLimits() throws(CommandError) -> ProfileCacheLimits {
        guard let section = self["cache"] else { return ProfileCacheLimits() }
        do throws(SettingsErrors) { return try ProfileCacheLimits(settings: section) } catch {
            throw located(error.errors, in: "cache")
        }
    }

    /// What runs when; no job where the file names none.
    ///
    /// - Parameter known: Names of the jobs that there are.
    /// - Throws: `.syntax` with everything that is wrong, each with its line.
    public func jobs(known: [String]) throws(CommandError) -> JobPlan {
        do throws(JobPlanError) { return try JobPlan(settings: self["jobs"] ?? .object(JSONObject()), at: [], known: known) } catch {
            throw located(error.faults, in: "jobs")
        }
    }

    /// The schemas; where the file names none, those of the platform's own records alone. Relative paths start from the
    /// file's folder.
    ///
    /// - Throws: `.syntax` with everything that is wrong, each with its line.
    public func schemas(_ plugins: Plugins) throws(CommandError) -> SchemaPlan {
        guard let section = self["schemas"] else { return SchemaPlan(registry: plugins.schemas) }
        do throws(SettingsErrors) {
            return try SchemaPlan(settings: section, registry: plugins.schemas, folder: SettingsFolder(of: path))
        } catch { throw located(error.errors, in: "schemas") }
    }

    /// The connectors; none where the file names none. Relative paths start from the file's folder.
    ///
    /// - Parameter environment: Where `env:` secrets are looked up.
    /// - Parameter isRunOnce: Whether one of them is run by hand, to its end.
    /// - Parameter report: Takes sentences of connectors for the log.
    /// - Throws: `.syntax` with everything that is wrong, each with its line.
    public func connectors(
        _ plugins: Plugins, environment: [String: String], isRunOnce: Bool = false,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(CommandError) -> ConnectorPlan {
        let caches = try caches(plugins, environment: environment, report: report)
        // A mistake among the schemas is told also where no connector names one.
        let payloads = try schemas(plugins).payloads
        var plan = ConnectorPlan()
        if let section = self["connectors"] {
            var context = context(plugins, report)
            (context.isRunOnce, context.caches, context.payloads) = (isRunOnce, caches.shared, payloads)
            do throws(SettingsErrors) {
                plan = try ConnectorPlan(settings: section, kinds: plugins.connectors, environment: environment, context: context)
            } catch { throw located(error.errors, in: "connectors") }
        }
        plan.caches = caches
        return plan
    }

    /// The caches that connectors may share; none where the file names none.
    ///
    /// - Parameter environment: Where `env:` secrets are looked up.
    /// - Parameter report: Takes sentences of caches for the log.
    /// - Throws: `.syntax` with everything that is wrong, each with its line.
    public func caches(
        _ plugins: Plugins, environment: [String: String], report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(CommandError) -> CachePlan {
        guard let section = self["caches"] else { return CachePlan() }
        do throws(SettingsErrors) {
            return try CachePlan(settings: section, kinds: plugins.caches, environment: environment, context: context(plugins, report))
        } catch { throw located(error.errors, in: "caches") }
    }

    private func context(_ plugins: Plugins, _ report: @escaping @Sendable (String) -> Void) -> ConnectorContext {
        ConnectorContext(
            formats: plugins.formats, folder: SettingsFolder(of: path).folder, report: report, now: ProgramStart.clock)
    }

    /// The enrichers; none where the file names none. Relative paths start from the file's folder.
    ///
    /// - Parameter environment: Where `env:` secrets are looked up.
    /// - Parameter report: Takes sentences of enrichers for the log.
    /// - Throws: `.syntax` with everything that is wrong, each with its line.
    public func enrichers(
        _ plugins: Plugins, environment: [String: String], report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(CommandError) -> EnricherPlan {
        guard let section = self["enrichers"] else { return EnricherPlan() }
        do throws(SettingsErrors) {
            return try EnricherPlan(
                settings: section, kinds: plugins.enrichers, environment: environment, context: context(plugins, report))
        } catch { throw located(error.errors, in: "enrichers") }
    }

    private func located(_ errors: [SettingsError], in section: String) -> CommandError {
        let located = errors.map { self.located($0, in: section) }
        return CommandError(
            .syntax, located.map(\.message).joined(separator: "\n"), line: located.first?.line, column: located.first?.column)
    }
}
