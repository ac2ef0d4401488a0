public import Connectors
public import EventModel
import WebClient

/// Settings of `lookup`: an address that is asked about people, and what of its answers becomes traits.
public struct LookupSettings: DestinationSettings {
    var url: String
    var key: String
    var traits: SettingObject
    var purpose: String
    var ttl: String?
    var headers: SettingObject?
    var cache: String?
    var cacheEntries: Int?
    var cacheIn: String?
    var timeout: Double?
    var concurrency: Int?
    var insecure: Bool?

    public static let descriptor = ConnectorDescriptor(
        name: "lookup", summary: "Asks an address about the person of each message, and keeps parts of its JSON answers as traits.",
        settings: [
            .required("url", .text, "The address, with {key} where the key belongs: https, or http on this machine."),
            .required("key", .text, "The part of a message that is looked up: userId, traits.email, properties.sku."),
            .required("traits", .object(withSecrets: false), "Traits, each with the part of the answer it is: {company: company.name}."),
            .required("purpose", .text, "What the traits may be used for: `context.purpose` of the messages that carry them."),
            .optional(
                "ttl", .duration(.seconds(1)...(.seconds(86_400 * 36_500))), "For how long the traits hold.",
                usual: "until others replace them"),
            .optional("headers", .object(withSecrets: true), "Headers that every request has, texts by their names."),
            .optional(
                "cache", .duration(.seconds(1)...(.seconds(86_400 * 366))), "For how long an answer stands for its key.", usual: "1h"),
            .optional("cacheEntries", .integer(1...1_000_000), "Answers that are kept in memory at most.", usual: "10000"),
            .optional("cacheIn", .text, "The cache of the section `caches` that keeps the answers.", usual: "memory of its own"),
            .optional("timeout", .number(0.05...3_600), "After how long without an answer a request has failed.", unit: "s", usual: "15"),
            .optional("concurrency", .integer(1...WebClient.mostConnections), "Requests at once.", usual: "4"),
            .optional("insecure", .truth, "Whether http may be spoken to other machines.", usual: "false"),
        ])

    /// Nothing is connected to before the first batch.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        let service = LookupService(
            address: try LookupAddress(url, isInsecure: insecure ?? false), headers: try WebHeaders(headers),
            timeout: .milliseconds(Int64((timeout ?? 15) * 1_000)), now: context.now)
        let wanted = LookupTraits(
            paths: try parts(), purpose: purpose, timeToLive: ttl.flatMap { Duration(text: $0) })
        return LookupDestination(
            service: service, key: try Self.path(key, at: ["key"]), traits: wanted,
            answers: AnswerShelf(
                cache: try answers(context), url: url, lifetime: cache.flatMap { Duration(text: $0) } ?? .seconds(3_600)),
            concurrency: concurrency ?? 4)
    }

    /// Where answers are kept.
    private func answers(_ context: ConnectorContext) throws(SettingsError) -> OptionalCache {
        guard let cacheIn else {
            return OptionalCache(MemoryCache(most: cacheEntries ?? MemoryCacheSettings.usualEntries, now: context.now), context)
        }
        if cacheEntries != nil {
            throw SettingsError(
                at: ["cacheEntries"], "the cache `\(cacheIn)` has a bound of its own", remedy: "Leave it out, and write `entries` there.")
        }
        return try context.cache(called: cacheIn, at: ["cacheIn"])
    }

    private func parts() throws(SettingsError) -> [(trait: String, path: [String])] {
        guard (1...GivenTraits.mostTraits).contains(traits.object.members.count) else {
            throw SettingsError(
                at: ["traits"], "these are not 1 to \(GivenTraits.mostTraits) traits", remedy: "Write {company: company.name}.")
        }
        var parts: [(trait: String, path: [String])] = []
        for member in traits.object.members {
            guard let text = member.value.asString, !member.name.isEmpty else {
                throw SettingsError(
                    at: ["traits", member.name], "this is no part of an answer", remedy: "Write names between dots, such as company.name.")
            }
            parts.append((member.name, try Self.path(text, at: ["traits", member.name])))
        }
        return parts
    }

    /// Names between dots.
    private static func path(_ text: String, at place: [String]) throws(SettingsError) -> [String] {
        let names = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ !$0.isEmpty }) else {
            throw SettingsError(at: place, "this is no path of names between dots", remedy: "Write one such as properties.sku.")
        }
        return names
    }
}
