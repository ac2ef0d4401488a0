import EventModel
import Foundation
import GRDB
import Storage

/// Reads and writes the store-wide dictionaries. Texts are kept as blobs: SQLite's texts end at the first zero byte.
enum DictionaryTables {
    static func image(_ database: Database) throws -> StoreDictionaries.Image {
        var image = StoreDictionaries.Image()
        image.names += try Data.fetchAll(database, sql: "SELECT text FROM name ORDER BY number").map { String(decoding: $0, as: UTF8.self) }
        for text in try String.fetchAll(database, sql: "SELECT path FROM path ORDER BY number") {
            guard let steps = (try? JSONValue(parsing: text))?.asArray?.compactMap(\.asString) else {
                throw StoreError(.damaged, "the table of paths is damaged. Restore the store from a copy.")
            }
            image.paths.append(steps)
        }
        for tokens in try Data.fetchAll(database, sql: "SELECT tokens FROM shape ORDER BY number") {
            guard let shape = Shape(encoded: Array(tokens), pathCount: image.paths.count) else {
                throw StoreError(.damaged, "the table of shapes is damaged. Restore the store from a copy.")
            }
            image.shapes.append(shape)
        }
        for row in try Row.fetchAll(database, sql: "SELECT path, text FROM vocabulary ORDER BY path, number") {
            let text: Data = row[1]
            image.vocabularies[row[0], default: []].append(String(decoding: text, as: UTF8.self))
        }
        return image
    }

    /// Adds what `image` holds beyond `mark`.
    static func save(_ image: StoreDictionaries.Image, beyond mark: StoreDictionaries.Mark, _ database: Database) throws {
        for number in mark.names..<image.names.count {
            try database.execute(sql: "INSERT INTO name(number, text) VALUES(?, ?)", arguments: [number, Data(image.names[number].utf8)])
        }
        for number in mark.paths..<image.paths.count {
            let text = JSONValue.array(image.paths[number].map { .string($0) }).text
            try database.execute(sql: "INSERT INTO path(number, path) VALUES(?, ?)", arguments: [number, text])
        }
        for number in mark.shapes..<image.shapes.count {
            try database.execute(
                sql: "INSERT INTO shape(number, tokens) VALUES(?, ?)", arguments: [number, Data(image.shapes[number].encoded)])
        }
        for (path, texts) in image.vocabularies {
            for number in (mark.vocabularies[path] ?? 0)..<texts.count {
                try database.execute(
                    sql: "INSERT INTO vocabulary(path, number, text) VALUES(?, ?, ?)", arguments: [path, number, Data(texts[number].utf8)])
            }
        }
    }
}
