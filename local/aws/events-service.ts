import * as z from "zod";
import type { BusEntry, EventBus } from "../contracts.ts";
import type { Authorizer } from "../iam/authorizer.ts";
import { busName } from "../template/identity.ts";
import type { TemplateModel } from "../template/model.ts";
import { AwsError, type AwsService, json, notSupported, parseInput, requireAccess } from "./call.ts";

const entryLimit = 10;
const requestLimitBytes = 1_048_576;

const entrySchema = z.strictObject({
  Detail: z.string().optional(),
  DetailType: z.string().optional(),
  EventBusName: z.string().optional(),
  Resources: z.array(z.string()).optional(),
  Source: z.string().optional(),
  Time: z.number().optional(),
  TraceHeader: z.string().optional(),
});
const inputSchema = z.strictObject({ Entries: z.array(entrySchema), EndpointId: z.undefined().optional() });

type Entry = z.output<typeof entrySchema>;
interface EntryError {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

/** EventBridge: PutEvents. Entries that are refused don't keep the others back. */
export function createEventsService(options: {
  readonly model: TemplateModel;
  readonly authorizer: Authorizer;
  readonly bus: EventBus;
}): AwsService {
  const { model, authorizer, bus } = options;
  const buses = new Set(["default", ...model.eventBuses.map(({ name }) => name)]);

  return (call) => {
    if (call.operation !== "PutEvents") throw notSupported(call);
    const { Entries: entries } = parseInput(call, inputSchema);
    if (entries.length === 0 || entries.length > entryLimit) {
      throw new AwsError("ValidationException", `Entries must have 1 to ${entryLimit} members, not ${entries.length}`);
    }
    if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > requestLimitBytes) {
      throw new AwsError("ValidationException", "Total size of the entries in the request is over the limit.");
    }
    for (const entry of entries) {
      requireAccess(authorizer, call, {
        action: "events:PutEvents",
        resource: `arn:aws:events:${model.region}:${model.account}:event-bus/${busName(entry.EventBusName)}`,
        context: { "events:source": entry.Source, "events:detail-type": entry.DetailType },
      });
    }

    const isFaulty = (index: number) =>
      call.fault?.error === "partial" && (call.fault.entries?.includes(index) ?? index % 2 === 0);
    const errors = entries.map((entry, index) => (isFaulty(index) ? injected : problemOf(entry, buses)));
    const accepted = entries.filter((_, index) => errors[index] === undefined);
    const ids = accepted.length === 0 ? [] : bus.put(accepted.map(toBusEntry));
    let next = 0;
    const results = errors.map((error) => {
      if (error !== undefined) return error;
      next += 1;
      return { EventId: ids[next - 1]?.eventId };
    });
    return json({ FailedEntryCount: entries.length - accepted.length, Entries: results });
  };
}

const injected: EntryError = { ErrorCode: "InternalFailure", ErrorMessage: "The entry failed (injected fault)." };

function problemOf(entry: Entry, buses: ReadonlySet<string>): EntryError | undefined {
  for (const member of ["Source", "DetailType", "Detail"] as const) {
    if (entry[member] === undefined || entry[member] === "") {
      const ErrorMessage = `Parameter ${member} is not valid. Reason: ${member} is a required argument.`;
      return { ErrorCode: "InvalidArgument", ErrorMessage };
    }
  }
  if (!isJsonObject(entry.Detail ?? "")) return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
  if (entry.Source?.startsWith("aws.") === true) {
    return { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." };
  }
  const name = busName(entry.EventBusName);
  if (!buses.has(name)) {
    return { ErrorCode: "ResourceNotFoundException", ErrorMessage: `Event bus ${name} does not exist.` };
  }
  return undefined;
}

function toBusEntry(entry: Entry): BusEntry {
  return {
    busName: busName(entry.EventBusName),
    source: entry.Source ?? "",
    detailType: entry.DetailType ?? "",
    detail: entry.Detail ?? "",
    ...(entry.Time === undefined ? {} : { time: new Date(entry.Time * 1000).toISOString() }),
    ...(entry.Resources === undefined ? {} : { resources: entry.Resources }),
  };
}

/** As AWS counts an entry. */
function sizeOf(entry: Entry): number {
  const texts = [entry.Source ?? "", entry.DetailType ?? "", entry.Detail ?? "", ...(entry.Resources ?? [])];
  const time = entry.Time === undefined ? 0 : 14;
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), time);
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
