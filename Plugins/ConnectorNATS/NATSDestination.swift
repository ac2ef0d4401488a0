import Connectors

/// Publishes records, and waits until their streams have them.
typealias NATSDestination = PublishingDestination<JetStreamPublisher>

extension NATSDestination {
    convenience init(_ plan: PublishingPlan) {
        self.init(
            "nats", probing: { () throws(ConnectorError) in try JetStreamPublisher(plan).described() },
            open: { () throws(ConnectorError) in try JetStreamPublisher(plan) })
    }
}
