import type { EntityName, EscrowHold, Payee, Payout, PayoutSchedule, RecordTypes, Transfer } from "../domain/model.ts";
import type { Family } from "../domain/payout.ts";
import { fromItem, type Item } from "../store/items.ts";
import { balanceKey, familyKey, type Key, parseFamilyId, payeeKey } from "../store/keys.ts";
import type { Store } from "../store/store.ts";

/** Picks one entity's records out of items read together. */
export function recordsIn<E extends EntityName>(entity: E, items: readonly Item[]): RecordTypes[E][] {
  return items.filter((item) => item.entity === entity).map((item) => fromItem(entity, item));
}

export function defined(keys: readonly (Key | undefined)[]): Key[] {
  return keys.filter((key) => key !== undefined);
}

/** The payout that an id of its family belongs to. */
export function payoutIdFor(id: string): string | undefined {
  const parsed = parseFamilyId(id);
  return parsed === undefined ? undefined : `po_${parsed.family}00`;
}

/** The payout and one of its children, read together. */
export async function readWithPayout<E extends "escrow_hold" | "payout_schedule" | "transfer">(
  store: Store,
  entity: E,
  organizationId: string,
  id: string,
): Promise<{ payout: Payout; record: RecordTypes[E] } | undefined> {
  const payoutId = payoutIdFor(id);
  if (payoutId === undefined || parseFamilyId(id)?.entity !== entity) return undefined;
  const items = await store.getMany(defined([familyKey(organizationId, payoutId), familyKey(organizationId, id)]));
  const payout = recordsIn("payout", items)[0];
  const record = recordsIn(entity, items)[0];
  return payout === undefined || record === undefined ? undefined : { payout, record };
}

/** A payee and what they owe in one currency, read together. */
export async function readPayee(
  store: Store,
  organizationId: string,
  payeeId: string,
  currency: string,
): Promise<{ payee: Payee | undefined; owedMinor: number }> {
  const items = await store.getMany([payeeKey(organizationId, payeeId), balanceKey(organizationId, payeeId, currency)]);
  const owed = items.find((item) => item.entity === "balance")?.receivableMinor;
  return { payee: recordsIn("payee", items)[0], owedMinor: typeof owed === "number" ? Math.max(0, owed) : 0 };
}

/** All live records of a payout. */
export async function readFamily(
  store: Store,
  organizationId: string,
  id: string,
): Promise<(Family & { transfers: readonly Transfer[] }) | undefined> {
  const parsed = parseFamilyId(id);
  if (parsed === undefined) return undefined;
  const items = await store.getFamily(organizationId, parsed.family);
  const payout = recordsIn("payout", items)[0];
  if (payout === undefined) return undefined;
  const schedules: PayoutSchedule[] = recordsIn("payout_schedule", items);
  const holds: EscrowHold[] = recordsIn("escrow_hold", items);
  return { payout, schedules, holds, transfers: recordsIn("transfer", items) };
}
