import { toInstant } from "../domain/dates.ts";
import { amend, changeOf, create, type Decision, refuse } from "../domain/decision.ts";
import type { Actor, ProviderEvent, Transfer } from "../domain/model.ts";
import { recordReversal } from "../domain/transfer-correction.ts";
import { completeTransfer } from "../domain/transfer-outcome.ts";
import type { FoundTransfer, PayoutGateway } from "../providers/gateway.ts";
import { VersionConflict } from "../store/errors.ts";
import type { WaitTarget } from "../store/keys.ts";
import { familyKey, PLATFORM, providerEventKey } from "../store/keys.ts";
import { debtSettledBy } from "./debts.ts";
import { contextOf } from "./origin.ts";
import { readPayee, readWithPayout, recordsIn } from "./records.ts";
import { decideAndCommit, type Surroundings } from "./run.ts";

/** What a verified webhook said, as far as it is kept; the object itself is fetched again before anything is done. */
export interface ReceivedEvent {
  readonly provider: "stripe";
  readonly id: string;
  readonly type: string;
  readonly objectId: string;
  readonly account?: string | undefined;
  readonly createdAt: string;
}

/** Stores a webhook once, on the condition that it isn't there: true for the first delivery. */
export async function receiveProviderEvent(
  { store, now }: Pick<Surroundings, "store" | "now">,
  event: ReceivedEvent,
): Promise<boolean> {
  const actor: Actor = { type: "provider", id: event.provider };
  const record = create(
    "provider_event",
    {
      id: event.id,
      organizationId: PLATFORM,
      provider: event.provider,
      type: event.type,
      objectId: event.objectId,
      providerCreatedAt: event.createdAt,
      status: "received",
      ...(event.account === undefined ? {} : { account: event.account }),
    },
    "provider_event.received",
    { now: toInstant(now()), actor, correlationId: event.id },
  );
  try {
    await store.commit([changeOf("provider_event", record)]);
    return true;
  } catch (error) {
    if (error instanceof VersionConflict) return false;
    throw error;
  }
}

export interface ApplyOptions extends Surroundings {
  readonly gateway: PayoutGateway;
  /** Tells the bus that waiting for this has ended. */
  readonly announce: (target: WaitTarget) => Promise<void>;
}

/** Why a movement is not the one that the transfer stands for; undefined where it is. A person has to look at it. */
function otherMovement(transfer: Transfer, found: FoundTransfer): string | undefined {
  const { id, destination, providerTransferId } = transfer;
  const account = destination.provider === "stripe" ? destination.account : undefined;
  const fits = found.amountMinor === transfer.amountMinor && found.currency === transfer.currency;
  if (!fits || (found.destination !== undefined && found.destination !== account))
    return `the movement differs from transfer ${id} in amount, currency or destination`;
  if (providerTransferId !== undefined && providerTransferId !== found.providerTransferId)
    return `transfer ${id} is ${providerTransferId} at the provider, this is a second movement`;
  if (transfer.status === "failed_terminal")
    return `transfer ${id} is failed_terminal, but the provider moved its money`;
  return undefined;
}

type Applied = { readonly status: "applied" | "ignored" | "unmatched"; readonly note?: string };

/** The provider could not be asked: the event stays received and is applied later. */
export class ProviderUnavailable extends Error {
  override readonly name = "ProviderUnavailable";
}

/**
 * Applies a stored webhook. It says only where to look: the object is fetched and state moves only forward, so that
 * duplicates and disorder are harmless.
 */
export function createProviderEvents(options: ApplyOptions) {
  const { store, gateway } = options;

  async function applyTransfer(event: ProviderEvent): Promise<Applied> {
    const answer = await gateway.getTransfer(event.objectId);
    if (answer.kind === "unavailable") throw new ProviderUnavailable(`${answer.code}: ${answer.message}`);
    if (answer.kind === "absent") return { status: "unmatched", note: "the provider has no such transfer" };
    const found = answer.transfer;
    const { organizationId, transferId } = found;
    if (organizationId === undefined || transferId === undefined) {
      return { status: "unmatched", note: "the transfer was not made by this system" };
    }
    const origin = {
      organizationId,
      actor: { type: "provider", id: event.provider } as const,
      correlationId: event.id,
    };
    const context = contextOf(origin, options.now());
    const completed: Decision<unknown> = await decideAndCommit(options, async () => {
      const read = await readWithPayout(store, "transfer", organizationId, transferId);
      if (read === undefined) return { decision: refuse("not_found", `no transfer ${transferId}`) };
      const { record: transfer, payout } = read;
      const other = otherMovement(transfer, found);
      if (other !== undefined) return { decision: refuse("not_found", other) };
      const { cause } = transfer;
      const key = cause.entity === "payout_schedule" ? familyKey(organizationId, cause.id) : undefined;
      const schedule = key === undefined ? undefined : recordsIn("payout_schedule", await store.getMany([key]))[0];
      return {
        decision: completeTransfer(transfer, found.providerTransferId, { payout, schedule, random: 0 }, context),
      };
    });
    if (!completed.ok && completed.refusal.code === "not_found")
      return { status: "unmatched", note: completed.refusal.message };
    if (found.reversedMinor === 0) return { status: "applied" };
    const reversed = await decideAndCommit(options, async () => {
      const read = await readWithPayout(store, "transfer", organizationId, transferId);
      if (read === undefined) return { decision: refuse("not_found", `no transfer ${transferId}`) };
      const { payeeId, currency } = read.record;
      const { owedMinor } = await readPayee(store, organizationId, payeeId, currency);
      const decision = recordReversal(read.record, found.reversedMinor, owedMinor, read.payout, context);
      return { decision, owed: decision.ok ? debtSettledBy(decision.changes) : undefined };
    });
    return reversed.ok ? { status: "applied" } : { status: "unmatched", note: reversed.refusal.message };
  }

  async function applyByType(event: ProviderEvent): Promise<Applied> {
    switch (event.type) {
      case "transfer.created":
      case "transfer.updated":
      case "transfer.reversed":
        return applyTransfer(event);
      case "balance.available":
        await options.announce({ kind: "funds", provider: event.provider });
        return { status: "applied" };
      case "account.updated":
      case "capability.updated": {
        if (event.account === undefined) return { status: "ignored", note: "about the platform's own account" };
        await options.announce({ kind: "account", provider: event.provider, account: event.account });
        return { status: "applied" };
      }
      default:
        return { status: "ignored", note: "nothing here depends on it" };
    }
  }

  return {
    async apply(provider: string, eventId: string): Promise<Applied> {
      const key = providerEventKey(provider, eventId);
      const event = await store.get("provider_event", key);
      if (event === undefined) return { status: "unmatched", note: "not stored" };
      if (event.status !== "received") return { status: event.status };
      const applied = await applyByType(event);
      const actor: Actor = { type: "system", id: "apply-provider-event" };
      const context = contextOf({ organizationId: PLATFORM, actor, correlationId: event.id }, options.now());
      await decideAndCommit(options, async () => {
        const current = await store.get("provider_event", key);
        if (current === undefined || current.status !== "received")
          return { decision: { ok: true, changes: [], value: undefined } };
        const after = amend("provider_event", current, applied, `provider_event.${applied.status}`, context);
        return { decision: { ok: true, changes: [changeOf("provider_event", after, current)], value: undefined } };
      });
      return applied;
    },
  };
}
