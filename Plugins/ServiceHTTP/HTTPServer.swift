public import EventModel
public import Foundation
import HummingbirdCore
import HummingbirdTLS
public import Logging
import NIOCore
import NIOPosix
import NIOSSL
public import Service
public import ServiceLifecycle

/// The worker's HTTP interface: collects messages as Segment's clients send them, and answers questions about people and segments.
///
/// Run it in a `ServiceGroup`. On graceful shutdown it takes no more connections, lets requests that are under way finish, ends
/// streams, and returns. `Documentation/HTTP.md` is the page for users.
public struct HTTPServer: ServiceLifecycle.Service {
    private let settings: HTTPSettings
    private let responder: Responder
    private let tls: TLSConfiguration?
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// Makes a server that does not listen yet.
    ///
    /// - Parameter keys: Who may do what; nobody else is let in. `HTTPSettings.accessKeys` reads them.
    /// - Parameter service: What the worker does.
    /// - Parameter now: The wall clock, which rates are counted by.
    /// - Parameter receivedAt: The time that messages are received at; nil: the wall clock's.
    /// - Parameter makeID: Makes the id of a message that has none; must never make one twice.
    /// - Parameter onListening: Is told the port once it is open.
    /// - Throws: `SettingsError` where the certificate or its key cannot be read.
    public init(
        settings: HTTPSettings, keys: [AccessKey], service: any WorkerService, logger: Logger, now: @escaping @Sendable () -> Instant,
        receivedAt: (@Sendable () -> Instant)? = nil,
        makeID: @escaping @Sendable () -> String = { UUID().uuidString.lowercased() },
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws(SettingsError) {
        (self.settings, self.logger, self.onListening) = (settings, logger, onListening)
        tls = try settings.tls.map(Self.load)
        let limits = settings.limits
        let ring = KeyRing(keys)
        let bodies = BodyReader(longest: limits.batchBytes, mostHeld: limits.heldBytes)
        let figures = HTTPFigures(bodies: bodies)
        let collecting =
            Route.sources(service) + Route.webhooks(service)
            + Route.collecting(
                Collector(service: service, ring: ring, limits: limits, receivedAt: receivedAt ?? now, makeID: makeID))
        let reading = Route.reading(service) + Route.evaluating(service) + Route.quarantine(service) + Route.people(service)
        var (routes, off): ([Route], [Route]) = ([], [])
        if settings.collects { routes += collecting } else { off += collecting }
        for route in reading {
            if settings.serves, settings.follows || !route.needsLive { routes.append(route) } else { off.append(route) }
        }
        routes += Route.state(service, figures: figures)
        figures.name(routes)
        responder = Responder(
            table: RouteTable(routes), off: RouteTable(off), ring: ring, bodies: bodies, figures: figures,
            crossOrigin: CrossOrigin(settings.origins),
            service: service, limits: limits, now: now, logger: logger)
    }

    /// Listens until graceful shutdown.
    ///
    /// - Throws: `SettingsError` where host and port cannot be listened on.
    public func run() async throws {
        let limits = settings.limits
        let (responder, figures) = (responder, responder.figures)
        let channel = HTTP1Channel(
            responder: { request, writer, channel in try await responder.respond(request, writer, channel) },
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [ConnectionGuard(limits: limits, figures: figures)],
                idleTimeout: .seconds(Int64(limits.idleSeconds)),
                httpDecoderConfiguration: .init(maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)))
        let configuration = ServerConfiguration(
            address: .hostname(settings.host, port: settings.port), backlog: 1_024,
            availableConnectionsDelegate: MaximumAvailableConnections(limits.connections))
        let onListening = onListening
        let onRunning: @Sendable (any Channel) async -> Void = { channel in await onListening(channel.localAddress?.port ?? 0) }
        let group = MultiThreadedEventLoopGroup.singleton
        let server: any ServiceLifecycle.Service
        if let tls {
            let secured = try TLSChannel(channel, tlsConfiguration: tls)
            server = secured.server(configuration: configuration, onServerRunning: onRunning, eventLoopGroup: group, logger: logger)
        } else {
            server = channel.server(configuration: configuration, onServerRunning: onRunning, eventLoopGroup: group, logger: logger)
        }
        do { try await server.run() } catch let error as IOError {
            throw SettingsError(
                at: ["port"], "\(settings.host):\(settings.port) cannot be listened on: \(error.description)",
                remedy: "Choose another host or port, or end the program that holds it.")
        }
    }

    private static func load(_ files: HTTPSettings.TLS) throws(SettingsError) -> TLSConfiguration {
        let certificates: [NIOSSLCertificateSource]
        do { certificates = try NIOSSLCertificate.fromPEMFile(files.certificate).map { .certificate($0) } } catch {
            throw SettingsError(
                at: ["tls", "certificate"], "\(files.certificate) is not a certificate that can be read",
                remedy: "Give a PEM file with the certificate first, then those that vouch for it.")
        }
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(file: files.privateKey, format: .pem) } catch {
            throw SettingsError(
                at: ["tls", "privateKey"], "\(files.privateKey) is not a private key that can be read",
                remedy: "Give the certificate's key as a PEM file without a passphrase, readable by the worker.")
        }
        return TLSConfiguration.makeServerConfiguration(certificateChain: certificates, privateKey: .privateKey(key))
    }
}
