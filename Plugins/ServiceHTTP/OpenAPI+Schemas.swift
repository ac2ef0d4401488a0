extension OpenAPI {
    /// Bodies and answers by name, in JSON Schema 2020-12.
    ///
    /// What a message must be to be stored is more than its schema says here: a bad message is taken, and kept in quarantine with the
    /// reason. `Documentation/Messages.md` has the rules.
    static let schemaTexts = #"""
        {
          "Message": {
            "type": "object",
            "description": "One message of Segment's specification. Without a messageId it gets one; then a retry counts twice.",
            "examples": [{"userId": "u-1", "event": "Order Completed", "messageId": "m-1", "properties": {"revenue": 12.5}}]
          },
          "Batch": {
            "type": "object", "required": ["batch"],
            "properties": {
              "batch": {"type": "array"},
              "context": {"type": ["object", "null"], "description": "Merged into the context of every message."},
              "integrations": {"type": ["object", "null"], "description": "Merged into the integrations of every message."},
              "sentAt": {"description": "When the client sent it by its own clock."},
              "writeKey": {"description": "The write key, where no header carries it."}
            },
            "examples": [{"batch": [{"type": "track", "userId": "u-1", "event": "Signed Up", "messageId": "m-2"}]}]
          },
          "Webhook": {"description": "What the sender sends; the connector's settings say what it becomes."},
          "Success": {"type": "object", "required": ["success"], "properties": {"success": {"const": true}}, "additionalProperties": false},
          "Preview": {
            "type": "object", "required": ["expression"],
            "properties": {
              "expression": {"type": "string", "minLength": 1, "format": "tessera-expression",
                "description": "Of the segment language. What it is not is answered with 400, and where."},
              "limit": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 10}
            },
            "examples": [{"expression": "did \"Order Completed\" within 7d", "limit": 10}]
          },
          "PreviewAnswer": {
            "type": "object", "required": ["count", "members"],
            "properties": {"count": {"type": "integer", "minimum": 0}, "members": {"type": "array", "items": {"type": "string"}}}
          },
          "Profile": {"type": "object", "required": ["profile"], "properties": {"profile": {"type": "object"}}},
          "Traits": {"type": "object", "required": ["traits", "as_of"], "properties": {"traits": {"type": "object"},
            "as_of": {"type": "object", "additionalProperties": {"type": "string", "format": "date-time"}}}},
          "SentCount": {
            "type": "object", "required": ["from", "to", "messages"],
            "properties": {"from": {"type": "string", "format": "date-time"}, "to": {"type": "string", "format": "date-time"},
              "messages": {"type": "integer", "minimum": 0, "maximum": 9007199254740992}}
          },
          "KeptCount": {
            "type": "object", "required": ["source", "from", "to", "messages"],
            "properties": {"source": {"type": "string"}, "from": {"type": "string"}, "to": {"type": "string"},
              "messages": {"type": "integer"}}
          },
          "Events": {
            "type": "object", "required": ["events", "total"],
            "properties": {"events": {"type": "array", "items": {"type": "object"}}, "total": {"type": "integer", "minimum": 0}}
          },
          "ProfileSegments": {
            "type": "object", "required": ["segments"],
            "properties": {"segments": {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {
              "name": {"type": "string"}, "valid_until": {"type": ["string", "null"]}}}}}
          },
          "Consent": {
            "type": "object", "required": ["consent"],
            "properties": {"consent": {"type": "object", "additionalProperties": {"type": "boolean"}}}
          },
          "Links": {
            "type": "object", "required": ["links"],
            "properties": {"links": {"type": "array", "items": {"type": "object", "required": ["namespace", "id"], "properties": {
              "namespace": {"type": "string"}, "id": {"type": "string"}}}}}
          },
          "Unmerge": {
            "type": "object",
            "properties": {"from": {"type": ["string", "null"], "description": "From whom: user_id:U or anonymous_id:A. Without it, from everybody."},
              "reason": {"type": ["string", "null"]}},
            "examples": [{"from": "user_id:u-2", "reason": "a tablet in a shop"}]
          },
          "Rejoin": {"type": "object", "properties": {"reason": {"type": ["string", "null"]}}},
          "PeopleChange": {
            "type": "object", "required": ["done", "unmerge", "before", "after"],
            "properties": {"done": {"type": "string"}, "unmerge": {"type": "integer", "minimum": 1},
              "before": {"type": "array", "items": {"type": "string"}}, "after": {"type": "array", "items": {"type": "string"}}}
          },
          "Merges": {
            "type": "object", "required": ["merges", "total"],
            "properties": {"merges": {"type": "array", "items": {"type": "object", "required": ["number", "at", "because", "before", "after"]}},
              "total": {"type": "integer", "minimum": 0}}
          },
          "Segments": {
            "type": "object", "required": ["segments"],
            "properties": {"segments": {"type": "array", "items": {"type": "object", "required": ["name", "members"], "properties": {
              "name": {"type": "string"}, "members": {"type": "integer", "minimum": 0}, "expression": {"type": "string"}}}}}
          },
          "Members": {
            "type": "object", "required": ["members", "total", "next"],
            "properties": {"members": {"type": "array", "items": {"type": "string"}}, "total": {"type": "integer", "minimum": 0},
              "next": {"type": ["string", "null"]}}
          },
          "Decision": {
            "type": "object", "required": ["profile", "segments"],
            "properties": {"profile": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
              "segments": {"type": "array", "items": {"type": "string"}}, "features": {"type": "object"},
              "offers": {"type": "object", "additionalProperties": {"type": "object", "required": ["variant", "value", "reason"],
                "properties": {"variant": {"type": "string"}, "value": {}, "reason": {
                  "enum": ["TARGETING_MATCH", "DEFAULT", "DISABLED", "STATIC"]}}}}}
          },
          "EvaluationRequest": {
            "type": "object", "required": ["context"],
            "properties": {"context": {"type": "object", "required": ["targetingKey"], "properties": {
              "targetingKey": {"type": "string", "minLength": 1, "description": "Who: a user id or else an anonymous id, or a namespace and an id."}}}},
            "examples": [{"context": {"targetingKey": "user_id:1"}}]
          },
          "Evaluation": {
            "type": "object", "required": ["key", "value", "reason", "variant"],
            "properties": {"key": {"type": "string"}, "value": {"type": ["boolean", "string", "number", "object"]},
              "reason": {"enum": ["TARGETING_MATCH", "UNKNOWN", "DISABLED", "STATIC"]}, "variant": {"type": "string"},
              "metadata": {"type": "object", "properties": {
                "title": {"type": "string"}, "rule": {"type": "string"}, "fallback": {"type": "boolean"}}}}
          },
          "EvaluationFailure": {
            "type": "object", "required": ["errorCode"],
            "properties": {"key": {"type": "string"}, "errorDetails": {"type": "string"},
              "errorCode": {"enum": ["PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "FLAG_NOT_FOUND", "GENERAL"]}}
          },
          "BulkEvaluation": {
            "type": "object", "required": ["flags"],
            "properties": {"flags": {"type": "array", "items": {"oneOf": [
              {"$ref": "#/components/schemas/Evaluation"}, {"$ref": "#/components/schemas/EvaluationFailure"}]}}}
          },
          "Quarantine": {
            "type": "object", "required": ["quarantine", "total"],
            "properties": {"total": {"type": "integer", "minimum": 0}, "quarantine": {"type": "array", "items": {"type": "object",
              "required": ["file", "reason", "messages", "replayable"], "properties": {
                "file": {"type": "string"}, "rule": {"type": ["string", "null"]}, "reason": {"type": "string"},
                "messages": {"type": "integer", "minimum": 1}, "replayable": {"type": "integer", "minimum": 0},
                "first": {"type": ["string", "null"]}, "last": {"type": ["string", "null"]}}}}}
          },
          "Replay": {
            "type": "object", "required": ["judged", "stored", "duplicates", "refused", "left", "files"],
            "properties": {"judged": {"type": "integer", "minimum": 0}, "stored": {"type": "integer", "minimum": 0},
              "duplicates": {"type": "integer", "minimum": 0}, "refused": {"type": "integer", "minimum": 0},
              "left": {"type": "integer", "minimum": 0}, "files": {"type": "array", "items": {"type": "object"}}}
          },
          "Health": {"type": "object", "required": ["status"], "properties": {"status": {"enum": ["live", "ready"]}}},
          "Document": {"type": "object", "required": ["openapi"], "properties": {"openapi": {"type": "string"}}},
          "Error": {
            "type": "object", "required": ["error"], "additionalProperties": false,
            "properties": {"error": {
              "type": "object", "required": ["code", "message", "remedy"], "additionalProperties": false,
              "properties": {
                "code": {"type": "string", "description": "For programs."},
                "message": {"type": "string", "description": "What happened."},
                "remedy": {"type": "string", "description": "What to do."},
                "line": {"type": "integer", "minimum": 1, "description": "Where in the body."},
                "column": {"type": "integer", "minimum": 1}
              }
            }}
          }
        }
        """#

    static let securitySchemes = #"""
        {
          "key": {"type": "http", "scheme": "basic", "description": "The key as the user name, with an empty password."},
          "token": {"type": "http", "scheme": "bearer", "description": "The key."},
          "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The key."}
        }
        """#
}
