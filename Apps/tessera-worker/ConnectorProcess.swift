import ArgumentParser
import ConnectorLibrary

/// `connector-process`: the process that a library of connectors runs in. The worker starts it; it is not for use by hand.
struct ConnectorProcess: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: LibraryHelper.command, shouldDisplay: false)
    @Argument var library: String
    @Argument(help: "Bytes of memory that it may use.") var memory: UInt

    func run() { LibraryHelper.serve(library, bytes: memory) }
}
