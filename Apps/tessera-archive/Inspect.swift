import ArgumentParser
import Platform

/// `verify`
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that archives are whole: every gzip member, and of Tessera's own every line, the counts and the hash.",
        discussion: """
            Example:

              tessera-archive verify shop.gz events.ndjson.gz
            """)

    @OptionGroup var output: FormatOption

    @Option(help: "A file with the key of encrypted archives.")
    var key: String?

    @Argument(help: "Files; - is standard input.")
    var files: [String]

    func run() throws { try output.inspect(files, key: key, verdictOnly: true) }
}

/// `info`
struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what archives hold: format, members, lines, counts.",
        discussion: """
            Example:

              tessera-archive info shop.gz
            """)

    @OptionGroup var output: FormatOption

    @Option(help: "A file with the key of encrypted archives.")
    var key: String?

    @Argument(help: "Files; - is standard input.")
    var files: [String]

    func run() throws { try output.inspect(files, key: key, verdictOnly: false) }
}

extension FormatOption {
    fileprivate func inspect(_ files: [String], key: String?, verdictOnly: Bool) throws {
        try showAlsoWhenFailed { interruption, _ throws(CommandError) in
            let (result, failure) = try Tessera.inspect(files, keyFile: key, verdictOnly: verdictOnly, interruption: interruption)
            return (result.entries.isEmpty ? nil : result, failure)
        }
    }
}
