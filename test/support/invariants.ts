import type {
  EscrowHold,
  JournalEntry,
  LedgerAccount,
  Payout,
  PayoutSchedule,
  RecordTypes,
  Transfer,
} from "../../shared/domain/model.ts";

export type StoredItem = Readonly<Record<string, unknown>>;

/** A movement as the provider's own books show it. `destination` is the provider's name of where the money went. */
export interface Book {
  readonly transferId: string;
  readonly epoch: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly destination: string;
  readonly reversedMinor: number;
}

export interface InvariantOptions {
  /** Given, holds and schedules that are overdue beyond the bound without a blocker are violations. */
  readonly now?: string;
  /** The sweep's bound: every five minutes, plus its grace and its own time. */
  readonly lateBoundMs?: number;
}

const ACCOUNTS = ["expense", "payable", "held", "cash", "receivable"] as const satisfies readonly LedgerAccount[];
type Sums = Record<LedgerAccount, number>;

function pick<E extends keyof RecordTypes>(entity: E, items: readonly StoredItem[]): RecordTypes[E][] {
  return items.filter((item) => item.entity === entity).map((item) => item as unknown as RecordTypes[E]);
}

function total<T>(list: readonly T[], amountOf: (one: T) => number): number {
  return list.reduce((sum, one) => sum + amountOf(one), 0);
}

function sumsOf(entries: readonly JournalEntry[]): Sums {
  const sums: Sums = { expense: 0, payable: 0, held: 0, cash: 0, receivable: 0 };
  for (const { postings } of entries) for (const { account, amountMinor } of postings) sums[account] += amountMinor;
  return sums;
}

interface Family {
  readonly payout: Payout;
  readonly schedules: readonly PayoutSchedule[];
  readonly holds: readonly EscrowHold[];
  readonly transfers: readonly Transfer[];
  readonly journal: readonly JournalEntry[];
}

/** Everything is wrong until proven equal: collects what is not, as text for people. */
class Findings {
  readonly list: string[] = [];

  equal(what: string, actual: unknown, expected: unknown): void {
    if (actual !== expected) this.list.push(`${what} is ${String(actual)}, expected ${String(expected)}`);
  }

  holds(what: string, condition: boolean): void {
    if (!condition) this.list.push(what);
  }
}

const hasMoved = (transfer: Transfer) => transfer.status === "completed" || transfer.status === "reversed";

const wasPaidOutside = ({ outcome }: Transfer) => outcome?.class === "ended" && outcome.code === "paid_outside";

/** Ended without sending, or failed and given up with its schedule: its money was cancelled. */
function isGivenUp(transfer: Transfer, schedules: readonly PayoutSchedule[]): boolean {
  if (transfer.status !== "failed_terminal") return false;
  const cause = schedules.find((schedule) => schedule.id === transfer.cause.id);
  return transfer.outcome?.class === "ended" || cause?.status === "cancelled";
}

function checkAmounts({ payout, schedules, holds, transfers, journal }: Family, findings: Findings): void {
  const { id } = payout;
  const openMinor = total(
    schedules.filter((schedule) => schedule.status === "pending"),
    (schedule) => schedule.amountMinor,
  );
  const heldMinor = total(
    holds.filter((hold) => hold.status === "active"),
    (hold) => hold.amountMinor,
  );
  const open = transfers.filter((transfer) => !hasMoved(transfer) && !isGivenUp(transfer, schedules));
  const { paidMinor, setOffMinor, forfeitedMinor, cancelledMinor, inTransferMinor, reversedMinor } = payout;
  const parts = openMinor + payout.heldMinor + inTransferMinor + paidMinor + setOffMinor + forfeitedMinor;
  findings.equal(`payout ${id}: sum of its parts`, parts + cancelledMinor, payout.amountMinor);
  findings.equal(`payout ${id}: held`, payout.heldMinor, heldMinor);
  findings.equal(
    `payout ${id}: in transfer`,
    inTransferMinor,
    total(open, (transfer) => transfer.amountMinor),
  );
  const moved = transfers.filter(hasMoved);
  findings.equal(
    `payout ${id}: paid`,
    paidMinor,
    total(moved, (transfer) => transfer.amountMinor) + (payout.paidOutsideMinor ?? 0),
  );
  findings.equal(
    `payout ${id}: reversed`,
    reversedMinor,
    total(transfers, (transfer) => transfer.reversedMinor),
  );
  const splits = total(schedules, (one) => one.amountMinor) + total(holds, (one) => one.originalMinor);
  findings.equal(`payout ${id}: hold + immediate`, splits, payout.amountMinor);
  for (const [name, value] of Object.entries(payout)) {
    if (name.endsWith("Minor") && typeof value === "number")
      findings.holds(`payout ${id}: ${name} is negative`, value >= 0);
  }
  const sums = sumsOf(journal);
  findings.equal(`payout ${id}: payable in the journal`, -sums.payable, openMinor + inTransferMinor);
  findings.equal(`payout ${id}: held in the journal`, -sums.held, heldMinor);
  findings.equal(`payout ${id}: cash in the journal`, -sums.cash, paidMinor - reversedMinor);
  const outside = sumsOf(journal.filter((entry) => entry.kind === "paid_outside"));
  findings.equal(`payout ${id}: paid outside in the journal`, outside.payable, payout.paidOutsideMinor ?? 0);
  const setOffs = sumsOf(journal.filter((entry) => entry.kind === "set_off"));
  findings.equal(`payout ${id}: set off in the journal`, setOffs.payable, setOffMinor);
}

