import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createActing } from "../../../../shared/api/acting.ts";
import { payoutOperations } from "../../../../shared/api/contract/payouts.ts";
import { createPayoutHandlers } from "../../../../shared/api/handlers/payouts.ts";
import type { ApiResult, Caller, OperationSpec } from "../../../../shared/api/operation.ts";
import { type RequestReceipts, receiptsOf } from "../../../../shared/api/receipts.ts";
import { createPayouts } from "../../../../shared/commands/payouts.ts";
import type { Role } from "../../../../shared/domain/model.ts";
import { startDynamo, type TestDynamo } from "../../../support/dynamodb.ts";
import {
  activated,
  createTestWorld,
  DAY,
  DEFAULT_POLICY,
  ORG,
  PAYEE,
  payeeUpserted,
  type TestWorld,
} from "../../../support/world.ts";

type Handlers = ReturnType<typeof createPayoutHandlers>;

interface Asked {
  readonly id?: string;
  readonly body?: unknown;
  readonly ifMatch?: number;
  readonly key?: string;
  readonly scopeId?: string;
}

let dynamo: TestDynamo;
let world: TestWorld;
let handlers: Handlers;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo, { policy: { approval: "manual" } });
  const payouts = createPayouts({ ...world.surroundings, defaultPolicy: DEFAULT_POLICY });
  handlers = createPayoutHandlers({ store: world.store, payouts });
  await world.take("payee.upserted", payeeUpserted());
});

/** Asks as the dispatcher does; an answer must be what the contract says. */
async function ask(name: keyof Handlers, who: readonly [string, Role], asked: Asked = {}): Promise<ApiResult> {
  const spec: OperationSpec = payoutOperations[name];
  const [subject, role] = who;
  const caller: Caller = {
    organizationId: ORG,
    subject,
    role,
    sourceIp: "203.0.113.7",
    addressAllowed: true,
    settings: undefined,
    ...(asked.scopeId === undefined ? {} : { scopeId: asked.scopeId }),
  };
  const parsed = { params: spec.params?.parse({ id: asked.id }), query: undefined, body: spec.body?.parse(asked.body) };
  const requestId = `${name}-${subject}-${asked.key}`;
  const receipts: RequestReceipts | undefined =
    asked.key === undefined
      ? undefined
      : receiptsOf(asked.key, caller, { operationId: name, parsed, requestId }, world.clock.now());
  const acting = createActing({
    spec,
    caller,
    requestId,
    store: world.store,
    receipts,
    onRefused: async () => undefined,
    onChanged: () => undefined,
  });
  const request = { operationId: name, spec, ...parsed, caller, requestId, ifMatch: asked.ifMatch, wantsCsv: false };
  const handler = handlers[name] as unknown as (asked: unknown) => Promise<ApiResult>;
  const result = await handler({ ...request, ...acting });
  if (result.ok) {
    const body: unknown = JSON.parse(JSON.stringify(result.body));
    expect(spec.answer.schema.parse(body)).toEqual(body);
  }
  return result;
}

const carl = ["carl", "operator"] as const;
const sam = ["sam", "processor"] as const;
const maria = ["maria", "manager"] as const;
const olga = ["olga", "manager"] as const;

async function created(more: Record<string, unknown> = {}): Promise<string> {
  world.clock.advance(1);
  const before = new Set((await world.all("payout")).map(({ id }) => id));
  await ask("createPayout", carl, { body: { payee_id: PAYEE, amount: 50_000, currency: "USD", ...more } });
  const fresh = (await world.all("payout")).find(({ id }) => !before.has(id));
  if (fresh === undefined) throw new Error("no payout was created");
  return fresh.id;
}

const codeOf = (result: ApiResult) => (result.ok ? "ok" : result.refusal.code);

describe("creating a payout", () => {
  it("takes everything that the contract offers", async () => {
    const later = new Date(world.clock.now() + DAY).toISOString();
    const result = await ask("createPayout", carl, {
      body: {
        payee_id: PAYEE,
        amount: 50_000,
        currency: "USD",
        company_id: "company-1",
        placement_id: "placement-1",
        notes: "bonus",
        schedule: { trigger_event: "milestone_reached", scheduled_date: later },
        hold: { amount: 20_000, release_date: later, hold_reason: "dispute", reason: "invoice 7" },
      },
    });
    expect(result).toMatchObject({
      ok: true,
      body: {
        data: {
          payee_id: PAYEE,
          company_id: "company-1",
          placement_id: "placement-1",
          amount: 50_000,
          held_amount: 20_000,
          status: "pending_approval",
          source: "manual",
          notes: "bonus",
          created_by: "carl",
        },
      },
    });
    expect(await world.only("payout_schedule")).toMatchObject({
      triggerEvent: "milestone_reached",
      scheduledDate: later,
      amountMinor: 30_000,
    });
    expect(await world.only("escrow_hold")).toMatchObject({ holdReason: "dispute", reason: "invoice 7" });
    await world.expectSound();
  });

  it("waits for a person's trigger unless it says otherwise", async () => {
    await created();
    const schedule = await world.only("payout_schedule");
    expect([schedule.triggerEvent, schedule.scheduledDate]).toEqual(["manual", undefined]);
  });
});

