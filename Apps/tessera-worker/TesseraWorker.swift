import ArgumentParser
import BuiltIn
import EventModel
import Foundation
import Logging
import Platform
import ServiceHTTP
import ServiceLifecycle
import UnixSignals

/// The daemon: collects messages over HTTP, keeps segments up to date, answers.
struct TesseraWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tessera-worker",
        abstract: "Collect customer events over HTTP, keep every segment up to date by events and by the clock, and answer who is where.",
        discussion: """
            Examples:

              tessera-worker --dev
              tessera-worker --db shop.tessera --config tessera.yaml

            With --dev it listens on this machine only, with the write key `dev` and the admin key `dev-admin`. Without it, keys stand by
            reference in the settings file: http: {keys: [{name: web, role: write, secret: "env:WEB_KEY"}]}.
            SIGTERM and Ctrl-C finish what was begun and end with 0. Logs go to standard error.
            """)

    @Option(help: "The store; made where there is none. Default: $TESSERA_DB, else ./customers.tessera.")
    var db: String?

    @Option(help: "A folder of definitions: segments/*.segment, features/*.yaml, and tessera.yaml.")
    var workspace: String?

    @Option(help: "The settings file. Default: tessera.yaml of the workspace, where it has one.")
    var config: String?

    @Option(help: "The port to listen on; 0 picks one that is free. Default: that of the settings file, else 8080.")
    var port: Int?

    @Flag(help: "For trying: this machine only, write key `dev`, admin key `dev-admin`.")
    var dev = false

    func validate() throws {
        if let port, !(0...65_535).contains(port) { throw ValidationError("--port \(port) is not a port. Use 0 to 65535.") }
    }

    mutating func run() async throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let logger = Logger(label: "tessera-worker")
        do {
            try await serve(logger)
        } catch let error as CommandError {
            throw ExitCode(error.report(as: Terminal.defaultFormat))
        } catch let error as SettingsError {
            throw ExitCode(CommandError(.usage, error.description).report(as: Terminal.defaultFormat))
        }
    }

    private func serve(_ logger: Logger) async throws {
        let environment = ProcessInfo.processInfo.environment
        let file = try settingsFile()
        let (settings, keys) = try httpSettings(file, environment)
        let plan = try file.trackingPlan()
        let path = db ?? Tessera.defaultPath(environment: environment)
        let isNew = !FileManager.default.fileExists(atPath: path)
        let clock: @Sendable () -> Instant = { Instant(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))) }
        let worker = try Worker(
            tessera: Tessera(path: path, plugins: .builtIn), workspace: workspace.map { Workspace(folder: $0) }, plan: plan,
            clock: clock, report: { logger.warning("\($0)") })
        let greeting = Greeting(path: path, isNew: isNew, isDev: dev, hasKeys: !keys.isEmpty, host: settings.host)
        let server = try HTTPServer(
            settings: settings, keys: keys, service: worker, logger: logger, now: clock,
            onListening: { port in Terminal.printError(greeting.text(port: port)) })
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(30)
        do { try await ServiceGroup(configuration: configuration).run() } catch {
            await worker.drain()
            throw error
        }
        await worker.drain()
    }

    private func settingsFile() throws(CommandError) -> SettingsFile {
        let inWorkspace = workspace.map { $0 + "/tessera.yaml" }.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
        return try (config ?? inWorkspace).map { path throws(CommandError) in try SettingsFile(path: path) } ?? SettingsFile()
    }

    /// The settings of the interface, and whom it lets in.
    private func httpSettings(_ file: SettingsFile, _ environment: [String: String]) throws(CommandError) -> (HTTPSettings, [AccessKey]) {
        do throws(SettingsError) {
            var settings = try file["http"].map { json throws(SettingsError) in try HTTPSettings(json: json) } ?? HTTPSettings()
            if let port { settings.port = port }
            var keys = try settings.accessKeys(environment: environment)
            if dev {
                settings.host = "127.0.0.1"
                keys += [
                    AccessKey(name: "dev", role: .write, secret: "dev"), AccessKey(name: "dev-admin", role: .admin, secret: "dev-admin"),
                ]
            }
            return (settings, keys)
        } catch { throw file.located(error, in: "http") }
    }
}