function checkHolds({ holds, transfers }: Family, options: InvariantOptions, findings: Findings): void {
  for (const hold of holds) {
    findings.holds(`hold ${hold.id} holds nothing`, hold.amountMinor > 0 && hold.amountMinor <= hold.originalMinor);
    const { firing } = hold;
    if (firing !== undefined && firing.path !== "manual") {
      findings.holds(`hold ${hold.id} was released before its date`, firing.firedAt >= hold.releaseDate);
    }
    if (hold.status === "released") findings.holds(`hold ${hold.id} was released by nothing`, firing !== undefined);
    if (hold.transferId !== undefined) {
      findings.holds(
        `hold ${hold.id} names a transfer that is not there`,
        transfers.some((transfer) => transfer.id === hold.transferId),
      );
    }
    if (hold.status === "active" && hold.blocker === undefined)
      checkLate("hold", hold.id, hold.releaseDate, options, findings);
  }
}

function checkSchedules({ schedules, transfers }: Family, options: InvariantOptions, findings: Findings): void {
  for (const schedule of schedules) {
    const { id, status, firing, scheduledDate } = schedule;
    const transfer = transfers.find((one) => one.id === schedule.transferId);
    const byClock = firing !== undefined && firing.path !== "manual" && firing.path !== "event";
    if (byClock) {
      const planned = firing.plannedAt ?? "9999";
      findings.holds(`schedule ${id} fired before its date`, firing.firedAt >= planned);
    }
    if (status === "processing") {
      const waits = transfer !== undefined && !hasMoved(transfer) && transfer.status !== "failed_terminal";
      findings.holds(`schedule ${id} is processing without an open transfer`, waits);
    }
    if (status === "completed" && transfer !== undefined) {
      const isPaid = hasMoved(transfer) || wasPaidOutside(transfer);
      findings.holds(`schedule ${id} is completed, its transfer ${transfer.status}`, isPaid);
    }
    if (status === "pending" && schedule.blocker === undefined && scheduledDate !== undefined) {
      checkLate("schedule", id, scheduledDate, options, findings);
    }
  }
}

function checkLate(what: string, id: string, date: string, options: InvariantOptions, findings: Findings): void {
  const { now, lateBoundMs = 6 * 60_000 } = options;
  if (now === undefined) return;
  const late = Date.parse(now) - Date.parse(date);
  findings.holds(`${what} ${id} is still open ${late} ms after its date`, late <= lateBoundMs);
}

/** At most one movement per transfer, none for what failed or isn't there, and as approved. */
function checkBooks(families: readonly Family[], books: readonly Book[], findings: Findings): void {
  const transfers = new Map(families.flatMap(({ transfers: list }) => list.map((one) => [one.id, one] as const)));
  const byTransfer = Map.groupBy(books, (book) => book.transferId);
  for (const [id, entries] of byTransfer) {
    findings.equal(`transfer ${id}: movements at the provider`, entries.length, 1);
    const transfer = transfers.get(id);
    findings.holds(`the provider moved money for ${id}, which is not there`, transfer !== undefined);
    if (transfer === undefined) continue;
    const { status, destination, currency, amountMinor } = transfer;
    findings.holds(`transfer ${id} failed, but the provider moved its money`, status !== "failed_terminal");
    for (const book of entries) {
      findings.equal(`transfer ${id}: amount at the provider`, book.amountMinor, amountMinor);
      findings.equal(`transfer ${id}: currency at the provider`, book.currency, currency);
      const account = destination.provider === "stripe" ? destination.account : destination.accountNumber;
      findings.equal(`transfer ${id}: destination at the provider`, book.destination, account);
      findings.holds(`transfer ${id}: epoch ${book.epoch} was not reached yet`, book.epoch <= transfer.epoch);
      findings.holds(
        `transfer ${id}: more reversed than at the provider`,
        transfer.reversedMinor <= book.reversedMinor,
      );
    }
  }
  for (const transfer of transfers.values()) {
    if (hasMoved(transfer)) findings.holds(`transfer ${transfer.id} moved nothing`, byTransfer.has(transfer.id));
  }
  for (const { payout, transfers: own } of families) {
    const sent = total(own, (one) => total(byTransfer.get(one.id) ?? [], (book) => book.amountMinor));
    const received = sent + (payout.paidOutsideMinor ?? 0);
    const approved = payout.approval.state === "approved" || payout.approval.state === "void";
    findings.holds(
      `payout ${payout.id}: received ${received}, approved less`,
      received <= (approved ? payout.amountMinor : 0),
    );
  }
}

