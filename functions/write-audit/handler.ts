import * as z from "zod";
import { createWriteAudit } from "../../shared/audit/write-batch.ts";
import { createAuditWriter } from "../../shared/audit/writer.ts";
import { createDocumentClient } from "../../shared/runtime/clients.ts";
import { readEnv } from "../../shared/runtime/env.ts";
import { house } from "../../shared/runtime/house.ts";
import { recordMetric } from "../../shared/runtime/metrics.ts";

const { AUDIT_TABLE_NAME } = readEnv({ AUDIT_TABLE_NAME: z.string().min(1) });

const writeChain = createAuditWriter({
  client: createDocumentClient(),
  tableName: AUDIT_TABLE_NAME,
  onFlagged: () => recordMetric("OutOfBandChange"),
});

/** Turns each change of the table into a line of the audit log. */
export const handler = house(createWriteAudit(writeChain));
