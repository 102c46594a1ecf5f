import type { HostContext } from "../contracts.ts";
import type { AccountRow, AccountStore } from "./accounts.ts";
import { missingResource, refusedInExecution } from "./api-refusal.ts";
import { type Balances, PLATFORM } from "./balances.ts";
import { readPayouts } from "./connected-payouts.ts";
import type { Endpoint, EndpointCall } from "./endpoint.ts";
import { mapParam, textParam } from "./form-body.ts";
import { createdFilter, pageOf } from "./pages.ts";
import { many, one } from "./stripe-database.ts";
import { accountObject, balanceObject, payoutObject, transfersCapabilityObject } from "./stripe-objects.ts";

const PLATFORM_ACCOUNT: AccountRow = {
  id: "acct_SimulatedPlatform",
  problem: null,
  payouts_enabled: 1,
  payout_outcome: "paid",
  created_ms: Date.UTC(2020, 0, 1),
};
/** Stripe lists and serves events for 30 days. */
const EVENT_LIFETIME_MS = 30 * 86_400_000;

interface EventRow {
  readonly id: string;
  readonly type: string;
  readonly created_ms: number;
  readonly body: string;
}

/** Balances, accounts, events and the payouts of connected accounts; `Stripe-Account` says whose. */
export function createReadEndpoints(deps: {
  readonly context: HostContext;
  readonly accounts: AccountStore;
  readonly balances: Balances;
}): readonly Endpoint[] {
  const { context, accounts, balances } = deps;
  const { db, clock } = context;
  const selectEvent = db.prepare(
    "SELECT id, type, created_ms, body FROM stripe_events WHERE id = ? AND account IS ? AND created_ms > ?",
  );
  const selectEvents = db.prepare(
    "SELECT id, type, created_ms, body FROM stripe_events WHERE account IS ? AND created_ms > ? ORDER BY seq DESC",
  );
  const payoutsOf = readPayouts(db);

  function listEvents({ params, account }: EndpointCall) {
    const type = textParam(params, "type");
    const types = Object.values(mapParam(params, "types") ?? {});
    const inRange = createdFilter(params);
    const rows = many<EventRow>(selectEvents.all(account ?? null, clock.now() - EVENT_LIFETIME_MS)).filter(
      (row) =>
        (type === undefined || matchesType(row.type, type)) &&
        (types.length === 0 || types.includes(row.type)) &&
        inRange(row.created_ms),
    );
    return pageOf({ url: "/v1/events", kind: "event", rows, params, render: bodyOf });
  }

  function retrieveEvent({ ids, account }: EndpointCall) {
    const row = one<EventRow>(selectEvent.get(ids[0] ?? "", account ?? null, clock.now() - EVENT_LIFETIME_MS));
    if (row === undefined) throw missingResource("event", ids[0] ?? "");
    return bodyOf(row);
  }

  function listPayouts({ params, account }: EndpointCall) {
    const status = textParam(params, "status");
    const inRange = createdFilter(params);
    const rows = payoutsOf(account ?? PLATFORM).filter(
      (row) => (status === undefined || payoutObject(row).status === status) && inRange(row.created_ms),
    );
    return pageOf({ url: "/v1/payouts", kind: "payout", rows, params, render: payoutObject });
  }

  function retrievePayout({ ids, account }: EndpointCall) {
    const row = payoutsOf(account ?? PLATFORM).find(({ id }) => id === ids[0]);
    if (row === undefined) throw missingResource("payout", ids[0] ?? "");
    return payoutObject(row);
  }

  function retrieveCapability({ ids, maskedKey }: EndpointCall) {
    const account = accounts.accessible(ids[0] ?? "", maskedKey);
    if (ids[1] !== "transfers") {
      throw refusedInExecution({ code: "resource_missing", message: `No such capability: '${ids[1]}'` }, 404);
    }
    return transfersCapabilityObject(account);
  }

  return [
    {
      name: "balance.retrieve",
      method: "GET",
      path: /^\/v1\/balance$/,
      execute: ({ account }) => balanceObject(balances.list(account ?? PLATFORM)),
    },
    {
      name: "accounts.retrieveCurrent",
      method: "GET",
      path: /^\/v1\/account$/,
      execute: ({ account, maskedKey }) =>
        accountObject(account === undefined ? PLATFORM_ACCOUNT : accounts.accessible(account, maskedKey)),
    },
    {
      name: "accounts.retrieve",
      method: "GET",
      path: /^\/v1\/accounts\/([^/]+)$/,
      execute: ({ ids, maskedKey }) => accountObject(accounts.accessible(ids[0] ?? "", maskedKey)),
    },
    {
      name: "accounts.retrieveCapability",
      method: "GET",
      path: /^\/v1\/accounts\/([^/]+)\/capabilities\/([^/]+)$/,
      execute: retrieveCapability,
    },
    { name: "events.list", method: "GET", path: /^\/v1\/events$/, execute: listEvents },
    { name: "events.retrieve", method: "GET", path: /^\/v1\/events\/([^/]+)$/, execute: retrieveEvent },
    { name: "payouts.list", method: "GET", path: /^\/v1\/payouts$/, execute: listPayouts },
    { name: "payouts.retrieve", method: "GET", path: /^\/v1\/payouts\/([^/]+)$/, execute: retrievePayout },
  ];
}

function bodyOf(row: EventRow): unknown {
  return JSON.parse(row.body);
}

function matchesType(type: string, filter: string): boolean {
  return filter.endsWith(".*") ? type.startsWith(filter.slice(0, -1)) : type === filter;
}
