import CCurl
import Connectors
import EventModel

/// Makes mails of records and hands them over to a server, one after another on one connection.
final class SMTPDestination: Destination {
    /// `@unchecked`: only the queue touches it.
    private final class Memory: @unchecked Sendable {
        var settled = SettledRecords()
    }
    private let server: SMTPServer
    private let template: MailTemplate
    private let now: @Sendable () -> Instant
    private let queue = BlockingQueue("smtp")
    private let memory = Memory()

    init(_ server: SMTPServer, _ template: MailTemplate, now: @escaping @Sendable () -> Instant) {
        (self.server, self.template, self.now) = (server, template, now)
    }

    func probe() async throws(ConnectorError) -> String {
        try await queue.run { [server] cancellation throws(ConnectorError) in
            let outcome = try SMTPConnection(server).probe(cancellation)
            guard outcome.end == TESSERA_SMTP_OK else { throw server.error(outcome) }
            let parts = [
                server.security == .none ? "it is spoken to without TLS" : "it is spoken to with TLS",
                server.user == nil ? "nobody logs in" : "the user is let in",
                outcome.mostBytes.map { "it takes mails of up to \($0) bytes" },
            ]
            return "\(server.shown) is there; " + parts.compactMap(\.self).joined(separator: ", ") + "."
        }
    }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        if batch.isEmpty { return DeliveryReceipt() }
        return try await queue.run { [server, template, now, memory] cancellation throws(ConnectorError) in
            // What is known of a batch that failed is not sent again.
            var round = MailRound(batch, memory.settled.lots(of: batch), to: try SMTPConnection(server), of: server, cancellation)
            do throws(ConnectorError) { try round.send(template, now: now) } catch {
                memory.settled.keep(round.lots, of: batch)
                throw error
            }
            memory.settled.forget(batch)
            return DeliveryReceipt(round.lots)
        }
    }
}

/// One go at the records of a batch.
private struct MailRound {
    private let batch: DeliveryBatch
    private let connection: SMTPConnection
    private let server: SMTPServer
    private let cancellation: Cancellation
    /// What is known of the records.
    private(set) var lots: [RecordLot]
    /// Why the first mail was put off that the server does not take now.
    private var firstDeferral: ConnectorError?
    private var deferralsInRow = 0
    /// People a mail to whom was put off: later ones wait for it.
    private var held: Set<String> = []

    /// So many mails are put off one after another before the server is taken for one that takes none now.
    private static let mostDeferrals = 5

    init(
        _ batch: DeliveryBatch, _ lots: [RecordLot], to connection: SMTPConnection, of server: SMTPServer,
        _ cancellation: Cancellation
    ) {
        (self.batch, self.lots, self.connection, self.server, self.cancellation) = (batch, lots, connection, server, cancellation)
    }

    /// Sends what nobody knows of yet.
    mutating func send(_ template: MailTemplate, now: () -> Instant) throws(ConnectorError) {
        // One is held back until the next is made, so that the last one is known for it.
        var waiting: (place: Int, mail: Mail)?
        for place in lots.indices where lots[place] == .unknown {
            switch template.finding(batch.records[place].kind, key: batch.key(place), json: batch.json(place), now: now()) {
            case .unwanted: lots[place] = .arrived
            case .refused(let reason): lots[place] = .refused(reason)
            case .mail(let mail):
                if let waiting { try send(waiting.mail, at: waiting.place, isLast: false) }
                waiting = (place, mail)
            }
        }
        if let waiting { try send(waiting.mail, at: waiting.place, isLast: true) }
        if let firstDeferral { throw firstDeferral }
    }

    private mutating func send(_ mail: Mail, at place: Int, isLast: Bool) throws(ConnectorError) {
        if cancellation.hasHappened { throw .cancelled(server.shown) }
        let profile = batch.profile(place)
        if held.contains(profile) { return }
        switch try server.verdict(connection.send(mail, isLast: isLast, cancellation)) {
        case .arrived: (lots[place], deferralsInRow) = (.arrived, 0)
        case .refused(let reason): (lots[place], deferralsInRow) = (.refused(reason), 0)
        case .deferred(let error):
            deferralsInRow += 1
            if deferralsInRow == Self.mostDeferrals { throw error }
            firstDeferral = firstDeferral ?? error
            if !profile.isEmpty { held.insert(profile) }
        }
    }
}
