import * as z from "zod";
import type { Instant } from "../../domain/model.ts";
import type { FoundTransfer } from "../gateway.ts";
import { fromStripeAmount } from "./amounts.ts";

/** One transfer has one movement per epoch at most; a longer list is not believed. */
export const MAX_FOUND = 100;

/** What is relied on of Stripe's objects. Source: Stripe API reference, "Transfers", "Transfer reversals". */
export const transferSchema = z.object({
  object: z.literal("transfer"),
  id: z.string().min(1),
  amount: z.int().positive(),
  amount_reversed: z.int().nonnegative(),
  currency: z.string(),
  created: z.int().nonnegative().max(8_640_000_000_000),
  destination: z.string().nullable(),
  reversed: z.boolean(),
  metadata: z.record(z.string(), z.string()),
});
type StripeTransfer = z.infer<typeof transferSchema>;

export const transferListSchema = z.object({
  object: z.literal("list"),
  data: z.array(transferSchema).max(MAX_FOUND),
  has_more: z.boolean(),
});

export const reversalSchema = z.object({
  object: z.literal("transfer_reversal"),
  id: z.string().min(1),
  amount: z.int().positive(),
  currency: z.string(),
  created: z.int().nonnegative().max(8_640_000_000_000),
  transfer: z.string(),
});

/** Undefined where amount or currency can't be told exactly. */
export function foundTransfer(transfer: StripeTransfer): FoundTransfer | undefined {
  const total = fromStripeAmount(transfer.amount, transfer.currency);
  const back = fromStripeAmount(transfer.amount_reversed, transfer.currency);
  if (total === undefined || back === undefined) return undefined;
  const { transferId, organizationId, epoch } = transfer.metadata;
  return {
    providerTransferId: transfer.id,
    ...(transferId === undefined ? {} : { transferId }),
    ...(organizationId === undefined ? {} : { organizationId }),
    ...(epoch === undefined || !/^\d{1,9}$/.test(epoch) ? {} : { epoch: Number(epoch) }),
    ...total,
    ...(transfer.destination === null ? {} : { destination: transfer.destination }),
    reversed: transfer.reversed,
    reversedMinor: back.amountMinor,
    createdAt: instantOf(transfer.created),
  };
}

export function isTransferId(id: string): boolean {
  return /^tr_\w{1,100}$/.test(id);
}

export function instantOf(seconds: number): Instant {
  return new Date(seconds * 1000).toISOString();
}
