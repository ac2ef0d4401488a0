import Connectors

/// Where records are published.
struct PublishingPlan: Sendable {
    let address: BrokerAddress
    let exchange: String
    let routingKeys: DeliveryPlaces
    /// Whether a record that reaches no queue is refused; it is lost else.
    let isMandatory: Bool
    /// How long a batch may take.
    let timeout: Duration
}

/// Publishes records to an exchange, and waits until the broker has taken them.
typealias RabbitMQDestination = PublishingDestination<ExchangePublisher>

extension RabbitMQDestination {
    convenience init(_ plan: PublishingPlan) {
        self.init(
            "rabbitmq",
            probing: { () throws(ConnectorError) in
                let publisher = try ExchangePublisher(plan)
                publisher.close()
                return "the exchange \(plan.exchange.isEmpty ? "of all queues" : "`\(plan.exchange)`") is there."
            }, open: { () throws(ConnectorError) in try ExchangePublisher(plan) })
    }
}
