import CKafka
import Connectors
import EventModel
import Secrets

/// How a cluster is reached: its brokers, and what the settings hand on to librdkafka.
struct KafkaConnection: Sendable {
    /// One property of librdkafka.
    struct Property: Sendable {
        var name: String
        var value: String
    }
    /// `host:port`, separated by commas.
    let brokers: String
    private let properties: [Property]
    private let secrets: [Secret]

    /// Properties that the connector's promises rest on.
    private static let own: Set<String> = [
        "bootstrap.servers", "metadata.broker.list", "group.id", "enable.idempotence", "acks", "request.required.acks",
        "message.timeout.ms",
        "delivery.timeout.ms", "retries", "message.send.max.retries", "enable.auto.commit", "enable.auto.offset.store",
        "auto.offset.reset", "enable.partition.eof", "auto.commit.enable", "offset.store.method", "transactional.id", "log_level", "debug",
        "enable.gapless.guarantee",
    ]

    /// Checks the settings; nothing is connected to.
    ///
    /// - Parameter path: Makes a path of the settings one that the process can open.
    init(brokers: [String], properties: SettingObject?, path: (String) -> String) throws(SettingsError) {
        for (index, broker) in brokers.enumerated() where !Self.isBroker(broker) {
            throw SettingsError(at: ["brokers", "\(index)"], "this is no broker", remedy: "Write one as kafka-1.example.com:9092.")
        }
        guard !brokers.isEmpty else {
            throw SettingsError(at: ["brokers"], "there is no broker", remedy: "Write one or more, such as [kafka-1.example.com:9092].")
        }
        self.brokers = brokers.joined(separator: ",")
        secrets = properties?.secrets ?? []
        var checked: [Property] = []
        guard let conf = rd_kafka_conf_new() else { preconditionFailure("no memory") }
        defer { rd_kafka_conf_destroy(conf) }
        for member in properties?.object.members ?? [] {
            func wrong(_ problem: String, _ remedy: String) -> SettingsError {
                SettingsError(at: ["properties", member.name], problem, remedy: remedy)
            }
            if Self.own.contains(member.name) {
                throw wrong("this property is the connector's own", "Leave it out.")
            }
            guard var value = Self.text(of: member.value) else { throw wrong("this is no text, number or truth", "Write it in quotes.") }
            if member.name.hasSuffix(".location"), !value.contains(":") { value = path(value) }
            // What librdkafka says of a value may show it, and it may be a secret.
            switch rd_kafka_conf_set(conf, member.name, value, nil, 0) {
            case RD_KAFKA_CONF_OK: checked.append(Property(name: member.name, value: value))
            case RD_KAFKA_CONF_UNKNOWN:
                throw wrong("librdkafka has no such property", "Write one of its configuration page (CONFIGURATION.md).")
            default: throw wrong("this is not a value that librdkafka takes there", "Look at its configuration page (CONFIGURATION.md).")
            }
        }
        self.properties = checked
    }

    private static func isBroker(_ text: String) -> Bool {
        !text.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "@") || $0 >= 0x7f } && !text.contains("://")
    }

    private static func text(of value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): "\(number)"
        case .unsigned(let number): "\(number)"
        case .bool(let truth): truth ? "true" : "false"
        case .number: value.text
        case .null, .array, .object: nil
        }
    }

    /// Begins to speak to the cluster. Whoever gets the handle destroys it.
    ///
    /// - Parameter usual: What holds where the settings say nothing.
    /// - Parameter own: What holds whatever they say.
    func open(
        _ type: rd_kafka_type_t, usual: [Property] = [], own: [Property] = [], events: KafkaEvents
    ) throws(ConnectorError) -> OpaquePointer {
        guard let conf = rd_kafka_conf_new() else { preconditionFailure("no memory") }
        let always = [Property(name: "bootstrap.servers", value: brokers), Property(name: "client.id", value: "tessera")]
        for property in always + usual + properties + own {
            guard rd_kafka_conf_set(conf, property.name, property.value, nil, 0) == RD_KAFKA_CONF_OK else {
                rd_kafka_conf_destroy(conf)
                throw ConnectorError(
                    .mendSettings, at: brokers, "the installed librdkafka does not take the property \(property.name)",
                    remedy: "Install version 2.0 or newer, or mend the property.")
            }
        }
        events.listen(on: conf)
        var reason = [CChar](repeating: 0, count: 512)
        guard let handle = rd_kafka_new(type, conf, &reason, reason.count) else {
            rd_kafka_conf_destroy(conf)
            throw ConnectorError(
                .mendSettings, at: brokers, "librdkafka refuses the settings: \(masked(KafkaEvents.text(reason)))",
                remedy: "Mend `properties`.")
        }
        return handle
    }

    /// A text of librdkafka without secrets, on one line, and without its full stop.
    func masked(_ text: String) -> String {
        var text = text
        for secret in secrets where !secret.value.isEmpty { text = text.replacing(secret.value, with: "(secret)") }
        text = String(text.prefix(300)).replacing("\n", with: " ")
        while let last = text.last, last == "." || last == " " { text.removeLast() }
        return text
    }
}
