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
            """)

    @OptionGroup var store: StoreOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let tessera = store.tessera
        try output.show { interruption, _ throws(CommandError) in try tessera.rebuild(interruption: interruption) }
    }
}
