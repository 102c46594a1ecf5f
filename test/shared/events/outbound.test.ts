import { expect, test } from "vitest";
import { eventTypesByEntity } from "../../../shared/events/event-types.ts";
import {
  envelopeSchema,
  type RelayedRecord,
  toDomainEvent,
  toOutOfBandEvent,
} from "../../../shared/events/outbound.ts";
import { readChange } from "../../../shared/events/stream-change.ts";
import { AT, full, itemOf, minimal, stamp, streamRecord } from "./records.ts";

test("a change becomes an event with the stamp's identity, actor and reason", () => {
  const change = { ...stamp("escrow_hold", "eh_1", 4, "escrow_hold.released"), reason: "early" };
  const event = toDomainEvent({ entity: "escrow_hold", ...full.escrow_hold, version: 4, change });
  expect(event).toMatchObject({
    event_id: "acme/escrow_hold/eh_1/4",
    event_type: "escrow_hold.released",
    schema_version: 1,
    organization_id: "acme",
    entity_type: "escrow_hold",
    entity_id: full.escrow_hold.id,
    version: 4,
    occurred_at: AT,
    correlation_id: "corr-1",
    actor: { type: "user", id: "u-1", role: "manager" },
    reason: "early",
    data: { hold_amount: 25_000 },
  });
});

test.each(Object.keys(eventTypesByEntity) as (keyof typeof eventTypesByEntity)[])(
  "a %s's event fits the envelope",
  (entity) => {
    const event = toDomainEvent({ entity, ...minimal[entity] } as RelayedRecord);
    expect(envelopeSchema.strict().safeParse(event).error).toBeUndefined();
    expect(event).not.toHaveProperty("reason");
  },
);

test("an out-of-band change is told without its contents", () => {
  const before = itemOf("payee", full.payee);
  const change = readChange(streamRecord({ before, after: { ...before, name: "Eve" } }));
  if (change.outOfBand === undefined) throw new Error("not flagged");
  const event = toOutOfBandEvent(change);
  expect(envelopeSchema.safeParse(event).error).toBeUndefined();
  expect(event).toMatchObject({
    event_type: "security.out_of_band_change",
    event_id: `acme/payee/payee-1/1~${change.sequenceNumber}`,
    actor: { type: "system", id: "unknown" },
    data: { problem: "stamp_unchanged" },
  });
  expect(JSON.stringify(event)).not.toContain("Eve");
});
