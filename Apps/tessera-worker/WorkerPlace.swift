import ArgumentParser
import BuiltIn
import Connectors
import EventModel
import Foundation
import Logging
import Platform

/// Where a worker finds its store, its definitions and its settings.
struct WorkerPlace: ParsableArguments {
    @Option(help: "The store; made where there is none. Default: $TESSERA_DB, else ./customers.tessera.")
    var db: String?

    @Option(help: "A folder of definitions: segments/*.segment, features/*.yaml, offers/*.yaml, and tessera.yaml.")
    var workspace: String?

    @Option(help: "The settings file. Default: tessera.yaml of the workspace, where it has one.")
    var config: String?

    /// The store's file.
    var store: String { db ?? Tessera.defaultPath(environment: ProcessInfo.processInfo.environment) }

    /// Path of the settings file, where there is one.
    var settings: String? {
        config ?? workspace.map { $0 + "/tessera.yaml" }.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
    }

    /// The settings; every section has its defaults where there is no file.
    func settingsFile() throws(CommandError) -> SettingsFile {
        try settings.map { path throws(CommandError) in try SettingsFile(path: path) } ?? SettingsFile()
    }

    /// The worker, at work.
    ///
    /// - Parameter connectors: Told of in the worker's figures.
    /// - Parameter follows: Whether segments are kept up to date.
    func worker(
        _ file: SettingsFile, _ logger: Logger, connectors: RunningConnectors? = nil, follows: Bool = true
    ) throws(CommandError) -> Worker {
        try Worker(
            tessera: Tessera(path: store, plugins: .builtIn), workspace: workspace.map { Workspace(folder: $0) },
            settings: settings, environment: ProcessInfo.processInfo.environment, rules: file.identityRules(), cache: file.cacheLimits(),
            connectors: connectors, follows: follows,
            clock: ProgramStart.clock,
            report: { logger.warning("\($0)") })
    }

    /// Logs to standard error.
    func makeLogger() -> Logger {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        return Logger(label: "tessera-worker")
    }

    /// Prints what a command found.
    static func show(_ result: any CommandResult) {
        Terminal.print(result.rendered(as: Terminal.defaultFormat, on: Terminal.canvas))
    }

    /// Runs something and tells its errors as all programs do.
    static func reporting(_ work: () async throws -> Void) async throws {
        do { try await work() } catch let error as CommandError {
            throw ExitCode(error.report(as: Terminal.defaultFormat))
        } catch let error as ConnectorError {
            throw ExitCode(CommandError(.failed, error.description).report(as: Terminal.defaultFormat))
        } catch let error as SettingsError {
            throw ExitCode(CommandError(.usage, error.description).report(as: Terminal.defaultFormat))
        }
    }
}
