import { closeCircuit, PROBE_INTERVAL_MS } from "../domain/circuit.ts";
import { addMs } from "../domain/dates.ts";
import {
  amend,
  type CommandContext,
  changeOf,
  type Decision,
  type Refusal,
  type RefusalCode,
  refuse,
} from "../domain/decision.ts";
import type { Payee, Payout, PayoutSchedule, SendingControl, Transfer } from "../domain/model.ts";
import { type Claim, claimTransfer } from "../domain/transfer.ts";
import { type OutcomeResult, recordVerdict, type Verdict } from "../domain/transfer-outcome.ts";
import type { LookupAnswer, PayoutGateway, ProviderAnswer } from "../providers/gateway.ts";
import { familyKey, type Key, payeeKey, sendingControlKey, sendingControlKeys } from "../store/keys.ts";
import { type CommandOrigin, contextOf } from "./origin.ts";
import { defined, payoutIdFor, recordsIn } from "./records.ts";
import { decideAndCommit, type Surroundings } from "./run.ts";

export interface AttemptCommand extends CommandOrigin {
  readonly transferId: string;
  /** What the transfer waited for has come. */
  readonly resumed?: boolean;
}

/** What the workflow reads: whether to come again, and when. */
export type AttemptResult =
  | { readonly outcome: "retry"; readonly next_attempt_at: string; readonly status: string }
  | { readonly outcome: "done"; readonly status: string; readonly reason?: string };

export interface AttemptOptions extends Surroundings {
  readonly gateway: PayoutGateway;
  /** Waits for a place within the provider's rate limit; false when there is none in reasonable time. */
  readonly pace: (endpoint: string) => Promise<boolean>;
  readonly newId: () => string;
  /** Tells people; the domain says when. */
  readonly alert: (message: string, transfer: Transfer) => void;
  readonly observe: (transfer: Transfer, circuitOpened: boolean) => void;
}

interface Loaded {
  readonly transfer: Transfer;
  readonly payout: Payout;
  readonly schedule: PayoutSchedule | undefined;
  readonly controls: readonly SendingControl[];
}

interface LoadedForClaim extends Loaded {
  readonly payee: Payee | undefined;
}

/** The provider's answer in the domain's words. */
function verdictOf(answer: ProviderAnswer): Verdict {
  if (answer.kind === "accepted") return { kind: "accepted", providerTransferId: answer.providerTransferId };
  const { code, message, replayed } = answer;
  switch (answer.class) {
    case "unknown":
    case "in_progress":
    case "mismatch":
      return { kind: "unknown", class: answer.class, code, message, replayed };
    default:
      return {
        kind: "refused",
        class: answer.class,
        code,
        message,
        settlesKey: answer.meaning.settlesKey,
        retryAfterMs: answer.retryAfterMs,
      };
  }
}

function verdictOfLookup(answer: LookupAnswer, transfer: Transfer): Verdict {
  switch (answer.kind) {
    case "none":
      return { kind: "not_found" };
    case "unavailable":
      return { kind: "look_up_failed", code: answer.code, message: answer.message };
    case "found": {
      const account = transfer.destination.provider === "stripe" ? transfer.destination.account : undefined;
      const first = answer.transfers[0];
      if (first === undefined) return { kind: "not_found" };
      const matches = answer.transfers.every(
        (found) =>
          found.amountMinor === transfer.amountMinor &&
          found.currency === transfer.currency &&
          (found.destination === undefined || found.destination === account),
      );
      return { kind: "found", providerTransferId: first.providerTransferId, matches, count: answer.transfers.length };
    }
  }
}

/** It is early, or another attempt holds the transfer: the workflow comes again, or its retries would end here. */
const WAITED_OUT = new Set<RefusalCode>(["transfer_not_due", "transfer_leased", "attempt_superseded"]);

/** The provider looked at the order itself: what had tripped the circuit is mended. */
function acceptsCredentials(verdict: Verdict): boolean {
  return verdict.kind === "refused" && (verdict.class === "funds" || verdict.class === "payee");
}

