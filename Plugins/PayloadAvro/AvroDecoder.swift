import Connectors
import EventModel

/// Reads a value's bytes as a resolution says, one value after another. It trusts no length and no count.
struct AvroDecoder: ~Copyable {
    private let resolution: AvroResolution
    private let bytes: UnsafeRawBufferPointer
    /// Bytes that are read.
    private(set) var offset = 0
    /// Bytes of JSON that there may still be.
    private var budget: Int

    /// - Parameter longest: Bytes of JSON, at most.
    init(_ resolution: AvroResolution, _ bytes: UnsafeRawBufferPointer, longest: Int) {
        (self.resolution, self.bytes, budget) = (resolution, bytes, longest)
    }

    /// The next value of the resolution's root.
    mutating func value() throws(PayloadError) -> JSONValue { try value(resolution.root, 0) }

    /// - Throws: Where bytes are left.
    func checkEnd() throws(PayloadError) {
        if offset < bytes.count { throw wrong("\(bytes.count - offset) bytes follow the record's end") }
    }

    private func wrong(_ what: String) -> PayloadError { PayloadError("At byte \(offset) of \(bytes.count), \(what).") }

    private mutating func spend(_ count: Int) throws(PayloadError) {
        budget -= count
        if budget < 0 { throw wrong("the record becomes longer than records may be") }
    }

    // MARK: - parts

    private mutating func varint(isInt: Bool = false) throws(PayloadError) -> Int64 {
        var (raw, shift): (UInt64, UInt64) = (0, 0)
        while true {
            guard offset < bytes.count else { throw wrong("it ends within a number") }
            let byte = bytes[offset]
            if shift == 63, byte > 1 { throw wrong("a number has more than 64 bits") }
            raw |= UInt64(byte & 0x7F) << shift
            offset += 1
            if byte & 0x80 == 0 { break }
            shift += 7
        }
        let number = Int64(bitPattern: raw >> 1) ^ -Int64(raw & 1)
        if isInt, Int32(exactly: number) == nil { throw wrong("an int has more than 32 bits") }
        return number
    }

