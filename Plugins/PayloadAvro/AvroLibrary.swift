import CAvro
import Connectors
import Foundation

/// libavro, asked by one thread at a time: its last error stands in one place for the whole process.
///
/// It reads and writes bytes. What it does not know is Tessera's own: defaults, aliases, logical types, and which version reads which.
enum AvroLibrary {
    private static let turn = {
        tessera_avro_set_allocator()
        return NSLock()
    }()

    /// To be done before the library is asked for anything.
    static func prepare() { _ = turn }

    /// Does something that may set or read the library's last error. Whoever is in it does not come here again.
    static func alone<Answer, Failure>(_ work: () throws(Failure) -> Answer) throws(Failure) -> Answer {
        turn.lock()
        defer { turn.unlock() }
        return try work()
    }

    /// - Throws: Where an answer of the library is not 0: memory is short then.
    static func check(_ answer: Int32) throws(PayloadError) {
        if answer != 0 { throw PayloadError("There is no memory for the record.") }
    }
}
