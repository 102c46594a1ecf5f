import { familyKey, type Key, parseFamilyId, payeeKey, roleAssignmentKey, securityEventKey } from "../store/keys.ts";
import { AFTER_DATES, amountText, type ListedEntity, type ListIndex, listPartition } from "../store/list-index.ts";
import type { PositionRange } from "../store/list-reader.ts";
import type { ListFilters, ListSort } from "./list-filters.ts";

/** Where candidates come from: an index partition, a payout's family, or one record by its id. */
export type ListSource =
  | { readonly kind: "index"; readonly index: ListIndex; readonly partition: string }
  | { readonly kind: "family"; readonly family: string }
  | { readonly kind: "record"; readonly id: string; readonly key: Key };

export interface ListPlan {
  readonly sources: readonly ListSource[];
  readonly range: PositionRange;
  readonly descending: boolean;
  /** Every candidate is a match, but for entries that lag behind their record. */
  readonly isExact: boolean;
}

export type PlanResult =
  | { readonly ok: true; readonly plan: ListPlan }
  | { readonly ok: false; readonly message: string; readonly field: string };

const NOTHING: ListPlan = { sources: [], range: {}, descending: false, isExact: true };

/** Schedules and holds are what comes next, everything else is what came last. */
const DEFAULT_SORT: Readonly<Record<ListedEntity, ListSort>> = {
  payout: "-date",
  payout_schedule: "date",
  escrow_hold: "date",
  transfer: "-date",
  payee: "-date",
  role_assignment: "-date",
  security_event: "-date",
};

/** Where an entity's records are found by a filter; ids that have no index of their own are not searched for. */
const SEARCHED: Readonly<Record<ListedEntity, readonly ListIndex[]>> = {
  payout: ["byPlacement", "byPerson", "byCompany"],
  payout_schedule: ["byPlacement", "byPerson", "byCompany"],
  escrow_hold: ["byPlacement", "byPerson", "byCompany"],
  transfer: ["byPerson"],
  payee: [],
  role_assignment: [],
  security_event: [],
};

/** Where a listed record is; undefined where the id can't be one of the entity. */
export function listedKey(organizationId: string, entity: ListedEntity, id: string): Key | undefined {
  switch (entity) {
    case "payee":
      return payeeKey(organizationId, id);
    case "role_assignment":
      return roleAssignmentKey(organizationId, id);
    case "security_event":
      return securityEventKey(organizationId, id);
    default:
      return parseFamilyId(id)?.entity === entity ? familyKey(organizationId, id) : undefined;
  }
}

/** The filters that a choice of sources has taken care of. */
interface Choice {
  readonly sources: readonly ListSource[];
  readonly covers: readonly (keyof ListFilters)[];
  readonly order: "date" | "amount" | "number";
}

/** Which sources to read, the narrowest there is, in which order, and between which positions. */
export function planList(organizationId: string, entity: ListedEntity, filters: ListFilters): PlanResult {
  const { currency, minAmountMinor, maxAmountMinor, from, to, sort } = filters;
  const asksAmounts = minAmountMinor !== undefined || maxAmountMinor !== undefined || sort?.endsWith("amount") === true;
  if (asksAmounts && currency === undefined) {
    const message = "amounts of different currencies can't be compared: currency is missing";
    return { ok: false, message, field: "currency" };
  }
  const isEmpty =
    (from !== undefined && to !== undefined && from >= to) ||
    (maxAmountMinor !== undefined && (minAmountMinor ?? 0) > maxAmountMinor);
  const choice = isEmpty ? undefined : choose(organizationId, entity, filters);
  if (choice === undefined) return { ok: true, plan: NOTHING };
  const covered = new Set<string>([...choice.covers, ...coveredByRange(choice.order), "sort"]);
  const left = Object.entries(filters).filter(([name, value]) => value !== undefined && !covered.has(name));
  const byDefault = choice.order === "amount" ? "amount" : DEFAULT_SORT[entity];
  const plan = {
    sources: choice.sources,
    range: rangeOf(choice.order, filters),
    descending: (sort ?? byDefault).startsWith("-"),
    isExact: left.length === 0,
  };
  return { ok: true, plan };
}

function coveredByRange(order: Choice["order"]): readonly (keyof ListFilters)[] {
  if (order === "date") return ["from", "to"];
  return order === "amount" ? ["minAmountMinor", "maxAmountMinor"] : [];
}

function rangeOf(order: Choice["order"], { from, to, minAmountMinor, maxAmountMinor }: ListFilters): PositionRange {
  if (order === "number") return {};
  if (order === "date") {
    // A schedule without a date is in no range of dates.
    return from === undefined && to === undefined ? {} : { from, to: to ?? AFTER_DATES };
  }
  return {
    from: minAmountMinor === undefined ? undefined : amountText(minAmountMinor),
    to: maxAmountMinor === undefined ? undefined : amountText(maxAmountMinor + 1),
  };
}

/** undefined where nothing can match. */
function choose(organizationId: string, entity: ListedEntity, filters: ListFilters): Choice | undefined {
  const { q, payoutId, placementId, personId, companyId, status, kind, currency, sort } = filters;
  const byAmount = sort?.endsWith("amount") === true;
  const inIndex = (index: ListIndex, ...values: readonly string[]): readonly ListSource[] =>
    values.map((value) => ({ kind: "index", index, partition: listPartition(organizationId, entity, value) }));
  const amounts: Choice | undefined =
    currency === undefined
      ? undefined
      : { sources: inIndex("byAmount", currency), covers: ["currency"], order: "amount" };
  if (byAmount) return amounts;
  const byDate = (index: ListIndex, name: keyof ListFilters, ...values: readonly string[]): Choice => ({
    sources: inIndex(index, ...values),
    covers: [name],
    order: "date",
  });

  if (q !== undefined && (parseFamilyId(q) !== undefined || SEARCHED[entity].length === 0)) {
    return byId(organizationId, entity, "q", q);
  }
  if (payoutId !== undefined) return byId(organizationId, entity, "payoutId", payoutId);
  if (placementId !== undefined) return byDate("byPlacement", "placementId", placementId);
  if (personId !== undefined) return byDate("byPerson", "personId", personId);
  if (q !== undefined) {
    const sources = SEARCHED[entity].flatMap((index) => inIndex(index, q));
    return { sources, covers: ["q"], order: "date" };
  }
  if (companyId !== undefined) return byDate("byCompany", "companyId", companyId);
  const asksRange = filters.minAmountMinor !== undefined || filters.maxAmountMinor !== undefined;
  if (asksRange && sort === undefined) return amounts;
  if (status !== undefined) return byDate("byStatus", "status", ...status);
  if (kind !== undefined) return byDate("byKind", "kind", ...kind);
  if (currency !== undefined && sort === undefined) return amounts;
  const partition = listPartition(organizationId, entity);
  return { sources: [{ kind: "index", index: "byAll", partition }], covers: [], order: "date" };
}

/** One record, or a payout's records of the entity. */
function byId(organizationId: string, entity: ListedEntity, name: "q" | "payoutId", id: string): Choice | undefined {
  const key = listedKey(organizationId, entity, id);
  if (key !== undefined) return { sources: [{ kind: "record", id, key }], covers: [name], order: "number" };
  const parsed = parseFamilyId(id);
  if (parsed?.entity !== "payout") return undefined;
  return { sources: [{ kind: "family", family: parsed.family }], covers: [name], order: "number" };
}
