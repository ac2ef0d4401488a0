import Connectors
import EventModel
import Testing

@testable import ConnectorPostgres

@Suite struct SettingsTests {
    @Test(arguments: [
        #"{"connection":"postgresql://ada@localhost:5433/shop"}"#, #"{"connection":"host=/tmp dbname=x","password":"env:WRONG"}"#,
        #"{"connectionSecret":"env:URL","schema":"a \"b\"","connectTimeout":5,"statementTimeout":600}"#,
    ])
    func `right settings are taken`(settings: String) throws { _ = try makeDestination(settings) }

    @Test(arguments: [
        (#"{}"#, []), (#"{"connection":"shop"}"#, ["connection"]), (#"{"connection":"host"}"#, ["connection"]),
        (#"{"connection":"hots=hunter2"}"#, ["connection"]), (#"{"connection":"postgresql://ada:hunter2@localhost/shop"}"#, ["connection"]),
        (#"{"connection":"host=x password=hunter2"}"#, ["connection"]), (#"{"connectionSecret":"env:WRONG"}"#, ["connectionSecret"]),
        (#"{"connection":"host=x","connectionSecret":"env:URL"}"#, ["connectionSecret"]),
        (#"{"connection":"host=x","schema":"1234567890123456789012345678901234567890123456789012345678901234"}"#, ["schema"]),
    ])
    func `wrong settings are refused at their place, and nothing secret is shown`(settings: String, path: [String]) {
        #expect {
            _ = try makeDestination(settings)
        } throws: { error in
            (error as? SettingsErrors)?.errors.map(\.path) == [path] && !"\(error)".contains("hunter2")
        }
    }

    @Test(arguments: [
        (#""cursor":"a","userId":".b""#, []), (#""table":"t","query":"SELECT 1","cursor":"a","userId":".b""#, ["query"]),
        (#""table":"t","cursor":"a""#, []), (#""table":"s.t","cursor":"a","streams":{"s.t":{"userId":".x"}}"#, ["streams", "s.t"]),
        (#""table":"t","cursor":"a","streams":{"t":{"user":".x"}}"#, ["streams", "t", "user"]),
        (#""table":"t","cursor":"a\u0000","userId":".b""#, []),
    ])
    func `wrong settings of a source are refused at their place`(settings: String, path: [String]) {
        #expect {
            _ = try makeSource(#"{"connection":"host=x",\#(settings)}"#)
        } throws: { error in (error as? SettingsErrors)?.errors.map(\.path) == [path] }
    }

    @Test(arguments: [
        ("40001", ServerFailure.Remedy.again), ("40P01", .again), ("53100", .again), ("57P01", .again), ("08006", .again),
        ("25006", .again),
        ("XX000", .again), ("28P01", .mend), ("3D000", .mend), ("42501", .mend), ("42P01", .mend), ("22P05", .withoutRecord),
        ("23505", .withoutRecord), ("54000", .withoutRecord), ("P0001", .withoutRecord),
    ])
    func `what a server says tells what helps, and shows no value`(state: String, remedy: ServerFailure.Remedy) {
        let failure = ServerFailure(state: state, message: "value hunter2", object: "messages")
        #expect(failure.remedy == remedy)
        #expect(state.hasPrefix("42") || !failure.error(at: "x").description.contains("hunter2"))
    }
}
