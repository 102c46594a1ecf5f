import type { Destination, Instant, Provider, TransferStatus } from "../domain/model.ts";

/**
 * The one interface through which money leaves. Expected outcomes are values: a gateway's methods reject only when the
 * gateway itself is broken, and a caller that sees a rejection has to treat the outcome as unknown.
 */
export interface PayoutGateway {
  readonly provider: Provider;
  /** Sends money once: the same transfer and epoch, sent again within the key's life, is the same movement. */
  createTransfer(order: TransferOrder): Promise<ProviderAnswer>;
  /** Every movement that the provider knows for one transfer, of all epochs and to whatever destination. */
  findTransfers(query: TransferQuery): Promise<LookupAnswer>;
  getTransfer(providerTransferId: string): Promise<TransferAnswer>;
  /** Takes (part of) a completed transfer back. The meaning's `status` says nothing here: it speaks of transfers. */
  createReversal(order: ReversalOrder): Promise<ReversalAnswer>;
}

export interface TransferOrder {
  readonly organizationId: string;
  readonly transferId: string;
  /** Moves on only with proof that nothing was created under the epoch before. From 1. */
  readonly epoch: number;
  /** Whole minor units (ISO 4217) of `currency`, above 0. */
  readonly amountMinor: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  readonly destination: Destination;
  /** For people who read the provider's dashboard. */
  readonly payoutId?: string;
}

export interface TransferQuery {
  readonly transferId: string;
  /** Where the order was sent. A provider may need it to search; it never narrows what is returned. */
  readonly destination: Destination;
}

export interface ReversalOrder {
  readonly organizationId: string;
  readonly transferId: string;
  /** Several reversals of one transfer are several orders, each with an id of its own. */
  readonly reversalId: string;
  readonly epoch: number;
  readonly providerTransferId: string;
  readonly amountMinor: number;
  readonly currency: string;
}

/** The idempotency key of an order. It can't be passed in, so it can't disagree with the transfer and the epoch. */
export function transferKey(order: { readonly transferId: string; readonly epoch: number }): string {
  return `transfer:${order.transferId}:${order.epoch}`;
}

export function reversalKey(order: { readonly reversalId: string; readonly epoch: number }): string {
  return `reversal:${order.reversalId}:${order.epoch}`;
}

/**
 * What kind of answer it was.
 * - `unknown`: no answer, or none that settles anything. `in_progress`: a call under the same key is running.
 * - `throttled`, `funds`, `payee`, `configuration`, `rejected`: definite refusals, by who can change that.
 * - `mismatch`: the key (or the answer) belongs to other parameters. `unrecognised`: a refusal that no row knows.
 */
export type AnswerClass =
  | "accepted"
  | "unknown"
  | "in_progress"
  | "throttled"
  | "funds"
  | "mismatch"
  | "payee"
  | "rejected"
  | "configuration"
  | "unrecognised";

/** What an answer to `createTransfer` means for the transfer. */
export interface AnswerMeaning {
  /** `unchanged`: the answer is about the provider or our access to it, not about this transfer. */
  readonly status: TransferStatus | "unchanged";
  /** By this call. About earlier calls under the same key see `settlesKey`. */
  readonly moneyMoved: "yes" | "no" | "unknown";
  /**
   * True: holds for all calls made under this key. False: says nothing about earlier ones, so a transfer whose
   * earlier outcome is unknown stays `outcome_unknown`, whatever `status` and `newEpoch` say.
   */
  readonly settlesKey: boolean;
  /**
   * `yes`: the next try needs a new key, and this answer is the proof that allows it. `after_look_up`: only when a
   * look-up after a waiting time finds nothing. `not_needed`: nothing is stored under the key, so it is used again.
   * `no`: this answer never allows one.
   */
  readonly newEpoch: "no" | "yes" | "after_look_up" | "not_needed";
  /** How to learn more: the same call under the same key (while the key lives), or a look-up. */
  readonly probe: "none" | "same_key" | "look_up";
  readonly countsAsAttempt: boolean;
  /** Stop sending through this provider: the next transfer would meet the same answer. */
  readonly opensCircuit: boolean;
  readonly alert: boolean;
  /** What happens next, for people. */
  readonly next: string;
}

export interface Accepted {
  readonly kind: "accepted";
  readonly class: "accepted";
  readonly providerTransferId: string;
  readonly createdAt: Instant;
  /** The provider repeated a stored answer: the money moved with an earlier call. */
  readonly replayed: boolean;
  readonly meaning: AnswerMeaning;
}

/** An answer, or silence, that is not the wanted one. */
export interface Trouble {
  readonly class: Exclude<AnswerClass, "accepted">;
  /** The provider's code, or one of ours where it gave none: `timeout`, `http_404`, `local_unsupported_currency`. */
  readonly code: string;
  /** For people: bounded, and without keys. */
  readonly message: string;
  readonly httpStatus?: number;
  /** The provider's id of the request, for its support. */
  readonly requestId?: string;
  /** A stored answer, repeated: it describes the first call under this key, not the world as it is now. */
  readonly replayed: boolean;
  /** The provider's own wish; at most an hour. */
  readonly retryAfterMs?: number;
  readonly meaning: AnswerMeaning;
}

/** `refused`: this call certainly moved nothing. `unknown`: it may have. */
export type NotAccepted = { readonly kind: "refused" | "unknown" } & Trouble;
export type ProviderAnswer = Accepted | NotAccepted;

export type ReversalAnswer =
  | {
      readonly kind: "accepted";
      readonly class: "accepted";
      readonly providerReversalId: string;
      readonly createdAt: Instant;
      readonly replayed: boolean;
    }
  | NotAccepted;

/** A movement as the provider reports it. */
export interface FoundTransfer {
  readonly providerTransferId: string;
  /** Absent where the movement does not carry a readable one: somebody else made it, by hand for instance. */
  readonly transferId?: string;
  readonly organizationId?: string;
  readonly epoch?: number;
  readonly amountMinor: number;
  readonly currency: string;
  /** The provider's name of where it went; absent where the provider no longer says. */
  readonly destination?: string;
  /** Wholly taken back. */
  readonly reversed: boolean;
  readonly reversedMinor: number;
  readonly createdAt: Instant;
}

/** The question could not be answered. Of the meaning only `opensCircuit` and `alert` apply: nothing was sent. */
export type Unavailable = { readonly kind: "unavailable" } & Trouble;

export type LookupAnswer =
  | { readonly kind: "found"; readonly transfers: readonly FoundTransfer[] }
  /** Proof that nothing was created only after a waiting time: lists can lag. */
  | { readonly kind: "none" }
  | Unavailable;

export type TransferAnswer =
  | { readonly kind: "found"; readonly transfer: FoundTransfer }
  | { readonly kind: "absent" }
  | Unavailable;
