import type { DatabaseSync } from "node:sqlite";
import { many, one } from "./stripe-database.ts";

/** Stands for the platform among the owners of balances. */
export const PLATFORM = "";

export interface Balances {
  get(owner: string, currency: string): number;
  set(owner: string, currency: string, amount: number): void;
  add(owner: string, currency: string, delta: number): void;
  list(owner: string): readonly { readonly currency: string; readonly amount: number }[];
}

/** What each account holds, in minor units; the platform starts with `defaultBalance` in every currency, others with nothing. */
export function createBalances(db: DatabaseSync, defaultBalance: () => number): Balances {
  const select = db.prepare("SELECT amount FROM stripe_balances WHERE account = ? AND currency = ?");
  const selectAll = db.prepare("SELECT currency, amount FROM stripe_balances WHERE account = ? ORDER BY currency");
  const save = db.prepare("INSERT OR REPLACE INTO stripe_balances (account, currency, amount) VALUES (?, ?, ?)");
  const get = (owner: string, currency: string) =>
    one<{ amount: number }>(select.get(owner, currency))?.amount ?? (owner === PLATFORM ? defaultBalance() : 0);

  return {
    get,
    set: (owner, currency, amount) => void save.run(owner, currency, amount),
    add: (owner, currency, delta) => void save.run(owner, currency, get(owner, currency) + delta),
    list(owner) {
      const stored = many<{ currency: string; amount: number }>(selectAll.all(owner));
      return stored.some(({ currency }) => currency === "usd")
        ? stored
        : [...stored, { currency: "usd", amount: get(owner, "usd") }];
    },
  };
}
