import Storage

/// Where one node keeps its answer for the chunk at hand, and what it remembers from chunk to chunk. Confined to one thread.
final class Slot {
    /// One byte, 0 or 1, for each profile or row; for nodes that are masks.
    private(set) var mask: UnsafePointer<UInt8>
    /// For nodes that are values.
    var lanes: Lanes

    private var ownMask: UnsafeMutablePointer<UInt8>?
    private var ownTags: UnsafeMutablePointer<UInt8>?
    private var ownNumbers: UnsafeMutablePointer<Double>?
    private var ownTimes: UnsafeMutablePointer<Int64>?
    private var ownTexts: UnsafeMutablePointer<UInt32>?
    private let capacity: Int

    /// What a text test says of each text of `known`, as 0 or 1, and the one text that passes it when only one does.
    private var table: ContiguousArray<UInt8> = []
    private var only: UInt32?
    private var passing = 0
    private var known: TextDictionary?
    /// What `time` and `lower` make of the texts of `known`.
    var timesOfTexts: ContiguousArray<Int64> = []
    var lowered: TextDictionary?
    var matcher: PatternMatcher?

    init(capacity: Int) {
        self.capacity = capacity
        lanes = Lanes(uniform: ValueTag.absent)
        mask = lanes.tags
    }

    deinit {
        ownMask?.deallocate()
        ownTags?.deallocate()
        ownNumbers?.deallocate()
        ownTimes?.deallocate()
        ownTexts?.deallocate()
    }

    /// Room for a mask, which becomes the answer.
    func makeMask() -> UnsafeMutablePointer<UInt8> {
        let room = Self.room(&ownMask, capacity, 0)
        mask = UnsafePointer(room)
        return room
    }

    /// Somebody else's mask becomes the answer.
    func borrow(mask: UnsafePointer<UInt8>) { self.mask = mask }

    func makeTags() -> UnsafeMutablePointer<UInt8> { Self.room(&ownTags, capacity, 0) }
    func makeNumbers() -> UnsafeMutablePointer<Double> { Self.room(&ownNumbers, capacity, 0) }
    func makeTimes() -> UnsafeMutablePointer<Int64> { Self.room(&ownTimes, capacity, 0) }
    func makeTexts() -> UnsafeMutablePointer<UInt32> { Self.room(&ownTexts, capacity, 0) }

    private static func room<T>(_ own: inout UnsafeMutablePointer<T>?, _ capacity: Int, _ zero: T) -> UnsafeMutablePointer<T> {
        if let own { return own }
        let room = UnsafeMutablePointer<T>.allocate(capacity: capacity)
        room.initialize(repeating: zero, count: capacity)
        own = room
        return room
    }

    /// Turns to a dictionary; true when it is another than before, and what was remembered must be made anew.
    func turn(to dictionary: TextDictionary) -> Bool {
        if known === dictionary { return false }
        known = dictionary
        return true
    }

    /// What a test says of each text of a dictionary; asked of each text once.
    ///
    /// - Returns: 0 or 1 for each text, how many pass, and the only one that does.
    func test(_ dictionary: TextDictionary, _ passes: (UnsafeBufferPointer<UInt8>) -> Bool) -> (
        table: UnsafePointer<UInt8>, passing: Int, only: UInt32?
    ) {
        if turn(to: dictionary) {
            let texts = TextBytes(dictionary)
            table = ContiguousArray(repeating: 0, count: max(1, texts.count))
            (passing, only) = (0, nil)
            for number in 0..<texts.count where passes(texts[number]) {
                table[number] = 1
                passing += 1
                only = passing == 1 ? UInt32(number) : nil
            }
        }
        // The slot keeps the table until it turns to another dictionary, which no chunk does midway.
        return (table.withUnsafeBufferPointer { $0.baseAddress! }, passing, only)
    }
}
