import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createVigilance, type Observed, type OperatorVigilance } from "../../../shared/access/vigilance.ts";
import { recordsIn } from "../../../shared/commands/records.ts";
import type { SecurityEvent, Settings } from "../../../shared/domain/model.ts";
import { toDomainEvent } from "../../../shared/events/outbound.ts";
import type { Item } from "../../../shared/store/items.ts";
import { createProfiles } from "../../../shared/store/profiles.ts";
import { createStore } from "../../../shared/store/store.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";

const RELEASE: Observed = {
  organizationId: "acme",
  subject: "ada",
  role: "manager",
  sourceIp: "203.0.113.7",
  operation: "releaseEscrowHold",
  requestId: "request-1",
  entityId: "eh_1",
};
const ELSEWHERE = { ...RELEASE, sourceIp: "198.51.100.9" };

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let dynamo: TestDynamo;
let table: string;
let nowMs: number;
/** Names of the commands that were sent. */
let sent: string[];
let settings: Partial<Pick<Settings, "workingHours" | "policy">> | undefined;
let vigilance: OperatorVigilance;

const now = () => new Date(nowMs).toISOString();
const advance = (ms: number) => {
  nowMs += ms;
};

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  ({ table } = await dynamo.createTables());
  nowMs = Date.parse("2026-03-02T09:30:00.000Z");
  settings = undefined;
  sent = [];
  const client = new Proxy(dynamo.client, {
    get: (target, name) =>
      name === "send"
        ? (command: Parameters<typeof target.send>[0]) => {
            sent.push(command.constructor.name);
            return target.send(command);
          }
        : Reflect.get(target, name),
  });
  const sleep = () => new Promise<void>((resolve) => setImmediate(resolve));
  const random = () => 0.5;
  vigilance = createVigilance({
    store: createStore({ client, tableName: table, sleep, random }),
    now: () => nowMs,
    random,
    sleep,
    profiles: createProfiles({ client, tableName: table, sleep, random }),
    settingsOf: async () => (settings === undefined ? undefined : ({ policy: {}, ...settings } as Settings)),
    defaultTimeZone: "UTC",
  });
});

/** Everything in the table. Only tests may scan. */
async function events(): Promise<SecurityEvent[]> {
  const { Items: items = [] } = await dynamo.client.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
  return recordsIn("security_event", items as Item[]);
}
const flags = async () =>
  (await events())
    .filter(({ change }) => change.action === "security.suspicious_activity")
    .map(({ kind, riskLevel }) => `${kind} ${riskLevel}`)
    .sort();

async function times(count: number, work: () => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done += 1) await work();
}

