import EventModel
import Synchronization

/// Bounds of the store-wide dictionaries. Past them nothing is lost: names, texts and messages are then kept within their blocks.
public enum DictionaryLimits {
    /// Event names with a number of their own.
    public static let names = 65_536
    /// Paths with columns of their own.
    public static let paths = 8_192
    /// Shapes of messages.
    public static let shapes = 32_768
    /// Texts of one path's vocabulary.
    public static let vocabulary = 1_024
    /// Bytes of a text in a vocabulary.
    public static let vocabularyText = 64
}

/// The dictionaries of a store: event names, paths, shapes and small vocabularies, each from 0 upward; they only grow.
///
/// Decoders on several threads ask them for numbers; the writer persists what is new with each commit. One lock guards all.
public final class StoreDictionaries: Sendable {
    /// Entries in order of their numbers.
    public struct Image: Sendable {
        /// Event names; the first is the empty text that stands for a name without a number.
        public var names: [String] = [""]
        /// Paths; the first, the empty one, is that of messages kept whole.
        public var paths: [ColumnPath] = [[]]
        /// Shapes; the first is that of messages kept whole.
        public var shapes: [Shape] = [.whole]
        /// Texts of each path's vocabulary.
        public var vocabularies: [Int32: [String]] = [:]

        /// An empty store's: name 0 is the name that has no number, path 0 the whole message, shape 0 the message kept whole.
        public init() {}
    }

    /// How much of an image is persisted.
    public struct Mark: Sendable {
        /// Event names, number 0 included.
        public var names = 1
        /// Paths, number 0 included.
        public var paths = 1
        /// Shapes, number 0 included.
        public var shapes = 1
        /// Texts of each path's vocabulary, by the path's number; a path that is not there has none.
        public var vocabularies: [Int32: Int] = [:]
        /// What an empty store has: the entries with number 0, which are never written.
        public init() {}

        /// All of `image`.
        public init(of image: Image) {
            names = image.names.count
            paths = image.paths.count
            shapes = image.shapes.count
            vocabularies = image.vocabularies.mapValues(\.count)
        }
    }

    private struct State {
        var image: Image
        var nameNumbers: [[UInt8]: Int32] = [:]
        var pathNumbers: [[[UInt8]]: Int32] = [:]
        var shapeNumbers: [[UInt8]: Int32] = [:]
        var vocabularyNumbers: [Int32: [[UInt8]: Int32]] = [:]
    }

    private let state: Mutex<State>

    /// Continues from what a store holds.
    public init(_ image: Image = Image()) {
        var state = State(image: image)
        for (number, name) in image.names.enumerated() where number > 0 { state.nameNumbers[Array(name.utf8)] = Int32(number) }
        for (number, path) in image.paths.enumerated() { state.pathNumbers[path.map { Array($0.utf8) }] = Int32(number) }
        for (number, shape) in image.shapes.enumerated() { state.shapeNumbers[shape.encoded] = Int32(number) }
        for (path, texts) in image.vocabularies {
            var numbers: [[UInt8]: Int32] = [:]
            for (number, text) in texts.enumerated() { numbers[Array(text.utf8)] = Int32(number) }
            state.vocabularyNumbers[path] = numbers
        }
        self.state = Mutex(state)
    }

    /// Everything, as of now.
    public var image: Image { state.withLock { $0.image } }

    /// The number of an event name; 0 when the dictionary is full.
    func number(ofName name: [UInt8]) -> Int32 {
        state.withLock { state in
            if let known = state.nameNumbers[name] { return known }
            guard state.image.names.count < DictionaryLimits.names else { return 0 }
            let number = Int32(state.image.names.count)
            state.image.names.append(String(decoding: name, as: UTF8.self))
            state.nameNumbers[name] = number
            return number
        }
    }

    /// The number of a path; nil when the dictionary is full.
    func number(ofPath path: [[UInt8]]) -> Int32? {
        state.withLock { state in
            if let known = state.pathNumbers[path] { return known }
            guard state.image.paths.count < DictionaryLimits.paths else { return nil }
            let number = Int32(state.image.paths.count)
            state.image.paths.append(path.map { String(decoding: $0, as: UTF8.self) })
            state.pathNumbers[path] = number
            return number
        }
    }

    /// The number of a shape; 0 (keep the message whole) when the dictionary is full.
    func number(ofShape shape: Shape) -> Int32 {
        let encoded = shape.encoded
        return state.withLock { state in
            if let known = state.shapeNumbers[encoded] { return known }
            guard state.image.shapes.count < DictionaryLimits.shapes else { return 0 }
            let number = Int32(state.image.shapes.count)
            state.image.shapes.append(shape)
            state.shapeNumbers[encoded] = number
            return number
        }
    }

    /// The number of a text in the vocabulary of `path`; nil when it is not there and the vocabulary is full.
    func number(ofText text: [UInt8], path: Int32) -> (number: Int32?, full: Bool) {
        state.withLock { state in
            if let known = state.vocabularyNumbers[path]?[text] { return (known, false) }
            let count = state.vocabularyNumbers[path]?.count ?? 0
            guard count < DictionaryLimits.vocabulary else { return (nil, true) }
            state.vocabularyNumbers[path, default: [:]][text] = Int32(count)
            state.image.vocabularies[path, default: []].append(String(decoding: text, as: UTF8.self))
            return (Int32(count), count + 1 == DictionaryLimits.vocabulary)
        }
    }

    /// The texts of the vocabulary of `path` so far.
    func vocabulary(of path: Int32) -> [String] { state.withLock { $0.image.vocabularies[path] ?? [] } }
}

extension StoreDictionaries: MessageDictionaries {
    public func name(_ number: Int32) -> String { state.withLock { $0.image.names[Int(number)] } }

    public func text(_ number: Int, ofPath path: Int32) -> String { state.withLock { $0.image.vocabularies[path]?[number] ?? "" } }

    public func leafPaths(ofShape number: Int32) -> [(number: Int32, path: ColumnPath)] {
        state.withLock { state in state.image.shapes[Int(number)].leaves.map { ($0, state.image.paths[Int($0)]) } }
    }
}
