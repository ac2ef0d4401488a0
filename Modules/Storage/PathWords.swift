/// A decoder's own view of the vocabularies, so that a known text costs one look-up and no lock.
struct PathWords: ~Copyable {
    /// One path's: texts to their numbers, and whether the store's vocabulary can take no more.
    private final class Words {
        var table = TextTable(slots: 64)
        var isFull = false
    }

    private var paths: [Words] = []

    /// The vocabulary number of `text` under the path with words `index`, entering it where there is room; -1 where it is none.
    @inline(__always)
    mutating func number(
        of text: UnsafeBufferPointer<UInt8>, index: Int, trie: borrowing ShapeTrie, dictionaries: StoreDictionaries
    ) -> Int32 {
        guard text.count <= DictionaryLimits.vocabularyText else { return -1 }
        while paths.count <= index { paths.append(Words()) }
        let words = paths[index]
        let hash = ByteHash.quick(text, seed: 0x5445_5353)
        let known = words.table.find(text, hash: hash)
        if known >= 0 || words.isFull { return known }
        return Self.ask(words, text, hash: hash, path: trie.pathsWithWords[index], dictionaries: dictionaries)
    }

    private static func ask(
        _ words: Words, _ text: UnsafeBufferPointer<UInt8>, hash: UInt64, path: Int32, dictionaries: StoreDictionaries
    ) -> Int32 {
        let answer = dictionaries.number(ofText: Array(text), path: path)
        if let number = answer.number { words.table.insert(text, hash: hash, value: number) }
        if answer.full {
            // From now on what the table does not hold is not in the vocabulary: take in what other decoders entered.
            for (number, word) in dictionaries.vocabulary(of: path).enumerated() {
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