    private mutating func take(_ count: Int64, _ what: String) throws(PayloadError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count - offset else {
            throw wrong("\(what) has a length of \(count), and \(bytes.count - offset) bytes are left")
        }
        defer { offset += Int(count) }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + Int(count))])
    }

    private mutating func text() throws(PayloadError) -> String {
        let part = try take(varint(), "a text")
        try spend(part.count)
        guard let text = String(validating: part, as: UTF8.self) else { throw wrong("a text is not UTF-8") }
        return text
    }

    private mutating func float<Bits: FixedWidthInteger>(_: Bits.Type) throws(PayloadError) -> Bits {
        let size = Bits.bitWidth / 8
        guard bytes.count - offset >= size else { throw wrong("it ends within a number") }
        defer { offset += size }
        return Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Bits.self))
    }

    // MARK: - values

    private mutating func value(_ place: Int, _ depth: Int) throws(PayloadError) -> JSONValue {
        guard depth <= AvroSchema.mostDepth else { throw wrong("values lie more than \(AvroSchema.mostDepth) levels deep in each other") }
        try spend(2)
        switch resolution.actions[place] {
        case .null: return .null
        case .boolean:
            let byte = try take(1, "a truth")[0]
            guard byte <= 1 else { throw wrong("a truth is neither 0 nor 1") }
            return .bool(byte == 1)
        case .integer(let isInt, let number, let logical):
            let integer = try varint(isInt: isInt)
            switch number {
            case .float: return .number(Double(Float(integer)))
            case .double: return .number(Double(integer))
            case .integer: return try told(AvroLogical.value(integer, logical))
            }
        case .float:
            let number = Double(Float(bitPattern: try float(UInt32.self)))
            return number.isFinite ? .number(number) : .null
        case .double:
            let number = Double(bitPattern: try float(UInt64.self))
            return number.isFinite ? .number(number) : .null
        case .text(let logical):
            let text = try text()
            return logical == .json ? try json(text) : .string(text)
        case .bytes(let logical): return try binary(take(varint(), "a value of bytes"), logical)
        case .fixed(let size, let logical): return try binary(take(Int64(size), "a fixed value"), logical)
        case .symbol(let symbols):
            let number = try varint(isInt: true)
            guard symbols.indices.contains(Int(number)) else { throw wrong("an enum has no symbol \(number)") }
            guard let symbol = symbols[Int(number)] else { throw wrong("a symbol of an enum is unknown to the newest version") }
            try spend(symbol.utf8.count)
            return .string(symbol)
        case .branch(let branches):
            let number = try varint()
            guard number >= 0, number < branches.count else { throw wrong("a union has no branch \(number)") }
            // A union lies in no union, so this is no level of its own.
            return try value(branches[Int(number)], depth)
        case .array(let items):
            var elements: [JSONValue] = []
            try blocks { (decoder: inout AvroDecoder) throws(PayloadError) in elements.append(try decoder.value(items, depth + 1)) }
            return .array(elements)
        case .map(let values): return try map(values, depth)
        case .record(let record): return try self.record(record, depth)
        case .refused(let reason): throw wrong("there is what the newest version cannot read. \(reason)".droppingLast())
        }
    }

    private func told(_ value: JSONValue?) throws(PayloadError) -> JSONValue {
        guard let value else { throw wrong("a time lies outside of the years 0000 to 9999") }
        return value
    }

    private mutating func binary(_ part: UnsafeRawBufferPointer, _ logical: AvroSchema.Logical?) throws(PayloadError) -> JSONValue {
        // Decimals are short: making texts of them takes the square of their length.
        if case .decimal = logical, part.count > AvroLogical.longestDecimal {
            throw wrong("a decimal has more than \(AvroLogical.longestDecimal) bytes")
        }
        let value = AvroLogical.value(part, logical)
        try spend(value.asString?.utf8.count ?? 0)
        return value
    }

    private func json(_ text: String) throws(PayloadError) -> JSONValue {
        do throws(JSONError) { return try JSONValue(parsing: text) } catch {
            throw wrong("a text should be JSON and is none (\(error.description))")
        }
    }

    /// Reads the blocks of an array or a map.
    private mutating func blocks(_ item: (inout AvroDecoder) throws(PayloadError) -> Void) throws(PayloadError) {
        while true {
            var count = try varint()
            if count == 0 { return }
            if count < 0 {
                let size = try varint()
                guard size >= 0, size <= bytes.count - offset, count != .min else { throw wrong("a block has an impossible length") }
                count = -count
            }
            // Items that have no bytes cost something all the same, so this ends.
            guard count <= budget else {
                throw wrong("a block says that it has \(count) items: the record becomes longer than records may be")
            }
            for _ in 0..<count { try item(&self) }
        }
    }

    private mutating func map(_ values: Int, _ depth: Int) throws(PayloadError) -> JSONValue {
        var members: [JSONObject.Member] = []
        var places: [[UInt8]: Int] = [:]
        try blocks { (decoder: inout AvroDecoder) throws(PayloadError) in
            let name = try decoder.text()
            let value = try decoder.value(values, depth + 1)
            // The last one of a name holds.
            if let place = places.updateValue(members.count, forKey: Array(name.utf8)) {
                members[place].value = value
                places[Array(name.utf8)] = place
            } else {
                members.append(.init(name, value))
            }
        }
        return .object(JSONObject(members))
    }

    private mutating func record(_ record: AvroResolution.Record, _ depth: Int) throws(PayloadError) -> JSONValue {
        var kept = [JSONValue](repeating: .null, count: record.kept)
        for (action, place) in record.steps {
            let value = try value(action, depth + 1)
            if let place { kept[place] = value }
        }
        func found(_ origin: AvroResolution.Origin) -> (JSONValue, Int) {
            switch origin {
            case .read(let place): (kept[place], 0)
            case .usual(let value, let count): (value, count)
            }
        }
        var object = JSONObject()
        for member in record.members {
            let (value, count) = found(member.origin)
            try spend(count + member.name.utf8.count + 4)
            // Beside other members, null says that there is none: a null that was meant is among the others.
            if record.others == nil || value != .null { object.members.append(.init(member.name, value)) }
        }
        if let others = record.others.map({ found($0).0 }), others != .null {
            guard let others = others.asObject else { throw wrong("the other members are no object") }
            let own = object.members.count
            for member in others.members {
                let place = object.members[..<own].firstIndex { $0.name.sameScalars(as: member.name) }
                if let place { object.members[place].value = member.value } else { object.members.append(member) }
            }
        }
        return .object(object)
    }
}

extension String {
    fileprivate func droppingLast() -> String { hasSuffix(".") ? String(dropLast()) : self }
}
