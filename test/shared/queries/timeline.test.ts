import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { payoutOperations } from "../../../shared/api/contract/payouts.ts";
import { type AuditReader, createAuditReader } from "../../../shared/audit/reader.ts";
import type { RecordChange } from "../../../shared/domain/decision.ts";
import type { Payout } from "../../../shared/domain/model.ts";
import { activatePlacement } from "../../../shared/domain/placement.ts";
import { fireSchedule } from "../../../shared/domain/release.ts";
import { createAuditLog } from "../../../shared/queries/audit-log.ts";
import { readBlockers } from "../../../shared/queries/blockers.ts";
import { readTimeline } from "../../../shared/queries/timeline.ts";
import { createStore, type Store } from "../../../shared/store/store.ts";
import { type AuditTrail, createAuditTrail } from "../../support/audit-trail.ts";
import {
  accepted,
  activationOf,
  contextAt,
  GUARANTEE_END,
  ORGANIZATION,
  onlyAfter,
  PAYEE,
  payeeWith,
  START,
  surroundingsOf,
} from "../../support/domain-records.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";

let dynamo: TestDynamo;
let store: Store;
let audit: AuditReader;
let trail: AuditTrail;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  const { table, auditTable } = await dynamo.createTables();
  const retry = { sleep: async () => undefined, random: () => 0 };
  store = createStore({ client: dynamo.client, tableName: table, ...retry });
  audit = createAuditReader({ client: dynamo.client, tableName: auditTable, ...retry });
  trail = createAuditTrail(dynamo.client, auditTable);
});

async function commit(changes: readonly RecordChange[]): Promise<void> {
  await store.commit(changes);
  await trail.record(changes);
}

/** Activated, then its schedule fired in vain because the payee has no account any more. */
async function blockedPayout(): Promise<Payout> {
  const activated = activatePlacement(activationOf(), undefined, new Map([[PAYEE.id, PAYEE]]), contextAt(START));
  const { changes } = accepted(activated);
  await commit(changes);
  const payout = onlyAfter("payout", changes);
  const schedule = onlyAfter("payout_schedule", changes);
  const around = surroundingsOf(payout, { payee: payeeWith([]) });
  const context = { ...contextAt(GUARANTEE_END, "scheduler"), actor: { type: "system", id: "scheduler" } as const };
  await commit(accepted(fireSchedule({ schedule, path: "scheduler" }, around, context)).changes);
  return payout;
}

test("a payout's history is told in order: the payout first, then its parts, and what is in the way", async () => {
  const payout = await blockedPayout();
  const timeline = await readTimeline({ store, audit }, ORGANIZATION, payout.id);
  expect(timeline?.data.map(({ action, at }) => [at, action])).toEqual([
    [START, "payout.created"],
    [START, "payout_schedule.created"],
    [START, "escrow_hold.created"],
    [GUARANTEE_END, "payout_schedule.updated"],
  ]);
  expect(timeline?.data.at(-1)).toMatchObject({
    actor: "scheduler",
    actor_type: "system",
    version: 2,
    amount: 80_000,
    detail: expect.stringContaining("blocked: destination_missing"),
  });
  expect(timeline?.truncated).toBe(false);
  expect(payoutOperations.getPayoutTimeline.answer.schema.parse(timeline)).toEqual(timeline);
});

test("one that isn't there, is another organization's or isn't a payout's id has no history and no blockers", async () => {
  const payout = await blockedPayout();
  const around = { settings: undefined, now: START };
  const child = payout.id.replace("po_", "ps_").replace(/..$/, "01");
  for (const [organizationId, id] of [
    ["other", payout.id],
    [ORGANIZATION, "po_01KAJ000000000000000000000"],
    [ORGANIZATION, child],
    [ORGANIZATION, "nonsense"],
  ] as const) {
    expect(await readTimeline({ store, audit }, organizationId, id)).toBeUndefined();
    expect(await readBlockers(store, organizationId, id, around)).toBeUndefined();
  }
});

test("why it is not paid is worked out from what is stored now", async () => {
  const payout = await blockedPayout();
  const found = await readBlockers(store, ORGANIZATION, payout.id, { settings: undefined, now: GUARANTEE_END });
  expect(found?.blockers.map(({ code, entity, since }) => [entity, code, since])).toEqual([
    ["payout", "destination_missing", GUARANTEE_END],
    ["payout_schedule", "destination_missing", GUARANTEE_END],
    ["escrow_hold", "destination_missing", GUARANTEE_END],
  ]);
});

test("the audit log by payout has its postings as well, both ways, page by page", async () => {
  const payout = await blockedPayout();
  const log = createAuditLog({ store, audit });
  const query = { organizationId: ORGANIZATION, filters: { payoutId: payout.id }, limit: 2, now: GUARANTEE_END };
  const own = trail.lines.filter(({ payout_id }) => payout_id === payout.id);
  expect(own.map(({ entity_type }) => entity_type)).toContain("journal_entry");
  const ids: string[] = [];
  let position: string | undefined;
  do {
    const page = await log.readPage({ ...query, ascending: true, position });
    ids.push(...(page?.lines ?? []).map(({ id }) => id));
    position = page?.next;
  } while (position !== undefined);
  expect(ids.toSorted()).toEqual(own.map(({ id }) => id).toSorted());
  const newest = await log.readPage({ ...query, limit: 100, ascending: false });
  expect(newest?.lines.map(({ id }) => id)).toEqual(ids.toReversed());
  const filters = { payoutId: payout.id, entityType: "payout_schedule", action: ["payout_schedule.updated"] } as const;
  expect((await log.readPage({ ...query, filters, ascending: true }))?.lines).toHaveLength(1);
  expect(await log.readPage({ ...query, ascending: true, position: "made up" })).toBeNull();
});
