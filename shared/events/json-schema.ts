import * as z from "zod";
import {
  EVENT_SOURCE,
  eventTypesByEntity,
  OUT_OF_BAND_CHANGE,
  type RelayedEntity,
  SCHEDULER_SOURCE,
} from "./event-types.ts";
import { inboundSchemas } from "./inbound.ts";
import { announcementSchemas, dueSchemas, envelopeSchema, outOfBandSchema } from "./outbound.ts";
import { wireSchemas } from "./wire-schemas.ts";

/**
 * The published JSON Schemas (draft 2020-12) of every event's `detail`, by path below `schemas/`, and their index.
 * They are derived from the schemas that the code runs, so that they can't tell another story.
 */
export function schemaFiles(): ReadonlyMap<string, string> {
  const events = [
    ...inboundEvents(),
    ...recordEvents(),
    outOfBandEvent(),
    ...detailsOf(EVENT_SOURCE, announcementSchemas),
    ...detailsOf(SCHEDULER_SOURCE, dueSchemas),
  ];
  const files = new Map(events.map((event) => [pathOf(event), render(event)]));
  files.set("README.md", indexOf(events));
  return files;
}

interface EventSchema {
  readonly direction: "inbound" | "outbound";
  readonly source: string;
  readonly type: string;
  readonly schema: z.ZodType;
}

function inboundEvents(): EventSchema[] {
  return Object.entries(inboundSchemas).map(([type, schema]) => ({
    direction: "inbound",
    source: "placements, partners, contests",
    type,
    schema,
  }));
}

function recordEvents(): EventSchema[] {
  const entities = Object.keys(eventTypesByEntity) as RelayedEntity[];
  return entities.flatMap((entity) =>
    eventTypesByEntity[entity].map((type) => ({
      direction: "outbound" as const,
      source: EVENT_SOURCE,
      type,
      schema: envelopeSchema.extend({
        event_type: z.literal(type),
        entity_type: z.literal(entity),
        data: wireSchemas[entity],
      }),
    })),
  );
}

function outOfBandEvent(): EventSchema {
  const schema = envelopeSchema.extend({ event_type: z.literal(OUT_OF_BAND_CHANGE), data: outOfBandSchema });
  return { direction: "outbound", source: EVENT_SOURCE, type: OUT_OF_BAND_CHANGE, schema };
}

function detailsOf(source: string, schemas: Readonly<Record<string, z.ZodType>>): EventSchema[] {
  return Object.entries(schemas).map(([type, schema]) => ({ direction: "outbound", source, type, schema }));
}

function pathOf({ direction, type }: EventSchema): string {
  return `${direction}/${type}.json`;
}

function render({ schema, type }: EventSchema): string {
  // What senders may write: defaults are optional, and open objects stay open for later fields.
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    target: "draft-2020-12",
    io: "input",
    override: dropDatePattern,
  });
  return `${JSON.stringify({ $schema, title: type, ...rest }, null, 2)}\n`;
}

/** The format says it; the pattern behind it is nobody's to read. */
function dropDatePattern({ jsonSchema }: { jsonSchema: { format?: string; pattern?: string } }): void {
  if (jsonSchema.format?.startsWith("date")) delete jsonSchema.pattern;
}

function indexOf(events: readonly EventSchema[]): string {
  return `# Event schemas

JSON Schema (draft 2020-12) of the \`detail\` of every event on the bus. Generated from \`shared/events\` by
\`scripts/write-schemas.ts\`; a test keeps them equal. Amounts are integers of minor units beside their currency;
instants are UTC in ISO 8601; percentages are percent, basis points end in \`_bp\`.

Inbound details are closed: an unknown field is refused. Some rules have no place in JSON Schema and are checked as
well: the currency is a supported one, each payee is named once and has either \`share_bp\` or \`amount\`, the shares add
up to at most 10,000 basis points, \`platform\` is nobody's \`organization_id\`, a detail is at most 64 KiB.

Outbound details are open: ignore fields that you don't know. Events come at least once and in any order:
\`event_id\` tells a repetition, \`version\` of \`(entity_type, entity_id)\` the order.

## Inbound

${tableOf(events.filter(({ direction }) => direction === "inbound"))}

## Outbound

${tableOf(events.filter(({ direction }) => direction === "outbound"))}
`;
}

function tableOf(events: readonly EventSchema[]): string {
  const rows = events.map((event) => `| [\`${event.type}\`](${pathOf(event)}) | ${event.source} |`);
  return ["| detail type | source |", "|---|---|", ...rows].join("\n");
}
