import ArgumentParser
import BuiltIn
import Foundation
import Platform

/// `import`
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read archives of events into a store, which is made if need be.",
        discussion: """
            Examples:

              tessera-archive import --db shop.tessera events.ndjson.gz
              tessera-archive import --mapping Tools/samples/online_retail.yaml online_retail.csv.gz
              zcat events.gz | tessera-archive import -

            Files are gzip or plain, read in the order given. A bad line is refused with its reason and the import goes on. Importing the
            same archive twice changes nothing. After Ctrl-C or a crash the same command with --resume goes on.
            """)

    @OptionGroup var store: StoreOption
    @OptionGroup var output: FormatOption

    @Option(help: "The files' format: \(Plugins.builtIn.importFormats.joined(separator: ", ")). Default: what the file looks like.")
    var inputFormat: String?

    @Option(help: "What a table's columns mean (YAML).")
    var mapping: String?

    @Flag(help: "Go on where an earlier import of the same files stopped.")
    var resume = false

    @Flag(help: "Go past damaged members and files; the exit status is still 1.")
    var keepGoing = false

    @Option(help: "The file for refused records. Default: a folder beside the store.")
    var rejects: String?

    @Option(help: "Most bytes of text for each byte of a file. Default: 200.")
    var maxRatio: Int?

    @Option(help: "Longest line in bytes; longer ones are refused. Default: 1048576.")
    var maxLine: Int?

    @Option(help: "A file with the key of encrypted archives: 32 bytes in base64.")
    var key: String?

    @Option(help: "A file that gets the JSON result too, whatever is printed.")
    var result: String?

    @Option(help: "Threads to use.")
    var threads: Int = 2

    @Argument(help: "Files; - is standard input.")
    var files: [String]

    func validate() throws {
        if threads < 1 { throw ValidationError("--threads \(threads) is too few. Use 1 or more.") }
        if let maxRatio, maxRatio < 1 { throw ValidationError("--max-ratio \(maxRatio) is too small. Use 1 or more.") }
        if let maxLine, maxLine < 64 { throw ValidationError("--max-line \(maxLine) is too small. Use 64 or more.") }
        if resume, files.contains("-") { throw ValidationError("Standard input cannot be resumed. Leave --resume out, or import a file.") }
    }

    func run() throws {
        var request = ImportRequest(files: files)
        request.format = inputFormat
        request.mapping = mapping
        request.resume = resume
        request.keepGoing = keepGoing
        request.rejects = rejects
        request.maxRatio = maxRatio
        request.maxLine = maxLine
        request.keyFile = key
        request.threads = threads
        let (tessera, asked, result) = (store.tessera, request, result)
        try output.showAlsoWhenFailed { interruption, bar throws(CommandError) in
            let (summary, failure) = try tessera.importFiles(asked, interruption: interruption) { bar.say($0) }
            if let result { try summary.write(to: result) }
            return (summary.files.isEmpty ? nil : summary, failure)
        }
    }
}
