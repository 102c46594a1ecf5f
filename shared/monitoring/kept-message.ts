import * as z from "zod";
import { EVENT_SOURCE, SCHEDULER_SOURCE, type SchedulerEventType } from "../events/event-types.ts";
import { envelopeSchema } from "../events/outbound.ts";
import { parseFamilyId } from "../store/keys.ts";

/** An event as it can go back on the bus. */
export interface KeptEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: unknown;
  /** When it was published at first: who orders by time must not take it for news. Absent where it never was. */
  readonly time?: string;
}

export type KeptKind =
  | "refused_event"
  | "failed_invocation"
  | "undelivered_event"
  | "missed_schedule"
  | "failed_workflow"
  | "stream_position"
  | "unreadable";

/** What a message of a failure queue says. */
export interface KeptMessage {
  readonly kind: KeptKind;
  /** Why it was kept; absent where it doesn't say. */
  readonly reason?: string;
  /** Absent where nothing in it could go back on the bus; `obstacle` says why. */
  readonly event?: KeptEvent;
  readonly obstacle?: string;
}

const busEvent = z.object({
  source: z.string().min(1),
  "detail-type": z.string().min(1),
  detail: z.unknown(),
  time: z.iso.datetime({ offset: true }).optional(),
});
const refusal = z.object({ reason: z.string(), event: z.unknown() });
const failure = z.object({
  requestPayload: z.unknown(),
  requestContext: z.object({ condition: z.string() }).optional(),
  responsePayload: z.object({ errorType: z.string().optional(), errorMessage: z.string().optional() }).optional(),
});
const streamPosition = z.object({
  DDBStreamBatchInfo: z.object({ shardId: z.string(), startSequenceNumber: z.string(), batchSize: z.int().optional() }),
  requestContext: z.object({ condition: z.string() }).optional(),
});
const record = z.object({ organization_id: z.string(), entity_id: z.string() });
const failedWorkflow = record.extend({
  execution: z.string(),
  error: z.object({ Error: z.string().optional(), Cause: z.string().optional() }).optional(),
});
/** EventBridge Scheduler keeps the request that it could not make, or only its target's input. */
const missedRequest = z.object({
  Entries: z.tuple([z.object({ Source: z.string(), DetailType: z.string(), Detail: z.string() })]),
});

const AWS_SOURCE = /^aws\./;

/** SQS's message attributes, as far as EventBridge and its scheduler set them. */
export type KeptAttributes = Readonly<Record<string, string | undefined>>;

/**
 * Reads a message of any failure queue: a refused event, a Lambda destination record, what a rule or the scheduler could
 * not deliver, a failed workflow, a position in the stream. Never throws: what can't be read says so.
 */
export function readKept(body: string, attributes: KeptAttributes = {}): KeptMessage {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { kind: "unreadable", obstacle: "it is not JSON" };
  }
  for (const read of readers) {
    const kept = read(value, attributes);
    if (kept !== undefined) return kept;
  }
  return { kind: "unreadable", obstacle: "it has no form that is known" };
}

type Reader = (value: unknown, attributes: KeptAttributes) => KeptMessage | undefined;

/** The first that knows the form; a rule's plain event comes after the forms that hold one. */
const readers: readonly Reader[] = [
  (value) => {
    const parsed = refusal.safeParse(value);
    if (!parsed.success) return undefined;
    const { reason, event } = parsed.data;
    return { kind: "refused_event", reason, ...eventIn(event) };
  },
  (value) => {
    const parsed = streamPosition.safeParse(value);
    if (!parsed.success) return undefined;
    const { DDBStreamBatchInfo: batch, requestContext } = parsed.data;
    return {
      kind: "stream_position",
      reason: joined(
        requestContext?.condition,
        `${batch.batchSize ?? "some"} changes from ${batch.startSequenceNumber}`,
      ),
      obstacle: "it is a position in the table's stream, not an event",
    };
  },
  (value) => {
    const parsed = failure.safeParse(value);
    if (!parsed.success || parsed.data.requestPayload === undefined) return undefined;
    const { requestPayload, requestContext, responsePayload } = parsed.data;
    const reason = joined(responsePayload?.errorType, responsePayload?.errorMessage) || requestContext?.condition;
    return { kind: "failed_invocation", ...(reason ? { reason } : {}), ...eventIn(requestPayload) };
  },
  (value) => {
    const parsed = failedWorkflow.safeParse(value);
    if (!parsed.success) return undefined;
    const { error, ...about } = parsed.data;
    const reason = joined(error?.Error, error?.Cause);
    return { kind: "failed_workflow", ...(reason ? { reason } : {}), event: dueEvent("transfer.attempt_due", about) };
  },
  (value, attributes) => {
    const parsed = missedRequest.safeParse(value);
    if (!parsed.success) return undefined;
    const [{ Source: source, DetailType: detailType, Detail }] = parsed.data.Entries;
    const detail = parsedJson(Detail);
    return {
      kind: "missed_schedule",
      ...undeliveredBecause(attributes),
      ...(detail === undefined ? { obstacle: "its detail is not JSON" } : { event: { source, detailType, detail } }),
    };
  },
  (value, attributes) => {
    const parsed = envelopeSchema.safeParse(value);
    if (!parsed.success) return undefined;
    const { event_type: detailType, occurred_at: time } = parsed.data;
    const event = { source: EVENT_SOURCE, detailType, detail: value, time };
    return { kind: "undelivered_event", ...undeliveredBecause(attributes), event };
  },
  (value, attributes) => {
    const parsed = record.safeParse(value);
    const type = parsed.success ? dueTypeOf(parsed.data.entity_id) : undefined;
    if (type === undefined) return undefined;
    return { kind: "missed_schedule", ...undeliveredBecause(attributes), event: dueEvent(type, value) };
  },
  (value, attributes) => {
    if (!busEvent.safeParse(value).success) return undefined;
    return { kind: "undelivered_event", ...undeliveredBecause(attributes), ...eventIn(value) };
  },
];

function eventIn(value: unknown): Pick<KeptMessage, "event" | "obstacle"> {
  const parsed = busEvent.safeParse(value);
  if (!parsed.success) return { obstacle: "what it holds is not an event of the bus" };
  const { source, "detail-type": detailType, detail, time } = parsed.data;
  if (AWS_SOURCE.test(source)) return { obstacle: `nobody but AWS may publish as ${source}` };
  return { event: { source, detailType, detail, ...(time === undefined ? {} : { time }) } };
}

function dueTypeOf(entityId: string): SchedulerEventType | undefined {
  const entity = parseFamilyId(entityId)?.entity;
  if (entity === "escrow_hold") return "escrow_hold.release_due";
  return entity === "payout_schedule" ? "payout_schedule.due" : undefined;
}

function dueEvent(detailType: SchedulerEventType, value: unknown): KeptEvent {
  return { source: SCHEDULER_SOURCE, detailType, detail: dueDetail.parse(value) };
}

const dueDetail = record.extend({ planned_at: z.string().optional() });

function undeliveredBecause({ ERROR_CODE, ERROR_MESSAGE }: KeptAttributes): { reason?: string } {
  const reason = joined(ERROR_CODE, ERROR_MESSAGE);
  return reason === "" ? {} : { reason };
}

function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(": ");
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whose event it is, where it says so. */
export function organizationOf({ detail }: KeptEvent): string | undefined {
  const parsed = z.object({ organization_id: z.string() }).safeParse(detail);
  return parsed.success ? parsed.data.organization_id : undefined;
}
