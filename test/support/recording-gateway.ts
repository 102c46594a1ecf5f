import type { Destination } from "../../shared/domain/model.ts";
import {
  type FoundTransfer,
  type LookupAnswer,
  type NotAccepted,
  type PayoutGateway,
  type ProviderAnswer,
  type ReversalAnswer,
  type ReversalOrder,
  reversalKey,
  type TransferAnswer,
  type TransferOrder,
  transferKey,
} from "../../shared/providers/gateway.ts";
import { ACCEPTED_MEANING } from "../../shared/providers/stripe/answers.ts";
import { classifyStripeError } from "../../shared/providers/stripe/classify.ts";
import { stripeError } from "../shared/providers/stripe/errors.ts";
import type { Faults } from "./faults.ts";
import type { Book } from "./invariants.ts";

const KEY_LIFE_MS = 24 * 3_600_000;

/** How the provider meets the next call: whether it acts, and what is heard of it. `stored` answers replay under the key. */
export interface Behaviour {
  readonly acts: boolean;
  readonly answer?: NotAccepted;
  readonly stored?: boolean;
  /** Runs while the call is under way. */
  readonly during?: () => Promise<void>;
}

/** Stripe's answer with a status and a code, as the gateway classifies it. */
export function refusal(statusCode: number, code?: string, type?: string, replayed = false): NotAccepted {
  return classifyStripeError(
    stripeError({
      statusCode,
      ...(code === undefined ? {} : { code }),
      ...(type === undefined ? {} : { type }),
      ...(replayed ? { headers: { "idempotent-replayed": "true" } } : {}),
    }),
  );
}

/** No answer at all. */
export const SILENCE: NotAccepted = classifyStripeError(new Error("socket hang up"));

export const behaviours = {
  timesOutAfterActing: { acts: true, answer: SILENCE },
  timesOutBeforeActing: { acts: false, answer: SILENCE },
  refusesForFunds: { acts: false, answer: refusal(400, "balance_insufficient"), stored: true },
  refusesThePayee: { acts: false, answer: refusal(400, "account_closed"), stored: true },
  rejects: { acts: false, answer: refusal(400, "amount_too_large"), stored: true },
  refusesForNoKnownReason: { acts: false, answer: refusal(400, "brand_new_code"), stored: true },
  throttles: { acts: false, answer: refusal(429) },
  refusesTheKey: { acts: false, answer: refusal(401, "api_key_expired") },
  saysKeyInUse: { acts: false, answer: refusal(409, "idempotency_key_in_use") },
  saysOtherParameters: { acts: false, answer: refusal(400, undefined, "idempotency_error") },
  breaks: { acts: false, answer: refusal(500, undefined, "api_error"), stored: true },
} as const satisfies Record<string, Behaviour>;

export interface Movement extends Book {
  reversedMinor: number;
  readonly providerTransferId: string;
  readonly organizationId: string;
  readonly createdAtMs: number;
}