function checkJournal(items: readonly StoredItem[], findings: Findings): void {
  const entries = pick("journal_entry", items);
  for (const entry of entries) {
    findings.equal(
      `entry ${entry.id}: sum`,
      total(entry.postings, (line) => line.amountMinor),
      0,
    );
  }
  const balances = items.filter((item) => item.entity === "balance");
  const keyOf = (owner: StoredItem) => `${owner.organizationId}/${owner.payeeId}/${owner.currency}`;
  const journals = Map.groupBy(entries, (entry) => keyOf(entry as unknown as StoredItem));
  const found = new Map(balances.map((balance) => [keyOf(balance), balance]));
  for (const key of new Set([...journals.keys(), ...found.keys()])) {
    const sums = sumsOf(journals.get(key) ?? []);
    for (const account of ACCOUNTS) {
      findings.equal(`balance ${key}: ${account}`, found.get(key)?.[`${account}Minor`] ?? 0, sums[account]);
    }
    findings.holds(`balance ${key}: more was set off than owed`, sums.receivable >= 0);
  }
}

/** Versions are contiguous as far as the records themselves show it: stamps name them and children's ordinals have no gap. */
function checkVersions(items: readonly StoredItem[], findings: Findings): void {
  for (const item of items) {
    if (item.change === undefined) continue;
    const { entity, organizationId, id, version, change, createdAt, updatedAt } = item;
    const { eventId, at } = change as { eventId: string; at: string };
    findings.equal(`${entity} ${id}: stamp`, eventId, `${organizationId}/${entity}/${id}/${version}`);
    findings.equal(`${entity} ${id}: time of the change`, at, updatedAt);
    if (version === 1) findings.equal(`${entity} ${id}: time of the first version`, createdAt, updatedAt);
    findings.holds(
      `${entity} ${id}: version ${String(version)}`,
      Number.isSafeInteger(version) && Number(version) >= 1,
    );
  }
}

function checkChildren(family: Family, findings: Findings): void {
  const { payout, schedules, holds, transfers, journal } = family;
  const children = [...schedules, ...holds, ...transfers, ...journal];
  const ordinals = new Set(children.map((child) => child.id.slice(-2)));
  findings.equal(`payout ${payout.id}: children`, children.length, payout.children);
  findings.equal(`payout ${payout.id}: distinct ordinals`, ordinals.size, payout.children);
  const records = new Map<string, { version: number }>([payout, ...children].map((one) => [one.id, one]));
  for (const { id, cause } of journal) {
    const version = records.get(cause.id)?.version ?? 0;
    findings.holds(`entry ${id}: caused by a version of ${cause.id} that is not there`, cause.version <= version);
  }
}

/**
 * What must hold after every step (money, holds and versions), given all items of the table as they are stored and the
 * provider's books. Gives the violations as text; an empty list is a sound system.
 */
export function checkInvariants(
  items: readonly StoredItem[],
  books: readonly Book[],
  options: InvariantOptions = {},
): string[] {
  const findings = new Findings();
  const of = <T extends { payoutId: string }>(list: readonly T[], payout: Payout) =>
    list.filter((one) => one.payoutId === payout.id);
  const all = {
    schedules: pick("payout_schedule", items),
    holds: pick("escrow_hold", items),
    transfers: pick("transfer", items),
    journal: pick("journal_entry", items),
  };
  const families = pick("payout", items).map(
    (payout): Family => ({
      payout,
      schedules: of(all.schedules, payout),
      holds: of(all.holds, payout),
      transfers: of(all.transfers, payout),
      journal: of(all.journal, payout),
    }),
  );
  const owned = total(
    families,
    (one) => one.schedules.length + one.holds.length + one.transfers.length + one.journal.length,
  );
  const children = Object.values(all).flat().length;
  findings.equal("records that belong to a payout", owned, children);
  for (const family of families) {
    checkAmounts(family, findings);
    checkHolds(family, options, findings);
    checkSchedules(family, options, findings);
    checkChildren(family, findings);
  }
  checkBooks(families, books, findings);
  checkJournal(items, findings);
  checkVersions(items, findings);
  return findings.list;
}
