import type { z } from "zod";
import {
  type LookupAnswer,
  type NotAccepted,
  type PayoutGateway,
  type ProviderAnswer,
  type ReversalAnswer,
  type ReversalOrder,
  reversalKey,
  type TransferAnswer,
  type TransferOrder,
  type TransferQuery,
  transferKey,
  type Unavailable,
} from "../gateway.ts";
import { toStripeAmount } from "./amounts.ts";
import { ACCEPTED_MEANING, NOT_SENT, WRONG_SUCCESS } from "./answers.ts";
import { notAccepted } from "./classify.ts";
import { type Answered, createClient, type StripeGatewayOptions, settle, unreadable, withDeadline } from "./client.ts";
import {
  foundTransfer,
  instantOf,
  isTransferId,
  MAX_FOUND,
  reversalSchema,
  transferListSchema,
  transferSchema,
} from "./objects.ts";

/** Stripe's limit for an idempotency key. */
const MAX_KEY_LENGTH = 255;

/**
 * Stripe Connect transfers, platform balance → payee's Stripe balance. Source: Stripe API reference, "Transfers",
 * "Transfer reversals", "Idempotent requests". Throws only for options that can't work.
 */
export function createStripeGateway(options: StripeGatewayOptions): PayoutGateway {
  const { timeoutMs = 15_000 } = options;
  const stripe = createClient(options, timeoutMs);
  const ask = <T>(schema: z.ZodType<T>, call: () => Promise<Answered>) => settle(schema, withDeadline(call, timeoutMs));

  async function createTransfer(order: TransferOrder): Promise<ProviderAnswer> {
    const wire = toStripeAmount(order.amountMinor, order.currency);
    if (!wire.ok) return notSent(wire.reason, wire.message);
    const account = stripeAccountOf(order);
    if (account === undefined) return notSent("destination", "the destination is not a Stripe account");
    const idempotencyKey = transferKey(order);
    if (idempotencyKey.length > MAX_KEY_LENGTH) return notSent("key_too_long", "the transfer's id is too long");

    const answer = await ask(transferSchema, () =>
      stripe.transfers.create(
        {
          amount: wire.amount,
          currency: wire.currency,
          destination: account,
          transfer_group: order.transferId,
          metadata: {
            transferId: order.transferId,
            epoch: String(order.epoch),
            organizationId: order.organizationId,
            ...(order.payoutId === undefined ? {} : { payoutId: order.payoutId }),
          },
        },
        { idempotencyKey },
      ),
    );
    if (!answer.ok) return answer.trouble;
    const { value: transfer, replayed } = answer;
    const fits =
      transfer.amount === wire.amount &&
      transfer.currency === wire.currency &&
      transfer.destination === account &&
      transfer.metadata.transferId === order.transferId &&
      transfer.metadata.epoch === String(order.epoch);
    if (!fits) return wrongSuccess(transfer.id, replayed);
    const createdAt = instantOf(transfer.created);
    return {
      kind: "accepted",
      class: "accepted",
      providerTransferId: transfer.id,
      createdAt,
      replayed,
      meaning: ACCEPTED_MEANING,
    };
  }

  /** By the group alone: a transfer of the group to another destination has moved money too, and has to be seen. */
  async function findTransfers({ transferId }: TransferQuery): Promise<LookupAnswer> {
    const answer = await ask(transferListSchema, () =>
      stripe.transfers.list({ transfer_group: transferId, limit: MAX_FOUND }),
    );
    if (!answer.ok) return unavailable(answer.trouble);
    const transfers = answer.value.data.map(foundTransfer);
    if (answer.value.has_more || !transfers.every((transfer) => transfer !== undefined)) {
      return unavailable(unreadable(`the list for ${transferId} is too long or has amounts that can't be read`));
    }
    return transfers.length === 0 ? { kind: "none" } : { kind: "found", transfers };
  }

  async function getTransfer(providerTransferId: string): Promise<TransferAnswer> {
    if (!isTransferId(providerTransferId)) return { kind: "absent" };
    const answer = await ask(transferSchema, () => stripe.transfers.retrieve(providerTransferId));
    if (!answer.ok) {
      return answer.trouble.code === "resource_missing" ? { kind: "absent" } : unavailable(answer.trouble);
    }
    const transfer = foundTransfer(answer.value);
    if (transfer === undefined) return unavailable(unreadable(`the amount of ${providerTransferId} can't be read`));
    return { kind: "found", transfer };
  }

  async function createReversal(order: ReversalOrder): Promise<ReversalAnswer> {
    const wire = toStripeAmount(order.amountMinor, order.currency);
    if (!wire.ok) return notSent(wire.reason, wire.message);
    if (!isTransferId(order.providerTransferId)) return notSent("transfer", "this is not the id of a Stripe transfer");
    const idempotencyKey = reversalKey(order);
    if (idempotencyKey.length > MAX_KEY_LENGTH) return notSent("key_too_long", "the reversal's id is too long");

    const answer = await ask(reversalSchema, () =>
      stripe.transfers.createReversal(
        order.providerTransferId,
        {
          amount: wire.amount,
          metadata: {
            transferId: order.transferId,
            reversalId: order.reversalId,
            epoch: String(order.epoch),
            organizationId: order.organizationId,
          },
        },
        { idempotencyKey },
      ),
    );
    if (!answer.ok) return answer.trouble;
    const { value: reversal, replayed } = answer;
    const fits =
      reversal.amount === wire.amount &&
      reversal.currency === wire.currency &&
      reversal.transfer === order.providerTransferId;
    if (!fits) return wrongSuccess(reversal.id, replayed);
    const createdAt = instantOf(reversal.created);
    return { kind: "accepted", class: "accepted", providerReversalId: reversal.id, createdAt, replayed };
  }

  return { provider: "stripe", createTransfer, findTransfers, getTransfer, createReversal };
}

function stripeAccountOf({ destination }: TransferOrder): string | undefined {
  const isAccount = destination.provider === "stripe" && /^acct_\w{1,100}$/.test(destination.account);
  return isAccount ? destination.account : undefined;
}

function notSent(reason: string, message: string): NotAccepted {
  return notAccepted(NOT_SENT, { code: `local_${reason}`, message, replayed: false });
}

function wrongSuccess(id: string, replayed: boolean): NotAccepted {
  const message = `${id} does not have the amount, currency, destination or metadata of the order`;
  return notAccepted(WRONG_SUCCESS, { code: "answer_mismatch", message, replayed });
}

function unavailable({ kind: _kind, ...trouble }: NotAccepted): Unavailable {
  return { kind: "unavailable", ...trouble };
}
