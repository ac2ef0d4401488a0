import Connectors
import Platform

#if Avro
import PayloadAvro
#endif
#if Kafka
import ConnectorKafka
#endif
#if NATS
import ConnectorNATS
#endif
#if Postgres
import ConnectorPostgres
#endif
#if Protobuf
import PayloadProtobuf
#endif
#if RabbitMQ
import ConnectorRabbitMQ
#endif
#if Redis
import ConnectorRedis
#endif
#if SMTP
import DestinationSMTP
#endif

extension Plugins {
    // Plugins that need a library of the system, each behind the package trait of its name:
    // `swift run -c release --traits Kafka,Postgres tessera-worker`.

    static var heavyFormats: [any EventFormat.Type] {
        #if Avro
        [AvroFormat.self]
        #else
        []
        #endif
    }

    static var heavySchemas: [any RecordSchema.Type] {
        var languages: [any RecordSchema.Type] = []
        #if Avro
        languages.append(AvroSchema.self)
        #endif
        #if Protobuf
        languages.append(ProtobufSchema.self)
        #endif
        return languages
    }

    static var heavySources: [any SourceSettings.Type] {
        var kinds: [any SourceSettings.Type] = []
        #if Kafka
        kinds.append(KafkaSourceSettings.self)
        #endif
        #if NATS
        kinds.append(NATSSourceSettings.self)
        #endif
        #if Postgres
        kinds.append(PostgresSourceSettings.self)
        #endif
        #if RabbitMQ
        kinds.append(RabbitMQSourceSettings.self)
        #endif
        #if Redis
        kinds.append(RedisSourceSettings.self)
        #endif
        return kinds
    }

    static var heavyCaches: [any CacheSettings.Type] {
        #if Redis
        [RedisCacheSettings.self]
        #else
        []
        #endif
    }

    static var heavyDestinations: [any DestinationSettings.Type] {
        var kinds: [any DestinationSettings.Type] = []
        #if Kafka
        kinds.append(KafkaDestinationSettings.self)
        #endif
        #if NATS
        kinds.append(NATSDestinationSettings.self)
        #endif
        #if Postgres
        kinds.append(PostgresDestinationSettings.self)
        #endif
        #if RabbitMQ
        kinds.append(RabbitMQDestinationSettings.self)
        #endif
        #if Redis
        kinds.append(RedisDestinationSettings.self)
        #endif
        #if SMTP
        kinds.append(SMTPSettings.self)
        #endif
        return kinds
    }
}
