/// A decoder's own view of the vocabularies, so that a known text costs one look-up and no lock.
final class PathWords {
    /// One path's: texts to their numbers, and whether the store's vocabulary can take no more.
    private final class Words {
        let table = TextTable(slots: 64)
        let path: Int32
        var isFull = false

        init(path: Int32) { self.path = path }
    }

    private let trie: ShapeTrie
    private let dictionaries: StoreDictionaries
    private let paths = FlatBuffer<Unmanaged<Words>>(capacity: 64)

    init(trie: ShapeTrie, dictionaries: StoreDictionaries) {
        self.trie = trie
        self.dictionaries = dictionaries
    }

    deinit { for index in 0..<paths.count { paths[index].release() } }

    /// The vocabulary number of `text` under the path with words `index`, entering it where there is room; -1 where it is none.
    @inline(__always)
    func number(of text: UnsafeBufferPointer<UInt8>, index: Int) -> Int32 {
        guard text.count <= DictionaryLimits.vocabularyText else { return -1 }
        while paths.count <= index { paths.append(.passRetained(Words(path: trie.pathsWithWords[paths.count]))) }
        let hash = ByteHash.quick(text, seed: 0x5445_5353)
        return paths[index]._withUnsafeGuaranteedRef { words in
            let known = words.table.find(text, hash: hash)
            if known >= 0 || words.isFull { return known }
            return ask(words, text, hash: hash)
        }
    }

    private func ask(_ words: Words, _ text: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int32 {
        let answer = dictionaries.number(ofText: Array(text), path: words.path)
        if let number = answer.number { words.table.insert(text, hash: hash, value: number) }
        if answer.full {
            // From now on what the table does not hold is not in the vocabulary: take in what other decoders entered.
            for (number, word) in dictionaries.vocabulary(of: words.path).enumerated() {
                word.withUTF8Buffer { bytes in
                    let hash = ByteHash.quick(bytes, seed: 0x5445_5353)
                    if words.table.find(bytes, hash: hash) < 0 { words.table.insert(bytes, hash: hash, value: Int32(number)) }
                }
            }
            words.isFull = true
        }
        return answer.number ?? -1
    }
}
