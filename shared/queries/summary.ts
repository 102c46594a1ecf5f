import type { Instant, Payout, ScopedRole } from "../domain/model.ts";
import { remainingMinor } from "../domain/payout.ts";
import type { Store } from "../store/store.ts";
import type { ListFilters } from "./list-filters.ts";
import type { Lists } from "./lists.ts";

/** Whose records: a payee's or a company's. */
export interface Scope {
  readonly organizationId: string;
  readonly role: ScopedRole;
  readonly scopeId: string;
}

/** Sums in one currency, minor units; earned = held + pending + paid − owed. */
export interface CurrencySummary {
  readonly currency: string;
  readonly earned: number;
  readonly held: number;
  readonly pending: number;
  readonly paid: number;
  readonly owed: number;
}

export interface NextDate {
  readonly entity_type: "payout_schedule" | "escrow_hold";
  readonly entity_id: string;
  readonly payout_id: string;
  readonly date: Instant;
  readonly amount: number;
  readonly currency: string;
}

export interface Summary {
  readonly currencies: readonly CurrencySummary[];
  /** The sums leave older payouts out. */
  readonly capped: boolean;
  readonly next_dates: readonly NextDate[];
}

export interface SummaryDeps {
  readonly store: Pick<Store, "balances">;
  readonly lists: Pick<Lists, "read">;
}

const MAX_DATES = 5;
const PAGE = 100;
/** There are no balances of companies: theirs are summed up, as far as this. */
const MAX_PAYOUTS = 1_000;

/** What a payee or a company has coming, and when; in the wire form. */
export async function readSummary(deps: SummaryDeps, scope: Scope, now: Instant): Promise<Summary> {
  const [sums, dates] = await Promise.all([
    scope.role === "payee" ? payeeSums(deps, scope) : companySums(deps, scope),
    nextDates(deps, scope, now),
  ]);
  return { ...sums, next_dates: dates };
}

type Sums = Pick<Summary, "currencies" | "capped">;

/** The ledger's own: credits are negative there, and no zero is one. */
async function payeeSums({ store }: SummaryDeps, { organizationId, scopeId }: Scope): Promise<Sums> {
  const balances = await store.balances(organizationId, scopeId);
  const currencies = balances.map(
    ({ currency, expenseMinor, heldMinor, payableMinor, cashMinor, receivableMinor }) => ({
      currency,
      earned: expenseMinor,
      held: 0 - heldMinor,
      pending: 0 - payableMinor,
      paid: 0 - cashMinor,
      owed: receivableMinor,
    }),
  );
  return { currencies, capped: false };
}

async function companySums(deps: SummaryDeps, scope: Scope): Promise<Sums> {
  const sums = new Map<string, CurrencySummary>();
  let cursor: string | undefined;
  for (let seen = 0; seen < MAX_PAYOUTS; ) {
    const page = await readOwn(deps, scope, "payout", { sort: "-date" }, { limit: PAGE, cursor });
    for (const payout of page.records) sums.set(payout.currency, withPayout(sums.get(payout.currency), payout));
    seen += page.records.length;
    cursor = page.next;
    if (cursor === undefined) break;
  }
  const currencies = [...sums.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1));
  return { currencies, capped: cursor !== undefined };
}

/** What payees owe back is between them and the organization: of a company's payouts it is taken off what was paid. */
function withPayout(sum: CurrencySummary | undefined, payout: Payout): CurrencySummary {
  const { currency, heldMinor, paidMinor, setOffMinor, reversedMinor } = payout;
  const pending = remainingMinor(payout) - heldMinor;
  const paid = paidMinor + setOffMinor - reversedMinor;
  return {
    currency,
    earned: (sum?.earned ?? 0) + heldMinor + pending + paid,
    held: (sum?.held ?? 0) + heldMinor,
    pending: (sum?.pending ?? 0) + pending,
    paid: (sum?.paid ?? 0) + paid,
    owed: 0,
  };
}

/** The next five dates on which something is to be paid or released; what is late already has none. */
async function nextDates(deps: SummaryDeps, scope: Scope, now: Instant): Promise<NextDate[]> {
  const coming = { from: now, sort: "date" } as const;
  const size = { limit: MAX_DATES };
  const [schedules, holds] = await Promise.all([
    readOwn(deps, scope, "payout_schedule", { ...coming, status: ["pending"] }, size),
    readOwn(deps, scope, "escrow_hold", { ...coming, status: ["active"] }, size),
  ]);
  const dates = [
    ...schedules.records.flatMap((schedule) =>
      schedule.scheduledDate === undefined ? [] : [dateOf("payout_schedule", schedule, schedule.scheduledDate)],
    ),
    ...holds.records.map((hold) => dateOf("escrow_hold", hold, hold.releaseDate)),
  ];
  return dates.sort((a, b) => (a.date < b.date ? -1 : 1)).slice(0, MAX_DATES);
}

function dateOf(
  entityType: NextDate["entity_type"],
  part: { readonly id: string; readonly payoutId: string; readonly amountMinor: number; readonly currency: string },
  date: Instant,
): NextDate {
  const { id, payoutId, amountMinor: amount, currency } = part;
  return { entity_type: entityType, entity_id: id, payout_id: payoutId, date, amount, currency };
}

async function readOwn<E extends "payout" | "payout_schedule" | "escrow_hold">(
  { lists }: SummaryDeps,
  { organizationId, role, scopeId }: Scope,
  entity: E,
  filters: ListFilters,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
) {
  const own: ListFilters = role === "payee" ? { ...filters, personId: scopeId } : { ...filters, companyId: scopeId };
  const result = await lists.read({ organizationId, entity, list: "summary", filters: own, limit, cursor });
  if (!result.ok) throw new Error(`a summary's list was refused: ${result.message}`);
  return result.page;
}
