import { Duration } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { auditedEntities, relayedEntities } from "../../shared/domain/entities.ts";
import type { Platform } from "../platform.ts";
import { auditWriterRoleName } from "./audit-table.ts";
import { ServiceFunction } from "./service-function.ts";
import { StreamConsumer } from "./stream-consumer.ts";

/** The two readers of the table's stream. Everybody else subscribes to the bus. */
export class ChangeFeed extends Construct {
  constructor(scope: Construct, id: string, platform: Platform) {
    super(scope, id);
    const { config, table, auditTable, bus } = platform;
    const auditWriter = new ServiceFunction(this, "WriteAudit", {
      platform,
      name: "write-audit",
      invocation: "sync",
      roleName: auditWriterRoleName(config),
      memoryMb: 512,
      timeoutSeconds: 60,
    }).bindTable(auditTable, { actions: ["PartiQLInsert", "Query"], variable: "AUDIT_TABLE_NAME" });
    new StreamConsumer(this, "AuditStream", {
      platform,
      table,
      consumer: auditWriter,
      entities: auditedEntities,
      batchSize: 100,
      // A missing line can only be told, not made up: try for as long as a person may need to mend the table.
      retryAttempts: 1000,
      maxRecordAge: Duration.hours(18),
      maxLag: Duration.minutes(5),
    });
    const relay = new ServiceFunction(this, "RelayChanges", {
      platform,
      name: "relay-changes",
      invocation: "sync",
      memoryMb: 512,
      timeoutSeconds: 60,
    })
      .bindTable(table, { actions: ["GetItem", "UpdateItem"] })
      .bindBus(bus);
    new StreamConsumer(this, "RelayStream", {
      platform,
      table,
      consumer: relay,
      entities: relayedEntities,
      batchSize: 50,
      retryAttempts: 100,
      maxRecordAge: Duration.hours(6),
      maxLag: Duration.minutes(1),
    });
  }
}
