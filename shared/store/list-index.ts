import type { AnyRecord, EntityName } from "../domain/model.ts";

/**
 * The indexes behind every list. All project keys only. An entry moves only when its value changes, so that a record's
 * ordinary change costs an entry of `byStatus` at the most.
 */
export const listIndexes = {
  byAll: { partition: "ofAll", position: "listSk" },
  byStatus: { partition: "ofStatus", position: "listSk" },
  byKind: { partition: "ofKind", position: "listSk" },
  byPerson: { partition: "ofPerson", position: "listSk" },
  byCompany: { partition: "ofCompany", position: "listSk" },
  byPlacement: { partition: "ofPlacement", position: "listSk" },
  byAmount: { partition: "ofCurrency", position: "amountSk" },
} as const;
export type ListIndex = keyof typeof listIndexes;

export const LIST_ATTRIBUTES: readonly string[] = [
  ...new Set(Object.values(listIndexes).flatMap(({ partition, position }) => [partition, position])),
];

const LIST_TAGS = {
  payout: "po",
  payout_schedule: "ps",
  escrow_hold: "eh",
  transfer: "tr",
  payee: "pe",
  role_assignment: "ra",
  security_event: "se",
} as const satisfies Partial<Record<EntityName, string>>;
export type ListedEntity = keyof typeof LIST_TAGS;

/** All of an organization's records of an entity that share a value; without one, all of them. */
export function listPartition(organizationId: string, entity: ListedEntity, value?: string): string {
  const all = `${organizationId}#${LIST_TAGS[entity]}`;
  return value === undefined ? all : `${all}#${value}`;
}

/** A schedule that waits for its trigger sorts after every date, the longest waiting first. */
const UNDATED = "undated-";
/** After every date and before what has none: the end of a range that is open upwards. */
export const AFTER_DATES = ":";

/** What a record is listed by: an instant, or a text after all of them. */
export function listDateOf(record: AnyRecord): string {
  if (record.entity === "payout_schedule") return record.scheduledDate ?? `${UNDATED}${record.createdAt}`;
  return record.entity === "escrow_hold" ? record.releaseDate : record.createdAt;
}

/** 13 digits hold every amount that an edge accepts. */
const AMOUNT_DIGITS = 13;

export function amountText(amountMinor: number): string {
  return String(amountMinor).padStart(AMOUNT_DIGITS, "0");
}

/** Where an entry stands in its partition; the id in it makes it the only one there. */
export function listPosition(order: "date" | "amount", record: AnyRecord & { readonly entity: ListedEntity }): string {
  const amount = order === "amount" && "amountMinor" in record ? record.amountMinor : undefined;
  return `${amount === undefined ? listDateOf(record) : amountText(amount)}#${record.id}`;
}

interface ListValues {
  readonly status?: string | undefined;
  readonly kind?: string | undefined;
  readonly person?: string | undefined;
  readonly company?: string | undefined;
  readonly placement?: string | undefined;
  readonly currency?: string | undefined;
}

export function isListed(record: AnyRecord): record is AnyRecord & { readonly entity: ListedEntity } {
  return record.entity in LIST_TAGS;
}

function valuesOf(record: AnyRecord & { readonly entity: ListedEntity }): ListValues {
  switch (record.entity) {
    case "payout":
      return { ...moneyValues(record), kind: record.period };
    case "payout_schedule":
      return { ...moneyValues(record), kind: record.triggerEvent };
    case "escrow_hold":
      return { ...moneyValues(record), kind: record.holdReason };
    case "transfer":
      return { status: record.status, person: record.payeeId };
    case "security_event":
      return { status: record.riskLevel, kind: record.kind, person: record.subject };
    case "payee":
    case "role_assignment":
      return {};
  }
}

function moneyValues(record: Extract<AnyRecord, { entity: "payout" | "payout_schedule" | "escrow_hold" }>): ListValues {
  const { status, payeeId: person, companyId: company, placementId: placement, currency } = record;
  return { status, person, company, placement, currency };
}

/** A record's entries in the lists' indexes, as attributes of its item. */
export function listEntries(record: AnyRecord): Readonly<Record<string, string>> {
  if (!isListed(record)) return {};
  const { organizationId, entity } = record;
  const { status, kind, person, company, placement, currency } = valuesOf(record);
  const at = (value: string) => listPartition(organizationId, entity, value);
  return {
    listSk: listPosition("date", record),
    ofAll: listPartition(organizationId, entity),
    ...(status !== undefined && { ofStatus: at(status) }),
    ...(kind !== undefined && { ofKind: at(kind) }),
    ...(person !== undefined && { ofPerson: at(person) }),
    ...(company !== undefined && { ofCompany: at(company) }),
    ...(placement !== undefined && { ofPlacement: at(placement) }),
    ...(currency !== undefined && { ofCurrency: at(currency), amountSk: listPosition("amount", record) }),
  };
}
