import { strict as assert } from "node:assert";
import type { RecordChange } from "../../shared/domain/decision.ts";
import { sumsToZero } from "../../shared/domain/journal.ts";
import type { EntityName, JournalEntry, LedgerAccount, RecordTypes } from "../../shared/domain/model.ts";

const MAX_COMMIT_ITEMS = 100;

export type Balances = Record<LedgerAccount, number>;

function noBalances(): Balances {
  return { expense: 0, payable: 0, held: 0, cash: 0, receivable: 0 };
}

function recordKey(entity: EntityName, id: string): string {
  return `${entity}/${id}`;
}

/**
 * Applies decisions in memory as the table would, and refuses what no commit may contain: a record twice, a version
 * that doesn't follow, an event id used before, a stamp that isn't this change's, an unbalanced entry, too many items.
 */
export class DomainLedger {
  readonly #records = new Map<string, { readonly entity: EntityName; readonly record: unknown }>();
  readonly #eventIds = new Set<string>();
  readonly #balances = new Map<string, Balances>();
  readonly #journal: JournalEntry[] = [];

  /** Debts from before; part of the payee's balance as of any other. */
  seedDebt(payeeId: string, amountMinor: number): void {
    const balances = this.balancesOf(payeeId);
    balances.receivable += amountMinor;
    balances.expense -= amountMinor;
  }

  balancesOf(payeeId: string): Balances {
    const found = this.#balances.get(payeeId) ?? noBalances();
    this.#balances.set(payeeId, found);
    return found;
  }

  /** The sums of one payout's entries. */
  postedFor(payoutId: string): Balances {
    const sums = noBalances();
    for (const entry of this.#journal.filter((each) => each.payoutId === payoutId)) {
      for (const { account, amountMinor } of entry.postings) sums[account] += amountMinor;
    }
    return sums;
  }

  find<E extends EntityName>(entity: E, id: string): RecordTypes[E] | undefined {
    return this.#records.get(recordKey(entity, id))?.record as RecordTypes[E] | undefined;
  }

  get<E extends EntityName>(entity: E, id: string): RecordTypes[E] {
    const found = this.find(entity, id);
    assert.ok(found !== undefined, `no ${entity} ${id}`);
    return found;
  }

  all<E extends EntityName>(entity: E): RecordTypes[E][] {
    return [...this.#records.values()]
      .filter((stored) => stored.entity === entity)
      .map((stored) => stored.record as RecordTypes[E]);
  }

  commit(changes: readonly RecordChange[], now: string): void {
    const seen = new Set<string>();
    const balances = new Set<string>();
    for (const change of changes) {
      const key = recordKey(change.entity, change.after.id);
      assert.ok(!seen.has(key), `${key} changes twice in one commit`);
      seen.add(key);
      this.#check(change, key, now);
      if (change.entity === "journal_entry") balances.add(change.after.payeeId);
    }
    const items = changes.length + balances.size;
    assert.ok(items <= MAX_COMMIT_ITEMS, `a commit of ${items} items`);
    for (const change of changes) this.#apply(change);
  }

  #check(change: RecordChange, key: string, now: string): void {
    const stored = this.#records.get(key)?.record;
    const { after, before } = change;
    assert.equal(before, stored, `${key} was decided on another version than the stored one`);
    assert.equal(after.version, (before?.version ?? 0) + 1, `the versions of ${key} are not contiguous`);
    assert.equal(after.updatedAt, now);
    assert.equal(after.createdAt, before?.createdAt ?? now);
    assert.equal(after.change.at, now, `${key} carries the stamp of an earlier change`);
    assert.ok(after.change.action.startsWith(`${change.entity}.`), `${key} tells ${after.change.action}`);
    assert.ok(!this.#eventIds.has(after.change.eventId), `the event ${after.change.eventId} was used before`);
    for (const [field, value] of Object.entries(after)) {
      assert.notEqual(value, undefined, `${key} has no value in ${field}`);
      if (field.endsWith("Minor")) {
        assert.ok(Number.isSafeInteger(value) && Number(value) >= 0, `${key} has ${field} = ${String(value)}`);
      }
    }
    const finished = change.entity === "transfer" && ["completed", "reversed"].includes(change.before?.status ?? "");
    if (finished) {
      assert.equal(after.change.action, "transfer.reversed", `the finished ${key} changed`);
    }
    if (change.entity === "journal_entry") {
      assert.equal(before, undefined, `${key} was changed`);
      assert.ok(sumsToZero(change.after), `${key} is unbalanced`);
    }
  }

  #apply(change: RecordChange): void {
    const { entity, after } = change;
    this.#records.set(recordKey(entity, after.id), { entity, record: after });
    this.#eventIds.add(after.change.eventId);
    if (change.entity !== "journal_entry") return;
    this.#journal.push(change.after);
    const balances = this.balancesOf(change.after.payeeId);
    for (const { account, amountMinor } of change.after.postings) balances[account] += amountMinor;
  }
}
