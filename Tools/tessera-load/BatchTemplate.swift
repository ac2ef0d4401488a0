import EventModel
import NIOCore

/// One whole request with a batch of messages, head and body, made before the run. Only ids, people and times change from use to use, and
/// they have fixed widths: using it allocates nothing.
struct BatchTemplate {
    /// Names of the marker's event and segment.
    static let markerEvent = "Load Marker"
    static let markerSegment = "load-marker"
    /// Digits of a person's number and of a marker's.
    private static let personDigits = 9
    static let markerDigits = 10

    private var buffer: ByteBuffer
    /// Where the last twelve digits of each message's id begin, the person's number, the time.
    private var ids: [Int] = []
    private var people: [Int] = []
    private var times: [Int] = []
    /// Where the marker's number begins; nil where the first message is as all others.
    private var marker: Int?

    /// - Parameter variety: Settles kinds and values.
    init(_ plan: LoadPlan, ids run: RunIDs, head: (Int) -> String, isMarked: Bool, variety: UInt64) {
        var chance = Chance(state: variety)
        var body = ContiguousArray<UInt8>()
        var (ids, people, times, marker): ([Int], [Int], [Int], Int?) = ([], [], [], nil)
        body.append(contentsOf: #"{"batch":["#.utf8)
        let prefix = run.id(0).dropLast(12)
        for place in 0..<plan.batch {
            if place > 0 { body.append(UInt8(ascii: ",")) }
            body.append(contentsOf: #"{"messageId":"\#(prefix)"#.utf8)
            ids.append(body.count)
            body.append(contentsOf: "000000000000\",\"userId\":\"".utf8)
            if isMarked, place == 0 {
                body.append(contentsOf: "load-\(run.word)-".utf8)
                marker = body.count
                body.append(contentsOf: String(repeating: "0", count: Self.markerDigits).utf8)
            } else {
                body.append(contentsOf: "p-".utf8)
                people.append(body.count)
                body.append(contentsOf: String(repeating: "0", count: Self.personDigits).utf8)
            }
            body.append(contentsOf: #"","timestamp":""#.utf8)
            times.append(body.count)
            body.append(contentsOf: "2026-01-01T00:00:00.000Z\",".utf8)
            body.append(contentsOf: (isMarked && place == 0 ? Self.marker : Self.rest(plan.events, &chance)).utf8)
            body.append(contentsOf: #","context":{"library":{"name":"tessera-load","version":"1"}}}"#.utf8)
        }
        body.append(UInt8(ascii: "]"))
        if plan.tellsSentAt {
            body.append(contentsOf: #","sentAt":""#.utf8)
            times.append(body.count)
            body.append(contentsOf: #"2026-01-01T00:00:00.000Z""#.utf8)
        }
        body.append(UInt8(ascii: "}"))
        let head = head(body.count)
        let offset = head.utf8.count
        buffer = ByteBuffer()
        buffer.reserveCapacity(offset + body.count)
        buffer.writeString(head)
        buffer.writeBytes(body)
        (self.ids, self.people) = (ids.map { $0 + offset }, people.map { $0 + offset })
        (self.times, self.marker) = (times.map { $0 + offset }, marker.map { $0 + offset })
    }

    /// The request with the messages of a batch; ready to be written. Not to be asked for again before that is written.
    mutating func request(_ batch: Int, _ plan: LoadPlan, time: WrittenTime) -> ByteBuffer {
        let first = batch * plan.batch
        let (ids, people, times, marker) = (ids, people, times, marker)
        buffer.withUnsafeMutableReadableBytes { bytes in
            for (place, at) in ids.enumerated() { Self.write(hexadecimal: RunIDs.tail(first + place), to: bytes, at: at) }
            let offset = first + plan.batch - people.count
            for (place, at) in people.enumerated() {
                Self.write(plan.person(offset + place), digits: Self.personDigits, to: bytes, at: at)
            }
            for at in times { time.copy(to: bytes, at: at) }
            if let marker { Self.write(batch, digits: Self.markerDigits, to: bytes, at: marker) }
        }
        return buffer
    }

    /// Writes the last digits of a number, with leading zeros.
    static func write(_ number: Int, digits: Int, to bytes: UnsafeMutableRawBufferPointer, at start: Int) {
        var rest = UInt64(number)
        for place in stride(from: start + digits - 1, through: start, by: -1) {
            bytes[place] = UInt8(truncatingIfNeeded: rest % 10) &+ 48
            rest /= 10
        }
    }

    /// Writes the last twelve hexadecimal digits of a number, in lower case.
    private static func write(hexadecimal number: UInt64, to bytes: UnsafeMutableRawBufferPointer, at start: Int) {
        var rest = number
        for place in stride(from: start + 11, through: start, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            bytes[place] = digit < 10 ? digit &+ 48 : digit &+ 87
            rest >>= 4
        }
    }

    private static let marker = #""type":"track","event":"\#(markerEvent)""#

    /// What a message says: of twenty one says who somebody is, two tell of a page, the others of events.
    private static func rest(_ events: [String], _ chance: inout Chance) -> String {
        switch chance.below(20) {
        case 0:
            let plan = ["free", "plus", "pro"][chance.below(3)]
            let country = ["AT", "DE", "FR", "IT", "US"][chance.below(5)]
            return #""type":"identify","traits":{"plan":"\#(plan)","country":"\#(country)","age":\#(18 + chance.below(60))}"#
        case 1, 2:
            let name = ["Home", "Shoes", "Coats", "Basket", "Account"][chance.below(5)]
            return #""type":"page","name":"\#(name)","properties":{"path":"/\#(name.lowercased())","referrer":"https://example.org/"}"#
        default:
            let event = JSONValue.string(events[chance.below(events.count)])
            let category = ["shoes", "coats", "hats", "bags"][chance.below(4)]
            let (product, quantity, cents) = (chance.below(500), 1 + chance.below(3), 500 + chance.below(20_000))
            let price = "\(cents / 100).\(cents / 10 % 10)\(cents % 10)"
            let product_ = #""product_id":"p-\#(product)","category":"\#(category)","price":\#(price),"quantity":\#(quantity)"#
            guard event.text.contains("Order") else {
                return #""type":"track","event":\#(event.text),"properties":{\#(product_),"currency":"EUR"}"#
            }
            return #""type":"track","event":\#(event.text),"properties":{"order_id":"o-\#(chance.below(1 << 30))","revenue":\#(price),"#
                + #""currency":"EUR","products":[{\#(product_)}]}"#
        }
    }
}

/// Numbers by chance, the same for the same seed (xorshift64*; S. Vigna).
struct Chance {
    private var state: UInt64
    init(state: UInt64) { self.state = state == 0 ? 1 : state }

    mutating func below(_ bound: Int) -> Int {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return Int((state &* 2_685_821_657_736_338_717) >> 33) % bound
    }
}

/// An instant as RFC 3339 has it, 24 bytes.
struct WrittenTime {
    private let bytes: [UInt8]
    init(_ instant: Instant) { bytes = Array(instant.text.utf8) }

    func copy(to out: UnsafeMutableRawBufferPointer, at start: Int) {
        bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: out[start..<start + $0.count]).copyMemory(from: $0) }
    }
}