describe("one payout", () => {
  it.each([
    ["staff", ["vic", "viewer"], undefined, "ok"],
    ["its payee", ["p", "payee"], PAYEE, "ok"],
    ["another payee", ["p", "payee"], "payee-2", "not_found"],
    ["its company", ["c", "company"], "company-1", "ok"],
    ["another company", ["c", "company"], "company-2", "not_found"],
  ] as const)("is shown to %s: %s %s → %s", async (_who, who, scopeId, expected) => {
    const id = await created({ company_id: "company-1" });
    expect(codeOf(await ask("getPayout", who, { id, ...(scopeId === undefined ? {} : { scopeId }) }))).toBe(expected);
  });

  it("is not found by the id of one of its parts or by none at all", async () => {
    await created();
    const { id } = await world.only("payout_schedule");
    expect(codeOf(await ask("getPayout", maria, { id }))).toBe("not_found");
    expect(codeOf(await ask("getPayout", maria, { id: "po_nonsense" }))).toBe("not_found");
  });

  it("has notes that are changed and removed at the version that was read", async () => {
    const id = await created();
    const noted = await ask("updatePayout", carl, { id, body: { notes: "called" }, ifMatch: 1 });
    expect(noted).toMatchObject({ body: { data: { notes: "called", version: 2 } } });
    expect(codeOf(await ask("updatePayout", carl, { id, body: { notes: "again" }, ifMatch: 1 }))).toBe(
      "version_mismatch",
    );
    const removed = await ask("updatePayout", carl, { id, body: { notes: null }, ifMatch: 2 });
    expect(removed).toMatchObject({ body: { data: { notes: null } } });
  });
});

describe("what people do with a payout", () => {
  it("an approval's notes are the reason of the change", async () => {
    const id = await created();
    const result = await ask("approvePayout", maria, { id, body: { notes: "checked" } });
    expect(result).toMatchObject({ body: { data: { status: "approved", approved_by: "maria" } } });
    expect((await world.only("payout")).change).toMatchObject({ action: "payout.approved", reason: "checked" });
  });

  it("a rejection and a cancellation keep their reason; a deletion is a cancellation", async () => {
    const [first, second, third] = [await created(), await created(), await created()];
    const rejected = await ask("rejectPayout", maria, { id: first, body: { reason: "not ours" } });
    expect(rejected).toMatchObject({ body: { data: { status: "rejected", rejected_reason: "not ours" } } });
    const cancelled = await ask("cancelPayout", sam, { id: second, body: { reason: "twice" } });
    expect(cancelled).toMatchObject({ body: { data: { status: "cancelled", end_reason: "twice" } } });
    const deleted = await ask("deletePayout", sam, { id: third });
    expect(deleted).toMatchObject({ body: { data: { status: "cancelled", end_reason: "cancelled" } } });
    expect(await world.all("payout")).toHaveLength(3);
    await world.expectSound();
  });

  it("a payment outside keeps its reference, time and notes", async () => {
    const id = await created();
    await ask("approvePayout", maria, { id, body: {} });
    const paidAt = new Date(world.clock.now() - DAY).toISOString();
    const body = { reference: "bank 42", paid_at: paidAt, notes: "by hand" };
    expect(await ask("markPayoutPaid", sam, { id, body })).toMatchObject({
      body: { data: { status: "paid", paid_outside_amount: 50_000, external_reference: "bank 42", paid_at: paidAt } },
    });
    expect((await world.only("payout")).change.reason).toBe("by hand");
  });

  it("one that was marked as failed is approved again by a retry", async () => {
    const id = await created();
    await ask("approvePayout", maria, { id, body: {} });
    const failed = await ask("markPayoutFailed", sam, { id, body: { reason: "bank closed" } });
    expect(failed).toMatchObject({ body: { data: { status: "failed", end_reason: "bank closed" } } });
    const retried = await ask("retryPayout", sam, { id, body: { notes: "open again" } });
    expect(retried).toMatchObject({ body: { data: { status: "approved", end_reason: null } } });
    expect((await world.only("payout")).change.reason).toBe("open again");
  });

  it("a repeated request gets the answer of the first from its receipt", async () => {
    const id = await created();
    await ask("approvePayout", maria, { id, body: {}, key: "k1" });
    const receipts = receiptsOf(
      "k1",
      { organizationId: ORG, subject: "maria" },
      { operationId: "approvePayout", parsed: { params: { id }, query: undefined, body: {} }, requestId: "r" },
      world.clock.now(),
    );
    const stored = await world.store.readReceipt(receipts.key());
    expect(JSON.parse(stored?.answer?.body ?? "{}")).toMatchObject({ data: { id, status: "approved", version: 2 } });
  });
});

describe("many payouts at once", () => {
  it("are approved one by one: one's own, one that is approved and an unknown one are refused, the others done", async () => {
    await world.take("placement.activated", activated({ fee_amount: 40_000 }));
    const [fromEvent] = await world.all("payout");
    const own = await created();
    const other = await created();
    await ask("approvePayout", olga, { id: other, body: {} });
    const ids = [own, fromEvent?.id ?? "", other, "po_nonsense"];
    const result = await ask("bulkApprovePayouts", ["carl", "manager"], { body: { ids, notes: "run" }, key: "bulk" });
    expect(result).toMatchObject({
      ok: true,
      body: {
        results: [
          { id: own, ok: false, problem: { code: "payout_approved_by_creator" } },
          { id: fromEvent?.id, ok: true, result: { data: { status: "approved" } } },
          { id: other, ok: false, problem: { code: "payout_not_approvable" } },
          { id: "po_nonsense", ok: false, problem: { code: "not_found" } },
        ],
        summary: { succeeded: 1, failed: 3 },
      },
    });
    await world.expectSound();
  });

  it("are cancelled with one reason", async () => {
    const ids = [await created(), await created()];
    const result = await ask("bulkCancelPayouts", sam, { body: { ids, reason: "twice" }, key: "bulk" });
    expect(result).toMatchObject({ body: { summary: { succeeded: 2, failed: 0 } } });
    expect((await world.all("payout")).map(({ endReason }) => endReason)).toEqual(["twice", "twice"]);
  });
});
