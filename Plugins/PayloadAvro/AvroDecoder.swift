import CAvro
import Connectors
import EventModel
import Foundation

/// Reads values with libavro, one after another. Confined to one thread.
final class AvroDecoder {
    private let consumers: AvroConsumers
    private let count: Int
    private let longest: Int
    private let reader: avro_reader_t?

    /// - Parameter bytes: They outlive it.
    /// - Parameter longest: Bytes of JSON that a value may become, at most.
    init(_ consumers: AvroConsumers, _ bytes: UnsafeRawBufferPointer, longest: Int) {
        (self.consumers, self.longest, count) = (consumers, longest, bytes.count)
        // No bytes need not begin anywhere, and libavro wants a place all the same.
        let start = bytes.baseAddress ?? UnsafeRawPointer(("" as StaticString).utf8Start)
        reader = avro_reader_memory(start.assumingMemoryBound(to: CChar.self), Int64(bytes.count))
    }

    deinit { if let reader { avro_reader_free(reader) } }

    /// The next value of the resolution's root.
    func value() throws(PayloadError) -> JSONValue { try AvroLibrary.alone(next) }

    /// The same, for those who are alone with the library already.
    func next() throws(PayloadError) -> JSONValue {
        let reading = AvroReading(consumers, longest: longest)
        let root = consumers.resolution.root
        do throws(AvroReading.Problem) { try reading.begin(root) } catch { throw wrong(error.what) }
        guard let reader else { throw wrong("there is no memory to read it") }
        tessera_avro_begin_reading(count + 1)
        let answer = avro_consume_binary(reader, consumers[root], Unmanaged.passUnretained(reading).toOpaque())
        tessera_avro_end_reading()
        if let problem = reading.problem { throw wrong(problem.what) }
        guard answer == 0, let value = reading.value else { throw wrong(Self.told(answer)) }
        return value
    }

    /// What the library's errors mean.
    private static func told(_ answer: Int32) -> String {
        switch answer {
        case EILSEQ: "a number has more than 64 bits"
        case ERANGE: "an int has more than 32 bits"
        case ENOSPC: "it ends within a value"
        default: "a length is impossible"
        }
    }

    /// Bytes that are not read yet. Nothing is read behind it.
    func countRest() -> Int { AvroLibrary.alone(passOver) }

    /// The library does not tell where it stands: passing over what is left, in the largest steps that it takes, does.
    private func passOver() -> Int {
        guard let reader else { return 0 }
        var rest = 0
        var step = 1 << (Int.bitWidth - 1 - max(count, 1).leadingZeroBitCount)
        while step > 0 {
            if avro_skip(reader, Int64(step)) == 0 { rest += step }
            step /= 2
        }
        return rest
    }

    // Only those who are alone with the library come here.
    private func wrong(_ what: String) -> PayloadError { PayloadError("At byte \(count - passOver()) of \(count), \(what).") }

    /// - Throws: Where bytes are left.
    func checkEnd() throws(PayloadError) {
        let rest = countRest()
        if rest > 0 { throw PayloadError("At byte \(count - rest) of \(count), \(rest) bytes follow the record's end.") }
    }
}
