import type * as z from "zod";
import type { Payees } from "../../commands/payees.ts";
import type { RecordChange } from "../../domain/decision.ts";
import type { Balance, Destination, Payee } from "../../domain/model.ts";
import type { PayeeCorrection } from "../../domain/payee.ts";
import { destinationOf, payeeFactsOf } from "../../events/payee-facts.ts";
import { presentRecord } from "../../events/wire.ts";
import { payeeKey } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import type { payeeOperations } from "../contract/payees.ts";
import { answered, type Handlers, refused } from "../operation.ts";
import { mayUse } from "../scope.ts";

export interface PayeeHandlerDeps {
  readonly store: Pick<Store, "get" | "balances">;
  readonly payees: Payees;
}

type Handled = Pick<
  Handlers<typeof payeeOperations>,
  "getPayee" | "createPayee" | "updatePayee" | "replacePayeeDestinations" | "getPayeeDestinations" | "getPayeeBalances"
>;

function present(payee: Payee) {
  return { data: presentRecord("payee", payee) };
}

const bodyOf = (_changes: readonly RecordChange[], payee: Payee) => present(payee);

/** Null removes, what isn't given stays. */
function correctionOf(body: z.output<typeof payeeOperations.updatePayee.body>): PayeeCorrection {
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.email === undefined ? {} : { email: body.email ?? undefined }),
    ...(body.country === undefined ? {} : { country: body.country ?? undefined }),
    ...(body.default_currency === undefined ? {} : { defaultCurrency: body.default_currency }),
    ...(body.tier === undefined ? {} : { tier: body.tier ?? undefined }),
    ...(body.payout_frequency === undefined ? {} : { payoutFrequency: body.payout_frequency ?? undefined }),
    ...(body.minimum_payout === undefined ? {} : { minimumPayoutMinor: body.minimum_payout ?? undefined }),
    ...(body.verified === undefined ? {} : { verified: body.verified }),
  };
}

/** With the whole account number, unlike everywhere else. */
function unmasked(destination: Destination) {
  if (destination.provider === "stripe") return destination;
  return {
    provider: destination.provider,
    channel_code: destination.channelCode,
    account_number: destination.accountNumber,
    account_holder_name: destination.accountHolderName,
  };
}

/** The ledger's signs are the bookkeeper's: what is to be paid stands there as a negative number. */
function presentBalance(balance: Balance) {
  return {
    currency: balance.currency,
    payable: 0 - balance.payableMinor,
    held: 0 - balance.heldMinor,
    paid: 0 - balance.cashMinor,
    owed: balance.receivableMinor,
  };
}

/** One payee: what is known of them, where they are paid, and what. */
export function createPayeeHandlers({ store, payees }: PayeeHandlerDeps): Handled {
  return {
    async getPayee({ params, caller }) {
      if (!mayUse(caller, { payeeId: params.id })) return refused("not_found");
      const payee = await store.get("payee", payeeKey(caller.organizationId, params.id));
      return payee === undefined ? refused("not_found") : answered(present(payee));
    },

    createPayee: ({ body, act }) =>
      act((origin) => payees.createPayee({ ...origin, facts: payeeFactsOf(body) }), bodyOf),

    updatePayee: ({ params, body, ifMatch, act }) =>
      act(
        (origin) =>
          payees.correctPayee({
            ...origin,
            payeeId: params.id,
            correction: correctionOf(body),
            expectedVersion: ifMatch ?? 0,
          }),
        bodyOf,
      ),

    replacePayeeDestinations: ({ params, body, ifMatch, act }) =>
      act(
        (origin) =>
          payees.correctPayee({
            ...origin,
            payeeId: params.id,
            correction: { destinations: body.destinations.map(destinationOf) },
            expectedVersion: ifMatch ?? 0,
          }),
        bodyOf,
      ),

    async getPayeeDestinations({ params, caller }) {
      const payee = await store.get("payee", payeeKey(caller.organizationId, params.id));
      return payee === undefined ? refused("not_found") : answered({ data: payee.destinations.map(unmasked) });
    },

    async getPayeeBalances({ params, caller }) {
      if (!mayUse(caller, { payeeId: params.id })) return refused("not_found");
      const [payee, balances] = await Promise.all([
        store.get("payee", payeeKey(caller.organizationId, params.id)),
        store.balances(caller.organizationId, params.id),
      ]);
      // Money may be promised to a payee before anything else is known of them.
      if (payee === undefined && balances.length === 0) return refused("not_found");
      return answered({ data: balances.map(presentBalance) });
    },
  };
}
