import type { HostContext } from "../contracts.ts";
import { ACCOUNT_PROBLEMS, type AccountProblem, type AccountStore, transferRefusal } from "./accounts.ts";
import { invalidParam, missingResource, refusedInExecution } from "./api-refusal.ts";
import { type Balances, PLATFORM } from "./balances.ts";
import type { ConnectedPayouts } from "./connected-payouts.ts";
import type { Endpoint, EndpointCall } from "./endpoint.ts";
import type { Fault } from "./faults.ts";
import { textParam } from "./form-body.ts";
import { createdFilter, pageOf } from "./pages.ts";
import type { StripeSettings } from "./settings.ts";
import { many, newId, one } from "./stripe-database.ts";
import { type Metadata, type ReversalRow, reversalObject, type TransferRow, transferObject } from "./stripe-objects.ts";
import { readReversalParams, readTransferParams, readUpdateParams } from "./transfer-params.ts";
import type { EventLog } from "./webhook-events.ts";

const COLUMNS =
  "seq, id, amount, amount_reversed, currency, destination, transfer_group, description, source_type, metadata, balance_transaction, destination_payment, created_ms";
const REVERSAL_COLUMNS = "seq, id, transfer, amount, currency, metadata, balance_transaction, created_ms";
const ID = "([^/]+)";

