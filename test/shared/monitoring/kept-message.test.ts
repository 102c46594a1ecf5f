import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { organizationOf, readKept } from "../../../shared/monitoring/kept-message.ts";

const FAMILY = "01JDR2V0Q8Z5Y7X3W1T9S6R4";
const TIME = "2026-11-21T09:00:00Z";
const event = {
  version: "0",
  id: "e-1",
  source: "placements",
  "detail-type": "placement.activated",
  time: TIME,
  detail: { organization_id: "acme", placement_id: "pl-1" },
};
const asKept = { source: event.source, detailType: event["detail-type"], detail: event.detail, time: TIME };
const envelope = {
  event_id: "ev-1",
  event_type: "transfer.retry_scheduled",
  schema_version: 1,
  organization_id: "acme",
  entity_type: "transfer",
  entity_id: `tr_${FAMILY}03`,
  version: 4,
  occurred_at: "2026-11-21T09:00:00.000Z",
  correlation_id: null,
  actor: { type: "system", id: "attempt-transfer", role: null },
  data: { status: "retryable" },
};
const read = (value: unknown, attributes?: Record<string, string>) => readKept(JSON.stringify(value), attributes);

describe("a message of a failure queue", () => {
  it("that the intake refused holds the event and the reason", () => {
    const refused = { reason: "company_id is missing", code: "invalid_event", field: "company_id", event };
    expect(read(refused)).toEqual({ kind: "refused_event", reason: "company_id is missing", event: asKept });
  });

  it("of a function that failed holds the event it was given and its error", () => {
    const failed = {
      version: "1.0",
      requestContext: { requestId: "r", condition: "RetriesExhausted", approximateInvokeCount: 3 },
      requestPayload: event,
      responsePayload: { errorType: "StoreBusy", errorMessage: "the table is busy", trace: [] },
    };
    expect(read(failed)).toEqual({ kind: "failed_invocation", reason: "StoreBusy: the table is busy", event: asKept });
  });

  it("of a function that was never run says which condition ended it", () => {
    const expired = { requestContext: { condition: "EventAgeExceeded" }, requestPayload: event };
    expect(read(expired)).toMatchObject({ kind: "failed_invocation", reason: "EventAgeExceeded", event: asKept });
  });

  it("of a scheduled run has nothing that could go back: nobody but AWS may publish it", () => {
    const run = { ...event, source: "aws.events", "detail-type": "Scheduled Event", detail: {} };
    const { event: back, obstacle } = read({ requestPayload: run, requestContext: { condition: "RetriesExhausted" } });
    expect([back, obstacle]).toEqual([undefined, "nobody but AWS may publish as aws.events"]);
    expect(read(run)).toMatchObject({ kind: "undelivered_event", obstacle: expect.any(String) });
  });

  it("that a rule could not deliver is the event, with the reason in its attributes", () => {
    const attributes = { ERROR_CODE: "NO_PERMISSIONS", ERROR_MESSAGE: "not allowed", RULE_ARN: "arn" };
    expect(read(event, attributes)).toEqual({
      kind: "undelivered_event",
      reason: "NO_PERMISSIONS: not allowed",
      event: asKept,
    });
    expect(read(event)).not.toHaveProperty("reason");
  });

  it("that a rule could not deliver as a detail alone becomes the event that it was", () => {
    expect(read(envelope, { ERROR_CODE: "THROTTLING" })).toEqual({
      kind: "undelivered_event",
      reason: "THROTTLING",
      event: { source: "payouts", detailType: envelope.event_type, detail: envelope, time: envelope.occurred_at },
    });
  });

  it.each([
    [`eh_${FAMILY}02`, "escrow_hold.release_due"],
    [`ps_${FAMILY}01`, "payout_schedule.due"],
  ])("that the scheduler could not put on the bus becomes what it would have been: %s", (id, detailType) => {
    const input = { organization_id: "acme", entity_id: id, planned_at: "2026-11-21T09:00:00.000Z" };
    const expected = { source: "payouts.scheduler", detailType, detail: input };
    expect(read(input, { ERROR_CODE: "TARGET_ERROR" })).toEqual({
      kind: "missed_schedule",
      reason: "TARGET_ERROR",
      event: expected,
    });
    const request = {
      Entries: [
        { EventBusName: "b", Source: "payouts.scheduler", DetailType: detailType, Detail: JSON.stringify(input) },
      ],
    };
    expect(read(request)).toEqual({ kind: "missed_schedule", event: expected });
  });

  it("of a workflow that failed asks for the attempt", () => {
    const failed = {
      execution: "arn:execution",
      organization_id: "acme",
      entity_id: `tr_${FAMILY}03`,
      error: { Error: "States.TaskFailed", Cause: "a bug" },
    };
    expect(read(failed)).toEqual({
      kind: "failed_workflow",
      reason: "States.TaskFailed: a bug",
      event: {
        source: "payouts.scheduler",
        detailType: "transfer.attempt_due",
        detail: { organization_id: "acme", entity_id: failed.entity_id },
      },
    });
  });

  it("of a stream batch is a position, which can't go back", () => {
    const batch = {
      requestContext: { condition: "RetryAttemptsExhausted" },
      DDBStreamBatchInfo: { shardId: "s-1", startSequenceNumber: "100", endSequenceNumber: "109", batchSize: 10 },
    };
    const kept = read(batch);
    expect(kept).toMatchObject({
      kind: "stream_position",
      reason: "RetryAttemptsExhausted: 10 changes from 100",
      obstacle: expect.stringContaining("not an event"),
    });
    expect(kept).not.toHaveProperty("event");
  });

  it.each([
    ["not JSON", "{"],
    ["an empty text", ""],
    ["a number", "1"],
    ["another thing's record", '{"organization_id":"acme","entity_id":"po_1"}'],
    ["an event without a source", '{"detail-type":"t","detail":{}}'],
  ])("that is %s is unreadable and says so", (_what, body) => {
    const kept = readKept(body);
    expect(kept).toMatchObject({ kind: "unreadable", obstacle: expect.any(String) });
    expect(kept.event).toBeUndefined();
  });

  it("has an event or an obstacle, whatever it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { event: back, obstacle } = read(value);
        return (back === undefined) !== (obstacle === undefined);
      }),
    );
  });
});

it("says whose event it is, where it says so", () => {
  expect(organizationOf(asKept)).toBe("acme");
  for (const detail of [{}, null, "acme", { organization_id: 1 }])
    expect(organizationOf({ ...asKept, detail })).toBeUndefined();
});
