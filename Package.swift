// swift-tools-version: 6.2
import Foundation
import PackageDescription

// The map of the house: one line a room. Arrows point one way: Apps -> Platform -> Modules <- Plugins.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
/// ISA-L inflates five times as fast as zlib; a machine without it still builds and works.
let hasISAL = FileManager.default.fileExists(atPath: "/usr/include/isa-l/igzip_lib.h")

func module(_ name: String, _ needs: [Target.Dependency] = [], extra: [SwiftSetting] = []) -> Target {
    .target(name: name, dependencies: needs, path: "Modules/\(name)", swiftSettings: settings + extra)
}
/// A plugin's folder holds its page and, where it takes settings, a sample of them.
func plugin(_ name: String, _ needs: [Target.Dependency], sample: String? = nil) -> Target {
    .target(
        name: name, dependencies: needs, path: "Plugins/\(name)", exclude: ["README.md"] + (sample.map { [$0] } ?? []),
        swiftSettings: settings)
}
func app(_ name: String, _ needs: [Target.Dependency], in folder: String = "Apps") -> Target {
    .executableTarget(name: name, dependencies: needs, path: "\(folder)/\(name)", swiftSettings: settings)
}
/// - Parameter pkgConfig: Where pkg-config knows it by this name, its headers are found also in places that are not the usual ones.
func system(_ name: String, pkgConfig: String? = nil, apt: String, brew: String) -> Target {
    .systemLibrary(name: name, path: "Modules/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}
/// Tests mirror the targets; what is not Swift beside them (fixtures, scripts) is read from the source tree.
func tests(_ name: String, _ needs: [Target.Dependency], data: [String] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: needs, path: "Tests/\(name)Tests", exclude: data, swiftSettings: settings)
}

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")  // the C library that GRDB opens
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
]
let http1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
/// The server, and the types of its requests and answers.
let hummingbird: [Target.Dependency] = [
    .product(name: "HummingbirdCore", package: "hummingbird"), .product(name: "HummingbirdTLS", package: "hummingbird"),
    .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
    http1,
]
/// Programs as children, and the paths it speaks in.
let subprocess: [Target.Dependency] = [
    .product(name: "Subprocess", package: "swift-subprocess"), .product(name: "SystemPackage", package: "swift-system"),
]
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// Plugins that need what the rest does without, a library of the system most often: each is in the apps where its trait is enabled.
let heavy = [
    (trait: "Avro", plugin: "PayloadAvro"), (trait: "Kafka", plugin: "ConnectorKafka"), (trait: "NATS", plugin: "ConnectorNATS"),
    (trait: "Postgres", plugin: "ConnectorPostgres"), (trait: "Protobuf", plugin: "PayloadProtobuf"),
    (trait: "RabbitMQ", plugin: "ConnectorRabbitMQ"), (trait: "Redis", plugin: "ConnectorRedis"),
    (trait: "SMTP", plugin: "DestinationSMTP"),
]

