import { type DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "vitest";
import { type AttemptResult, createAttempts } from "../../shared/commands/attempts.ts";
import { createIntake, type IntakeResult } from "../../shared/commands/intake.ts";
import { createPayouts } from "../../shared/commands/payouts.ts";
import { createPlatformAdministration, type PlatformCommand } from "../../shared/commands/platform.ts";
import { createProviderEvents, receiveProviderEvent } from "../../shared/commands/provider-events.ts";
import { recordsIn } from "../../shared/commands/records.ts";
import { createReleases } from "../../shared/commands/releases.ts";
import { createResume } from "../../shared/commands/resume.ts";
import { createSettingsCommands } from "../../shared/commands/settings.ts";
import { createSweep } from "../../shared/commands/sweep.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import type { Actor, EntityName, PayoutPolicy, RecordTypes, ReleasePath, Transfer } from "../../shared/domain/model.ts";
import { MAX_AMOUNT_MINOR } from "../../shared/domain/money.ts";
import type { SettingsPatch } from "../../shared/domain/settings.ts";
import { announcementOf } from "../../shared/events/announcements.ts";
import { type InboundType, parseInbound } from "../../shared/events/inbound.ts";
import { attemptRequests, type BusMessage } from "../../shared/runtime/bus-client.ts";
import type { Item } from "../../shared/store/items.ts";
import { settingsKey } from "../../shared/store/keys.ts";
import { createStore } from "../../shared/store/store.ts";
import type { TestDynamo } from "./dynamodb.ts";
import { createFaults } from "./faults.ts";
import { checkInvariants, type InvariantOptions } from "./invariants.ts";
import { createRecordingGateway } from "./recording-gateway.ts";

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A Monday, on no hour's edge. */
const START = Date.parse("2026-03-02T09:30:00.000Z");

export const DEFAULT_POLICY: PayoutPolicy = {
  holdbackBp: 2_000,
  guaranteeDays: 90,
  triggerEvent: "guarantee_period_end",
  approval: "auto",
  timeZone: "UTC",
};

export const PERSON: Actor = { type: "user", id: "ada", role: "admin" };
const SYSTEM: Actor = { type: "system", id: "test" };

/** What a person does, by a short name. */
export type PersonCommand =
  | PlatformCommand
  | {
      readonly command: "approve_payout";
      readonly organization_id: string;
      readonly payout_id: string;
      readonly by: string;
    }
  | {
      readonly command: "set_policy";
      readonly organization_id: string;
      readonly by: string;
      readonly policy: Partial<PayoutPolicy>;
    };

/** A client whose every call passes `io`, and which keeps the names of the commands that it sent. */
function observed(client: DynamoDBDocumentClient, io: <T>(work: () => Promise<T>) => Promise<T>, sent: string[]) {
  return new Proxy(client, {
    get(target, name) {
      if (name !== "send") return Reflect.get(target, name);
      return (command: Parameters<DynamoDBDocumentClient["send"]>[0]) => {
        sent.push(command.constructor.name);
        return io(() => target.send(command));
      };
    },
  });
}

export type TestWorld = Awaited<ReturnType<typeof createTestWorld>>;

/** The whole system without its functions: a table of its own, a clock that stands, a provider in memory, a collected bus. */
export async function createTestWorld(dynamo: TestDynamo, options: { policy?: Partial<PayoutPolicy> } = {}) {
  const { table } = await dynamo.createTables();
  const faults = createFaults();
  const sent: string[] = [];
  let nowMs = START;
  let ids = 0;
  const clock = {
    now: () => nowMs,
    iso: () => new Date(nowMs).toISOString(),
    set: (instant: string) => {
      nowMs = Date.parse(instant);
    },
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
  const sleep = () => new Promise<void>((resolve) => setImmediate(resolve));
  const random = () => 0.5;
  const store = createStore({ client: observed(dynamo.client, faults.io, sent), tableName: table, sleep, random });
  const surroundings = { store, now: clock.now, random, sleep };
  const bus: BusMessage[] = [];
  const publish = (messages: readonly BusMessage[]) =>
    faults.io(async () => {
      bus.push(...messages);
    });
  const alerts: string[] = [];
  const paced: string[] = [];
  const provider = createRecordingGateway({ now: clock.now, faults });
  const releases = createReleases(surroundings);
  const attempts = createAttempts({
    ...surroundings,
    gateway: provider.gateway,
    pace: async (endpoint) => {
      paced.push(endpoint);
      return true;
    },
    newId: () => {
      ids += 1;
      return `lease-${ids}`;
    },
    alert: (message) => void alerts.push(message),
    observe: () => undefined,
  });
  const defaultPolicy = { ...DEFAULT_POLICY, ...options.policy };
  const intake = createIntake({ ...surroundings, releases, defaultPolicy });
  const payouts = createPayouts({ ...surroundings, defaultPolicy });
  const settings = createSettingsCommands(surroundings);
  const platform = createPlatformAdministration(surroundings);
  const failures: { id: string; error: unknown }[] = [];
  const sweep = createSweep({
    ...surroundings,
    releases,
    requestAttempts: (transfers) => publish(attemptRequests(transfers, false)),
    onFailure: (id, error) => void failures.push({ id, error }),
  });
  const resume = createResume({
    ...surroundings,
    releases,
    requestAttempts: (transfers) => publish(attemptRequests(transfers, true)),
  });
  const providerEvents = createProviderEvents({
    ...surroundings,
    gateway: provider.gateway,
    announce: (target) => publish(announcementOf(target)),
  });

  /** Everything in the table. Only tests may scan. */
  async function items(): Promise<Item[]> {
    const all: Item[] = [];
    let from: Record<string, unknown> | undefined;
    do {
      const page = await dynamo.client.send(
        new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: from }),
      );
      all.push(...((page.Items ?? []) as Item[]));
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return all;
  }

  async function all<E extends EntityName>(entity: E): Promise<RecordTypes[E][]> {
    return recordsIn(entity, await items());
  }

  /** The only record of an entity; a test that expects one fails where there are more or none. */
  async function only<E extends EntityName>(entity: E): Promise<RecordTypes[E]> {
    const [first, ...rest] = await all(entity);
    if (first === undefined || rest.length > 0)
      throw new Error(`expected one ${entity}, found ${rest.length + (first ? 1 : 0)}`);
    return first;
  }

  let eventNumber = 0;
  function take(
    type: InboundType,
    detail: Record<string, unknown>,
    meta: { time?: string; eventId?: string } = {},
  ): Promise<IntakeResult> {
    const parsed = parseInbound(type, detail);
    if (!parsed.ok) throw new Error(parsed.reason);
    eventNumber += 1;
    return intake.take(parsed.event, {
      eventId: meta.eventId ?? `event-${eventNumber}`,
      source: "placements",
      time: meta.time ?? clock.iso(),
    });
  }

  const attempt = (transfer: Pick<Transfer, "id" | "organizationId">, resumed = false): Promise<AttemptResult> =>
    attempts.attempt({
      organizationId: transfer.organizationId,
      transferId: transfer.id,
      actor: SYSTEM,
      correlationId: "test",
      ...(resumed ? { resumed } : {}),
    });

  async function set(organizationId: string, actor: Actor, patch: SettingsPatch): Promise<Decision<unknown>> {
    const current = await store.get("settings", settingsKey(organizationId));
    const origin = { organizationId, actor, correlationId: "test" };
    return settings.updateSettings({ ...origin, expectedVersion: current?.version ?? 0, patch });
  }

  /** One approver is enough: nothing here is high value, which has tests of its own. */
  async function run(command: PersonCommand): Promise<Decision<unknown>> {
    const actor: Actor = { type: "user", id: command.by, role: "admin" };
    if (command.command === "set_policy") return set(command.organization_id, actor, { policy: command.policy });
    if (command.command !== "approve_payout") return platform.run(command, "test");
    const { organization_id: organizationId, payout_id: payoutId } = command;
    await set(organizationId, actor, { highValueMinor: { USD: MAX_AMOUNT_MINOR } });
    return payouts.approve({ organizationId, actor, correlationId: "test", payoutId });
  }

  /** The requests for attempts that are on the bus, taken from it. */
  function takeRequests(): { id: string; organizationId: string; resumed: boolean }[] {
    const requests = bus.filter(({ detailType }) => detailType === "transfer.attempt_due");
    const rest = bus.filter(({ detailType }) => detailType !== "transfer.attempt_due");
    bus.length = 0;
    bus.push(...rest);
    return requests.map(({ detail }) => ({
      id: String(detail.entity_id),
      organizationId: String(detail.organization_id),
      resumed: detail.resumed === true,
    }));
  }

  async function isAnythingOpen(): Promise<boolean> {
    const [transfers, schedules, holds] = [
      await all("transfer"),
      await all("payout_schedule"),
      await all("escrow_hold"),
    ];
    const isDue = (date: string | undefined) => date !== undefined && date <= clock.iso();
    return (
      transfers.some(({ status }) => !["completed", "reversed", "failed_terminal"].includes(status)) ||
      schedules.some(({ status, scheduledDate }) => status === "pending" && isDue(scheduledDate)) ||
      holds.some(({ status, releaseDate }) => status === "active" && isDue(releaseDate))
    );
  }

  return {
    dynamo,
    table,
    client: dynamo.client,
    store,
    surroundings,
    clock,
    faults,
    /** Names of the commands that the store sent. */
    sent,
    bus,
    publish,
    alerts,
    paced,
    failures,
    provider,
    releases,
    attempts,
    intake,
    sweep,
    resume,
    providerEvents,
    items,
    all,
    only,
    take,
    attempt,
    takeRequests,
    run,
    /** A webhook of the provider, verified and stored. */
    receive: (id: string, type: string, objectId: string, account?: string) =>
      receiveProviderEvent(surroundings, { provider: "stripe", id, type, objectId, account, createdAt: clock.iso() }),
    fire: (scheduleId: string, path: ReleasePath, organizationId = ORG) =>
      releases.fireSchedule({ organizationId, scheduleId, path, actor: PERSON, correlationId: "test" }),
    release: (holdId: string, path: ReleasePath, more: { amountMinor?: number; notes?: string } = {}) =>
      releases.releaseHold({ organizationId: ORG, holdId, path, actor: PERSON, correlationId: "test", ...more }),
    /** One sweep with time enough, and the attempts that it asks for. */
    async sweepAndAttempt() {
      const report = await sweep.run(() => MINUTE);
      for (const { resumed, ...transfer } of takeRequests()) await attempt(transfer, resumed);
      return report;
    },
    /** Sweeps and attempts, time moving on, until nothing is on its way or due any more, or `rounds` are over. */
    async settle(rounds = 40, stepMs = 20 * MINUTE) {
      for (let round = 0; round < rounds; round += 1) {
        await this.sweepAndAttempt();
        if (!(await isAnythingOpen())) return;
        clock.advance(stepMs);
      }
    },
    async expectSound(where = "the system", invariants: InvariantOptions = {}) {
      expect(checkInvariants(await items(), provider.movements, invariants), where).toEqual([]);
    },
  };
}

export const ORG = "acme";
export const PAYEE = "payee-1";
export const ACCOUNT = "acct_1";

export function payeeUpserted(
  payeeId = PAYEE,
  account: string | undefined = ACCOUNT,
  more: Record<string, unknown> = {},
) {
  return {
    organization_id: ORG,
    payee_id: payeeId,
    name: "Grace",
    default_currency: "USD",
    destinations: account === undefined ? [] : [{ provider: "stripe", account }],
    ...more,
  };
}

export function withoutDestination(payeeId = PAYEE) {
  return payeeUpserted(payeeId, undefined, { destinations: [] });
}

export function activated(more: Record<string, unknown> = {}) {
  return {
    organization_id: ORG,
    placement_id: "placement-1",
    company_id: "company-1",
    currency: "USD",
    fee_amount: 100_000,
    start_date: "2026-03-02",
    payees: [{ payee_id: PAYEE, share_bp: 10_000 }],
    occurred_at: "2026-03-02T09:00:00.000Z",
    ...more,
  };
}

export function signalled(more: Record<string, unknown> = {}) {
  return { organization_id: ORG, placement_id: "placement-1", occurred_at: "2026-03-02T10:00:00.000Z", ...more };
}

/** By hand: the schedule's money on its way, 80 000 to `ACCOUNT`; the transfer has not been attempted. */
export async function createPendingTransfer(world: TestWorld, more: Record<string, unknown> = {}): Promise<Transfer> {
  await world.take("payee.upserted", payeeUpserted());
  await world.take("placement.activated", activated(more));
  const schedule = await world.only("payout_schedule");
  const fired = await world.fire(schedule.id, "manual");
  if (!fired.ok) throw new Error(fired.refusal.message);
  return world.only("transfer");
}