/** Reads younger than this needn't be repeated before a commit that depends on their versions. */
const FRESH_MS = 250;

/** An event or a person named a transfer that does not exist: retrying can't help, somebody has to look. */
export class TransferMissing extends Error {
  override readonly name = "TransferMissing";
}

/** Every second in reach is taken: nothing was claimed or sent, come again later. */
export class SendingSaturated extends Error {
  override readonly name = "SendingSaturated";
}

/**
 * One attempt at one transfer: claim it, call the provider outside any transaction, record what it came to. Killed at
 * any point it leaves a transfer that the next attempt takes up with the same key.
 */
export function createAttempts(options: AttemptOptions) {
  const { store, gateway } = options;

  async function load(organizationId: string, transferId: string, controlKeys: readonly Key[]) {
    const payoutId = payoutIdFor(transferId);
    if (payoutId === undefined) return undefined;
    const items = await store.getMany(
      defined([familyKey(organizationId, transferId), familyKey(organizationId, payoutId), ...controlKeys]),
    );
    const transfer = recordsIn("transfer", items)[0];
    const payout = recordsIn("payout", items)[0];
    if (transfer === undefined || payout === undefined) return undefined;
    const { cause } = transfer;
    const scheduleKey = cause.entity === "payout_schedule" ? familyKey(organizationId, cause.id) : undefined;
    return { transfer, payout, scheduleKey, controls: recordsIn("sending_control", items) };
  }

  async function loadForClaim(organizationId: string, transferId: string): Promise<LoadedForClaim | undefined> {
    const first = await load(organizationId, transferId, sendingControlKeys(organizationId, gateway.provider));
    if (first === undefined) return undefined;
    const { scheduleKey, ...loaded } = first;
    const second = await store.getMany(defined([payeeKey(organizationId, loaded.transfer.payeeId), scheduleKey]));
    return { ...loaded, payee: recordsIn("payee", second)[0], schedule: recordsIn("payout_schedule", second)[0] };
  }

  /** Of the controls only the provider's own: its circuit may open or close. */
  async function loadForOutcome(organizationId: string, transferId: string): Promise<Loaded | undefined> {
    const first = await load(organizationId, transferId, [sendingControlKey(gateway.provider)]);
    if (first === undefined) return undefined;
    const { scheduleKey, ...loaded } = first;
    const second = await store.getMany(defined([scheduleKey]));
    return { ...loaded, schedule: recordsIn("payout_schedule", second)[0] };
  }

  function decideClaim(command: AttemptCommand, loaded: LoadedForClaim | undefined, leaseId: string): Decision<Claim> {
    if (loaded === undefined) return refuse("not_found", `no transfer ${command.transferId}`);
    const context = contextOf(command, options.now());
    const claimOptions = { leaseId, ...(command.resumed === undefined ? {} : { resumed: command.resumed }) };
    const decision = claimTransfer(loaded.transfer, loaded, claimOptions, context);
    if (!decision.ok || decision.value.kind !== "claimed") return decision;
    const tripped = loaded.controls.find((control) => control.status === "tripped");
    if (tripped === undefined || decision.value.mode !== "send") return decision;
    // A tripped provider lets one attempt through per interval: taking it is part of the claim.
    const probeAt = addMs(context.now, PROBE_INTERVAL_MS);
    const probed = amend("sending_control", tripped, { probeAt }, "sending_control.probed", context);
    return { ...decision, changes: [...decision.changes, changeOf("sending_control", probed, tripped)] };
  }

  async function call(claimed: Extract<Claim, { kind: "claimed" }>): Promise<Verdict> {
    const { transfer, mode } = claimed;
    if (mode === "look_up") {
      const answer = await gateway.findTransfers({ transferId: transfer.id, destination: transfer.destination });
      return verdictOfLookup(answer, transfer);
    }
    const { organizationId, id, epoch, amountMinor, currency, destination, payoutId } = transfer;
    return verdictOf(
      await gateway.createTransfer({
        organizationId,
        transferId: id,
        epoch,
        amountMinor,
        currency,
        destination,
        payoutId,
      }),
    );
  }

  async function closeTrippedCircuit(context: CommandContext, controls: readonly SendingControl[]): Promise<void> {
    if (!controls.some((control) => control.status === "tripped")) return;
    await decideAndCommit(options, async () => {
      const control = await store.get("sending_control", sendingControlKey(gateway.provider));
      if (control === undefined) return { decision: refuse("not_found", "no such control") };
      return { decision: closeCircuit(control, context) };
    });
  }

  function resultOf(transfer: Transfer): AttemptResult {
    const { status, nextAttemptAt, workflow } = transfer;
    if (workflow !== undefined && nextAttemptAt !== undefined)
      return { outcome: "retry", next_attempt_at: nextAttemptAt, status };
    return { outcome: "done", status };
  }

  async function record(
    command: AttemptCommand,
    verdict: Verdict,
    attempt: { readonly leaseId: string; readonly epoch: number },
  ): Promise<AttemptResult> {
    const context = contextOf(command, options.now());
    let loaded: Loaded | undefined;
    const recorded: Decision<OutcomeResult> = await decideAndCommit(options, async () => {
      loaded = await loadForOutcome(command.organizationId, command.transferId);
      if (loaded === undefined) return { decision: refuse("not_found", `no transfer ${command.transferId}`) };
      const { payout, schedule, controls } = loaded;
      const control = controls[0];
      const surroundings = { payout, schedule, control, random: options.random(), attempt };
      return { decision: recordVerdict(loaded.transfer, verdict, surroundings, context) };
    });
    if (!recorded.ok) return refusedResult(loaded, recorded.refusal);
    const { transfer, alert, circuitOpened } = recorded.value;
    options.observe(transfer, circuitOpened);
    if (alert !== undefined) options.alert(alert, transfer);
    if (transfer.status === "completed" || acceptsCredentials(verdict))
      await closeTrippedCircuit(context, loaded?.controls ?? []);
    return resultOf(transfer);
  }

  return {
    /** Refuses by value; throws `TransferMissing` for an id that isn't there and `SendingSaturated` where the limit is full. */
    async attempt(command: AttemptCommand): Promise<AttemptResult> {
      const leaseId = options.newId();
      // Look before taking a place in the rate limit: what isn't due must not use one up.
      const lookedAt = options.now();
      let loaded = await loadForClaim(command.organizationId, command.transferId);
      const preview = decideClaim(command, loaded, leaseId);
      if (!preview.ok) return refusedResult(loaded, preview.refusal);
      if (preview.value.kind === "claimed" && !(await options.pace(preview.value.mode))) {
        throw new SendingSaturated(`no place within the rate limit for transfer ${command.transferId}`);
      }
      // Without a wait for its place, what was read a moment ago is as good as read again: the commit checks it.
      let current = options.now() - lookedAt < FRESH_MS;
      const claim = await decideAndCommit(options, async () => {
        if (!current) loaded = await loadForClaim(command.organizationId, command.transferId);
        current = false;
        return { decision: decideClaim(command, loaded, leaseId) };
      });
      if (!claim.ok) return refusedResult(loaded, claim.refusal);
      if (claim.value.kind !== "claimed") return resultOf(claim.value.transfer);
      return record(command, await call(claim.value), { leaseId, epoch: claim.value.transfer.epoch });
    },
  };

  /** Nothing to do now: it is finished, or somebody else is at it, or it is early, which is for the workflow to wait out. */
  function refusedResult(loaded: Loaded | undefined, refusal: Refusal): AttemptResult {
    if (loaded === undefined) throw new TransferMissing(refusal.message);
    const { status, nextAttemptAt, lease } = loaded.transfer;
    const next = WAITED_OUT.has(refusal.code) ? (lease?.until ?? nextAttemptAt) : undefined;
    if (next !== undefined) return { outcome: "retry", next_attempt_at: next, status };
    return { outcome: "done", status, reason: refusal.code };
  }
}
