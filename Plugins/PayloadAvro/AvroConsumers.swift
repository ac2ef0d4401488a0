import CAvro
import Foundation

/// What libavro gives values to that it reads: a consumer for each action of a resolution, at the action's place.
///
/// A consumer's schema says no more than which kind of bytes comes next: what lies within is asked for, one value after another.
final class AvroConsumers: @unchecked Sendable {  // Nothing of it changes once it is made.
    let resolution: AvroResolution
    private let all: UnsafeMutablePointer<avro_consumer_t>

    init(_ resolution: AvroResolution) {
        AvroLibrary.prepare()
        self.resolution = resolution
        all = .allocate(capacity: resolution.actions.count)
        for (place, action) in resolution.actions.enumerated() {
            all.advanced(by: place).initialize(to: avro_consumer_t(schema: Self.schema(of: action)))
        }
    }

    deinit {
        for place in resolution.actions.indices { avro_schema_decref(all[place].schema) }
        all.deallocate()
    }

    /// Of the action at a place.
    subscript(place: Int) -> UnsafeMutablePointer<avro_consumer_t> { all.advanced(by: place) }

    func place(of consumer: UnsafeMutablePointer<avro_consumer_t>) -> Int { consumer - all }

    private static func schema(of action: AvroResolution.Action) -> avro_schema_t? {
        switch action {
        // Of what is never read, and of what has no bytes, which libavro cannot allocate.
        case .null, .refused, .fixed(0, _): avro_schema_null()
        case .boolean: avro_schema_boolean()
        case .integer(let isInt, _, _): isInt ? avro_schema_int() : avro_schema_long()
        case .float: avro_schema_float()
        case .double: avro_schema_double()
        case .text: avro_schema_string()
        case .bytes: avro_schema_bytes()
        case .fixed(let size, _): avro_schema_fixed("fixed", Int64(size))
        case .symbol: avro_schema_enum("enum")
        case .array: avro_schema_array(avro_schema_null())
        case .map: avro_schema_map(avro_schema_null())
        case .branch: avro_schema_union()
        case .record(let record): schema(ofRecordWith: record.steps.count)
        }
    }

    private static func schema(ofRecordWith count: Int) -> avro_schema_t? {
        let schema = avro_schema_record("record", nil)
        for number in 0..<count { avro_schema_record_field_append(schema, "f\(number)", avro_schema_null()) }
        return schema
    }
}

extension avro_consumer_t {
    /// One that tells an `AvroReading`, which every callback is given.
    fileprivate init(schema: avro_schema_t?) {
        self.init()
        self.schema = schema
        null_value = { consumer, reading in tell(reading, consumer) { try $0.null(at: $1) } }
        boolean_value = { consumer, truth, reading in tell(reading, consumer) { reading, _ in try reading.boolean(truth) } }
        int_value = { consumer, number, reading in tell(reading, consumer) { try $0.integer(Int64(number), at: $1) } }
        long_value = { consumer, number, reading in tell(reading, consumer) { try $0.integer(number, at: $1) } }
        float_value = { consumer, number, reading in tell(reading, consumer) { reading, _ in try reading.float(Double(number)) } }
        double_value = { consumer, number, reading in tell(reading, consumer) { reading, _ in try reading.float(number) } }
        enum_value = { consumer, number, reading in tell(reading, consumer) { try $0.symbol(Int(number), at: $1) } }
        string_value = { consumer, bytes, length, reading in
            defer { tessera_avro_free(bytes) }
            // The library counts the zero behind the text, too.
            return tell(reading, consumer) { try $0.text(UnsafeRawBufferPointer(start: bytes, count: length - 1), at: $1) }
        }
        bytes_value = { consumer, bytes, length, reading in
            defer { tessera_avro_free(bytes) }
            return tell(reading, consumer) { try $0.binary(UnsafeRawBufferPointer(start: bytes, count: length), at: $1) }
        }
        fixed_value = { consumer, bytes, length, reading in
            let answer = tell(reading, consumer) { try $0.binary(UnsafeRawBufferPointer(start: bytes, count: length), at: $1) }
            // Where it is told of an error, the library frees these itself.
            if answer == 0 { tessera_avro_free(bytes) }
            return answer
        }
        array_start_block = { consumer, isFirst, count, reading in
            tell(reading, consumer) { try $0.beginBlock(of: Int(count), isFirst: isFirst != 0, at: $1) }
        }
        array_element = { consumer, _, next, nextReading, reading in
            tell(reading, consumer, next, nextReading) { try $0.beginElement(at: $1) }
        }
        map_start_block = { consumer, isFirst, count, reading in
            tell(reading, consumer) { try $0.beginBlock(of: Int(count), isFirst: isFirst != 0, at: $1) }
        }
        map_element = { consumer, _, key, next, nextReading, reading in
            tell(reading, consumer, next, nextReading) { try $0.beginValue(of: key, at: $1) }
        }
        record_start = { consumer, reading in tell(reading, consumer) { try $0.beginRecord(at: $1) } }
        record_field = { consumer, number, next, nextReading, reading in
            tell(reading, consumer, next, nextReading) { try $0.beginField(Int(number), at: $1) }
        }
        union_branch = { consumer, number, next, nextReading, reading in
            tell(reading, consumer, next, nextReading) { try $0.branch(Int(number), at: $1) }
        }
    }
}

private typealias Consumer = UnsafeMutablePointer<avro_consumer_t>

/// Tells a reading of something.
///
/// - Returns: 0; anything else ends it.
private func tell(
    _ reading: UnsafeMutableRawPointer?, _ consumer: Consumer?, _ work: (AvroReading, Int) throws -> Void
) -> Int32 {
    guard let reading, let consumer else { return EINVAL }
    return Unmanaged<AvroReading>.fromOpaque(reading)._withUnsafeGuaranteedRef { reading in
        do {
            try work(reading, reading.consumers.place(of: consumer))
            return 0
        } catch {
            reading.problem = error as? AvroReading.Problem ?? AvroReading.Problem(what: "\(error)")
            return EINVAL
        }
    }
}

/// Tells a reading that a value within another begins.
///
/// - Parameter work: Gives the place of its action.
private func tell(
    _ reading: UnsafeMutableRawPointer?, _ consumer: Consumer?, _ next: UnsafeMutablePointer<Consumer?>?,
    _ nextReading: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ work: (AvroReading, Int) throws -> Int
) -> Int32 {
    tell(reading, consumer) { told, place in
        next?.pointee = told.consumers[try work(told, place)]
        nextReading?.pointee = reading
    }
}
