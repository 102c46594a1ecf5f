import { relayedEntities } from "../domain/entities.ts";
import type { EntityName } from "../domain/model.ts";

/** What is counted: how many records are in each status and what their amounts add up to, by currency. */
export const countedEntities = [
  "payout",
  "payout_schedule",
  "escrow_hold",
  "transfer",
  "payee",
  "placement",
] as const satisfies readonly EntityName[];
export type CountedEntity = (typeof countedEntities)[number];

/** Of these the versions are counted too: each is a line of the audit log. Other records don't reach the relay. */
export const versionedEntities = relayedEntities.filter((entity) => entity !== "provider_event");
export type VersionedEntity = (typeof versionedEntities)[number];

/** Numbers of audit lines by kind of record. */
export type LineCounts = { readonly [E in VersionedEntity]: number };

export interface Tally {
  readonly count: number;
  readonly amountMinor: number;
}

/** By entity, status and currency; what is zero is absent. */
export type Counts = { readonly [E in CountedEntity]?: Readonly<Record<string, Readonly<Record<string, Tally>>>> };

/** Where one record is counted. */
export interface Standing {
  readonly status: string;
  readonly currency: string;
  readonly amountMinor: number;
}

/** ISO 4217's code for "no currency": of payees and placements only the number is counted. */
export const NO_CURRENCY = "XXX";
const WITHOUT_AMOUNT: ReadonlySet<CountedEntity> = new Set(["payee", "placement"]);

export function isCounted(entity: string): entity is CountedEntity {
  return (countedEntities as readonly string[]).includes(entity);
}

export function isVersioned(entity: string): entity is VersionedEntity {
  return (versionedEntities as readonly string[]).includes(entity);
}

/**
 * Where a stored record is counted. Total: a record that a stray hand has mangled is counted somewhere, and in the
 * same place each time.
 */
export function standingOf(entity: CountedEntity, image: Readonly<Record<string, unknown>>): Standing {
  if (WITHOUT_AMOUNT.has(entity)) return { status: statusOf(entity, image), currency: NO_CURRENCY, amountMinor: 0 };
  const { amountMinor } = image;
  return {
    status: statusOf(entity, image),
    currency: currencyOf(image),
    amountMinor: typeof amountMinor === "number" && Number.isSafeInteger(amountMinor) ? amountMinor : 0,
  };
}

export function currencyOf({ currency }: Readonly<Record<string, unknown>>): string {
  return typeof currency === "string" && /^[A-Z]{3}$/.test(currency) ? currency : NO_CURRENCY;
}

function statusOf(entity: CountedEntity, image: Readonly<Record<string, unknown>>): string {
  if (entity === "payee") return image.verified === true ? "verified" : "unverified";
  const { status } = image;
  return typeof status === "string" && /^[a-z_]{1,32}$/.test(status) ? status : "unknown";
}

/**
 * Sums by name: `n.payout.approved.USD` is a number of records, `a.payout.approved.USD` their amounts, `v.payout` the
 * number of all payouts' versions.
 */
export type Deltas = Map<string, number>;

/** Takes a record from where it was counted to where it stands now. */
export function addMove(deltas: Deltas, entity: CountedEntity, from: Standing | undefined, to: Standing | undefined) {
  if (from !== undefined) add(deltas, entity, from, -1);
  if (to !== undefined) add(deltas, entity, to, 1);
}

function add(deltas: Deltas, entity: CountedEntity, standing: Standing, sign: 1 | -1): void {
  const name = `${entity}.${standing.status}.${standing.currency}`;
  bump(deltas, `n.${name}`, sign);
  bump(deltas, `a.${name}`, sign * standing.amountMinor);
}

export function addVersions(deltas: Deltas, entity: VersionedEntity, versions: number): void {
  bump(deltas, `v.${entity}`, versions);
}

export function bump(deltas: Deltas, name: string, by: number): void {
  const sum = (deltas.get(name) ?? 0) + by;
  if (sum === 0) deltas.delete(name);
  else deltas.set(name, sum);
}

/** Adds stored counters; attributes that are none of them are skipped. */
export function addCounters(deltas: Deltas, item: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(item)) {
    if (/^[nav]\./.test(name) && typeof value === "number") bump(deltas, name, value);
  }
}

export function countsOf(deltas: Deltas): Counts {
  const counts: { [E in CountedEntity]?: Record<string, Record<string, Tally>> } = {};
  for (const [name, value] of deltas) {
    const [kind, entity = "", status = "", currency = ""] = name.split(".");
    if (kind === "v" || !isCounted(entity)) continue;
    const byStatus = counts[entity] ?? {};
    const byCurrency = byStatus[status] ?? {};
    const tally = byCurrency[currency] ?? { count: 0, amountMinor: 0 };
    counts[entity] = byStatus;
    byStatus[status] = byCurrency;
    byCurrency[currency] = kind === "n" ? { ...tally, count: value } : { ...tally, amountMinor: value };
  }
  return counts;
}

export function lineCountsOf(deltas: Deltas): LineCounts {
  const counts = versionedEntities.map((entity) => [entity, deltas.get(`v.${entity}`) ?? 0]);
  return Object.fromEntries(counts) as LineCounts;
}

/** What the numbers of lines of these items' organization must be, where nothing was ever removed. */
export function recountLines(items: Iterable<Readonly<Record<string, unknown>>>): LineCounts {
  const deltas: Deltas = new Map();
  for (const { entity, version } of items) {
    if (isVersioned(String(entity))) addVersions(deltas, entity as VersionedEntity, Number(version));
  }
  return lineCountsOf(deltas);
}

/** What the counters of these items' organization must say. Items that are not counted are skipped. */
export function recount(items: Iterable<Readonly<Record<string, unknown>>>): Counts {
  const deltas: Deltas = new Map();
  for (const item of items) {
    const entity = String(item.entity);
    if (isCounted(entity)) addMove(deltas, entity, undefined, standingOf(entity, item));
  }
  return countsOf(deltas);
}
