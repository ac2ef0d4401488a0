import ArgumentParser
import BuiltIn
import Platform

/// `digest`
struct Digest: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the SHA-256 of the text that an export of the whole store has: equal stores, equal digests.",
        discussion: """
            Example:

              tessera-archive digest --db shop.tessera
            """)

    @OptionGroup var store: StoreOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let tessera = store.tessera
        try output.show { interruption, _ throws(CommandError) in try tessera.digest(interruption: interruption) }
    }
}

/// `rebuild`
struct Rebuild: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the curated tables (profiles, traits, bounds, dedupe index) anew from the raw events.",
        discussion: """
            Example:

              tessera-archive rebuild --db shop.tessera
              tessera-archive rebuild --db shop.tessera --config tessera.yaml

            With --config the rules of its section `identity` take the place of the store's: who is who is then made anew by them.
            """)

    @OptionGroup var store: StoreOption
    @OptionGroup var output: FormatOption

    @Option(help: "A settings file; its section `identity` says what links people from now on. Default: the store's own rules.")
    var config: String?

    func run() throws {
        let (tessera, config) = (store.tessera, config)
        try output.show { interruption, _ throws(CommandError) in
            let rules = try config.map { path throws(CommandError) in try SettingsFile(path: path).identityRules() } ?? nil
            return try tessera.rebuild(rules: rules.map { ($0, at: ProgramStart.clock()) }, interruption: interruption)
        }
    }
}
