import type { OperationId } from "../api/contract/operations.ts";
import type { Instant, RiskLevel, Settings } from "../domain/model.ts";
import type { SecurityEventKind } from "../domain/security-event.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Actions and failures are counted in windows of this length. */
export const WINDOW_MS = 10 * MINUTE_MS;

const FREQUENCY_MEDIUM_ABOVE = 30;
const FREQUENCY_HIGH_ABOVE = 100;
const FAILURES_MEDIUM_FROM = 5;
const FAILURES_HIGH_FROM = 20;
const ADDRESS_KNOWN_FOR_MS = 90 * DAY_MS;
/** So long an address stays new: otherwise a harmless action first would hide a sensitive one right after it. */
const ADDRESS_NEW_FOR_MS = HOUR_MS;
const MAX_ADDRESSES = 20;
/** A known address is written again only this often. */
const ADDRESS_REFRESH_MS = DAY_MS;
const DESTINATION_FRESH_FOR_MS = 72 * HOUR_MS;

/** Operations that send money or let it be sent. */
const TOWARDS_PAYMENT: ReadonlySet<string> = new Set<OperationId>([
  "approvePayout",
  "bulkApprovePayouts",
  "bulkReleaseEscrowHolds",
  "bulkTriggerPayoutSchedules",
  "processDuePayoutSchedules",
  "releaseEscrowHold",
  "retryPayout",
  "triggerPayoutSchedule",
]);

export interface SeenAddress {
  readonly address: string;
  readonly firstSeenAt: Instant;
  /** At most a day behind. */
  readonly lastSeenAt: Instant;
}

/** How often, and from where, a person has acted lately. */
export interface PersonProfile {
  /** When the present window began. */
  readonly windowFrom: Instant;
  /** Mutating actions that went through, in the present window and in the one before it. */
  readonly actions: number;
  readonly previousActions: number;
  /** Refused actions, in the present window and in the one before it. */
  readonly failures: number;
  readonly previousFailures: number;
  readonly addresses: readonly SeenAddress[];
}

export interface Suspicion {
  readonly kind: SecurityEventKind;
  readonly riskLevel: RiskLevel;
  /** For people. */
  readonly detail: string;
  /** What it is about, where each such thing deserves a flag of its own. */
  readonly about?: string | undefined;
}

/** When the window of an instant began. */
export function windowStart(nowMs: number): number {
  return Math.floor(nowMs / WINDOW_MS) * WINDOW_MS;
}

const elapsedMs = (from: Instant, to: Instant) => Date.parse(to) - Date.parse(from);

/** What happened in the last ten minutes: the present window, and of the one before the share that still lies in them. */
function lately(current: number, previous: number, windowFrom: Instant, now: Instant): number {
  const passed = Math.min(1, Math.max(0, elapsedMs(windowFrom, now) / WINDOW_MS));
  return Math.floor(current + previous * (1 - passed));
}

/** More than 30 mutating actions in ten minutes (medium), more than 100 (high): a script, or somebody in a hurry. */
export function unusualFrequency(profile: PersonProfile, now: Instant): Suspicion | undefined {
  const count = lately(profile.actions, profile.previousActions, profile.windowFrom, now);
  if (count <= FREQUENCY_MEDIUM_ABOVE) return undefined;
  const riskLevel = count > FREQUENCY_HIGH_ABOVE ? "high" : "medium";
  return { kind: "unusual_frequency", riskLevel, detail: `${count} changes within 10 minutes` };
}

/** 5 refused actions in ten minutes (medium), 20 (high): somebody tries what they may not do. */
export function manyFailures(profile: PersonProfile, now: Instant): Suspicion | undefined {
  const count = lately(profile.failures, profile.previousFailures, profile.windowFrom, now);
  if (count < FAILURES_MEDIUM_FROM) return undefined;
  const riskLevel = count >= FAILURES_HIGH_FROM ? "high" : "medium";
  return { kind: "many_failures", riskLevel, detail: `${count} refused actions within 10 minutes` };
}

function hourIn(timeZone: string, now: Instant): number {
  const format = new Intl.DateTimeFormat("en", { timeZone, hour: "2-digit", hourCycle: "h23" });
  return Number(format.format(new Date(now)));
}

/** A sensitive action outside of the working hours that the organization has set (low): from ≤ hour < to, local time. */
export function unusualHours(
  workingHours: Settings["workingHours"],
  timeZone: string,
  now: Instant,
): Suspicion | undefined {
  if (workingHours === undefined) return undefined;
  const { from, to } = workingHours;
  const hour = hourIn(timeZone, now);
  if (from <= hour && hour < to) return undefined;
  const detail = `at ${hour} o'clock (${timeZone}), outside of the working hours from ${from} to ${to}`;
  return { kind: "unusual_hours", riskLevel: "low", detail };
}

/** The addresses of the last 90 days with this one seen now, the latest first; the 20 latest are kept. */
export function withAddress(addresses: readonly SeenAddress[], address: string, now: Instant): SeenAddress[] {
  const known = addresses.filter(({ lastSeenAt }) => elapsedMs(lastSeenAt, now) <= ADDRESS_KNOWN_FOR_MS);
  const before = known.find((seen) => seen.address === address);
  const others = known.filter((seen) => seen !== before).sort((a, b) => b.lastSeenAt.localeCompare(a.lastSeenAt));
  const seen = { address, firstSeenAt: before?.firstSeenAt ?? now, lastSeenAt: now };
  return [seen, ...others.slice(0, MAX_ADDRESSES - 1)];
}

/** True where a person's addresses have to be written again: this one is new, or not refreshed for a day. */
export function isNewsOf(addresses: readonly SeenAddress[], address: string, now: Instant): boolean {
  const before = addresses.find((seen) => seen.address === address);
  return before === undefined || elapsedMs(before.lastSeenAt, now) > ADDRESS_REFRESH_MS;
}

/**
 * A sensitive action from an address that wasn't seen for this person in the last 90 days, apart from the hour up to now,
 * when another was seen before it (medium): perhaps somebody else with their token. `addresses` have it already.
 */
export function newAddress(addresses: readonly SeenAddress[], address: string, now: Instant): Suspicion | undefined {
  const own = addresses.find((seen) => seen.address === address);
  if (own === undefined || elapsedMs(own.firstSeenAt, now) > ADDRESS_NEW_FOR_MS) return undefined;
  if (!addresses.some(({ firstSeenAt }) => firstSeenAt < own.firstSeenAt)) return undefined;
  return { kind: "new_address", riskLevel: "medium", detail: `first sensitive action from ${address} in 90 days` };
}

export interface TowardsPayment {
  readonly operation: string;
  readonly entityId?: string | undefined;
  readonly destinationChangedAt: Instant | undefined;
}

/**
 * Money is released, triggered, approved or retried whose payee's destination changed in the last 72 h (high): how a
 * payment is diverted. Each record that was acted on has a flag of its own.
 */
export function destinationChangedBeforePayout(
  { operation, entityId, destinationChangedAt }: TowardsPayment,
  now: Instant,
): Suspicion | undefined {
  if (destinationChangedAt === undefined || !TOWARDS_PAYMENT.has(operation)) return undefined;
  if (elapsedMs(destinationChangedAt, now) > DESTINATION_FRESH_FOR_MS) return undefined;
  const detail = `the payee's destination changed at ${destinationChangedAt}, not long before`;
  return { kind: "destination_changed_before_payout", riskLevel: "high", detail, about: entityId };
}
