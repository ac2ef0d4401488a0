import Testing

@testable import Storage

@Test
func `a shape comes back from its bytes`() throws {
    let tokens: [Shape.Token] = [
        .init(.type), .init(.event), .init(.user), .init(.anonymous), .init(.timestamp), .init(.messageKey), .init(.open, path: 3),
        .init(.leaf, path: 4), .init(.open, path: 300), .init(.leaf, path: 70_000), .init(.close), .init(.close), .init(.leaf, path: 1),
    ]
    let shape = Shape(tokens: tokens)
    #expect(shape.leaves == [4, 70_000, 1] && shape.objects == [3, 300] && shape.hasUser && shape.hasAnonymous)
    let read = try #require(Shape(encoded: shape.encoded, pathCount: 70_001))
    #expect(read == shape)
    #expect(Shape(encoded: shape.encoded, pathCount: 70_000) == nil)
    for cut in 1..<6 { #expect(Shape(encoded: Array(shape.encoded.dropLast(cut)), pathCount: 70_001) == nil || cut == 5) }
}

@Test(
    arguments: [
        [0], [1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0], [9], [10], [2, 1, 0], [2, 255, 255, 255, 255], [3, 0, 1, 1, 0, 0, 0],
    ] as [[UInt8]])
func `a shape that closes what it does not open is refused`(bytes: [UInt8]) { #expect(Shape(encoded: bytes, pathCount: 10) == nil) }