/** The endpoints of transfers and their reversals. Each runs in a transaction with its idempotency key and its events. */
export function createTransferEndpoints(deps: {
  readonly context: HostContext;
  readonly settings: () => StripeSettings;
  readonly accounts: AccountStore;
  readonly balances: Balances;
  readonly payouts: ConnectedPayouts;
  readonly events: EventLog;
}): readonly Endpoint[] {
  const { context, settings, accounts, balances, payouts, events } = deps;
  const { db, clock } = context;
  const select = db.prepare(`SELECT ${COLUMNS} FROM stripe_transfers WHERE id = ?`);
  const newestFirst = `SELECT ${COLUMNS} FROM stripe_transfers`;
  const selectAll = db.prepare(`${newestFirst} ORDER BY seq DESC`);
  const selectGroup = db.prepare(`${newestFirst} WHERE transfer_group = ? ORDER BY seq DESC`);
  const selectDestination = db.prepare(`${newestFirst} WHERE destination = ? ORDER BY seq DESC`);
  const insert = db.prepare(
    "INSERT INTO stripe_transfers (id, amount, currency, destination, transfer_group, description, source_type, metadata, balance_transaction, destination_payment, created_ms, idempotency_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const saveMetadata = db.prepare("UPDATE stripe_transfers SET metadata = ?, description = ? WHERE id = ?");
  const addReversed = db.prepare("UPDATE stripe_transfers SET amount_reversed = amount_reversed + ? WHERE id = ?");
  const selectReversals = db.prepare(
    `SELECT ${REVERSAL_COLUMNS} FROM stripe_reversals WHERE transfer = ? ORDER BY seq DESC`,
  );
  const insertReversal = db.prepare(
    "INSERT INTO stripe_reversals (id, transfer, amount, currency, metadata, balance_transaction, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );

  function load(id: string | undefined): TransferRow {
    const row = one<TransferRow>(select.get(id ?? ""));
    if (row === undefined) throw missingResource("transfer", id ?? "");
    return row;
  }
  const reversalsOf = (transfer: string) => many<ReversalRow>(selectReversals.all(transfer));
  const render = (row: TransferRow) => transferObject(row, reversalsOf(row.id));
  const requestOf = ({ requestId, idempotencyKey }: EndpointCall) => ({ id: requestId, idempotencyKey });

  function create(call: EndpointCall) {
    const params = readTransferParams(call.params, settings().maxAmount);
    refuseByFault(call, params.destination);
    accounts.payable(params.destination, call.maskedKey);
    if (balances.get(PLATFORM, params.currency) < params.amount) throw insufficientFunds();

    const id = newId("tr");
    balances.add(PLATFORM, params.currency, -params.amount);
    balances.add(params.destination, params.currency, params.amount);
    insert.run(
      id,
      params.amount,
      params.currency,
      params.destination,
      params.transferGroup,
      params.description,
      params.sourceType,
      JSON.stringify(params.metadata),
      newId("txn"),
      newId("py"),
      clock.now(),
      call.idempotencyKey ?? null,
    );
    payouts.schedule({ id, ...params, outcome: payoutOutcomeOf(call.fault) });
    const object = render(load(id));
    events.emit({ type: "transfer.created", object, request: requestOf(call) });
    return object;
  }

  function update(call: EndpointCall) {
    const before = load(call.ids[0]);
    const metadataBefore = JSON.parse(before.metadata) as Metadata;
    const change = readUpdateParams(call.params, metadataBefore);
    saveMetadata.run(JSON.stringify(change.metadata), change.description ?? before.description, before.id);
    const object = render(load(before.id));
    const previousAttributes = {
      ...(JSON.stringify(change.metadata) === before.metadata ? {} : { metadata: metadataBefore }),
      ...(object.description === before.description ? {} : { description: before.description }),
    };
    if (Object.keys(previousAttributes).length > 0) {
      events.emit({ type: "transfer.updated", object, previousAttributes, request: requestOf(call) });
    }
    return object;
  }

  function reverse(call: EndpointCall) {
    const params = readReversalParams(call.params);
    const transfer = load(call.ids[0]);
    refuseByFault(call, transfer.destination);
    const rest = transfer.amount - transfer.amount_reversed;
    const amount = params.amount ?? rest;
    if (rest === 0) throw refusedInExecution({ message: `Transfer ${transfer.id} is already fully reversed.` });
    if (amount > rest) {
      const message = `Reversal amount (${amount}) is greater than unreversed amount on transfer (${rest}).`;
      throw refusedInExecution({ message, param: "amount" });
    }
    const held = balances.get(transfer.destination, transfer.currency);
    if (settings().reversalsNeedBalance && held < amount) throw insufficientFunds();

    const id = newId("trr");
    balances.add(transfer.destination, transfer.currency, -amount);
    balances.add(PLATFORM, transfer.currency, amount);
    payouts.reduce(transfer.id, amount);
    addReversed.run(amount, transfer.id);
    insertReversal.run(
      id,
      transfer.id,
      amount,
      transfer.currency,
      JSON.stringify(params.metadata),
      newId("txn"),
      clock.now(),
    );
    events.emit({
      type: "transfer.reversed",
      object: render(load(transfer.id)),
      previousAttributes: { amount_reversed: transfer.amount_reversed },
      request: requestOf(call),
    });
    return reversalObject(loadReversal(transfer.id, id));
  }

  function loadReversal(transfer: string, id: string | undefined): ReversalRow {
    const row = reversalsOf(transfer).find((reversal) => reversal.id === id);
    if (row === undefined) throw missingResource("transfer reversal", id ?? "");
    return row;
  }

  function list({ params }: EndpointCall) {
    const visibleUntilMs = clock.now() - settings().listLagMs;
    const inRange = createdFilter(params);
    const destination = textParam(params, "destination");
    const rows = candidates(textParam(params, "transfer_group"), destination).filter(
      (row) =>
        (destination === undefined || row.destination === destination) &&
        row.created_ms <= visibleUntilMs &&
        inRange(row.created_ms),
    );
    return pageOf({ url: "/v1/transfers", kind: "transfer", rows, params, render });
  }

  /** Each by its index: the look-up by group is the project's probe after an unknown outcome. */
  function candidates(group: string | undefined, destination: string | undefined): readonly TransferRow[] {
    if (group !== undefined) return many<TransferRow>(selectGroup.all(group));
    if (destination !== undefined) return many<TransferRow>(selectDestination.all(destination));
    return many<TransferRow>(selectAll.all());
  }

  function listReversals({ ids, params }: EndpointCall) {
    const { id } = load(ids[0]);
    const url = `/v1/transfers/${id}/reversals`;
    return pageOf({ url, kind: "transfer reversal", rows: reversalsOf(id), params, render: reversalObject });
  }

  const single = new RegExp(`^/v1/transfers/${ID}$`);
  const reversals = new RegExp(`^/v1/transfers/${ID}/reversals$`);
  return [
    { name: "transfers.create", method: "POST", path: /^\/v1\/transfers$/, execute: create },
    { name: "transfers.list", method: "GET", path: /^\/v1\/transfers$/, execute: list },
    { name: "transfers.retrieve", method: "GET", path: single, execute: ({ ids }) => render(load(ids[0])) },
    { name: "transfers.update", method: "POST", path: single, execute: update },
    { name: "transfers.createReversal", method: "POST", path: reversals, execute: reverse },
    { name: "transfers.listReversals", method: "GET", path: reversals, execute: listReversals },
    {
      name: "transfers.retrieveReversal",
      method: "GET",
      path: new RegExp(`^/v1/transfers/${ID}/reversals/${ID}$`),
      execute: ({ ids }) => reversalObject(loadReversal(load(ids[0]).id, ids[1])),
    },
  ];
}

function refuseByFault(call: EndpointCall, destination: string): void {
  const { fault } = call;
  if (fault === undefined) return;
  if (fault === "insufficient_funds") throw insufficientFunds();
  if (fault === "amount_too_small") throw invalidParam("amount", "Amount is less than the minimum.", fault);
  if (fault === "amount_too_large") throw invalidParam("amount", "Amount is greater than the maximum.", fault);
  if (isAccountProblem(fault)) throw transferRefusal(fault, destination, call.maskedKey);
}

function isAccountProblem(fault: Fault): fault is AccountProblem {
  return (ACCOUNT_PROBLEMS as readonly string[]).includes(fault);
}

function payoutOutcomeOf(fault: Fault | undefined) {
  if (fault === "payout_failed") return "failed";
  return fault === "payout_paid_then_failed" ? "paid_then_failed" : undefined;
}

function insufficientFunds() {
  return refusedInExecution({
    code: "balance_insufficient",
    message:
      "You have insufficient available funds in your Stripe account for this transfer. You can use the /v1/balance endpoint to view your Stripe balance.",
  });
}
