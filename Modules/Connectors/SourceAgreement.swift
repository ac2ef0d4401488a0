public import EventModel

/// What a source of messages has agreed to: how often it brings something new, which traits it keeps fresh, and what they are for.
///
/// A source is who `context.source` names, else the library that sent the message.
public struct SourceAgreement: Sendable, Hashable {
    /// What messages call it.
    public let name: String
    /// The name that people see; nil where it has none.
    public let title: String?
    /// What its data is kept for; nil where nobody said.
    public let purpose: String?
    /// It brings something new at least so often; nil: whenever it likes.
    public let every: Duration?
    /// Top-level names of traits that it says anew each time.
    public let traits: [String]
    /// The share of what it says it sent that may be missing, or be there beyond it, without an alarm: 0 to 1.
    public let tolerance: Double

    /// What can be written in a file of the workspace.
    public static let descriptor = ConnectorDescriptor(
        name: "source", summary: "What a source of messages has agreed to.",
        settings: [
            .optional("title", .text, "The name that people see."),
            .optional("purpose", .text, "What its data is kept for."),
            .optional("every", .duration(.seconds(1)...(.seconds(3_650 * 86_400))), "How often it brings something new, at least."),
            .optional("traits", .texts, "Traits that it says anew each time, by their first names."),
            .optional(
                "tolerance", .number(0...100), "How much of what it says it sent may be missing without an alarm.", unit: "%", usual: "0"),
        ])

    /// Reads settings as they were written.
    ///
    /// - Parameter besides: Names that whoever reads the settings knows itself.
    /// - Throws: Everything that is wrong with them.
    public init(_ settings: JSONObject, name: String, besides: [String] = []) throws(SettingsErrors) {
        let known = try Self.descriptor.checked(settings, besides: besides, environment: [:])
        self.name = name
        title = known["title"]?.asString
        purpose = known["purpose"]?.asString
        every = known["every"]?.asString.flatMap { Duration(text: $0) }
        traits = (known["traits"]?.asArray ?? []).compactMap(\.asString)
        tolerance = (known["tolerance"]?.asDouble ?? 0) / 100
        guard traits.isEmpty || every != nil else {
            throw SettingsErrors([
                SettingsError(at: ["traits"], "nothing says how often these traits are said anew", remedy: "Write `every`, such as 1d.")
            ])
        }
    }

    /// The settings that this is read from, those that say nothing left out.
    public var json: JSONObject {
        var object = JSONObject()
        if let title { object.set("title", .string(title)) }
        if let purpose { object.set("purpose", .string(purpose)) }
        if let every { object.set("every", .string(every.text)) }
        if !traits.isEmpty { object.set("traits", .array(traits.map { .string($0) })) }
        if tolerance > 0 { object.set("tolerance", .number(tolerance * 100)) }
        return object
    }
}