describe("a refused action", () => {
  it("is on record with who, what, from where and why", async () => {
    await vigilance.refused(RELEASE, "sent_by_approver", "ada approved it");
    const [event, ...rest] = await events();
    expect(rest).toEqual([]);
    expect(event).toMatchObject({
      organizationId: "acme",
      kind: "action_refused",
      riskLevel: "medium",
      subject: "ada",
      role: "manager",
      sourceIp: "203.0.113.7",
      operation: "releaseEscrowHold",
      code: "sent_by_approver",
      entityId: "eh_1",
      detail: "ada approved it",
      requestId: "request-1",
      version: 1,
      change: {
        action: "security.action_refused",
        actor: { type: "user", id: "ada", role: "manager" },
        correlationId: "request-1",
        at: now(),
      },
    });
    expect(event?.id).toMatch(/^se_[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  });

  it("is one record each time, also at the same instant", async () => {
    await Promise.all([1, 2, 3].map(() => vigilance.refused(RELEASE, "not_found", "no hold eh_1")));
    expect(await events()).toHaveLength(3);
  });

  it("of somebody without a role, about nothing in particular, is on record too", async () => {
    const { role, entityId, ...stranger } = RELEASE;
    await vigilance.refused(stranger, "permission_required", "no role");
    const [event] = await events();
    expect(event).toMatchObject({ kind: "action_refused", riskLevel: "low", subject: "ada" });
    expect(event).not.toHaveProperty("role");
    expect(event).not.toHaveProperty("entityId");
  });

  it("is flagged when it is the fifth in ten minutes, and higher when it is the twentieth; each once an hour", async () => {
    const fail = () => vigilance.refused(RELEASE, "permission_required", "no");
    await times(4, fail);
    expect(await flags()).toEqual([]);
    await fail();
    expect(await flags()).toEqual(["many_failures medium"]);
    await times(14, fail);
    expect(await flags()).toEqual(["many_failures medium"]);
    await times(3, fail);
    expect(await flags()).toEqual(["many_failures high", "many_failures medium"]);
  });

  it("is not remembered as an address from which the person acts", async () => {
    await vigilance.acted(RELEASE, { sensitive: true });
    advance(2 * HOUR);
    await vigilance.refused(ELSEWHERE, "permission_required", "no");
    advance(2 * HOUR);
    await vigilance.acted(ELSEWHERE, { sensitive: true });
    expect(await flags()).toEqual(["new_address medium"]);
  });
});

describe("an action", () => {
  it("as usual leaves no security event", async () => {
    settings = { workingHours: { from: 8, to: 18 } };
    await times(30, () => vigilance.acted(RELEASE, { sensitive: true }));
    expect(await events()).toEqual([]);
  });

  it("that is one too many in ten minutes is flagged once, by the system, about the person", async () => {
    await times(33, () => vigilance.acted(RELEASE, { sensitive: false }));
    const [event, ...rest] = await events();
    expect(rest).toEqual([]);
    expect(event).toMatchObject({
      kind: "unusual_frequency",
      riskLevel: "medium",
      subject: "ada",
      operation: "releaseEscrowHold",
      requestId: "request-1",
      change: { action: "security.suspicious_activity", actor: { type: "system", id: "vigilance" } },
    });
  });

  it("is flagged again when it goes on in the next hour", async () => {
    const flood = () => times(31, () => vigilance.acted(RELEASE, { sensitive: false }));
    await flood();
    advance(HOUR);
    await flood();
    expect(await flags()).toEqual(["unusual_frequency medium", "unusual_frequency medium"]);
  });

  it("that is sensitive and outside of the working hours is flagged, in the organization's time zone", async () => {
    // It is 09:30 UTC: 18:30 in Tokyo.
    settings = { workingHours: { from: 8, to: 18 }, policy: { timeZone: "Asia/Tokyo" } };
    await vigilance.acted(RELEASE, { sensitive: false });
    expect(await flags()).toEqual([]);
    await vigilance.acted(RELEASE, { sensitive: true });
    expect(await flags()).toEqual(["unusual_hours low"]);
  });

  it("that is sensitive and from a new address is flagged, also after a harmless one from there", async () => {
    await vigilance.acted(RELEASE, { sensitive: false });
    advance(DAY);
    await vigilance.acted(ELSEWHERE, { sensitive: false });
    expect(await flags()).toEqual([]);
    advance(MINUTE);
    await vigilance.acted(ELSEWHERE, { sensitive: true });
    expect(await flags()).toEqual(["new_address medium"]);
    advance(DAY);
    await vigilance.acted(ELSEWHERE, { sensitive: true });
    await vigilance.acted(RELEASE, { sensitive: true });
    expect(await flags()).toHaveLength(1);
  });

  it("that pays a payee whose destination has just changed is flagged, each record by itself", async () => {
    const changed = { sensitive: true, payoutDestinationChangedAt: now() };
    advance(71 * HOUR);
    await vigilance.acted(RELEASE, changed);
    await vigilance.acted(RELEASE, changed);
    await vigilance.acted({ ...RELEASE, entityId: "eh_2" }, changed);
    expect(await flags()).toEqual(Array(2).fill("destination_changed_before_payout high"));
    expect((await events()).map(({ entityId }) => entityId).sort()).toEqual(["eh_1", "eh_2"]);
  });

  it("is one write where nothing is new", async () => {
    await vigilance.acted(RELEASE, { sensitive: true });
    sent.length = 0;
    await vigilance.acted(RELEASE, { sensitive: true });
    expect(sent).toEqual(["UpdateCommand"]);
  });
});

describe("a read that matters", () => {
  it.each([
    ["data_exported", "info"],
    ["sensitive_data_read", "low"],
  ] as const)("%s is on record", async (kind, riskLevel) => {
    await vigilance.read({ ...RELEASE, operation: "exportPayouts" }, kind, "1,000 payouts as CSV");
    const [event] = await events();
    expect(event).toMatchObject({ kind, riskLevel, operation: "exportPayouts", detail: "1,000 payouts as CSV" });
    expect(event?.change).toMatchObject({ action: "security.data_read", actor: { type: "user", id: "ada" } });
  });
});

it("that a kept event goes back on the bus is on record, with whose deed it is", async () => {
  const detail = "rejected-events: placements placement.activated of acme";
  await vigilance.redriven({ ...RELEASE, operation: "redriveDeadLetters", entityId: "m-1" }, detail);
  const [event] = await events();
  expect(event).toMatchObject({ kind: "dead_letter_redriven", riskLevel: "low", entityId: "m-1", detail });
  expect(event?.change).toMatchObject({ action: "security.dead_letter_redriven", actor: { type: "user", id: "ada" } });
});

describe("what is told on the bus", () => {
  it("is the security event, with its envelope", async () => {
    await vigilance.refused(RELEASE, "permission_required", `${"x".repeat(600)}`);
    const [event] = await events();
    if (event === undefined) throw new Error("no event");
    const told = toDomainEvent({ entity: "security_event", ...event });
    expect(told).toMatchObject({
      event_type: "security.action_refused",
      organization_id: "acme",
      entity_type: "security_event",
      data: { kind: "action_refused", risk_level: "low", subject: "ada", request_id: "request-1" },
    });
    expect(event.detail).toHaveLength(500);
  });
});
