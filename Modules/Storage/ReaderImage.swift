import EventModel
import Synchronization

/// A store's dictionaries as readers use them: numbers of paths by name, texts of vocabularies, shapes by the objects they hold.
public final class ReaderImage: Sendable {
    /// Event names by number; number 0 is the empty text that stands for a name without a number.
    public let names: [String]
    /// Paths by number; path 0, the empty one, is that of messages kept whole.
    public let paths: [ColumnPath]
    /// Shapes by number; shape 0 is that of messages kept whole.
    public let shapes: [Shape]
    let shapeIndex: ShapeIndex
    private let pathNumbers: [[[UInt8]]: Int32]
    private let vocabularyTexts: [Int32: [String]]
    /// For each path, the shapes in which it holds an object with members.
    private let shapesWithObject: [Int32: Set<Int32>]
    private let vocabularies = Mutex<[Int32: TextDictionary]>([:])

    /// Indexes the dictionaries for look-ups. Cost: one pass over all paths and shapes; vocabularies are indexed when first asked for.
    public init(_ image: StoreDictionaries.Image) {
        names = image.names
        paths = image.paths
        shapes = image.shapes
        shapeIndex = ShapeIndex(image)
        vocabularyTexts = image.vocabularies
        var numbers: [[[UInt8]]: Int32] = [:]
        for (number, path) in image.paths.enumerated() { numbers[path.map { Array($0.utf8) }] = Int32(number) }
        pathNumbers = numbers
        var objects: [Int32: Set<Int32>] = [:]
        for (number, shape) in image.shapes.enumerated() {
            for path in shape.objects { objects[path, default: []].insert(Int32(number)) }
        }
        shapesWithObject = objects
    }

    /// The number of a path, nil when no message ever had it.
    public func number(of path: ColumnPath) -> Int? { pathNumbers[path.map { Array($0.utf8) }].map(Int.init) }

    /// The vocabulary of a path; one object however often it is asked for.
    func vocabulary(of path: Int) -> TextDictionary? {
        guard let texts = vocabularyTexts[Int32(path)] else { return nil }
        return vocabularies.withLock { made in
            if let known = made[Int32(path)] { return known }
            let dictionary = TextDictionary(texts)
            made[Int32(path)] = dictionary
            return dictionary
        }
    }

    /// The shapes in which `path` holds an object with members.
    func shapes(withObjectAt path: Int) -> Set<Int32>? { shapesWithObject[Int32(path)] }
}

extension ReaderImage: MessageDictionaries {
    public func name(_ number: Int32) -> String { names[Int(number)] }

    public func text(_ number: Int, ofPath path: Int32) -> String { vocabularyTexts[path]?[number] ?? "" }

    public func leafPaths(ofShape number: Int32) -> [(number: Int32, path: ColumnPath)] {
        shapes[Int(number)].leaves.map { ($0, paths[Int($0)]) }
    }
}
