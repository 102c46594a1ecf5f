import type { AnyRecord, Instant } from "../domain/model.ts";
import { type ListedEntity, listDateOf } from "../store/list-index.ts";

/** What a list is asked for; every filter narrows it. */
export interface ListFilters {
  /** Of security events the risk level. One of several. */
  readonly status?: readonly string[] | undefined;
  /** A schedule's trigger, a hold's reason, a payout's period, a security event's kind. One of several. */
  readonly kind?: readonly string[] | undefined;
  /** The payee; of security events the person. */
  readonly personId?: string | undefined;
  readonly companyId?: string | undefined;
  readonly placementId?: string | undefined;
  readonly payoutId?: string | undefined;
  readonly currency?: string | undefined;
  readonly minAmountMinor?: number | undefined;
  readonly maxAmountMinor?: number | undefined;
  /** Of the date that the list is ordered by: from (inclusive) up to (exclusive). */
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  /** An id: of the record, its payout, payee, placement or company. */
  readonly q?: string | undefined;
  readonly sort?: ListSort | undefined;
}
export type ListSort = "date" | "-date" | "amount" | "-amount";

export type ListedRecord = Extract<AnyRecord, { entity: ListedEntity }>;

/** A record's fields by the names of the filters. */
export function facetsOf(record: ListedRecord) {
  switch (record.entity) {
    case "payout":
      return { ...record, payoutId: record.id, personId: record.payeeId, kind: record.period };
    case "payout_schedule":
      return { ...record, personId: record.payeeId, kind: record.triggerEvent };
    case "escrow_hold":
      return { ...record, personId: record.payeeId, kind: record.holdReason };
    case "transfer":
      return { ...record, personId: record.payeeId };
    case "security_event":
      return { ...record, personId: record.subject, status: record.riskLevel };
    case "payee":
    case "role_assignment":
      return { id: record.id };
  }
}

interface Facets {
  readonly id: string;
  readonly status?: string | undefined;
  readonly kind?: string | undefined;
  readonly personId?: string | undefined;
  readonly companyId?: string | undefined;
  readonly placementId?: string | undefined;
  readonly payoutId?: string | undefined;
  readonly currency?: string | undefined;
  readonly amountMinor?: number | undefined;
}

/** True where a record is what the list was asked for: entries of an index may lag behind it. */
export function matches(filters: ListFilters, record: ListedRecord): boolean {
  const facets: Facets = facetsOf(record);
  const { status, kind, q, from, to, minAmountMinor = 0, maxAmountMinor } = filters;
  const isAny = (wanted: readonly string[] | undefined, value: string | undefined) =>
    wanted === undefined || (value !== undefined && wanted.includes(value));
  const equals = ["personId", "companyId", "placementId", "payoutId", "currency"] as const;
  const ids = [facets.id, facets.payoutId, facets.personId, facets.placementId, facets.companyId];
  const date = listDateOf(record);
  const isDated = date <= "9";
  return (
    isAny(status, facets.status) &&
    isAny(kind, facets.kind) &&
    equals.every((name) => filters[name] === undefined || filters[name] === facets[name]) &&
    (q === undefined || ids.includes(q)) &&
    (from === undefined || (isDated && date >= from)) &&
    (to === undefined || (isDated && date < to)) &&
    (minAmountMinor === 0 || (facets.amountMinor ?? 0) >= minAmountMinor) &&
    (maxAmountMinor === undefined || (facets.amountMinor ?? 0) <= maxAmountMinor)
  );
}