let package = Package(
    name: "tessera",
    products: [
        .library(name: "Tessera", targets: ["Platform"]),
        .library(name: "ConnectorKit", targets: ["ConnectorKit"]),
        .library(name: "ConnectorTesting", targets: ["ConnectorLibrary", "ConnectorsTesting"]),
        .executable(name: "tessera-archive", targets: ["tessera-archive"]),
        .executable(name: "tessera-shell", targets: ["tessera-shell"]),
        .executable(name: "tessera-worker", targets: ["tessera-worker"]),
    ],
    traits: Set(heavy.map { .trait(name: $0.trait, description: "The plugin \($0.plugin).") }),
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),  // only its core
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0", traits: []),  // only its runtime
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),  // of the load tool
    ],
    targets: [
        // System libraries, each behind one name.
        .target(name: "CSimdjson", path: "Modules/CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),  // C++ behind C
        .target(name: "CConnector", path: "Modules/CConnector"),  // what a connector in a shared library exports
        .target(name: "CMemory", path: "Modules/CMemory"),  // the one machine instruction that Swift cannot say
        .target(name: "CResolver", path: "Modules/CResolver", linkerSettings: [.linkedLibrary("resolv")]),  // the system's name servers
        .target(name: "CAvro", path: "Modules/CAvro", linkerSettings: [.linkedLibrary("avro")]),  // libavro's macros, and bounds for it
        .target(name: "CCurl", path: "Modules/CCurl", linkerSettings: [.linkedLibrary("curl")]),  // libcurl's calls take anything
        system("COpenBLAS", apt: "libopenblas-dev liblapacke-dev", brew: "openblas"),
        system("CZlib", apt: "zlib1g-dev", brew: "zlib"),
        system("CEdit", apt: "libedit-dev", brew: "libedit"),
        system("CPostgres", pkgConfig: "libpq", apt: "libpq-dev", brew: "libpq"),
        system("CKafka", apt: "librdkafka-dev", brew: "librdkafka"),
        system("CNATS", apt: "libnats-dev", brew: "cnats"),
        system("CRabbitMQ", pkgConfig: "librabbitmq", apt: "librabbitmq-dev", brew: "rabbitmq-c"),
        system("CRedis", apt: "libhiredis-dev", brew: "hiredis"),

        // Modules: each owns one idea and the doors of that idea.
        module("EventModel", ["CSimdjson"]),  // simdjson reads messages in bulk
        module("EventModelTesting", ["EventModel"]),  // the contract kit of verifiers
        module("Statistics", ["COpenBLAS"]),  // matrices at BLAS speed
        module("Storage", ["CMemory", "CZlib", "EventModel"]),  // cold texts are deflated
        module("StorageTesting", ["Storage", "EventModel"]),  // the contract kit of stores
        module("Identity", ["CMemory", "Storage"]),  // identifiers and keys are storage's words
        module("Rules", ["CMemory", "EventModel", "Storage"]),  // the columnar evaluator scans blocks
        module("RulesTesting", ["EventModel", "Rules"]),  // random expressions and timelines for tests
        module("Live", ["EventModel", "Rules", "Storage"]),  // memberships that follow every message and the clock
        module("Features", ["EventModel", "Rules", "Statistics", "Storage"]),  // definitions are values of the language
        module("Clustering", ["Statistics"]),
        module("Content", ["EventModel"]),  // offers: variants, and rules that choose one
        module("Secrets", ["EventModel"]),  // where secrets are read, and that they never show
        module("Connectors", ["EventModel", "Secrets"]),
        module("Jobs", ["EventModel"]),  // what runs when; the clock and the sleeping come from outside
        module("Service", ["Connectors", "EventModel"]),  // what a running worker does for those who speak to it
        module("WebClient", ["Connectors", "EventModel", httpClient, http1] + nio),  // how connectors speak to servers elsewhere
        module("AWSClient", ["Connectors", "EventModel", "Secrets", "WebClient", crypto]),  // signed requests
        module("Programs", ["Connectors", "EventModel", "Secrets"] + subprocess),  // children that connectors run
        module("Records", ["EventModel", "Rules", "Storage"]),  // which messages the records of another system become
        module("ConnectorKit", ["CConnector"]),  // what authors of such libraries write in; it knows nothing of the rest
        module("ConnectorsTesting", ["Connectors", "EventModel", "EventModelTesting"]),  // the contract kit of formats
        module(
            "Archive", ["Connectors", "EventModel", "Storage", "CZlib", crypto] + (hasISAL ? ["CISAL"] : []),
            extra: hasISAL ? [.define("ISAL")] : []),
        module(  // a workspace's features are YAML
            "Platform",
            [
                "Archive", "Clustering", "Connectors", "Content", "EventModel", "Features", "Jobs", "Live", "Rules", "Service",
                "Statistics",
                "Storage", yams,
            ]),

        // Plugins: one implementation of one door each.
        plugin("StorageSQLite", ["CMemory", "EventModel", "Identity", "Storage", grdb, sqlite]),
        plugin("SourceFiles", ["Archive", "Connectors", "EventModel"], sample: "sample.yaml"),
        plugin("SourceWebhook", ["Connectors", "EventModel", "Records", "Secrets", crypto], sample: "sample.yaml"),
        plugin("DestinationExec", ["Connectors", "EventModel", "Programs"], sample: "sample.yaml"),
        plugin("DestinationFiles", ["Connectors", "EventModel"], sample: "sample.yaml"),
        plugin(
            "DestinationWebhook", ["Connectors", "EventModel", "Secrets", "WebClient", crypto], sample: "sample.yaml"),
        plugin("ConnectorS3", ["AWSClient", "Archive", "Connectors", "EventModel", "WebClient", crypto], sample: "sample.yaml"),
        plugin("ConnectorKinesis", ["AWSClient", "Connectors", "EventModel", "WebClient"], sample: "sample.yaml"),
        plugin("DestinationLookup", ["Connectors", "EventModel", "WebClient", crypto], sample: "sample.yaml"),
        plugin(
            "ConnectorSinger", ["Archive", "Connectors", "EventModel", "Programs", "Records", "Secrets"], sample: "sample.yaml"),
        plugin("ConnectorLibrary", ["CConnector", "Connectors", "EventModel", "Secrets"], sample: "sample.yaml"),
        plugin(  // a source and a destination
            "ConnectorPostgres", ["CPostgres", "Connectors", "EventModel", "Records", "Secrets"], sample: "sample.yaml"),
        plugin("ConnectorKafka", ["CKafka", "Connectors", "EventModel", "Secrets"], sample: "sample.yaml"),
        plugin("ConnectorNATS", ["CNATS", "Connectors", "EventModel", "Secrets"], sample: "sample.yaml"),
        plugin("ConnectorRabbitMQ", ["CRabbitMQ", "Connectors", "EventModel", "Secrets"], sample: "sample.yaml"),
        plugin("ConnectorRedis", ["CRedis", "Connectors", "EventModel", "Secrets"], sample: "sample.yaml"),
        plugin(
            "DestinationSMTP", ["CCurl", "Connectors", "EventModel", "Records", "Secrets", crypto], sample: "sample.yaml"),
        plugin("FormatSegment", ["Connectors", "EventModel"], sample: "sample.ndjson"),
        plugin("FormatAmplitude", ["Connectors", "EventModel"], sample: "sample.ndjson"),
        plugin("FormatPostHog", ["Connectors", "EventModel"], sample: "sample.ndjson"),
        plugin("FormatRudderStack", ["Connectors", "EventModel"], sample: "sample.ndjson"),
        plugin("FormatMixpanel", ["Connectors", "EventModel", crypto], sample: "sample.ndjson"),
        // Conditions of a mapping are the language's.
        plugin("FormatCSV", ["Connectors", "EventModel", "Rules", crypto, yams], sample: "sample.yaml"),
        plugin("EnricherTable", ["Connectors", "EventModel", grdb], sample: "sample.yaml"),
        plugin("EnricherText", ["Connectors", "EventModel"], sample: "sample.yaml"),
        plugin("PayloadAvro", ["CAvro", "Connectors", "CZlib", "EventModel"], sample: "sample.yaml"),
        plugin("PayloadProtobuf", ["Connectors", "EventModel", protobuf], sample: "sample.yaml"),
        plugin("VerifierMail", ["CResolver", "EventModel"], sample: "sample"),
        plugin(
            "ServiceHTTP", ["CZlib", "Connectors", "EventModel", "Secrets", "Service", crypto, lifecycle, logging] + hummingbird + nio,
            sample: "sample.yaml"),

        // Apps: thin. BuiltIn is the one list of the plugins they offer.
        .target(
            name: "BuiltIn",
            dependencies: [
                "Archive", "ConnectorKinesis", "ConnectorLibrary", "ConnectorS3", "ConnectorSinger", "Connectors", "DestinationExec",
                "DestinationFiles",
                "DestinationLookup",
                "DestinationWebhook", "EnricherTable",
                "EnricherText",
                "EventModel",
                "FormatAmplitude", "FormatCSV",
                "FormatMixpanel", "FormatPostHog", "FormatRudderStack", "FormatSegment", "Platform", "SourceFiles",
                "SourceWebhook",
                "Storage",
                "StorageSQLite", "VerifierMail",
            ] + heavy.map { .target(name: $0.plugin, condition: .when(traits: [$0.trait])) },
            path: "Apps/BuiltIn", swiftSettings: settings),
        app("tessera-archive", ["BuiltIn", "EventModel", "Platform", arguments]),
        app("tessera-shell", ["BuiltIn", "CEdit", "EventModel", "Platform", arguments]),
        app(
            "tessera-worker",
            [
                "BuiltIn", "ConnectorLibrary", "Connectors", "ConnectorsTesting", "EventModel", "Jobs", "Platform", "ServiceHTTP",
                arguments, lifecycle, logging,
                signals,
            ]),
        app(
            "tessera-bench", ["BuiltIn", "Clustering", "EventModel", "Platform", "Rules", "Statistics", "Storage", arguments], in: "Tools"),
        app("sample-data", ["EventModel", "Statistics", arguments], in: "Tools"),
        app("kafka-mock", [.target(name: "KafkaMock", condition: .when(traits: ["Kafka"])), arguments], in: "Tools"),
        app("tessera-load", ["BuiltIn", "EventModel", "Platform", "Storage", arguments, histogram, http1] + nio.prefix(2), in: "Tools"),

        // Tests mirror the targets; those that write files do so in folders that go away.
        .target(name: "TestFolder", path: "Tests/TestFolder", swiftSettings: settings),
        .target(  // servers of the tests' own
            name: "LocalServers", path: "Tests/LocalServers",
            exclude: ["moto.sh", "nats.sh", "ports.sh", "postgres.sh", "rabbitmq.sh", "redis.sh", "smtp.py", "smtp.sh"],
            swiftSettings: settings),
        .target(  // what tests of several brokers do alike
            name: "BrokerTesting", dependencies: ["Connectors", "ConnectorsTesting", "EventModel", "FormatPostHog", "FormatSegment"],
            path: "Tests/BrokerTesting", swiftSettings: settings),
        .target(name: "ScriptedWeb", dependencies: nio.prefix(2) + [http1], path: "Tests/ScriptedWeb", swiftSettings: settings),  // HTTP
        tests("EventModel", ["EventModel", "EventModelTesting"], data: ["Fixtures"]),
        tests("Storage", ["EventModel", "Storage", "StorageTesting"]),
        tests("Identity", ["Identity", "Storage", "StorageTesting"]),
        tests("Statistics", ["Statistics"]),
        tests("Rules", ["EventModel", "Rules", "RulesTesting", "Storage"]),
        tests("Live", ["EventModel", "Live", "Rules", "RulesTesting"]),
        tests("Clustering", ["Clustering", "Statistics"], data: ["Reference"]),
        tests("Features", ["Clustering", "EventModel", "Features", "Rules", "Statistics", "Storage"]),
        tests("Content", ["Content", "EventModel"]),
        tests("Jobs", ["EventModel", "Jobs", "Statistics"]),
        tests("Records", ["EventModel", "Records"]),
        tests("WebClient", ["Connectors", "EventModel", "ScriptedWeb", "WebClient"]),
        tests("Connectors", ["Connectors", "ConnectorsTesting", "EventModel"]),
        tests("Archive", ["Archive", "Connectors", "EventModel", "Storage", "CZlib", "TestFolder"]),
        tests("StorageSQLite", [grdb, "StorageSQLite", "StorageTesting", "Storage", "EventModel", "TestFolder"]),
        tests("SourceFiles", ["Connectors", "ConnectorsTesting", "EventModel", "FormatCSV", "FormatSegment", "SourceFiles", "TestFolder"]),
        tests("SourceWebhook", ["Connectors", "EventModel", "SourceWebhook", crypto]),
        tests("DestinationExec", ["Connectors", "ConnectorsTesting", "DestinationExec", "EventModel", "TestFolder"]),
        tests("DestinationFiles", ["Connectors", "ConnectorsTesting", "DestinationFiles", "EventModel", "TestFolder"]),
        tests(
            "DestinationWebhook",
            ["Connectors", "ConnectorsTesting", "DestinationWebhook", "EventModel", "ScriptedWeb", "Secrets", crypto]),
        tests("AWSClient", ["AWSClient", "EventModel", "Secrets"]),
        tests(
            "ConnectorS3",
            [
                "BrokerTesting", "ConnectorS3", "Connectors", "ConnectorsTesting", "EventModel", "FormatSegment", "LocalServers",
                "ScriptedWeb",
            ]),
        tests(
            "ConnectorKinesis",
            ["BrokerTesting", "ConnectorKinesis", "Connectors", "ConnectorsTesting", "EventModel", "FormatSegment", "LocalServers"]),
        tests("DestinationLookup", ["Connectors", "DestinationLookup", "EventModel", "ScriptedWeb"]),
        tests("ConnectorSinger", ["ConnectorSinger", "Connectors", "ConnectorsTesting", "EventModel", "TestFolder"]),
        tests(  // libraries in C are built by the tests, and run by the worker's program
            "ConnectorLibrary",
            ["ConnectorLibrary", "Connectors", "ConnectorsTesting", "EventModel", "TestFolder", "tessera-worker"], data: ["Libraries"]),
        tests("ConnectorPostgres", ["ConnectorPostgres", "Connectors", "ConnectorsTesting", "EventModel", "LocalServers", "Secrets"]),
        .target(name: "KafkaMock", dependencies: ["CKafka"], path: "Tests/KafkaMock", swiftSettings: settings),  // a cluster for tests
        tests(
            "ConnectorKafka",
            [
                "BrokerTesting", "CKafka", "ConnectorKafka", "Connectors", "ConnectorsTesting", "EventModel", "FormatCSV", "FormatPostHog",
                "FormatSegment", "KafkaMock",
            ]),
        tests(
            "ConnectorNATS",
            [
                "BrokerTesting", "CNATS", "ConnectorNATS", "Connectors", "ConnectorsTesting", "EventModel", "LocalServers", "Secrets",
            ]),
        tests(
            "ConnectorRabbitMQ",
            [
                "BrokerTesting", "CRabbitMQ", "ConnectorRabbitMQ", "Connectors", "ConnectorsTesting", "EventModel", "LocalServers",
                "Secrets",
            ]),
        tests(
            "ConnectorRedis",
            ["BrokerTesting", "ConnectorRedis", "Connectors", "ConnectorsTesting", "EventModel", "LocalServers", "Secrets"]),
        tests(
            "DestinationSMTP",
            ["Connectors", "ConnectorsTesting", "DestinationSMTP", "EventModel", "LocalServers", "Secrets", "TestFolder"]),
        tests("FormatSegment", ["FormatSegment", "Connectors", "ConnectorsTesting", "EventModel"]),
        tests("VerifierMail", ["EventModel", "EventModelTesting", "TestFolder", "VerifierMail"]),
        tests("FormatAmplitude", ["FormatAmplitude", "Connectors", "ConnectorsTesting", "EventModel"]),
        tests("FormatPostHog", ["FormatPostHog", "Connectors", "ConnectorsTesting", "EventModel"]),
        tests("FormatRudderStack", ["FormatRudderStack", "Connectors", "ConnectorsTesting", "EventModel"]),
        tests("FormatMixpanel", ["FormatMixpanel", "Connectors", "ConnectorsTesting", "EventModel"]),
        tests("EnricherTable", ["Connectors", "ConnectorsTesting", "EnricherTable", "EventModel", "TestFolder", grdb]),
        tests("EnricherText", ["Connectors", "ConnectorsTesting", "EnricherText", "EventModel", "TestFolder"]),
        tests("PayloadAvro", ["Connectors", "ConnectorsTesting", "EventModel", "PayloadAvro", "TestFolder"], data: ["interop.py"]),
        tests("PayloadProtobuf", ["Connectors", "EventModel", "PayloadProtobuf", "TestFolder", protobuf], data: ["interop.py"]),
        tests("FormatCSV", ["FormatCSV", "Connectors", "ConnectorsTesting", "EventModel", "Rules"]),
        tests(
            "ServiceHTTP",
            ["Connectors", "ServiceHTTP", "EventModel", "Secrets", "Service", "Statistics", "TestFolder", lifecycle, logging, yams] + nio),
        tests("SampleData", ["sample-data", "EventModel"]),
        tests("Load", ["BuiltIn", "EventModel", "Platform", "Storage", "TestFolder", "tessera-load"] + nio.prefix(2)),
        tests(
            "Platform",
            [
                "BuiltIn", "Connectors", "ConnectorsTesting", "EventModel", "Jobs", "Live", "Platform", "Rules", "Service", "Statistics",
                "Storage", "StorageTesting",
                "TestFolder",
            ]),
        tests(  // runs the built programs
            "EndToEnd",
            [
                "EventModel", .target(name: "KafkaMock", condition: .when(traits: ["Kafka"])), "LocalServers", "ScriptedWeb", "TestFolder",
                "sample-data",
                "tessera-archive", "tessera-load", "tessera-shell",
                "tessera-worker",
            ],
            data: ["Scripts"]),
    ] + (hasISAL ? [system("CISAL", apt: "libisal-dev", brew: "isa-l")] : [])
)
