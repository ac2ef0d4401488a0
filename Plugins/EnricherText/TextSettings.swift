public import Connectors
public import EventModel
import Foundation

/// Settings of `text`: which text is read, and what its traits are called.
public struct TextSettings: EnricherSettings {
    var part: String
    var prefix: String
    var lexicon: String?
    var keywords: Int?
    var purge: Bool?

    public static let descriptor = ConnectorDescriptor(
        name: "text", summary: "Reads a text: how its writer feels, and its keywords.",
        settings: [
            .required("part", .text, "The part of a message that is read: properties.body."),
            .required("prefix", .text, "What the traits begin with: `ticket` gives ticket_sentiment and ticket_keywords."),
            .optional("lexicon", .text, "A file of words and weights in place of the built-in one, which is English."),
            .optional("keywords", .integer(0...50), "How many keywords are kept.", usual: "10"),
            .optional("purge", .truth, "Whether the text is taken out of the message before that is stored.", usual: "false"),
        ])

    /// Checks the values and reads the lexicon.
    public func makeEnricher(_ context: ConnectorContext) throws(SettingsError) -> any Enricher {
        let names = part.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ !$0.isEmpty }) else {
            throw SettingsError(at: ["part"], "this is no path of names between dots", remedy: "Write one such as properties.body.")
        }
        return TextEnricher(
            part: names, purges: purge ?? false, prefix: prefix, keywords: keywords ?? 10, reading: TextReading(lexicon: try words(context))
        )
    }

    private func words(_ context: ConnectorContext) throws(SettingsError) -> Lexicon {
        var text = Lexicon.builtIn
        if let lexicon {
            let path = context.path(lexicon)
            guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 24,
                let own = String(validating: data, as: UTF8.self)
            else {
                throw SettingsError(
                    at: ["lexicon"], "\(path) is no text of at most 16 MiB",
                    remedy: "Name a file; a relative path starts from the settings file's folder.")
            }
            text = own
        }
        do throws(LexiconFault) { return try Lexicon(text) } catch {
            throw SettingsError(
                at: ["lexicon"], "line \(error.line): this is no word with its meaning",
                remedy: "Write `good 0.6`, `very *1.5`, `not negates` or `the stop`, each word once.")
        }
    }
}

struct TextEnricher: Enricher {
    let parts: [[String]]
    let purged: [[String]]
    private let prefix: String
    private let keywords: Int
    private let reading: TextReading

    init(part: [String], purges: Bool, prefix: String, keywords: Int, reading: TextReading) {
        (parts, purged) = ([part], purges ? [part] : [])
        (self.prefix, self.keywords, self.reading) = (prefix, keywords, reading)
    }

    func traits(of parts: [JSONValue?], at now: Instant) throws(ConnectorError) -> [GivenTraits] {
        guard let text = parts[0]?.asString, let found = reading.found(in: text, keywords: keywords) else { return [] }
        var traits = JSONObject([.init(prefix + "_sentiment", .number(found.sentiment))])
        if !found.keywords.isEmpty { traits.set(prefix + "_keywords", .array(found.keywords.map { .string($0) })) }
        return [GivenTraits(traits)]
    }
}
