/// One number that a worker tells of itself.
public struct ServiceFigure: Sendable, Hashable {
    /// Whether it only grows until the worker ends, or goes up and down.
    public enum Kind: String, Sendable { case counter, gauge }
    /// In Prometheus's manner: `tessera_messages_accepted_total`.
    public var name: String
    /// Counter or gauge.
    public var kind: Kind
    /// One sentence.
    public var help: String
    /// Names and values; values are escaped by who writes them down.
    public var labels: [String: String]
    /// The number, in the unit that the name says.
    public var value: Double

    /// Joins the parts.
    public init(_ name: String, _ kind: Kind, help: String, labels: [String: String] = [:], value: Double) {
        (self.name, self.kind, self.help, self.labels, self.value) = (name, kind, help, labels, value)
    }
}
