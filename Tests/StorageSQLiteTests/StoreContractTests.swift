import StorageSQLite
import StorageTesting
import Testing

@Test(arguments: StoreContract.allCases, isLong ? Array(1...20) : [1, 2] as [UInt64])
func `the embedded store keeps its promises`(promise: StoreContract, seed: UInt64) throws {
    let folder = try Folder()
    try promise.verify(seed: seed) { try SQLiteStore(path: folder.path("s.tessera"), mode: .create) }
}
