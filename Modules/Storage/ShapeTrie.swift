import EventModel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The shapes that one decoder has met, as a tree walked key by key; a leaf's path and vocabulary are found on the way.
final class ShapeTrie {
    /// One step from a node: a key and what its value is.
    struct Edge: BitwiseCopyable {
        var keyStart: UInt32
        var keyLength: UInt32
        var step: UInt8
        /// Index of the path's words in the decoder.
        var words: Int32
        var path: Int32
        var target: Int32
        var next: Int32
    }

    /// Nodes past which messages are kept whole: odd input must not eat the memory.
    static let nodeLimit = 400_000

    private let edges = FlatBuffer<Edge>(capacity: 256)
    private let firstEdge = FlatBuffer<Int32>(capacity: 256)
    private let shapeOf = FlatBuffer<Int32>(capacity: 256)
    private let parent = FlatBuffer<Int32>(capacity: 256)
    private let parentEdge = FlatBuffer<Int32>(capacity: 256)
    private let keys = FlatBuffer<UInt8>(capacity: 1_024)
    private let dictionaries: StoreDictionaries
    private var wordsOfPath: [Int32: Int32] = [:]
    /// Paths that have words, in the order of their indices.
    let pathsWithWords = FlatBuffer<Int32>(capacity: 64)

    init(dictionaries: StoreDictionaries) {
        self.dictionaries = dictionaries
        addNode(parent: -1, edge: -1)
    }

    @inline(__always) func edge(_ index: Int32) -> Edge { edges[Int(index)] }

    /// The edge from `node` for that key and step; -1 where none is.
    @inline(__always)
    func find(_ node: Int32, key: UnsafeBufferPointer<UInt8>, step: Shape.Step) -> Int32 {
        var index = firstEdge[Int(node)]
        while index >= 0 {
            let edge = edges[Int(index)]
            if edge.step == step.rawValue, Int(edge.keyLength) == key.count,
                key.count == 0 || memcmp(keys.start + Int(edge.keyStart), key.baseAddress!, key.count) == 0
            {
                return index
            }
            index = edge.next
        }
        return -1
    }

    /// Adds that edge; -1 where a limit is reached or the key stands in this object already.
    func add(_ node: Int32, key: UnsafeBufferPointer<UInt8>, step: Shape.Step) -> Int32 {
        guard shapeOf.count < Self.nodeLimit else { return -1 }
        if step != .close, holdsKey(node, key: key) { return -1 }
        var path: Int32 = 0
        var words: Int32 = -1
        if step == .open || step == .leaf {
            guard let number = dictionaries.number(ofPath: pathBytes(of: node) + [Array(key)]) else { return -1 }
            path = number
            if step == .leaf {
                if let known = wordsOfPath[path] {
                    words = known
                } else {
                    words = Int32(pathsWithWords.count)
                    pathsWithWords.append(path)
                    wordsOfPath[path] = words
                }
            }
        }
        let index = Int32(edges.count)
        let target = Int32(shapeOf.count)
        edges.append(
            Edge(
                keyStart: UInt32(keys.append(contentsOf: key)), keyLength: UInt32(key.count), step: step.rawValue, words: words, path: path,
                target: target, next: -1))
        if firstEdge[Int(node)] < 0 {
            firstEdge[Int(node)] = index
        } else {
            var last = firstEdge[Int(node)]
            while edges[Int(last)].next >= 0 { last = edges[Int(last)].next }
            edges[Int(last)].next = index
        }
        addNode(parent: node, edge: index)
        return index
    }

    /// The shape that ends at `node`; 0 when the store has no room for more.
    @inline(__always)
    func shape(at node: Int32) -> Int32 {
        let known = shapeOf[Int(node)]
        return known >= 0 ? known : makeShape(at: node)
    }

    private func makeShape(at node: Int32) -> Int32 {
        var tokens: [Shape.Token] = []
        var at = node
        while parentEdge[Int(at)] >= 0 {
            let edge = edges[Int(parentEdge[Int(at)])]
            tokens.append(Shape.Token(Shape.Step(rawValue: edge.step)!, path: edge.path))
            at = parent[Int(at)]
        }
        let number = dictionaries.number(ofShape: Shape(tokens: tokens.reversed()))
        shapeOf[Int(node)] = number
        return number
    }

    private func addNode(parent from: Int32, edge: Int32) {
        firstEdge.append(-1)
        shapeOf.append(-1)
        parent.append(from)
        parentEdge.append(edge)
    }

    private func keyBytes(_ edge: Edge) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: keys.start + Int(edge.keyStart), count: Int(edge.keyLength))
    }

    /// Whether the object that is open at `node` has that key already.
    private func holdsKey(_ node: Int32, key: UnsafeBufferPointer<UInt8>) -> Bool {
        var at = node
        var closed = 0
        while parentEdge[Int(at)] >= 0 {
            let edge = edges[Int(parentEdge[Int(at)])]
            switch Shape.Step(rawValue: edge.step) {
            case .close: closed += 1
            case .open:
                if closed == 0 { return false }
                closed -= 1
                if closed == 0, keyBytes(edge).elementsEqual(key) { return true }
            default: if closed == 0, keyBytes(edge).elementsEqual(key) { return true }
            }
            at = parent[Int(at)]
        }
        return false
    }

    /// The keys of the objects that are open at `node`, outermost first.
    private func pathBytes(of node: Int32) -> [[UInt8]] {
        var path: [[UInt8]] = []
        var at = node
        var closed = 0
        while parentEdge[Int(at)] >= 0 {
            let edge = edges[Int(parentEdge[Int(at)])]
            if edge.step == Shape.Step.close.rawValue {
                closed += 1
            } else if edge.step == Shape.Step.open.rawValue {
                if closed == 0 { path.append(Array(keyBytes(edge))) } else { closed -= 1 }
            }
            at = parent[Int(at)]
        }
        return path.reversed()
    }
}