/** A provider in memory with real idempotency keys: books count what was created, whatever anybody heard of it. */
export function createRecordingGateway({ now, faults }: { now: () => number; faults: Faults }) {
  const movements: Movement[] = [];
  const keys = new Map<string, { atMs: number; answer: ProviderAnswer }>();
  const reversalKeys = new Map<string, { atMs: number; answer: ReversalAnswer }>();
  const script: Behaviour[] = [];
  const reversalScript: Behaviour[] = [];
  const calls: string[] = [];
  let listing = true;
  let reachable = true;

  function create(order: TransferOrder): Movement {
    const movement = {
      transferId: order.transferId,
      epoch: order.epoch,
      amountMinor: order.amountMinor,
      currency: order.currency,
      destination: accountOf(order.destination),
      reversedMinor: 0,
      providerTransferId: `tr_${movements.length + 1}`,
      organizationId: order.organizationId,
      createdAtMs: now(),
    };
    movements.push(movement);
    return movement;
  }

  async function answerTo(order: TransferOrder): Promise<ProviderAnswer> {
    const key = transferKey(order);
    calls.push(key);
    const behaviour: Behaviour = script.shift() ?? { acts: true };
    await behaviour.during?.();
    const stored = keys.get(key);
    const alive = stored !== undefined && now() - stored.atMs < KEY_LIFE_MS ? stored.answer : undefined;
    if (behaviour.acts && alive === undefined) {
      const { providerTransferId } = create(order);
      const createdAt = new Date(now()).toISOString();
      const answer: ProviderAnswer = {
        kind: "accepted",
        class: "accepted",
        providerTransferId,
        createdAt,
        replayed: false,
        meaning: ACCEPTED_MEANING,
      };
      keys.set(key, { atMs: now(), answer: behaviour.stored === true ? (behaviour.answer ?? answer) : answer });
      return behaviour.answer ?? answer;
    }
    if (behaviour.answer !== undefined) {
      if (behaviour.stored === true && alive === undefined) keys.set(key, { atMs: now(), answer: behaviour.answer });
      return alive !== undefined && behaviour.stored === true ? { ...alive, replayed: true } : behaviour.answer;
    }
    return { ...(alive ?? SILENCE), replayed: true };
  }

  /** A refusal that nobody has put into the script: the provider's own. */
  function reverse(order: ReversalOrder): ReversalAnswer {
    const movement = movements.find((one) => one.providerTransferId === order.providerTransferId);
    if (movement === undefined) return refusal(404, "resource_missing");
    if (movement.reversedMinor + order.amountMinor > movement.amountMinor) return refusal(400, "amount_too_large");
    movement.reversedMinor += order.amountMinor;
    return {
      kind: "accepted",
      class: "accepted",
      providerReversalId: `trr_${order.reversalId}`,
      createdAt: new Date(now()).toISOString(),
      replayed: false,
    };
  }

  async function answerToReversal(order: ReversalOrder): Promise<ReversalAnswer> {
    const key = reversalKey(order);
    calls.push(key);
    const behaviour: Behaviour = reversalScript.shift() ?? { acts: true };
    await behaviour.during?.();
    const stored = reversalKeys.get(key);
    const alive = stored !== undefined && now() - stored.atMs < KEY_LIFE_MS ? stored.answer : undefined;
    if (alive !== undefined) return behaviour.answer ?? { ...alive, replayed: true };
    const answer = behaviour.acts ? reverse(order) : (behaviour.answer ?? SILENCE);
    if (behaviour.acts || behaviour.stored === true) reversalKeys.set(key, { atMs: now(), answer });
    return behaviour.answer ?? answer;
  }

  const found = (movement: Movement): FoundTransfer => ({
    providerTransferId: movement.providerTransferId,
    transferId: movement.transferId,
    organizationId: movement.organizationId,
    epoch: movement.epoch,
    amountMinor: movement.amountMinor,
    currency: movement.currency,
    destination: movement.destination,
    reversed: movement.reversedMinor === movement.amountMinor,
    reversedMinor: movement.reversedMinor,
    createdAt: new Date(movement.createdAtMs).toISOString(),
  });
  const unavailable = () => ({ ...SILENCE, kind: "unavailable" as const });

  const gateway: PayoutGateway = {
    provider: "stripe",
    createTransfer: (order) => faults.io(() => answerTo(order)),
    findTransfers: ({ transferId }) =>
      faults.io(async (): Promise<LookupAnswer> => {
        calls.push(`look_up:${transferId}`);
        if (!reachable) return unavailable();
        const own = movements.filter((movement) => movement.transferId === transferId);
        return own.length === 0 || !listing ? { kind: "none" } : { kind: "found", transfers: own.map(found) };
      }),
    getTransfer: (id) =>
      faults.io(async (): Promise<TransferAnswer> => {
        if (!reachable) return unavailable();
        const movement = movements.find((one) => one.providerTransferId === id);
        return movement === undefined ? { kind: "absent" } : { kind: "found", transfer: found(movement) };
      }),
    createReversal: (order) => faults.io(() => answerToReversal(order)),
  };

  return {
    gateway,
    movements,
    /** Keys and look-ups in the order of the calls. */
    calls,
    /** How the next calls are met, in order; after that everything is accepted. */
    next: (...list: readonly Behaviour[]) => void script.push(...list),
    nextReversal: (...list: readonly Behaviour[]) => void reversalScript.push(...list),
    setListing: (lists: boolean) => {
      listing = lists;
    },
    setReachable: (answers: boolean) => {
      reachable = answers;
    },
    /** A movement that nobody's call made, or a second one. */
    createByHand: create,
  };
}

function accountOf(destination: Destination): string {
  return destination.provider === "stripe" ? destination.account : destination.accountNumber;
}
