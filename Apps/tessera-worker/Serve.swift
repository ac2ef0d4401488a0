import ArgumentParser
import EventModel
import Foundation
import Logging
import Platform
import ServiceHTTP
import ServiceLifecycle
import UnixSignals

/// Collects messages over HTTP, keeps segments up to date, answers.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the worker until it is asked to end. This is what happens without a subcommand.",
        discussion: """
            Examples:

              tessera-worker --dev
              tessera-worker --db shop.tessera --config tessera.yaml
              tessera-worker --dev --roles collect

            With --dev it listens on this machine only, with the write key `dev` and the admin key `dev-admin`. Without it, keys stand by
            reference in the settings file: http: {keys: [{name: web, role: write, secret: "env:WEB_KEY"}]}.
            The settings file has the sections http, identity, trackingPlan, cache, caches, schemas, connectors, enrichers and jobs.
            """)

    @OptionGroup var place: WorkerPlace

    @Option(help: "The port to listen on; 0 picks one that is free. Default: that of the settings file, else 8080.")
    var port: Int?

    @Flag(help: "For trying: this machine only, write key `dev`, admin key `dev-admin`.")
    var dev = false

    @Option(
        help: """
            What it does, between commas: collect (takes messages), read (answers questions and decides), live (keeps segments up to date), \
            connectors (reads sources, delivers to destinations), jobs. Default: all of them. `read` and `collect` may also be switched off in the settings file.
            """,
        transform: { text in
            try text.split(separator: ",").map { word in
                let word = word.trimmingCharacters(in: .whitespaces)
                guard let role = WorkerRole(rawValue: word) else {
                    throw ValidationError(
                        "'\(word)' is no role. Choose from \(WorkerRole.allCases.map(\.rawValue).joined(separator: ", ")).")
                }
                return role
            }
        })
    var roles = WorkerRole.allCases

    func validate() throws {
        if let port, !(0...65_535).contains(port) { throw ValidationError("--port \(port) is not a port. Use 0 to 65535.") }
    }

    mutating func run() async throws {
        try await WorkerPlace.reporting { try await serve(place.makeLogger()) }
    }

    private func serve(_ logger: Logger) async throws {
        let environment = ProcessInfo.processInfo.environment
        let file = try place.settingsFile()
        let (settings, keys) = try httpSettings(file, environment)
        let jobs = try file.jobs(known: Worker.jobNames)
        // What is wrong with them is said now; later changes are refused in the log.
        _ = try place.connectors()
        let connectors = roles.contains(.connectors) ? try place.runningConnectors(logger) : nil
        let path = place.store
        let isNew = !FileManager.default.fileExists(atPath: path)
        let worker = try place.worker(file, logger, connectors: connectors, follows: roles.contains(.live))
        let greeting = Greeting(path: path, isNew: isNew, isDev: dev, hasKeys: !keys.isEmpty, host: settings.host)
        let server = try HTTPServer(
            settings: settings, keys: keys, service: worker, logger: logger, now: ProgramStart.clock, receivedAt: { worker.now },
            onListening: { port in Terminal.printError(greeting.text(port: port)) })
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)
        ]
        if roles.contains(.jobs) {
            services.append(.init(service: JobService(runner: worker.jobRunner(jobs, logger)), successTerminationBehavior: .ignore))
        }
        if let connectors {
            await connectors.begin(into: worker)
            services.append(
                .init(service: ConnectorService(connectors: connectors, worker: worker), successTerminationBehavior: .ignore))
        }
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(30)
        do { try await ServiceGroup(configuration: configuration).run() } catch {
            await worker.drain()
            throw error
        }
        await worker.drain()
    }

    /// The settings of the interface, and whom it lets in.
    private func httpSettings(_ file: SettingsFile, _ environment: [String: String]) throws(CommandError) -> (HTTPSettings, [AccessKey]) {
        do throws(SettingsError) {
            var settings = try file["http"].map { json throws(SettingsError) in try HTTPSettings(json: json) } ?? HTTPSettings()
            if let port { settings.port = port }
            settings.collects = settings.collects && roles.contains(.collect)
            settings.serves = settings.serves && roles.contains(.read)
            settings.follows = roles.contains(.live)
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
